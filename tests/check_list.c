/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists do what a plain array of values does, whatever is done to them, and
 * take as little memory as is said of them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "value/codec.h"
#include "value/list.h"
#include "value/value.h"
#include "suite.h"

enum {
	OPERATIONS = ROUNDS(200000), MANY = ROUNDS(200000),
	MOST = 6000, LONGEST = 70000
};

static char filler[LONGEST];

/* The array: what a list is to be */

static struct model {
	struct value	*items;
	size_t		 length;
} model;

static void
model_insert(size_t i, struct value v)
{
	model.items = mem_resize(model.items,
	    (model.length + 1) * sizeof(*model.items));
	memmove(model.items + i + 1, model.items + i,
	    (model.length - i) * sizeof(*model.items));
	model.items[i] = v;
	model.length++;
}

static void
model_remove(size_t i, size_t count)
{
	size_t k;

	for (k = i; k < i + count; k++)
		value_free(&model.items[k]);
	memmove(model.items + i, model.items + i + count,
	    (model.length - i - count) * sizeof(*model.items));
	model.length -= count;
}

static void
assert_same(const struct value *is, const struct value *wanted)
{
	struct buf a = { 0 }, b = { 0 };

	if (!value_is_container(wanted)) {
		ck_assert(value_equal(is, wanted));
		return;
	}
	codec_encode(&a, is);
	codec_encode(&b, wanted);
	ck_assert(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	buf_free(&a);
	buf_free(&b);
}

/* The whole of it, both ways, from places in the middle too. */
static void
assert_all(const struct list *l, uint64_t *state)
{
	size_t i = model.length != 0 ? draw(state, model.length) : 0, n;
	struct list_iter it;

	ck_assert_uint_eq(list_length(l), model.length);
	n = draw(state, 2) != 0 ? i : 0;
	for (list_start(&it, l, n, false); list_next(&it); n++) {
		ck_assert_uint_eq(it.index, n);
		assert_same(&it.value, &model.items[n]);
	}
	ck_assert_uint_eq(n, model.length);
	n = draw(state, 2) != 0 || model.length == 0 ? i : model.length - 1;
	for (list_start(&it, l, n, true); list_next(&it); n--) {
		ck_assert_uint_eq(it.index, n);
		assert_same(&it.value, &model.items[n]);
	}
	ck_assert_uint_eq(n, model.length != 0 ? SIZE_MAX : 0);
}

/* Values of all types and of sizes at which something changes */

static struct value
draw_container(uint64_t *state)
{
	struct value v = value_new(VALUE_LIST), item;
	size_t n = draw(state, 4);

	while (n-- != 0) {
		item = draw(state, 3) == 0 ? draw_container(state) :
		    value_integer((int64_t)n);
		list_push(&v.list, &item);
	}
	return (v);
}

static struct value
draw_value(uint64_t *state, bool large)
{
	static const size_t small[] = { 0, 1, 5, 14, 62, 63, 64, 124, 125,
	    126, 127, 128, 239, 240, 241 };
	static const size_t others[] = { 1, 500, 1022, 1023, 1024, 1025, 4095,
	    4096, 4097, LONGEST };
	char digits[NUMBER_SIZE];
	size_t n;

	switch (draw(state, large ? 12 : 100)) {
	case 0: return (value_null());
	case 1: return (value_boolean(draw(state, 2) != 0));
	case 2: return (value_double((double)draw(state, 100) / 8));
	case 3: return (value_integer(draw(state, 2) != 0 ? INT64_MIN :
		    INT64_MAX));
	case 4: return (draw_container(state));
	case 5: return (value_copy(VALUE_ERROR, bytes_make(filler,
		    draw(state, 300))));
	case 6: return (value_copy(VALUE_BIG_NUMBER, bytes_make(filler,
		    draw(state, 300))));
	case 7:
	case 8:
		n = others[draw(state, COUNT(others) - !large)];
		break;
	default:
		n = small[draw(state, COUNT(small))];
		if (draw(state, 2) == 0) {
			n = number_format(digits, (int64_t)(*state >>
			    draw(state, 64)));
			return (value_copy(VALUE_STRING,
			    bytes_make(digits, n)));
		}
	}
	return (value_copy(VALUE_STRING,
	    bytes_make(filler + draw(state, LONGEST - n + 1), n)));
}

/* One change of both; what grows and what shrinks depends on the phase. */
static void
change(struct list **l, uint64_t *state, bool grow, bool large)
{
	size_t i = draw(state, model.length + 1), n;
	bool add = draw(state, 8) < (grow ? 6 : 2);
	struct value v, copy, popped;
	char digits[NUMBER_SIZE];

	if (draw(state, 16) == 0 && i < model.length) {
		v = draw_value(state, large);
		copy = value_clone(&v);
		list_set(l, i, &v);
		value_free(&model.items[i]);
		model.items[i] = copy;
	} else if (add && model.length < MOST) {
		v = draw_value(state, large);
		copy = value_clone(&v);
		switch (draw(state, 4)) {
		case 0:
			list_insert(l, i, &v);
			break;
		case 1:
			i = 0;
			list_push_front(l, &v);
			break;
		default:
			i = model.length;
			list_push(l, &v);
		}
		ck_assert_int_eq(v.type, VALUE_NONE);
		model_insert(i, copy);
	} else if (model.length != 0 && draw(state, 4) != 0) {
		i = draw(state, 3) == 0 ? 0 : model.length - 1;
		v = list_peek(*l, i == 0, digits);
		assert_same(&v, &model.items[i]);
		if (draw(state, 2) == 0) {
			popped = i == 0 ? list_pop_front(l) : list_pop(l);
			assert_same(&popped, &model.items[i]);
			value_free(&popped);
		} else
			list_drop(l, i == 0);
		model_remove(i, 1);
	} else if (i < model.length) {
		n = draw(state, 200) == 0 ? model.length - i :
		    draw(state, 20) == 0 ? 400 : draw(state, 3);
		n = n < model.length - i ? n : model.length - i;
		list_remove(l, i, n);
		model_remove(i, n);
	}
}

START_TEST(a_list_is_an_array)
{
	struct list *l = list_new(), *copy;
	uint64_t state = (uint64_t)_i + 1;
	char digits[NUMBER_SIZE];
	struct value v;
	size_t i;
	int n;

	for (n = 0; n < OPERATIONS; n++) {
		change(&l, &state, n / (100 << n % 7) % 2 == 0,
		    n / 5000 % 3 == 2);
		ck_assert_uint_eq(list_length(l), model.length);
		if (model.length != 0) {
			i = draw(&state, model.length);
			v = list_get(l, i, digits);
			assert_same(&v, &model.items[i]);
		}
		if (draw(&state, model.length + 30) == 0)
			assert_all(l, &state);
		if (draw(&state, 3000) == 0) {
			ck_assert_uint_ge(list_size(l), model.length);
			copy = list_copy(l);
			list_free(l);
			l = copy;
			assert_all(l, &state);
		}
	}
	list_free(l);
	model_remove(0, model.length);
	mem_free(model.items);
	model.items = NULL;
}
END_TEST

/* Memory and order, as large as lists are */

static struct value
make_element(size_t i, bool number, char text[NUMBER_SIZE])
{
	int n = number ? snprintf(text, NUMBER_SIZE, "%zu", i) :
	    snprintf(text, NUMBER_SIZE, "element:%06zu", i);

	return (value_view(VALUE_STRING, bytes_make(text, (size_t)n)));
}

static const struct {
	bool	number, at_front, queue;
	double	most;		/* bytes an element; Redis 7.0.15's are */
} large[] = {
	{ false, false, false, 15.8 },	/* 16.1 */
	{ false, true, false, 15.8 },
	{ true, false, false, 4.3 },	/* 5.0 */
	{ true, true, true, 4.3 },
};

START_TEST(a_large_list_is_packed)
{
	bool number = large[_i].number, at_front = large[_i].at_front;
	struct list *l = list_new();
	char text[NUMBER_SIZE], digits[NUMBER_SIZE];
	struct value v, expected;
	struct list_iter it;
	size_t i;

	for (i = 0; i < MANY; i++) {
		v = make_element(i, number, text);
		if (at_front)
			list_push_front(&l, &v);
		else
			list_push(&l, &v);
	}
	ck_assert_double_le((double)list_size(l) / MANY, large[_i].most);
	for (i = 0; i < MANY; i += 997) {
		v = list_get(l, at_front ? MANY - 1 - i : i, digits);
		expected = make_element(i, number, text);
		ck_assert(value_equal(&v, &expected));
	}
	for (list_start(&it, l, 0, false); list_next(&it); ) {
		expected = make_element(at_front ? MANY - 1 - it.index :
		    it.index, number, text);
		SURE(value_equal(&it.value, &expected));
	}
	for (i = 0; i < MANY; i++) {
		v = large[_i].queue ? list_pop(&l) : list_pop_front(&l);
		expected = make_element(large[_i].queue || !at_front ? i :
		    MANY - 1 - i, number, text);
		SURE(value_equal(&v, &expected));
		value_free(&v);
	}
	ck_assert_uint_eq(list_length(l), 0);
	ck_assert_uint_le(list_size(l), 64);
	list_free(l);
}
END_TEST

START_TEST(a_small_list_is_one_small_allocation)
{
	static const size_t most[] = { 32, 48, 64, 96, 96, 112 };
	struct list *l = list_new();
	char text[NUMBER_SIZE];
	struct value v;
	size_t i;

	for (i = 0; i < COUNT(most); i++) {
		ck_assert_uint_le(list_size(l), most[i]);
		v = make_element(i, false, text);
		list_push(&l, &v);
	}
	list_free(l);
	list_free(NULL);
}
END_TEST

/* Elements come and go at once: memory stays what is needed. */
START_TEST(a_queue_stays_small)
{
	static const size_t lengths[] = { 1, 10, 250, 3000 };
	struct list *l = list_new();
	char text[NUMBER_SIZE];
	struct value v, expected;
	size_t i, n = lengths[_i];

	for (i = 0; i < MANY; i++) {
		v = make_element(i, false, text);
		list_push(&l, &v);
		if (i < n)
			continue;
		v = list_pop_front(&l);
		expected = make_element(i - n, false, text);
		SURE(value_equal(&v, &expected));
		value_free(&v);
		SURE(list_size(l) < 40 * n + 200);
	}
	ck_assert_uint_eq(list_length(l), n);
	list_free(l);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("list");
	TCase *list = tcase_create("list");

	tcase_set_timeout(list, 300);
	tcase_add_loop_test(list, a_list_is_an_array, 0, 3);
	tcase_add_loop_test(list, a_large_list_is_packed, 0, COUNT(large));
	tcase_add_test(list, a_small_list_is_one_small_allocation);
	tcase_add_loop_test(list, a_queue_stays_small, 0, 4);
	suite_add_tcase(s, list);
	return (s);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < LONGEST; i++)
		filler[i] = (char)('a' + i % 23);
	hash_seed();
	return (suite_run(suite()));
}
