/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every value and every word of a reply look like in every dialect.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "resp/reader.h"
#include "resp/reply.h"
#include "value/value.h"
#include "suite.h"
#include "wire.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

/* A value given as a frame of RESP3, and how each dialect says it. */
static const struct spoken {
	struct bytes	in, article, resp2, resp3;
} spoken[] = {
	{ BYTES("$1\r\na\r\n"), BYTES("$1\r\na\r\n"), BYTES("$1\r\na\r\n"),
	    BYTES("$1\r\na\r\n") },
	{ BYTES("$0\r\n\r\n"), BYTES("$0\r\n\r\n"), BYTES("$0\r\n\r\n"),
	    BYTES("$0\r\n\r\n") },
	{ BYTES("$2\r\n\r\n\r\n"), BYTES("$2\r\n\r\n\r\n"),
	    BYTES("$2\r\n\r\n\r\n"), BYTES("$2\r\n\r\n\r\n") },
	{ BYTES("_\r\n"), BYTES("$-1\r\n"), BYTES("$-1\r\n"),
	    BYTES("_\r\n") },
	{ BYTES(":-5\r\n"), BYTES(":-5\r\n"), BYTES("$2\r\n-5\r\n"),
	    BYTES(":-5\r\n") },
	{ BYTES(":-9223372036854775808\r\n"),
	    BYTES(":-9223372036854775808\r\n"),
	    BYTES("$20\r\n-9223372036854775808\r\n"),
	    BYTES(":-9223372036854775808\r\n") },
	{ BYTES(",1.5\r\n"), BYTES("$3\r\n1.5\r\n"), BYTES("$3\r\n1.5\r\n"),
	    BYTES(",1.5\r\n") },
	{ BYTES(",-inf\r\n"), BYTES("$4\r\n-inf\r\n"),
	    BYTES("$4\r\n-inf\r\n"), BYTES(",-inf\r\n") },
	{ BYTES(",nan\r\n"), BYTES("$3\r\nnan\r\n"), BYTES("$3\r\nnan\r\n"),
	    BYTES(",nan\r\n") },
	{ BYTES(",0.1\r\n"), BYTES("$3\r\n0.1\r\n"), BYTES("$3\r\n0.1\r\n"),
	    BYTES(",0.1\r\n") },
	{ BYTES("#t\r\n"), BYTES(":1\r\n"), BYTES("$1\r\n1\r\n"),
	    BYTES("#t\r\n") },
	{ BYTES("#f\r\n"), BYTES(":0\r\n"), BYTES("$1\r\n0\r\n"),
	    BYTES("#f\r\n") },
	{ BYTES("(-123\r\n"), BYTES("$4\r\n-123\r\n"),
	    BYTES("$4\r\n-123\r\n"), BYTES("(-123\r\n") },
	{ BYTES("-oops\r\n"), BYTES("-oops\r\n"), BYTES("$4\r\noops\r\n"),
	    BYTES("-oops\r\n") },
	{ BYTES("!5\r\na\r\n\0b\r\n"), BYTES("-a   b\r\n"),
	    BYTES("$5\r\na\r\n\0b\r\n"), BYTES("-a   b\r\n") },
	{ BYTES("*0\r\n"), BYTES("*0\r\n"), BYTES("*0\r\n"),
	    BYTES("*0\r\n") },
	{ BYTES("*3\r\n:1\r\n_\r\n*1\r\n#t\r\n"),
	    BYTES("*3\r\n:1\r\n$-1\r\n*1\r\n:1\r\n"),
	    BYTES("*3\r\n$1\r\n1\r\n$-1\r\n*1\r\n$1\r\n1\r\n"),
	    BYTES("*3\r\n:1\r\n_\r\n*1\r\n#t\r\n") },
	{ BYTES("%2\r\n+a\r\n:1\r\n:2\r\n+b\r\n"),
	    BYTES("%2\r\n$1\r\na\r\n:1\r\n:2\r\n$1\r\nb\r\n"),
	    BYTES("*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\nb\r\n"),
	    BYTES("%2\r\n$1\r\na\r\n:1\r\n:2\r\n$1\r\nb\r\n") },
	{ BYTES("~2\r\n:1\r\n:2\r\n"), BYTES("*2\r\n:1\r\n:2\r\n"),
	    BYTES("*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
	    BYTES("~2\r\n:1\r\n:2\r\n") },
	{ BYTES("*1\r\n%1\r\n+k\r\n%0\r\n"),
	    BYTES("*1\r\n%1\r\n$1\r\nk\r\n%0\r\n"),
	    BYTES("*1\r\n*2\r\n$1\r\nk\r\n*0\r\n"),
	    BYTES("*1\r\n%1\r\n$1\r\nk\r\n%0\r\n") },
};

static struct value
read_value_of(struct bytes in)
{
	struct wire s = { .data = in };
	FILE *file = wire_open(&s);
	struct reader r = wire_reader(file);
	struct value v;

	ck_assert_int_eq(reader_value(&r, getc(file), &v), READER_OK);
	reader_free(&r);
	fclose(file);
	return (v);
}

static void
assert_said(const struct reply *r, struct bytes expected, const char *what)
{
	ck_assert_msg(bytes_equal(buf_bytes(&r->out), expected),
	    "%s:\n got %.*s\nwant %.*s", what, (int)r->out.length,
	    r->out.data, (int)expected.length, expected.data);
}

START_TEST(reply_says_each_value)
{
	const struct spoken *row = &spoken[_i];
	const struct bytes expected[] = { [DIALECT_ARTICLE] = row->article,
	    [DIALECT_RESP2] = row->resp2, [DIALECT_RESP3] = row->resp3 };
	static const char *const names[] = { [DIALECT_ARTICLE] = "article",
	    [DIALECT_RESP2] = "resp2", [DIALECT_RESP3] = "resp3" };
	struct value v = read_value_of(row->in);
	size_t d;

	for (d = 0; d < COUNT(expected); d++) {
		struct reply r = { .dialect = (enum dialect)d };

		reply_value(&r, &v);
		assert_said(&r, expected[d], names[d]);
		buf_free(&r.out);
	}
	value_free(&v);
}
END_TEST

/* What RESP3 says of any value reads back as that value. */
START_TEST(reply_reads_back)
{
	const struct wire_frame *f = &wire_frames[_i];
	struct buf before = { 0 }, after = { 0 };
	struct reply r = { .dialect = DIALECT_RESP3 };
	struct value v, again;

	/* An error loses its line ends, which is the point. */
	if (f->status != READER_OK || f->in.data[0] == '!')
		return;
	v = read_value_of(f->in);
	reply_value(&r, &v);
	again = read_value_of(buf_bytes(&r.out));
	wire_describe(&before, &v);
	wire_describe(&after, &again);
	ck_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
	value_free(&v);
	value_free(&again);
	buf_free(&before);
	buf_free(&after);
	buf_free(&r.out);
}
END_TEST

static void
say_all(struct reply *r)
{
	struct value none = { 0 };

	reply_status(r, "PONG");
	reply_ok(r);
	reply_integer(r, -7);
	reply_bulk(r, bytes_make("a\0b", 3));
	reply_string(r, "text");
	reply_null(r);
	reply_null_array(r);
	reply_double(r, 2.5);
	reply_boolean(r, true);
	reply_boolean(r, false);
	reply_verbatim(r, "txt", bytes_of("hi"));
	reply_array(r, 3);
	reply_map(r, 2);
	reply_set(r, 1);
	reply_value(r, &none);
}

START_TEST(reply_says_each_word)
{
	static const struct bytes expected[] = {
		[DIALECT_ARTICLE] = BYTES("+PONG\r\n+OK\r\n:-7\r\n$3\r\na\0b\r\n"
		    "$4\r\ntext\r\n$-1\r\n*-1\r\n$3\r\n2.5\r\n:1\r\n:0\r\n"
		    "$2\r\nhi\r\n*3\r\n*4\r\n*1\r\n$-1\r\n"),
		[DIALECT_RESP2] = BYTES("+PONG\r\n+OK\r\n:-7\r\n$3\r\na\0b\r\n"
		    "$4\r\ntext\r\n$-1\r\n*-1\r\n$3\r\n2.5\r\n:1\r\n:0\r\n"
		    "$2\r\nhi\r\n*3\r\n*4\r\n*1\r\n$-1\r\n"),
		[DIALECT_RESP3] = BYTES("+PONG\r\n+OK\r\n:-7\r\n$3\r\na\0b\r\n"
		    "$4\r\ntext\r\n_\r\n_\r\n,2.5\r\n#t\r\n#f\r\n"
		    "=6\r\ntxt:hi\r\n*3\r\n%2\r\n~1\r\n_\r\n"),
	};
	struct reply r = { .dialect = (enum dialect)_i };

	say_all(&r);
	assert_said(&r, expected[_i], "all");
	ck_assert_uint_eq(r.errors, 0);
	buf_free(&r.out);
}
END_TEST

START_TEST(reply_errors_stay_one_line)
{
	struct reply r = { .dialect = DIALECT_RESP2 };
	char all[256];
	size_t i;

	for (i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	reply_ok(&r);
	reply_error(&r, "ERR %s", "x\r\n+OK\r\n\x7f\x1b[31m");
	assert_said(&r, bytes_of("+OK\r\n-ERR x  +OK    [31m\r\n"), "forged");
	ck_assert_uint_eq(r.error_at, 5);
	ck_assert_uint_eq(r.errors, 1);
	reply_error(&r, "%s", all);
	ck_assert_uint_eq(r.errors, 2);
	for (i = r.error_at; i < r.out.length - 2; i++)
		ck_assert((unsigned char)r.out.data[i] >= ' ' &&
		    r.out.data[i] != 0x7f);
	ck_assert_uint_eq(r.out.length - r.error_at, 1 + 255 + 2);
	buf_free(&r.out);
}
END_TEST

START_TEST(reply_knows_what_resp2_cannot_say)
{
	static const struct {
		enum value_type	type;
		bool		resp2;
	} rows[] = {
		{ VALUE_NONE, true }, { VALUE_NULL, true },
		{ VALUE_BOOLEAN, true }, { VALUE_INTEGER, true },
		{ VALUE_DOUBLE, true }, { VALUE_STRING, true },
		{ VALUE_BIG_NUMBER, true }, { VALUE_ERROR, false },
		{ VALUE_LIST, false }, { VALUE_DICT, false },
		{ VALUE_SET, false }, { VALUE_ZSET, false },
	};
	size_t i;
	int d;

	ck_assert_uint_eq(COUNT(rows), VALUE_TYPES);
	for (i = 0; i < COUNT(rows); i++) {
		for (d = DIALECT_ARTICLE; d <= DIALECT_RESP3; d++) {
			struct reply r = { .dialect = (enum dialect)d };

			ck_assert_int_eq(reply_can_say(&r, rows[i].type),
			    d != DIALECT_RESP2 || rows[i].resp2);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, reply_says_each_value, 0, COUNT(spoken));
	tcase_add_loop_test(t, reply_reads_back, 0, wire_frame_count);
	tcase_add_loop_test(t, reply_says_each_word, 0, 3);
	tcase_add_test(t, reply_errors_stay_one_line);
	tcase_add_test(t, reply_knows_what_resp2_cannot_say);
	suite_add_tcase(s, t);
	hash_seed();
	return (suite_run(s));
}
