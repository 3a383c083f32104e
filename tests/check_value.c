/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values: who owns what, equality and hashes, order and keys of dictionaries,
 * that the deepest one can be freed on a worker's stack, and what comes first
 * in a schedule.
 */
#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/schedule.h"
#include "value/set.h"
#include "value/value.h"
#include "value/zset.h"
#include "suite.h"

#ifdef RESPD_SANITIZE
enum { SMALL_STACK = 2048 * 1024 };
#else
enum { SMALL_STACK = 256 * 1024 };
#endif

enum { DEEPEST = 128, MANY = ROUNDS(100000) };

static struct value
text(const char *string)
{
	return (value_view(VALUE_STRING, bytes_of(string)));
}

/* One of each that is no container, all different from each other. */
static size_t
make_scalars(struct value out[32])
{
	static const double reals[] = { 0.0, -0.0, 1.0, 7.0, INFINITY, NAN };
	size_t n = 0, i;

	out[n++] = value_null();
	out[n++] = value_boolean(false);
	out[n++] = value_boolean(true);
	out[n++] = value_integer(0);
	out[n++] = value_integer(1);
	out[n++] = value_integer(7);
	out[n++] = value_integer(INT64_MIN);
	for (i = 0; i < COUNT(reals); i++)
		out[n++] = value_double(reals[i]);
	out[n++] = text("");
	out[n++] = text("7");
	out[n++] = text("a");
	out[n++] = value_view(VALUE_STRING, bytes_make("a\0", 2));
	out[n++] = value_view(VALUE_BIG_NUMBER, bytes_of("7"));
	out[n++] = value_view(VALUE_ERROR, bytes_of("a"));
	return (n);
}

START_TEST(values_are_equal_to_themselves_alone)
{
	struct value a[32], b[32];
	size_t n = make_scalars(a), i, j;

	ck_assert_uint_eq(make_scalars(b), n);
	for (i = 0; i < n; i++) {
		value_own(&b[i]);
		for (j = 0; j < n; j++)
			ck_assert_msg(value_equal(&a[i], &b[j]) == (i == j),
			    "%zu and %zu", i, j);
		ck_assert_uint_eq(value_hash(&a[i]), value_hash(&b[i]));
	}
	for (i = 0; i < n; i++)
		value_free(&b[i]);
}
END_TEST

START_TEST(containers_are_never_equal)
{
	struct value v[] = { value_new(VALUE_LIST), value_new(VALUE_DICT),
	    value_new(VALUE_SET) };
	size_t i, j;

	for (i = 0; i < COUNT(v); i++) {
		for (j = 0; j < COUNT(v); j++)
			ck_assert(!value_equal(&v[i], &v[j]));
	}
	for (i = 0; i < COUNT(v); i++) {
		value_free(&v[i]);
		ck_assert_int_eq(v[i].type, VALUE_NONE);
	}
}
END_TEST

START_TEST(values_know_their_kind)
{
	static const struct {
		enum value_type	 type;
		bool		 bytes, container;
		const char	*name;
	} rows[] = {
		{ VALUE_NONE, false, false, "none" },
		{ VALUE_NULL, false, false, "null" },
		{ VALUE_BOOLEAN, false, false, "boolean" },
		{ VALUE_INTEGER, false, false, "integer" },
		{ VALUE_DOUBLE, false, false, "double" },
		{ VALUE_STRING, true, false, "string" },
		{ VALUE_BIG_NUMBER, true, false, "big number" },
		{ VALUE_ERROR, true, false, "error" },
		{ VALUE_LIST, false, true, "array" },
		{ VALUE_DICT, false, true, "dictionary" },
		{ VALUE_SET, false, true, "set" },
		{ VALUE_ZSET, false, true, "sorted set" },
	};
	size_t i;

	ck_assert_uint_eq(COUNT(rows), VALUE_TYPES);
	for (i = 0; i < COUNT(rows); i++) {
		struct value v = { .type = (uint8_t)rows[i].type };

		ck_assert_int_eq(value_is_bytes(&v), rows[i].bytes);
		ck_assert_int_eq(value_is_container(&v), rows[i].container);
		ck_assert_str_eq(value_type_name(rows[i].type), rows[i].name);
	}
	ck_assert_uint_eq(sizeof(struct value), 16);
}
END_TEST

