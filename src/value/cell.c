/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After Redis's listpack (S. Sanfilippo, "Listpack specification", 2017), but
 * with all our types, no length behind the cell (value/list.c adds one, a
 * dictionary needs none) and all widths of numbers.  The first byte, the tag:
 *
 *	00-3f	a string of 0 to 63 bytes, which follow
 *	40-bf	a string of digits, "0" to "127"
 *	c0-df	the same, "-4096" to "4095": five bits, and a byte with the low
 *	e0-e3	a string: two bits of its length, a byte with the low ones, and
 *		its bytes
 *	e4-ea	a string of digits: an integer in 2 to 8 bytes
 *	eb-f2	an integer in 1 to 8 bytes
 *	f3-f5	null, false, true
 *	f6	a double
 *	f7, f8	a big number, an error: a byte with its length, and its bytes
 *	f9-fb	a string, a big number, an error: a pointer and four bytes with
 *		the length
 *	fc-ff	a list, a dictionary, a set, a sorted set: a pointer
 *
 * Integers have the lowest byte first.  Equal values have equal tags.
 */
#include "value/cell.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum {
	TAG_STRING	= 0x00,
	TAG_DIGITS_7	= 0x40,
	TAG_DIGITS_13	= CELL_DIGITS_13,
	TAG_LONGER	= CELL_LONGER,
	TAG_DIGITS	= CELL_DIGITS,
	TAG_INTEGER	= CELL_INTEGER,
	TAG_NULL	= 0xf3,
	TAG_FALSE,
	TAG_TRUE,
	TAG_DOUBLE,
	TAG_BIG_NUMBER,
	TAG_ERROR,
	TAG_FAR,			/* in the order of enum value_type */
	TAG_CONTAINER	= 0xfc,		/* the same */

	SHORT_OTHER	= 255,		/* big numbers and errors */
	FAR_SIZE	= 1 + sizeof(char *) + sizeof(uint32_t),
};

static_assert(VALUE_ERROR - VALUE_STRING == 2 &&
    VALUE_ZSET - VALUE_LIST == 3, "the tags go by them");

/* How many bytes an integer needs. */
static unsigned
width_of(int64_t n)
{
	uint64_t magnitude = (uint64_t)(n < 0 ? ~n : n) << 1 | 1;

	return ((71 - (unsigned)__builtin_clzll(magnitude)) / 8);
}

static int64_t
load(const uint8_t *p, unsigned width)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < width; i++)
		n |= (uint64_t)p[i] << 8 * i;
	if (width < 8 && (p[width - 1] & 0x80) != 0)
		n |= UINT64_MAX << 8 * width;
	return ((int64_t)n);
}

static void
store(uint8_t *p, unsigned width, int64_t n)
{
	unsigned i;

	for (i = 0; i < width; i++)
		p[i] = (uint8_t)((uint64_t)n >> 8 * i);
}

/* As memcpy(), and of nothing there need be no address. */
static void
copy_bytes(uint8_t *p, const struct value *v)
{
	if (v->length != 0)
		memcpy(p, v->data, v->length);
}

static bool
same_bytes(const uint8_t *p, const struct value *v)
{
	return (v->length == 0 || memcmp(p, v->data, v->length) == 0);
}

/* Planning and writing */

static struct cell
plan_digits(int64_t n)
{
	unsigned width;

	if (n >= 0 && n <= 127)
		return ((struct cell){ 1, (uint8_t)(TAG_DIGITS_7 + n), n });
	if (n >= -4096 && n <= 4095)
		return ((struct cell){ 2,
		    (uint8_t)(TAG_DIGITS_13 | ((uint64_t)n >> 8 & 0x1f)), n });
	width = width_of(n);
	return ((struct cell){ 1 + width, (uint8_t)(TAG_DIGITS + width - 2),
	    n });
}

