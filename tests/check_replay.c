/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is recorded and replayed is the same data: every command that writes,
 * in streams by chance, on one engine with a journal; then the journal on
 * another engine.  Values, types, order, deadlines and the due queue agree.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/reaper.h"
#include "agents/replay.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/settings.h"
#include "base/words.h"
#include "commands/registry.h"
#include "inside.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "suite.h"

/* Short ones, many of them: what one command has done wrong, later ones mend. */
enum { STREAM = 300, STREAMS = 160, SHARDS = 4 };

/*
 * In a line K is a key by chance out of a few, N a small number, T a time in s
 * and M one in ms that is soon over, V a word, S a typed value, D what DUMP
 * says of a key.
 */
static const char *const lines[] = {
	"SET K V", "SET K N", "SET K S", "SET K V EX T", "SET K V KEEPTTL",
	"SET K V PX M", "SET K V XX GET", "SETEX K T V", "PSETEX K M V",
	"SETNX K V", "GETSET K V", "GETDEL K", "GETEX K PERSIST",
	"GETEX K EX T", "MSET K V K S K N", "MSETNX K V K V", "POP K",
	"MPOP K K", "APPEND K V", "SETRANGE K N V", "SETBIT K N 1",
	"BITFIELD K SET u8 N N INCRBY i16 N N", "BITOP OR K K K",
	"BITOP NOT K K", "INCR K", "DECR K", "INCRBY K N", "DECRBY K N",
	"INCRBYFLOAT K 0.N", "DEL K", "DEL K K", "DELETE K", "MDELETE K K",
	"UNLINK K", "EXPIRE K T", "EXPIRE K -1", "PEXPIRE K M",
	"EXPIREAT K 99999999999", "PEXPIREAT K 9999999999999 NX", "PERSIST K",
	"RENAME K K", "RENAMENX K K", "COPY K K REPLACE", "COPY K K DB 1",
	"MOVE K 1", "MOVE K 2", "RESTORE K 0 D REPLACE",
	"RESTORE K M D REPLACE", "SORT K ALPHA STORE K",
	"SORT K BY nosort STORE K", "LPUSH K V S N", "RPUSH K V V V",
	"LPUSHX K V", "RPUSHX K S", "LPOP K", "RPOP K N", "LSET K 0 V",
	"LINSERT K BEFORE V V", "LREM K 1 V", "LTRIM K 0 N", "LFLUSH K",
	"LMOVE K K LEFT RIGHT", "LMOVE K K RIGHT LEFT", "RPOPLPUSH K K",
	"LMPOP 2 K K LEFT COUNT N", "BLPOP K K 0", "BRPOP K 0",
	"BLMPOP 0 1 K RIGHT", "BLMOVE K K LEFT LEFT 0", "BRPOPLPUSH K K 0",
	"HSET K V V V S", "HMSET K N V", "HSETNX K V V", "HDEL K V V",
	"HINCRBY K N N", "HINCRBYFLOAT K N 1.N", "SADD K V V N",
	"SREM K V N", "SPOP K", "SPOP K N", "SMOVE K K V",
	"SUNIONSTORE K K K", "SINTERSTORE K K K", "SDIFFSTORE K K K",
	"ZADD K N V 1.N V", "ZADD K GT CH N V", "ZADD K INCR N V",
	"ZINCRBY K 0.N V", "ZREM K V V", "ZREMRANGEBYRANK K 0 0",
	"ZREMRANGEBYSCORE K N 3", "ZREMRANGEBYLEX K [a [c", "ZPOPMIN K",
	"ZPOPMAX K N", "BZPOPMIN K 0", "BZPOPMAX K K 0",
	"ZMPOP 2 K K MAX COUNT N", "BZMPOP 0 1 K MIN",
	"ZUNIONSTORE K 2 K K WEIGHTS 2 0.5", "ZINTERSTORE K 1 K",
	"ZDIFFSTORE K 2 K K", "ZRANGESTORE K K 0 N", "GEOADD K 13.N 38.N V",
	"GEORADIUS K 13 38 200 km STORE K",
	"GEORADIUSBYMEMBER K V 200 km STOREDIST K",
	"GEOSEARCHSTORE K K FROMLONLAT 13 38 BYRADIUS 200 km", "PFADD K V N V",
	"PFCOUNT K", "PFMERGE K K K", "ADD 2001-01-0N12:00:00 S",
	"ADD 2999-01-01_00:00:00.5 V", "READ", "READ 2000-01-01_00:00:00",
	"FLUSH_SCHEDULE", "SWAPDB 0 1", "SWAPDB 1 2", "FLUSHDB", "FLUSHALL",
	"FLUSH", "MULTI", "EXEC", "SELECT 1", "SELECT 0",
};

