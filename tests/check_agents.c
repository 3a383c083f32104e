/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reaper: removes what is due and nothing else, and knows when the next
 * key is.  The undertaker: frees what is large, and only that.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/reaper.h"
#include "agents/undertaker.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/command.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "suite.h"
#include "value/list.h"

enum { KEYS = 10000, SHARDS = 16 };

static struct engine *engine;

static void
start(void)
{
	settings_init();
	hash_seed();
	engine = engine_new(command_table_new(), SHARDS);
}

static void
stop(void)
{
	engine_free(&engine);
	settings_free();
	clock_stop_at(0);
}

/* Nobody else is there, so no lock is needed. */
static void
put(unsigned db, int number, int64_t deadline)
{
	struct value v = value_integer(number);
	char key[16];
	struct bytes b = bytes_make(key, (size_t)snprintf(key, sizeof(key),
	    "%d", number));
	uint64_t hash = keyspace_hash(b);
	uint32_t shard = keyspace_shard(engine->keyspace, hash);

	table_insert(keyspace_make_table(engine->keyspace, shard, db),
	    keyspace_table_hash(hash), entry_new(b, &v, deadline));
	if (deadline != 0)
		keyspace_note_deadline(engine->keyspace, shard, deadline);
}

static size_t
count(unsigned db)
{
	struct table *t;
	uint32_t shard;
	size_t n = 0;

	for (shard = 0; shard < SHARDS; shard++) {
		t = keyspace_table(engine->keyspace, shard, db);
		n += t != NULL ? t->used : 0;
	}
	return (n);
}

/* One key in three stays, one goes at its own time, one much later. */
START_TEST(reaper_removes_what_is_due)
{
	struct total *total;
	int i;

	for (i = 0; i < KEYS; i++) {
		put(0, i, i % 3 == 0 ? 0 : i % 3 == 1 ? 1000 + i : 1000000);
		put(5, i, 1000 + i);
	}
	ck_assert_uint_eq(reaper_round(engine, 999), 0);
	ck_assert_uint_eq(reaper_round(engine, 1001), 3);
	ck_assert_uint_eq(reaper_round(engine, 1001), 0);
	reaper_round(engine, 1000 + KEYS);
	ck_assert_uint_eq(count(0), KEYS - KEYS / 3);
	ck_assert_uint_eq(count(5), 0);
	ck_assert_uint_eq(reaper_round(engine, 999999), 0);
	reaper_round(engine, 1000000);
	ck_assert_uint_eq(count(0), KEYS / 3 + 1);
	for (i = 0; i < SHARDS; i++)
		ck_assert_int_eq(keyspace_next_deadline(engine->keyspace,
		    (uint32_t)i), 0);
	total = stats_new_total(engine->stats);
	stats_sum(engine->stats, total);
	ck_assert_uint_eq(total->of[COUNTER_EXPIRED],
	    2 * KEYS - KEYS / 3 - 1);
	mem_free(total);
}
END_TEST

/* More in each shard than are removed before others get it. */
START_TEST(reaper_removes_many_at_once)
{
	int i;

	for (i = 0; i < 5 * KEYS; i++) {
		put(0, i, 1000);
		put(1, i, i % 2 == 0 ? 1000 : 2000);
	}
	ck_assert_uint_eq(reaper_round(engine, 1000), 5 * KEYS * 3 / 2);
	ck_assert_uint_eq(count(0), 0);
	ck_assert_uint_eq(count(1), 5 * KEYS / 2);
	ck_assert_uint_eq(reaper_round(engine, 2000), 5 * KEYS / 2);
}
END_TEST

START_TEST(reaper_runs_by_itself)
{
	struct reaper *reaper;
	struct total *total;
	uint64_t expired = 0;

	put(0, 1, 1);
	put(0, 2, 0);
	reaper = reaper_new(engine);
	ck_assert_ptr_nonnull(reaper);
	while (expired == 0) {
		total = stats_new_total(engine->stats);
		stats_sum(engine->stats, total);
		expired = total->of[COUNTER_EXPIRED];
		mem_free(total);
	}
	reaper_free(&reaper);
	ck_assert_ptr_null(reaper);
	ck_assert_uint_eq(count(0), 1);
}
END_TEST

/* Bury a list of n integers, as a call does that has removed it. */
static void
bury(int n, bool now)
{
	struct value v = value_new(VALUE_LIST), item;
	struct effects effects;
	int i;

	for (i = 0; i < n; i++) {
		item = value_integer(i);
		list_push(&v.list, &item);
	}
	effects_start(&effects, engine, NULL);
	effects.frees_now = now;
	effects_bury(&effects, entry_new(bytes_of("key"), &v, 0));
	ck_assert(effects_want_no_locks(&effects));
	effects_finish(&effects);
}

static size_t
used(void)
{
	mem_settle();
	return (mem_used());
}

START_TEST(large_is_freed_by_an_agent)
{
	size_t before = used(), pending;
	struct undertaker *undertaker;

	/* There is none. */
	bury(KEYS, false);
	ck_assert_uint_eq(used(), before);
	graves_open(&engine->graves, true);
	bury(KEYS, false);
	pending = used();
	ck_assert_uint_gt(pending, before + KEYS / 2);
	ck_assert_uint_eq(engine->graves.pending, 1);
	/* Small, or not to wait, or with little memory left. */
	bury(10, false);
	bury(KEYS, true);
	ck_assert(settings_set(SETTING_MAXMEMORY, bytes_of("1kb"), NULL));
	bury(KEYS, false);
	ck_assert_uint_eq(used(), pending);
	ck_assert_uint_eq(engine->graves.pending, 1);
	undertaker = undertaker_new(engine);
	ck_assert_ptr_nonnull(undertaker);
	undertaker_free(&undertaker);
	ck_assert_ptr_null(undertaker);
	ck_assert_uint_eq(engine->graves.pending, 0);
	ck_assert_uint_eq(engine->graves.filled, 1);
	ck_assert_uint_eq(used(), before);
}
END_TEST

START_TEST(the_line_is_bounded)
{
	size_t before = used();
	int i;

	graves_open(&engine->graves, true);
	for (i = 0; i < 2000; i++)
		bury(KEYS / 10, false);
	ck_assert_uint_eq(engine->graves.pending, 1000);
	graves_open(&engine->graves, false);
	for (i = 0; i < 1000; i++)
		ck_assert(graves_next(&engine->graves));
	ck_assert(!graves_next(&engine->graves));
	ck_assert_uint_eq(used(), before);
	/* What is left in it goes with the engine. */
	graves_open(&engine->graves, true);
	bury(KEYS, false);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("agents");
	TCase *tc = tcase_create("reaper");

	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, reaper_removes_what_is_due);
	tcase_add_test(tc, reaper_removes_many_at_once);
	tcase_add_test(tc, reaper_runs_by_itself);
	suite_add_tcase(suite, tc);
	tc = tcase_create("undertaker");
	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, large_is_freed_by_an_agent);
	tcase_add_test(tc, the_line_is_bounded);
	suite_add_tcase(suite, tc);
	return (suite_run(suite));
}
