/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a call, with a few commands of our own: what is admitted, what
 * bodies see, what follows from changes.
 */
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/command.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/key.h"
#include "engine/keys.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "store/keyspace.h"
#include "value/set.h"
#include "suite.h"

static struct engine *engine;
static struct session *session;
static struct peer *peer;
static int client;		/* our end of the peer's socket */

static void
run_put(struct call *c)
{
	key_set(c, 1, &c->args[2], 0);
	reply_ok(c->reply);
}

static void
run_until(struct call *c)
{
	int64_t deadline;

	if (!call_integer(c, 3, &deadline))
		return;
	key_set(c, 1, &c->args[2], deadline);
	reply_ok(c->reply);
}

static void
run_fetch(struct call *c)
{
	struct value v = key_get(c, 1);

	reply_value(c->reply, &v);
}

static void
run_drop(struct call *c)
{
	int64_t n = 0;
	size_t i;

	for (i = 1; i < c->argc; i++)
		n += key_delete(c, i);
	reply_integer(c->reply, n);
}

static void
run_pairs(struct call *c)
{
	size_t i;

	for (i = 1; i + 1 < c->argc; i += 2)
		key_set(c, i, &c->args[i + 1], 0);
	reply_integer(c->reply, (int64_t)c->argc / 2);
}

static void
run_wipe(struct call *c)
{
	reply_integer(c->reply, (int64_t)keys_flush(c, c->db));
}

static void
run_size(struct call *c)
{
	struct keys_counts counts;

	keys_count(c, c->db, &counts);
	reply_array(c->reply, 2);
	reply_integer(c->reply, (int64_t)counts.keys);
	reply_integer(c->reply, (int64_t)counts.volatiles);
}

/* More than a shard shows at once, in each of four. */
enum { MANY = 20000 };

static bool walked[MANY];

static bool
count_key(struct bytes key, void *arg)
{
	size_t *left = arg;
	int64_t n;

	ck_assert(key.length != 0);
	if (number_parse(key, &n)) {
		ck_assert(!walked[n]);
		walked[n] = true;
	}
	return (--*left != 0);
}

/* Visits at most as many keys as its argument says; answers what is left. */
static void
run_walk(struct call *c)
{
	int64_t most;
	size_t left;

	if (!call_integer(c, 1, &most))
		return;
	left = (size_t)most;
	keys_each(c, c->db, count_key, &left);
	reply_integer(c->reply, (int64_t)left);
}

static void
run_any(struct call *c)
{
	struct buf key = { 0 };

	if (keys_random(c, c->db, &key))
		reply_bulk(c->reply, buf_bytes(&key));
	else
		reply_null(c->reply);
	buf_free(&key);
}

static void
run_join(struct call *c)
{
	struct value v;

	if (!key_make(c, 1, VALUE_SET, &v))
		return;
	reply_integer(c->reply, set_add_text(&v.dict, call_arg(c, 2)));
	key_store(c, 1, &v);
}

static void
run_hello(struct call *c)
{
	reply_status(c->reply, c->command->full_name);
}

static struct command family[] = {
	{ .name = "member", .arity = 2, .run = run_hello },
	{ .name = NULL },
};

static struct command rows[] = {
	{ .name = "put", .arity = 3, .flags = CMD_WRITE, .keys = { 1, 1, 1 },
	    .values = { 2, 2, 1 }, .run = run_put },
	{ .name = "until", .arity = 4, .flags = CMD_WRITE,
	    .keys = { 1, 1, 1 }, .values = { 2, 2, 1 }, .run = run_until },
	{ .name = "fetch", .arity = 2, .flags = CMD_READ, .keys = { 1, 1, 1 },
	    .run = run_fetch },
	{ .name = "drop", .arity = -2, .flags = CMD_WRITE,
	    .keys = { 1, -1, 1 }, .run = run_drop },
	{ .name = "pairs", .arity = -3, .flags = CMD_WRITE | CMD_SPREADS |
	    CMD_MAY_BE_BARE, .keys = { 1, -1, 2 }, .values = { 2, -1, 2 },
	    .run = run_pairs },
	{ .name = "wipe", .arity = 1, .flags = CMD_WRITE | CMD_ALL_KEYS,
	    .run = run_wipe },
	{ .name = "size", .arity = 1, .flags = CMD_READ, .run = run_size },
	{ .name = "walk", .arity = 2, .flags = CMD_READ, .run = run_walk },
	{ .name = "any", .arity = 1, .flags = CMD_READ, .run = run_any },
	{ .name = "join", .arity = 3, .flags = CMD_WRITE, .keys = { 1, 1, 1 },
	    .run = run_join },
	{ .name = "hail", .arity = 1, .flags = CMD_ANNOUNCES,
	    .run = run_hello },
	{ .name = "family", .arity = -2, .flags = CMD_CONTAINER,
	    .subcommands = family, .run = run_hello },
	{ .name = NULL },
};

