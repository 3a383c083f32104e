/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/keys.h"

#include <assert.h>
#include <sched.h>

#include "base/random.h"
#include "engine/call.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/record.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"

/* So many keys are looked at in one go: some hundred us. */
enum { STRETCH = 4096 };

/*
 * The table of a database in a shard, or NULL.  The shard is locked by this
 * for reading, unless the call holds all of them.
 */
static struct table *
enter(struct call *c, uint32_t shard, unsigned db, struct lockset *lock)
{
	lockset_start(lock, c->engine->keyspace);
	if (!c->locks->all)
		lockset_add(lock, shard);
	lockset_acquire(lock, false);
	return (keyspace_table(c->engine->keyspace, shard, db));
}

struct walk {
	const struct call	*call;
	keys_visit		*visit;
	void			*arg;
	size_t			 seen;	/* since others could run */
	bool			 more;
};

static void
visit_one(const struct entry *e, void *arg)
{
	struct walk *w = arg;

	w->seen++;
	if (w->more && !entry_expired(e, w->call->now))
		w->more = w->visit(entry_key(e), w->arg);
}

/* Others get the shard, and the processor, after each stretch. */
void
keys_each(struct call *c, unsigned db, keys_visit *visit, void *arg)
{
	struct walk w = { c, visit, arg, 0, true };
	uint32_t shard, from = 0, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	struct table *t;

	assert(c->locks->all || c->locks->count == 0);
	for (shard = 0; shard < shards && w.more; shard += from == 0) {
		t = enter(c, shard, db, &lock);
		from = t != NULL ? table_scan(t, from, STRETCH, visit_one,
		    &w) : 0;
		lockset_release(&lock);
		if (w.seen >= STRETCH && !c->locks->all) {
			sched_yield();
			w.seen = 0;
		}
	}
}

void
keys_count(struct call *c, unsigned db, struct keys_counts *counts)
{
	uint32_t shard, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	struct table *t;

	*counts = (struct keys_counts){ 0 };
	for (shard = 0; shard < shards; shard++) {
		if ((t = enter(c, shard, db, &lock)) != NULL) {
			counts->keys += t->used;
			counts->volatiles += t->volatiles;
			counts->slots += t->slots;
		}
		lockset_release(&lock);
	}
}

/*
 * Add the first key at or behind a random slot to out; false if the table
 * holds nothing that is there for clients.
 */
static bool
pick(struct call *c, const struct table *t, struct buf *out)
{
	uint32_t start, i;
	struct bytes key;
	struct entry *e;

	if (t == NULL || t->used == 0)
		return (false);
	start = (uint32_t)random_below(t->slots);
	for (i = 0; i < t->slots; i++) {
		e = table_at(t, (start + i) % t->slots);
		if (e == NULL || entry_expired(e, c->now))
			continue;
		key = entry_key(e);
		buf_add(out, key.data, key.length);
		return (true);
	}
	return (false);
}

bool
keys_random(struct call *c, unsigned db, struct buf *out)
{
	uint32_t i, start, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	bool found = false;

	start = (uint32_t)random_below(shards);
	for (i = 0; i < shards && !found; i++) {
		found = pick(c, enter(c, (start + i) & (shards - 1), db,
		    &lock), out);
		lockset_release(&lock);
	}
	return (found);
}

/* Whether the shard was saved after the record that is replayed. */
static bool
has_had(const struct call *c, uint32_t shard)
{
	return (c->engine->replaying != 0 &&
	    keyspace_position(c->engine->keyspace, shard) >=
	    c->engine->replaying);
}

uint64_t
keys_flush(struct call *c, unsigned db)
{
	struct keyspace *ks = c->engine->keyspace;
	uint32_t shard, shards = keyspace_shards(ks);
	struct table *t;
	uint64_t n = 0;

	assert((c->command->flags & CMD_ALL_KEYS) != 0);
	for (shard = 0; shard < shards; shard++) {
		t = keyspace_table(ks, shard, db);
		if (t == NULL || t->used == 0 || has_had(c, shard))
			continue;
		n += t->used;
		effects_flushed(c->effects, shard, db, t->used);
		grave_add_table(&c->effects->grave, keyspace_take_table(ks,
		    shard, db));
	}
	effects_emptied(c->effects);
	if (n != 0 && c->effects->record != NULL)
		record_flushed(c->effects->record, db);
	return (n);
}

struct scan {
	struct call	*call;
	keys_scan_visit	*visit;
	void		*arg;
	size_t		 seen;
};

static void
scan_one(const struct entry *e, void *arg)
{
	struct scan *s = arg;

	s->seen++;
	if (!entry_expired(e, s->call->now))
		s->visit(entry_key(e), entry_type(e), s->arg);
}

/* The cursor is shard and hash: where the walk goes on. */
uint64_t
keys_scan(struct call *c, uint64_t cursor, size_t count,
    keys_scan_visit *visit, void *arg)
{
	struct scan scan = { c, visit, arg, 0 };
	uint64_t shard = cursor >> 32;
	uint32_t from = (uint32_t)cursor;
	struct lockset lock;
	struct table *t;

	for (; shard < keyspace_shards(c->engine->keyspace); shard++) {
		t = enter(c, (uint32_t)shard, c->db, &lock);
		do {
			from = t == NULL ? 0 : table_scan(t, from,
			    count - scan.seen, scan_one, &scan);
		} while (from != 0 && scan.seen < count);
		lockset_release(&lock);
		if (from != 0)
			return (shard << 32 | from);
		if (scan.seen >= count) {
			shard++;
			break;
		}
	}
	return (shard < keyspace_shards(c->engine->keyspace) ?
	    shard << 32 : 0);
}

void
keys_swap(struct call *c, unsigned a, unsigned b)
{
	struct keyspace *ks = c->engine->keyspace;
	uint32_t shard, shards = keyspace_shards(ks);
	struct table *x, *y;
	bool any = false;

	assert((c->command->flags & CMD_ALL_KEYS) != 0);
	for (shard = 0; a != b && shard < shards; shard++) {
		x = keyspace_table(ks, shard, a);
		y = keyspace_table(ks, shard, b);
		if (((x == NULL || x->used == 0) &&
		    (y == NULL || y->used == 0)) || has_had(c, shard))
			continue;
		x = keyspace_make_table(ks, shard, a);
		y = keyspace_make_table(ks, shard, b);
		effects_swapped(c->effects, shard, a, b);
		table_swap(x, y);
		any = true;
	}
	if (any && c->effects->record != NULL)
		record_swapped(c->effects->record, a, b);
}
