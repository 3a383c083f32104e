/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recursive descent, bounded by READER_MAX_DEPTH.  What is well formed and
 * still unusable does not stop the descent: the first such error is kept, the
 * value is read to its end and dropped, so that the stream stays in step and
 * the connection lives.
 */
#include "resp/reader.h"

#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "net/stream.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/set.h"

enum {
	/* Longer strings are allocations of their own, which a SET can take. */
	ARENA_STRING	= 16 * 1024,
	STEP		= 64 * 1024,
};

static enum reader_status read_value(struct reader *, int first, int depth,
    struct value *out);

/* Note an error; both return the status to be returned. */
static enum reader_status
note_wrong(struct reader *r, const char *error)
{
	if (r->error == NULL)
		r->error = error;
	return (READER_WRONG);
}

static enum reader_status
note_broken(struct reader *r, const char *error)
{
	r->error = error;
	return (READER_BROKEN);
}

/* CR LF, exactly. */
static enum reader_status
read_crlf(struct reader *r, const char *error)
{
	int cr = getc_unlocked(r->in), lf;

	if (cr == EOF)
		return (READER_END);
	if (cr != '\r')
		return (note_broken(r, error));
	lf = getc_unlocked(r->in);
	if (lf == EOF)
		return (READER_END);
	return (lf == '\n' ? READER_OK : note_broken(r, error));
}

/*
 * A length: digits without sign or leading zeros, or -1.  Read byte by byte,
 * so that nothing malformed is waited for or buffered.
 */
static enum reader_status
read_length(struct reader *r, int64_t most, const char *error, int64_t *out)
{
	int c = getc_unlocked(r->in), digits = 0;
	int64_t n = 0;

	*out = 0;
	if (c == '-') {
		if ((c = getc_unlocked(r->in)) == EOF)
			return (READER_END);
		if (c != '1')
			return (note_broken(r, error));
		*out = -1;
		return (read_crlf(r, error));
	}
	for (; c >= '0' && c <= '9'; c = getc_unlocked(r->in)) {
		if (digits++ != 0 && n == 0)
			return (note_broken(r, error));
		n = n * 10 + (c - '0');
		if (n > most)
			return (note_broken(r, error));
	}
	if (c == EOF)
		return (READER_END);
	if (digits == 0 || c != '\r')
		return (note_broken(r, error));
	*out = n;
	if ((c = getc_unlocked(r->in)) == EOF)
		return (READER_END);
	return (c == '\n' ? READER_OK : note_broken(r, error));
}

enum reader_status
reader_count(struct reader *r, int64_t most, int64_t *count)
{
	if (r->stranger)
		return (read_length(r, READER_STRANGER_ELEMENTS, "ERR Protocol "
		    "error: unauthenticated multibulk length", count));
	return (read_length(r, most,
	    "ERR Protocol error: invalid multibulk length", count));
}

enum reader_status
reader_line(struct reader *r)
{
	int c;

	buf_clear(&r->line, STEP);
	while ((c = getc_unlocked(r->in)) != '\n') {
		if (c == EOF)
			return (READER_END);
		if (r->line.length == READER_MAX_LINE)
			return (note_broken(r,
			    "ERR Protocol error: too big inline request"));
		buf_add_char(&r->line, (char)c);
	}
	while (r->line.length != 0 &&
	    r->line.data[r->line.length - 1] == '\r')
		r->line.length--;
	return (r->line.failed ? note_wrong(r, "OOM out of memory") :
	    READER_OK);
}

/* Room for a string of n bytes grows by doubling while they come. */
static enum reader_status
read_long(struct reader *r, size_t n, struct value *out)
{
	size_t size = 0, length = 0, want;
	char *data = NULL, *larger, waste[512];

	do {
		if (length == size) {
			size = size == 0 ? STEP : 2 * size;
			if (size > n)
				size = n;
			larger = mem_try_resize(data, size + 1);
			if (larger == NULL)
				goto drop;
			data = larger;
		}
		want = size - length < STEP ? size - length : STEP;
		if (fread_unlocked(data + length, 1, want, r->in) != want) {
			mem_free(data);
			return (READER_END);
		}
		length += want;
		if (r->progress != NULL)
			r->progress(r->progress_arg);
	} while (length < n);
	data[n] = '\0';
	out->data = data;
	out->owned = true;
	return (READER_OK);
drop:
	mem_free(data);
	for (; length < n; length += want) {
		want = n - length < sizeof(waste) ? n - length : sizeof(waste);
		if (fread_unlocked(waste, 1, want, r->in) != want)
			return (READER_END);
	}
	return (note_wrong(r, "OOM out of memory for a string of this size"));
}