static void
start(void)
{
	struct command_table *table = command_table_new();
	struct sockaddr address = { .sa_family = AF_UNIX };
	int fds[2];

	settings_init();
	hash_seed();
	command_table_add(table, rows);
	engine = engine_new(table, 4);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	client = fds[1];
	peer = peer_new(fds[0], 0, &address, sizeof(address), 0);
	ck_assert(peer_open(peer));
	session = session_open(engine, peer, DIALECT_ARTICLE);
	ck_assert_ptr_nonnull(session);
}

static void
stop(void)
{
	session_close(&session);
	peer_free(&peer);
	close(client);
	engine_free(&engine);
	settings_free();
	clock_stop_at(0);
}

/* Let the session answer requests that are on their way, whole. */
static void
serve_all(size_t length)
{
	size_t taken = 0, n;

	while (taken < length) {
		int c = getc_unlocked(peer->in);

		ck_assert_int_ne(c, EOF);
		ungetc(c, peer->in);
		ck_assert(ahead_look(&session->ahead, peer->in,
		    engine->keyspace, 0));
		n = ahead_take(&session->ahead, &session->request);
		if (n == 0) {
			ck_assert_int_eq(request_read(&session->request,
			    session->reply.dialect), REQUEST_OK);
			n = ahead_passed(&session->ahead, peer->in);
		}
		ck_assert_uint_ne(n, 0);
		taken += n;
		session->now_us = clock_wall_us();
		call_run(session);
	}
}

/* Send requests, all of them whole, and compare the replies. */
static void
say(const char *requests, const char *replies)
{
	size_t length = strlen(requests);

	ck_assert_int_eq(write(client, requests, length), (ssize_t)length);
	serve_all(length);
	buf_add_char(&session->reply.out, '\0');
	ck_assert_str_eq(session->reply.out.data, replies);
	buf_cut(&session->reply.out, 0);
}

struct row {
	enum dialect	 dialect;
	const char	*request;
	const char	*reply;
};

static void
play(const struct row *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		session_speak(session, list[i].dialect);
		say(list[i].request, list[i].reply);
	}
}

START_TEST(call_admits)
{
	static const struct row list[] = {
		{ DIALECT_ARTICLE, "*1\r\n$4\r\nnone\r\n",
		    "-Unrecognized command: NONE\r\n" },
		{ DIALECT_RESP2, "*3\r\n$4\r\nnone\r\n$1\r\na\r\n$2\r\n\r\n\r\n",
		    "-ERR unknown command 'none', with args beginning with: "
		    "'a' '  ' \r\n" },
		{ DIALECT_ARTICLE, "*1\r\n:1\r\n",
		    "-First parameter must be command name.\r\n" },
		{ DIALECT_ARTICLE, "fetch\r\n",
		    "-ERR wrong number of arguments for 'fetch' command\r\n" },
		{ DIALECT_RESP2, "FETCH a b\r\n",
		    "-ERR wrong number of arguments for 'fetch' command\r\n" },
		{ DIALECT_ARTICLE, "pairs\r\n", ":0\r\n" },
		{ DIALECT_RESP2, "pairs\r\n",
		    "-ERR wrong number of arguments for 'pairs' command\r\n" },
		{ DIALECT_RESP2, "family member\r\n", "+family|member\r\n" },
		{ DIALECT_RESP2, "family member x\r\n", "-ERR wrong number of "
		    "arguments for 'family|member' command\r\n" },
		{ DIALECT_RESP2, "family stranger\r\n", "-ERR unknown subcommand "
		    "'stranger'. Try FAMILY HELP.\r\n" },
	};

	play(list, COUNT(list));
}
END_TEST

