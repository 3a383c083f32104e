/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 8259, all of it, strictly, by recursive descent of bounded depth.
 * Integers stay exact: beyond 64 bits they are big numbers.
 */
#include "cli/json.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

struct parser {
	const char	*start;
	const char	*p;		/* the next byte; p <= end */
	const char	*end;
	const char	*error;		/* what is wrong at p, or NULL */
};

static struct respc_value *parse_value(struct parser *, int depth);

static void *
wrong(struct parser *in, const char *error)
{
	if (in->error == NULL)
		in->error = error;
	return (NULL);
}

/* The next byte, -1 at the end. */
static int
peek(const struct parser *in)
{
	return (in->p < in->end ? (unsigned char)*in->p : -1);
}

static bool
take(struct parser *in, char c)
{
	if (peek(in) != c)
		return (false);
	in->p++;
	return (true);
}

static void
skip_blanks(struct parser *in)
{
	while (take(in, ' ') || take(in, '\t') || take(in, '\n') ||
	    take(in, '\r'))
		;
}

static bool
skip_digits(struct parser *in)
{
	const char *first = in->p;

	while (peek(in) >= '0' && peek(in) <= '9')
		in->p++;
	return (in->p > first);
}

/* "-0" and what has a fraction or an exponent is a double. */
static struct respc_value *
make_number(struct parser *in, struct bytes text, bool is_integer)
{
	struct buf digits = { 0 };
	struct respc_value *v = NULL;
	int64_t integer;
	double real;

	if (number_parse(text, &integer))
		return (respc_new_integer(integer));
	if (!is_integer || bytes_equal(text, bytes_of("-0"))) {
		if (!number_parse_decimal(text, &real) || isinf(real))
			return (wrong(in, "number out of range"));
		return (respc_new_double(real));
	}
	buf_add(&digits, text.data, text.length);
	buf_add_char(&digits, '\0');
	if (!digits.failed)
		v = respc_new_big_number(digits.data);
	buf_free(&digits);
	return (v);
}

static struct respc_value *
parse_number(struct parser *in)
{
	const char *first = in->p;
	bool is_integer = true;

	take(in, '-');
	if (!take(in, '0') && !skip_digits(in))
		return (wrong(in, "expected a digit"));
	if (take(in, '.')) {
		is_integer = false;
		if (!skip_digits(in))
			return (wrong(in, "expected a digit"));
	}
	if (take(in, 'e') || take(in, 'E')) {
		is_integer = false;
		if (!take(in, '-'))
			take(in, '+');
		if (!skip_digits(in))
			return (wrong(in, "expected a digit"));
	}
	return (make_number(in, bytes_make(first, (size_t)(in->p - first)),
	    is_integer));
}

/* The four digits behind "\u"; -1 if they are none. */
static int
parse_hex(struct parser *in)
{
	int i, c, code = 0;

	for (i = 0; i < 4; i++, in->p++) {
		c = peek(in);
		if (c >= '0' && c <= '9')
			code = code * 16 + c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code * 16 + (c | 0x20) - 'a' + 10;
		else
			return (-1);
	}
	return (code);
}

