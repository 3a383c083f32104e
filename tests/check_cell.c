/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cells: every value comes back as what it was, type and bytes, from as few
 * bytes as cell.c says, at any address.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "value/cell.h"
#include "value/list.h"
#include "suite.h"

enum { PAIRS = ROUNDS(300000) };

/* Also of doubles that are not equal to themselves. */
static bool
is_same(const struct value *a, const struct value *b)
{
	return (value_is_container(a) ? a->type == b->type &&
	    a->list == b->list : value_equal(a, b));
}

/*
 * Put a copy of the value into a cell, in memory that ends with it, and look
 * at it in all ways; the size of the cell.
 */
static size_t
assert_round_trip(const struct value *v)
{
	struct value in = value_clone(v), out, expected = *v;
	struct cell c = cell_plan(&in);
	char digits[NUMBER_SIZE];
	uint8_t *data = mem_alloc(c.size), *copy = mem_alloc(c.size);

	if (value_is_container(v))
		expected = in;
	ck_assert(c.size >= 1 && c.size <= CELL_MAX);
	cell_put(data, &c, &in);
	ck_assert_int_eq(in.type, VALUE_NONE);
	ck_assert_uint_eq(cell_size(data), c.size);
	out = cell_get(data, digits);
	ck_assert(is_same(&out, &expected) && !out.owned);
	ck_assert(cell_equal(data, &c, v) == !value_is_container(v));
	memcpy(copy, data, c.size);
	cell_copied(copy);
	out = cell_get(copy, digits);
	ck_assert(value_is_container(v) ? out.list != expected.list :
	    is_same(&out, &expected));
	cell_free(copy);
	out = cell_take(data);
	ck_assert(is_same(&out, &expected));
	ck_assert(out.owned == value_is_bytes(&out));
	value_free(&out);
	mem_free(copy);
	mem_free(data);
	return (c.size);
}

static const struct {
	const char	*text;
	size_t		 size;		/* of its cell */
} strings[] = {
	{ "", 1 }, { "a", 2 }, { "0", 1 }, { "7", 1 }, { "127", 1 },
	{ "128", 2 }, { "-1", 2 }, { "4095", 2 }, { "-4096", 2 },
	{ "4096", 3 }, { "-4097", 3 }, { "32767", 3 }, { "-32768", 3 },
	{ "32768", 4 }, { "8388607", 4 }, { "-8388608", 4 },
	{ "8388608", 5 }, { "-8388609", 5 }, { "2147483647", 5 },
	{ "2147483648", 6 }, { "549755813887", 6 }, { "549755813888", 7 },
	{ "-549755813889", 7 }, { "1700000000000", 7 },
	{ "140737488355328", 8 }, { "36028797018963968", 9 },
	{ "9223372036854775807", 9 }, { "-9223372036854775808", 9 },
	/* None of ours. */
	{ "9223372036854775808", 20 }, { "-9223372036854775809", 21 },
	{ "18446744073709551616", 21 }, { "007", 4 }, { "+1", 3 },
	{ "-0", 3 }, { "-", 2 }, { "--1", 4 }, { " 1", 3 }, { "1 ", 3 },
	{ "1.0", 4 }, { "1e3", 4 }, { "0x1", 4 }, { "00", 3 },
};

START_TEST(strings_of_digits_are_strings)
{
	struct value v = value_view(VALUE_STRING, bytes_of(strings[_i].text));

	ck_assert_uint_eq(assert_round_trip(&v), strings[_i].size);
	v.type = VALUE_BIG_NUMBER;
	ck_assert_uint_eq(assert_round_trip(&v), 2 + v.length);
	v.type = VALUE_ERROR;
	ck_assert_uint_eq(assert_round_trip(&v), 2 + v.length);
}
END_TEST

START_TEST(a_nul_is_no_end)
{
	struct value v = value_view(VALUE_STRING, bytes_make("1\0", 2));

	ck_assert_uint_eq(assert_round_trip(&v), 3);
	v = value_view(VALUE_STRING, bytes_make(NULL, 0));
	ck_assert_uint_eq(assert_round_trip(&v), 1);
}
END_TEST

START_TEST(numbers_take_what_they_need)
{
	struct value v;
	unsigned bits;

	for (bits = 0; bits < 63; bits++) {
		v = value_integer((INT64_C(1) << bits) - 1);
		ck_assert_uint_eq(assert_round_trip(&v), 1 + bits / 8 + 1);
		v = value_integer(-(INT64_C(1) << bits));
		ck_assert_uint_eq(assert_round_trip(&v), 1 + bits / 8 + 1);
	}
	v = value_integer(INT64_MAX);
	ck_assert_uint_eq(assert_round_trip(&v), 9);
	v = value_integer(INT64_MIN);
	ck_assert_uint_eq(assert_round_trip(&v), 9);
}
END_TEST

START_TEST(other_types_come_back)
{
	struct value v[] = { value_null(), value_boolean(false),
	    value_boolean(true), value_double(0), value_double(-0.0),
	    value_double(1.5), value_double(NAN), value_double(-INFINITY),
	    value_new(VALUE_LIST), value_new(VALUE_DICT),
	    value_new(VALUE_SET), value_new(VALUE_ZSET) };
	struct value item = value_integer(1);
	size_t i;

	list_push(&v[8].list, &item);
	for (i = 0; i < COUNT(v); i++) {
		ck_assert_uint_eq(assert_round_trip(&v[i]), i < 3 ? 1 : 9);
		value_free(&v[i]);
	}
}
END_TEST