START_TEST(call_types_of_arguments)
{
	static const struct row list[] = {
		{ DIALECT_ARTICLE, "*3\r\n$3\r\nput\r\n:7\r\n%1\r\n:1\r\n_\r\n",
		    "+OK\r\n" },
		{ DIALECT_ARTICLE, "fetch 7\r\n", "%1\r\n:1\r\n$-1\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$5\r\nfetch\r\n,7\r\n",
		    "%1\r\n:1\r\n$-1\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$5\r\nfetch\r\n(7\r\n",
		    "%1\r\n:1\r\n$-1\r\n" },
		{ DIALECT_RESP3, "*2\r\n$5\r\nfetch\r\n:7\r\n",
		    "%1\r\n:1\r\n_\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$5\r\nfetch\r\n*0\r\n",
		    "-ERR unhashable key type: array\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$5\r\nfetch\r\n_\r\n",
		    "-ERR unhashable key type: null\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$4\r\nwalk\r\n*0\r\n",
		    "-ERR argument 1 of 'walk' must be a string, not of type "
		    "array\r\n" },
		{ DIALECT_ARTICLE, "*2\r\n$4\r\nwalk\r\n:1\r\n", ":0\r\n" },
		{ DIALECT_ARTICLE, "walk x\r\n",
		    "-ERR value is not an integer or out of range\r\n" },
		{ DIALECT_ARTICLE,
		    "*2\r\n$5\r\npairs\r\n%2\r\n$1\r\na\r\n:1\r\n:2\r\n$1\r\nb\r\n",
		    ":2\r\n" },
		{ DIALECT_ARTICLE, "fetch a\r\nfetch 2\r\n",
		    ":1\r\n$1\r\nb\r\n" },
		/* A key that cannot be one, and nothing is done. */
		{ DIALECT_ARTICLE,
		    "*5\r\n$5\r\npairs\r\n$1\r\nz\r\n:1\r\n*0\r\n:1\r\n"
		    "*2\r\n$5\r\nfetch\r\n$1\r\nz\r\n",
		    "-ERR unhashable key type: array\r\n$-1\r\n" },
	};

	play(list, COUNT(list));
}
END_TEST

START_TEST(call_announcement_changes_dialect)
{
	say("pairs\r\nhail\r\npairs\r\n", ":0\r\n+hail\r\n"
	    "-ERR wrong number of arguments for 'pairs' command\r\n");
	session_speak(session, DIALECT_RESP3);
	say("hail\r\n", "+hail\r\n");
	ck_assert_int_eq(session->reply.dialect, DIALECT_RESP3);
	session_reset(session);
	ck_assert_int_eq(session->reply.dialect, DIALECT_RESP2);
}
END_TEST

/* More keys than there is room for on the stack, and each of them twice. */
START_TEST(call_with_many_keys)
{
	struct buf request = { 0 };
	int i;

	buf_add_string(&request, "*401\r\n$5\r\npairs\r\n");
	for (i = 0; i < 200; i++)
		buf_add_format(&request, "$3\r\n%03d\r\n:%d\r\n", i % 100, i);
	buf_add_char(&request, '\0');
	say(request.data, ":200\r\n");
	say("size\r\nfetch 007\r\n", "*2\r\n:100\r\n:0\r\n:107\r\n");
	buf_cut(&request, 0);
	buf_add_string(&request, "*201\r\n$4\r\ndrop\r\n");
	for (i = 0; i < 200; i++)
		buf_add_format(&request, "$3\r\n%03d\r\n", i % 100);
	buf_add_char(&request, '\0');
	say(request.data, ":100\r\n");
	say("size\r\n", "*2\r\n:0\r\n:0\r\n");
	buf_free(&request);
}
END_TEST

START_TEST(key_expires)
{
	clock_stop_at(1000000);			/* 1000 ms */
	say("until k v 1500\r\nput x y\r\nsize\r\nfetch k\r\n",
	    "+OK\r\n+OK\r\n*2\r\n:2\r\n:1\r\n$1\r\nv\r\n");
	clock_stop_at(1499999);
	say("fetch k\r\n", "$1\r\nv\r\n");
	clock_stop_at(1500000);
	say("fetch k\r\nwalk 10\r\ndrop k\r\n", "$-1\r\n:9\r\n:0\r\n");
	say("until k v 1600\r\nsize\r\nuntil k w 1700\r\nsize\r\n",
	    "+OK\r\n*2\r\n:2\r\n:1\r\n+OK\r\n*2\r\n:2\r\n:1\r\n");
	say("put k w\r\nsize\r\n", "+OK\r\n*2\r\n:2\r\n:0\r\n");
	clock_stop_at(1700000);
	say("fetch k\r\n", "$1\r\nw\r\n");
	say("until k v 1600\r\nfetch k\r\nwipe\r\n",
	    "+OK\r\n$-1\r\n:2\r\n");
}
END_TEST

