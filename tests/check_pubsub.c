/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is pushed: outboxes, the register of channels and that of keys in
 * caches, with sessions on socket pairs and commands of our own.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/index.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/key.h"
#include "engine/outbox.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "engine/tracking.h"
#include "suite.h"

enum { CLIENTS = 3 };

static struct engine *engine;
static struct peer *peers[CLIENTS];
static struct session *sessions[CLIENTS];
static int clients[CLIENTS];		/* our ends of the peers' sockets */

static void
run_put(struct call *c)
{
	key_set(c, 1, &c->args[2], 0);
	call_event(c, EVENT_STRING, "put", 1);
	reply_ok(c->reply);
}

static void
run_fetch(struct call *c)
{
	size_t i;

	for (i = 1; i < c->argc; i++)
		key_exists(c, i);
	reply_ok(c->reply);
}

static struct command rows[] = {
	{ .name = "put", .arity = 3, .flags = CMD_WRITE, .keys = { 1, 1, 1 },
	    .run = run_put },
	{ .name = "fetch", .arity = -2, .flags = CMD_READ,
	    .keys = { 1, -1, 1 }, .run = run_fetch },
	{ .name = NULL },
};

static void
start(void)
{
	struct command_table *table = command_table_new();
	struct sockaddr address = { .sa_family = AF_UNIX };
	int i, fds[2];

	settings_init();
	hash_seed();
	command_table_add(table, rows);
	engine = engine_new(table, 4);
	for (i = 0; i < CLIENTS; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		clients[i] = fds[1];
		peers[i] = peer_new(fds[0], 0, &address, sizeof(address), 0);
		ck_assert(peer_open(peers[i]));
		sessions[i] = session_open(engine, peers[i], i == 2 ?
		    DIALECT_RESP3 : DIALECT_RESP2);
	}
}

static void
stop(void)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		session_close(&sessions[i]);
		peer_free(&peers[i]);
		close(clients[i]);
	}
	engine_free(&engine);
	settings_free();
}

/* What session i's client would get now. */
static void
gets(int i, const char *wanted)
{
	struct buf *out = &sessions[i]->reply.out;

	outbox_take(sessions[i]);
	buf_add_char(out, '\0');
	ck_assert_str_eq(out->data, wanted);
	buf_clear(out, 0);
	outbox_sent(sessions[i]);
}

/* Session i runs a request of plain words, with its answer. */
static void
says(int i, const char *text, const char *wanted)
{
	struct session *s = sessions[i];

	ck_assert_int_eq(write(clients[i], text, strlen(text)),
	    (ssize_t)strlen(text));
	ck_assert_int_eq(request_read(&s->request, s->reply.dialect),
	    REQUEST_OK);
	call_run(s);
	gets(i, wanted);
}

static size_t
publish(const char *channel)
{
	return (pubsub_publish(engine, PUBSUB_CHANNEL, bytes_of(channel),
	    bytes_of("hi")));
}