/* A string and its CR LF straight from the stream's buffer. */
static enum reader_status
read_in_place(struct reader *r, char *data, struct value *out)
{
	if (data[out->length] != '\r' || data[out->length + 1] != '\n')
		return (note_broken(r,
		    "ERR Protocol error: expected CRLF after bulk"));
	out->data = data;
	return (READER_OK);
}

static enum reader_status
read_bulk(struct reader *r, enum value_type type, int depth,
    struct value *out)
{
	enum reader_status status, end;
	char *data;
	int64_t n;

	status = r->stranger ? read_length(r, READER_STRANGER_BULK,
	    "ERR Protocol error: unauthenticated bulk length", &n) :
	    read_length(r, r->max_bulk,
	    "ERR Protocol error: invalid bulk length", &n);
	if (status != READER_OK)
		return (status);
	if (n < 0) {
		*out = value_null();
		return (READER_OK);
	}
	*out = value_view(type, bytes_make(NULL, (size_t)n));
	if (r->in_place && depth == 0 &&
	    (data = stream_take(r->in, (size_t)n + 2)) != NULL)
		return (read_in_place(r, data, out));
	if (n > ARENA_STRING)
		status = read_long(r, (size_t)n, out);
	else {
		if (r->arena != NULL && depth == 0)
			out->data = arena_take(r->arena, (size_t)n);
		else {
			out->data = mem_alloc((size_t)n + 1);
			out->data[n] = '\0';
			out->owned = true;
		}
		if (out->data == NULL)
			status = read_long(r, (size_t)n, out);
		else if (fread_unlocked(out->data, 1, (size_t)n, r->in) !=
		    (size_t)n)
			status = READER_END;
	}
	if (status == READER_OK || status == READER_WRONG) {
		end = read_crlf(r,
		    "ERR Protocol error: expected CRLF after bulk");
		if (end != READER_OK)
			status = end;
	}
	return (status);
}

/* "=15\r\ntxt:Some string\r\n": the three letters are not kept. */
static enum reader_status
read_verbatim(struct reader *r, int depth, struct value *out)
{
	enum reader_status status = read_bulk(r, VALUE_STRING, depth, out);

	if (status != READER_OK)
		return (status);
	if (out->type != VALUE_STRING || out->length < 4 ||
	    out->data[3] != ':')
		return (note_broken(r,
		    "ERR Protocol error: invalid verbatim string"));
	out->length -= 4;
	memmove(out->data, out->data + 4, out->length + out->owned);
	return (READER_OK);
}

static enum reader_status
read_simple(struct reader *r, enum value_type type, struct value *out)
{
	enum reader_status status = reader_line(r);

	if (status == READER_OK)
		*out = value_copy(type, buf_bytes(&r->line));
	return (status);
}

static bool
is_digits(struct bytes text)
{
	size_t i;

	for (i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (false);
	}
	return (text.length != 0);
}

/* The digits of the line, without a sign; none if there is something else. */
static struct bytes
line_digits(struct reader *r)
{
	struct bytes text = buf_bytes(&r->line);

	if (text.length != 0 && (*text.data == '+' || *text.data == '-'))
		text = bytes_make(text.data + 1, text.length - 1);
	return (is_digits(text) ? text : bytes_make(NULL, 0));
}