static void
add_utf8(struct buf *out, int code)
{
	if (code < 0x80) {
		buf_add_char(out, (char)code);
		return;
	}
	if (code < 0x800)
		buf_add_char(out, (char)(0xc0 | code >> 6));
	else {
		if (code < 0x10000)
			buf_add_char(out, (char)(0xe0 | code >> 12));
		else {
			buf_add_char(out, (char)(0xf0 | code >> 18));
			buf_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_char(out, (char)(0x80 | (code & 0x3f)));
}

/* What stands behind "\u": one code point, perhaps of two surrogates. */
static bool
parse_code_point(struct parser *in, struct buf *out)
{
	int code = parse_hex(in), low;

	if (code >= 0xd800 && code < 0xdc00) {
		low = take(in, '\\') && take(in, 'u') ? parse_hex(in) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return (wrong(in, "expected a low surrogate"));
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code <= 0xdfff)
		return (wrong(in, "surrogate without a high one before"));
	if (code < 0)
		return (wrong(in, "expected four hexadecimal digits"));
	add_utf8(out, code);
	return (true);
}

static bool
parse_escape(struct parser *in, struct buf *out)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (take(in, 'u'))
		return (parse_code_point(in, out));
	letter = peek(in) > 0 ? strchr(letters, peek(in)) : NULL;
	if (letter == NULL)
		return (wrong(in, "no such escape"));
	buf_add_char(out, meant[letter - letters]);
	in->p++;
	return (true);
}

/* From the first byte inside the quotes to behind the closing one. */
static bool
parse_text(struct parser *in, struct buf *out)
{
	while (!take(in, '"')) {
		if (peek(in) == -1)
			return (wrong(in, "string without an end"));
		if (peek(in) < ' ')
			return (wrong(in, "control character in a string"));
		if (!take(in, '\\'))
			buf_add_char(out, *in->p++);
		else if (!parse_escape(in, out))
			return (false);
	}
	return (!out->failed || wrong(in, "out of memory"));
}

static struct respc_value *
parse_string(struct parser *in)
{
	struct buf text = { 0 };
	struct respc_value *v = NULL;

	if (!take(in, '"'))
		return (wrong(in, "expected a string"));
	if (parse_text(in, &text)) {
		v = respc_new_bytes(text.data, text.length);
		if (v == NULL)
			wrong(in, "string too long");
	}
	buf_free(&text);
	return (v);
}

/* Behind "[". */
static struct respc_value *
parse_array(struct parser *in, int depth)
{
	struct respc_value *array = respc_new_array(), *item;

	skip_blanks(in);
	if (take(in, ']'))
		return (array);
	do {
		item = parse_value(in, depth + 1);
		if (item == NULL || respc_push(array, item) == -1)
			goto fail;
	} while (take(in, ','));
	if (take(in, ']'))
		return (array);
	wrong(in, "expected ',' or ']'");
fail:
	respc_free(array);
	return (NULL);
}

static bool
parse_pair(struct parser *in, int depth, struct respc_value *object)
{
	struct respc_value *key, *value = NULL;

	skip_blanks(in);
	key = parse_string(in);
	skip_blanks(in);
	if (key != NULL) {
		if (take(in, ':'))
			value = parse_value(in, depth + 1);
		else
			wrong(in, "expected ':'");
	}
	return (respc_put(object, key, value) == 0);
}

/* Behind "{". */
static struct respc_value *
parse_object(struct parser *in, int depth)
{
	struct respc_value *object = respc_new_dictionary();

	skip_blanks(in);
	if (take(in, '}'))
		return (object);
	do {
		if (!parse_pair(in, depth, object))
			goto fail;
	} while (take(in, ','));
	if (take(in, '}'))
		return (object);
	wrong(in, "expected ',' or '}'");
fail:
	respc_free(object);
	return (NULL);
}

static bool
take_word(struct parser *in, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(in->end - in->p) < length ||
	    memcmp(in->p, word, length) != 0)
		return (false);
	in->p += length;
	return (true);
}

static struct respc_value *
parse_plain(struct parser *in)
{
	int c = peek(in);

	if (c == '"')
		return (parse_string(in));
	if (c == '-' || (c >= '0' && c <= '9'))
		return (parse_number(in));
	if (take_word(in, "true"))
		return (respc_new_boolean(true));
	if (take_word(in, "false"))
		return (respc_new_boolean(false));
	if (take_word(in, "null"))
		return (respc_new_null());
	return (wrong(in, "expected a value"));
}

/* A value and the blanks around it. */
static struct respc_value *
parse_value(struct parser *in, int depth)
{
	struct respc_value *v;

	skip_blanks(in);
	if (depth == JSON_MAX_DEPTH && (peek(in) == '[' || peek(in) == '{'))
		return (wrong(in, "nesting too deep"));
	if (take(in, '['))
		v = parse_array(in, depth);
	else if (take(in, '{'))
		v = parse_object(in, depth);
	else
		v = parse_plain(in);
	if (v != NULL)
		skip_blanks(in);
	return (v);
}

struct respc_value *
json_read(struct bytes text, size_t *used, const char **error)
{
	struct parser in = { .start = text.data, .p = text.data,
	    .end = text.data + text.length };
	struct respc_value *v = parse_value(&in, 0);

	if (v == NULL)
		wrong(&in, "out of memory");
	*used = (size_t)(in.p - in.start);
	*error = in.error;
	return (v);
}

struct respc_value *
json_parse(struct bytes text, size_t *used, const char **error)
{
	struct respc_value *v = json_read(text, used, error);

	if (v == NULL || *used == text.length)
		return (v);
	*error = "expected nothing more";
	respc_free(v);
	return (NULL);
}
