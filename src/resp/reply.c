/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place where the dialects differ in bytes.  A typed reply on a
 * RESP2 connection hangs or desynchronises clients, so RESP2 gets nothing
 * Redis would not send: integers in stored values are bulks there, and a
 * dictionary is flat.
 */
#include "resp/reply.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/zset.h"

enum { HEADER_SIZE = 1 + NUMBER_SIZE + 2 };

/* "*3\r\n", ":-1\r\n" and the like; where it ends. */
static char *
write_header(char *to, char type, int64_t n)
{
	*to++ = type;
	if (n >= 0 && n < 100) {
		if (n >= 10)
			*to++ = (char)('0' + n / 10);
		*to++ = (char)('0' + n % 10);
	} else
		to += number_format(to, n);
	memcpy(to, "\r\n", 2);
	return (to + 2);
}

static void
header(struct reply *r, char type, int64_t n)
{
	char *to = buf_reserve(&r->out, HEADER_SIZE);

	if (to != NULL)
		r->out.length = (size_t)(write_header(to, type, n) -
		    r->out.data);
}

static void
counted(struct reply *r, char type, struct bytes b)
{
	char *to = buf_reserve(&r->out, HEADER_SIZE + b.length + 2);

	if (to == NULL)
		return;
	to = write_header(to, type, (int64_t)b.length);
	if (b.length != 0)
		memcpy(to, b.data, b.length);
	memcpy(to + b.length, "\r\n", 2);
	r->out.length = (size_t)(to + b.length + 2 - r->out.data);
}

/* Text from position start on, which user data may be in, becomes one line. */
static void
end_line(struct reply *r, size_t start)
{
	size_t i;

	for (i = start; i < r->out.length; i++) {
		if ((unsigned char)r->out.data[i] < ' ' ||
		    r->out.data[i] == 0x7f)
			r->out.data[i] = ' ';
	}
	buf_add(&r->out, "\r\n", 2);
}

void
reply_status(struct reply *r, const char *text)
{
	buf_add_char(&r->out, '+');
	buf_add_string(&r->out, text);
	buf_add(&r->out, "\r\n", 2);
}

void
reply_ok(struct reply *r)
{
	buf_add(&r->out, "+OK\r\n", 5);
}

static bool
is_line_end(const struct reply *r)
{
	char last = r->out.data[r->out.length - 1];

	return (last == '\r' || last == '\n');
}

void
reply_error(struct reply *r, const char *format, ...)
{
	va_list ap;

	r->errors++;
	r->error_at = r->out.length;
	buf_add_char(&r->out, '-');
	va_start(ap, format);
	buf_add_format_list(&r->out, format, ap);
	va_end(ap);
	/* Line ends at its end are no part of it to Redis either. */
	while (r->out.length > r->error_at + 1 && is_line_end(r))
		r->out.length--;
	end_line(r, r->error_at + 1);
}

void
reply_integer(struct reply *r, int64_t n)
{
	header(r, ':', n);
}

void
reply_bulk(struct reply *r, struct bytes b)
{
	counted(r, '$', b);
}

void
reply_string(struct reply *r, const char *string)
{
	reply_bulk(r, bytes_of(string));
}

void
reply_null(struct reply *r)
{
	if (r->dialect == DIALECT_RESP3)
		buf_add(&r->out, "_\r\n", 3);
	else
		buf_add(&r->out, "$-1\r\n", 5);
}

void
reply_null_array(struct reply *r)
{
	if (r->dialect == DIALECT_RESP3)
		buf_add(&r->out, "_\r\n", 3);
	else
		buf_add(&r->out, "*-1\r\n", 5);
}

/* The text of a floating-point number. */
static void
real_number(struct reply *r, struct bytes text)
{
	if (r->dialect != DIALECT_RESP3) {
		reply_bulk(r, text);
		return;
	}
	buf_add_char(&r->out, ',');
	buf_add(&r->out, text.data, text.length);
	buf_add(&r->out, "\r\n", 2);
}

void
reply_double(struct reply *r, double real)
{
	char text[NUMBER_SIZE];
	size_t length = number_format_double(text, real);

	real_number(r, bytes_make(text, length));
}

void
reply_score(struct reply *r, double score)
{
	char text[NUMBER_SIZE];
	size_t length = reply_format_score(text, score);

	real_number(r, bytes_make(text, length));
}

void
reply_decimal(struct reply *r, double real)
{
	struct buf text = { 0 };

	number_add_long_double(&text, real);
	real_number(r, buf_bytes(&text));
	buf_free(&text);
}

size_t
reply_format_score(char out[NUMBER_SIZE], double score)
{
	/* Most are whole, and printf(3) is slow. */
	if (score > -1e15 && score < 1e15 && score == (double)(int64_t)score &&
	    (score != 0 || !signbit(score)))
		return (number_format(out, (int64_t)score));
	if (isinf(score))
		return ((size_t)snprintf(out, NUMBER_SIZE, "%s",
		    score > 0 ? "inf" : "-inf"));
	return ((size_t)snprintf(out, NUMBER_SIZE, "%.17g", score));
}

void
reply_boolean(struct reply *r, bool boolean)
{
	if (r->dialect == DIALECT_RESP3)
		buf_add(&r->out, boolean ? "#t\r\n" : "#f\r\n", 4);
	else
		reply_integer(r, boolean);
}

void
reply_verbatim(struct reply *r, const char format[3], struct bytes b)
{
	if (r->dialect != DIALECT_RESP3) {
		reply_bulk(r, b);
		return;
	}
	header(r, '=', (int64_t)b.length + 4);
	buf_add(&r->out, format, 3);
	buf_add_char(&r->out, ':');
	buf_add(&r->out, b.data, b.length);
	buf_add(&r->out, "\r\n", 2);
}

