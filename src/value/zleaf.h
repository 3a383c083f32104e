/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The leaves of a sorted set: their memory, and the numbers, from 1, by which
 * the index knows them, for they move.  All zero is an empty table of leaves.
 */
#ifndef VALUE_ZLEAF_H
#define VALUE_ZLEAF_H

#include <stddef.h>
#include <stdint.h>

#include "value/znode.h"

struct zleaves {
	union zleaf_entry	**blocks;
	uint32_t		 numbers;	/* that ever were, with 0 */
	uint32_t		 free;		/* one that is free, or 0 */
	size_t			 bytes;		/* of memory, of the leaves */
};

/* An empty leaf, not yet in the tree, with room for that many bytes. */
struct zleaf	*zleaf_new(struct zleaves *, uint32_t bytes);
/* Free a leaf that is not in the tree any more. */
void		 zleaf_free(struct zleaves *, struct zleaf *);
/* Give a leaf room for that many bytes, and not much more; it may move. */
struct zleaf	*zleaf_fit(struct zleaves *, struct zleaf *, uint32_t bytes);
/* The leaf of that number. */
struct zleaf	*zleaf_get(const struct zleaves *, uint32_t number);

/* Ask the processor for where that is noted. */
void		 zleaf_prefetch(const struct zleaves *, uint32_t number);

/* A copy with the leaves that zleaf_copy() will put into it. */
void		 zleaf_copy_table(struct zleaves *to,
		    const struct zleaves *from);
struct zleaf	*zleaf_copy(const struct zleaf *, void *leaves);
/* Free the table alone. */
void		 zleaf_free_table(struct zleaves *);
/* Bytes of memory that table and leaves take. */
size_t		 zleaf_size(const struct zleaves *);

#endif
