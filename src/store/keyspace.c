/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/keyspace.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/pages.h"

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
	uint32_t	 count;
	unsigned	 bits;		/* count is 1 << bits */
	unsigned	 databases;
};

struct keyspace *
keyspace_new(uint32_t shards, unsigned databases)
{
	struct keyspace *ks = mem_zalloc(sizeof(*ks));
	uint32_t i;

	assert(shards != 0 && (shards & (shards - 1)) == 0);
	pages_expect((size_t)shards * databases);
	ks->count = shards;
	ks->bits = (unsigned)__builtin_ctz(shards);
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
	for (i = 0; i < ks->count; i++) {
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

uint32_t
keyspace_shards(const struct keyspace *ks)
{
	return (ks->count);
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
	return ((uint32_t)(hash >> 1 >> (63 - ks->bits)));
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
