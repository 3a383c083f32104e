/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table against a plain array over millions of random steps, with hashes
 * that crowd, while it is walked, and while somebody prefetches.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/table.h"
#include "suite.h"

enum { STEPS = ROUNDS(2000000), PREFETCHES = 60000 };

/* The hash of key i: real ones, and ones that crowd and wrap around. */
static uint32_t
hash_real(uint32_t i, struct bytes key)
{
	(void)i;
	return (keyspace_table_hash(keyspace_hash(key)));
}

static uint32_t
hash_one(uint32_t i, struct bytes key)
{
	(void)i;
	(void)key;
	return (UINT32_MAX);
}

static uint32_t
hash_last(uint32_t i, struct bytes key)
{
	(void)key;
	/* All at home in the last slots, whatever the size. */
	return (UINT32_MAX - i % 16);
}

static uint32_t
hash_ends(uint32_t i, struct bytes key)
{
	(void)key;
	return (i % 2 == 0 ? UINT32_MAX - i * 1000 : 1 + i * 1000);
}

static uint32_t
hash_runs(uint32_t i, struct bytes key)
{
	(void)key;
	return ((i / 8 * 0x08000000u) | 1);
}

static const struct crowd {
	uint32_t	(*hash)(uint32_t i, struct bytes key);
	uint32_t	keys;
	int		steps;
} crowds[] = {
	{ hash_real, 5000, STEPS },
	{ hash_real, 40, STEPS / 4 },
	{ hash_one, 40, STEPS / 4 },
	{ hash_last, 100, STEPS / 4 },
	{ hash_ends, 300, STEPS / 4 },
	{ hash_runs, 200, STEPS / 4 },
};

static struct bytes
name_key(char out[16], uint32_t i)
{
	return (bytes_make(out, (size_t)snprintf(out, 16, "key:%u", i)));
}

/* In the order of hashes, each as near to its home as those before allow. */
static void
assert_is_ordered(const struct table *t)
{
	uint32_t slot, home, last = 0;

	for (slot = 0; slot < t->slots; slot++) {
		if (t->hashes[slot] == 0)
			continue;
		home = (uint32_t)((uint64_t)t->hashes[slot] * t->homes >> 32);
		SURE(t->hashes[slot] >= last);
		SURE(home <= slot);
		SURE(home == slot || t->hashes[slot - 1] != 0);
		last = t->hashes[slot];
	}
	/* Where every search ends. */
	SURE(t->slots == 0 || t->hashes[t->slots - 1] == 0);
}

/* Everything the model has is there, once, and nothing else. */
static void
assert_agrees(const struct table *t, const struct crowd *crowd,
    const int64_t *model)
{
	uint32_t i, slot, used = 0, there = 0, volatiles = 0;
	struct value v;
	char name[16];

	for (slot = 0; slot < t->slots; slot++)
		used += table_at(t, slot) != NULL;
	for (i = 0; i < crowd->keys; i++)
		volatiles += model[i] % 3 == 1;
	ck_assert_uint_eq(used, t->used);
	ck_assert_uint_eq(volatiles, t->volatiles);
	for (i = 0; i < crowd->keys; i++) {
		struct bytes key = name_key(name, i);

		slot = table_find(t, crowd->hash(i, key), key);
		SURE((slot != TABLE_NO_SLOT) == (model[i] != 0));
		if (slot == TABLE_NO_SLOT)
			continue;
		there++;
		v = entry_value(table_at(t, slot));
		SURE(v.integer == model[i]);
	}
	ck_assert_uint_eq(there, used);
	assert_is_ordered(t);
}

