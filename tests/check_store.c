/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of every shape, shards, and who holds which lock.
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/slab.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"
#include "store/table.h"
#include "value/dict.h"
#include "value/list.h"
#include "suite.h"

#ifdef RESPD_SANITIZE
enum { TRANSFERS = 2000 };
#else
enum { TRANSFERS = 50000 };
#endif

/* Shapes of keys, values and deadlines: every combination is a row. */
static const size_t key_lengths[] = { 0, 1, 15, 16, 65534, 65535, 65536,
    100000 };
static const int64_t deadlines[] = { 0, 1, INT64_MAX };

enum { KINDS = 18 };

static char filler[200000];

static struct value
make_kind(int kind)
{
	struct value v;

	switch (kind) {
	case 0: return (value_null());
	case 1: return (value_boolean(true));
	case 2: return (value_boolean(false));
	case 3: return (value_integer(INT64_MIN));
	case 4: return (value_integer(77));
	case 5: return (value_double(-1.5));
	case 6: return (value_view(VALUE_STRING, bytes_of("")));
	case 7: return (value_view(VALUE_STRING, bytes_of("short")));
	case 8: return (value_copy(VALUE_STRING, bytes_of("owned")));
	case 9: return (value_view(VALUE_STRING, bytes_make(filler, 60)));
	case 10: return (value_copy(VALUE_STRING, bytes_make(filler, 4096)));
	case 11: return (value_copy(VALUE_STRING, bytes_make(filler, 4097)));
	case 12: return (value_view(VALUE_STRING,
		    bytes_make(filler, 100000)));
	case 13: return (value_view(VALUE_BIG_NUMBER, bytes_of("-123")));
	case 14: return (value_copy(VALUE_ERROR, bytes_of("ERR x")));
	case 15:
		v = value_new(VALUE_DICT);
		break;
	case 16:
		v = value_new(VALUE_SET);
		break;
	default:
		v = value_new(VALUE_LIST);
		break;
	}
	if (v.type == VALUE_LIST) {
		struct value item = value_copy(VALUE_STRING, bytes_of("item"));

		list_push(&v.list, &item);
	}
	return (v);
}

static void
assert_holds(const struct entry *e, struct bytes key, int kind,
    int64_t deadline)
{
	struct value expected = make_kind(kind), v = entry_value(e);
	struct bytes stored = entry_key(e);

	ck_assert_uint_eq(stored.length, key.length);
	ck_assert(bytes_equal(stored, key));
	ck_assert_int_eq(entry_deadline(e), deadline);
	ck_assert_int_eq(v.type, expected.type);
	if (v.type == VALUE_LIST)
		ck_assert_uint_eq(list_length(v.list), 1);
	else if (value_is_container(&v))
		ck_assert_uint_eq(dict_length(v.dict), 0);
	else
		ck_assert(value_equal(&v, &expected));
	value_free(&expected);
}

START_TEST(entry_holds_every_shape)
{
	size_t k, d;
	int kind;

	for (k = 0; k < COUNT(key_lengths); k++) {
		for (d = 0; d < COUNT(deadlines); d++) {
			for (kind = 0; kind < KINDS; kind++) {
				struct bytes key = bytes_make(filler,
				    key_lengths[k]);
				struct value v = make_kind(kind);
				struct entry *e = entry_new(key, &v,
				    deadlines[d]);

				ck_assert_int_eq(v.type, VALUE_NONE);
				assert_holds(e, key, kind, deadlines[d]);
				entry_free(e);
			}
		}
	}
	entry_free(NULL);
}
END_TEST

/* From each shape to each: in place and right, or refused and untouched. */
START_TEST(entry_overwrite_is_whole_or_nothing)
{
	struct bytes key = bytes_make(filler,
	    key_lengths[(size_t)_i % COUNT(key_lengths)]);
	int from, to, in_place = 0;
	size_t a, b;

	for (from = 0; from < KINDS; from++) {
		for (to = 0; to < KINDS; to++) {
			for (a = 0; a < COUNT(deadlines); a++) {
				b = (a + (size_t)_i) % COUNT(deadlines);
				struct value old = make_kind(from);
				struct value v = make_kind(to);
				struct entry *e = entry_new(key, &old,
				    deadlines[a]);

				if (entry_overwrite(e, &v, deadlines[b])) {
					in_place++;
					ck_assert_int_eq(v.type, VALUE_NONE);
					assert_holds(e, key, to, deadlines[b]);
				} else {
					ck_assert_int_ne(v.type, VALUE_NONE);
					assert_holds(e, key, from,
					    deadlines[a]);
					value_free(&v);
				}
				entry_free(e);
			}
		}
	}
	ck_assert_int_gt(in_place, 0);
}
END_TEST

