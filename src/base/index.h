/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table whose links stand in its members, which it neither makes nor
 * frees: who looks one up by its hash compares the rest
 * (MEMBER_OF() of base/ring.h).  All zero is an empty
 * one.
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index_link {
	struct index_link	*next;		/* in the bucket */
	uint64_t		 hash;
};

struct index {
	struct index_link	**buckets;	/* size of them, by low bits */
	size_t			 size;		/* 0 or a power of two */
	size_t			 count;
};

void			 index_add(struct index *, struct index_link *,
			    uint64_t hash);
/* Remove a link that is there. */
void			 index_remove(struct index *, struct index_link *);
/* The first link of that hash, and the one behind it; NULL: none. */
struct index_link	*index_first(const struct index *, uint64_t hash);
struct index_link	*index_next(const struct index_link *);
/* Give back the memory of an index that is empty, or whose members are gone. */
void			 index_free(struct index *);

#endif
