/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reaper: removes what is due and nothing else, and knows when the next
 * key is.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/reaper.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "suite.h"

enum { KEYS = 10000, SHARDS = 16 };

static struct engine *engine;

static void
start(void)
{
	settings_init();
	ck_assert(settings_set(SETTING_SHARDS, bytes_of("16"), NULL));
	hash_seed();
	engine = engine_new(command_table_new());
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
	struct counters *total;
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

START_TEST(reaper_runs_by_itself)
{
	struct reaper *reaper;
	struct counters *total;
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

int
main(void)
{
	Suite *suite = suite_create("agents");
	TCase *tc = tcase_create("reaper");

	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, reaper_removes_what_is_due);
	tcase_add_test(tc, reaper_runs_by_itself);
	suite_add_tcase(suite, tc);
	return (suite_run(suite));
}