/* What is usual must not cost an allocation. */
START_TEST(entry_overwrites_a_string_of_one_size_in_place)
{
	struct value v = value_view(VALUE_STRING, bytes_of("one"));
	struct entry *e = entry_new(bytes_of("key"), &v, 0);
	struct value got;

	v = value_view(VALUE_STRING, bytes_of("two"));
	ck_assert(entry_overwrite(e, &v, 0));
	got = entry_value(e);
	ck_assert(bytes_equal(value_bytes(&got), bytes_of("two")));
	/* A deadline needs room that is not there. */
	v = value_view(VALUE_STRING, bytes_of("two"));
	ck_assert(!entry_overwrite(e, &v, 1));
	entry_free(e);
}
END_TEST

/* Shorter and longer again: never beyond what was allocated. */
START_TEST(entry_overwrite_stays_in_its_bounds)
{
	struct value v = value_view(VALUE_STRING, bytes_make(filler, 1000));
	struct entry *e = entry_new(bytes_of("k"), &v, 0);
	uint64_t seed = 3;
	size_t length = 1000, wanted;
	int i;

	for (i = 0; i < 10000; i++) {
		wanted = draw(&seed, 1200);
		v = value_view(VALUE_STRING, bytes_make(filler, wanted));
		if (entry_overwrite(e, &v, 0)) {
			length = wanted;
			ck_assert_uint_le(length, slab_room(1009) - 9);
		}
		v = entry_value(e);
		SURE(v.length == length);
		SURE(memcmp(v.data, filler, length) == 0);
	}
	entry_free(e);
}
END_TEST

/* Growing in small steps: all of it is there, and few of them copy it. */
START_TEST(entry_pads_where_it_stands)
{
	struct bytes key = bytes_of("key");
	struct value v = value_view(VALUE_STRING, bytes_make(filler, 10));
	struct entry *e = entry_new(key, &v, 5), *other;
	uint64_t seed = 4;
	size_t length = 10, copies = 0, more, i;

	while (length < 150000) {
		more = draw(&seed, 100);
		if (!entry_pad(e, length + more)) {
			v = entry_value(e);
			other = entry_new_padded(key, value_bytes(&v),
			    length + more, entry_deadline(e));
			entry_free(e);
			e = other;
			copies++;
		}
		v = entry_value(e);
		ck_assert_uint_eq(v.length, length + more);
		for (i = length; i < v.length; i++)
			SURE(v.data[i] == 0);
		memcpy(v.data + length, filler + length, more);
		length = v.length;
	}
	SURE(memcmp(v.data, filler, length) == 0);
	ck_assert_int_eq(entry_deadline(e), 5);
	ck_assert(bytes_equal(entry_key(e), key));
	/* All of them while it was short, and with its key in one piece. */
	ck_assert_uint_lt(copies, 200);
	ck_assert(entry_pad(e, 1));
	v = entry_value(e);
	ck_assert_uint_eq(v.length, length);
	entry_free(e);
	/* What is no string has no bytes to add to. */
	v = value_integer(7);
	e = entry_new(key, &v, 0);
	ck_assert(!entry_pad(e, 1));
	entry_free(e);
}
END_TEST

START_TEST(keyspace_spreads_keys_over_all_shards)
{
	static const uint32_t counts[] = { 1, 2, 64, 1024, 65536 };
	struct keyspace *ks = keyspace_new(counts[_i], 16);
	uint32_t *hits = mem_zalloc(counts[_i] * sizeof(*hits)), shard, i;
	char name[16];

	ck_assert_uint_eq(keyspace_shards(ks), counts[_i]);
	ck_assert_uint_eq(keyspace_databases(ks), 16);
	for (i = 0; i < 20 * counts[_i]; i++) {
		uint64_t hash = keyspace_hash(bytes_make(name,
		    (size_t)snprintf(name, sizeof(name), "key:%u", i)));

		SURE(keyspace_table_hash(hash) != 0);
		shard = keyspace_shard(ks, hash);
		SURE(shard < counts[_i]);
		hits[shard]++;
	}
	/* 20 a shard on average: none has a fifth of all, or ten times that. */
	for (shard = 0; shard < counts[_i]; shard++)
		SURE(hits[shard] < (counts[_i] < 10 ?
		    20 * counts[_i] + 1 : 200));
	/* The ends of the hash are at the ends of the shards. */
	ck_assert_uint_eq(keyspace_shard(ks, 0), 0);
	ck_assert_uint_eq(keyspace_shard(ks, UINT64_MAX), counts[_i] - 1);
	mem_free(hits);
	keyspace_free(&ks);
	ck_assert_ptr_null(ks);
}
END_TEST

static void
insert(struct table *t, const char *name, int64_t n)
{
	struct value v = value_integer(n);
	uint64_t hash = keyspace_hash(bytes_of(name));

	table_insert(t, keyspace_table_hash(hash),
	    entry_new(bytes_of(name), &v, 0));
}

