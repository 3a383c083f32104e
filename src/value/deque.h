/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a list of more than one chunk is: the chunks in their order, and how
 * many elements are in each, beside each other so that counting to the i-th is
 * quick.  There is always a chunk, and none is empty for long.
 */
#ifndef VALUE_DEQUE_H
#define VALUE_DEQUE_H

#include <stddef.h>
#include <stdint.h>

#include "value/chunk.h"

/* Where a chunk has its size: this is none. */
enum { DEQUE_MARK = UINT16_MAX, DEQUE_STRIDE = 16 };

struct deque {
	uint16_t	 mark;		/* DEQUE_MARK */
	size_t		 length;	/* elements in all chunks */
	size_t		 used;		/* chunks, from first on */
	size_t		 first;
	size_t		 size;		/* of the arrays, one allocation */
	struct chunk	**chunks;
	uint32_t	*sums;		/* of each DEQUE_STRIDE counts */
	uint16_t	*counts;	/* of elements; 0 in places not in use */
};

/* Take the chunk as the only one. */
struct deque	*deque_new(struct chunk *);
/* Free it and all in it. */
void		 deque_free(struct deque *);
struct deque	*deque_copy(const struct deque *);
/* Bytes of memory that it takes, without containers inside it. */
size_t		 deque_memory(const struct deque *);

/* Chunk k, which must be put back if it changes. */
static inline struct chunk *
deque_get(const struct deque *d, size_t k)
{
	return (d->chunks[d->first + k]);
}
void		 deque_put(struct deque *, size_t k, struct chunk *);
/* Take a chunk as a new one before chunk k. */
void		 deque_insert(struct deque *, size_t k, struct chunk *);
/* Forget n chunks, which are freed or somewhere else, from k on. */
void		 deque_drop(struct deque *, size_t k, size_t n);
/*
 * The chunk of element *i, which becomes the element's number in that chunk.
 * The length is found at the end of the last one.
 */
size_t		 deque_find(const struct deque *, size_t *i);

#endif
