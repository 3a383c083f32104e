/* SPDX-License-Identifier: BSD-2-Clause */
#include "resp/request.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/stream.h"

/* Room for so many args in all. */
static void
reserve(struct request *q, size_t count)
{
	if (count <= q->size)
		return;
	while (q->size < count)
		q->size = q->size != 0 ? 2 * q->size : 8;
	q->args = mem_resize(q->args, q->size * sizeof(*q->args));
}

void
request_add(struct request *q, struct value *v)
{
	reserve(q, q->count + 1);
	q->text.length = 0;
	q->args[q->count++] = *v;
	v->type = VALUE_NONE;
}

void
request_clear(struct request *q)
{
	size_t i;

	for (i = 0; q->text.length == 0 && i < q->count; i++)
		value_free(&q->args[i]);
	q->count = 0;
	q->text.length = 0;
	if (q->size > 1024) {
		mem_free(q->args);
		q->args = NULL;
		q->size = 0;
	}
	arena_reset(&q->arena);
}

void
request_free(struct request *q)
{
	request_clear(q);
	mem_free(q->args);
	q->args = NULL;
	q->size = 0;
	arena_free(&q->arena);
	words_free(&q->words);
	reader_free(&q->reader);
}

static enum request_status
fail(struct request *q, enum request_status status, const char *error)
{
	q->error = error;
	return (status);
}

/* What a reader's status means for the request it was reading. */
static enum request_status
translate(struct request *q, enum reader_status status)
{
	switch (status) {
	case READER_OK:
		return (REQUEST_OK);
	case READER_END:
		return (REQUEST_END);
	case READER_WRONG:
		return (fail(q, REQUEST_WRONG, q->reader.error));
	case READER_BROKEN:
		break;
	}
	return (fail(q, REQUEST_BROKEN, q->reader.error));
}

/* The words that were split off a line or a string become the args. */
static void
take_words(struct request *q)
{
	struct value v;
	size_t i;

	for (i = 0; i < q->words.count; i++) {
		v = value_view(VALUE_STRING, q->words.word[i]);
		request_add(q, &v);
	}
}

/*
 * A line as a person types it, quoted as in Redis.  A browser that was led
 * here says POST or Host: and must not get further (Redis 3.2.7).
 */
static enum request_status
read_inline(struct request *q)
{
	enum reader_status status = reader_line(&q->reader);

	if (status != READER_OK)
		return (translate(q, status));
	if (!words_split(&q->words, buf_bytes(&q->reader.line)))
		return (fail(q, REQUEST_BROKEN,
		    "ERR Protocol error: unbalanced quotes in request"));
	if (q->words.count == 0)
		return (REQUEST_EMPTY);
	if (bytes_is(q->words.word[0], "post") ||
	    bytes_is(q->words.word[0], "host:"))
		return (REQUEST_FOREIGN);
	take_words(q);
	return (REQUEST_OK);
}

static enum request_status
expected_bulk(struct request *q, int got)
{
	snprintf(q->reader.error_text, sizeof(q->reader.error_text),
	    "ERR Protocol error: expected '$', got '%c'", got);
	return (fail(q, REQUEST_BROKEN, q->reader.error_text));
}

/*
 * The elements of an array.  Redis takes nothing but strings; a client that
 * said HELLO 3 may give typed values behind the command's name.
 */
static enum request_status
read_elements(struct request *q, int64_t count, enum dialect dialect)
{
	enum request_status result = REQUEST_OK;
	enum reader_status status;
	struct value v;
	int64_t i;
	int first;

	for (i = 0; i < count; i++) {
		if ((first = getc_unlocked(q->reader.in)) == EOF)
			return (REQUEST_END);
		if (first != '$' && (dialect == DIALECT_RESP2 ||
		    (dialect == DIALECT_RESP3 && i == 0)))
			return (expected_bulk(q, first));
		status = reader_value(&q->reader, first, &v);
		if (status == READER_WRONG && result == REQUEST_OK)
			result = translate(q, status);
		if (status == READER_WRONG)
			continue;
		if (status != READER_OK)
			return (translate(q, status));
		if (v.type == VALUE_NULL && first == '$' &&
		    dialect == DIALECT_RESP2)
			return (fail(q, REQUEST_BROKEN,
			    "ERR Protocol error: invalid bulk length"));
		request_add(q, &v);
	}
	return (result);
}

