/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INFO: Redis's sections, names and order, as far as what they say is known
 * and true here; a field without meaning for us is left out.  Ours follow at
 * the end of a section.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agents/saver.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/settings.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/key.h"
#include "engine/keys.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "engine/tracking.h"
#include "net/pool.h"
#include "persist/journal.h"
#include "resp/reply.h"
#include "store/keyspace.h"

struct info {
	struct call	*call;
	struct total	*total;		/* of all threads */
	struct buf	 out;
};

static void	add(struct info *, const char *format, ...)
		    __attribute__((format(printf, 2, 3)));

/* A line, whose end comes by itself. */
static void
add(struct info *info, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_add_format_list(&info->out, format, ap);
	va_end(ap);
	buf_add_string(&info->out, "\r\n");
}

static void
info_server(struct info *info)
{
	const struct engine *e = info->call->engine;
	int64_t now = info->call->session->now_us;
	int64_t uptime = (now - e->started_us) / 1000000;
	char path[4096];
	struct utsname os;
	ssize_t length;

	uname(&os);
	length = readlink("/proc/self/exe", path, sizeof(path));
	add(info, "redis_version:" REDIS_VERSION);
	add(info, "redis_mode:standalone");
	add(info, "os:%s %s %s", os.sysname, os.release, os.machine);
	add(info, "arch_bits:%zu", sizeof(void *) * 8);
	add(info, "multiplexing_api:threads");
	add(info, "gcc_version:%d.%d.%d", __GNUC__, __GNUC_MINOR__,
	    __GNUC_PATCHLEVEL__);
	add(info, "process_id:%ld", (long)getpid());
	add(info, "run_id:%s", e->run_id);
	add(info, "tcp_port:%" PRId64, settings_number(SETTING_PORT));
	add(info, "server_time_usec:%" PRId64, now);
	add(info, "uptime_in_seconds:%" PRId64, uptime);
	add(info, "uptime_in_days:%" PRId64, uptime / 86400);
	if (length >= 0)
		add(info, "executable:%.*s", (int)length, path);
	add(info, "config_file:%s", e->config_path != NULL ?
	    e->config_path : "");
	add(info, "redis_port:%" PRId64, settings_number(SETTING_REDIS_PORT));
	add(info, "respd_version:" PACKAGE_VERSION);
}

static void
info_clients(struct info *info)
{
	struct engine *e = info->call->engine;
	struct tracking_counts tracking;
	struct pool_counts pool = { 0 };

	if (e->pool != NULL)
		pool_count(e->pool, &pool);
	add(info, "connected_clients:%zu", session_count(e));
	add(info, "maxclients:%zu", pool.workers);
	add(info, "blocked_clients:%zu", atomic_load(&e->blocked) +
	    atomic_load(&e->paused));
	tracking_count(e, &tracking);
	add(info, "tracking_clients:%zu", tracking.clients);
	add(info, "workers_busy:%zu", pool.busy);
	add(info, "waiting_clients:%zu", pool.waiting);
}

/* The number of bytes, and the same readably. */
static void
add_size(struct info *info, const char *name, size_t bytes)
{
	static const char units[] = "BKMGTP";
	double size = (double)bytes;
	size_t unit = 0;

	for (; size >= 1024 && unit < sizeof(units) - 2; unit++)
		size /= 1024;
	add(info, "%s:%zu", name, bytes);
	add(info, "%s_human:%.*f%c", name, unit == 0 ? 0 : 2, size,
	    units[unit]);
}

static void
info_memory(struct info *info)
{
	struct graves *graves = &info->call->engine->graves;
	size_t used = mem_used(), resident = mem_resident();

	add_size(info, "used_memory", used);
	if (resident != 0)
		add_size(info, "used_memory_rss", resident);
	add_size(info, "total_system_memory",
	    (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE));
	add_size(info, "maxmemory",
	    (size_t)settings_number(SETTING_MAXMEMORY));
	buf_add_string(&info->out, "maxmemory_policy:");
	settings_format(SETTING_MAXMEMORY_POLICY, &info->out);
	buf_add_string(&info->out, "\r\n");
	if (resident != 0 && used != 0)
		add(info, "mem_fragmentation_ratio:%.2f", (double)resident /
		    (double)used);
	add(info, "mem_allocator:" MEM_ALLOCATOR);
	add(info, "lazyfree_pending_objects:%" PRIu64,
	    atomic_load(&graves->pending));
	add(info, "lazyfreed_objects:%" PRIu64, atomic_load(&graves->filled));
}

static uint64_t
all_keys(struct info *info)
{
	unsigned db, n = keyspace_databases(info->call->engine->keyspace);
	struct keys_counts counts;
	uint64_t keys = 0;

	for (db = 0; db < n; db++) {
		keys_count(info->call, db, &counts);
		keys += counts.keys;
	}
	return (keys);
}