START_TEST(key_whole_databases)
{
	say("any\r\nwalk 3\r\n", "$-1\r\n:3\r\n");
	say("put a 1\r\nany\r\n", "+OK\r\n$1\r\na\r\n");
	say("put b 1\r\nput c 1\r\nwalk 2\r\nwalk 10\r\n",
	    "+OK\r\n+OK\r\n:0\r\n:7\r\n");
	atomic_store(&session->db, 3);
	say("fetch a\r\nput a 2\r\nsize\r\n",
	    "$-1\r\n+OK\r\n*2\r\n:1\r\n:0\r\n");
	say("wipe\r\nfetch a\r\n", ":1\r\n$-1\r\n");
	atomic_store(&session->db, 0);
	say("wipe\r\nwipe\r\n", ":3\r\n:0\r\n");
}
END_TEST

START_TEST(key_walk_meets_all_once)
{
	char text[64];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "put %d 1\r\n", i);
		say(text, "+OK\r\n");
	}
	memset(walked, 0, sizeof(walked));
	snprintf(text, sizeof(text), ":%d\r\n", MANY);
	say("walk 40000\r\n", text);
	memset(walked, 0, sizeof(walked));
	say("walk 19999\r\n", ":0\r\n");
	say("wipe\r\n", text);
}
END_TEST

static uint64_t
count_changes(void)
{
	struct total *total = stats_new_total(engine->stats);
	uint64_t changes;

	stats_sum(engine->stats, total);
	changes = total->of[COUNTER_CHANGES];
	mem_free(total);
	return (changes);
}

/* Each key that changes is counted, and nothing else. */
START_TEST(effects_count_changes)
{
	static const struct {
		const char	*request;
		uint64_t	 changes;
	} list[] = {
		{ "fetch k\r\n", 0 },
		{ "drop k\r\n", 0 },
		{ "put k 1\r\n", 1 },
		{ "put k 1\r\n", 1 },
		{ "fetch k\r\n", 0 },
		{ "drop k k k\r\n", 1 },
		{ "put k\r\n", 0 },
		{ "wipe\r\n", 0 },
		{ "put k 1\r\n", 1 },
		{ "wipe\r\n", 1 },
	};
	uint64_t before;
	size_t i, length;

	for (i = 0; i < COUNT(list); i++) {
		before = count_changes();
		length = strlen(list[i].request);
		ck_assert_int_eq(write(client, list[i].request, length),
		    (ssize_t)length);
		serve_all(length);
		ck_assert_msg(count_changes() == before + list[i].changes,
		    "row %zu", i);
	}
}
END_TEST

START_TEST(stats_count)
{
	const struct command *fetch = command_find(engine->commands,
	    bytes_of("FETCH"));
	struct total *total = stats_new_total(engine->stats);
	struct buf errors = { 0 };

	say("put k v\r\nfetch k\r\nfetch x\r\nfetch\r\nwalk x\r\n",
	    "+OK\r\n$1\r\nv\r\n$-1\r\n"
	    "-ERR wrong number of arguments for 'fetch' command\r\n"
	    "-ERR value is not an integer or out of range\r\n");
	stats_sum(engine->stats, total);
	ck_assert_uint_eq(total->of[COUNTER_COMMANDS], 5);
	ck_assert_uint_eq(total->of[COUNTER_HITS], 1);
	ck_assert_uint_eq(total->of[COUNTER_MISSES], 1);
	ck_assert_uint_eq(total->of[COUNTER_CHANGES], 1);
	ck_assert_uint_eq(total->of[COUNTER_ERRORS], 2);
	ck_assert_uint_eq(total->commands[fetch->index].calls, 2);
	ck_assert_uint_eq(total->commands[fetch->index].rejected, 1);
	stats_format_errors(engine->stats, &errors);
	buf_add_char(&errors, '\0');
	ck_assert_str_eq(errors.data, "errorstat_ERR:count=2\r\n");
	mem_free(total);
	stats_reset(engine->stats);
	total = stats_new_total(engine->stats);
	stats_sum(engine->stats, total);
	ck_assert_uint_eq(total->of[COUNTER_COMMANDS], 0);
	ck_assert_uint_eq(total->commands[fetch->index].calls, 0);
	mem_free(total);
	buf_free(&errors);
}
END_TEST

START_TEST(session_hushes)
{
	session->replies = REPLIES_OFF;
	say("put k v\r\nfetch k\r\n", "");
	session->replies = REPLIES_SKIP_NEXT;
	say("fetch k\r\nfetch k\r\nfetch k\r\n", "$1\r\nv\r\n");
	ck_assert_int_eq(session->replies, REPLIES_ON);
}
END_TEST

