/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All keys of all databases.  A key's hash says which shard it lives in, in
 * every database; a shard has a lock and one table a database.  Everything
 * here that names a shard needs its lock, which only lockset.c takes.
 */
#ifndef STORE_KEYSPACE_H
#define STORE_KEYSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "store/table.h"

struct keyspace;
struct rwlock;

/* Whether it is a number of shards: a power of two up to 65536. */
bool		 keyspace_can_have(uint32_t shards);
/* An empty keyspace of that many. */
struct keyspace	*keyspace_new(uint32_t shards, unsigned databases);
/* Free all of it; nobody may use it any more.  Clears the pointer. */
void		 keyspace_free(struct keyspace **);
uint32_t	 keyspace_shards(const struct keyspace *);
unsigned	 keyspace_databases(const struct keyspace *);

/* The hash of a key, from which the two below follow. */
uint64_t	 keyspace_hash(struct bytes key);
/* The shard of a key. */
uint32_t	 keyspace_shard(const struct keyspace *, uint64_t hash);
/* The hash that its table wants: never 0. */
uint32_t	 keyspace_table_hash(uint64_t hash);

/*
 * Ask the processor for what a call on a key of that hash, in database 0, will
 * touch: first the shard for all keys, then the slot for all keys.  No lock is
 * needed.
 */
void		 keyspace_prefetch_shard(const struct keyspace *,
		    uint64_t hash);
void		 keyspace_prefetch_slot(const struct keyspace *, uint64_t hash);

/* For lockset.c. */
struct rwlock	*keyspace_lock(struct keyspace *, uint32_t shard);
/*
 * The table of a database in a shard (locked for reading); NULL if there was
 * never a key in it.
 */
struct table	*keyspace_table(struct keyspace *, uint32_t shard,
		    unsigned db);
/* The same, made if need be (locked for writing). */
struct table	*keyspace_make_table(struct keyspace *, uint32_t shard,
		    unsigned db);
/*
 * Remove all keys of a database from a shard (locked for writing): they are
 * the caller's now, to be freed by table_free() without the lock.
 */
struct table	 keyspace_take_table(struct keyspace *, uint32_t shard,
		    unsigned db);
/* There is an entry with this deadline in the shard (locked for writing). */
void		 keyspace_note_deadline(struct keyspace *, uint32_t shard,
		    int64_t deadline);
/*
 * A time in ms before which no key of the shard expires; 0: none will.  Needs
 * no lock.
 */
int64_t		 keyspace_next_deadline(const struct keyspace *,
		    uint32_t shard);
/* Forget it: the caller has walked the shard (locked for writing). */
void		 keyspace_clear_deadline(struct keyspace *, uint32_t shard);
/*
 * The position of the shard's last record in the journal, 0 at first, noted
 * when one is appended (locked for writing).  Reading it needs no lock.
 */
uint64_t	 keyspace_position(const struct keyspace *, uint32_t shard);
void		 keyspace_note_position(struct keyspace *, uint32_t shard,
		    uint64_t position);
/*
 * Go on with fewer shards: each has then what those had that its part of the
 * hashes was in.  Locks each while it is at it, since others may look at all
 * keys meanwhile, but nobody may change any or ask for one.
 */
void		 keyspace_fold(struct keyspace *, uint32_t shards);

#endif