static const char *const typed[] = {
	":5\r\n", ",1.5\r\n", "#t\r\n", "_\r\n", "*0\r\n", "%0\r\n",
	"*2\r\n$1\r\na\r\n:2\r\n", "*2\r\n$1\r\na\r\n$1\r\n2\r\n",
	"%2\r\n$1\r\na\r\n*1\r\n%1\r\n:1\r\n_\r\n:7\r\n,-0\r\n",
	"(123456789012345678901234567890\r\n", "-ERR kept\r\n",
	"%1\r\n$1\r\na\r\n$1\r\nb\r\n",
};

static char path[SUITE_PATH];
static char family;		/* of the line: letter of keys of one type */
static uint64_t chance;		/* of the stream, the same in each run */

static void
add_bulk(struct buf *out, struct bytes b)
{
	buf_add_format(out, "$%zu\r\n", b.length);
	buf_add(out, b.data, b.length);
	buf_add_string(out, "\r\n");
}

/* What DUMP says of the key; in a transaction it says nothing yet. */
static void
add_dump(struct session *s, struct buf *out)
{
	struct buf ask = { 0 };
	const char *p;
	size_t n;

	buf_add_format(&ask, "*2\r\n$4\r\nDUMP\r\n$2\r\nk%d\r\n",
	    (int)draw(&chance, 10));
	run(s, buf_bytes(&ask));
	buf_free(&ask);
	p = memchr(s->reply.out.data, '\n', s->reply.out.length);
	n = (size_t)(s->reply.out.data + s->reply.out.length - p);
	add_bulk(out, s->reply.out.data[0] == '$' && n > 3 ?
	    bytes_make(p + 1, n - 3) : bytes_of("none"));
}

/* Mostly one that commands of like names use, so that types agree. */
static void
add_key(struct buf *out)
{
	if (draw(&chance, 8) != 0)
		buf_add_format(out, "%c%d", family, (int)draw(&chance, 3));
	else
		buf_add_format(out, "k%d", (int)draw(&chance, 10));
}

/* One of the line's words, with what stands for something put in. */
static void
add_word(struct session *s, struct bytes word, struct buf *out)
{
	struct buf text = { 0 };
	size_t i;

	if (bytes_equal(word, bytes_of("S"))) {
		buf_add_string(out, typed[draw(&chance, COUNT(typed))]);
		return;
	}
	if (bytes_equal(word, bytes_of("D"))) {
		add_dump(s, out);
		return;
	}
	for (i = 0; i < word.length; i++) {
		char c = word.data[i];

		if (word.length == 1 && c == 'K')
			add_key(&text);
		else if (word.length == 1 && c == 'V')
			buf_add_char(&text, (char)('a' + draw(&chance, 6)));
		else if (word.length == 1 && c == 'T')
			buf_add_format(&text, "%d",
			    1000 + (int)draw(&chance, 1000));
		else if (word.length == 1 && c == 'M')
			buf_add_format(&text, "%d", 1 + (int)draw(&chance, 40));
		else if (c == 'N' && (word.length == 1 || word.data[0] < 'A'))
			buf_add_format(&text, "%d", 1 + (int)draw(&chance, 8));
		else if (c == '_' && word.data[0] == '2')
			buf_add_char(&text, ' ');
		else
			buf_add_char(&text, c);
		if (c == 'N' && word.length == 14)
			buf_add_char(&text, ' ');
	}
	add_bulk(out, buf_bytes(&text));
	buf_free(&text);
}

/* That of the command's group; one for all types uses those of any. */
static void
choose_family(struct session *s, struct bytes name)
{
	static const char *const groups[] = { "string", "list", "hash", "set",
	    "sorted-set" };
	const struct command *row = command_find(s->engine->commands, name);
	size_t i;

	for (i = 0; i < COUNT(groups); i++) {
		if (strcmp(row->group, groups[i]) == 0)
			break;
	}
	family = (char)('a' + (i < COUNT(groups) ? i :
	    draw(&chance, COUNT(groups))));
}

