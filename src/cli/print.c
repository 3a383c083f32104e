/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies for people, in redis-cli's manner, and as JSON.  A server may send
 * anything: no control character reaches the terminal from here.
 */
#include "cli/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/words.h"

/* For people */

static void
add_text(struct buf *out, const char *before, const struct respc_value *v,
    const char *after)
{
	buf_add_string(out, before);
	words_escape(out, bytes_make(respc_string(v, NULL),
	    respc_length(v)));
	buf_add_string(out, after);
}

/* What fits into a line. */
static void
add_plain(struct buf *out, const struct respc_value *v)
{
	char text[NUMBER_SIZE];

	switch (respc_type(v)) {
	case RESPC_STRING:
		add_text(out, "\"", v, "\"");
		break;
	case RESPC_ERROR:
		add_text(out, "(error) ", v, "");
		break;
	case RESPC_BIG_NUMBER:
		add_text(out, "(big number) ", v, "");
		break;
	case RESPC_INTEGER:
		number_format(text, respc_integer(v));
		buf_add_format(out, "(integer) %s", text);
		break;
	case RESPC_DOUBLE:
		number_format_double(text, respc_double(v));
		buf_add_format(out, "(double) %s", text);
		break;
	case RESPC_BOOLEAN:
		buf_add_string(out, respc_boolean(v) ? "true" : "false");
		break;
	default:
		buf_add_string(out, "(nil)");
		break;
	}
}

static bool
is_container(const struct respc_value *v)
{
	return (respc_type(v) >= RESPC_ARRAY);
}

static void	add_value(struct buf *, const struct respc_value *, int indent);

/* "key => "; a value of many lines begins on its own. */
static void
add_key(struct buf *out, const struct respc_value *key,
    const struct respc_value *value, int indent)
{
	add_plain(out, key);
	buf_add_string(out, " =>");
	if (is_container(value) && respc_length(value) != 0)
		buf_add_format(out, "\n%*s", indent, "");
	else
		buf_add_char(out, ' ');
}

/* "1) ..." where the cursor stands, the next ones below it. */
static void
add_items(struct buf *out, const struct respc_value *v, int indent)
{
	size_t i, n = respc_length(v);
	int width = snprintf(NULL, 0, "%zu", n);
	const struct respc_value *key, *item;

	for (i = 0; i < n; i++) {
		if (i != 0)
			buf_add_format(out, "%*s", indent, "");
		buf_add_format(out, "%*zu) ", width, i + 1);
		item = respc_item(v, i);
		if ((key = respc_key(v, i)) != NULL)
			add_key(out, key, item, indent + width + 2);
		add_value(out, item, indent + width + 2);
	}
}

static void
add_value(struct buf *out, const struct respc_value *v, int indent)
{
	if (is_container(v) && respc_length(v) != 0) {
		add_items(out, v, indent);
		return;
	}
	if (respc_type(v) == RESPC_ARRAY)
		buf_add_string(out, "(empty array)");
	else if (respc_type(v) == RESPC_DICTIONARY)
		buf_add_string(out, "(empty dictionary)");
	else if (respc_type(v) == RESPC_SET)
		buf_add_string(out, "(empty set)");
	else
		add_plain(out, v);
	buf_add_char(out, '\n');
}

void
print_value(struct buf *out, const struct respc_value *v)
{
	add_value(out, v, 0);
}

/* For programs */

void
print_raw(struct buf *out, const struct respc_value *v)
{
	if (respc_type(v) == RESPC_STRING) {
		buf_add(out, respc_string(v, NULL), respc_length(v));
		buf_add_char(out, '\n');
	} else
		print_value(out, v);
}

static void	add_json(struct buf *, const struct respc_value *);

/* How many bytes at p are one character of UTF-8, 0 if they are none. */
static size_t
measure_utf8(const char *bytes, const char *end)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)bytes;
	size_t i, n = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 :
	    *p < 0xf0 ? 3 : *p < 0xf8 ? 4 : 0;
	unsigned code = n > 1 ? *p & (0x7fU >> n) : *p;

	if (n > (size_t)(end - bytes))
		return (0);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return (0);
		code = code << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff)))
		return (0);
	return (n);
}