START_TEST(session_list)
{
	struct buf line = { 0 };

	session_set_text(session, SESSION_NAME, bytes_of("me"));
	session_format(session, &line);
	buf_add_char(&line, '\0');
	ck_assert_ptr_nonnull(strstr(line.data, " name=me "));
	ck_assert_uint_eq(session_count(engine), 1);
	session_drain(engine, false);
	ck_assert(session->killed);
	ck_assert_int_eq(getc_unlocked(peer->in), EOF);
	ck_assert_ptr_null(session_open(engine, peer, DIALECT_RESP2));
	buf_free(&line);
}
END_TEST

/*
 * The look ahead takes "$3" for a string, a Redis server for a line: what was
 * seen must be forgotten and no wrong hash be used.
 */
START_TEST(ahead_forgets_what_was_wrong)
{
	static const char in[] = "$3\r\nput\r\n*3\r\n$3\r\nput\r\n$1\r\nk\r\n"
	    "$1\r\nv\r\n";
	size_t calls = 0;

	session_speak(session, DIALECT_RESP2);
	ck_assert_int_eq(write(client, in, sizeof(in) - 1),
	    (ssize_t)sizeof(in) - 1);
	shutdown(client, SHUT_WR);
	for (;;) {
		int c = getc_unlocked(peer->in);

		if (c == EOF)
			break;
		ungetc(c, peer->in);
		ck_assert(ahead_look(&session->ahead, peer->in,
		    engine->keyspace, 0));
		ck_assert_int_eq(request_read(&session->request,
		    DIALECT_RESP2), REQUEST_OK);
		ahead_passed(&session->ahead, peer->in);
		ck_assert(!session->ahead.has_hash || session->ahead.hash ==
		    keyspace_hash(bytes_of("k")));
		call_run(session);
		calls++;
	}
	ck_assert_uint_eq(calls, 3);
}
END_TEST

/* A dozen requests for one large set are looked at together, once. */
START_TEST(ahead_asks_for_elements)
{
	struct buf in = { 0 }, out = { 0 };
	int i;

	session_speak(session, DIALECT_RESP2);
	for (i = 0; i < 1000; i++) {
		buf_cut(&in, 0);
		buf_add_format(&in, "*3\r\n$4\r\njoin\r\n$1\r\nk\r\n"
		    "$3\r\n%03d\r\n", i);
		buf_add_char(&in, '\0');
		say(in.data, ":1\r\n");
	}
	buf_cut(&in, 0);
	for (i = 0; i < 12; i++) {
		buf_add_format(&in, "*3\r\n$4\r\njoin\r\n$1\r\nk\r\n"
		    "$4\r\n%04d\r\n", i * 500);
		buf_add_string(&out, ":1\r\n");
	}
	/* Others behind them: too short, or for another key. */
	buf_add_string(&in, "*2\r\n$4\r\ndrop\r\n$1\r\nk\r\n"
	    "*3\r\n$4\r\njoin\r\n$1\r\nx\r\n$4\r\n0000\r\n");
	buf_add_string(&out, ":1\r\n:1\r\n");
	buf_add_char(&in, '\0');
	buf_add_char(&out, '\0');
	say(in.data, out.data);
	ck_assert_uint_eq(session->ahead.count, 14);
	ck_assert_uint_eq(session->ahead.fetched, 12);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(effects_while_a_journal_begins)
{
	struct effects e;
	static max_align_t never_looked_into;

	effects_start(&e, engine, session);
	atomic_store(&engine->journal, (struct journal *)&never_looked_into);
	effects_publish(&e, session->counters);
	ck_assert_uint_eq(engine->unrecorded, 0);
	effects_due(&e, 1);
	effects_publish(&e, session->counters);
	ck_assert_uint_eq(engine->unrecorded, 1);
	atomic_store(&engine->journal, NULL);
	effects_finish(&e);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("engine");
	TCase *tc = tcase_create("engine");

	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, call_admits);
	tcase_add_test(tc, call_types_of_arguments);
	tcase_add_test(tc, call_announcement_changes_dialect);
	tcase_add_test(tc, call_with_many_keys);
	tcase_add_test(tc, key_expires);
	tcase_add_test(tc, key_whole_databases);
	tcase_add_test(tc, key_walk_meets_all_once);
	tcase_add_test(tc, effects_count_changes);
	tcase_add_test(tc, effects_while_a_journal_begins);
	tcase_add_test(tc, stats_count);
	tcase_add_test(tc, session_hushes);
	tcase_add_test(tc, session_list);
	tcase_add_test(tc, ahead_forgets_what_was_wrong);
	tcase_add_test(tc, ahead_asks_for_elements);
	suite_add_tcase(suite, tc);
	return (suite_run(suite));
}