START_TEST(a_view_becomes_a_copy)
{
	char bytes[] = "abc";
	struct value view = value_view(VALUE_STRING, bytes_of(bytes));
	struct value copy = value_copy(VALUE_STRING, bytes_of(bytes));

	ck_assert(!view.owned && view.data == bytes);
	ck_assert(copy.owned && copy.data != bytes);
	value_free(&view);
	ck_assert_str_eq(bytes, "abc");
	view = value_view(VALUE_STRING, bytes_of(bytes));
	value_own(&view);
	bytes[0] = 'x';
	ck_assert(view.owned && value_equal(&view, &copy));
	value_own(&view);
	value_free(&view);
	value_free(&copy);
	/* Twice is fine: it is no value any more. */
	value_free(&copy);
}
END_TEST

START_TEST(list_keeps_order)
{
	struct value list = value_new(VALUE_LIST), v, item;
	char digits[NUMBER_SIZE];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(digits, sizeof(digits), "%d", i);
		v = i % 2 == 0 ? value_integer(i) : text(digits);
		list_push(&list.list, &v);
		SURE(v.type == VALUE_NONE);
	}
	ck_assert_uint_eq(list_length(list.list), MANY);
	for (i = 0; i < MANY; i++) {
		item = list_get(list.list, (size_t)i, digits);
		if (i % 2 == 0)
			SURE(item.integer == i);
		else
			SURE(item.type == VALUE_STRING &&
			    atoi(item.data) == i);
	}
	value_free(&list);
}
END_TEST

static void
put(struct dict **d, struct value key, struct value value)
{
	dict_put(d, &key, &value);
	SURE(key.type == VALUE_NONE);
	SURE(value.type == VALUE_NONE);
}

START_TEST(dict_duplicate_keeps_place_and_last_value)
{
	struct dict *d = dict_new();
	struct dict_iter it;
	char name[16];
	int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < _i; i++) {
			snprintf(name, sizeof(name), "k%d", i);
			put(&d, text(name), value_copy(VALUE_STRING,
			    bytes_of(round == 2 ? "last" : "first")));
		}
	}
	ck_assert_uint_eq(dict_length(d), _i);
	i = 0;
	for (dict_start(&it, d); dict_next(&it); i++) {
		ck_assert_int_eq(atoi(it.key.data + 1), i);
		ck_assert(bytes_equal(value_bytes(&it.value),
		    bytes_of("last")));
		ck_assert(!it.key.owned && !it.value.owned);
	}
	ck_assert_int_eq(i, _i);
	ck_assert(dict_has(d, bytes_of("k0")));
	ck_assert(!dict_has(d, bytes_of("k")));
	dict_free(d);
}
END_TEST

START_TEST(dict_tells_types_of_keys_apart)
{
	struct dict *d = dict_new();
	struct value keys[32];
	size_t n = make_scalars(keys), i, round;
	struct dict_iter it;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < n; i++)
			put(&d, keys[i], value_integer((int64_t)i));
	}
	ck_assert_uint_eq(dict_length(d), n);
	i = 0;
	for (dict_start(&it, d); dict_next(&it); i++) {
		ck_assert(value_equal(&it.key, &keys[i]));
		ck_assert_int_eq(it.value.integer, (int)i);
	}
	ck_assert_uint_eq(i, n);
	dict_free(d);
}
END_TEST

START_TEST(dict_finds_the_string_or_else_the_integer)
{
	struct dict *d = dict_new();
	char digits[NUMBER_SIZE];

	put(&d, value_integer(7), value_integer(1));
	put(&d, value_double(8), value_integer(8));
	ck_assert_int_eq(dict_get(d, bytes_of("7"), digits).integer, 1);
	ck_assert(!dict_has(d, bytes_of("07")));
	ck_assert(!dict_has(d, bytes_of("8")));
	put(&d, text("7"), value_integer(2));
	ck_assert_int_eq(dict_get(d, bytes_of("7"), digits).integer, 2);
	ck_assert(dict_remove(&d, bytes_of("7")));
	ck_assert_int_eq(dict_get(d, bytes_of("7"), digits).integer, 1);
	ck_assert(dict_remove(&d, bytes_of("7")));
	ck_assert(!dict_remove(&d, bytes_of("7")));
	ck_assert_int_eq(dict_get(d, bytes_of("7"), digits).type, VALUE_NONE);
	ck_assert_uint_eq(dict_length(d), 1);
	dict_free(d);
}
END_TEST