static void
say(struct session *s, const char *line)
{
	struct words words = { 0 };
	struct buf request = { 0 };
	size_t i;

	words_split_blanks(&words, bytes_of(line));
	choose_family(s, words.word[0]);
	buf_add_format(&request, "*%zu\r\n", words.count);
	for (i = 0; i < words.count; i++) {
		if (words.word[i].length == 1 && words.word[i].data[0] == 'D' &&
		    s->multi.open)
			add_bulk(&request, bytes_of("none"));
		else
			add_word(s, words.word[i], &request);
	}
	run(s, buf_bytes(&request));
	words_free(&words);
	buf_free(&request);
}

/* Whether some line is of that command. */
static bool
is_played(const char *name)
{
	size_t i, length = strlen(name);

	for (i = 0; i < COUNT(lines); i++) {
		if (strncasecmp(lines[i], name, length) == 0 &&
		    (lines[i][length] == ' ' || lines[i][length] == '\0'))
			return (true);
	}
	return (false);
}

START_TEST(every_writer_is_played)
{
	struct command_table *table = registry_new();
	size_t i, missing = 0;

	for (i = 0; i < command_count(table); i++) {
		const struct command *row = command_at(table, i);

		if ((row->flags & CMD_WRITE) == 0 || is_played(row->name))
			continue;
		fprintf(stderr, "no line of check_replay.c plays %s\n",
		    row->name);
		missing++;
	}
	ck_assert_uint_eq(missing, 0);
	command_table_free(&table);
}
END_TEST

static void
start(void)
{
	settings_init();
	ck_assert(settings_set(SETTING_DATABASES, bytes_of("3"), NULL));
	hash_seed();
	suite_make_folder(path);
}

static void
stop(void)
{
	suite_remove_folder(path);
	settings_free();
}

static void
play(struct engine *e, struct io_dir *dir)
{
	struct journal_options o = { .dir = dir, .mode = JOURNAL_NO,
	    .segment_size = 1 << 20 };
	struct journal_end end = { 0 };
	struct journal *j;
	struct session *s;
	struct peer *peer;
	int client, i;

	e->journal = j = journal_open(&o, &end);
	ck_assert_ptr_nonnull(j);
	s = open_session(e, &peer, &client);
	for (i = 0; i < STREAM; i++) {
		const char *line = lines[draw(&chance, COUNT(lines))];

		if (s->multi.open && draw(&chance, 4) == 0)
			line = "EXEC";
		/* All would be gone most of the time. */
		if (strncmp(line, "FLUSH", 5) == 0 &&
		    (i > STREAM / 2 || draw(&chance, 10) != 0))
			continue;
		/* Who waits would sleep; a transaction's commands do not. */
		if (!s->multi.open && is_played("BLPOP") && line[0] == 'B' &&
		    strncmp(line, "BIT", 3) != 0) {
			say(s, "MULTI");
			say(s, line);
			say(s, "EXEC");
		} else
			say(s, line);
		if (i % 50 == 0)
			reaper_round(e, clock_wall_us() / 1000);
	}
	ck_assert_uint_gt(journal_position(e->journal), STREAM / 10);
	session_close(&s);
	peer_free(&peer);
	close(client);
	e->journal = NULL;
	ck_assert(journal_close(&j));
}

static void
recover(struct engine *e, struct io_dir *dir, unsigned threads)
{
	struct manifest manifest = { .has_journal = true };
	struct replay *replay = replay_new(e, threads);
	struct recover_options o = { .dir = dir, .manifest = &manifest,
	    .apply = replay_apply, .finish = replay_finish, .arg = replay };
	struct recover_report report;

	if (recover_journal(&o, &report) != RECOVER_OK)
		ck_abort_msg("%s; %.*s", report.text,
		    (int)replay_wrong(replay).length,
		    replay_wrong(replay).data);
	replay_free(&replay);
}

/* All that is in the due queue. */
static void
take_due(struct engine *e, struct buf *out)
{
	struct session *s;
	struct peer *peer;
	int client;

	s = open_session(e, &peer, &client);
	say(s, "READ 9999-01-01_00:00:00");
	buf_add(out, s->reply.out.data, s->reply.out.length);
	session_close(&s);
	peer_free(&peer);
	close(client);
}