START_TEST(keyspace_keeps_databases_apart)
{
	struct keyspace *ks = keyspace_new(4, 3);
	struct table taken;
	uint32_t slot;
	unsigned db;

	ck_assert_ptr_nonnull(keyspace_table(ks, 2, 0));
	ck_assert_ptr_null(keyspace_table(ks, 2, 1));
	ck_assert_ptr_null(keyspace_table(ks, 2, 2));
	taken = keyspace_take_table(ks, 2, 1);
	ck_assert_uint_eq(taken.used, 0);
	for (db = 0; db < 3; db++)
		insert(keyspace_make_table(ks, 2, db), "k", db);
	for (db = 0; db < 3; db++) {
		struct table *t = keyspace_table(ks, 2, db);

		slot = table_find(t, keyspace_table_hash(
		    keyspace_hash(bytes_of("k"))), bytes_of("k"));
		ck_assert_int_eq(entry_value(table_at(t, slot)).integer, db);
	}
	ck_assert_ptr_null(keyspace_table(ks, 3, 1));
	taken = keyspace_take_table(ks, 2, 1);
	ck_assert_uint_eq(taken.used, 1);
	ck_assert_uint_eq(keyspace_table(ks, 2, 1)->used, 0);
	ck_assert_uint_eq(keyspace_table(ks, 2, 0)->used, 1);
	ck_assert_uint_eq(keyspace_table(ks, 2, 2)->used, 1);
	table_free(&taken);
	keyspace_free(&ks);
}
END_TEST

START_TEST(keyspace_knows_the_next_deadline)
{
	struct keyspace *ks = keyspace_new(2, 1);

	ck_assert_int_eq(keyspace_next_deadline(ks, 0), 0);
	keyspace_note_deadline(ks, 0, 50);
	keyspace_note_deadline(ks, 0, 70);
	ck_assert_int_eq(keyspace_next_deadline(ks, 0), 50);
	keyspace_note_deadline(ks, 0, 30);
	ck_assert_int_eq(keyspace_next_deadline(ks, 0), 30);
	ck_assert_int_eq(keyspace_next_deadline(ks, 1), 0);
	keyspace_clear_deadline(ks, 0);
	ck_assert_int_eq(keyspace_next_deadline(ks, 0), 0);
	keyspace_free(&ks);
}
END_TEST

