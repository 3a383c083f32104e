/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/keyspace.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/pages.h"
#include "store/lockset.h"

/* On a cache line of its own, so that neighbours do not slow each other. */
struct shard {
	_Alignas(64)
	struct rwlock	 lock;		/* guards the rest */
	struct table	 first;		/* of database 0 */
	struct table	*others;	/* of 1 and up, or NULL: unused */
	_Atomic int64_t	 deadline;	/* see keyspace_next_deadline() */
	_Atomic uint64_t position;	/* see keyspace_position() */
};

struct keyspace {
	struct shard	*shards;
	uint32_t	 made;
	_Atomic unsigned bits;		/* 1 << bits of them are in use */
	unsigned	 databases;
};

bool
keyspace_can_have(uint32_t shards)
{
	return (shards != 0 && shards <= 1 << 16 &&
	    (shards & (shards - 1)) == 0);
}

struct keyspace *
keyspace_new(uint32_t shards, unsigned databases)
{
	struct keyspace *ks = mem_zalloc(sizeof(*ks));
	uint32_t i;

	assert(keyspace_can_have(shards));
	pages_expect((size_t)shards * databases);
	ks->made = shards;
	atomic_init(&ks->bits, (unsigned)__builtin_ctz(shards));
	ks->databases = databases;
	ks->shards = mem_zalloc_aligned(_Alignof(struct shard),
	    shards * sizeof(*ks->shards));
	for (i = 0; i < shards; i++)
		rwlock_init(&ks->shards[i].lock, LOCK_SHARD, i);
	return (ks);
}

void
keyspace_free(struct keyspace **ks_p)
{
	struct keyspace *ks = *ks_p;
	struct table *t;
	uint32_t i;
	unsigned db;

	*ks_p = NULL;
	for (i = 0; i < ks->made; i++) {
		for (db = 0; db < ks->databases; db++) {
			if ((t = keyspace_table(ks, i, db)) != NULL)
				table_free(t);
		}
		mem_free(ks->shards[i].others);
		rwlock_destroy(&ks->shards[i].lock);
	}
	mem_free(ks->shards);
	mem_free(ks);
}

static unsigned
bits(const struct keyspace *ks)
{
	return (atomic_load_explicit(&ks->bits, memory_order_relaxed));
}

uint32_t
keyspace_shards(const struct keyspace *ks)
{
	return (1U << bits(ks));
}

unsigned
keyspace_databases(const struct keyspace *ks)
{
	return (ks->databases);
}

uint64_t
keyspace_hash(struct bytes key)
{
	return (hash_bytes(key));
}

uint32_t
keyspace_shard(const struct keyspace *ks, uint64_t hash)
{
	/* Two shifts, since one by 64 would be undefined. */
	return ((uint32_t)(hash >> 1 >> (63 - bits(ks))));
}

uint32_t
keyspace_table_hash(uint64_t hash)
{
	/* The low half: the shard has used up some of the high bits. */
	return ((uint32_t)hash | 1);
}

void
keyspace_prefetch_shard(const struct keyspace *ks, uint64_t hash)
{
	const struct shard *s = &ks->shards[keyspace_shard(ks, hash)];

	__builtin_prefetch(s, 1);
}

void
keyspace_prefetch_slot(const struct keyspace *ks, uint64_t hash)
{
	table_prefetch(&ks->shards[keyspace_shard(ks, hash)].first,
	    keyspace_table_hash(hash));
}

struct rwlock *
keyspace_lock(struct keyspace *ks, uint32_t shard)
{
	return (&ks->shards[shard].lock);
}

struct table *
keyspace_table(struct keyspace *ks, uint32_t shard, unsigned db)
{
	struct shard *s = &ks->shards[shard];

	if (db == 0)
		return (&s->first);
	return (s->others != NULL ? &s->others[db - 1] : NULL);
}

struct table *
keyspace_make_table(struct keyspace *ks, uint32_t shard, unsigned db)
{
	struct shard *s = &ks->shards[shard];

	if (db != 0 && s->others == NULL)
		s->others = mem_zalloc((ks->databases - 1) *
		    sizeof(*s->others));
	return (keyspace_table(ks, shard, db));
}

struct table
keyspace_take_table(struct keyspace *ks, uint32_t shard, unsigned db)
{
	struct table *t = keyspace_table(ks, shard, db);

	return (t != NULL ? table_take(t) : (struct table){ 0 });
}

int64_t
keyspace_next_deadline(const struct keyspace *ks, uint32_t shard)
{
	return (atomic_load_explicit(&ks->shards[shard].deadline,
	    memory_order_relaxed));
}

void
keyspace_note_deadline(struct keyspace *ks, uint32_t shard, int64_t deadline)
{
	int64_t next = keyspace_next_deadline(ks, shard);

	if (next == 0 || deadline < next)
		atomic_store_explicit(&ks->shards[shard].deadline, deadline,
		    memory_order_relaxed);
}

void
keyspace_clear_deadline(struct keyspace *ks, uint32_t shard)
{
	atomic_store_explicit(&ks->shards[shard].deadline, 0,
	    memory_order_relaxed);
}

uint64_t
keyspace_position(const struct keyspace *ks, uint32_t shard)
{
	return (atomic_load_explicit(&ks->shards[shard].position,
	    memory_order_relaxed));
}

void
keyspace_note_position(struct keyspace *ks, uint32_t shard, uint64_t position)
{
	atomic_store_explicit(&ks->shards[shard].position, position,
	    memory_order_relaxed);
}

/* The table of shard i gets what those of n shards from i * n on have. */
static void
fold_tables(struct keyspace *ks, uint32_t i, uint32_t n, unsigned db)
{
	struct table *to, *from;
	uint32_t k, used = 0;

	for (k = i * n; k < (i + 1) * n; k++) {
		from = keyspace_table(ks, k, db);
		used += from != NULL ? from->used : 0;
	}
	if (used == 0)
		return;
	to = keyspace_make_table(ks, i, db);
	table_reserve(to, used);
	for (k = i * n; k < (i + 1) * n; k++) {
		from = keyspace_table(ks, k, db);
		if (from != NULL && from != to)
			table_absorb(to, from);
	}
}

/* Those before have got theirs: in shard i is nothing any more, or i is 0. */
static void
fold(struct keyspace *ks, uint32_t i, uint32_t n)
{
	struct lockset lock;
	int64_t deadline;
	unsigned db;
	uint32_t k;

	lockset_start(&lock, ks);
	lockset_add(&lock, i);
	for (k = i * n; k < (i + 1) * n; k++)
		lockset_add(&lock, k);
	lockset_acquire(&lock, true);
	for (db = 0; db < ks->databases; db++)
		fold_tables(ks, i, n, db);
	if (i != 0) {
		keyspace_clear_deadline(ks, i);
		keyspace_note_position(ks, i, 0);
	}
	for (k = i * n; k < (i + 1) * n; k++) {
		if ((deadline = keyspace_next_deadline(ks, k)) != 0)
			keyspace_note_deadline(ks, i, deadline);
		if (keyspace_position(ks, k) > keyspace_position(ks, i))
			keyspace_note_position(ks, i,
			    keyspace_position(ks, k));
	}
	lockset_release(&lock);
	lockset_free(&lock);
}

void
keyspace_fold(struct keyspace *ks, uint32_t shards)
{
	uint32_t i, n = keyspace_shards(ks) / shards;

	assert(keyspace_can_have(shards) && n != 0);
	for (i = 0; n != 1 && i < shards; i++)
		fold(ks, i, n);
	atomic_store(&ks->bits, (unsigned)__builtin_ctz(shards));
}
