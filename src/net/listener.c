/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accept_note: one bad connection must never end the loop, and a lack of
 * descriptors must not make it spin: the kernel keeps reporting the waiting
 * connection.  So one descriptor is kept in reserve; when there is none left it
 * is given up to accept and close the newcomer, which then knows, and the next
 * look is put off for 10 ms to 1 s.  That works as long as nobody else takes
 * descriptors for good, so both that a peer needs are taken here.
 */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "net/peer.h"

enum { PAUSE_FIRST = 10, PAUSE_MOST = 1000, LOG_EVERY_US = 10000000 };

struct listener {
	int		 backlog;
	struct pollfd	*sockets;	/* count of them, then wake */
	int		*tags;
	char		*path;		/* of the Unix socket, to be removed */
	size_t		 count;
	int		 wake;		/* eventfd: the thread is to end */
	int		 spare;		/* see accept_note */
	int		 pause;		/* ms until the next look; 0: none */
	int64_t		 logged_at;	/* when the lack was last mentioned */
	listener_accept	*accept;
	void		*arg;
	pthread_t	 thread;
	bool		 running;
};

struct listener *
listener_new(int backlog)
{
	struct listener *l = mem_zalloc(sizeof(*l));

	l->backlog = backlog;
	l->wake = eventfd(0, EFD_CLOEXEC);
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (l->wake < 0 || l->spare < 0)
		log_fatal("no descriptors to start with: %m");
	return (l);
}

size_t
listener_count(const struct listener *l)
{
	return (l->count);
}

static void
add(struct listener *l, int fd, int tag)
{
	l->sockets = mem_resize(l->sockets,
	    (l->count + 2) * sizeof(*l->sockets));
	l->tags = mem_resize(l->tags, (l->count + 1) * sizeof(*l->tags));
	l->sockets[l->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	l->tags[l->count] = tag;
	l->count++;
}

bool
listener_add_fd(struct listener *l, int fd, int tag, struct buf *wrong)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
	    listens == 0) {
		buf_add_format(wrong, "descriptor %d is no listening socket",
		    fd);
		return (false);
	}
	/* A connection may be gone again by the time we accept it. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	add(l, fd, tag);
	return (true);
}

/* An errno, 0 if the address is now listened on. */
static int
listen_at(struct listener *l, const struct addrinfo *ai, int tag)
{
	int fd, on = 1, error;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd < 0)
		return (errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, l->backlog) == 0) {
		add(l, fd, tag);
		return (0);
	}
	error = errno;
	close(fd);
	return (error);
}

bool
listener_add_tcp(struct listener *l, const char *host, uint16_t port, int tag,
    struct buf *wrong)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list, *ai;
	bool optional = *host == '-';
	char service[8];
	int error;

	if (optional)
		host++;
	if (strcmp(host, "*") == 0)
		host = "0.0.0.0";
	else if (strcmp(host, "::*") == 0)
		host = "::";
	snprintf(service, sizeof(service), "%u", port);
	error = getaddrinfo(host, service, &hints, &list);
	if (error != 0) {
		buf_add_format(wrong, "bind %s: %s", host,
		    gai_strerror(error));
		return (optional);
	}
	for (ai = list, error = 0; ai != NULL && error == 0; ai = ai->ai_next)
		error = listen_at(l, ai, tag);
	freeaddrinfo(list);
	if (error == 0)
		return (true);
	buf_add_format(wrong, "%s port %u: %s", host, port, strerror(error));
	return (optional &&
	    (error == EADDRNOTAVAIL || error == EAFNOSUPPORT));
}

/*
 * Whether the Unix socket is nobody's any more.  Of one that is in use the
 * kernel may say as well that its line of newcomers is full, that it is of
 * another kind, or that we may not connect.
 */
static bool
is_dead(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) != 0 && errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return (dead);
}

/* Make way for a new socket: only a dead one of the same kind is removed. */
static bool
clear_path(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) != 0)
		return (errno == ENOENT);
	if (!S_ISSOCK(st.st_mode) || !is_dead(address)) {
		errno = EADDRINUSE;
		return (false);
	}
	return (unlink(address->sun_path) == 0);
}