size_t
reply_mark(const struct reply *r)
{
	return (r->out.length);
}

/* What stands from end on, at most NUMBER_SIZE * 2 bytes, moves to the mark. */
static void
move_to(struct reply *r, size_t mark, size_t end)
{
	size_t length = r->out.length - end;
	char text[NUMBER_SIZE * 2], *from;

	if (r->out.failed)
		return;
	assert(length <= sizeof(text));
	from = r->out.data + mark;
	memcpy(text, r->out.data + end, length);
	memmove(from + length, from, end - mark);
	memcpy(from, text, length);
}

static void
insert(struct reply *r, size_t mark, char type, size_t n)
{
	size_t end = r->out.length;

	header(r, type, (int64_t)n);
	move_to(r, mark, end);
}

void
reply_string_at(struct reply *r, size_t mark, const char *string)
{
	size_t end = r->out.length;

	reply_string(r, string);
	move_to(r, mark, end);
}

void
reply_array_at(struct reply *r, size_t mark, size_t n)
{
	insert(r, mark, '*', n);
}

void
reply_map_at(struct reply *r, size_t mark, size_t n)
{
	if (r->dialect == DIALECT_RESP3)
		insert(r, mark, '%', n);
	else
		insert(r, mark, '*', 2 * n);
}

void
reply_set_at(struct reply *r, size_t mark, size_t n)
{
	insert(r, mark, r->dialect == DIALECT_RESP3 ? '~' : '*', n);
}

void
reply_push(struct reply *r, size_t n)
{
	header(r, r->dialect == DIALECT_RESP3 ? '>' : '*', (int64_t)n);
}

void
reply_array(struct reply *r, size_t n)
{
	header(r, '*', (int64_t)n);
}

void
reply_map(struct reply *r, size_t n)
{
	if (r->dialect == DIALECT_RESP3)
		header(r, '%', (int64_t)n);
	else
		header(r, '*', 2 * (int64_t)n);
}

void
reply_set(struct reply *r, size_t n)
{
	header(r, r->dialect == DIALECT_RESP3 ? '~' : '*', (int64_t)n);
}

static void
reply_stored_integer(struct reply *r, int64_t n)
{
	char text[NUMBER_SIZE];

	if (r->dialect == DIALECT_RESP2)
		reply_bulk(r, bytes_make(text, number_format(text, n)));
	else
		reply_integer(r, n);
}

static void
reply_stored_error(struct reply *r, struct bytes text)
{
	size_t start = r->out.length;

	if (r->dialect == DIALECT_RESP2) {
		reply_bulk(r, text);
		return;
	}
	buf_add_char(&r->out, '-');
	buf_add(&r->out, text.data, text.length);
	end_line(r, start + 1);
}

static void
reply_list(struct reply *r, const struct list *list)
{
	struct list_iter it;

	reply_array(r, list_length(list));
	for (list_start(&it, list, 0, false); list_next(&it); )
		reply_value(r, &it.value);
}

static void
reply_dict(struct reply *r, const struct dict *dict)
{
	struct dict_iter it;
	size_t n = dict_length(dict);

	/* The article's own clients know "%", whatever RESP they are. */
	if (r->dialect == DIALECT_ARTICLE)
		header(r, '%', (int64_t)n);
	else
		reply_map(r, n);
	for (dict_start(&it, dict); dict_next(&it); ) {
		reply_value(r, &it.key);
		reply_value(r, &it.value);
	}
}

static void
reply_members(struct reply *r, const struct dict *set)
{
	struct dict_iter it;

	reply_set(r, dict_length(set));
	for (dict_start(&it, set); dict_next(&it); )
		reply_value(r, &it.key);
}

/* An array of pairs, member and score; in RESP2 one after the other. */
static void
reply_scores(struct reply *r, const struct zset *zset)
{
	bool pairs = r->dialect == DIALECT_RESP3;
	struct zset_iter it;
	size_t n = zset_length(zset);

	reply_array(r, pairs ? n : 2 * n);
	for (zset_start(&it, zset, 0, false); zset_next(&it); ) {
		if (pairs)
			reply_array(r, 2);
		reply_bulk(r, it.member);
		reply_score(r, it.score);
	}
}

static void
reply_big_number(struct reply *r, struct bytes digits)
{
	if (r->dialect != DIALECT_RESP3) {
		reply_bulk(r, digits);
		return;
	}
	buf_add_char(&r->out, '(');
	buf_add(&r->out, digits.data, digits.length);
	buf_add(&r->out, "\r\n", 2);
}

void
reply_value(struct reply *r, const struct value *v)
{
	switch (v->type) {
	case VALUE_STRING:
		reply_bulk(r, value_bytes(v));
		break;
	case VALUE_INTEGER:
		reply_stored_integer(r, v->integer);
		break;
	case VALUE_BOOLEAN:
		if (r->dialect == DIALECT_RESP2)
			reply_stored_integer(r, v->boolean);
		else
			reply_boolean(r, v->boolean);
		break;
	case VALUE_DOUBLE:
		reply_double(r, v->real);
		break;
	case VALUE_BIG_NUMBER:
		reply_big_number(r, value_bytes(v));
		break;
	case VALUE_ERROR:
		reply_stored_error(r, value_bytes(v));
		break;
	case VALUE_LIST:
		reply_list(r, v->list);
		break;
	case VALUE_DICT:
		reply_dict(r, v->dict);
		break;
	case VALUE_SET:
		reply_members(r, v->dict);
		break;
	case VALUE_ZSET:
		reply_scores(r, v->zset);
		break;
	default:
		reply_null(r);
		break;
	}
}

bool
reply_can_say(const struct reply *r, enum value_type type)
{
	return (r->dialect != DIALECT_RESP2 || type < VALUE_ERROR);
}