static struct cell
plan_string(const struct value *v)
{
	uint32_t n = v->length;
	int64_t number;

	/* Most strings are seen to be no number by their first byte. */
	if (n - 1 < 20 && (uint8_t)(v->data[0] - '-') <= '9' - '-' &&
	    number_parse(value_bytes(v), &number))
		return (plan_digits(number));
	if (n <= CELL_SHORT)
		return ((struct cell){ 1 + n, (uint8_t)(TAG_STRING + n), 0 });
	if (n <= CELL_INLINE)
		return ((struct cell){ 2 + n, (uint8_t)(TAG_LONGER + n / 256),
		    0 });
	return ((struct cell){ FAR_SIZE, TAG_FAR, 0 });
}

struct cell
cell_plan(const struct value *v)
{
	unsigned width;

	switch (v->type) {
	case VALUE_STRING:
		return (plan_string(v));
	case VALUE_INTEGER:
		width = width_of(v->integer);
		return ((struct cell){ 1 + width,
		    (uint8_t)(TAG_INTEGER + width - 1), v->integer });
	case VALUE_NULL:
		return ((struct cell){ 1, TAG_NULL, 0 });
	case VALUE_BOOLEAN:
		return ((struct cell){ 1, v->boolean ? TAG_TRUE : TAG_FALSE,
		    0 });
	case VALUE_DOUBLE:
		return ((struct cell){ 1 + sizeof(v->real), TAG_DOUBLE, 0 });
	case VALUE_BIG_NUMBER:
	case VALUE_ERROR:
		if (v->length <= SHORT_OTHER)
			return ((struct cell){ 2 + v->length,
			    v->type == VALUE_ERROR ? TAG_ERROR :
			    TAG_BIG_NUMBER, 0 });
		return ((struct cell){ FAR_SIZE,
		    (uint8_t)(TAG_FAR + v->type - VALUE_STRING), 0 });
	default:
		assert(value_is_container(v));
		return ((struct cell){ 1 + sizeof(void *),
		    (uint8_t)(TAG_CONTAINER + v->type - VALUE_LIST), 0 });
	}
}

void
cell_put(uint8_t *p, const struct cell *c, struct value *v)
{
	uint8_t tag = *p++ = c->tag;

	if (tag <= CELL_SHORT)
		copy_bytes(p, v);
	else if (tag < TAG_LONGER) {
		if (tag >= TAG_DIGITS_13)
			*p = (uint8_t)c->number;
	} else if (tag < TAG_DIGITS || tag == TAG_BIG_NUMBER ||
	    tag == TAG_ERROR) {
		*p++ = (uint8_t)v->length;
		copy_bytes(p, v);
	} else if (tag < TAG_NULL)
		store(p, c->size - 1, c->number);
	else if (tag == TAG_DOUBLE)
		memcpy(p, &v->real, sizeof(v->real));
	else if (tag >= TAG_FAR) {
		value_own(v);
		memcpy(p, &v->data, sizeof(v->data));
		if (tag < TAG_CONTAINER)
			memcpy(p + sizeof(v->data), &v->length,
			    sizeof(v->length));
		v->type = VALUE_NONE;
	}
	value_free(v);
}

/* Reading */

size_t
cell_size_other(const uint8_t *p)
{
	uint8_t tag = *p;

	if (tag < TAG_DIGITS)
		return (2 + (size_t)(tag & 3) * 256 + p[1]);
	if (tag < TAG_NULL)
		return (2 + (size_t)(tag - TAG_INTEGER));
	if (tag < TAG_DOUBLE)
		return (1);
	if (tag == TAG_DOUBLE)
		return (1 + sizeof(double));
	if (tag < TAG_FAR)
		return (2 + (size_t)p[1]);
	return (tag < TAG_CONTAINER ? FAR_SIZE : 1 + sizeof(void *));
}

static struct value
get_digits(int64_t n, char digits[NUMBER_SIZE])
{
	return (value_view(VALUE_STRING,
	    bytes_make(digits, number_format(digits, n))));
}

