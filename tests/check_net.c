/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets over loopback: who is accepted, who waits for a worker and who is
 * turned away, what happens when there are no descriptors left, and where one
 * may listen.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/settings.h"
#include "net/listener.h"
#include "net/peer.h"
#include "net/pool.h"
#include "suite.h"
#include "loopback.h"

enum { WORKERS = 64 };

/* The mode that a Unix socket had when its permissions were set; -1: never. */
static int mode_before_chmod = -1;

/* In the place of the library's: what others could have seen until now. */
int
chmod(const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) == 0)
		mode_before_chmod = (int)(st.st_mode & 07777);
	return ((int)syscall(SYS_fchmodat, AT_FDCWD, path, mode));
}

static bool
is_silent(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (poll(&p, 1, 0) == 0);
}

/* The server: says what tag it has, then gives back each byte. */
static struct door {
	struct listener	*listener;
	struct pool	*pool;
	bool		 may_wait;
	_Atomic int	 accepted;
	_Atomic int	 rejected;
	_Atomic int	 open;		/* peers being served */
} door;

static void
echo(struct peer *peer, void *arg)
{
	struct door *d = arg;
	char byte = (char)('0' + peer->tag);
	int c;

	if (!peer_open(peer))
		return;
	atomic_fetch_add(&d->open, 1);
	do {
		if (!peer_send(peer, &byte, 1))
			break;
		c = getc_unlocked(peer->in);
		byte = (char)c;
	} while (c != EOF);
	atomic_fetch_sub(&d->open, 1);
}

static void
accepted(struct peer *peer, void *arg)
{
	struct door *d = arg;

	atomic_fetch_add(&d->accepted, 1);
	if (pool_give(d->pool, peer, d->may_wait))
		return;
	atomic_fetch_add(&d->rejected, 1);
	peer_turn_away(peer, "full");
	peer_free(&peer);
}

/* Serve on two ports, whose peers have the tags 3 and 4. */
static void
open_door(size_t workers, bool may_wait, uint16_t ports[2])
{
	struct buf wrong = { 0 };

	signal(SIGPIPE, SIG_IGN);
	settings_init();
	door.may_wait = may_wait;
	door.pool = pool_new(workers, echo, &door);
	ck_assert_ptr_nonnull(door.pool);
	door.listener = listener_new(100);
	ck_assert(listener_add_fd(door.listener, listen_anywhere(&ports[0]), 3,
	    &wrong));
	ck_assert(listener_add_fd(door.listener, listen_anywhere(&ports[1]), 4,
	    &wrong));
	ck_assert_uint_eq(listener_count(door.listener), 2);
	ck_assert(listener_start(door.listener, accepted, &door, &wrong));
}

static void
close_door(void)
{
	listener_free(&door.listener);
	ck_assert_ptr_null(door.listener);
	pool_close(door.pool);
	ck_assert(pool_wait_idle(door.pool, LOOPBACK_MS));
	pool_free(&door.pool);
	ck_assert_ptr_null(door.pool);
	settings_free();
}

static void
await_counts(size_t busy, size_t waiting)
{
	struct pool_counts counts;
	int i;

	for (i = 0; i < LOOPBACK_MS; i++) {
		pool_count(door.pool, &counts);
		if (counts.busy == busy && counts.waiting == waiting)
			return;
		nap();
	}
	ck_abort_msg("%zu busy and %zu waiting", counts.busy, counts.waiting);
}

START_TEST(each_door_has_its_tag)
{
	uint16_t ports[2];
	int fds[20], i;

	open_door(COUNT(fds), true, ports);
	for (i = 0; i < (int)COUNT(fds); i++)
		fds[i] = connect_to(ports[i % 2]);
	for (i = 0; i < (int)COUNT(fds); i++) {
		ck_assert_int_eq(read_byte(fds[i]), '3' + i % 2);
		ck_assert_int_eq(write(fds[i], "x", 1), 1);
		ck_assert_int_eq(read_byte(fds[i]), 'x');
	}
	for (i = 0; i < (int)COUNT(fds); i++)
		close(fds[i]);
	await_counts(0, 0);
	close_door();
}
END_TEST

