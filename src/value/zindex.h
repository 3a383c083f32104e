/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which leaf of a sorted set members are: from their hashes (of
 * zpack_hash()) to numbers of leaves, which are not 0.  Pairs may be there
 * several times.
 */
#ifndef VALUE_ZINDEX_H
#define VALUE_ZINDEX_H

#include <stddef.h>
#include <stdint.h>

/* Ten bits of the hash are left to find a place in a segment. */
enum { ZINDEX_DEEPEST = 22 };

struct zsegment;

struct zindex {
	struct zsegment	**directory;	/* 2^depth entries */
	size_t		 bytes;		/* of memory, of all segments */
	uint8_t		 depth;		/* the deepest segment's */
	uint32_t	 segments[ZINDEX_DEEPEST + 1];	/* of each depth */
};

void		zindex_init(struct zindex *);
void		zindex_free(struct zindex *);
void		zindex_copy(struct zindex *to, const struct zindex *from);
/* Bytes of memory that it takes, without itself. */
size_t		zindex_size(const struct zindex *);

void		zindex_insert(struct zindex *, uint32_t hash, uint32_t leaf);
/* Remove such a pair, which is there. */
void		zindex_remove(struct zindex *, uint32_t hash, uint32_t leaf);
/* Give such a pair, which is there, another leaf. */
void		zindex_move(struct zindex *, uint32_t hash, uint32_t from,
		    uint32_t to);

/*
 * The leaves of all pairs of that hash, one by one, 0 at the end:
 *	zindex_start(&probe, ix, hash);
 *	while ((leaf = zindex_next(&probe)) != 0)
 *		look(leaf);
 */
struct zprobe {
	const struct zsegment	*segment;
	uint32_t		 hash;
	uint32_t		 slot;
};
void		zindex_start(struct zprobe *, const struct zindex *,
		    uint32_t hash);
uint32_t	zindex_next(struct zprobe *);

/*
 * Visit about count pairs from the cursor on, 0 at first, in no order;
 * returns the next cursor, 0 when all are through.  The cursor is a hash: what
 * is there all the time is visited, whatever changes between calls.
 */
typedef void	zindex_visit(uint32_t hash, uint32_t leaf, void *arg);
uint64_t	zindex_scan(const struct zindex *, uint64_t cursor,
		    size_t count, zindex_visit *, void *arg);

#endif