/* One random step on one key of both; every third stamp has a deadline. */
static void
step(struct table *t, const struct crowd *crowd, int64_t *model,
    uint64_t *seed, bool growing, int64_t stamp)
{
	uint32_t i = draw(seed, crowd->keys), slot;
	char name[16];
	struct bytes key = name_key(name, i);
	uint32_t hash = crowd->hash(i, key);
	struct value v = value_integer(stamp);
	struct entry *e;

	table_prefetch(t, hash);
	table_prefetch_entry(t, hash);
	slot = table_find(t, hash, key);
	SURE((slot != TABLE_NO_SLOT) == (model[i] != 0));
	if (slot == TABLE_NO_SLOT) {
		if (draw(seed, 4) != 0 && !growing)
			return;
		table_insert(t, hash, entry_new(key, &v, stamp % 3 == 1));
		model[i] = stamp;
	} else if (draw(seed, 4) == 0) {
		e = entry_new(key, &v, stamp % 3 == 1);
		entry_free(table_replace(t, slot, e));
		model[i] = stamp;
	} else if (draw(seed, 4) == 0 || !growing) {
		e = table_remove(t, slot);
		SURE(bytes_equal(entry_key(e), key));
		entry_free(e);
		model[i] = 0;
	}
}

START_TEST(table_agrees_with_a_plain_array)
{
	const struct crowd *crowd = &crowds[_i];
	int64_t *model = mem_zalloc(crowd->keys * sizeof(*model));
	struct table t = { 0 };
	uint64_t seed = (uint64_t)_i + 1;
	bool growing = true;
	uint32_t largest = 0;
	int i;

	for (i = 1; i <= crowd->steps; i++) {
		if (draw(&seed, crowd->keys * 8) == 0)
			growing = !growing;
		step(&t, crowd, model, &seed, growing, i);
		if (!growing && draw(&seed, 100) == 0)
			table_shrink(&t);
		if (t.slots > largest)
			largest = t.slots;
		if (i % (crowd->steps / 50) == 0)
			assert_agrees(&t, crowd, model);
	}
	ck_assert_uint_ge(largest, crowd->keys / 2);
	/* And empty again, down to nothing. */
	for (i = 0; i < (int)crowd->keys; i++) {
		char name[16];
		struct bytes key = name_key(name, (uint32_t)i);
		uint32_t slot = table_find(&t, crowd->hash((uint32_t)i, key),
		    key);

		if (slot != TABLE_NO_SLOT)
			entry_free(table_remove(&t, slot));
	}
	ck_assert_uint_eq(t.used, 0);
	table_shrink(&t);
	ck_assert_uint_eq(t.slots, 0);
	ck_assert_ptr_null(t.entries);
	table_free(&t);
	mem_free(model);
}
END_TEST

START_TEST(table_grows_and_shrinks)
{
	struct table t = { 0 };
	const struct crowd crowd = { hash_real, 100000, 0 };
	int64_t *model = mem_zalloc(crowd.keys * sizeof(*model));
	struct table taken;
	uint32_t i, slot;
	char name[16];

	ck_assert_uint_eq(table_find(&t, 1, bytes_of("x")), TABLE_NO_SLOT);
	for (i = 0; i < crowd.keys; i++) {
		struct value v = value_integer(i + 1);
		struct bytes key = name_key(name, i);

		table_insert(&t, hash_real(i, key), entry_new(key, &v,
		    (i + 1) % 3 == 1));
		model[i] = i + 1;
	}
	assert_agrees(&t, &crowd, model);
	/* What a key costs: an eighth of growth when 9/10 are taken. */
	ck_assert_uint_le(t.slots, crowd.keys + crowd.keys / 3);
	for (slot = 0; slot < t.slots; ) {
		/* Another entry may stand there afterwards. */
		if (table_at(&t, slot) == NULL || t.used <= 10) {
			slot++;
			continue;
		}
		i = (uint32_t)entry_value(table_at(&t, slot)).integer - 1;
		model[i] = 0;
		entry_free(table_remove(&t, slot));
	}
	table_shrink(&t);
	ck_assert_uint_le(t.slots, 128);
	assert_agrees(&t, &crowd, model);
	taken = table_take(&t);
	assert_agrees(&taken, &crowd, model);
	ck_assert_uint_eq(t.used + t.volatiles + t.slots, 0);
	ck_assert_uint_eq(table_find(&t, 1, bytes_of("x")), TABLE_NO_SLOT);
	table_prefetch(&t, 1);
	table_prefetch_at(&t, 1);
	table_prefetch_entry(&t, 1);
	table_free(&taken);
	table_free(&t);
	table_free(&t);
	mem_free(model);
}
END_TEST

