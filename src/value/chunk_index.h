/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The index of a chunk: how many elements begin in each CHUNK_BLOCK bytes of
 * data, and where the first of them does.
 */
#ifndef VALUE_CHUNK_INDEX_H
#define VALUE_CHUNK_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "value/chunk.h"

/* Bytes it takes behind data of that size; all zero, it is one of nothing. */
unsigned	chunk_index_size(unsigned size);

/* Where element i of [0, count] begins, the last one being the end. */
unsigned	chunk_index_seek(const struct chunk *, size_t i);
/* How many elements begin before the offset. */
unsigned	chunk_index_count(const struct chunk *, unsigned offset);
/* Where the element before this one, or before the end, begins. */
unsigned	chunk_index_previous(const struct chunk *, unsigned offset);

/* An element has come: before or behind all others of its block, or alone. */
void		chunk_index_add(struct chunk *, unsigned offset);
/* The first or the last element of the chunk goes. */
void		chunk_index_remove_end(struct chunk *, unsigned offset);
/*
 * What begins in [from, to) has changed, or where the chunk's elements end; of
 * these blocks only what begins before it is right.
 */
void		chunk_index_renew(struct chunk *, unsigned from, unsigned to);

/*
 * Where the elements of a block begin, counted from the block's own begin; how
 * many these are.  For who walks towards the front.
 */
unsigned	chunk_index_starts(const struct chunk *, unsigned block,
		    uint8_t starts[CHUNK_BLOCK]);

#endif