START_TEST(the_65th_waits_until_one_leaves)
{
	int fds[WORKERS], late[3], i;
	uint16_t ports[2];

	open_door(WORKERS, true, ports);
	for (i = 0; i < WORKERS; i++)
		fds[i] = connect_to(ports[0]);
	for (i = 0; i < WORKERS; i++)
		ck_assert_int_eq(read_byte(fds[i]), '3');
	for (i = 0; i < 3; i++) {
		late[i] = connect_to(ports[0]);
		ck_assert_int_eq(write(late[i], "?", 1), 1);
		await_counts(WORKERS, (size_t)i + 1);
	}
	for (i = 0; i < 3; i++)
		ck_assert(is_silent(late[i]));
	/* First come, first served. */
	for (i = 0; i < 3; i++) {
		close(fds[i]);
		ck_assert_int_eq(read_byte(late[i]), '3');
		ck_assert_int_eq(read_byte(late[i]), '?');
		if (i < 2)
			ck_assert(is_silent(late[i + 1]));
		await_counts(WORKERS, 2 - (size_t)i);
	}
	for (i = 3; i < WORKERS; i++)
		close(fds[i]);
	for (i = 0; i < 3; i++)
		close(late[i]);
	await_counts(0, 0);
	close_door();
}
END_TEST

START_TEST(the_third_of_two_is_turned_away)
{
	uint16_t ports[2];
	int fds[2], third;

	open_door(2, false, ports);
	fds[0] = connect_to(ports[0]);
	fds[1] = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(fds[0]), '3');
	ck_assert_int_eq(read_byte(fds[1]), '3');
	third = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(third), 'f');
	ck_assert_int_eq(read_byte(third), 'u');
	ck_assert_int_eq(read_byte(third), 'l');
	ck_assert_int_eq(read_byte(third), 'l');
	ck_assert_int_eq(read_byte(third), EOF);
	ck_assert_int_eq(atomic_load(&door.rejected), 1);
	close(third);
	close(fds[0]);
	await_counts(1, 0);
	third = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(third), '3');
	close(third);
	close(fds[1]);
	close_door();
}
END_TEST

/* Those in line are let go, those who are served are not. */
START_TEST(a_closed_pool_takes_nobody)
{
	uint16_t ports[2];
	int fds[3];

	open_door(1, true, ports);
	fds[0] = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(fds[0]), '3');
	fds[1] = connect_to(ports[0]);
	await_counts(1, 1);
	ck_assert(!pool_wait_idle(door.pool, 1));
	pool_close(door.pool);
	ck_assert_int_eq(read_byte(fds[1]), EOF);
	fds[2] = connect_to(ports[0]);
	while (read_byte(fds[2]) != EOF)
		;
	ck_assert_int_eq(write(fds[0], "y", 1), 1);
	ck_assert_int_eq(read_byte(fds[0]), 'y');
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
	close_door();
}
END_TEST

#ifndef RESPD_SANITIZE
/* Threads for which there is no room: an error, and nothing is left. */
START_TEST(a_pool_too_large_is_none)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	struct pool *pool;

	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	errno = 0;
	pool = pool_new(10000, echo, &door);
	ck_assert_ptr_null(pool);
	ck_assert_int_ne(errno, 0);
	pool = pool_new(4, echo, &door);
	ck_assert_ptr_nonnull(pool);
	pool_close(pool);
	pool_free(&pool);
}
END_TEST
#endif

static void
set_descriptors(rlim_t most)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* As few descriptors as there are now, or as many as there may be. */
static void
limit_descriptors(bool limited)
{
	int next = dup(STDERR_FILENO);

	ck_assert(next >= 0 || !limited);
	close(next);
	set_descriptors(limited ? (rlim_t)next : RLIM_INFINITY);
}

/* How many descriptors are /dev/null, as the listener's reserve is. */
static int
count_reserves(void)
{
	char name[32], target[32];
	int fd, count = 0;
	ssize_t n;

	for (fd = 0; fd < 100; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, target, sizeof(target));
		count += n == 9 && memcmp(target, "/dev/null", 9) == 0;
	}
	return (count);
}

START_TEST(without_descriptors_newcomers_are_let_go)
{
	int served, fds[3];
	uint16_t ports[2];
	size_t i;

	open_door(4, true, ports);
	served = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(served), '3');
	for (i = 0; i < COUNT(fds); i++)
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
	limit_descriptors(true);
	for (i = 0; i < COUNT(fds); i++) {
		ck_assert_int_eq(connect_socket(fds[i], ports[i % 2]), 0);
		ck_assert_int_eq(read_byte(fds[i]), EOF);
	}
	/* Who is served is not touched, and the next one is served again. */
	ck_assert_int_eq(write(served, "z", 1), 1);
	ck_assert_int_eq(read_byte(served), 'z');
	limit_descriptors(false);
	for (i = 0; i < COUNT(fds); i++) {
		close(fds[i]);
		fds[i] = connect_to(ports[0]);
		ck_assert_int_eq(read_byte(fds[i]), '3');
	}
	for (i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close(served);
	close_door();
}
END_TEST

