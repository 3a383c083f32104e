/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read from each frame of the wire however it is cut into pieces, and
 * what is refused and how.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "resp/reader.h"
#include "resp/reply.h"
#include "value/list.h"
#include "suite.h"
#include "wire.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

#ifdef RESPD_SANITIZE
enum { SMALL_STACK = 2048 * 1024 };
#else
enum { SMALL_STACK = 256 * 1024 };
#endif
enum { FUZZ_ROUNDS = ROUNDS(200000) };

/* What reading one value came to, as text; how many bytes it took in *used. */
static enum reader_status
read_text(struct wire *s, bool replies, struct buf *text, size_t *used)
{
	FILE *in = wire_open(s);
	struct reader r = wire_reader(in);
	enum reader_status status = READER_END;
	struct value v = { 0 };
	int first = getc(in);

	r.replies = replies;
	if (first != EOF)
		status = reader_value(&r, first, &v);
	if (status == READER_OK)
		wire_describe(text, &v);
	else
		ck_assert_int_eq(v.type, VALUE_NONE);
	if (status == READER_WRONG || status == READER_BROKEN)
		buf_add_string(text, r.error);
	if (used != NULL) {
		for (*used = s->at; getc(in) != EOF; --*used)
			s->cut = s->data.length = s->at;
	}
	value_free(&v);
	reader_free(&r);
	fclose(in);
	buf_add_char(text, '\0');
	return (status);
}

static const char *
status_name(enum reader_status status)
{
	static const char *const names[] = { [READER_OK] = "ok",
	    [READER_END] = "end", [READER_WRONG] = "wrong",
	    [READER_BROKEN] = "broken" };

	return (names[status]);
}

START_TEST(reader_reads_each_type)
{
	const struct wire_frame *f = &wire_frames[_i];
	struct wire s = { .data = f->in };
	struct buf text = { 0 };
	size_t used;
	enum reader_status status = read_text(&s, false, &text, &used);

	ck_assert_msg(status == f->status && strcmp(text.data, f->text) == 0,
	    "frame %d: %s %s", _i, status_name(status), text.data);
	if (status != READER_BROKEN)
		ck_assert_uint_eq(used, f->in.length);
	buf_free(&text);
}
END_TEST

START_TEST(reader_ends_with_a_truncated_frame)
{
	const struct wire_frame *f = &wire_frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n < f->in.length; n++) {
		struct wire s = { .data = bytes_make(f->in.data, n) };

		buf_cut(&text, 0);
		status = read_text(&s, false, &text, NULL);
		/* What is broken shows before its end. */
		if (status == READER_BROKEN && f->status == READER_BROKEN)
			ck_assert_str_eq(text.data, f->text);
		else
			ck_assert_msg(status == READER_END,
			    "frame %d cut at %zu: %s", _i, n,
			    status_name(status));
	}
	buf_free(&text);
}
END_TEST

START_TEST(reader_does_not_care_about_pieces)
{
	const struct wire_frame *f = &wire_frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n <= f->in.length; n++) {
		/* n == 0: one byte at a time. */
		struct wire s = { .data = f->in, .cut = n,
		    .step = n == 0 ? 1 : 0 };

		buf_cut(&text, 0);
		status = read_text(&s, false, &text, NULL);
		ck_assert_msg(status == f->status &&
		    strcmp(text.data, f->text) == 0,
		    "frame %d in pieces at %zu: %s %s", _i, n,
		    status_name(status), text.data);
	}
	buf_free(&text);
}
END_TEST

/* After what is wrong, not broken, the next value is found. */
START_TEST(reader_stays_in_step)
{
	struct buf all = { 0 }, text = { 0 };
	struct wire s = { 0 };
	struct reader r;
	struct value v;
	FILE *in;
	size_t i;

	for (i = 0; i < wire_frame_count; i++) {
		if (wire_frames[i].status != READER_BROKEN)
			buf_add(&all, wire_frames[i].in.data,
			    wire_frames[i].in.length);
	}
	s.data = buf_bytes(&all);
	s.step = 7;
	in = wire_open(&s);
	r = wire_reader(in);
	for (i = 0; i < wire_frame_count; i++) {
		if (wire_frames[i].status == READER_BROKEN)
			continue;
		ck_assert_int_eq(reader_value(&r, getc(in), &v),
		    wire_frames[i].status);
		buf_cut(&text, 0);
		wire_describe(&text, &v);
		buf_add_char(&text, '\0');
		ck_assert_str_eq(wire_frames[i].status == READER_OK ? text.data :
		    r.error, wire_frames[i].text);
		value_free(&v);
	}
	ck_assert_int_eq(getc(in), EOF);
	fclose(in);
	reader_free(&r);
	buf_free(&all);
	buf_free(&text);
}
END_TEST

