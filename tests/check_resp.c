/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire format: what is read from each frame however it is cut into pieces,
 * what is refused and how, and what every value looks like in every dialect.
 */
#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "net/stream.h"
#include "resp/reader.h"
#include "resp/reply.h"
#include "resp/request.h"
#include "value/dict.h"
#include "value/list.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

#ifdef RESPD_SANITIZE
enum { SMALL_STACK = 2048 * 1024, FUZZ_ROUNDS = 20000 };
#else
enum { SMALL_STACK = 256 * 1024, FUZZ_ROUNDS = 200000 };
#endif

/*
 * A stream that hands out its bytes in two pieces (or step bytes at a time) and
 * notes when more is asked for than there is: a socket would sleep then.
 */
struct source {
	struct bytes	data;
	size_t		at;
	size_t		cut;		/* no piece goes over this */
	size_t		step;		/* most bytes of a piece; 0: no limit */
	bool		asked;		/* beyond the end */
};

static ssize_t
source_read(void *cookie, char *to, size_t size)
{
	struct source *s = cookie;
	size_t end = s->at < s->cut ? s->cut : s->data.length;
	size_t n = end - s->at < size ? end - s->at : size;

	if (s->step != 0 && n > s->step)
		n = s->step;
	if (n == 0) {
		s->asked = true;
		return (0);
	}
	memcpy(to, s->data.data + s->at, n);
	s->at += n;
	return ((ssize_t)n);
}

static FILE *
source_open(struct source *s)
{
	cookie_io_functions_t functions = { .read = source_read };
	FILE *in = fopencookie(s, "r", functions);

	ck_assert_ptr_nonnull(in);
	return (in);
}

/* A small generator, so that a failure can be run again. */
static uint32_t
draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return ((uint32_t)(*state >> 33) % below);
}

static void
describe_bytes(struct buf *out, struct bytes b)
{
	size_t i;

	/* Long ones by their length and their ends. */
	if (b.length > 100) {
		buf_add_format(out, "%c..%c*%zu", b.data[0],
		    b.data[b.length - 1], b.length);
		return;
	}
	for (i = 0; i < b.length; i++) {
		if (b.data[i] < ' ' || b.data[i] > '~')
			buf_add_format(out, "\\%02x",
			    (unsigned char)b.data[i]);
		else
			buf_add_char(out, b.data[i]);
	}
}

/* A value in one line: 'a' 1 [ 1 2 ] { 'k'=1 } < 1 > !err (123 1.5 yes null. */
static void
describe(struct buf *out, const struct value *v)
{
	struct list_iter item;
	struct dict_iter pair;

	switch (v->type) {
	case VALUE_NULL:
		buf_add_string(out, "null");
		break;
	case VALUE_BOOLEAN:
		buf_add_string(out, v->boolean ? "yes" : "no");
		break;
	case VALUE_INTEGER:
		buf_add_format(out, "%" PRId64, v->integer);
		break;
	case VALUE_DOUBLE:
		buf_add_format(out, "d%.17g", v->real);
		break;
	case VALUE_STRING:
		buf_add_char(out, '\'');
		describe_bytes(out, value_bytes(v));
		buf_add_char(out, '\'');
		break;
	case VALUE_BIG_NUMBER:
	case VALUE_ERROR:
		buf_add_char(out, v->type == VALUE_ERROR ? '!' : '(');
		describe_bytes(out, value_bytes(v));
		break;
	case VALUE_LIST:
		buf_add_string(out, "[ ");
		for (list_start(&item, v->list, 0, false); list_next(&item); ) {
			describe(out, &item.value);
			buf_add_char(out, ' ');
		}
		buf_add_char(out, ']');
		break;
	case VALUE_DICT:
	case VALUE_SET:
		buf_add_string(out, v->type == VALUE_SET ? "< " : "{ ");
		for (dict_start(&pair, v->dict); dict_next(&pair); ) {
			describe(out, &pair.key);
			if (v->type == VALUE_DICT) {
				buf_add_char(out, '=');
				describe(out, &pair.value);
			}
			buf_add_char(out, ' ');
		}
		buf_add_char(out, v->type == VALUE_SET ? '>' : '}');
		break;
	default:
		buf_add_string(out, "none");
		break;
	}
}

static struct reader
reader_on(FILE *in)
{
	return ((struct reader){ .in = in, .max_bulk = VALUE_MAX_BYTES,
	    .max_elements = READER_MAX_ELEMENTS });
}

