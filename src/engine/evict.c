/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The candidates are of one shard, another each time, so that one lock is held
 * at a time and not for long.  Keys are spread over shards by their hash: the
 * best of a few in one shard is as good as that of a few in all.  Where shards
 * have fewer keys than are to be compared they are of neighbours too.
 */
#include "engine/evict.h"

#include "base/mem.h"
#include "base/random.h"
#include "base/settings.h"
#include "engine/access.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"

enum { MOST_SHARDS = 64 };	/* that are locked at once */

struct candidate {
	struct table	*table;
	uint32_t	 shard;
	unsigned	 db;
	uint32_t	 slot;
	uint64_t	 worth;		/* the least goes */
	bool		 found;
};

static bool
only_volatile(int64_t policy)
{
	return (policy >= MAXMEMORY_VOLATILE_LRU);
}

static uint64_t
worth_of(const struct entry *e, int64_t policy, int64_t now)
{
	switch (policy) {
	case MAXMEMORY_ALLKEYS_LRU:
	case MAXMEMORY_VOLATILE_LRU:
		return (UINT64_MAX - (uint64_t)access_idle(e, now));
	case MAXMEMORY_ALLKEYS_LFU:
	case MAXMEMORY_VOLATILE_LFU:
		return ((uint64_t)access_frequency(e, now));
	case MAXMEMORY_VOLATILE_TTL:
		return ((uint64_t)entry_deadline(e));
	default:
		return (random_next());
	}
}

/* Look at some entries from a random slot on; at how many. */
static uint32_t
sample(struct table *t, uint32_t shard, unsigned db, int64_t policy,
    int64_t now, struct candidate *best)
{
	uint32_t most = (uint32_t)settings_number(SETTING_MAXMEMORY_SAMPLES);
	uint32_t i, slot, start, left = most;
	struct entry *e;
	uint64_t worth;

	start = (uint32_t)random_below(t->slots);
	for (i = 0; i < t->slots && left != 0; i++) {
		slot = (start + i) % t->slots;
		e = table_at(t, slot);
		if (e == NULL ||
		    (only_volatile(policy) && entry_deadline(e) == 0))
			continue;
		left--;
		worth = worth_of(e, policy, now);
		if (best->found && worth >= best->worth)
			continue;
		*best = (struct candidate){ t, shard, db, slot, worth, true };
	}
	return (most - left);
}

/* The same of all databases of a shard, which is locked. */
static uint32_t
sample_shard(struct engine *e, uint32_t shard, int64_t policy, int64_t now,
    struct candidate *best)
{
	struct table *t;
	uint32_t seen = 0;
	unsigned db;

	for (db = 0; db < keyspace_databases(e->keyspace); db++) {
		t = keyspace_table(e->keyspace, shard, db);
		if (t != NULL && (only_volatile(policy) ? t->volatiles :
		    t->used) != 0)
			seen += sample(t, shard, db, policy, now, best);
	}
	return (seen);
}

/*
 * Remove one key of so many shards from that one on; false if there is none
 * that may go, or if there are more shards to be had and too few keys in these:
 * then *width grows.
 */
static bool
evict_from(struct engine *e, uint32_t first, uint32_t *width, int64_t policy,
    int64_t now)
{
	uint32_t shards = keyspace_shards(e->keyspace), seen = 0, i;
	uint32_t most = shards < MOST_SHARDS ? shards : MOST_SHARDS;
	struct candidate best = { .found = false };
	struct effects effects;
	struct lockset lock;
	struct entry *entry;

	effects_start(&effects, e, NULL);
	effects.frees_now = true;
	lockset_start(&lock, e->keyspace);
	for (i = 0; i < *width; i++)
		lockset_add(&lock, (first + i) & (shards - 1));
	lockset_acquire(&lock, true);
	for (i = 0; i < *width; i++)
		seen += sample_shard(e, (first + i) & (shards - 1), policy,
		    now, &best);
	if (seen < settings_number(SETTING_MAXMEMORY_SAMPLES) &&
	    *width < most) {
		*width *= 2;
		best.found = false;
	}
	if (best.found) {
		entry = table_remove(best.table, best.slot);
		effects_evicted(&effects, best.shard, best.db,
		    entry_key(entry));
		effects_bury(&effects, entry);
		table_shrink(best.table);
	}
	effects_publish(&effects, stats_mine(e->stats));
	lockset_release(&lock);
	lockset_free(&lock);
	effects_finish(&effects);
	return (best.found);
}

bool
evict(struct engine *e, size_t most, int64_t now)
{
	uint64_t limit = (uint64_t)settings_number(SETTING_MAXMEMORY);
	int64_t policy = settings_number(SETTING_MAXMEMORY_POLICY);
	uint32_t tried = 0, shards = keyspace_shards(e->keyspace), shard;
	uint32_t width = 1, before;

	shard = (uint32_t)random_below(shards);
	while (limit != 0 && mem_used() > limit && most != 0) {
		if (policy == MAXMEMORY_NOEVICTION || tried >= shards)
			return (false);
		before = width;
		if (evict_from(e, shard, &width, policy, now)) {
			mem_settle();
			tried = 0;
			most--;
		} else if (width != before)
			continue;
		else
			tried += width;
		shard = (shard + width) & (shards - 1);
	}
	return (true);
}