static enum reader_status
read_integer(struct reader *r, struct value *out)
{
	enum reader_status status = reader_line(r);
	struct bytes digits;
	char text[NUMBER_SIZE];
	int64_t n;

	if (status != READER_OK)
		return (status);
	digits = line_digits(r);
	if (digits.length == 0)
		return (note_broken(r,
		    "ERR Protocol error: invalid integer"));
	while (digits.length > 1 && *digits.data == '0')
		digits = bytes_make(digits.data + 1, digits.length - 1);
	snprintf(text, sizeof(text), "%s%.*s",
	    *r->line.data == '-' && *digits.data != '0' ? "-" : "",
	    (int)digits.length, digits.data);
	if (digits.length > 19 || !number_parse(bytes_of(text), &n))
		return (note_wrong(r,
		    "ERR Protocol error: integer out of range"));
	*out = value_integer(n);
	return (READER_OK);
}

static enum reader_status
read_big_number(struct reader *r, struct value *out)
{
	enum reader_status status = reader_line(r);

	if (status != READER_OK)
		return (status);
	if (line_digits(r).length == 0)
		return (note_broken(r,
		    "ERR Protocol error: invalid big number"));
	*out = value_copy(VALUE_BIG_NUMBER, buf_bytes(&r->line));
	return (READER_OK);
}

static enum reader_status
read_double(struct reader *r, struct value *out)
{
	enum reader_status status = reader_line(r);
	double real;

	if (status != READER_OK)
		return (status);
	if (!number_parse_decimal(buf_bytes(&r->line), &real))
		return (note_broken(r,
		    "ERR Protocol error: invalid double"));
	*out = value_double(real);
	return (READER_OK);
}

/* "_" and "#t", "#f". */
static enum reader_status
read_constant(struct reader *r, int first, struct value *out)
{
	enum reader_status status = reader_line(r);
	struct bytes text = buf_bytes(&r->line);

	if (status != READER_OK)
		return (status);
	if (first == '_' && text.length == 0)
		*out = value_null();
	else if (first == '#' && text.length == 1 &&
	    (*text.data == 't' || *text.data == 'f'))
		*out = value_boolean(*text.data == 't');
	else
		return (note_broken(r, first == '_' ?
		    "ERR Protocol error: invalid null" :
		    "ERR Protocol error: invalid boolean"));
	return (READER_OK);
}

/* The next value of a container; `wrong` remembers that one was dropped. */
static enum reader_status
read_item(struct reader *r, int depth, struct value *out, bool *wrong)
{
	int first = getc_unlocked(r->in);
	enum reader_status status;

	out->type = VALUE_NONE;
	if (first == EOF)
		return (READER_END);
	status = read_value(r, first, depth + 1, out);
	if (status != READER_WRONG)
		return (status);
	*wrong = true;
	*out = value_null();
	return (READER_OK);
}

/*
 * A key must not be a container.  Constant texts, since the first error of a
 * request is told when all of it has been read, whatever came later.
 */
static void
check_key(struct reader *r, struct value *key, bool *wrong)
{
	if (!value_is_container(key))
		return;
	note_wrong(r, key->type == VALUE_LIST ?
	    "ERR unhashable key type: array" : key->type == VALUE_DICT ?
	    "ERR unhashable key type: dictionary" :
	    "ERR unhashable key type: set");
	*wrong = true;
	value_free(key);
	*key = value_null();
}

static enum reader_status
fill_list(struct reader *r, int64_t count, int depth, struct list **list)
{
	enum reader_status status = READER_OK;
	struct value item;
	bool wrong = false;
	int64_t i;

	for (i = 0; i < count && status == READER_OK; i++) {
		status = read_item(r, depth, &item, &wrong);
		if (status == READER_OK && !wrong)
			list_push(list, &item);
		else
			value_free(&item);
	}
	return (status == READER_OK && wrong ? READER_WRONG : status);
}

/*
 * A dictionary of count pairs, or a set of count members.  Not part of its
 * caller either: lists take less of the stack.
 */
__attribute__((noinline)) static enum reader_status
fill_dict(struct reader *r, int64_t count, int depth, bool is_set,
    struct dict **dict)
{
	enum reader_status status = READER_OK;
	struct value key, value;
	bool wrong = false;
	int64_t i;

