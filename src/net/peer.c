/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two streams, because one "r+" stream on a socket loses pipelined input when
 * it turns from reading to writing.  The output stream is unbuffered: replies
 * are collected in the session's buffer and leave in one write.
 *
 * Each has a descriptor of its own, and both are there from the beginning: if
 * workers took the second, they would take the one that the acceptor gives up
 * to turn a newcomer away (accept_note in net/listener.c).
 */
#include "net/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/mem.h"
#include "net/stream.h"

enum {
	INPUT_BUFFER = 16 * 1024,
	/* One step of a long reply: what reply-timeout is given for. */
	OUTPUT_STEP = 256 * 1024,
	/* How long replies may take to arrive before we close, in ms. */
	FINISH_MS = 1000,
	/* A peer that never stops talking is not listened to for ever. */
	FINISH_READS = 64,
};

static void
format_address(char *out, size_t size, const struct sockaddr *address,
    socklen_t length)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, size, "%s:%u", host, ntohs(in->sin_port));
	} else if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(out, size, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else if (address->sa_family == AF_UNIX) {
		const struct sockaddr_un *un = (const void *)address;
		int path = (int)length -
		    (int)offsetof(struct sockaddr_un, sun_path);

		snprintf(out, size, "%.*s:0", path > 0 ? path : 0,
		    un->sun_path);
	}
}

static bool
is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return (ntohl(in->sin_addr.s_addr) >> 24 == 127);
	}
	if (address->sa_family == AF_INET6) {
		const struct in6_addr *a =
		    &((const struct sockaddr_in6 *)(const void *)address)
		    ->sin6_addr;

		return (IN6_IS_ADDR_LOOPBACK(a) ||
		    (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127));
	}
	return (true);
}

