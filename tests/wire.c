/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the wire format share: see wire.h.
 */
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "resp/reader.h"
#include "value/dict.h"
#include "value/list.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static ssize_t
give(void *cookie, char *to, size_t size)
{
	struct wire *s = cookie;
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

FILE *
wire_open(struct wire *s)
{
	cookie_io_functions_t functions = { .read = give };
	FILE *in = fopencookie(s, "r", functions);

	ck_assert_ptr_nonnull(in);
	return (in);
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

void
wire_describe(struct buf *out, const struct value *v)
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
			wire_describe(out, &item.value);
			buf_add_char(out, ' ');
		}
		buf_add_char(out, ']');
		break;
	case VALUE_DICT:
	case VALUE_SET:
		buf_add_string(out, v->type == VALUE_SET ? "< " : "{ ");
		for (dict_start(&pair, v->dict); dict_next(&pair); ) {
			wire_describe(out, &pair.key);
			if (v->type == VALUE_DICT) {
				buf_add_char(out, '=');
				wire_describe(out, &pair.value);
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

struct reader
wire_reader(FILE *in)
{
	return ((struct reader){ .in = in, .max_bulk = VALUE_MAX_BYTES,
	    .max_elements = READER_MAX_ELEMENTS });
}

const struct wire_frame wire_frames[] = {
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

const size_t wire_frame_count = COUNT(wire_frames);

void
wire_mutate(struct buf *b, uint64_t *seed)
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

void
wire_repeat(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_add_string(b, text);
}
