/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sorted set: members, which are byte strings, each with a score, in the
 * order of scores and, where these are equal, of bytes (memcmp, the shorter
 * first).  A member's place in that order, from 0, is its rank.
 *
 * It is one allocation while it is small, so that functions that change it may
 * move it: they take a pointer to the pointer.
 */
#ifndef VALUE_ZSET_H
#define VALUE_ZSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct zpack;
struct zset;

struct zset	*zset_new(void);
/* NULL is fine. */
void		 zset_free(struct zset *);
struct zset	*zset_copy(const struct zset *);
size_t		 zset_length(const struct zset *);
/* Bytes of memory that it takes. */
size_t		 zset_size(const struct zset *);

/*
 * Give the member, copied if new, a score, not NaN; whether it was new, or had
 * another one.  0 and -0 are equal scores: a member that has one keeps it.
 */
enum zset_outcome { ZSET_KEPT, ZSET_ADDED, ZSET_UPDATED };
enum zset_outcome zset_put(struct zset **, struct bytes member, double score);
/* Whether it was there. */
bool		 zset_remove(struct zset **, struct bytes member);
/* Remove count members from that rank on. */
void		 zset_remove_ranks(struct zset **, size_t rank, size_t count);

/* Whether the member is there; its score. */
bool		 zset_score(const struct zset *, struct bytes member,
		    double *score);
/* The same with its rank. */
bool		 zset_rank(const struct zset *, struct bytes member,
		    size_t *rank, double *score);
/* As value_prefetch(), for as many as that takes. */
void		 zset_prefetch(const struct zset *, const struct bytes *members,
		    size_t count);
/*
 * The rank of the first member whose score is at least (above: more than)
 * score; the length if there is none.
 */
size_t		 zset_rank_of_score(const struct zset *, double score,
		    bool above);
/* The same by bytes, where all scores are equal. */
size_t		 zset_rank_of_bytes(const struct zset *, struct bytes member,
		    bool above);

/*
 * A walk from a rank on, towards the highest or towards the lowest:
 *	for (zset_start(&it, z, rank, false); zset_next(&it); )
 *		use(it.member, it.score);
 * The sorted set must not change meanwhile.
 */
struct zset_iter {
	struct bytes		 member;
	double			 score;
	/* zset.c's. */
	const struct zset	*zset;
	const struct zpack	*pack;
	size_t			 next;		/* rank */
	uint32_t		 offset;	/* of it in the pack */
	uint32_t		 left;		/* how many to read there */
	uint32_t		 back[16];	/* their offsets, backwards */
	bool			 backwards;
};
void		 zset_start(struct zset_iter *, const struct zset *,
		    size_t rank, bool backwards);
bool		 zset_next(struct zset_iter *);
/* As dict_scan(), in any order. */
typedef void	 zset_visit(struct bytes member, double score, void *arg);
uint64_t	 zset_scan(const struct zset *, uint64_t cursor, size_t count,
		    zset_visit *, void *arg);

#endif