START_TEST(messages_reach_their_listeners)
{
	ck_assert_uint_eq(publish("a"), 0);
	ck_assert(pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert(!pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert(pubsub_add(sessions[2], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert(pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("")));
	ck_assert_uint_eq(publish("a"), 2);
	gets(0, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
	gets(1, "");
	gets(2, ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
	ck_assert_uint_eq(publish("b"), 0);
	ck_assert_uint_eq(publish(""), 1);
	ck_assert_uint_eq(pubsub_count(sessions[0], PUBSUB_CHANNEL), 2);
	ck_assert_uint_eq(pubsub_channels(engine, PUBSUB_CHANNEL), 2);
	ck_assert_uint_eq(pubsub_listeners(engine, PUBSUB_CHANNEL,
	    bytes_of("a")), 2);
	ck_assert(pubsub_remove(sessions[0], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert(!pubsub_remove(sessions[0], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert_uint_eq(publish("a"), 1);
}
END_TEST

START_TEST(kinds_are_apart)
{
	struct bytes name;

	ck_assert(pubsub_add(sessions[0], PUBSUB_SHARD, bytes_of("a")));
	ck_assert(pubsub_add(sessions[0], PUBSUB_PATTERN, bytes_of("a")));
	ck_assert(pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("a")));
	ck_assert(pubsub_subscribed(sessions[0]));
	ck_assert_uint_eq(publish("a"), 2);
	gets(0, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
	    "*4\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\na\r\n$2\r\nhi\r\n");
	ck_assert_uint_eq(pubsub_publish(engine, PUBSUB_SHARD, bytes_of("a"),
	    bytes_of("hi")), 1);
	gets(0, "*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
	ck_assert(pubsub_oldest(sessions[0], PUBSUB_SHARD, &name));
	ck_assert(bytes_equal(name, bytes_of("a")));
	pubsub_remove_all(sessions[0]);
	ck_assert(!pubsub_subscribed(sessions[0]));
	ck_assert(!pubsub_oldest(sessions[0], PUBSUB_SHARD, &name));
	ck_assert_uint_eq(publish("a"), 0);
}
END_TEST

static const struct {
	const char	*pattern, *channel;
	size_t		 count;
} patterns[] = {
	{ "*", "", 1 },
	{ "a?c", "abc", 1 },
	{ "a?c", "ac", 0 },
	{ "[^a]*", "b", 1 },
	{ "[^a]*", "a", 0 },
	{ "\\*", "*", 1 },
	{ "\\*", "a", 0 },
	{ "__key*__:*", "__keyspace@0__:k", 1 },
	{ "A", "a", 0 },
};

START_TEST(patterns_are_redis_s)
{
	ck_assert(pubsub_add(sessions[1], PUBSUB_PATTERN,
	    bytes_of(patterns[_i].pattern)));
	ck_assert_uint_eq(publish(patterns[_i].channel), patterns[_i].count);
}
END_TEST

/* The registers find what they should, whatever was there before. */
START_TEST(channels_come_and_go)
{
	bool there[64] = { false };
	struct buf name = { 0 };
	size_t count = 0;
	int i, k;

	srand(1);
	for (i = 0; i < 20000; i++) {
		k = rand() % 64;
		buf_cut(&name, 0);
		buf_add_format(&name, "%d", k);
		if (rand() % 2 != 0) {
			SURE(pubsub_add(sessions[0], PUBSUB_CHANNEL,
			    buf_bytes(&name)) == !there[k]);
			count += !there[k];
			there[k] = true;
		} else {
			SURE(pubsub_remove(sessions[0], PUBSUB_CHANNEL,
			    buf_bytes(&name)) == there[k]);
			count -= there[k];
			there[k] = false;
		}
		SURE(pubsub_channels(engine, PUBSUB_CHANNEL) == count);
		SURE(pubsub_listeners(engine, PUBSUB_CHANNEL,
		    buf_bytes(&name)) == there[k]);
	}
	buf_free(&name);
}
END_TEST

START_TEST(pushes_stand_among_replies)
{
	outbox_push(sessions[0], bytes_of("+before\r\n"));
	says(0, "fetch k\r\n", "+before\r\n+OK\r\n");
	reply_ok(&sessions[0]->reply);
	outbox_push(sessions[0], bytes_of("+one\r\n"));
	outbox_push(sessions[0], bytes_of("+two\r\n"));
	gets(0, "+OK\r\n+one\r\n+two\r\n");
}
END_TEST

START_TEST(outboxes_have_a_limit)
{
	struct outbox *o = &sessions[0]->outbox;
	char text[600] = { 0 };

	ck_assert(limits_set(bytes_of("pubsub 1000 0 0"), NULL));
	outbox_push(sessions[0], bytes_make(text, sizeof(text)));
	outbox_push(sessions[0], bytes_make(text, sizeof(text)));
	ck_assert(!o->overflowed);
	outbox_take(sessions[0]);
	outbox_sent(sessions[0]);
	/* Only listeners have that limit. */
	pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("a"));
	outbox_push(sessions[0], bytes_make(text, sizeof(text)));
	ck_assert(!o->overflowed);
	/* What is on its way counts, too. */
	outbox_take(sessions[0]);
	outbox_push(sessions[0], bytes_make(text, sizeof(text)));
	ck_assert(o->overflowed);
	ck_assert(sessions[0]->killed);
	ck_assert_int_eq(getc_unlocked(peers[0]->in), EOF);
	outbox_push(sessions[0], bytes_make(text, sizeof(text)));
	ck_assert_uint_eq(o->waiting.length, 0);
}
END_TEST

START_TEST(outboxes_may_be_full_for_a_while)
{
	struct outbox *o = &sessions[0]->outbox;

	ck_assert(limits_set(bytes_of("pubsub 0 10 2"), NULL));
	pubsub_add(sessions[0], PUBSUB_CHANNEL, bytes_of("a"));
	outbox_push(sessions[0], bytes_of("0123456789"));
	outbox_push(sessions[0], bytes_of("x"));
	ck_assert(!o->overflowed);
	/* From the beginning once more. */
	o->above_since -= 1999999;
	outbox_take(sessions[0]);
	outbox_sent(sessions[0]);
	outbox_push(sessions[0], bytes_of("x"));
	ck_assert_int_eq(o->above_since, 0);
	outbox_push(sessions[0], bytes_of("0123456789"));
	ck_assert(!o->overflowed);
	o->above_since -= 2000001;
	outbox_push(sessions[0], bytes_of("x"));
	ck_assert(o->overflowed);
}
END_TEST

START_TEST(events_are_messages)
{
	pubsub_add(sessions[0], PUBSUB_PATTERN, bytes_of("__key*"));
	says(1, "put k v\r\n", "+OK\r\n");
	gets(0, "");
	ck_assert(settings_set(SETTING_NOTIFY_KEYSPACE_EVENTS,
	    bytes_of("K$"), NULL));
	says(1, "put k v\r\n", "+OK\r\n");
	gets(0, "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n"
	    "$16\r\n__keyspace@0__:k\r\n$3\r\nput\r\n");
	ck_assert(settings_set(SETTING_NOTIFY_KEYSPACE_EVENTS,
	    bytes_of("Eg"), NULL));
	says(1, "put k v\r\n", "+OK\r\n");
	gets(0, "");
}
END_TEST

#define INVALID(key)	">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\n" key "\r\n"

START_TEST(readers_hear_of_changes_once)
{
	struct tracking_counts counts;

	ck_assert(!tracking_is_on(engine));
	tracking_begin(sessions[2], 0, 0);
	says(2, "fetch k l\r\n", "+OK\r\n");
	says(2, "fetch k\r\n", "+OK\r\n");
	tracking_count(engine, &counts);
	ck_assert_uint_eq(counts.keys, 2);
	ck_assert_uint_eq(counts.items, 2);
	says(1, "put k v\r\n", "+OK\r\n");
	says(1, "put k v\r\n", "+OK\r\n");
	gets(2, INVALID("k"));
	says(2, "put l v\r\n", "+OK\r\n" INVALID("l"));
	says(2, "fetch k\r\n", "+OK\r\n");
	tracking_end(sessions[2]);
	says(1, "put k v\r\n", "+OK\r\n");
	gets(2, "");
	tracking_count(engine, &counts);
	ck_assert_uint_eq(counts.keys + counts.items + counts.clients, 0);
}
END_TEST

START_TEST(remembered_keys_have_a_limit)
{
	struct tracking_counts counts;

	ck_assert(settings_set(SETTING_TRACKING_TABLE_MAX_KEYS, bytes_of("2"),
	    NULL));
	tracking_begin(sessions[2], 0, 0);
	says(2, "fetch a b\r\n", "+OK\r\n");
	says(2, "fetch c\r\n", "+OK\r\n" INVALID("a"));
	tracking_count(engine, &counts);
	ck_assert_uint_eq(counts.keys, 2);
	ck_assert_uint_eq(counts.items, 2);
}
END_TEST

START_TEST(prefixes_are_broadcast)
{
	struct tracking_counts counts;

	tracking_begin(sessions[2], TRACKING_BCAST, 0);
	tracking_add_prefix(sessions[2], bytes_of("b"));
	tracking_add_prefix(sessions[2], bytes_of("a"));
	tracking_add_prefix(sessions[2], bytes_of("a"));
	tracking_count(engine, &counts);
	ck_assert_uint_eq(counts.prefixes, 2);
	says(1, "put a v\r\n", "+OK\r\n");
	says(1, "put c v\r\n", "+OK\r\n");
	gets(2, INVALID("a"));
	says(1, "put a v\r\n", "+OK\r\n");
	gets(2, INVALID("a"));
}
END_TEST

struct member {
	struct index_link	 link;
	struct ring		 ring;
	uint64_t		 number;
};

START_TEST(index_finds_what_is_there)
{
	enum { MEMBERS = 3000 };
	struct member *members = mem_zalloc(MEMBERS * sizeof(*members));
	struct index x = { 0 };
	struct index_link *link;
	struct ring head, *at;
	uint64_t i, n = 0;

	ck_assert_ptr_null(index_first(&x, 1));
	ring_start(&head);
	for (i = 0; i < MEMBERS; i++) {
		members[i].number = i;
		/* Three have one hash. */
		index_add(&x, &members[i].link, i / 3 * 0x10001);
		ring_add(&head, &members[i].ring);
	}
	for (i = 0; i < MEMBERS; i += 2) {
		index_remove(&x, &members[i].link);
		ring_remove(&members[i].ring);
	}
	for (i = 0; i < MEMBERS; i++) {
		for (link = index_first(&x, i / 3 * 0x10001); link != NULL &&
		    MEMBER_OF(link, struct member, link)->number != i;
		    link = index_next(link))
			;
		SURE((link != NULL) == (i % 2 != 0));
	}
	RING_EACH(at, &head)
		SURE(MEMBER_OF(at, struct member, ring)->number == 2 * n++ + 1);
	ck_assert_uint_eq(x.count, n);
	for (i = 1; i < MEMBERS; i += 2)
		index_remove(&x, &members[i].link);
	ck_assert_uint_eq(x.count, 0);
	ck_assert_uint_le(x.size, 64);
	index_free(&x);
	mem_free(members);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pubsub");
	TCase *t = tcase_create("pubsub");

	tcase_set_timeout(t, 300);
	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, messages_reach_their_listeners);
	tcase_add_test(t, kinds_are_apart);
	tcase_add_loop_test(t, patterns_are_redis_s, 0, COUNT(patterns));
	tcase_add_test(t, channels_come_and_go);
	tcase_add_test(t, pushes_stand_among_replies);
	tcase_add_test(t, outboxes_have_a_limit);
	tcase_add_test(t, outboxes_may_be_full_for_a_while);
	tcase_add_test(t, events_are_messages);
	tcase_add_test(t, readers_hear_of_changes_once);
	tcase_add_test(t, remembered_keys_have_a_limit);
	tcase_add_test(t, prefixes_are_broadcast);
	tcase_add_test(t, index_finds_what_is_there);
	return (suite_run(suite));
}