START_TEST(dict_holds_many)
{
	struct dict *d = dict_new();
	char name[NUMBER_SIZE], digits[NUMBER_SIZE];
	struct bytes key;
	int i;

	/* Written twice, the second time backwards. */
	for (i = 0; i < MANY; i++)
		put(&d, value_integer(i * 64), value_integer(i));
	for (i = MANY - 1; i >= 0; i--)
		put(&d, value_integer(i * 64), value_integer(-i));
	ck_assert_uint_eq(dict_length(d), MANY);
	for (i = 0; i < MANY; i++) {
		key = bytes_make(name, number_format(name, i * 64));
		SURE(dict_get(d, key, digits).integer == -i);
		key = bytes_make(name, number_format(name, i * 64 + 1));
		SURE(dict_get(d, key, digits).type == VALUE_NONE);
	}
	dict_free(d);
}
END_TEST

START_TEST(nothing_can_be_freed)
{
	list_free(NULL);
	dict_free(NULL);
}
END_TEST

/* What a scan sees, by number of the key. */
static void
see(const struct value *key, const struct value *value, void *arg)
{
	uint8_t *seen = arg;

	SURE(value->type == VALUE_NULL);
	seen[atoi(key->data)] = 1;
}

/* Sets from a few members to many and back, all kinds of changes mixed. */
START_TEST(dict_forgets_and_scans)
{
	enum { ALL = 20000, STAYING = 300 };
	static uint8_t seen[ALL];
	struct dict *d = set_new();
	struct dict_iter it;
	uint64_t cursor = 0;
	int i, n, last = -1;
	char name[16];

	for (i = 0; i < ALL; i++) {
		snprintf(name, sizeof(name), "%da", i);
		SURE(set_add_text(&d, bytes_of(name)));
		SURE(!set_add_text(&d, bytes_of(name)));
	}
	ck_assert_uint_eq(dict_length(d), ALL);
	/* Those that are there throughout are seen, whatever goes and comes. */
	for (i = ALL - 1; i >= STAYING; i--) {
		snprintf(name, sizeof(name), "%da", i);
		SURE(dict_remove(&d, bytes_of(name)));
		SURE(!dict_remove(&d, bytes_of(name)));
		if (i % 1000 == 0 && (cursor != 0 || i == ALL - 1000))
			cursor = dict_scan(d, cursor, 10, see, seen);
		dict_random(&it, d, (uint64_t)i << 32);
		SURE(atoi(it.key.data) < i);
	}
	for (i = ALL - 1; cursor != 0; i--) {
		snprintf(name, sizeof(name), "%da", i);
		SURE(set_add_text(&d, bytes_of(name)));
		cursor = dict_scan(d, cursor, 10, see, seen);
	}
	for (n = 0; n < STAYING; n++)
		SURE(seen[n]);
	for (n = 0, dict_start(&it, d); dict_next(&it); n++) {
		i = atoi(it.key.data);
		SURE(n < STAYING ? i == n : n == STAYING || i == last - 1);
		last = i;
	}
	ck_assert_uint_eq(dict_length(d), (size_t)n);
	while (dict_length(d) != 0) {
		dict_random(&it, d, (uint64_t)dict_length(d) << 32);
		snprintf(name, sizeof(name), "%da", atoi(it.key.data));
		SURE(dict_remove(&d, bytes_of(name)));
	}
	dict_free(d);
}
END_TEST

/* Of any size, holes or not, asking for what is there or not harms nothing. */
START_TEST(keys_can_be_asked_for)
{
	enum { ASKED = VALUE_PREFETCH + 8 };
	static const enum value_type types[] = { VALUE_LIST, VALUE_DICT,
	    VALUE_SET, VALUE_ZSET };
	static const int lengths[] = { 0, 20, 5000 };
	struct value v = value_new(types[_i / 3]), name, null;
	int length = lengths[_i % 3], i;
	struct bytes keys[ASKED];
	char names[ASKED][16];

	for (i = 0; i < length && v.type != VALUE_LIST; i++) {
		snprintf(names[0], sizeof(names[0]), "%d", i);
		name = text(names[0]);
		null = value_null();
		if (v.type == VALUE_ZSET)
			zset_put(&v.zset, value_bytes(&name), i);
		else
			dict_put(&v.dict, &name, &null);
	}
	for (i = 0; i < ASKED; i++) {
		snprintf(names[i], sizeof(names[i]), "%d", 3 * i - 8);
		keys[i] = bytes_of(names[i]);
	}
	value_prefetch(&v, keys, ASKED);
	for (i = 0; i < length && v.type == VALUE_SET; i += 2) {
		snprintf(names[0], sizeof(names[0]), "%d", i);
		SURE(dict_remove(&v.dict, bytes_of(names[0])));
	}
	value_prefetch(&v, keys, ASKED);
	value_prefetch(&v, keys, 0);
	ck_assert_uint_eq(value_count(&v), v.type == VALUE_LIST ? 0 :
	    v.type == VALUE_SET ? length / 2 : length);
	value_free(&v);
}
END_TEST