START_TEST(strings_of_all_lengths_come_back)
{
	static const size_t lengths[] = { 1, 62, 63, 64, 65, 239, 240, 241,
	    254, 255, 256, 257, 511, 512, 1022, 1023, 1024, 1025, 4095, 4096,
	    4097, 70000 };
	size_t i, n;
	char *data = mem_alloc(70000);
	struct value v;

	memset(data, '1', 70000);
	for (i = 0; i < COUNT(lengths); i++) {
		n = lengths[i];
		v = value_view(VALUE_STRING, bytes_make(data, n));
		ck_assert_uint_eq(assert_round_trip(&v), n == 1 ? 1 :
		    n < 64 ? n + 1 : n < 1024 ? n + 2 : 13);
		v.type = VALUE_ERROR;
		ck_assert_uint_eq(assert_round_trip(&v), n < 256 ? n + 2 : 13);
		v.type = VALUE_BIG_NUMBER;
		ck_assert_uint_eq(assert_round_trip(&v), n < 256 ? n + 2 : 13);
	}
	mem_free(data);
}
END_TEST

/* What is long is taken, not copied, and given back as it is. */
START_TEST(long_strings_stay_where_they_are)
{
	char *data = mem_alloc(5000);
	struct value v = value_view(VALUE_STRING, bytes_make(data, 5000));
	uint8_t bytes[CELL_MAX];
	struct cell c;

	memset(data, 'x', 5000);
	v.owned = true;
	c = cell_plan(&v);
	cell_put(bytes, &c, &v);
	ck_assert(cell_owns(bytes));
	ck_assert_uint_ge(cell_memory(bytes), 5000);
	v = cell_take(bytes);
	ck_assert_ptr_eq(v.data, data);
	value_free(&v);
}
END_TEST

/* One of few, so that equal ones come often; data has 2000 bytes. */
static struct value
draw_value(uint64_t *state, char *data)
{
	size_t n;

	switch (draw(state, 8)) {
	case 0: return (value_integer((int64_t)draw(state, 300)));
	case 1: return (value_integer((int64_t)(draw(state, 4) << 62 |
		    draw(state, UINT32_MAX) << draw(state, 31))));
	case 2: return (value_double((double)draw(state, 9) / 4));
	case 3: return (value_boolean(draw(state, 2) != 0));
	case 4:
		n = number_format(data, (int64_t)(draw(state, 9) == 0 ?
		    *state : draw(state, 5000)));
		return (value_view(VALUE_STRING, bytes_make(data, n)));
	case 5:
		for (n = 0; n < draw(state, 6); n++)
			data[n] = "01-9a+"[draw(state, 6)];
		return (value_view(VALUE_STRING, bytes_make(data, n)));
	default:
		n = draw(state, 6) == 0 ? 1010 + draw(state, 20) :
		    draw(state, 4) * 64 + draw(state, 3);
		memset(data, 'a' + (int)draw(state, 2), n);
		return (value_view(draw(state, 3) == 0 ? VALUE_ERROR :
		    draw(state, 3) == 0 ? VALUE_BIG_NUMBER : VALUE_STRING,
		    bytes_make(data, n)));
	}
}

START_TEST(any_value_comes_back_and_is_equal_to_its_like_alone)
{
	char data[2][2000], digits[NUMBER_SIZE];
	struct value a, b, in, out;
	uint8_t bytes[CELL_MAX];
	uint64_t state = 4711;
	struct cell c, other;
	int i, equal = 0;

	for (i = 0; i < PAIRS; i++) {
		a = draw_value(&state, data[0]);
		b = draw_value(&state, data[1]);
		c = cell_plan(&a);
		other = cell_plan(&b);
		in = a;
		if (draw(&state, 2) != 0)
			value_own(&in);
		cell_put(bytes, &c, &in);
		out = cell_get(bytes, digits);
		ck_assert(value_equal(&out, &a));
		ck_assert(cell_equal(bytes, &c, &a));
		ck_assert(cell_equal(bytes, &other, &b) ==
		    value_equal(&a, &b));
		equal += value_equal(&a, &b);
		cell_free(bytes);
	}
	ck_assert_int_gt(equal, PAIRS / 1000);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("cell");
	TCase *cell = tcase_create("cell");

	tcase_set_timeout(cell, 300);
	tcase_add_loop_test(cell, strings_of_digits_are_strings, 0,
	    COUNT(strings));
	tcase_add_test(cell, a_nul_is_no_end);
	tcase_add_test(cell, numbers_take_what_they_need);
	tcase_add_test(cell, other_types_come_back);
	tcase_add_test(cell, strings_of_all_lengths_come_back);
	tcase_add_test(cell, long_strings_stay_where_they_are);
	tcase_add_test(cell,
	    any_value_comes_back_and_is_equal_to_its_like_alone);
	suite_add_tcase(s, cell);
	return (s);
}

int
main(void)
{
	hash_seed();
	return (suite_run(suite()));
}