static const struct {
	uint32_t	named[20];
	size_t		count;
	size_t		distinct;
} sets[] = {
	{ { 0 }, 0, 0 },
	{ { 5 }, 1, 1 },
	{ { 5, 5 }, 2, 1 },
	{ { 5, 5, 5, 5, 5, 5, 5, 5 }, 8, 1 },
	{ { 7, 3, 7, 3 }, 4, 2 },
	{ { 15, 0, 15, 0, 8 }, 5, 3 },
	{ { 8, 7, 6, 5, 4, 3, 2, 1 }, 8, 8 },
	{ { 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 9, 9 },
	{ { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 1, 2, 3 },
	    20, 16 },
};

/* Whether another thread could read-lock the shard now. */
static bool
is_readable(struct keyspace *ks, uint32_t shard)
{
	struct gate *gate = &keyspace_lock(ks, shard)->gate;

	if (!gate_enter_read_now(gate))
		return (false);
	gate_leave(gate);
	return (true);
}

/* Whether nobody has it at all. */
static bool
is_free(struct keyspace *ks, uint32_t shard)
{
	struct gate *gate = &keyspace_lock(ks, shard)->gate;

	if (!gate_enter_write_now(gate))
		return (false);
	gate_leave(gate);
	return (true);
}

START_TEST(lockset_holds_what_was_named)
{
	struct keyspace *ks = keyspace_new(16, 1);
	struct lockset set;
	uint32_t shard;
	bool write = _i % 2 != 0, named;
	size_t row = (size_t)_i / 2, i;

	lockset_start(&set, ks);
	for (i = 0; i < sets[row].count; i++)
		lockset_add(&set, sets[row].named[i]);
	for (shard = 0; shard < 16; shard++)
		ck_assert(!lockset_covers(&set, shard));
	lockset_acquire(&set, write);
	ck_assert_uint_eq(set.count, sets[row].distinct);
	for (shard = 0; shard < 16; shard++) {
		for (i = 0, named = false; i < sets[row].count; i++)
			named |= sets[row].named[i] == shard;
		ck_assert_int_eq(lockset_covers(&set, shard), named);
		ck_assert_int_eq(is_free(ks, shard), !named);
		ck_assert_int_eq(is_readable(ks, shard), !named || !write);
	}
	lockset_release(&set);
	for (shard = 0; shard < 16; shard++) {
		ck_assert(is_free(ks, shard));
		ck_assert(!lockset_covers(&set, shard));
	}
	lockset_free(&set);
	keyspace_free(&ks);
}
END_TEST

START_TEST(lockset_holds_all)
{
	struct keyspace *ks = keyspace_new(64, 1);
	struct lockset set;
	uint32_t shard;

	lockset_start(&set, ks);
	lockset_add(&set, 3);
	lockset_add_all(&set);
	lockset_add(&set, 3);
	lockset_acquire(&set, true);
	for (shard = 0; shard < 64; shard++) {
		ck_assert(lockset_covers(&set, shard));
		ck_assert(!is_free(ks, shard));
	}
	lockset_release(&set);
	for (shard = 0; shard < 64; shard++)
		ck_assert(is_free(ks, shard));
	lockset_free(&set);
	keyspace_free(&ks);
}
END_TEST

/* Threads move amounts between shards; readers always see the same sum. */
enum { ACCOUNTS = 8, THREADS = 8, TOTAL = ACCOUNTS * 100 };

static struct bank {
	struct keyspace	*ks;
	int		 amounts[ACCOUNTS];	/* each under its shard's lock */
} bank;

static void
transfer(uint64_t *seed)
{
	struct lockset set;
	uint32_t accounts[4];
	int i, n = 2 + (int)draw(seed, 3);

	lockset_start(&set, bank.ks);
	for (i = 0; i < n; i++) {
		accounts[i] = draw(seed, ACCOUNTS);
		lockset_add(&set, accounts[i]);
	}
	lockset_acquire(&set, true);
	for (i = 1; i < n; i++) {
		bank.amounts[accounts[0]]--;
		bank.amounts[accounts[i]]++;
	}
	lockset_release(&set);
	lockset_free(&set);
}

static void
audit(bool one_by_one)
{
	struct lockset set;
	int sum = 0;
	uint32_t i;

	lockset_start(&set, bank.ks);
	if (!one_by_one)
		lockset_add_all(&set);
	else {
		for (i = ACCOUNTS; i > 0; i--)
			lockset_add(&set, i - 1);
	}
	lockset_acquire(&set, false);
	for (i = 0; i < ACCOUNTS; i++)
		sum += bank.amounts[i];
	lockset_release(&set);
	lockset_free(&set);
	SURE(sum == TOTAL);
}

static void *
work_at_the_bank(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	int i;

	for (i = 0; i < TRANSFERS; i++) {
		if (draw(&seed, 4) == 0)
			audit(draw(&seed, 2) != 0);
		else
			transfer(&seed);
	}
	return (NULL);
}

START_TEST(locksets_of_many_threads_do_not_meet)
{
	pthread_t threads[THREADS];
	int i;

	bank.ks = keyspace_new(ACCOUNTS, 1);
	for (i = 0; i < ACCOUNTS; i++)
		bank.amounts[i] = TOTAL / ACCOUNTS;
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
		    work_at_the_bank, (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	audit(false);
	keyspace_free(&bank.ks);
}
END_TEST

#ifdef LOCK_CHECKS
/* Two sets at once is what no call may do. */
START_TEST(lock_checks_catch_a_second_set)
{
	struct keyspace *ks = keyspace_new(16, 1);
	struct lockset first, second;

	lockset_start(&first, ks);
	lockset_start(&second, ks);
	lockset_add(&first, 5);
	lockset_add(&second, _i == 0 ? 5 : 4);
	lockset_acquire(&first, false);
	lockset_acquire(&second, false);
}
END_TEST
#endif

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");
	size_t i;

	hash_seed();
	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (char)('a' + i % 23);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, entry_holds_every_shape);
	tcase_add_loop_test(t, entry_overwrite_is_whole_or_nothing, 0,
	    COUNT(key_lengths) * COUNT(deadlines));
	tcase_add_test(t, entry_overwrites_a_string_of_one_size_in_place);
	tcase_add_test(t, entry_overwrite_stays_in_its_bounds);
	tcase_add_test(t, entry_pads_where_it_stands);
	tcase_add_loop_test(t, keyspace_spreads_keys_over_all_shards, 0, 5);
	tcase_add_test(t, keyspace_keeps_databases_apart);
	tcase_add_test(t, keyspace_knows_the_next_deadline);
	tcase_add_loop_test(t, lockset_holds_what_was_named, 0,
	    2 * COUNT(sets));
	tcase_add_test(t, lockset_holds_all);
	tcase_add_test(t, locksets_of_many_threads_do_not_meet);
#ifdef LOCK_CHECKS
	tcase_add_loop_test_raise_signal(t, lock_checks_catch_a_second_set,
	    SIGABRT, 0, 2);
#endif
	suite_add_tcase(s, t);
	return (suite_run(s));
}