/* A walk during which keys come and go, and the table grows and shrinks. */
struct walk {
	const int64_t	*model;		/* what is there, by key; 0: nothing */
	uint8_t		*seen;		/* how often */
};

static void
visit(const struct entry *e, void *arg)
{
	struct bytes name = entry_key(e);
	struct walk *walk = arg;
	uint32_t key = 0;
	size_t i;

	for (i = strlen("key:"); i < name.length; i++)
		key = 10 * key + (uint32_t)(name.data[i] - '0');
	SURE(walk->model[key] == entry_value(e).integer);
	walk->seen[key]++;
}

/*
 * SCAN's promise: what was there all the time is seen, once; what was never
 * there is not.
 */
static void
walk_once(struct table *t, const struct crowd *crowd, int64_t *model,
    uint64_t *seed, int64_t *stamp)
{
	uint8_t *seen = mem_zalloc(crowd->keys), *stayed =
	    mem_zalloc(crowd->keys);
	struct walk walk = { .model = model, .seen = seen };
	bool growing = draw(seed, 2) != 0;
	uint32_t from = 0, i, steps;

	for (i = 0; i < crowd->keys; i++)
		stayed[i] = model[i] != 0;
	do {
		from = table_scan(t, from, 1 + draw(seed, 30), visit, &walk);
		for (steps = draw(seed, 60); steps > 0; steps--) {
			step(t, crowd, model, seed, growing, ++*stamp);
			if (!growing)
				table_shrink(t);
		}
		for (i = 0; i < crowd->keys; i++)
			stayed[i] &= model[i] != 0;
	} while (from != 0);
	for (i = 0; i < crowd->keys; i++)
		SURE(!stayed[i] || seen[i] == 1);
	mem_free(seen);
	mem_free(stayed);
}

START_TEST(table_scan_sees_what_stays)
{
	const struct crowd *crowd = &crowds[_i];
	int64_t *model = mem_zalloc(crowd->keys * sizeof(*model)), stamp = 0;
	uint64_t seed = (uint64_t)_i + 77;
	struct table t = { 0 };
	int i;

	for (i = 0; i < 200; i++)
		walk_once(&t, crowd, model, &seed, &stamp);
	ck_assert_int_gt(stamp, 1000);
	table_free(&t);
	mem_free(model);
}
END_TEST

/* Prefetching takes no lock: what is left is for the thread sanitizer to see. */
static void *
prefetch_everywhere(void *arg)
{
	const struct table *t = arg;
	uint32_t hash;

	for (hash = 1; hash < PREFETCHES; hash++) {
		table_prefetch(&t[0], hash << 14);
		table_prefetch(&t[1], hash << 14);
	}
	return (NULL);
}

START_TEST(table_prefetch_may_meet_any_change)
{
	struct table t[2] = { { 0 }, { 0 } }, taken;
	struct value v = value_null();
	pthread_t thread;
	uint32_t i;

	ck_assert_int_eq(pthread_create(&thread, NULL, prefetch_everywhere,
	    t), 0);
	for (i = 1; i <= 1000; i++)
		table_insert(&t[0], i << 20, entry_new(bytes_of("k"), &v, 0));
	table_swap(&t[0], &t[1]);
	ck_assert_uint_eq(t[0].used + t[0].slots, 0);
	ck_assert_uint_eq(t[1].used, 1000);
	taken = table_take(&t[1]);
	table_free(&taken);
	pthread_join(thread, NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("table");
	TCase *t = tcase_create("table");

	hash_seed();
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, table_agrees_with_a_plain_array, 0,
	    COUNT(crowds));
	tcase_add_test(t, table_grows_and_shrinks);
	tcase_add_test(t, table_prefetch_may_meet_any_change);
	tcase_add_loop_test(t, table_scan_sees_what_stays, 0, COUNT(crowds));
	suite_add_tcase(s, t);
	return (suite_run(s));
}
