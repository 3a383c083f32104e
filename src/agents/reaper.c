/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shard knows a time before which nothing in it expires, so a round costs
 * one look per shard while nothing is due; a due shard is locked and walked
 * whole, which takes microseconds with 1024 of them.
 */
#include "agents/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/mem.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/evict.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"

enum { ROUND_MS = 100, EVICT_MOST = 10000, STACK_SIZE = 256 * 1024 };

struct reaper {
	struct engine	*engine;
	pthread_t	 thread;
	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 ended;
	bool		 ending;
};

/* Remove what is due in one table, and note the deadlines that are left. */
static void
reap_table(struct engine *e, uint32_t shard, unsigned db, struct table *t,
    int64_t now, struct effects *effects)
{
	int64_t deadline;
	uint32_t slot = 0;

	while (slot < t->slots) {
		struct entry *entry = table_at(t, slot);

		deadline = entry != NULL ? entry_deadline(entry) : 0;
		if (deadline != 0 && deadline <= now) {
			/* Another entry may move here: look again. */
			effects_expired(effects, shard, db, entry_key(entry));
			effects_bury(effects, table_remove(t, slot));
			continue;
		}
		if (deadline != 0)
			keyspace_note_deadline(e->keyspace, shard, deadline);
		slot++;
	}
	table_shrink(t);
}

static size_t
reap_shard(struct engine *e, uint32_t shard, int64_t now)
{
	unsigned db, databases = keyspace_databases(e->keyspace);
	struct effects effects;
	struct lockset lock;
	struct table *t;

	effects_start(&effects, e, NULL);
	lockset_start(&lock, e->keyspace);
	lockset_add(&lock, shard);
	lockset_acquire(&lock, true);
	keyspace_clear_deadline(e->keyspace, shard);
	for (db = 0; db < databases; db++) {
		if ((t = keyspace_table(e->keyspace, shard, db)) != NULL)
			reap_table(e, shard, db, t, now, &effects);
	}
	effects_publish(&effects, stats_mine(e->stats));
	lockset_release(&lock);
	effects_finish(&effects);
	return (effects.expired);
}

size_t
reaper_round(struct engine *e, int64_t now)
{
	uint32_t shard, shards = keyspace_shards(e->keyspace);
	size_t removed = 0;
	int64_t next;

	for (shard = 0; shard < shards; shard++) {
		next = keyspace_next_deadline(e->keyspace, shard);
		if (next != 0 && next <= now)
			removed += reap_shard(e, shard, now);
	}
	return (removed);
}

static void *
reap(void *arg)
{
	struct reaper *r = arg;
	bool ending = false;

	while (!ending) {
		if (atomic_load(&r->engine->reaping))
			reaper_round(r->engine, clock_wall_us() / 1000);
		evict(r->engine, EVICT_MOST, clock_wall_us() / 1000);
		lock_take(&r->lock);
		if (!r->ending)
			lock_wait_ms(&r->lock, &r->ended, ROUND_MS);
		ending = r->ending;
		lock_release(&r->lock);
	}
	return (NULL);
}

struct reaper *
reaper_new(struct engine *e)
{
	struct reaper *r = mem_zalloc(sizeof(*r));
	pthread_attr_t attr;
	int error;

	r->engine = e;
	lock_init(&r->lock, LOCK_AGENT);
	lock_init_condition(&r->ended);
	must(pthread_attr_init(&attr));
	must(pthread_attr_setstacksize(&attr, STACK_SIZE));
	error = pthread_create(&r->thread, &attr, reap, r);
	must(pthread_attr_destroy(&attr));
	if (error == 0)
		return (r);
	must(pthread_cond_destroy(&r->ended));
	lock_destroy(&r->lock);
	mem_free(r);
	errno = error;
	return (NULL);
}

void
reaper_free(struct reaper **reaper_p)
{
	struct reaper *r = *reaper_p;

	*reaper_p = NULL;
	if (r == NULL)
		return;
	lock_take(&r->lock);
	r->ending = true;
	must(pthread_cond_signal(&r->ended));
	lock_release(&r->lock);
	must(pthread_join(r->thread, NULL));
	must(pthread_cond_destroy(&r->ended));
	lock_destroy(&r->lock);
	mem_free(r);
}