/*
 * One descriptor is not enough for a peer.  Were it accepted nevertheless, its
 * worker and the acceptor would meet at the reserve, and whoever comes then
 * might hear nothing.
 */
START_TEST(with_one_descriptor_newcomers_are_let_go)
{
	int served, fds[5], last, reserves;
	uint16_t ports[2];
	size_t i;

	open_door(4, true, ports);
	served = connect_to(ports[0]);
	ck_assert_int_eq(read_byte(served), '3');
	reserves = count_reserves();
	for (i = 0; i < COUNT(fds); i++)
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
	last = dup(STDERR_FILENO);
	set_descriptors((rlim_t)last + 1);
	ck_assert_int_eq(dup(STDERR_FILENO), -1);
	close(last);
	for (i = 0; i < COUNT(fds); i++)
		ck_assert_int_eq(connect_socket(fds[i], ports[i % 2]), 0);
	for (i = 0; i < COUNT(fds); i++)
		ck_assert_int_eq(read_byte(fds[i]), EOF);
	ck_assert_int_eq(write(served, "z", 1), 1);
	ck_assert_int_eq(read_byte(served), 'z');
	ck_assert_int_eq(atomic_load(&door.accepted), 1);
	ck_assert_int_eq(count_reserves(), reserves);
	limit_descriptors(false);
	for (i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close(served);
	close_door();
}
END_TEST

/* The reserve may be lost to somebody quicker, but not for ever. */
START_TEST(a_lost_reserve_is_made_up_for)
{
	uint16_t ports[2];
	int served, waits, reserves;

	open_door(4, true, ports);
	served = socket(AF_INET, SOCK_STREAM, 0);
	waits = socket(AF_INET, SOCK_STREAM, 0);
	reserves = count_reserves();
	/* So few that what is given up cannot be had again. */
	set_descriptors(3);
	ck_assert_int_eq(connect_socket(served, ports[0]), 0);
	while (count_reserves() == reserves)
		nap();
	limit_descriptors(false);
	/* Unless that came just in time to let it go. */
	while (read_byte(served) == EOF) {
		close(served);
		served = connect_to(ports[0]);
	}
	limit_descriptors(true);
	ck_assert_int_eq(connect_socket(waits, ports[0]), 0);
	ck_assert_int_eq(read_byte(waits), EOF);
	limit_descriptors(false);
	close(waits);
	close(served);
	close_door();
}
END_TEST

START_TEST(a_peer_needs_two_descriptors)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct peer *peer;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	limit_descriptors(true);
	errno = 0;
	ck_assert_ptr_null(peer_new(fds[0], 1, (struct sockaddr *)&address,
	    sizeof(sa_family_t), 0));
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(read_byte(fds[1]), EOF);
	close(fds[1]);
	limit_descriptors(false);
	/* Of one that was never opened nothing is left either. */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = peer_new(fds[0], 1, (struct sockaddr *)&address,
	    sizeof(sa_family_t), 0);
	ck_assert_ptr_nonnull(peer);
	limit_descriptors(true);
	ck_assert(peer_open(peer));
	peer_free(&peer);
	ck_assert_ptr_null(peer);
	peer_free(&peer);
	ck_assert_int_eq(read_byte(fds[1]), EOF);
	limit_descriptors(false);
	close(fds[1]);
}
END_TEST

static void
assert_wrong(struct buf *wrong, const char *part)
{
	buf_add_char(wrong, '\0');
	ck_assert_msg(strstr(wrong->data, part) != NULL, "'%s' has no '%s'",
	    wrong->data, part);
	buf_free(wrong);
}

START_TEST(addresses_that_cannot_be_had)
{
	struct listener *l = listener_new(10);
	struct buf wrong = { 0 };
	uint16_t port;
	int taken = listen_anywhere(&port), fds[2], i;

	ck_assert(!listener_add_tcp(l, "127.0.0.1", port, 0, &wrong));
	assert_wrong(&wrong, "in use");
	/* One that may be missing is still not one that is taken. */
	ck_assert(!listener_add_tcp(l, "-127.0.0.1", port, 0, &wrong));
	assert_wrong(&wrong, "in use");
	ck_assert(!listener_add_tcp(l, "203.0.113.77", port, 0, &wrong));
	assert_wrong(&wrong, "203.0.113.77");
	ck_assert(listener_add_tcp(l, "-203.0.113.77", port, 0, &wrong));
	ck_assert(!listener_add_tcp(l, "256.1.1.1", port, 0, &wrong));
	assert_wrong(&wrong, "256.1.1.1");
	ck_assert_uint_eq(listener_count(l), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert(!listener_add_fd(l, fds[0], 0, &wrong));
	assert_wrong(&wrong, "no listening socket");
	ck_assert(!listener_add_fd(l, 999, 0, &wrong));
	assert_wrong(&wrong, "999");
	/* Another program may be quicker to take it. */
	for (i = 0; i < 100 && listener_count(l) == 0; i++)
		listener_add_tcp(l, "127.0.0.1", free_port(), 0, &wrong);
	buf_free(&wrong);
	ck_assert_uint_eq(listener_count(l), 1);
	close(fds[0]);
	close(fds[1]);
	close(taken);
	listener_free(&l);
	listener_free(&l);
}
END_TEST

static char unix_path[] = "/tmp/check_net.XXXXXX";

static void
make_path(void)
{
	int fd = mkstemp(unix_path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static int
bind_unix(int type, const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)address,
	    sizeof(*address)), 0);
	return (fd);
}