/* What stands between the type and CR LF of a header. */
static const struct length {
	struct bytes	text;
	int64_t		n;		/* -2: refused */
} lengths[] = {
	{ BYTES("0"), 0 }, { BYTES("1"), 1 }, { BYTES("9"), 9 },
	{ BYTES("10"), 10 }, { BYTES("100"), 100 }, { BYTES("-1"), -1 },
	{ BYTES("-0"), -2 }, { BYTES("-2"), -2 }, { BYTES("-9"), -2 },
	{ BYTES("-10"), -2 }, { BYTES("-11"), -2 }, { BYTES("-01"), -2 },
	{ BYTES("-1 "), -2 }, { BYTES("-1x"), -2 }, { BYTES("--1"), -2 },
	{ BYTES("- 1"), -2 }, { BYTES("-"), -2 }, { BYTES(""), -2 },
	{ BYTES(" "), -2 }, { BYTES(" 3"), -2 }, { BYTES("3 "), -2 },
	{ BYTES("\t3"), -2 }, { BYTES("3\t"), -2 }, { BYTES("+3"), -2 },
	{ BYTES("+0"), -2 }, { BYTES("+"), -2 }, { BYTES("03"), -2 },
	{ BYTES("00"), -2 }, { BYTES("000"), -2 }, { BYTES("0x3"), -2 },
	{ BYTES("0X3"), -2 }, { BYTES("3x"), -2 }, { BYTES("x"), -2 },
	{ BYTES("x3"), -2 }, { BYTES("3.0"), -2 }, { BYTES("3."), -2 },
	{ BYTES(".3"), -2 }, { BYTES("3e0"), -2 }, { BYTES("1e1"), -2 },
	{ BYTES("3,0"), -2 }, { BYTES("1_0"), -2 }, { BYTES("1'0"), -2 },
	{ BYTES("\0"), -2 }, { BYTES("\0003"), -2 }, { BYTES("3\0"), -2 },
	{ BYTES("1\0000"), -2 }, { BYTES("\377"), -2 }, { BYTES("\2623"), -2 },
	{ BYTES("\357\274\223"), -2 }, { BYTES("inf"), -2 },
	{ BYTES("nan"), -2 }, { BYTES("?"), -2 }, { BYTES("*"), -2 },
	{ BYTES("$3"), -2 }, { BYTES(":3"), -2 }, { BYTES("\r"), -2 },
	{ BYTES("3\r"), -2 }, { BYTES("\n"), -2 }, { BYTES("\r3"), -2 },
	{ BYTES("0b1"), -2 }, { BYTES("0o1"), -2 }, { BYTES("1l"), -2 },
	{ BYTES("1u"), -2 }, { BYTES("(1)"), -2 }, { BYTES("\"1\""), -2 },
	{ BYTES("536870913"), -2 }, { BYTES("536870920"), -2 },
	{ BYTES("2147483647"), -2 }, { BYTES("2147483648"), -2 },
	{ BYTES("4294967295"), -2 }, { BYTES("4294967296"), -2 },
	{ BYTES("4294967297"), -2 }, { BYTES("99999999999"), -2 },
	{ BYTES("9007199254740993"), -2 },
	{ BYTES("999999999999999999"), -2 },
	{ BYTES("9223372036854775806"), -2 },
	{ BYTES("9223372036854775807"), -2 },
	{ BYTES("9223372036854775808"), -2 },
	{ BYTES("-9223372036854775807"), -2 },
	{ BYTES("-9223372036854775808"), -2 },
	{ BYTES("-9223372036854775809"), -2 },
	{ BYTES("18446744073709551615"), -2 },
	{ BYTES("18446744073709551616"), -2 },
	{ BYTES("18446744073709551617"), -2 },
	{ BYTES("18446744073709551619"), -2 },
	{ BYTES("36893488147419103233"), -2 },
	{ BYTES("99999999999999999999"), -2 },
	{ BYTES("100000000000000000000000000000000000000000001"), -2 },
	{ BYTES("340282366920938463463374607431768211457"), -2 },
};

static const char lengthy[] = "$^!*%~";