/* Packed or not, and holes or not, what was chosen is what goes. */
START_TEST(dict_forgets_what_was_chosen)
{
	static const int sizes[] = { 1, 2, 100, 20000 };
	struct dict *d = _i % 2 == 0 ? dict_new() : set_new();
	int i, left = sizes[_i / 2];
	struct dict_iter it;
	char name[16];
	struct value v;

	for (i = 0; i < left; i++) {
		/* Some of them are stored as numbers. */
		snprintf(name, sizeof(name), i % 3 == 0 ? "%d" : "%da", i);
		v = value_integer(i);
		SURE(dict_put_text(&d, bytes_of(name), &v));
	}
	for (; left != 0; left--) {
		dict_random(&it, d, (uint64_t)left * 0x9e3779b97f4a7c15u);
		snprintf(name, sizeof(name), "%.*s", (int)it.key.length,
		    it.key.data);
		SURE(_i % 2 != 0 || it.value.integer == atoi(name));
		SURE(dict_has(d, bytes_of(name)));
		dict_remove_chosen(&d, &it);
		SURE(!dict_has(d, bytes_of(name)));
		SURE(dict_length(d) == (size_t)left - 1);
	}
	dict_free(d);
}
END_TEST

enum { NAMES = 6000, PHASE = 7000 };

/* Keys are there in the order in which they came, each with its value. */
static void
check_order(const struct dict *d, const int64_t came[NAMES], size_t length)
{
	struct dict_iter it;
	int64_t last = 0;
	size_t n = 0;

	for (dict_start(&it, d); dict_next(&it); n++) {
		SURE(it.value.integer > last);
		last = it.value.integer;
		SURE(came[atoi(it.key.data)] == last);
	}
	ck_assert_uint_eq(n, length);
	ck_assert_uint_eq(dict_length(d), length);
}

/* Keys come and go in phases; oldest first (1) or by chance (0). */
START_TEST(dict_keeps_order_while_holes_are_closed)
{
	static int64_t came[NAMES];		/* 0: not there */
	struct dict *d = dict_new();
	char name[16], digits[NUMBER_SIZE];
	size_t length = 0, step;
	struct dict_iter it;
	int64_t now = 0;
	struct value v;
	bool shrinks;
	int key;

	memset(came, 0, sizeof(came));
	srand((unsigned)_i);
	for (step = 0; step < 20 * PHASE; step++) {
		shrinks = step / PHASE % 2 != 0;
		key = rand() % NAMES;
		if (shrinks && length != 0 && _i != 0) {
			dict_start(&it, d);
			SURE(dict_next(&it));
			key = atoi(it.key.data);
		}
		snprintf(name, sizeof(name), "%dx", key);
		if (came[key] == 0 && !shrinks) {
			v = value_integer(++now);
			SURE(dict_put_text(&d, bytes_of(name), &v));
			came[key] = now;
			length++;
		} else if (came[key] != 0 && (shrinks || rand() % 8 == 0)) {
			SURE(dict_remove(&d, bytes_of(name)));
			came[key] = 0;
			length--;
		}
		key = rand() % NAMES;
		snprintf(name, sizeof(name), "%dx", key);
		v = dict_get(d, bytes_of(name), digits);
		SURE(came[key] != 0 ? v.integer == came[key] :
		    v.type == VALUE_NONE);
		if (step % 500 == 0)
			check_order(d, came, length);
	}
	ck_assert_int_gt(now, NAMES);
	dict_free(d);
}
END_TEST

