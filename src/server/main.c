/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process: settings, sockets, threads, signals, and the way down.  The
 * main thread is the only one that sees signals; between them it looks four
 * times a second after slow clients and the watchdog.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "agents/reaper.h"
#include "agents/saver.h"
#include "agents/sender.h"
#include "agents/undertaker.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/words.h"
#include "commands/registry.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "net/listener.h"
#include "net/peer.h"
#include "net/pool.h"
#include "server/notify.h"
#include "server/options.h"
#include "server/serve.h"

#ifdef NDEBUG
#error "assertions are part of the server: do not define NDEBUG"
#endif

enum {
	TICK_MS		= 250,
	/* Descriptors beside two a worker and two a waiting client. */
	SPARE_FILES	= 32,
	WAITING_FILES	= 20000,
	MINUTE_US	= 60000000,
	LOADING_US	= 5000000,	/* between two lines that tell of it */
};

struct server {
	struct options	 options;
	struct engine	*engine;
	struct listener	*listener;
	struct pool	*pool;
	struct reaper	*reaper;
	struct undertaker *undertaker;
	struct sender	*sender;	/* NULL: no directory */
	struct saver	*saver;		/* NULL: no data directory */
	int		 status;	/* what to exit with */
	pthread_t	 loader;	/* loads the data, if loading */
	bool		 loading;
	atomic_bool	 loaded;	/* it has ended, and left the next three */
	bool		 load_ok;
	int		 load_status;
	struct buf	 load_wrong;
	int64_t		 loading_logged;
	sigset_t	 signals;	/* those that main waits for */
	int64_t		 waiting_logged;	/* when waiting was last logged */
	int64_t		 watchdog;	/* how often to pat it, in us; 0: no */
	int64_t		 patted;	/* when that was last done */
};

/* From the loader to the main thread: look what has become of it. */
#define LOADED_SIGNAL	SIGRTMIN

/* In the acceptor thread. */
static void
accepted(struct peer *peer, void *arg)
{
	struct server *server = arg;
	bool wait = settings_number(SETTING_POOL_FULL) == POOL_FULL_WAIT;

	if (pool_give(server->pool, peer, wait))
		return;
	atomic_fetch_add(&server->engine->rejected, 1);
	log_info("connection rejected: %s", peer->name);
	peer_turn_away(peer, "-ERR max number of clients reached\r\n");
	peer_free(&peer);
}

static bool
listen_on_port(struct server *server, enum setting_id port, int door,
    struct buf *wrong)
{
	struct words hosts = { 0 };
	struct buf host = { 0 };
	bool ok = true;
	size_t i;

	if (settings_number(port) == 0)
		return (true);
	words_split_blanks(&hosts, bytes_of(settings_text(SETTING_BIND)));
	for (i = 0; i < hosts.count && ok; i++) {
		buf_cut(&host, 0);
		buf_add(&host, hosts.word[i].data, hosts.word[i].length);
		buf_add_char(&host, '\0');
		ok = listener_add_tcp(server->listener, host.data,
		    (uint16_t)settings_number(port), door, wrong);
	}
	words_free(&hosts);
	buf_free(&host);
	return (ok);
}

/* Sockets a service manager passed; their names tell the doors. */
static bool
listen_on_passed(struct server *server, int first, int count,
    struct buf *wrong)
{
	char name[64];
	bool ok = true;
	int i;

	log_notice("%d listening sockets were passed, ports are not opened",
	    count);
	for (i = 0; i < count && ok; i++) {
		notify_socket_name(i, name, sizeof(name));
		ok = listener_add_fd(server->listener, first + i,
		    strcmp(name, "respd-redis") == 0 ? SERVE_REDIS :
		    SERVE_ARTICLE, wrong);
	}
	return (ok);
}

static bool
listen_everywhere(struct server *server, struct buf *wrong)
{
	const char *path = settings_text(SETTING_UNIXSOCKET);
	int first, passed = notify_sockets(&first);

	server->listener = listener_new(
	    (int)settings_number(SETTING_TCP_BACKLOG));
	if (passed > 0)
		return (listen_on_passed(server, first, passed, wrong));
	if (!listen_on_port(server, SETTING_PORT, SERVE_ARTICLE, wrong) ||
	    !listen_on_port(server, SETTING_REDIS_PORT, SERVE_REDIS, wrong))
		return (false);
	if (*path != '\0' && !listener_add_unix(server->listener, path,
	    (unsigned)settings_number(SETTING_UNIXSOCKETPERM), SERVE_REDIS,
	    wrong))
		return (false);
	if (listener_count(server->listener) != 0)
		return (true);
	buf_add_string(wrong, "nothing to listen on: set port, redis-port or "
	    "unixsocket");
	return (false);
}