START_TEST(reader_is_strict_about_lengths)
{
	const struct length *l = &lengths[_i / ((int)sizeof(lengthy) - 1)];
	char type = lengthy[(size_t)_i % (sizeof(lengthy) - 1)];
	bool is_null = l->n == -1 && strchr("$^!*", type) != NULL;
	struct buf in = { 0 }, text = { 0 };
	struct wire s = { 0 };
	enum reader_status status;
	int64_t i;

	buf_add_char(&in, type);
	buf_add(&in, l->text.data, l->text.length);
	buf_add_string(&in, "\r\n");
	/* What follows, were the length good. */
	for (i = 0; i < l->n; i++)
		buf_add_string(&in, strchr("$^!", type) != NULL ? "x" :
		    type == '%' ? ":1\r\n:2\r\n" : ":1\r\n");
	if (l->n >= 0 && strchr("$^!", type) != NULL)
		buf_add_string(&in, "\r\n");
	s.data = buf_bytes(&in);
	status = read_text(&s, false, &text, NULL);
	ck_assert_msg(status == (l->n >= 0 || is_null ? READER_OK :
	    READER_BROKEN), "%c with length '%.*s': %s", type,
	    (int)l->text.length, l->text.data, status_name(status));
	if (status == READER_BROKEN)
		ck_assert_str_eq(text.data, strchr("$^!", type) != NULL ?
		    "ERR Protocol error: invalid bulk length" :
		    "ERR Protocol error: invalid multibulk length");
	buf_free(&in);
	buf_free(&text);
}
END_TEST

/* A broken header is refused with the byte that breaks it: no waiting. */
START_TEST(reader_refuses_at_once)
{
	static const struct bytes headers[] = {
		BYTES("$-2"), BYTES("$x"), BYTES("$03"), BYTES("$ "),
		BYTES("$536870913"), BYTES("*1048577"), BYTES("$3 "),
		BYTES("$1\r\naX"), BYTES("$3\rX"), BYTES("$\n"),
	};
	struct wire s = { .data = headers[_i] };
	struct buf text = { 0 };

	ck_assert_int_eq(read_text(&s, false, &text, NULL), READER_BROKEN);
	ck_assert(!s.asked);
	buf_free(&text);
}
END_TEST

static const struct wire_frame reply_frames[] = {
	{ BYTES(">2\r\n+m\r\n:1\r\n"), READER_OK, "[ 'm' 1 ]" },
	{ BYTES("|1\r\n+ttl\r\n:5\r\n:7\r\n"), READER_OK, "7" },
	{ BYTES("*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n:3\r\n"), READER_OK,
	    "[ 2 3 ]" },
	{ BYTES("*1\r\n>0\r\n"), READER_BROKEN, NULL },
	{ BYTES("|0\r\n|0\r\n:1\r\n"), READER_OK, "1" },
	{ BYTES("?\r\n"), READER_BROKEN, NULL },
};

START_TEST(reader_of_replies)
{
	const struct wire_frame *f = &reply_frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n <= f->in.length; n++) {
		struct wire s = { .data = bytes_make(f->in.data, n) };

		buf_cut(&text, 0);
		status = read_text(&s, true, &text, NULL);
		if (n < f->in.length && status != READER_BROKEN)
			ck_assert_int_eq(status, READER_END);
	}
	ck_assert_int_eq(status, f->status);
	if (f->text != NULL)
		ck_assert_str_eq(text.data, f->text);
	buf_free(&text);
}
END_TEST

START_TEST(reader_says_what_was_a_push)
{
	struct wire s = { .data = BYTES(">1\r\n:1\r\n*1\r\n:1\r\n") };
	FILE *in = wire_open(&s);
	struct reader r = wire_reader(in);
	struct value v;

	r.replies = true;
	ck_assert_int_eq(reader_value(&r, getc(in), &v), READER_OK);
	ck_assert(r.push);
	value_free(&v);
	ck_assert_int_eq(reader_value(&r, getc(in), &v), READER_OK);
	ck_assert(!r.push);
	value_free(&v);
	reader_free(&r);
	fclose(in);
}
END_TEST

static enum reader_status
read_limited(struct bytes in, uint32_t max_bulk, uint32_t max_elements)
{
	struct wire s = { .data = in };
	FILE *file = wire_open(&s);
	struct reader r = wire_reader(file);
	enum reader_status status;
	struct value v;

	r.max_bulk = max_bulk;
	r.max_elements = max_elements;
	status = reader_value(&r, getc(file), &v);
	value_free(&v);
	reader_free(&r);
	fclose(file);
	return (status);
}