/* Values that grow, shrink and own something, in small and in large ones. */
START_TEST(dict_replaces)
{
	static const size_t lengths[] = { 3, 2000, 0, 60, 70, 2000, 1 };
	static char text[2000];
	char digits[NUMBER_SIZE], name[16];
	struct dict *d = dict_new(), *copy;
	struct value v;
	size_t i;
	int key;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (key = 0; key < (_i != 0 ? 1000 : 20); key++) {
			snprintf(name, sizeof(name), "k%d", key);
			v = value_view(VALUE_STRING, bytes_make(text,
			    lengths[i]));
			ck_assert(dict_put_text(&d, bytes_of(name), &v) ==
			    (i == 0));
		}
		for (key = 0; key < (_i != 0 ? 1000 : 20); key++) {
			snprintf(name, sizeof(name), "k%d", key);
			v = dict_get(d, bytes_of(name), digits);
			SURE(v.type == VALUE_STRING && v.length == lengths[i]);
		}
	}
	copy = dict_copy(d);
	dict_free(d);
	ck_assert(dict_remove(&copy, bytes_of("k7")));
	ck_assert(!dict_has(copy, bytes_of("k7")));
	ck_assert(dict_has(copy, bytes_of("k19")));
	dict_free(copy);
}
END_TEST

/* Lists in dictionaries in lists ..., a string at the bottom. */
static struct value
make_deep(int depth)
{
	struct value inner = value_copy(VALUE_STRING, bytes_of("bottom"));
	struct value outer;

	while (depth-- > 0) {
		if (depth % 2 == 0) {
			outer = value_new(VALUE_LIST);
			list_push(&outer.list, &inner);
		} else {
			outer = value_new(VALUE_DICT);
			put(&outer.dict, text("k"), inner);
		}
		inner = outer;
	}
	return (inner);
}

static void *
free_deep(void *arg)
{
	value_free(arg);
	return (NULL);
}

START_TEST(the_deepest_is_freed_on_a_small_stack)
{
	struct value v = make_deep(DEEPEST);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SMALL_STACK);
	ck_assert_int_eq(pthread_create(&thread, &attr, free_deep, &v), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	ck_assert_int_eq(v.type, VALUE_NONE);
}
END_TEST

/* 1000 values at few times, half of them taken off in between. */
START_TEST(schedule_is_in_order_of_time_then_of_arrival)
{
	struct schedule *s = schedule_new();
	int64_t number = 0, last, time;
	struct value v;
	int round, i;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < 1000; i++) {
			time = (i * 7919) % 10;
			v = value_integer(time << 32 | number++);
			schedule_add(s, time, &v);
		}
		for (last = -1, i = 0; schedule_take(s, 4, &v); i++) {
			SURE(v.integer > last && v.integer >> 32 <= 4);
			last = v.integer;
		}
		ck_assert_int_eq(i, 500);
	}
	ck_assert_uint_eq(schedule_length(s), 2000);
	v = value_copy(VALUE_STRING, bytes_of("freed with it"));
	schedule_add(s, INT64_MAX, &v);
	ck_assert(!schedule_take(s, 4, &v));
	schedule_free(s);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("value");
	TCase *t = tcase_create("value");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, values_are_equal_to_themselves_alone);
	tcase_add_test(t, containers_are_never_equal);
	tcase_add_test(t, values_know_their_kind);
	tcase_add_test(t, a_view_becomes_a_copy);
	tcase_add_test(t, list_keeps_order);
	tcase_add_loop_test(t, dict_duplicate_keeps_place_and_last_value, 1,
	    40);
	tcase_add_test(t, dict_tells_types_of_keys_apart);
	tcase_add_test(t, dict_finds_the_string_or_else_the_integer);
	tcase_add_test(t, dict_holds_many);
	tcase_add_test(t, dict_forgets_and_scans);
	tcase_add_loop_test(t, keys_can_be_asked_for, 0, 12);
	tcase_add_loop_test(t, dict_forgets_what_was_chosen, 0, 8);
	tcase_add_loop_test(t, dict_keeps_order_while_holes_are_closed, 0, 2);
	tcase_add_loop_test(t, dict_replaces, 0, 2);
	tcase_add_test(t, schedule_is_in_order_of_time_then_of_arrival);
	tcase_add_test(t, nothing_can_be_freed);
	tcase_add_test(t, the_deepest_is_freed_on_a_small_stack);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	hash_seed();
	return (suite_run(suite()));
}
