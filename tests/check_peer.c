/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection: what it is called, whose is cut off and when, and that all
 * that was said arrives.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "net/peer.h"
#include "net/stream.h"
#include "suite.h"
#include "loopback.h"

enum { LARGE = 8 << 20 };

static const struct {
	const char	*host;		/* NULL: a Unix socket */
	const char	*name;
	bool		 loopback;
} addresses[] = {
	{ "127.0.0.1", "127.0.0.1:4711", true },
	{ "127.9.9.9", "127.9.9.9:4711", true },
	{ "10.1.2.3", "10.1.2.3:4711", false },
	{ "0.0.0.0", "0.0.0.0:4711", false },
	{ "128.0.0.1", "128.0.0.1:4711", false },
	{ "::1", "[::1]:4711", true },
	{ "::2", "[::2]:4711", false },
	{ "fe80::1", "[fe80::1]:4711", false },
	{ "::ffff:127.0.0.1", "[::ffff:127.0.0.1]:4711", true },
	{ "::ffff:10.0.0.1", "[::ffff:10.0.0.1]:4711", false },
	{ NULL, ":0", true },
};

START_TEST(peers_have_names)
{
	struct sockaddr_storage storage = { .ss_family = AF_UNIX };
	struct sockaddr_in *in = (void *)&storage;
	struct sockaddr_in6 *in6 = (void *)&storage;
	socklen_t length = sizeof(sa_family_t);
	const char *host = addresses[_i].host;
	struct peer *peer;
	int fds[2];

	if (host != NULL && strchr(host, ':') != NULL) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(4711);
		ck_assert_int_eq(inet_pton(AF_INET6, host, &in6->sin6_addr),
		    1);
		length = sizeof(*in6);
	} else if (host != NULL) {
		in->sin_family = AF_INET;
		in->sin_port = htons(4711);
		ck_assert_int_eq(inet_pton(AF_INET, host, &in->sin_addr), 1);
		length = sizeof(*in);
	}
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = peer_new(fds[0], 7, (struct sockaddr *)&storage, length, 0);
	ck_assert_str_eq(peer->name, addresses[_i].name);
	ck_assert_int_eq(peer->loopback, addresses[_i].loopback);
	ck_assert_int_eq(peer->tag, 7);
	peer_free(&peer);
	close(fds[1]);
}
END_TEST

/* A peer on one end of a pair; the other end in *far. */
static struct peer *
make_peer(int *far)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct peer *peer;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = peer_new(fds[0], 0, (struct sockaddr *)&address,
	    sizeof(sa_family_t), 0);
	ck_assert(peer_open(peer));
	*far = fds[1];
	return (peer);
}

/* What the sweep sees at which time; the phase is set before, -1: no step. */
static const struct sweep {
	int64_t	at;
	int	phase;
	bool	shut;
} sweeps[][8] = {
	/* Idle may last for ever. */
	{ { 1, PEER_IDLE, false }, { 1000000, -1, false } },
	/* The first look only notes; then the limit is exceeded, not met. */
	{ { 1, PEER_REQUEST, false }, { 101, -1, false },
	    { 102, -1, true } },
	/* A step in between starts anew. */
	{ { 1, PEER_REQUEST, false }, { 100, PEER_REQUEST, false },
	    { 199, -1, false }, { 201, -1, true } },
	/* So does another phase, which has a limit of its own. */
	{ { 1, PEER_REQUEST, false }, { 100, PEER_REPLY, false },
	    { 299, -1, false }, { 300, -1, false }, { 301, -1, true } },
	{ { 1, PEER_REPLY, false }, { 150, PEER_REPLY, false },
	    { 300, PEER_REPLY, false }, { 450, PEER_IDLE, false },
	    { 10000, -1, false } },
};

START_TEST(the_sweep_shuts_who_stands_still)
{
	static const int64_t limits[PEER_PHASES] = { [PEER_REQUEST] = 100,
	    [PEER_REPLY] = 200 };
	const struct sweep *s;
	bool shut = false;
	struct peer *peer;
	int far;

	peer = make_peer(&far);
	for (s = sweeps[_i]; s->at != 0; s++) {
		if (s->phase >= 0)
			peer_at(peer, (enum peer_phase)s->phase);
		ck_assert_msg(peer_check(peer, s->at, limits) == s->shut,
		    "at %lld", (long long)s->at);
		shut |= s->shut;
	}
	if (shut) {
		ck_assert_int_eq(getc(peer->in), EOF);
		ck_assert_int_eq(read_byte(far), EOF);
		ck_assert(!peer_send(peer, "x", 1));
	} else
		ck_assert(peer_send(peer, "x", 1));
	peer_free(&peer);
	close(far);
}
END_TEST