	for (i = 0; i < count && status == READER_OK; i++) {
		value = value_null();
		status = read_item(r, depth, &key, &wrong);
		if (status == READER_OK)
			check_key(r, &key, &wrong);
		if (status == READER_OK && !is_set)
			status = read_item(r, depth, &value, &wrong);
		if (status == READER_OK && !wrong) {
			if (is_set)
				set_add(dict, &key);
			else
				dict_put(dict, &key, &value);
		} else {
			value_free(&key);
			value_free(&value);
		}
	}
	return (status == READER_OK && wrong ? READER_WRONG : status);
}

static enum reader_status
read_container(struct reader *r, int first, int depth, struct value *out)
{
	enum reader_status status;
	int64_t count;

	status = reader_count(r, r->max_elements, &count);
	if (status != READER_OK)
		return (status);
	if (count < 0) {
		if (first != '*')
			return (note_broken(r,
			    "ERR Protocol error: invalid multibulk length"));
		*out = value_null();
		return (READER_OK);
	}
	if (depth == READER_MAX_DEPTH)
		return (note_broken(r,
		    "ERR Protocol error: nesting too deep"));
	switch (first) {
	case '%':
	case '|':
		*out = value_new(VALUE_DICT);
		return (fill_dict(r, count, depth, false, &out->dict));
	case '~':
		*out = value_new(VALUE_SET);
		return (fill_dict(r, count, depth, true, &out->dict));
	default:
		*out = value_new(VALUE_LIST);
		return (fill_list(r, count, depth, &out->list));
	}
}

/* An attribute, which is dropped, and the value it belongs to. */
static enum reader_status
read_attributed(struct reader *r, int depth, struct value *out)
{
	enum reader_status status = read_container(r, '|', depth, out);
	int first;

	if (status != READER_OK && status != READER_WRONG)
		return (status);
	value_free(out);
	if ((first = getc_unlocked(r->in)) == EOF)
		return (READER_END);
	/* One level down, so that a run of attributes ends somewhere. */
	if (depth == READER_MAX_DEPTH)
		return (note_broken(r,
		    "ERR Protocol error: nesting too deep"));
	return (read_value(r, first, depth + 1, out));
}

/*
 * Not part of its caller, which stands on the stack once a level of nesting:
 * whoever announces much shall not take much memory.
 */
__attribute__((noinline)) static enum reader_status
read_scalar(struct reader *r, int first, int depth, struct value *out)
{
	switch (first) {
	case '$':
	case '^':	/* simpledb's text string */
		return (read_bulk(r, VALUE_STRING, depth, out));
	case '!':
		return (read_bulk(r, VALUE_ERROR, depth, out));
	case '=':
		return (read_verbatim(r, depth, out));
	case '+':
		return (read_simple(r, VALUE_STRING, out));
	case '-':
		return (read_simple(r, VALUE_ERROR, out));
	case ':':
		return (read_integer(r, out));
	case ',':
		return (read_double(r, out));
	case '(':
		return (read_big_number(r, out));
	case '_':
	case '#':
		return (read_constant(r, first, out));
	}
	return (note_broken(r, r->replies ?
	    "ERR Protocol error: unknown type" : "bad request"));
}

static enum reader_status
read_by_type(struct reader *r, int first, int depth, struct value *out)
{
	switch (first) {
	case '*':
	case '%':
	case '~':
		return (read_container(r, first, depth, out));
	case '>':
		if (!r->replies || depth != 0)
			break;
		r->push = true;
		return (read_container(r, first, depth, out));
	case '|':
		if (r->replies)
			return (read_attributed(r, depth, out));
		break;
	}
	return (read_scalar(r, first, depth, out));
}

static enum reader_status
read_value(struct reader *r, int first, int depth, struct value *out)
{
	enum reader_status status;

	out->type = VALUE_NONE;
	if (++r->values % 1024 == 0 && r->progress != NULL)
		r->progress(r->progress_arg);
	status = read_by_type(r, first, depth, out);
	if (status != READER_OK)
		value_free(out);
	return (status);
}

enum reader_status
reader_value(struct reader *r, int first, struct value *out)
{
	r->error = NULL;
	r->push = false;
	return (read_value(r, first, 0, out));
}

void
reader_free(struct reader *r)
{
	buf_free(&r->line);
}
