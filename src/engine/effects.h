/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call has changed, collected while it runs.  effects_publish() is the
 * one place where counters and the shards' versions (what WATCH compares)
 * learn of it; the journal, waiters and keyspace events have their place
 * there.  Afterwards, when the locks are gone, effects_finish() frees what was
 * replaced: that may take long.
 */
#ifndef ENGINE_EFFECTS_H
#define ENGINE_EFFECTS_H

#include <stddef.h>
#include <stdint.h>

#include "store/table.h"

struct counters;
struct entry;
struct keyspace;

enum { EFFECTS_FEW = 8 };

struct effects {
	uint64_t	 changes;	/* keys changed */
	uint64_t	 expired;	/* of these, by the reaper */
	/* Shards of changed keys, some perhaps twice. */
	uint32_t	*shards;
	size_t		 shard_count, shard_size;
	uint32_t	 few_shards[EFFECTS_FEW];
	/* To be freed without locks. */
	struct entry	**dead;
	size_t		 dead_count, dead_size;
	struct entry	*few_dead[EFFECTS_FEW];
	struct table	*dead_tables;
	size_t		 dead_table_count;
};

void	effects_start(struct effects *);
/* A key of the shard was set or removed. */
void	effects_changed(struct effects *, uint32_t shard);
/* n keys of the shard were. */
void	effects_changed_many(struct effects *, uint32_t shard, uint64_t n);
/* Take what was replaced or removed; NULL and empty are fine. */
void	effects_bury(struct effects *, struct entry *);
void	effects_bury_table(struct effects *, struct table);
/* Tell everybody; with the shards still locked for writing. */
void	effects_publish(struct effects *, struct keyspace *,
	    struct counters *);
/* Free what was buried, and the lists; with no lock held. */
void	effects_finish(struct effects *);

#endif