START_TEST(replay_makes_the_same_data)
{
	struct command_table *table = registry_new();
	struct engine *a = engine_new(table, SHARDS);
	struct engine *b = engine_new(table, SHARDS);
	struct buf due_a = { 0 }, due_b = { 0 };
	struct io_dir *dir = io_dir_open(path, false);
	size_t keys_a, keys_b;

	chance = (uint64_t)_i + 1;
	ck_assert_ptr_nonnull(dir);
	play(a, dir);
	recover(b, dir, (unsigned)_i % 4 + 1);
	ck_assert_uint_eq(missing_in(a, b, "replayed", &keys_a), 0);
	ck_assert_uint_eq(missing_in(b, a, "original", &keys_b), 0);
	ck_assert_uint_eq(keys_a, keys_b);
	ck_assert_uint_gt(keys_a, 3);
	take_due(a, &due_a);
	take_due(b, &due_b);
	ck_assert(bytes_equal(buf_bytes(&due_a), buf_bytes(&due_b)));
	buf_free(&due_a);
	buf_free(&due_b);
	io_dir_close(&dir);
	engine_free(&a);
	b->commands = command_table_new();	/* that one was shared */
	engine_free(&b);
}
END_TEST

enum { RECORDS = 64000, KEYS = 700 };

/* That record of many: what is appended tells the order. */
static struct bytes
record_at(char text[64], int i)
{
	return (bytes_make(text, (size_t)(i % 9973 == 0 ?
	    snprintf(text, 64, "*1\r\n$7\r\nFLUSHDB\r\n") :
	    snprintf(text, 64, "*3\r\n$6\r\nAPPEND\r\n$4\r\n%04d\r\n"
	    "$1\r\n%c\r\n", i % KEYS, 'a' + i / KEYS % 26))));
}

/* The key's value: what has been appended since the last FLUSHDB. */
static void
check_value(struct session *s, int key)
{
	struct buf expected = { 0 };
	char ask[64];
	int i;

	for (i = RECORDS / 9973 * 9973; i <= RECORDS; i++) {
		if (i % 9973 != 0 && i % KEYS == key)
			buf_add_char(&expected, (char)('a' + i / KEYS % 26));
	}
	run(s, bytes_make(ask, (size_t)snprintf(ask, sizeof(ask),
	    "*2\r\n$3\r\nGET\r\n$4\r\n%04d\r\n", key)));
	ck_assert_uint_gt(expected.length, 0);
	ck_assert_uint_ge(s->reply.out.length, expected.length + 6);
	ck_assert(bytes_equal(bytes_make(s->reply.out.data +
	    s->reply.out.length - expected.length - 2, expected.length),
	    buf_bytes(&expected)));
	buf_free(&expected);
}

/* Many batches, on any number of threads, and what stands between them. */
START_TEST(replay_keeps_the_order_of_each_key)
{
	struct engine *e = engine_new(registry_new(), SHARDS);
	struct replay *r = replay_new(e, (unsigned)_i);
	struct session *s;
	struct peer *peer;
	char text[64];
	int client, i;

	for (i = 1; i <= RECORDS; i++)
		ck_assert(replay_apply(r, (uint64_t)i, 0, record_at(text, i)));
	ck_assert(replay_finish(r));
	replay_free(&r);
	s = open_session(e, &peer, &client);
	for (i = 0; i < KEYS; i++)
		check_value(s, i);
	session_close(&s);
	peer_free(&peer);
	close(client);
	engine_free(&e);
}
END_TEST

START_TEST(replay_says_which_record_is_wrong)
{
	struct engine *e = engine_new(registry_new(), SHARDS);
	struct replay *r = replay_new(e, (unsigned)_i);
	struct bytes wrong, get = bytes_of("*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
	bool ok = true;
	char text[64];
	int i;

	for (i = 1; ok && i <= RECORDS; i++)
		ok = replay_apply(r, (uint64_t)i, 0, i == 777 ? get :
		    record_at(text, i));
	ck_assert(!replay_finish(r));
	wrong = replay_wrong(r);
	ck_assert(bytes_equal(wrong, bytes_of(
	    "record 777 (GET): it is no command that writes")));
	replay_free(&r);
	engine_free(&e);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("replay");
	TCase *all = tcase_create("replay");

	tcase_add_checked_fixture(all, start, stop);
	tcase_set_timeout(all, 300);
	tcase_add_test(all, every_writer_is_played);
	tcase_add_loop_test(all, replay_makes_the_same_data, 0,
	    STREAMS);
	tcase_add_loop_test(all, replay_keeps_the_order_of_each_key, 0, 5);
	tcase_add_loop_test(all, replay_says_which_record_is_wrong, 0, 5);
	suite_add_tcase(suite, all);
	return (suite_run(suite));
}