/* What reading one value came to, as text; how many bytes it took in *used. */
static enum reader_status
read_text(struct source *s, bool replies, struct buf *text, size_t *used)
{
	FILE *in = source_open(s);
	struct reader r = reader_on(in);
	enum reader_status status = READER_END;
	struct value v = { 0 };
	int first = getc(in);

	r.replies = replies;
	if (first != EOF)
		status = reader_value(&r, first, &v);
	if (status == READER_OK)
		describe(text, &v);
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

static const struct frame {
	struct bytes		 in;
	enum reader_status	 status;
	const char		*text;		/* the value, or the error */
} frames[] = {
	{ BYTES("$5\r\nhello\r\n"), READER_OK, "'hello'" },
	{ BYTES("$0\r\n\r\n"), READER_OK, "''" },
	{ BYTES("$4\r\n\r\n\r\n\r\n"), READER_OK, "'\\0d\\0a\\0d\\0a'" },
	{ BYTES("$3\r\n\0\377a\r\n"), READER_OK, "'\\00\\ffa'" },
	{ BYTES("$-1\r\n"), READER_OK, "null" },
	{ BYTES("^5\r\nhello\r\n"), READER_OK, "'hello'" },
	{ BYTES("^-1\r\n"), READER_OK, "null" },
	{ BYTES("+simple\r\n"), READER_OK, "'simple'" },
	{ BYTES("+\r\n"), READER_OK, "''" },
	{ BYTES("+only lf\n"), READER_OK, "'only lf'" },
	{ BYTES("+a\rb\r\n"), READER_OK, "'a\\0db'" },
	{ BYTES("+a\0b\r\n"), READER_OK, "'a\\00b'" },
	{ BYTES("-ERR no\r\n"), READER_OK, "!ERR no" },
	{ BYTES("-\r\n"), READER_OK, "!" },
	{ BYTES(":0\r\n"), READER_OK, "0" },
	{ BYTES(":-0\r\n"), READER_OK, "0" },
	{ BYTES(":+7\r\n"), READER_OK, "7" },
	{ BYTES(":007\r\n"), READER_OK, "7" },
	{ BYTES(":-007\r\n"), READER_OK, "-7" },
	{ BYTES(":9223372036854775807\r\n"), READER_OK,
	    "9223372036854775807" },
	{ BYTES(":-9223372036854775808\r\n"), READER_OK,
	    "-9223372036854775808" },
	{ BYTES(":9223372036854775808\r\n"), READER_WRONG,
	    "ERR Protocol error: integer out of range" },
	{ BYTES(":-9223372036854775809\r\n"), READER_WRONG,
	    "ERR Protocol error: integer out of range" },
	{ BYTES(":123456789012345678901234567890123456789012345\r\n"),
	    READER_WRONG, "ERR Protocol error: integer out of range" },
	{ BYTES(":\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(":-\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(":+-1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(": 1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(":1 \r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(":1\0\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(":0x1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES(",1.5\r\n"), READER_OK, "d1.5" },
	{ BYTES(",-0.0\r\n"), READER_OK, "d-0" },
	{ BYTES(",10\r\n"), READER_OK, "d10" },
	{ BYTES(",1e3\r\n"), READER_OK, "d1000" },
	{ BYTES(",inf\r\n"), READER_OK, "dinf" },
	{ BYTES(",-inf\r\n"), READER_OK, "d-inf" },
	{ BYTES(",nan\r\n"), READER_OK, "dnan" },
	{ BYTES(",\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid double" },
	{ BYTES(", 1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid double" },
	{ BYTES(",0x1p3\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid double" },
	{ BYTES(",1,5\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid double" },
	{ BYTES("(3492890328409238509324850943850943825024385\r\n"),
	    READER_OK, "(3492890328409238509324850943850943825024385" },
	{ BYTES("(-12\r\n"), READER_OK, "(-12" },
	{ BYTES("(\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid big number" },
	{ BYTES("(12a\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid big number" },
	{ BYTES("_\r\n"), READER_OK, "null" },
	{ BYTES("_x\r\n"), READER_BROKEN, "ERR Protocol error: invalid null" },
	{ BYTES("#t\r\n"), READER_OK, "yes" },
	{ BYTES("#f\r\n"), READER_OK, "no" },
	{ BYTES("#T\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid boolean" },
	{ BYTES("#\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid boolean" },
	{ BYTES("!5\r\nE\r\nno\r\n"), READER_OK, "!E\\0d\\0ano" },
	{ BYTES("!-1\r\n"), READER_OK, "null" },
	{ BYTES("=8\r\ntxt:text\r\n"), READER_OK, "'text'" },
	{ BYTES("=4\r\nmkd:\r\n"), READER_OK, "''" },
	{ BYTES("=3\r\ntxt\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid verbatim string" },
	{ BYTES("=5\r\ntxt;x\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid verbatim string" },
	{ BYTES("=-1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid verbatim string" },
	{ BYTES("*0\r\n"), READER_OK, "[ ]" },
	{ BYTES("*-1\r\n"), READER_OK, "null" },
	{ BYTES("*3\r\n$1\r\na\r\n:1\r\n*1\r\n_\r\n"), READER_OK,
	    "[ 'a' 1 [ null ] ]" },
	{ BYTES("*2\r\n*2\r\n%1\r\n+k\r\n~0\r\n,2\r\n#t\r\n"), READER_OK,
	    "[ [ { 'k'=< > } d2 ] yes ]" },
	{ BYTES("%0\r\n"), READER_OK, "{ }" },
	{ BYTES("%2\r\n+a\r\n:1\r\n:7\r\n*0\r\n"), READER_OK,
	    "{ 'a'=1 7=[ ] }" },
	{ BYTES("%3\r\n+a\r\n:1\r\n+b\r\n:2\r\n+a\r\n:3\r\n"), READER_OK,
	    "{ 'a'=3 'b'=2 }" },
	{ BYTES("%3\r\n:7\r\n:1\r\n+7\r\n:2\r\n,7\r\n:3\r\n"), READER_OK,
	    "{ 7=1 '7'=2 d7=3 }" },
	{ BYTES("%3\r\n_\r\n:1\r\n#t\r\n:2\r\n-e\r\n:3\r\n"), READER_OK,
	    "{ null=1 yes=2 !e=3 }" },
	{ BYTES("%-1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid multibulk length" },
	{ BYTES("~3\r\n:1\r\n:2\r\n:1\r\n"), READER_OK, "< 1 2 >" },
	{ BYTES("~-1\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid multibulk length" },
	{ BYTES("%1\r\n*1\r\n:1\r\n:2\r\n"), READER_WRONG,
	    "ERR unhashable key type: array" },
	{ BYTES("%1\r\n%0\r\n:2\r\n"), READER_WRONG,
	    "ERR unhashable key type: dictionary" },
	{ BYTES("~1\r\n~0\r\n"), READER_WRONG,
	    "ERR unhashable key type: set" },
	/* The first error is the one that is told. */
	{ BYTES("%2\r\n*0\r\n:1\r\n%0\r\n:2\r\n"), READER_WRONG,
	    "ERR unhashable key type: array" },
	{ BYTES("*2\r\n:9223372036854775808\r\n%1\r\n*0\r\n:1\r\n"),
	    READER_WRONG, "ERR Protocol error: integer out of range" },
	{ BYTES("*2\r\n:9223372036854775808\r\n:x\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid integer" },
	{ BYTES("*2\r\n:1\r\n?\r\n"), READER_BROKEN, "bad request" },
	{ BYTES("$1\r\nab\r\n"), READER_BROKEN,
	    "ERR Protocol error: expected CRLF after bulk" },
	{ BYTES("$1\r\na\n\r\n"), READER_BROKEN,
	    "ERR Protocol error: expected CRLF after bulk" },
	{ BYTES("$1\r\na\rX"), READER_BROKEN,
	    "ERR Protocol error: expected CRLF after bulk" },
	{ BYTES("$536870913\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid bulk length" },
	{ BYTES("*1048577\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid multibulk length" },
	{ BYTES("%1048577\r\n"), READER_BROKEN,
	    "ERR Protocol error: invalid multibulk length" },
	{ BYTES(">1\r\n:1\r\n"), READER_BROKEN, "bad request" },
	{ BYTES("|1\r\n:1\r\n:1\r\n:1\r\n"), READER_BROKEN, "bad request" },
	{ BYTES("?\r\n"), READER_BROKEN, "bad request" },
	{ BYTES("\0\r\n"), READER_BROKEN, "bad request" },
};

START_TEST(reader_reads_each_type)
{
	const struct frame *f = &frames[_i];
	struct source s = { .data = f->in };
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
	const struct frame *f = &frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n < f->in.length; n++) {
		struct source s = { .data = bytes_make(f->in.data, n) };

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
	const struct frame *f = &frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n <= f->in.length; n++) {
		/* n == 0: one byte at a time. */
		struct source s = { .data = f->in, .cut = n,
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
	struct source s = { 0 };
	struct reader r;
	struct value v;
	FILE *in;
	size_t i;

	for (i = 0; i < COUNT(frames); i++) {
		if (frames[i].status != READER_BROKEN)
			buf_add(&all, frames[i].in.data, frames[i].in.length);
	}
	s.data = buf_bytes(&all);
	s.step = 7;
	in = source_open(&s);
	r = reader_on(in);
	for (i = 0; i < COUNT(frames); i++) {
		if (frames[i].status == READER_BROKEN)
			continue;
		ck_assert_int_eq(reader_value(&r, getc(in), &v),
		    frames[i].status);
		buf_cut(&text, 0);
		describe(&text, &v);
		buf_add_char(&text, '\0');
		ck_assert_str_eq(frames[i].status == READER_OK ? text.data :
		    r.error, frames[i].text);
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
	struct source s = { 0 };
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
	struct source s = { .data = headers[_i] };
	struct buf text = { 0 };

	ck_assert_int_eq(read_text(&s, false, &text, NULL), READER_BROKEN);
	ck_assert(!s.asked);
	buf_free(&text);
}
END_TEST

static const struct frame reply_frames[] = {
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
	const struct frame *f = &reply_frames[_i];
	struct buf text = { 0 };
	enum reader_status status;
	size_t n;

	for (n = 0; n <= f->in.length; n++) {
		struct source s = { .data = bytes_make(f->in.data, n) };

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
	struct source s = { .data = BYTES(">1\r\n:1\r\n*1\r\n:1\r\n") };
	FILE *in = source_open(&s);
	struct reader r = reader_on(in);
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

static void
add_repeated(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_add_string(b, text);
}

static enum reader_status
read_limited(struct bytes in, uint32_t max_bulk, uint32_t max_elements)
{
	struct source s = { .data = in };
	FILE *file = source_open(&s);
	struct reader r = reader_on(file);
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
		add_repeated(&in, "x", rows[i].length);
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
	struct source s = { 0 };

	add_repeated(&in, n->open, n->levels);
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
	struct source s = { .step = 1000 };
	struct arena arena = { 0 };
	struct buf in = { 0 };
	int progress = 0;
	struct value v;
	struct reader r;
	FILE *file;

	buf_add_format(&in, "$%zu\r\n", rows[_i].length);
	add_repeated(&in, "y", rows[_i].length);
	buf_add_string(&in, "\r\n");
	s.data = buf_bytes(&in);
	file = source_open(&s);
	r = reader_on(file);
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
	struct source s = { 0 };
	struct buf in = { 0 };
	int progress = 0;
	struct value v;
	struct reader r;
	FILE *file;

	buf_add_string(&in, "*10000\r\n");
	add_repeated(&in, ":1\r\n", 10000);
	s.data = buf_bytes(&in);
	file = source_open(&s);
	r = reader_on(file);
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

/* One to four bytes of a frame or two become others. */
static void
mutate(struct buf *b, uint64_t *seed)
{
	static const char likely[] = "\r\n\r\n0123456789-+$*%~:,(_#!=^ \"'GETx";
	uint32_t n = 1 + draw(seed, 4);

	while (n-- > 0 && b->length != 0) {
		uint32_t at = draw(seed, (uint32_t)b->length);

		switch (draw(seed, 4)) {
		case 0:
			b->data[at] = (char)draw(seed, 256);
			break;
		case 1:
			b->data[at] = likely[draw(seed, sizeof(likely) - 1)];
			break;
		case 2:
			memmove(b->data + at, b->data + at + 1,
			    b->length - at - 1);
			buf_cut(b, b->length - 1);
			break;
		default:
			buf_add_char(b, ' ');
			memmove(b->data + at + 1, b->data + at,
			    b->length - 1 - at);
			b->data[at] = likely[draw(seed, sizeof(likely) - 1)];
			break;
		}
	}
}

/* Whatever comes, in one piece or byte by byte: the same, and no harm. */
START_TEST(reader_takes_garbage)
{
	struct buf in = { 0 }, whole = { 0 }, split = { 0 };
	enum reader_status status;
	uint64_t seed = 1;
	const struct frame *f;
	int round;

	for (round = 0; round < FUZZ_ROUNDS; round++) {
		buf_cut(&in, 0);
		f = &frames[draw(&seed, COUNT(frames))];
		if (draw(&seed, 2) != 0)
			buf_add_string(&in, "*2\r\n");
		buf_add(&in, f->in.data, f->in.length);
		f = &frames[draw(&seed, COUNT(frames))];
		buf_add(&in, f->in.data, f->in.length);
		mutate(&in, &seed);

		struct source a = { .data = buf_bytes(&in) };
		struct source b = { .data = buf_bytes(&in), .step = 1 };

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

static const char *
request_status_name(enum request_status status)
{
	static const char *const names[] = { [REQUEST_OK] = "ok",
	    [REQUEST_EMPTY] = "empty", [REQUEST_END] = "end",
	    [REQUEST_WRONG] = "wrong", [REQUEST_BROKEN] = "broken",
	    [REQUEST_FOREIGN] = "foreign" };

	return (names[status]);
}

static struct request
request_on(FILE *in)
{
	struct request q = { .reader = reader_on(in) };

	return (q);
}

static void
describe_request(struct buf *text, const struct request *q,
    enum request_status status)
{
	size_t i;

	if (text->length != 0)
		buf_add_string(text, " | ");
	if (status == REQUEST_WRONG || status == REQUEST_BROKEN)
		buf_add_format(text, "%s: %s", request_status_name(status),
		    q->error);
	else if (status != REQUEST_OK)
		buf_add_string(text, request_status_name(status));
	for (i = 0; status == REQUEST_OK && i < q->count; i++) {
		if (i != 0)
			buf_add_char(text, ' ');
		describe(text, &q->args[i]);
	}
}

/* All requests of a stream in one line. */
static void
read_requests(struct source *s, enum dialect dialect, struct buf *text)
{
	FILE *in = source_open(s);
	struct request q = request_on(in);
	enum request_status status;
	struct bytes key;

	buf_cut(text, 0);
	do {
		/* As the server does: what is whole is read in place. */
		ungetc(getc(in), in);
		q.reader.in_place =
		    request_measure(stream_buffered(in), &key) != 0;
		status = request_read(&q, dialect);
		describe_request(text, &q, status);
	} while (status == REQUEST_OK || status == REQUEST_EMPTY ||
	    status == REQUEST_WRONG);
	buf_add_char(text, '\0');
	request_free(&q);
	fclose(in);
}

#define ARTICLE	DIALECT_ARTICLE
#define RESP2	DIALECT_RESP2
#define RESP3	DIALECT_RESP3
#define BROKEN	"broken: ERR Protocol error: "

static const struct stream {
	enum dialect	 dialect;
	struct bytes	 in;
	const char	*text;
} streams[] = {
	{ ARTICLE, BYTES("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
	    "'GET' 'k' | end" },
	{ RESP2, BYTES("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), "'GET' 'k' | end" },
	{ RESP3, BYTES("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), "'GET' 'k' | end" },
	{ ARTICLE, BYTES("*3\r\n+SET\r\n^1\r\nk\r\n%1\r\n:1\r\n~0\r\n"),
	    "'SET' 'k' { 1=< > } | end" },
	{ RESP3, BYTES("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n*1\r\n,0.5\r\n"),
	    "'SET' 'k' [ d0.5 ] | end" },
	{ RESP3, BYTES("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$-1\r\n"),
	    "'SET' 'k' null | end" },
	{ RESP3, BYTES("*1\r\n+PING\r\n"), BROKEN "expected '$', got '+'" },
	{ RESP2, BYTES("*1\r\n+PING\r\n"), BROKEN "expected '$', got '+'" },
	{ RESP2, BYTES("*2\r\n$4\r\nECHO\r\n:1\r\n"),
	    BROKEN "expected '$', got ':'" },
	{ RESP2, BYTES("*2\r\n$4\r\nECHO\r\n$-1\r\n"),
	    BROKEN "invalid bulk length" },
	{ RESP2, BYTES("*2\r\n$3\r\nGET\r\n$-2\r\n"),
	    BROKEN "invalid bulk length" },
	{ RESP2, BYTES("*1\r\n$03\r\nGET\r\n"), BROKEN "invalid bulk length" },
	{ RESP2, BYTES("*x\r\n"), BROKEN "invalid multibulk length" },
	{ RESP2, BYTES("*2147483648\r\n"),
	    BROKEN "invalid multibulk length" },
	{ RESP2, BYTES("*2147483647\r\n"), "end" },
	{ ARTICLE, BYTES("*2147483647\r\n"),
	    BROKEN "invalid multibulk length" },
	{ ARTICLE, BYTES("*1048576\r\n"), "end" },
	{ ARTICLE, BYTES("*0\r\n*-1\r\n"),
	    "wrong: Missing command | wrong: Missing command | end" },
	{ RESP2, BYTES("*0\r\n*-1\r\n\r\n*1\r\n$4\r\nPING\r\n"),
	    "empty | empty | empty | 'PING' | end" },
	{ RESP3, BYTES("\r\n*0\r\n+x\r\n"), "empty | empty | '+x' | end" },
	{ ARTICLE, BYTES("*1\r\n*1\r\n$3\r\nGET\r\n"), "[ 'GET' ] | end" },
	{ ARTICLE, BYTES("*2\r\n$3\r\nGET\r\n:99999999999999999999\r\n+X\r\n"),
	    "wrong: ERR Protocol error: integer out of range | 'X' | end" },
	{ ARTICLE, BYTES("*3\r\n+S\r\n%1\r\n*0\r\n:1\r\n%1\r\n%0\r\n:1\r\n"),
	    "wrong: ERR unhashable key type: array | end" },
	{ ARTICLE, BYTES("*2\r\n:99999999999999999999\r\n?"),
	    "broken: bad request" },
	{ ARTICLE, BYTES("+  set   k1\t v \r\n"), "'set' 'k1' 'v' | end" },
	{ ARTICLE, BYTES("+SET k \"v w\"\n"), "'SET' 'k' '\"v' 'w\"' | end" },
	{ ARTICLE, BYTES("+\r\n+ \t \r\n"),
	    "wrong: Missing command | wrong: Missing command | end" },
	{ ARTICLE, BYTES("$9\r\nSET k1 v1\r\n$0\r\n\r\n"),
	    "'SET' 'k1' 'v1' | wrong: Missing command | end" },
	{ ARTICLE, BYTES("^7\r\nGET\r\nk1\r\n=9\r\ntxt:GET k\r\n"),
	    "'GET' 'k1' | 'GET' 'k' | end" },
	{ ARTICLE, BYTES(":5\r\n-e\r\n_\r\n$-1\r\n%0\r\n~0\r\n"),
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | end" },
	{ ARTICLE, BYTES(",1\r\n(1\r\n#t\r\n!1\r\nx\r\n"),
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | "
	    "wrong: Request must be list or simple string. | end" },
	{ ARTICLE, BYTES("?huh\r\n"), "broken: bad request" },
	{ ARTICLE, BYTES("\0"), "broken: bad request" },
	{ ARTICLE, BYTES("\026\003\001"), "broken: bad request" },
	{ ARTICLE, BYTES(" GET k\r\n"), "broken: bad request" },
	{ ARTICLE, BYTES(">1\r\n:1\r\n"), "broken: bad request" },
	{ ARTICLE, BYTES("|1\r\n"), "broken: bad request" },
	{ ARTICLE, BYTES("GET k\r\n\r\nget \"a b\"\n"),
	    "'GET' 'k' | empty | 'get' 'a b' | end" },
	{ RESP2, BYTES("\026\003\001"), BROKEN "unexpected first byte" },
	{ RESP2, BYTES("\377SMB"), BROKEN "unexpected first byte" },
	{ RESP2, BYTES("\0"), BROKEN "unexpected first byte" },
	{ RESP2, BYTES("set k 'it\\'s' \"\\x41\\n\\\"\"\r\n"),
	    "'set' 'k' 'it's' 'A\\0a\"' | end" },
	{ RESP2, BYTES("set \"a\"b\r\n"),
	    BROKEN "unbalanced quotes in request" },
	{ RESP2, BYTES("set 'a\r\n"), BROKEN "unbalanced quotes in request" },
	{ RESP2, BYTES("set \"\" '' x\"y z\"\r\n"), "'set' '' '' 'xy z' | end" },
	{ RESP2, BYTES("  \r\n\t\n \r\nPING\n"),
	    "empty | empty | empty | 'PING' | end" },
	{ RESP2, BYTES("$5\r\nhello\r\n"), "'$5' | 'hello' | end" },
	{ RESP2, BYTES("POST / HTTP/1.1\r\nSET x 1\r\n"), "foreign" },
	{ RESP2, BYTES("PING\r\nhost: x\r\nSET x 1\r\n"),
	    "'PING' | foreign" },
	{ ARTICLE, BYTES("post / HTTP/1.1\r\n"), "foreign" },
	{ ARTICLE, BYTES("Host: x\r\n"), "foreign" },
	{ RESP2, BYTES("*1\r\n$4\r\nPOST\r\n"), "'POST' | end" },
	{ RESP2, BYTES("PING"), "end" },
	{ RESP2, BYTES("*1\r\n$1\r\naXX"), BROKEN "expected CRLF after bulk" },
	{ RESP2, BYTES(""), "end" },
};

START_TEST(request_reads_each_dialect)
{
	const struct stream *row = &streams[_i];
	struct buf text = { 0 };
	size_t n;

	for (n = 0; n <= row->in.length; n++) {
		struct source s = { .data = row->in, .cut = n,
		    .step = n == 0 ? 1 : 0 };

		read_requests(&s, row->dialect, &text);
		ck_assert_msg(strcmp(text.data, row->text) == 0,
		    "stream %d in pieces at %zu:\n got %s\nwant %s", _i, n,
		    text.data, row->text);
	}
	buf_free(&text);
}
END_TEST

/*
 * The first request of a prefix: whether reading it would have had to wait for
 * more, and how many bytes it took.
 */
static enum request_status
try_prefix(struct bytes prefix, enum dialect dialect, bool *waited,
    size_t *taken)
{
	struct source s = { .data = prefix };
	FILE *in = source_open(&s);
	struct request q = request_on(in);
	enum request_status status = request_read(&q, dialect);

	*waited = s.asked;
	for (*taken = s.at; !s.asked && getc(in) != EOF; --*taken)
		;
	request_free(&q);
	fclose(in);
	return (status);
}

/* Whether a single value is a request, not a line, in the dialect. */
static bool
measurable(enum dialect dialect, struct bytes in)
{
	return (in.length != 0 && (dialect == DIALECT_ARTICLE ||
	    in.data[0] == '*' || strchr("$^=!%~", in.data[0]) == NULL));
}

/*
 * A request that is well formed is measured exactly: 0 as long as reading it
 * would wait, and its length then.  Of anything else nothing is promised but
 * that what is said to be there can be read without waiting.
 */
START_TEST(request_measure_agrees_with_reading)
{
	const struct stream *row = &streams[_i];
	struct bytes prefix, key;
	enum request_status status;
	size_t n, taken, measured;
	bool waited;

	for (n = 0; n <= row->in.length; n++) {
		prefix = bytes_make(row->in.data, n);
		measured = request_measure(prefix, &key);
		status = try_prefix(prefix, row->dialect, &waited, &taken);
		if (measured != 0)
			ck_assert_msg(!waited, "stream %d, %zu bytes", _i, n);
		if (status == REQUEST_BROKEN || status == REQUEST_FOREIGN ||
		    !measurable(row->dialect, prefix))
			continue;
		ck_assert_msg((measured == 0) == waited,
		    "stream %d, %zu bytes: %zu", _i, n, measured);
		if (!waited)
			ck_assert_uint_eq(measured, taken);
	}
}
END_TEST

START_TEST(request_measure_never_promises_too_much)
{
	struct buf in = { 0 };
	struct bytes key;
	uint64_t seed = 2;
	size_t taken;
	bool waited;
	int round;

	for (round = 0; round < FUZZ_ROUNDS; round++) {
		const struct stream *row =
		    &streams[draw(&seed, COUNT(streams))];
		const struct frame *f = &frames[draw(&seed, COUNT(frames))];

		buf_cut(&in, 0);
		if (draw(&seed, 2) != 0)
			buf_add(&in, row->in.data, row->in.length);
		else
			buf_add_format(&in, "*%u\r\n$3\r\nSET\r\n",
			    draw(&seed, 4));
		buf_add(&in, f->in.data, f->in.length);
		mutate(&in, &seed);
		buf_cut(&in, draw(&seed, (uint32_t)in.length + 1));
		if (request_measure(buf_bytes(&in), &key) == 0)
			continue;
		try_prefix(buf_bytes(&in), (enum dialect)draw(&seed, 3),
		    &waited, &taken);
		ck_assert_msg(!waited, "round %d: %.*s", round,
		    (int)in.length, in.data);
	}
	buf_free(&in);
}
END_TEST

START_TEST(request_measure_finds_the_key)
{
	static const struct {
		const char	*in;
		const char	*key;		/* NULL: none */
	} rows[] = {
		{ "*2\r\n$3\r\nGET\r\n$2\r\nk1\r\n", "k1" },
		{ "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "" },
		{ "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n*1\r\n:1\r\n", "k" },
		{ "*1\r\n$4\r\nPING\r\n", NULL },
		{ "*2\r\n$3\r\nGET\r\n:1\r\n", NULL },
		{ "*2\r\n$3\r\nGET\r\n$-1\r\n", NULL },
		{ "*2\r\n$3\r\nGET\r\n=6\r\ntxt:k1\r\n", NULL },
		{ "*2\r\n*1\r\n$3\r\nGET\r\n$1\r\nk\r\n", NULL },
		{ "*2\r\n$4\r\nMSET\r\n%1\r\n$1\r\na\r\n$1\r\nb\r\n",
		    NULL },
		{ "%1\r\n$3\r\nGET\r\n$1\r\nk\r\n", NULL },
		{ "+GET k\r\n", NULL },
		{ "GET k\r\n", NULL },
	};
	struct bytes key;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_uint_eq(request_measure(bytes_of(rows[i].in), &key),
		    strlen(rows[i].in));
		if (rows[i].key == NULL)
			ck_assert_msg(key.data == NULL, "row %zu", i);
		else
			ck_assert(bytes_equal(key, bytes_of(rows[i].key)));
	}
}
END_TEST

/* A pipeline of many arguments, twice, and small ones in between. */
START_TEST(request_forgets_the_one_before)
{
	struct buf in = { 0 };
	struct source s = { 0 };
	struct request q;
	FILE *file;
	int round;
	size_t i;

	for (round = 0; round < 2; round++) {
		buf_add_string(&in, "*5000\r\n");
		for (i = 0; i < 5000; i++)
			buf_add_format(&in, "$4\r\n%04zu\r\n", i);
		buf_add_string(&in, "*1\r\n$4\r\nPING\r\n");
	}
	s.data = buf_bytes(&in);
	file = source_open(&s);
	q = request_on(file);
	for (round = 0; round < 2; round++) {
		ck_assert_int_eq(request_read(&q, DIALECT_RESP2), REQUEST_OK);
		ck_assert_uint_eq(q.count, 5000);
		for (i = 0; i < 5000; i++) {
			char expected[8];

			snprintf(expected, sizeof(expected), "%04zu", i);
			ck_assert(bytes_equal(value_bytes(&q.args[i]),
			    bytes_of(expected)));
		}
		ck_assert_int_eq(request_read(&q, DIALECT_RESP2), REQUEST_OK);
		ck_assert_uint_eq(q.count, 1);
	}
	ck_assert_int_eq(request_read(&q, DIALECT_RESP2), REQUEST_END);
	request_clear(&q);
	ck_assert_uint_eq(q.count, 0);
	request_free(&q);
	fclose(file);
	buf_free(&in);
}
END_TEST

/* A command may take an argument out and keep it. */
START_TEST(request_gives_its_arguments_away)
{
	struct buf in = { 0 };
	struct source s = { 0 };
	struct value taken;
	struct request q;
	FILE *file;

	buf_add_string(&in, "*2\r\n+SET\r\n$40000\r\n");
	add_repeated(&in, "z", 40000);
	buf_add_string(&in, "\r\n+PING\r\n");
	s.data = buf_bytes(&in);
	file = source_open(&s);
	q = request_on(file);
	ck_assert_int_eq(request_read(&q, DIALECT_ARTICLE), REQUEST_OK);
	taken = q.args[1];
	q.args[1].type = VALUE_NONE;
	ck_assert_int_eq(request_read(&q, DIALECT_ARTICLE), REQUEST_OK);
	ck_assert_uint_eq(taken.length, 40000);
	ck_assert_int_eq(taken.data[39999], 'z');
	value_free(&taken);
	request_free(&q);
	fclose(file);
	buf_free(&in);
}
END_TEST

/* A request that is one string is a line: as long as one, no longer. */
START_TEST(request_limits_a_string_of_words)
{
	static const struct {
		size_t			words;
		enum request_status	status;
	} rows[] = {
		{ 1000, REQUEST_OK },
		{ READER_MAX_LINE / 2, REQUEST_OK },
		{ READER_MAX_LINE / 2 + 1, REQUEST_BROKEN },
		{ 4 << 20, REQUEST_BROKEN },
	};
	struct buf in = { 0 };
	struct source s = { 0 };
	struct request q;
	FILE *file;

	buf_add_format(&in, "$%zu\r\n", rows[_i].words * 2);
	add_repeated(&in, "x ", rows[_i].words);
	buf_add_string(&in, "\r\n");
	s.data = buf_bytes(&in);
	file = source_open(&s);
	q = request_on(file);
	ck_assert_int_eq(request_read(&q, DIALECT_ARTICLE), rows[_i].status);
	if (rows[_i].status == REQUEST_OK)
		ck_assert_uint_eq(q.count, rows[_i].words);
	request_free(&q);
	fclose(file);
	buf_free(&in);
}
END_TEST

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
	struct source s = { .data = in };
	FILE *file = source_open(&s);
	struct reader r = reader_on(file);
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
	const struct frame *f = &frames[_i];
	struct buf before = { 0 }, after = { 0 };
	struct reply r = { .dialect = DIALECT_RESP3 };
	struct value v, again;

	/* An error loses its line ends, which is the point. */
	if (f->status != READER_OK || f->in.data[0] == '!')
		return;
	v = read_value_of(f->in);
	reply_value(&r, &v);
	again = read_value_of(buf_bytes(&r.out));
	describe(&before, &v);
	describe(&after, &again);
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

START_TEST(request_parses_memory)
{
	static const struct {
		const char	*in;
		size_t		 count;	/* 0: broken */
		const char	*last;
	} rows[] = {
		{ "*1\r\n$4\r\nPING\r\n", 1, "PING" },
		{ "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", 2, "" },
		{ "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n", 3,
		    "\r\n" },
		{ "*3\r\n$3\r\nSET\r\n*1\r\n:7\r\n$1\r\nz\r\n", 3, "z" },
		{ "*3\r\n$3\r\nSET\r\n:12\r\n%1\r\n+a\r\n*0\r\n", 3,
		    NULL },
		{ "", 0, NULL }, { "*0\r\n", 0, NULL },
		{ "*1\r\n", 0, NULL }, { "*-1\r\n", 0, NULL },
		{ "*1\r\n$4\r\nPIN", 0, NULL },
		{ "*1\r\n$4\r\nPINGxx", 0, NULL },
		{ "*1\r\n$4\r\nPING\r\n$", 0, NULL },
		{ "*1\r\n:1\r\n:", 0, NULL },
		{ "*2\r\n:1\r\n", 0, NULL },
		{ "*1\r\n$-1\r\n", 0, NULL }, { "PING\r\n", 0, NULL },
	};
	struct request q = { 0 };
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_msg((request_parse(&q, bytes_of(rows[i].in)) ==
		    REQUEST_OK) == (rows[i].count != 0), "%s", rows[i].in);
		if (rows[i].count == 0)
			continue;
		ck_assert_uint_eq(q.count, rows[i].count);
		if (rows[i].last != NULL)
			ck_assert(bytes_equal(bytes_of(rows[i].last),
			    value_bytes(&q.args[q.count - 1])));
		else
			ck_assert(value_is_container(&q.args[q.count - 1]));
	}
	request_free(&q);
}
END_TEST

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

static Suite *
suite(void)
{
	Suite *s = suite_create("resp");
	TCase *reader = tcase_create("reader");
	TCase *request = tcase_create("request");
	TCase *reply = tcase_create("reply");

	tcase_set_timeout(reader, 300);
	tcase_add_loop_test(reader, reader_reads_each_type, 0, COUNT(frames));
	tcase_add_loop_test(reader, reader_ends_with_a_truncated_frame, 0,
	    COUNT(frames));
	tcase_add_loop_test(reader, reader_does_not_care_about_pieces, 0,
	    COUNT(frames));
	tcase_add_test(reader, reader_stays_in_step);
	tcase_add_loop_test(reader, reader_is_strict_about_lengths, 0,
	    COUNT(lengths) * (sizeof(lengthy) - 1));
	tcase_add_loop_test(reader, reader_refuses_at_once, 0, 10);
	tcase_add_loop_test(reader, reader_of_replies, 0,
	    COUNT(reply_frames));
	tcase_add_test(reader, reader_says_what_was_a_push);
	tcase_add_test(reader, reader_keeps_to_its_limits);
	tcase_add_test(reader, reader_limits_lines);
	tcase_add_loop_test(reader, reader_limits_depth, 0, 11);
	tcase_add_loop_test(reader, reader_places_strings, 0, 7);
	tcase_add_test(reader, reader_reports_progress_of_many_values);
	tcase_add_test(reader, reader_takes_garbage);
	suite_add_tcase(s, reader);

	tcase_set_timeout(request, 300);
	tcase_add_loop_test(request, request_reads_each_dialect, 0,
	    COUNT(streams));
	tcase_add_loop_test(request, request_measure_agrees_with_reading, 0,
	    COUNT(streams));
	tcase_add_test(request, request_measure_never_promises_too_much);
	tcase_add_test(request, request_measure_finds_the_key);
	tcase_add_test(request, request_forgets_the_one_before);
	tcase_add_test(request, request_gives_its_arguments_away);
	tcase_add_loop_test(request, request_limits_a_string_of_words, 0, 4);
	suite_add_tcase(s, request);

	tcase_set_timeout(reply, 300);
	tcase_add_loop_test(reply, reply_says_each_value, 0, COUNT(spoken));
	tcase_add_test(reply, request_parses_memory);
	tcase_add_loop_test(reply, reply_reads_back, 0, COUNT(frames));
	tcase_add_loop_test(reply, reply_says_each_word, 0, 3);
	tcase_add_test(reply, reply_errors_stay_one_line);
	tcase_add_test(reply, reply_knows_what_resp2_cannot_say);
	suite_add_tcase(s, reply);
	return (s);
}

int
main(void)
{
	hash_seed();
	return (suite_run(suite()));
}