static void *
take_large(void *arg)
{
	int fd = *(int *)arg;
	size_t got = 0;
	char piece[5000];
	ssize_t n, i;

	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		for (i = 0; i < n; i++) {
			if (piece[i] != (char)(got++ % 251))
				return (NULL);
		}
	}
	return (got == LARGE ? arg : NULL);
}

START_TEST(a_long_reply_arrives_whole)
{
	char *data = mem_alloc(LARGE);
	struct peer *peer;
	pthread_t thread;
	void *result;
	int far, i;

	for (i = 0; i < LARGE; i++)
		data[i] = (char)(i % 251);
	peer = make_peer(&far);
	ck_assert_int_eq(pthread_create(&thread, NULL, take_large, &far), 0);
	ck_assert(peer_send(peer, data, LARGE));
	peer_free(&peer);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, &far);
	close(far);
	mem_free(data);
}
END_TEST

static void *
send_large(void *arg)
{
	char *data = mem_zalloc(LARGE);
	bool sent = peer_send(arg, data, LARGE);

	mem_free(data);
	return (sent ? arg : NULL);
}

/* Who does not read is cut off by the sweep, and the worker comes free. */
START_TEST(a_slow_reader_is_cut_off)
{
	static const int64_t limits[PEER_PHASES] = { [PEER_REPLY] = 1 };
	struct peer *peer;
	pthread_t thread;
	void *result;
	int64_t now = 1;
	int far;

	peer = make_peer(&far);
	peer_at(peer, PEER_IDLE);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_large, peer), 0);
	while (!peer_check(peer, now, limits)) {
		now += 2;
		nap();
	}
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_null(result);
	peer_free(&peer);
	close(far);
}
END_TEST

START_TEST(a_gone_reader_is_noticed)
{
	struct peer *peer;
	int far;

	peer = make_peer(&far);
	close(far);
	ck_assert(!peer_send(peer, "x", 1));
	ck_assert_int_eq(getc(peer->in), EOF);
	peer_free(&peer);
}
END_TEST

/* What was sent arrives, though the peer had more to say than we read. */
START_TEST(the_end_takes_no_reply_with_it)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	char waste[100000];
	struct peer *peer;
	uint16_t port;
	int listening, near, far, i;

	listening = listen_anywhere(&port);
	far = connect_to(port);
	near = accept(listening, (struct sockaddr *)&address, &length);
	ck_assert_int_ge(near, 0);
	peer = peer_new(near, 0, (struct sockaddr *)&address, length, 300);
	ck_assert(peer_open(peer));
	memset(waste, 0, sizeof(waste));
	ck_assert_int_gt(send(far, waste, sizeof(waste), 0), 0);
	ck_assert(peer_send(peer, "last words", 10));
	peer_finish(peer);
	peer_free(&peer);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(read_byte(far), "last words"[i]);
	ck_assert_int_eq(read_byte(far), EOF);
	close(far);
	close(listening);
}
END_TEST

START_TEST(a_stream_tells_what_it_has)
{
	struct peer *peer;
	char *taken;
	int far;

	peer = make_peer(&far);
	ck_assert_uint_eq(stream_buffered(peer->in).length, 0);
	ck_assert_ptr_null(stream_take(peer->in, 1));
	ck_assert_int_eq(write(far, "abcdef", 6), 6);
	ck_assert_int_eq(getc(peer->in), 'a');
	ck_assert(bytes_equal(stream_buffered(peer->in), bytes_of("bcdef")));
	taken = stream_take(peer->in, 3);
	ck_assert_ptr_nonnull(taken);
	ck_assert(memcmp(taken, "bcd", 3) == 0);
	ck_assert_ptr_null(stream_take(peer->in, 3));
	ck_assert_int_eq(getc(peer->in), 'e');
	ck_assert_int_eq(getc(peer->in), 'f');
	ck_assert_uint_eq(stream_buffered(peer->in).length, 0);
	close(far);
	peer_free(&peer);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("peer");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, peers_have_names, 0, COUNT(addresses));
	tcase_add_loop_test(t, the_sweep_shuts_who_stands_still, 0,
	    COUNT(sweeps));
	tcase_add_test(t, a_long_reply_arrives_whole);
	tcase_add_test(t, a_slow_reader_is_cut_off);
	tcase_add_test(t, a_gone_reader_is_noticed);
	tcase_add_test(t, the_end_takes_no_reply_with_it);
	tcase_add_test(t, a_stream_tells_what_it_has);
	suite_add_tcase(s, t);
	return (suite_run(s));
}