/* One character, or one byte that is none; returns what is behind it. */
static const char *
add_character(struct buf *out, const char *p, const char *end)
{
	static const char letters[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
	const char *special = *p != '\0' ? strchr(meant, *p) : NULL;
	unsigned char c = (unsigned char)*p;
	size_t n = measure_utf8(p, end);

	if (special != NULL)
		buf_add_format(out, "\\%c", letters[special - meant]);
	else if (n == 0 || c < ' ' || c == 0x7f)
		buf_add_format(out, "\\u%04x", c);
	else if (n == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0)
		/* Terminals obey these, too. */
		buf_add_format(out, "\\u%04x", (unsigned char)p[1]);
	else
		buf_add(out, p, n);
	return (p + (n != 0 ? n : 1));
}

static void
add_string(struct buf *out, const char *p, size_t length)
{
	const char *end = p + length;

	buf_add_char(out, '"');
	while (p < end)
		p = add_character(out, p, end);
	buf_add_char(out, '"');
}

/* A double stays one when it is read again; inf and nan are strings. */
static void
add_double(struct buf *out, double real)
{
	char text[NUMBER_SIZE];

	number_format_double(text, real);
	if (!isfinite(real))
		buf_add_format(out, "\"%s\"", text);
	else
		buf_add_format(out, "%s%s", text,
		    strpbrk(text, ".e") != NULL ? "" : ".0");
}

/* JSON has neither a plus sign nor leading zeros. */
static void
add_big_number(struct buf *out, const char *digits)
{
	if (*digits == '-')
		buf_add_char(out, '-');
	digits += strspn(digits, "+-");
	digits += strspn(digits, "0");
	buf_add_string(out, *digits != '\0' ? digits : "0");
}

static void
add_json_key(struct buf *out, const struct respc_value *key)
{
	struct buf text = { 0 };
	const char *bytes;
	size_t length;

	if (respc_type(key) == RESPC_STRING) {
		bytes = respc_string(key, &length);
		add_string(out, bytes, length);
		return;
	}
	add_json(&text, key);
	add_string(out, text.data, text.length);
	buf_free(&text);
}

static void
add_json_items(struct buf *out, const struct respc_value *v)
{
	size_t i, n = respc_length(v);
	bool pairs = respc_type(v) == RESPC_DICTIONARY;

	buf_add_char(out, pairs ? '{' : '[');
	for (i = 0; i < n; i++) {
		if (i != 0)
			buf_add_char(out, ',');
		if (pairs) {
			add_json_key(out, respc_key(v, i));
			buf_add_char(out, ':');
		}
		add_json(out, respc_item(v, i));
	}
	buf_add_char(out, pairs ? '}' : ']');
}

static void
add_json(struct buf *out, const struct respc_value *v)
{
	switch (respc_type(v)) {
	case RESPC_STRING:
		add_string(out, respc_string(v, NULL), respc_length(v));
		break;
	case RESPC_INTEGER:
		buf_add_format(out, "%lld", (long long)respc_integer(v));
		break;
	case RESPC_DOUBLE:
		add_double(out, respc_double(v));
		break;
	case RESPC_BOOLEAN:
		buf_add_string(out, respc_boolean(v) ? "true" : "false");
		break;
	case RESPC_BIG_NUMBER:
		add_big_number(out, respc_string(v, NULL));
		break;
	case RESPC_ERROR:
		buf_add_string(out, "{\"error\":");
		add_string(out, respc_string(v, NULL), respc_length(v));
		buf_add_char(out, '}');
		break;
	case RESPC_ARRAY:
	case RESPC_DICTIONARY:
	case RESPC_SET:
		add_json_items(out, v);
		break;
	default:
		buf_add_string(out, "null");
		break;
	}
}

void
print_json(struct buf *out, const struct respc_value *v)
{
	add_json(out, v);
	buf_add_char(out, '\n');
}