/* What is behind a pointer. */
static struct value
get_far(const uint8_t *p)
{
	struct value v = { .type = VALUE_NONE };

	memcpy(&v.data, p + 1, sizeof(v.data));
	if (*p >= TAG_CONTAINER) {
		v.type = (uint8_t)(VALUE_LIST + *p - TAG_CONTAINER);
		return (v);
	}
	v.type = (uint8_t)(VALUE_STRING + *p - TAG_FAR);
	memcpy(&v.length, p + 1 + sizeof(v.data), sizeof(v.length));
	return (v);
}

struct value
cell_get(const uint8_t *p, char digits[NUMBER_SIZE])
{
	uint8_t tag = *p;
	double real;

	if (tag <= CELL_SHORT)
		return (value_view(VALUE_STRING, bytes_make(p + 1, tag)));
	if (tag < TAG_DIGITS_13)
		return (get_digits(tag - TAG_DIGITS_7, digits));
	if (tag < TAG_LONGER)
		return (get_digits((tag & 0x10) != 0 ?
		    (tag & 0x0f) * 256 + p[1] - 4096 :
		    (tag & 0x0f) * 256 + p[1], digits));
	if (tag < TAG_DIGITS)
		return (value_view(VALUE_STRING,
		    bytes_make(p + 2, (size_t)(tag & 3) * 256 + p[1])));
	if (tag < TAG_INTEGER)
		return (get_digits(load(p + 1, tag - TAG_DIGITS + 2u),
		    digits));
	if (tag < TAG_NULL)
		return (value_integer(load(p + 1, tag - TAG_INTEGER + 1u)));
	if (tag >= TAG_FAR)
		return (get_far(p));
	switch (tag) {
	case TAG_NULL:
		return (value_null());
	case TAG_DOUBLE:
		memcpy(&real, p + 1, sizeof(real));
		return (value_double(real));
	case TAG_BIG_NUMBER:
	case TAG_ERROR:
		return (value_view(tag == TAG_ERROR ? VALUE_ERROR :
		    VALUE_BIG_NUMBER, bytes_make(p + 2, p[1])));
	default:
		return (value_boolean(tag == TAG_TRUE));
	}
}

bool
cell_equal(const uint8_t *p, const struct cell *c, const struct value *v)
{
	struct value far;
	uint8_t tag = *p;

	if (tag != c->tag)
		return (false);
	if (tag <= CELL_SHORT)
		return (same_bytes(p + 1, v));
	if (tag < TAG_DIGITS_13 || (tag >= TAG_NULL && tag <= TAG_TRUE))
		return (true);
	if (tag < TAG_LONGER)
		return (p[1] == (uint8_t)c->number);
	if (tag < TAG_DIGITS || tag == TAG_BIG_NUMBER || tag == TAG_ERROR)
		return (p[1] == (uint8_t)v->length && same_bytes(p + 2, v));
	if (tag < TAG_NULL)
		return (load(p + 1, c->size - 1) == c->number);
	if (tag == TAG_DOUBLE)
		return (memcmp(p + 1, &v->real, sizeof(v->real)) == 0);
	far = get_far(p);
	return (value_equal(&far, v));
}

/* What it owns */

bool
cell_owns(const uint8_t *p)
{
	return (*p >= TAG_FAR);
}

void
cell_free(const uint8_t *p)
{
	struct value v;

	if (cell_owns(p)) {
		v = get_far(p);
		v.owned = true;
		value_free(&v);
	}
}

struct value
cell_take(const uint8_t *p)
{
	char digits[NUMBER_SIZE];
	struct value v = cell_get(p, digits);

	if (cell_owns(p))
		v.owned = value_is_bytes(&v);
	else
		value_own(&v);
	return (v);
}

void
cell_copied(uint8_t *p)
{
	struct value v;

	if (cell_owns(p)) {
		v = get_far(p);
		v = value_clone(&v);
		memcpy(p + 1, &v.data, sizeof(v.data));
	}
}

size_t
cell_memory(const uint8_t *p)
{
	struct value v;

	if (*p < TAG_FAR || *p >= TAG_CONTAINER)
		return (0);
	v = get_far(p);
	return (mem_size(v.data));
}