static enum request_status
read_array(struct request *q, enum dialect dialect)
{
	enum reader_status status;
	int64_t count;

	status = reader_count(&q->reader, dialect == DIALECT_ARTICLE ?
	    READER_MAX_ELEMENTS : INT32_MAX, &count);
	if (status != READER_OK)
		return (translate(q, status));
	if (count > 0)
		return (read_elements(q, count, dialect));
	return (dialect == DIALECT_ARTICLE ?
	    fail(q, REQUEST_WRONG, "Missing command") : REQUEST_EMPTY);
}

/* A request that is one value: a string is split as the article does it. */
static enum request_status
read_single(struct request *q, int first)
{
	enum reader_status status;
	struct value v;

	status = reader_value(&q->reader, first, &v);
	if (status != READER_OK)
		return (translate(q, status));
	if (v.type != VALUE_STRING) {
		value_free(&v);
		return (fail(q, REQUEST_WRONG,
		    "Request must be list or simple string."));
	}
	/* As long as a line may be: a word costs more than its two bytes. */
	if (v.length > READER_MAX_LINE) {
		value_free(&v);
		return (fail(q, REQUEST_BROKEN,
		    "ERR Protocol error: too big inline request"));
	}
	words_split_blanks(&q->words, value_bytes(&v));
	value_free(&v);
	if (q->words.count == 0)
		return (fail(q, REQUEST_WRONG, "Missing command"));
	take_words(q);
	return (REQUEST_OK);
}

static enum request_status
read_article(struct request *q, int first)
{
	if (first == '*')
		return (read_array(q, DIALECT_ARTICLE));
	if (strchr("+$-:%^_,#(=!~", first) != NULL && first != '\0')
		return (read_single(q, first));
	if (isalpha(first) || first == '\r' || first == '\n') {
		ungetc(first, q->reader.in);
		return (read_inline(q));
	}
	return (fail(q, REQUEST_BROKEN, "bad request"));
}

enum request_status
request_read(struct request *q, enum dialect dialect)
{
	int first;

	request_clear(q);
	if ((first = getc_unlocked(q->reader.in)) == EOF)
		return (REQUEST_END);
	q->reader.arena = &q->arena;
	if (dialect == DIALECT_ARTICLE)
		return (read_article(q, first));
	if (first == '*')
		return (read_array(q, dialect));
	/* TLS, SMB and the like begin with bytes nobody types. */
	if (!isprint(first) && !isspace(first))
		return (fail(q, REQUEST_BROKEN,
		    "ERR Protocol error: unexpected first byte"));
	ungetc(first, q->reader.in);
	return (read_inline(q));
}

/*
 * Where the line at p ends, behind its LF; NULL if that is not there yet.  *n is
 * the number behind its first byte, -1 if there is none or it is huge.
 */
static const char *
measure_header(const char *p, const char *end, int64_t *n)
{
	const char *start = ++p;

	*n = 0;
	for (; p < end && *p >= '0' && *p <= '9' && *n <= INT32_MAX; p++)
		*n = *n * 10 + (*p - '0');
	if (end - p >= 2 && p[0] == '\r' && p[1] == '\n' && p != start &&
	    *n <= INT32_MAX)
		return (p + 2);
	*n = -1;
	p = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
	return (p != NULL ? p + 1 : NULL);
}

/*
 * Behind "123\r\n" at p, and the number; NULL if that is not what is there:
 * then measure_header() says what is.
 */
static inline const char *
plain_number(const char *p, const char *end, uint32_t *n)
{
	const char *start = p;
	unsigned digit;

	if (end - p < 3 || (*n = (unsigned)*p - '0') > 9)
		return (NULL);
	/* As most are. */
	if (p[1] == '\r')
		return (p[2] == '\n' ? p + 3 : NULL);
	for (p++; end - p > 2 && (digit = (unsigned)*p - '0') <= 9; p++) {
		if (*n == 0 || p - start == 9)
			return (NULL);
		*n = *n * 10 + digit;
	}
	return (p[0] == '\r' && p[1] == '\n' ? p + 2 : NULL);
}

