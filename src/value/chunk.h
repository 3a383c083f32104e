/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run of values, packed: what a small list is, and what a large one has many
 * of.  Elements are cells (value/cell.h), which can be walked from front to
 * back only; value/chunk_index.h finds the one before, and the i-th.
 *
 * Elements are named by where they begin in data.  Functions that add may move
 * the chunk.
 */
#ifndef VALUE_CHUNK_H
#define VALUE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/cell.h"
#include "value/value.h"

enum {
	CHUNK_BLOCK	= 128,		/* what has one entry in the index */
	/* A page without the header below and malloc(3)'s own word. */
	CHUNK_ROOM	= 4096 - 8 - 8,
	CHUNK_FULL	= CHUNK_ROOM - (CHUNK_ROOM + CHUNK_BLOCK + 1) /
			    (CHUNK_BLOCK + 2) * 2,
};

struct chunk {
	uint16_t	 size;		/* of data, up to CHUNK_FULL */
	uint16_t	 start;		/* elements are in [start, end) of data */
	uint16_t	 end;
	uint16_t	 count : 15;	/* of elements */
	uint16_t	 owns : 1;	/* a cell may own something */
	uint8_t		 data[];	/* and behind it the index */
};

/* An empty chunk with room for that many bytes. */
struct chunk	*chunk_new(size_t bytes);
/* Free it and its elements. */
void		 chunk_free(struct chunk *);
struct chunk	*chunk_copy(const struct chunk *);
/* Bytes of memory that it takes, without containers inside it. */
size_t		 chunk_memory(const struct chunk *);

/*
 * Put in, before the element at the offset, the value that is planned, which
 * this takes; false, and nothing has changed, if the chunk is full.
 */
bool		 chunk_insert(struct chunk **, unsigned offset,
		    const struct cell *, struct value *);
/* Put the value in the place of the element, which is freed, if it fits. */
bool		 chunk_replace(struct chunk *, unsigned offset,
		    const struct cell *, struct value *);
/* Remove the element; it is the caller's to free. */
struct value	 chunk_take(struct chunk *, unsigned offset);
/* Free and remove n elements; where the next one begins then. */
unsigned	 chunk_remove(struct chunk *, unsigned offset, size_t n);
/* Give memory back if three eighths or more are not in use. */
void		 chunk_fit(struct chunk **);

/* Move about half of the elements, from the first on or to the last, off. */
struct chunk	*chunk_split(struct chunk **);
/* Move all elements of the right one, which is freed, to the end of left. */
void		 chunk_join(struct chunk **left, struct chunk *right);

/* How many bytes the elements take. */
static inline unsigned
chunk_used(const struct chunk *c)
{
	return ((unsigned)(c->end - c->start));
}

/* Where the element behind this one begins. */
static inline unsigned
chunk_next(const struct chunk *c, unsigned offset)
{
	return (offset + (unsigned)cell_size(c->data + offset));
}

#endif