/* A peer that refuses an option is still a peer. */
static void
set_options(int fd, int keepalive)
{
	int on = 1, interval = keepalive / 3 > 0 ? keepalive / 3 : 1, count = 3;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (keepalive <= 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive,
	    sizeof(keepalive));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
	    sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

struct peer *
peer_new(int fd, int tag, const struct sockaddr *address, socklen_t length,
    int keepalive)
{
	int error, out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct sockaddr_storage local = { 0 };
	socklen_t local_length = sizeof(local);
	struct peer *peer;

	if (out < 0) {
		error = errno;
		close(fd);
		errno = error;
		return (NULL);
	}
	peer = mem_zalloc(sizeof(*peer));
	peer->fd = fd;
	atomic_init(&peer->wake, -1);
	peer->out_fd = out;
	peer->tag = tag;
	peer->loopback = is_loopback(address);
	if (getsockname(fd, (struct sockaddr *)&local, &local_length) == 0)
		format_address(peer->local, sizeof(peer->local),
		    (struct sockaddr *)&local, local_length);
	/* The far end of a Unix socket has no name; Redis shows ours. */
	if (address->sa_family == AF_UNIX)
		memcpy(peer->name, peer->local, sizeof(peer->name));
	else {
		format_address(peer->name, sizeof(peer->name), address,
		    length);
		set_options(fd, keepalive);
	}
	return (peer);
}

bool
peer_open(struct peer *peer)
{
	if ((peer->in = fdopen(peer->fd, "r")) == NULL)
		return (false);
	/* Without a buffer of ours glibc takes one of 4 KiB, whatever is said. */
	peer->buffer = mem_alloc(INPUT_BUFFER);
	setvbuf(peer->in, peer->buffer, _IOFBF, INPUT_BUFFER);
	__fsetlocking(peer->in, FSETLOCKING_BYCALLER);
	if ((peer->out = fdopen(peer->out_fd, "w")) == NULL)
		return (false);
	setvbuf(peer->out, NULL, _IONBF, 0);
	__fsetlocking(peer->out, FSETLOCKING_BYCALLER);
	return (true);
}

void
peer_free(struct peer **peer_p)
{
	struct peer *peer = *peer_p;

	*peer_p = NULL;
	if (peer == NULL)
		return;
	if (peer->out != NULL)
		fclose(peer->out);
	else
		close(peer->out_fd);
	if (atomic_load(&peer->wake) >= 0)
		close(atomic_load(&peer->wake));
	if (peer->in != NULL)
		fclose(peer->in);
	else
		close(peer->fd);
	mem_free(peer->buffer);
	mem_free(peer);
}

void
peer_turn_away(struct peer *peer, const char *text)
{
	send(peer->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool
peer_send(struct peer *peer, const char *data, size_t length)
{
	size_t n;

	lock_assert_none();
	for (; length != 0; data += n, length -= n) {
		n = length < OUTPUT_STEP ? length : OUTPUT_STEP;
		peer_at(peer, PEER_REPLY);
		if (fwrite_unlocked(data, 1, n, peer->out) != n)
			return (false);
	}
	return (true);
}

bool
peer_has_room(struct peer *peer)
{
	int unsent;

	return (ioctl(peer->fd, TIOCOUTQ, &unsent) == 0 && unsent == 0);
}

bool
peer_send_at_once(struct peer *peer, struct bytes b)
{
	return (send(peer->out_fd, b.data, b.length,
	    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)b.length);
}

void
peer_finish(struct peer *peer)
{
	char waste[4096];
	int unsent, ms, slept, i;

	shutdown(peer->fd, SHUT_WR);
	for (slept = 0, ms = 1; slept < FINISH_MS; slept += ms, ms *= 2) {
		for (i = 0; i < FINISH_READS && recv(peer->fd, waste,
		    sizeof(waste), MSG_DONTWAIT) > 0; i++)
			;
		if (ioctl(peer->fd, TIOCOUTQ, &unsent) != 0 || unsent == 0)
			break;
		poll(NULL, 0, ms);
	}
}

bool
peer_wakes(struct peer *peer)
{
	int fd;

	if (atomic_load(&peer->wake) >= 0)
		return (true);
	if ((fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return (false);
	atomic_store(&peer->wake, fd);
	return (true);
}

/* ppoll(2) until the deadline; how many of the descriptors have news. */
static int
poll_until(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	struct timespec left;
	int64_t us;
	int ready;

	do {
		us = deadline - clock_monotonic_us();
		if (us < 0)
			us = 0;
		left.tv_sec = us / 1000000;
		left.tv_nsec = us % 1000000 * 1000;
		ready = ppoll(fds, n, deadline != 0 ? &left : NULL, NULL);
	} while (ready < 0);		/* a signal: look at the clock again */
	return (ready);
}

enum peer_event
peer_wait(struct peer *peer, bool for_input, int64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = atomic_load(&peer->wake), .events = POLLIN },
		{ .fd = peer->fd, .events = for_input ? POLLIN : POLLRDHUP },
	};
	eventfd_t count;

	lock_assert_none();
	if (!for_input)
		peer_at(peer, PEER_BUSY);
	if (for_input && stream_buffered(peer->in).length != 0)
		return (PEER_READABLE);
	if (poll_until(fds, 2, deadline) == 0)
		return (PEER_TIMED_OUT);
	if (fds[0].revents != 0) {
		eventfd_read(fds[0].fd, &count);
		return (PEER_WOKEN);
	}
	return (for_input ? PEER_READABLE : PEER_HUNG_UP);
}

void
peer_wake(struct peer *peer)
{
	int fd = atomic_load(&peer->wake);

	if (fd >= 0)
		eventfd_write(fd, 1);
}

bool
peer_gone(struct peer *peer)
{
	struct pollfd fd = { .fd = peer->fd, .events = POLLRDHUP };

	return (poll(&fd, 1, 0) > 0);
}

void
peer_at(struct peer *peer, enum peer_phase phase)
{
	uint32_t now = atomic_load_explicit(&peer->activity,
	    memory_order_relaxed);

	now = (now | 3) + 1;
	atomic_store_explicit(&peer->activity, now | phase,
	    memory_order_relaxed);
}

bool
peer_check(struct peer *peer, int64_t now, const int64_t limits[PEER_PHASES])
{
	uint32_t activity = atomic_load_explicit(&peer->activity,
	    memory_order_relaxed);
	int64_t limit = limits[activity & 3];

	if (activity != peer->seen || peer->since == 0) {
		peer->seen = activity;
		peer->since = now;
		return (false);
	}
	if (limit == 0 || now - peer->since <= limit)
		return (false);
	peer_shut(peer, SHUT_RDWR);
	peer->since = now;
	return (true);
}

void
peer_shut(struct peer *peer, int how)
{
	shutdown(peer->fd, how);
}
