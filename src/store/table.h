/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of entries: one shard of one database.  All zero is an empty
 * table.  It knows no locks; slots are good until an insertion or removal.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include <stdint.h>

#include "base/bytes.h"

struct entry;

struct table {
	struct entry	**entries;	/* slots of them */
	uint32_t	 *hashes;	/* beside them; 0 is a free slot */
	uint32_t	  homes;	/* slots where a search can begin */
	uint32_t	  slots;	/* with those behind; the last is free */
	uint32_t	  used;
	uint32_t	  volatiles;	/* of these, with a deadline */
};

#define TABLE_NO_SLOT	UINT32_MAX

/*
 * The slot of the key, whose hash (as of keyspace_table_hash()) is given;
 * TABLE_NO_SLOT if it is not there.
 */
uint32_t	table_find(const struct table *, uint32_t hash, struct bytes key);
/* Add an entry whose key is not there yet. */
void		table_insert(struct table *, uint32_t hash, struct entry *);
/* Make room, at once, for that many entries. */
void		table_reserve(struct table *, uint32_t count);
/* Add all entries of another table, which is empty then. */
void		table_absorb(struct table *, struct table *from);
/* Put an entry of the same key in the place of the one at the slot. */
struct entry	*table_replace(struct table *, uint32_t slot, struct entry *);
/* Take out the entry at the slot; another one may stand there afterwards. */
struct entry	*table_remove(struct table *, uint32_t slot);
/* Make the table smaller if it is nearly empty; moves all entries. */
void		table_shrink(struct table *);
/* The entry at the slot, NULL if it is free. */
struct entry	*table_at(const struct table *, uint32_t slot);
/*
 * Ask the processor for the slot where a key of that hash would be searched
 * first.  Needs no lock: it touches nothing that could be gone.
 */
void		table_prefetch(const struct table *, uint32_t hash);
/* Ask for the entry at a slot, which may be behind the last one. */
void		table_prefetch_at(const struct table *, uint32_t slot);
/* Ask for the entry of a key of that hash, if there is one. */
void		table_prefetch_entry(const struct table *, uint32_t hash);
/* Move everything out, for table_free(): an empty table is left. */
struct table	table_take(struct table *);
/* Each has what the other had. */
void		table_swap(struct table *, struct table *);
/* Free all entries and the arrays: an empty table again. */
void		table_free(struct table *);

/*
 * Visit the entries whose hash is in [from, next), in any order, and return
 * next: as many as about count slots hold; 0 when all are through.  The
 * intervals of a walk do not depend on what was inserted or removed meanwhile,
 * nor on resizes.
 */
typedef void	 table_visit(const struct entry *, void *arg);
uint32_t	 table_scan(const struct table *, uint32_t from, size_t count,
		    table_visit *, void *arg);

#endif
