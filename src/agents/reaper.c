/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shard knows a time before which nothing in it expires, so a round costs
 * one look per shard while nothing is due; a due shard is locked and walked
 * whole.  Where millions of keys expire one by one each round walks all of
 * them: rounds are then further apart.
 */
#include "agents/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/evict.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"

enum {
	ROUND_MS	= 100,
	/* Rest so many times what a round took, but no longer than that. */
	REST		= 9,
	REST_MS		= 1000,
	EVICT_MOST	= 10000,
	/* Keys that are removed before others get the shard. */
	REAP_MOST	= 1000,
	/* How many slots ahead to ask for an entry. */
	AHEAD		= 16
};

struct reaper {
	struct engine	*engine;
	pthread_t	 thread;
	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 ended;
	bool		 ending;
};

/*
 * Remove what is due in one table, and note the deadlines that are left; after
 * the most that may be removed at once, that more is due.
 */
static void
reap_table(struct engine *e, uint32_t shard, unsigned db, struct table *t,
    int64_t now, struct effects *effects)
{
	int64_t deadline;
	uint32_t slot = 0;

	while (slot < t->slots) {
		struct entry *entry = table_at(t, slot);

		table_prefetch_at(t, slot + AHEAD);
		deadline = entry != NULL ? entry_deadline(entry) : 0;
		if (deadline != 0 && deadline <= now) {
			if (effects->expired == REAP_MOST) {
				keyspace_note_deadline(e->keyspace, shard,
				    deadline);
				break;
			}
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

/* How many were removed; more may be due. */
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
		while ((next = keyspace_next_deadline(e->keyspace, shard)) !=
		    0 && next <= now)
			removed += reap_shard(e, shard, now);
	}
	return (removed);
}

/* How long to rest after a round that began then, on the thread's clock; in ms. */
static int
rest(int64_t began_us)
{
	int64_t ms = (clock_thread_us() - began_us) * REST / 1000;

	return (ms < ROUND_MS ? ROUND_MS : ms > REST_MS ? REST_MS : (int)ms);
}

static void *
reap(void *arg)
{
	struct reaper *r = arg;
	bool ending = false;
	int64_t began;

	while (!ending) {
		began = clock_thread_us();
		if (atomic_load(&r->engine->reaping))
			reaper_round(r->engine, clock_wall_us() / 1000);
		evict(r->engine, EVICT_MOST, clock_wall_us() / 1000);
		lock_take(&r->lock);
		if (!r->ending)
			lock_wait_ms(&r->lock, &r->ended, rest(began));
		ending = r->ending;
		lock_release(&r->lock);
	}
	return (NULL);
}

struct reaper *
reaper_new(struct engine *e)
{
	struct reaper *r = mem_zalloc(sizeof(*r));
	int error;

	r->engine = e;
	lock_init(&r->lock, LOCK_AGENT);
	lock_init_condition(&r->ended);
	error = thread_start(&r->thread, reap, r);
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