START_TEST(reader_keeps_to_its_limits)
{
	static const struct {
		struct bytes		in;
		uint32_t		max_bulk, max_elements;
		enum reader_status	status;
	} rows[] = {
		{ BYTES("$10\r\n0123456789\r\n"), 10, 10, READER_OK },
		{ BYTES("$11\r\n01234567890\r\n"), 10, 10, READER_BROKEN },
		{ BYTES("*1\r\n$11\r\n01234567890\r\n"), 10, 10,
		    READER_BROKEN },
		{ BYTES("*2\r\n:1\r\n:1\r\n"), 10, 2, READER_OK },
		{ BYTES("*3\r\n:1\r\n:1\r\n:1\r\n"), 10, 2, READER_BROKEN },
		{ BYTES("%2\r\n:1\r\n:1\r\n:2\r\n:1\r\n"), 10, 2, READER_OK },
		{ BYTES("%3\r\n"), 10, 2, READER_BROKEN },
		{ BYTES("~3\r\n"), 10, 2, READER_BROKEN },
		{ BYTES("*1\r\n*3\r\n"), 10, 2, READER_BROKEN },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		ck_assert_msg(read_limited(rows[i].in, rows[i].max_bulk,
		    rows[i].max_elements) == rows[i].status, "row %zu", i);
}
END_TEST

START_TEST(reader_limits_lines)
{
	static const struct {
		size_t			length;
		enum reader_status	status;
	} rows[] = {
		{ READER_MAX_LINE - 1, READER_OK },
		{ READER_MAX_LINE + 1, READER_BROKEN },
		{ READER_MAX_LINE * 10, READER_BROKEN },
	};
	struct buf in = { 0 };
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		buf_cut(&in, 0);
		buf_add_char(&in, '+');
		wire_repeat(&in, "x", rows[i].length);
		buf_add_string(&in, "\r\n");
		ck_assert_msg(read_limited(buf_bytes(&in), 1, 1) ==
		    rows[i].status, "row %zu", i);
	}
	buf_free(&in);
}
END_TEST

struct nested {
	const char		*open;		/* one level */
	size_t			 levels;
	enum reader_status	 status;
	enum reader_status	 result;
};

/* Read, describe, say and free on the stack that a worker has. */
static void *
read_nested(void *arg)
{
	struct nested *n = arg;
	struct buf in = { 0 }, text = { 0 };
	struct wire s = { 0 };

	wire_repeat(&in, n->open, n->levels);
	buf_add_string(&in, ":1\r\n");
	s.data = buf_bytes(&in);
	n->result = read_text(&s, false, &text, NULL);
	if (n->result == READER_BROKEN)
		ck_assert_str_eq(text.data,
		    "ERR Protocol error: nesting too deep");
	buf_free(&in);
	buf_free(&text);
	return (NULL);
}

START_TEST(reader_limits_depth)
{
	static const struct nested rows[] = {
		{ "*1\r\n", 128, READER_OK, 0 },
		{ "*1\r\n", 129, READER_BROKEN, 0 },
		{ "*1\r\n", 1000000, READER_BROKEN, 0 },
		{ "%1\r\n+k\r\n", 128, READER_OK, 0 },
		{ "%1\r\n+k\r\n", 129, READER_BROKEN, 0 },
		{ "%1\r\n+k\r\n*1\r\n", 64, READER_OK, 0 },
		{ "%1\r\n+k\r\n*1\r\n", 65, READER_BROKEN, 0 },
		{ "%1\r\n", 128, READER_END, 0 },
		{ "%1\r\n", 129, READER_BROKEN, 0 },
		{ "~1\r\n", 129, READER_BROKEN, 0 },
		/* Only the innermost may be a member: the rest are wrong. */
		{ "~1\r\n", 128, READER_WRONG, 0 },
	};
	struct nested n = rows[_i];
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SMALL_STACK);
	ck_assert_int_eq(pthread_create(&thread, &attr, read_nested, &n), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	ck_assert_msg(n.result == n.status, "%zu levels of %s: %s", n.levels,
	    n.open, status_name(n.result));
}
END_TEST

static void
count_progress(void *arg)
{
	++*(int *)arg;
}

