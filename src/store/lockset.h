/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one taker of shard locks: a call names all shards it needs, gets them
 * all at once in ascending order, and gives them back together.  So no two
 * calls can wait for each other.
 */
#ifndef STORE_LOCKSET_H
#define STORE_LOCKSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyspace;

enum { LOCKSET_FEW = 8 };

/* lockset_start() makes it usable; lockset_free() is due only after many. */
struct lockset {
	struct keyspace	*keyspace;
	uint32_t	*shards;	/* few, or an allocation */
	size_t		 count;
	size_t		 size;		/* of shards */
	bool		 all;
	bool		 held;
	uint32_t	 few[LOCKSET_FEW];
};

/* An empty set, not held. */
void	lockset_start(struct lockset *, struct keyspace *);
/* Name a shard, perhaps not for the first time; before acquire. */
void	lockset_add(struct lockset *, uint32_t shard);
/* Name them all. */
void	lockset_add_all(struct lockset *);
/* Sleep until all named shards are ours, for writing or for reading. */
void	lockset_acquire(struct lockset *, bool write);
/* The same for reading one shard if it need not sleep, else false. */
bool	lockset_try_read(struct lockset *);
void	lockset_release(struct lockset *);
/* Whether the shard is held. */
bool	lockset_covers(const struct lockset *, uint32_t shard);
/* A held set of one shard is the other set's from now on, which is not held. */
void	lockset_move(struct lockset *to, struct lockset *from);
/* Give back the memory of a set that is not held. */
void	lockset_free(struct lockset *);

#endif
