/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/key.h"

#include <assert.h>

#include "base/hash.h"
#include "engine/call.h"
#include "engine/command.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"
#include "store/table.h"

/* Where a key is, or would be. */
struct place {
	uint32_t	 shard;
	struct table	*table;		/* NULL: never a key in it */
	uint32_t	 slot;		/* TABLE_NO_SLOT: absent */
	struct entry	*entry;		/* NULL: absent; may have expired */
};

static struct place
locate(const struct call *c, size_t arg)
{
	struct keyspace *ks = c->engine->keyspace;
	struct place p = { .slot = TABLE_NO_SLOT };

	assert(command_range_has(&c->command->keys, c->argc, arg));
	p.shard = keyspace_shard(ks, c->hashes[arg]);
	assert(lockset_covers(&c->locks, p.shard));
	p.table = keyspace_table(ks, p.shard, c->db);
	if (p.table != NULL)
		p.slot = table_find(p.table,
		    keyspace_table_hash(c->hashes[arg]), call_arg(c, arg));
	if (p.slot != TABLE_NO_SLOT)
		p.entry = table_at(p.table, p.slot);
	return (p);
}

static bool
expired(const struct call *c, const struct entry *e)
{
	int64_t deadline = entry_deadline(e);

	return (deadline != 0 && deadline <= c->now);
}

/* The entry of a key that is there for clients; NULL if it is not. */
static struct entry *
look(const struct call *c, size_t arg)
{
	struct place p = locate(c, arg);

	return (p.entry != NULL && !expired(c, p.entry) ? p.entry : NULL);
}

struct value
key_get(struct call *c, size_t arg)
{
	const struct entry *e = look(c, arg);

	if ((c->command->flags & CMD_READ) != 0)
		stats_add(&c->session->counters->of[e != NULL ?
		    COUNTER_HITS : COUNTER_MISSES], 1);
	if (e == NULL)
		return ((struct value){ .type = VALUE_NONE });
	return (entry_value(e));
}

bool
key_exists(struct call *c, size_t arg)
{
	return (look(c, arg) != NULL);
}

int64_t
key_deadline(struct call *c, size_t arg)
{
	const struct entry *e = look(c, arg);

	return (e != NULL ? entry_deadline(e) : 0);
}

void
key_set(struct call *c, size_t arg, struct value *v, int64_t deadline)
{
	struct keyspace *ks = c->engine->keyspace;
	struct place p = locate(c, arg);
	struct entry *e;

	assert((c->command->flags & CMD_WRITE) != 0);
	effects_changed(&c->effects, p.shard);
	if (deadline != 0)
		keyspace_note_deadline(ks, p.shard, deadline);
	if (p.entry != NULL && entry_overwrite(p.entry, v, deadline))
		return;
	e = entry_new(call_arg(c, arg), v, deadline);
	if (p.entry != NULL) {
		effects_bury(&c->effects, table_replace(p.table, p.slot, e));
		return;
	}
	table_insert(keyspace_make_table(ks, p.shard, c->db),
	    keyspace_table_hash(c->hashes[arg]), e);
}

bool
key_delete(struct call *c, size_t arg)
{
	struct place p = locate(c, arg);
	bool was_there;

	assert((c->command->flags & CMD_WRITE) != 0);
	if (p.entry == NULL)
		return (false);
	was_there = !expired(c, p.entry);
	effects_changed(&c->effects, p.shard);
	effects_bury(&c->effects, table_remove(p.table, p.slot));
	table_shrink(p.table);
	return (was_there);
}

/* The table of a database in a shard, locked by this for reading; or NULL. */
static struct table *
enter(struct call *c, uint32_t shard, unsigned db, struct lockset *lock)
{
	lockset_start(lock, c->engine->keyspace);
	lockset_add(lock, shard);
	lockset_acquire(lock, false);
	return (keyspace_table(c->engine->keyspace, shard, db));
}

void
key_each(struct call *c, unsigned db, key_visit *visit, void *arg)
{
	uint32_t shard, slot, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	struct entry *e;
	struct table *t;
	bool more = true;

	assert(!c->locks.held || c->locks.count == 0);
	for (shard = 0; shard < shards && more; shard++) {
		t = enter(c, shard, db, &lock);
		for (slot = 0; t != NULL && slot < t->slots && more; slot++) {
			e = table_at(t, slot);
			if (e != NULL && !expired(c, e))
				more = visit(entry_key(e), arg);
		}
		lockset_release(&lock);
	}
}

void
key_count(struct call *c, unsigned db, struct key_counts *counts)
{
	uint32_t shard, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	struct table *t;

	*counts = (struct key_counts){ 0 };
	for (shard = 0; shard < shards; shard++) {
		if ((t = enter(c, shard, db, &lock)) != NULL) {
			counts->keys += t->used;
			counts->volatiles += t->volatiles;
		}
		lockset_release(&lock);
	}
}

static uint64_t
draw(uint64_t below)
{
	uint64_t random;

	hash_random(&random, sizeof(random));
	return (random % below);
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
	start = (uint32_t)draw(t->slots);
	for (i = 0; i < t->slots; i++) {
		e = table_at(t, (start + i) & (t->slots - 1));
		if (e == NULL || expired(c, e))
			continue;
		key = entry_key(e);
		buf_add(out, key.data, key.length);
		return (true);
	}
	return (false);
}

bool
key_random(struct call *c, unsigned db, struct buf *out)
{
	uint32_t i, start, shards = keyspace_shards(c->engine->keyspace);
	struct lockset lock;
	bool found = false;

	start = (uint32_t)draw(shards);
	for (i = 0; i < shards && !found; i++) {
		found = pick(c, enter(c, (start + i) & (shards - 1), db,
		    &lock), out);
		lockset_release(&lock);
	}
	return (found);
}

uint64_t
key_flush(struct call *c, unsigned db)
{
	struct keyspace *ks = c->engine->keyspace;
	uint32_t shard, shards = keyspace_shards(ks);
	struct table t;
	uint64_t n = 0;

	assert((c->command->flags & CMD_ALL_KEYS) != 0);
	for (shard = 0; shard < shards; shard++) {
		t = keyspace_take_table(ks, shard, db);
		n += t.used;
		if (t.used != 0)
			effects_changed_many(&c->effects, shard, t.used);
		effects_bury_table(&c->effects, t);
	}
	return (n);
}
