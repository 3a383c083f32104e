/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
number_parse(struct bytes text, int64_t *out)
{
	const char *p = text.data, *end = p + text.length;
	bool negative = text.length != 0 && *p == '-';
	int64_t value = 0;

	if (negative)
		p++;
	if (p == end || (*p == '0' && (end - p > 1 || negative)))
		return (false);
	/* Downwards, since INT64_MIN has no positive twin. */
	for (; p < end; p++) {
		if (*p < '0' || *p > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *p - '0', &value))
			return (false);
	}
	if (!negative && value == INT64_MIN)
		return (false);
	*out = negative ? value : -value;
	return (true);
}

/* How many decimal digits it has, up to 19, all that 63 bits can need. */
static size_t
count_digits(uint64_t value)
{
	uint64_t above = 10;
	size_t n = 1;

	for (; value >= above && n < 19; above *= 10)
		n++;
	return (n);
}

size_t
number_format(char out[NUMBER_SIZE], int64_t value)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t length = count_digits(rest) + (value < 0);
	char *p = out + length;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (value < 0)
		*--p = '-';
	return (length);
}

/* Digits alone, which is what mostly comes: strtod(3) takes 500 steps. */
static bool
parse_digits(struct bytes text, double *out)
{
	size_t sign = text.length != 0 && text.data[0] == '-', i;
	int64_t n = 0;

	if (text.length == sign || text.length > 18)
		return (false);
	for (i = sign; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (false);
		n = n * 10 + (text.data[i] - '0');
	}
	/* Also of "-0". */
	*out = sign != 0 ? -(double)n : (double)n;
	return (true);
}

bool
number_parse_double(struct bytes text, double *out)
{
	char copy[256], *end;

	if (parse_digits(text, out))
		return (true);
	if (text.length == 0 || text.length >= sizeof(copy) ||
	    isspace((unsigned char)text.data[0]) ||
	    memchr(text.data, '(', text.length) != NULL)
		return (false);
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	*out = strtod(copy, &end);
	return (end == copy + text.length);
}

bool
number_parse_decimal(struct bytes text, double *out)
{
	return (text.length != 0 &&
	    memchr(text.data, 'x', text.length) == NULL &&
	    memchr(text.data, 'X', text.length) == NULL &&
	    number_parse_double(text, out));
}

size_t
number_format_double(char out[NUMBER_SIZE], double value)
{
	int precision, n = 0;

	if (isnan(value))
		return ((size_t)snprintf(out, NUMBER_SIZE, "nan"));
	if (isinf(value))
		return ((size_t)snprintf(out, NUMBER_SIZE,
		    value < 0 ? "-inf" : "inf"));
	/* 15 digits always survive, 17 always suffice (IEEE 754). */
	for (precision = 15; precision <= 17; precision++) {
		n = snprintf(out, NUMBER_SIZE, "%.*g", precision, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return ((size_t)n);
}

bool
number_parse_long_double(struct bytes text, long double *out)
{
	char copy[5 * 1024], *end;

	if (text.length == 0 || text.length >= sizeof(copy) ||
	    isspace((unsigned char)text.data[0]))
		return (false);
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	errno = 0;
	*out = strtold(copy, &end);
	return (end == copy + text.length && !isnan(*out) &&
	    (errno != ERANGE || (!isinf(*out) && *out != 0)));
}

void
number_add_long_double(struct buf *to, long double value)
{
	size_t start = to->length;

	buf_add_format(to, "%.17Lf", value);
	if (to->failed)
		return;
	while (to->data[to->length - 1] == '0')
		to->length--;
	if (to->data[to->length - 1] == '.')
		to->length--;
	if (bytes_equal(bytes_make(to->data + start, to->length - start),
	    bytes_of("-0"))) {
		buf_cut(to, start);
		buf_add_char(to, '0');
	}
}

bool
number_parse_size(struct bytes text, int64_t *out)
{
	static const struct {
		const char	*name;
		int64_t		 factor;
	} units[] = {
		{ "b", 1 },
		{ "k", 1000 }, { "kb", 1 << 10 },
		{ "m", 1000000 }, { "mb", 1 << 20 },
		{ "g", 1000000000 }, { "gb", 1 << 30 },
	};
	size_t i, digits = text.length;
	struct bytes unit;

	while (digits > 0 && isalpha((unsigned char)text.data[digits - 1]))
		digits--;
	if (!number_parse(bytes_make(text.data, digits), out) || *out < 0)
		return (false);
	unit = bytes_make(text.data + digits, text.length - digits);
	if (unit.length == 0)
		return (true);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (bytes_is(unit, units[i].name))
			return (!__builtin_mul_overflow(*out, units[i].factor,
			    out));
	}
	return (false);
}