/* The bytes of an array of strings that fits the room; 0: it is none. */
static size_t
measure_plain(struct bytes buffered, struct request_span *spans, size_t room,
    size_t *count)
{
	const char *p = buffered.data, *end = p + buffered.length;
	uint32_t i, elements, n;

	if (p == end || *p != '*' ||
	    (p = plain_number(p + 1, end, &elements)) == NULL ||
	    elements == 0 || elements > room)
		return (0);
	for (i = 0; i < elements; i++) {
		if (p == end || *p != '$' ||
		    (p = plain_number(p + 1, end, &n)) == NULL ||
		    end - p < (ptrdiff_t)n + 2 || p[n] != '\r' ||
		    p[n + 1] != '\n')
			return (0);
		spans[i].at = (uint32_t)(p - buffered.data);
		spans[i].length = n;
		p += n + 2;
	}
	*count = elements;
	return ((size_t)(p - buffered.data));
}

/* The bytes of any request; 0: its end is not there. */
static size_t
measure_any(struct bytes buffered)
{
	const char *p = buffered.data, *end = p + buffered.length, *next;
	int64_t pending = 1, n;

	for (; pending > 0; pending--, p = next) {
		if (p >= end || (next = measure_header(p, end, &n)) == NULL)
			return (0);
		if (n < 0)
			continue;
		switch (*p) {
		case '*':
		case '~':
			pending += n;
			break;
		case '%':
			pending += 2 * n;
			break;
		case '$':
		case '^':
		case '=':
		case '!':
			if (end - next < n + 2)
				return (0);
			next += n + 2;
			break;
		}
	}
	return ((size_t)(p - buffered.data));
}

size_t
request_measure(struct bytes buffered, struct request_span *spans, size_t room,
    size_t *count)
{
	size_t length;

	*count = 0;
	length = measure_plain(buffered, spans, room, count);
	return (length != 0 ? length : measure_any(buffered));
}

void
request_take(struct request *q, size_t length, const struct request_span *spans,
    size_t count)
{
	char *p;
	size_t i;

	request_clear(q);
	reserve(q, count);
	p = stream_take(q->reader.in, length);
	for (i = 0; i < count; i++)
		q->args[i] = (struct value){ .type = VALUE_STRING,
		    .length = spans[i].length, .data = p + spans[i].at };
	q->count = count;
	q->text = bytes_make(p, length);
}

/* Through the reader, which knows all types, and copies. */
static enum request_status
parse_typed(struct request *q, struct bytes b)
{
	enum request_status status;

	request_clear(q);
	q->reader.in = fmemopen((void *)(uintptr_t)b.data, b.length, "r");
	if (q->reader.in == NULL)
		return (fail(q, REQUEST_BROKEN, "no memory"));
	q->reader.arena = &q->arena;
	q->reader.max_bulk = VALUE_MAX_BYTES;
	q->reader.max_elements = INT32_MAX;
	getc_unlocked(q->reader.in);
	status = read_array(q, DIALECT_ARTICLE);
	if (status != REQUEST_OK || getc_unlocked(q->reader.in) != EOF)
		status = REQUEST_BROKEN;
	fclose(q->reader.in);
	q->reader.in = NULL;
	return (status);
}

enum request_status
request_parse(struct request *q, struct bytes b)
{
	const char *p = b.data, *end = p + b.length;
	struct value v;
	int64_t count, n;

	request_clear(q);
	if (b.length == 0 || *p != '*' ||
	    (p = measure_header(p, end, &count)) == NULL || count <= 0)
		return (fail(q, REQUEST_BROKEN, "no array"));
	for (; count > 0; count--) {
		if (p == end)
			return (fail(q, REQUEST_BROKEN, "too short"));
		if (*p != '$')
			return (parse_typed(q, b));
		if ((p = measure_header(p, end, &n)) == NULL || n < 0 ||
		    end - p < n + 2 || p[n] != '\r' || p[n + 1] != '\n')
			return (fail(q, REQUEST_BROKEN, "no string"));
		v = value_view(VALUE_STRING, bytes_make(p, (size_t)n));
		request_add(q, &v);
		p += n + 2;
	}
	return (p == end ? REQUEST_OK :
	    fail(q, REQUEST_BROKEN, "too long"));
}