/* Long strings take their own allocation, short ones the arena. */
START_TEST(reader_places_strings)
{
	static const struct {
		size_t	length;
		bool	owned;
		int	progress;
	} rows[] = {
		{ 0, false, 0 }, { 1, false, 0 }, { 16 * 1024, false, 0 },
		{ 16 * 1024 + 1, true, 1 }, { 64 * 1024, true, 1 },
		{ 64 * 1024 + 1, true, 2 }, { 1000 * 1000, true, 16 },
	};
	struct wire s = { .step = 1000 };
	struct arena arena = { 0 };
	struct buf in = { 0 };
	int progress = 0;
	struct value v;
	struct reader r;
	FILE *file;

	buf_add_format(&in, "$%zu\r\n", rows[_i].length);
	wire_repeat(&in, "y", rows[_i].length);
	buf_add_string(&in, "\r\n");
	s.data = buf_bytes(&in);
	file = wire_open(&s);
	r = wire_reader(file);
	r.arena = &arena;
	r.progress = count_progress;
	r.progress_arg = &progress;
	ck_assert_int_eq(reader_value(&r, getc(file), &v), READER_OK);
	ck_assert_int_eq(v.owned, rows[_i].owned);
	ck_assert_uint_eq(v.length, rows[_i].length);
	ck_assert(v.length == 0 || (v.data[0] == 'y' &&
	    memcmp(v.data, v.data + 1, v.length - 1) == 0));
	ck_assert_int_ge(progress, rows[_i].progress);
	value_free(&v);
	arena_free(&arena);
	reader_free(&r);
	fclose(file);
	buf_free(&in);
}
END_TEST

/* Values that come are told to whoever watches for slow clients. */
START_TEST(reader_reports_progress_of_many_values)
{
	struct wire s = { 0 };
	struct buf in = { 0 };
	int progress = 0;
	struct value v;
	struct reader r;
	FILE *file;

	buf_add_string(&in, "*10000\r\n");
	wire_repeat(&in, ":1\r\n", 10000);
	s.data = buf_bytes(&in);
	file = wire_open(&s);
	r = wire_reader(file);
	r.progress = count_progress;
	r.progress_arg = &progress;
	ck_assert_int_eq(reader_value(&r, getc(file), &v), READER_OK);
	ck_assert_int_ge(progress, 9);
	ck_assert_uint_eq(list_length(v.list), 10000);
	value_free(&v);
	reader_free(&r);
	fclose(file);
	buf_free(&in);
}
END_TEST

/* Whatever comes, in one piece or byte by byte: the same, and no harm. */
START_TEST(reader_takes_garbage)
{
	struct buf in = { 0 }, whole = { 0 }, split = { 0 };
	enum reader_status status;
	uint64_t seed = 1;
	const struct wire_frame *f;
	int round;

	for (round = 0; round < FUZZ_ROUNDS; round++) {
		buf_cut(&in, 0);
		f = &wire_frames[draw(&seed, wire_frame_count)];
		if (draw(&seed, 2) != 0)
			buf_add_string(&in, "*2\r\n");
		buf_add(&in, f->in.data, f->in.length);
		f = &wire_frames[draw(&seed, wire_frame_count)];
		buf_add(&in, f->in.data, f->in.length);
		wire_mutate(&in, &seed);

		struct wire a = { .data = buf_bytes(&in) };
		struct wire b = { .data = buf_bytes(&in), .step = 1 };

		buf_cut(&whole, 0);
		buf_cut(&split, 0);
		status = read_text(&a, round & 1, &whole, NULL);
		ck_assert_int_eq(read_text(&b, round & 1, &split, NULL),
		    status);
		ck_assert_str_eq(whole.data, split.data);
	}
	buf_free(&in);
	buf_free(&whole);
	buf_free(&split);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reader");
	TCase *t = tcase_create("reader");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, reader_reads_each_type, 0, wire_frame_count);
	tcase_add_loop_test(t, reader_ends_with_a_truncated_frame, 0,
	    wire_frame_count);
	tcase_add_loop_test(t, reader_does_not_care_about_pieces, 0,
	    wire_frame_count);
	tcase_add_test(t, reader_stays_in_step);
	tcase_add_loop_test(t, reader_is_strict_about_lengths, 0,
	    COUNT(lengths) * (sizeof(lengthy) - 1));
	tcase_add_loop_test(t, reader_refuses_at_once, 0, 10);
	tcase_add_loop_test(t, reader_of_replies, 0,
	    COUNT(reply_frames));
	tcase_add_test(t, reader_says_what_was_a_push);
	tcase_add_test(t, reader_keeps_to_its_limits);
	tcase_add_test(t, reader_limits_lines);
	tcase_add_loop_test(t, reader_limits_depth, 0, 11);
	tcase_add_loop_test(t, reader_places_strings, 0, 7);
	tcase_add_test(t, reader_reports_progress_of_many_values);
	tcase_add_test(t, reader_takes_garbage);
	suite_add_tcase(s, t);
	hash_seed();
	return (suite_run(s));
}