/*
 * As many descriptors as the workers, a crowd of clients in line and those that
 * wait for a key need: these have three each.
 */
static void
raise_file_limit(void)
{
	rlim_t workers = (rlim_t)settings_number(SETTING_WORKERS);
	rlim_t need = 2 * workers + SPARE_FILES, wanted = need +
	    WAITING_FILES + 3 * (rlim_t)settings_number(SETTING_MAX_BLOCKED);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < need)
		log_warning("only %" PRIuMAX " files may be open, %" PRIuMAX
		    " workers need %" PRIuMAX ": some clients will be refused",
		    (uintmax_t)limit.rlim_cur, (uintmax_t)workers,
		    (uintmax_t)need);
}

/*
 * Before there are threads, which inherit it.  With 50 clients and pipelines
 * of 16 it is worth 20 to 40 % of the throughput on 2 cores.
 */
static void
set_scheduling(void)
{
	struct sched_param none = { 0 };

	if (settings_number(SETTING_SCHEDULING) == SCHEDULING_BATCH &&
	    sched_getscheduler(0) != SCHED_BATCH &&
	    sched_setscheduler(0, SCHED_BATCH, &none) != 0)
		log_info("scheduling stays as it is: %m");
}

/* Signals are blocked before there are threads, which inherit it. */
static void
block_signals(sigset_t *set)
{
	const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2,
	    LOADED_SIGNAL };
	size_t i;

	sigemptyset(set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(set, signals[i]);
	must(pthread_sigmask(SIG_BLOCK, set, NULL));
	signal(SIGPIPE, SIG_IGN);
}

/* Make the engine, and take the data directory if one is set. */
static bool
make_engine(struct server *server, struct buf *wrong)
{
	const char *dir = getenv("STATE_DIRECTORY");

	/* The service manager's, unless another one is set. */
	if (dir != NULL && *settings_text(SETTING_DIR) == '\0')
		settings_set(SETTING_DIR, bytes_of(dir), NULL);
	dir = settings_text(SETTING_DIR);
	hash_seed();
	if (*dir != '\0' && (server->saver = saver_open(dir, wrong,
	    &server->status)) == NULL)
		return (false);
	server->engine = engine_new(registry_new(),
	    server->saver != NULL ? saver_shards(server->saver) :
	    (uint32_t)settings_number(SETTING_SHARDS));
	server->engine->config_path = server->options.config;
	if (server->saver != NULL)
		saver_attach(server->saver, server->engine);
	else
		log_notice("memory only: nothing survives a restart");
	return (true);
}

/* The loader's thread: beside the workers, who say LOADING meanwhile. */
static void *
load(void *arg)
{
	struct server *server = arg;

	server->load_ok = saver_load(server->saver, &server->load_wrong,
	    &server->load_status);
	mem_settle();
	atomic_store(&server->loaded, true);
	kill(getpid(), LOADED_SIGNAL);
	return (NULL);
}

static bool
start_loading(struct server *server, struct buf *wrong)
{
	int error = pthread_create(&server->loader, NULL, load, server);

	server->loading = error == 0;
	if (error != 0)
		buf_add_format(wrong, "loader thread: %s", strerror(error));
	return (server->loading);
}

/* All data is there: what changes it by itself may begin. */
static bool
start_agents(struct server *server, struct buf *wrong)
{
	server->reaper = reaper_new(server->engine);
	if (server->reaper == NULL) {
		buf_add_format(wrong, "reaper thread: %s", strerror(errno));
		return (false);
	}
	if (server->saver != NULL && !saver_start(server->saver)) {
		buf_add_format(wrong, "saver thread: %s", strerror(errno));
		return (false);
	}
	if (server->saver != NULL &&
	    (server->sender = sender_new(server->engine)) == NULL) {
		buf_add_format(wrong, "sender threads: %s", strerror(errno));
		return (false);
	}
	notify("READY=1\nSTATUS=");
	return (true);
}

