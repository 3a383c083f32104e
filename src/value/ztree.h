/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A large sorted set: leaves of members in their order, nodes above them, and
 * an index from the members' hashes to leaves.  Hashes are zpack_hash()'s.
 */
#ifndef VALUE_ZTREE_H
#define VALUE_ZTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "value/zpack.h"

struct zleaf;
struct ztree;

/* Where a record is, until the tree changes. */
struct zplace {
	struct zleaf	*leaf;
	uint32_t	 offset;	/* in the leaf's pack */
};

struct ztree	*ztree_new(void);
void		 ztree_free(struct ztree *);
struct ztree	*ztree_copy(const struct ztree *);
size_t		 ztree_length(const struct ztree *);
/* Bytes of memory that it takes. */
size_t		 ztree_size(const struct ztree *);

/* Whether the member is there, and where. */
bool		 ztree_find(const struct ztree *, uint32_t hash,
		    struct bytes member, struct zplace *);
/* As zset_prefetch(). */
void		 ztree_prefetch(const struct ztree *,
		    const struct bytes *members, size_t count);
struct zrecord	 ztree_record(struct zplace);
size_t		 ztree_rank(struct zplace);
/* The rank of the first member that is not before the bound, or the length. */
size_t		 ztree_seek(const struct ztree *, const struct zbound *);
/* The pack with the member of a rank below the length; its number in it. */
const struct zpack	*ztree_at(const struct ztree *, size_t rank,
			    uint32_t *i);

/* Add a member that is not there. */
void		 ztree_add(struct ztree *, uint32_t hash, struct bytes member,
		    double score);
/* Give the member at the place, whose bytes are elsewhere, another score. */
void		 ztree_change(struct ztree *, struct zplace, uint32_t hash,
		    struct bytes member, double score);
void		 ztree_remove(struct ztree *, struct zplace, uint32_t hash);
void		 ztree_remove_ranks(struct ztree *, size_t rank, size_t count);

typedef void	 ztree_visit(struct bytes member, double score, void *arg);
/* As zset_scan(). */
uint64_t	 ztree_scan(const struct ztree *, uint64_t cursor,
		    size_t count, ztree_visit *, void *arg);

#endif
