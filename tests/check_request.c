/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests: what is read of each in every dialect, and what can be known of
 * them before they are read.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "net/stream.h"
#include "resp/reader.h"
#include "resp/request.h"
#include "value/value.h"
#include "suite.h"
#include "wire.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

enum { FUZZ_ROUNDS = ROUNDS(200000) };

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
	struct request q = { .reader = wire_reader(in) };

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
		wire_describe(text, &q->args[i]);
	}
}

/* All requests of a stream in one line. */
static void
read_requests(struct wire *s, enum dialect dialect, struct buf *text)
{
	FILE *in = wire_open(s);
	struct request q = request_on(in);
	enum request_status status;
	struct request_span spans[16];
	size_t count, length;

	buf_cut(text, 0);
	do {
		/* As the server does: what is whole is read in place. */
		ungetc(getc(in), in);
		length = request_measure(stream_buffered(in), spans,
		    COUNT(spans), &count);
		q.reader.in_place = length != 0;
		if (count != 0) {
			request_take(&q, length, spans, count);
			status = REQUEST_OK;
		} else
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
		struct wire s = { .data = row->in, .cut = n,
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
	struct wire s = { .data = prefix };
	FILE *in = wire_open(&s);
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
	struct bytes prefix;
	enum request_status status;
	struct request_span spans[2];
	size_t n, taken, measured, count;
	bool waited;

	for (n = 0; n <= row->in.length; n++) {
		prefix = bytes_make(row->in.data, n);
		measured = request_measure(prefix, spans, COUNT(spans),
		    &count);
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
	struct request_span spans[2];
	uint64_t seed = 2;
	size_t taken, count;
	bool waited;
	int round;

	for (round = 0; round < FUZZ_ROUNDS; round++) {
		const struct stream *row =
		    &streams[draw(&seed, COUNT(streams))];
		const struct wire_frame *f =
		    &wire_frames[draw(&seed, wire_frame_count)];

		buf_cut(&in, 0);
		if (draw(&seed, 2) != 0)
			buf_add(&in, row->in.data, row->in.length);
		else
			buf_add_format(&in, "*%d\r\n$3\r\nSET\r\n",
			    (int)draw(&seed, 4));
		buf_add(&in, f->in.data, f->in.length);
		wire_mutate(&in, &seed);
		buf_cut(&in, draw(&seed, (uint32_t)in.length + 1));
		if (request_measure(buf_bytes(&in), spans, COUNT(spans),
		    &count) == 0)
			continue;
		try_prefix(buf_bytes(&in), (enum dialect)draw(&seed, 3),
		    &waited, &taken);
		ck_assert_msg(!waited, "round %d: %.*s", round,
		    (int)in.length, in.data);
	}
	buf_free(&in);
}
END_TEST

START_TEST(request_measure_finds_the_arguments)
{
	static const struct {
		const char	*in;
		const char	*args[3];	/* none: whoever reads will see */
	} rows[] = {
		{ "*2\r\n$3\r\nGET\r\n$2\r\nk1\r\n", { "GET", "k1" } },
		{ "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", { "GET", "" } },
		{ "*1\r\n$4\r\nPING\r\n", { "PING" } },
		{ "*3\r\n$0\r\n\r\n$10\r\n0123456789\r\n$1\r\nc\r\n",
		    { "", "0123456789", "c" } },
		{ "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n",
		    { NULL } },
		{ "*0\r\n", { NULL } },
		{ "*-1\r\n", { NULL } },
		{ "*01\r\n$4\r\nPING\r\n", { NULL } },
		{ "*1\r\n$04\r\nPING\r\n", { NULL } },
		{ "*1\r\n$4\r\nPINGxx", { NULL } },
		{ "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n*1\r\n:1\r\n", { NULL } },
		{ "*2\r\n$3\r\nGET\r\n:1\r\n", { NULL } },
		{ "*2\r\n$3\r\nGET\r\n$-1\r\n", { NULL } },
		{ "*2\r\n$3\r\nGET\r\n=6\r\ntxt:k1\r\n", { NULL } },
		{ "%1\r\n$3\r\nGET\r\n$1\r\nk\r\n", { NULL } },
		{ "+GET k\r\n", { NULL } },
		{ "GET k\r\n", { NULL } },
	};
	struct request_span spans[3];
	size_t i, k, count;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_uint_eq(request_measure(bytes_of(rows[i].in), spans,
		    COUNT(spans), &count), strlen(rows[i].in));
		for (k = 0; k < count; k++) {
			ck_assert_msg(rows[i].args[k] != NULL, "row %zu", i);
			ck_assert(bytes_equal(bytes_make(rows[i].in +
			    spans[k].at, spans[k].length),
			    bytes_of(rows[i].args[k])));
		}
		ck_assert_msg(k == 3 || rows[i].args[k] == NULL, "row %zu", i);
	}
}
END_TEST

/* A pipeline of many arguments, twice, and small ones in between. */
START_TEST(request_forgets_the_one_before)
{
	struct buf in = { 0 };
	struct wire s = { 0 };
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
	file = wire_open(&s);
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
	struct wire s = { 0 };
	struct value taken;
	struct request q;
	FILE *file;

	buf_add_string(&in, "*2\r\n+SET\r\n$40000\r\n");
	wire_repeat(&in, "z", 40000);
	buf_add_string(&in, "\r\n+PING\r\n");
	s.data = buf_bytes(&in);
	file = wire_open(&s);
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
	struct wire s = { 0 };
	struct request q;
	FILE *file;

	buf_add_format(&in, "$%zu\r\n", rows[_i].words * 2);
	wire_repeat(&in, "x ", rows[_i].words);
	buf_add_string(&in, "\r\n");
	s.data = buf_bytes(&in);
	file = wire_open(&s);
	q = request_on(file);
	ck_assert_int_eq(request_read(&q, DIALECT_ARTICLE), rows[_i].status);
	if (rows[_i].status == REQUEST_OK)
		ck_assert_uint_eq(q.count, rows[_i].words);
	request_free(&q);
	fclose(file);
	buf_free(&in);
}
END_TEST

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

int
main(void)
{
	Suite *s = suite_create("request");
	TCase *t = tcase_create("request");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, request_reads_each_dialect, 0,
	    COUNT(streams));
	tcase_add_loop_test(t, request_measure_agrees_with_reading, 0,
	    COUNT(streams));
	tcase_add_test(t, request_measure_never_promises_too_much);
	tcase_add_test(t, request_measure_finds_the_arguments);
	tcase_add_test(t, request_forgets_the_one_before);
	tcase_add_test(t, request_gives_its_arguments_away);
	tcase_add_loop_test(t, request_limits_a_string_of_words, 0, 4);
	tcase_add_test(t, request_parses_memory);
	suite_add_tcase(s, t);
	hash_seed();
	return (suite_run(s));
}