static bool
start(struct server *server, struct buf *wrong)
{
	size_t workers = (size_t)settings_number(SETTING_WORKERS);

	raise_file_limit();
	set_scheduling();
	if (!make_engine(server, wrong))
		return (false);
	if (!listen_everywhere(server, wrong))
		return (false);
	server->undertaker = undertaker_new(server->engine);
	if (server->undertaker == NULL) {
		buf_add_format(wrong, "undertaker thread: %s",
		    strerror(errno));
		return (false);
	}
	server->pool = pool_new(workers, serve, server->engine);
	if (server->pool == NULL) {
		buf_add_format(wrong, "%zu worker threads: %s", workers,
		    strerror(errno));
		return (false);
	}
	server->engine->pool = server->pool;
	if (!listener_start(server->listener, accepted, server, wrong))
		return (false);
	return (server->saver != NULL ? start_loading(server, wrong) :
	    start_agents(server, wrong));
}

/* The loader has ended, or shall; whether the data is there. */
static bool
end_loading(struct server *server, struct buf *wrong)
{
	must(pthread_join(server->loader, NULL));
	server->loading = false;
	buf_add(wrong, server->load_wrong.data, server->load_wrong.length);
	buf_free(&server->load_wrong);
	if (!server->load_ok)
		server->status = server->load_status;
	return (server->load_ok);
}

/* False: the server cannot start after all. */
static bool
go_on_loaded(struct server *server)
{
	struct buf wrong = { 0 };
	bool ok;

	server->status = EX_UNAVAILABLE;
	ok = end_loading(server, &wrong) && start_agents(server, &wrong);
	if (ok)
		server->status = EXIT_SUCCESS;
	else
		log_error("cannot start: %.*s", (int)wrong.length, wrong.data);
	buf_free(&wrong);
	return (ok);
}

static void
reload(struct server *server)
{
	struct buf wrong = { 0 };

	notify("RELOADING=1");
	if (options_reload(&server->options, &wrong))
		log_notice("settings read again from %s",
		    server->options.config);
	else
		log_error("settings not read again: %.*s", (int)wrong.length,
		    wrong.data);
	notify("READY=1");
	buf_free(&wrong);
}

static bool
log_session(struct session *s, void *arg)
{
	struct buf *line = arg;

	buf_cut(line, 0);
	session_format(s, line);
	log_notice("client: %.*s", (int)line->length - 1, line->data);
	return (true);
}

/* SIGUSR1 */
static void
save(struct server *server)
{
	if (server->saver == NULL)
		log_notice("no data directory is set: nothing to save");
	else if (atomic_load(&server->engine->loading))
		log_notice("data is being loaded: nothing to save yet");
	else if (saver_begin(server->saver, false) == SAVER_BUSY)
		log_notice("a snapshot is being taken already");
}

/* SIGUSR2: what everybody is at. */
static void
log_state(struct server *server)
{
	struct pool_counts counts;
	struct buf line = { 0 };

	pool_count(server->pool, &counts);
	log_notice("state: %zu workers, %zu busy, %zu clients waiting",
	    counts.workers, counts.busy, counts.waiting);
	session_each(server->engine, log_session, &line);
	buf_free(&line);
}

/* Now and then, while data is being loaded. */
static void
log_loading(struct server *server, int64_t now)
{
	struct saver_loading loading;
	char line[128];

	if (now - server->loading_logged < LOADING_US)
		return;
	saver_loading(server->saver, &loading);
	snprintf(line, sizeof(line), "EXTEND_TIMEOUT_USEC=%d\nSTATUS=loading "
	    "data: %" PRIu64 " of %" PRIu64 " MiB", 6 * LOADING_US,
	    loading.done >> 20, loading.total >> 20);
	notify(line);
	if (server->loading_logged != 0)
		log_notice("%s", strrchr(line, '=') + 1);
	server->loading_logged = now;
}

static void
tick(struct server *server)
{
	int64_t now = clock_monotonic_us();
	struct pool_counts counts;

	session_sweep(server->engine);
	if (server->loading)
		log_loading(server, now);
	if (server->watchdog != 0 && now - server->patted >= server->watchdog) {
		notify("WATCHDOG=1");
		server->patted = now;
	}
	if (server->waiting_logged != 0 &&
	    now - server->waiting_logged < MINUTE_US)
		return;
	pool_count(server->pool, &counts);
	if (counts.waiting != 0) {
		log_warning("all %zu workers are taken: %zu clients wait",
		    counts.workers, counts.waiting);
		server->waiting_logged = now;
	}
}