bool
listener_add_unix(struct listener *l, const char *path, unsigned mode,
    int tag, struct buf *wrong)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	bool bound;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		buf_add_format(wrong, "unixsocket %s: longer than %zu bytes",
		    path, sizeof(address.sun_path) - 1);
		return (false);
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && clear_path(&address)) {
		/* Nobody may connect before the permissions are right. */
		mask = umask(0177);
		bound = bind(fd, (struct sockaddr *)&address,
		    sizeof(address)) == 0;
		umask(mask);
		if (bound && chmod(path, mode) == 0 &&
		    listen(fd, l->backlog) == 0) {
			mem_free(l->path);
			l->path = mem_copy(path, strlen(path));
			add(l, fd, tag);
			return (true);
		}
	}
	buf_add_format(wrong, "unixsocket %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return (false);
}

/* Have the spare descriptor, again if it was lost meanwhile. */
static void
keep_spare(struct listener *l)
{
	if (l->spare < 0)
		l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool
is_lack(int error)
{
	return (error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM);
}

/* Why nobody new is served, from errno, now and then. */
static void
log_lack(struct listener *l)
{
	int64_t now = clock_monotonic_us();

	if (l->logged_at != 0 && now - l->logged_at <= LOG_EVERY_US)
		return;
	log_warning("cannot accept connections: %m");
	l->logged_at = now;
}

/* See accept_note. */
static void
shed(struct listener *l, int fd)
{
	int newcomer;

	if (l->spare >= 0) {
		close(l->spare);
		newcomer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (newcomer >= 0)
			close(newcomer);
		/* Another thread may be quicker and leave us none. */
		l->spare = -1;
	}
	keep_spare(l);
}

/* False if there are not the descriptors that a peer needs. */
static bool
accept_one(struct listener *l, int fd, int tag)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	struct peer *peer;
	int newcomer;

	newcomer = accept4(fd, (struct sockaddr *)&address, &length,
	    SOCK_CLOEXEC);
	if (newcomer < 0) {
		/* What concerned the newcomer alone is over with it. */
		if (!is_lack(errno))
			return (true);
		log_lack(l);
		shed(l, fd);
		return (false);
	}
	/* The reserve goes before. */
	keep_spare(l);
	peer = peer_new(newcomer, tag, (struct sockaddr *)&address, length,
	    (int)settings_number(SETTING_TCP_KEEPALIVE));
	if (peer == NULL) {
		log_lack(l);
		keep_spare(l);
		return (false);
	}
	l->accept(peer, l->arg);
	return (true);
}

/* Accept one from each socket that has some, or may have; false: a lack. */
static bool
accept_all(struct listener *l)
{
	bool enough = true;
	size_t i;

	for (i = 0; i < l->count; i++) {
		if (l->pause != 0 || l->sockets[i].revents != 0)
			enough &= accept_one(l, l->sockets[i].fd, l->tags[i]);
	}
	return (enough);
}

static void *
run(void *arg)
{
	struct listener *l = arg;

	l->sockets[l->count] =
	    (struct pollfd){ .fd = l->wake, .events = POLLIN };
	for (;;) {
		if (l->pause != 0)
			poll(&l->sockets[l->count], 1, l->pause);
		else
			poll(l->sockets, l->count + 1, -1);
		if (l->sockets[l->count].revents != 0)
			return (NULL);
		if (accept_all(l))
			l->pause = 0;
		else if (l->pause == 0)
			l->pause = PAUSE_FIRST;
		else
			l->pause = l->pause * 2 < PAUSE_MOST ?
			    l->pause * 2 : PAUSE_MOST;
	}
}

bool
listener_start(struct listener *l, listener_accept *accept_fn, void *arg,
    struct buf *wrong)
{
	int error;

	l->accept = accept_fn;
	l->arg = arg;
	error = pthread_create(&l->thread, NULL, run, l);
	l->running = error == 0;
	if (error != 0)
		buf_add_format(wrong, "acceptor thread: %s", strerror(error));
	return (l->running);
}

void
listener_free(struct listener **listener_p)
{
	struct listener *l = *listener_p;
	size_t i;

	*listener_p = NULL;
	if (l == NULL)
		return;
	if (l->running) {
		eventfd_write(l->wake, 1);
		must(pthread_join(l->thread, NULL));
	}
	for (i = 0; i < l->count; i++)
		close(l->sockets[i].fd);
	if (l->path != NULL)
		unlink(l->path);
	close(l->wake);
	if (l->spare >= 0)
		close(l->spare);
	mem_free(l->sockets);
	mem_free(l->tags);
	mem_free(l->path);
	mem_free(l);
}