static void
add_loading(struct info *info, struct saver *saver)
{
	struct saver_loading l;
	int64_t passed, left = 0;

	saver_loading(saver, &l);
	passed = (clock_wall_us() - l.began_us) / 1000000;
	if (l.done != 0 && l.total > l.done)
		left = (int64_t)((double)passed *
		    (double)(l.total - l.done) / (double)l.done);
	add(info, "loading_start_time:%" PRId64, l.began_us / 1000000);
	add(info, "loading_total_bytes:%" PRIu64, l.total);
	add(info, "loading_loaded_bytes:%" PRIu64, l.done);
	add(info, "loading_loaded_perc:%.2f", l.total == 0 ? 0 :
	    100 * (double)l.done / (double)l.total);
	add(info, "loading_eta_seconds:%" PRId64, left);
}

static void
add_journal(struct info *info, struct journal *j, uint64_t snapshot_bytes)
{
	struct journal_stats stats;

	journal_stats(j, &stats);
	add(info, "aof_last_write_status:%s", stats.error == 0 ? "ok" : "err");
	add(info, "aof_current_size:%" PRIu64, snapshot_bytes + stats.bytes);
	add(info, "aof_base_size:%" PRIu64, snapshot_bytes);
	add(info, "journal_position:%" PRIu64, stats.appended);
	add(info, "journal_written_position:%" PRIu64, stats.written);
	add(info, "journal_durable_position:%" PRIu64, stats.durable);
	add(info, "journal_unsynced_ms:%" PRId64, stats.unsynced_us / 1000);
	add(info, "journal_frames:%" PRIu64, stats.frames);
	add(info, "journal_syncs:%" PRIu64, stats.syncs);
	add(info, "journal_last_error:%s", stats.error == 0 ? "" :
	    strerror(stats.error));
}

static void
info_persistence(struct info *info)
{
	struct engine *e = info->call->engine;
	struct saver_status status = { .saved_us = e->started_us,
	    .took_us = -1, .taking_us = -1, .ok = true };
	struct journal *j = e->journal != NULL && journal_is_on(e->journal) ?
	    e->journal : NULL;
	bool loading = atomic_load(&e->loading);
	int64_t took, taking;

	if (e->saver != NULL)
		saver_status(e->saver, &status);
	took = status.took_us >= 0 ? status.took_us / 1000000 : -1;
	taking = status.taking_us >= 0 ? status.taking_us / 1000000 : -1;
	add(info, "loading:%d", loading);
	if (loading)
		add_loading(info, e->saver);
	add(info, "current_save_keys_processed:%" PRIu64, status.keys_done);
	add(info, "current_save_keys_total:%" PRIu64, status.taking_us >= 0 ?
	    all_keys(info) : 0);
	add(info, "rdb_changes_since_last_save:%" PRIu64, e->saver != NULL ?
	    status.changes : stats_changes(e->stats));
	add(info, "rdb_bgsave_in_progress:%d", status.taking_us >= 0);
	add(info, "rdb_last_save_time:%" PRId64, status.saved_us / 1000000);
	add(info, "rdb_last_bgsave_status:%s", status.ok ? "ok" : "err");
	add(info, "rdb_last_bgsave_time_sec:%" PRId64, took);
	add(info, "rdb_current_bgsave_time_sec:%" PRId64, taking);
	add(info, "rdb_saves:%" PRIu64, status.saves);
	add(info, "aof_enabled:%d", j != NULL);
	add(info, "aof_rewrite_in_progress:%d", j != NULL &&
	    status.taking_us >= 0);
	add(info, "aof_rewrite_scheduled:%d", status.wanted);
	add(info, "aof_last_rewrite_time_sec:%" PRId64, took);
	add(info, "aof_current_rewrite_time_sec:%" PRId64, taking);
	add(info, "aof_last_bgrewrite_status:%s", status.ok ? "ok" : "err");
	add(info, "aof_rewrites:%" PRIu64, j != NULL ? status.saves : 0);
	if (j != NULL)
		add_journal(info, j, status.snapshot_bytes);
}

static void
add_counter(struct info *info, const char *name, enum counter which)
{
	add(info, "%s:%" PRIu64, name, (uint64_t)info->total->of[which]);
}