/* The next signal, 0 if none came within a tick. */
static int
next_signal(struct server *server)
{
	struct timespec timeout = { .tv_nsec = TICK_MS * 1000000L };
	int signal_number = sigtimedwait(&server->signals, NULL, &timeout);

	return (signal_number > 0 ? signal_number : 0);
}

/* Serve until a signal says that it is enough, or data cannot be loaded. */
static void
attend(struct server *server)
{
	int number;

	for (;;) {
		number = next_signal(server);
		if (server->loading && atomic_load(&server->loaded) &&
		    !go_on_loaded(server))
			return;
		if (number == SIGTERM || number == SIGINT) {
			log_notice("signal %d: shutting down", number);
			return;
		}
		if (number == SIGHUP)
			reload(server);
		else if (number == SIGUSR1)
			save(server);
		else if (number == SIGUSR2)
			log_state(server);
		tick(server);
	}
}

/* Let everybody finish, for a while; a second signal cuts that short. */
static void
drain(struct server *server)
{
	int64_t until = clock_monotonic_us() +
	    settings_number(SETTING_DRAIN_TIMEOUT) * 1000000;
	int number;

	notify("STOPPING=1");
	listener_free(&server->listener);
	pool_close(server->pool);
	session_drain(server->engine, false);
	while (!pool_wait_idle(server->pool, TICK_MS)) {
		struct timespec none = { 0 };

		session_sweep(server->engine);
		number = sigtimedwait(&server->signals, NULL, &none);
		if (number != SIGTERM && number != SIGINT &&
		    clock_monotonic_us() < until)
			continue;
		log_warning("clients that have not finished are cut off");
		session_drain(server->engine, true);
		until = INT64_MAX;		/* once is enough */
	}
}

static void
stop(struct server *server)
{
	listener_free(&server->listener);
	if (server->pool != NULL) {
		pool_close(server->pool);
		pool_free(&server->pool);
	}
	if (server->loading) {
		saver_stop_loading(server->saver);
		must(pthread_join(server->loader, NULL));
	}
	buf_free(&server->load_wrong);
	sender_free(&server->sender);
	reaper_free(&server->reaper);
	saver_free(&server->saver);
	undertaker_free(&server->undertaker);
	if (server->engine != NULL)
		engine_free(&server->engine);
	settings_free();
}

/* Nobody is there any more: what has to be on the disk gets there. */
static void
finish(struct server *server)
{
	struct buf wrong = { 0 };

	if (server->loading) {
		saver_stop_loading(server->saver);
		end_loading(server, &wrong);
		buf_free(&wrong);
	}
	sender_free(&server->sender);
	reaper_free(&server->reaper);
	if (server->saver != NULL && !saver_finish(server->saver))
		server->status = EX_IOERR;
}

static int
run(struct server *server)
{
	struct buf wrong = { 0 };

	block_signals(&server->signals);
	umask(077);
	server->status = EX_UNAVAILABLE;
	if (!start(server, &wrong)) {
		log_error("cannot start: %.*s", (int)wrong.length, wrong.data);
		buf_free(&wrong);
		stop(server);
		return (server->status);
	}
	server->watchdog = notify_watchdog_us() / 2;
	log_notice("respd %s: port %" PRId64 ", redis-port %" PRId64
	    ", %" PRId64 " workers", PACKAGE_VERSION,
	    settings_number(SETTING_PORT), settings_number(SETTING_REDIS_PORT),
	    settings_number(SETTING_WORKERS));
	server->status = EXIT_SUCCESS;
	attend(server);
	drain(server);
	finish(server);
	stop(server);
	log_notice("bye");
	return (server->status);
}

int
main(int argc, char **argv)
{
	struct server server = { 0 };
	struct buf wrong = { 0 };
	enum options_action action;
	int status = EXIT_SUCCESS;

	mem_start();
	settings_init();
	action = options_read(&server.options, argc, argv, &wrong);
	if (action == OPTIONS_RUN)
		return (run(&server));
	if (action == OPTIONS_BAD_USAGE || action == OPTIONS_BAD_VALUE) {
		fprintf(stderr, "respd: %.*s\n", (int)wrong.length,
		    wrong.data);
		status = action == OPTIONS_BAD_USAGE ? EX_USAGE : EX_CONFIG;
	} else if (action == OPTIONS_TEST_CONFIG)
		printf("the settings are fine\n");
	buf_free(&wrong);
	settings_free();
	return (status);
}