/* Nobody else may ever connect, not even between bind(2) and chmod(2). */
START_TEST(unix_socket_has_its_mode_from_the_first_moment)
{
	struct listener *l = listener_new(10);
	struct buf wrong = { 0 };
	mode_t mask = umask(022);
	struct stat st;

	make_path();
	ck_assert_int_eq(unlink(unix_path), 0);
	ck_assert(listener_add_unix(l, unix_path, 0770, 0, &wrong));
	ck_assert_int_ne(mode_before_chmod, -1);
	ck_assert_int_eq(mode_before_chmod & 0177, 0);
	ck_assert_int_eq(stat(unix_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0770);
	ck_assert_int_eq(umask(mask), 022);
	listener_free(&l);
	ck_assert_int_ne(stat(unix_path, &st), 0);
	buf_free(&wrong);
}
END_TEST

START_TEST(unix_socket_replaces_only_its_kind)
{
	struct listener *l = listener_new(3), *other = listener_new(10);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct buf wrong = { 0 };
	char path_too_long[200];
	int dead, line[8];
	size_t i;

	make_path();
	/* A file is nobody's socket. */
	ck_assert(!listener_add_unix(l, unix_path, 0700, 0, &wrong));
	assert_wrong(&wrong, "in use");
	ck_assert_int_eq(unlink(unix_path), 0);
	/* A socket that nobody listens on was left by one that died. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", unix_path);
	dead = bind_unix(SOCK_STREAM, &address);
	close(dead);
	ck_assert(listener_add_unix(l, unix_path, 0700, 0, &wrong));
	/* One that answers is another server's. */
	ck_assert(!listener_add_unix(other, unix_path, 0700, 0, &wrong));
	assert_wrong(&wrong, "in use");
	/* One that is too busy to answer is so too. */
	for (i = 0; i < COUNT(line) - 1; i++) {
		line[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(line[i], (struct sockaddr *)&address,
		    sizeof(address)) != 0)
			break;
	}
	ck_assert_uint_lt(i, COUNT(line) - 1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert(!listener_add_unix(other, unix_path, 0700, 0, &wrong));
	assert_wrong(&wrong, "in use");
	do
		close(line[i]);
	while (i-- > 0);
	/* One of another kind, as syslog's, is somebody's too. */
	ck_assert_int_eq(unlink(unix_path), 0);
	dead = bind_unix(SOCK_DGRAM, &address);
	ck_assert(!listener_add_unix(other, unix_path, 0700, 0, &wrong));
	assert_wrong(&wrong, "in use");
	close(dead);
	memset(path_too_long, 'x', sizeof(path_too_long) - 1);
	path_too_long[sizeof(path_too_long) - 1] = '\0';
	ck_assert(!listener_add_unix(other, path_too_long, 0700, 0, &wrong));
	assert_wrong(&wrong, "longer than");
	listener_free(&other);
	listener_free(&l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net");
	TCase *t = tcase_create("net");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, each_door_has_its_tag);
	tcase_add_test(t, the_65th_waits_until_one_leaves);
	tcase_add_test(t, the_third_of_two_is_turned_away);
	tcase_add_test(t, a_closed_pool_takes_nobody);
#ifndef RESPD_SANITIZE
	tcase_add_test(t, a_pool_too_large_is_none);
#endif
	tcase_add_test(t, without_descriptors_newcomers_are_let_go);
	tcase_add_test(t, with_one_descriptor_newcomers_are_let_go);
	tcase_add_test(t, a_lost_reserve_is_made_up_for);
	tcase_add_test(t, a_peer_needs_two_descriptors);
	tcase_add_test(t, addresses_that_cannot_be_had);
	tcase_add_test(t, unix_socket_has_its_mode_from_the_first_moment);
	tcase_add_test(t, unix_socket_replaces_only_its_kind);
	suite_add_tcase(s, t);
	return (suite_run(s));
}