static void
info_stats(struct info *info)
{
	struct engine *e = info->call->engine;
	struct tracking_counts tracking;

	tracking_count(e, &tracking);
	add_counter(info, "total_connections_received", COUNTER_CONNECTIONS);
	add_counter(info, "total_commands_processed", COUNTER_COMMANDS);
	add_counter(info, "total_net_input_bytes", COUNTER_BYTES_IN);
	add_counter(info, "total_net_output_bytes", COUNTER_BYTES_OUT);
	add(info, "rejected_connections:%" PRIu64,
	    (uint64_t)info->call->engine->rejected);
	add_counter(info, "expired_keys", COUNTER_EXPIRED);
	add_counter(info, "evicted_keys", COUNTER_EVICTED);
	add_counter(info, "keyspace_hits", COUNTER_HITS);
	add_counter(info, "keyspace_misses", COUNTER_MISSES);
	add(info, "pubsub_channels:%zu", pubsub_channels(e, PUBSUB_CHANNEL));
	add(info, "pubsub_patterns:%zu", pubsub_channels(e, PUBSUB_PATTERN));
	add(info, "pubsubshard_channels:%zu", pubsub_channels(e,
	    PUBSUB_SHARD));
	add(info, "tracking_total_keys:%zu", tracking.keys);
	add(info, "tracking_total_items:%zu", tracking.items);
	add(info, "tracking_total_prefixes:%zu", tracking.prefixes);
	add_counter(info, "total_error_replies", COUNTER_ERRORS);
	add_counter(info, "total_reads_processed", COUNTER_READS);
	add_counter(info, "total_writes_processed", COUNTER_WRITES);
	add_counter(info, "total_keys_changed", COUNTER_CHANGES);
}

/* Clients ask this to learn whom they may write to. */
static void
info_replication(struct info *info)
{
	add(info, "role:master");
	add(info, "connected_slaves:0");
}

static void
info_cpu(struct info *info)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	add(info, "used_cpu_sys:%ld.%06ld", (long)usage.ru_stime.tv_sec,
	    (long)usage.ru_stime.tv_usec);
	add(info, "used_cpu_user:%ld.%06ld", (long)usage.ru_utime.tv_sec,
	    (long)usage.ru_utime.tv_usec);
}

static void
info_commandstats(struct info *info)
{
	const struct command_table *commands = info->call->engine->commands;
	size_t i;

	for (i = 0; i < command_count_all(commands); i++) {
		const struct command_counters *of = &info->total->commands[i];
		uint64_t calls = of->calls, us = of->us;

		if (calls == 0 && of->rejected == 0)
			continue;
		add(info, "cmdstat_%s:calls=%" PRIu64 ",usec=%" PRIu64
		    ",usec_per_call=%.2f,rejected_calls=%" PRIu64
		    ",failed_calls=%" PRIu64,
		    command_at(commands, i)->full_name, calls, us,
		    calls == 0 ? 0 : (double)us / (double)calls,
		    (uint64_t)of->rejected, (uint64_t)of->failed);
	}
}

static void
info_errorstats(struct info *info)
{
	stats_format_errors(info->call->engine->stats, &info->out);
}

static void
info_cluster(struct info *info)
{
	add(info, "cluster_enabled:0");
}

static void
info_keyspace(struct info *info)
{
	unsigned db, n = keyspace_databases(info->call->engine->keyspace);
	struct keys_counts counts;

	for (db = 0; db < n; db++) {
		keys_count(info->call, db, &counts);
		if (counts.keys != 0)
			add(info, "db%u:keys=%" PRIu64 ",expires=%" PRIu64
			    ",avg_ttl=0", db, counts.keys, counts.volatiles);
	}
}

static const struct section {
	const char	*name;		/* as the client may ask for it */
	bool		 usual;		/* also when it does not */
	void		(*print)(struct info *);
} sections[] = {
	{ "Server", true, info_server },
	{ "Clients", true, info_clients },
	{ "Memory", true, info_memory },
	{ "Persistence", true, info_persistence },
	{ "Stats", true, info_stats },
	{ "Replication", true, info_replication },
	{ "CPU", true, info_cpu },
	{ "Commandstats", false, info_commandstats },
	{ "Errorstats", true, info_errorstats },
	{ "Cluster", true, info_cluster },
	{ "Keyspace", true, info_keyspace },
};

static bool
asked_for(const struct call *c, const struct section *section)
{
	size_t i;

	for (i = 1; i < c->argc; i++) {
		if (call_arg_is(c, i, section->name) ||
		    call_arg_is(c, i, "all") ||
		    call_arg_is(c, i, "everything") ||
		    (section->usual && call_arg_is(c, i, "default")))
			return (true);
	}
	return (c->argc == 1 && section->usual);
}

static void
cmd_info(struct call *c)
{
	struct info info = { .call = c };
	size_t i;

	info.total = stats_new_total(c->engine->stats);
	stats_sum(c->engine->stats, info.total);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!asked_for(c, &sections[i]))
			continue;
		if (info.out.length != 0)
			add(&info, "%s", "");
		add(&info, "# %s", sections[i].name);
		sections[i].print(&info);
	}
	reply_verbatim(c->reply, "txt", buf_bytes(&info.out));
	buf_free(&info.out);
	mem_free(info.total);
}

struct command cmd_info_rows[] = {
	{
		.name    = "info",
		.syntax  = "[section ...]",
		.summary = "Tells about the server and counts what it does.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_DANGEROUS | CMD_LOADING | CMD_EACH_SHARD,
		.run     = cmd_info,
	},
	{ .name = NULL },
};
