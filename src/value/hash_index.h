/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From hashes to numbers, which are not 0: in which leaf of a sorted set a
 * member of that hash is, or which pair of a dictionary has such a key.  The
 * same hash, and the same with the same number, may be there several times.
 * No change takes longer than some 1000 steps, however many there are.
 */
#ifndef VALUE_HASH_INDEX_H
#define VALUE_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* Ten bits of the hash are left to find a place in a segment. */
enum { HASH_INDEX_DEEPEST = 22 };

struct hash_segment;

struct hash_index {
	struct hash_segment **directory;	/* 2^depth entries */
	size_t		 bytes;		/* of memory, of all segments */
	uint8_t		 depth;		/* the deepest segment's */
	uint32_t	 segments[HASH_INDEX_DEEPEST + 1];	/* of each depth */
};

void		hash_index_init(struct hash_index *);
void		hash_index_free(struct hash_index *);
void		hash_index_copy(struct hash_index *to,
		    const struct hash_index *from);
/* Bytes of memory that it takes, without itself. */
size_t		hash_index_size(const struct hash_index *);

void		hash_index_insert(struct hash_index *, uint32_t hash,
		    uint32_t number);
/* Remove such a number, which is there. */
void		hash_index_remove(struct hash_index *, uint32_t hash,
		    uint32_t number);
/* Make it another number. */
void		hash_index_move(struct hash_index *, uint32_t hash,
		    uint32_t from, uint32_t to);

/*
 * The numbers of that hash, one by one, 0 at the end:
 *	hash_index_start(&probe, ix, hash);
 *	while ((number = hash_index_next(&probe)) != 0)
 *		look(number);
 * The start asks the processor for what the first step will touch.
 */
struct hash_probe {
	const struct hash_segment *segment;
	uint32_t	 hash;
	uint32_t	 slot;
};
void		hash_index_start(struct hash_probe *,
		    const struct hash_index *, uint32_t hash);
uint32_t	hash_index_next(struct hash_probe *);

/*
 * Visit about count numbers from the cursor on, 0 at first, in no order;
 * returns the next cursor, 0 when all are through.  The cursor is a hash: what
 * is there all the time is visited, whatever changes between calls.
 */
typedef void	hash_index_visit(uint32_t hash, uint32_t number, void *arg);
uint64_t	hash_index_scan(const struct hash_index *, uint64_t cursor,
		    size_t count, hash_index_visit *, void *arg);

#endif
