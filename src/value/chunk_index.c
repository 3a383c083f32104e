/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis's listpack has the length of each element behind it for the way back.
 * The index takes 1/64 of the data instead, less if an element is shorter than
 * that, and finds the i-th too.  Pushing and popping keep it right; what moves
 * elements makes it anew where they were and are.
 */
#include "value/chunk_index.h"

#include <string.h>

struct block {
	uint8_t		first;		/* from the block's begin; if count */
	uint8_t		count;
};

static struct block *
block_at(const struct chunk *c, unsigned block)
{
	return ((struct block *)(uintptr_t)(c->data + c->size) + block);
}

static unsigned
count_blocks(unsigned size)
{
	return ((size + CHUNK_BLOCK - 1) / CHUNK_BLOCK);
}

unsigned
chunk_index_size(unsigned size)
{
	return (count_blocks(size) * (unsigned)sizeof(struct block));
}

/* Looking */

unsigned
chunk_index_seek(const struct chunk *c, size_t i)
{
	unsigned block = c->start / CHUNK_BLOCK, at;
	const struct block *b;

	if (i == c->count)
		return (c->end);
	for (b = block_at(c, block); i >= b->count; b++, block++)
		i -= b->count;
	for (at = block * CHUNK_BLOCK + b->first; i > 0; i--)
		at = chunk_next(c, at);
	return (at);
}

unsigned
chunk_index_count(const struct chunk *c, unsigned offset)
{
	unsigned block = c->start / CHUNK_BLOCK, at, n = 0;

	for (; block < offset / CHUNK_BLOCK; block++)
		n += block_at(c, block)->count;
	at = block * CHUNK_BLOCK + block_at(c, block)->first;
	for (; at < offset; at = chunk_next(c, at))
		n++;
	return (n);
}

unsigned
chunk_index_previous(const struct chunk *c, unsigned offset)
{
	unsigned block = (offset - 1) / CHUNK_BLOCK, at, next;
	const struct block *b = block_at(c, block);

	while (b->count == 0 || block * CHUNK_BLOCK + b->first >= offset) {
		block--;
		b--;
	}
	at = block * CHUNK_BLOCK + b->first;
	/* Of numbers below 128 all cells are one byte. */
	if (offset == c->end && offset - at == b->count)
		return (offset - 1);
	while ((next = chunk_next(c, at)) < offset)
		at = next;
	return (at);
}

unsigned
chunk_index_starts(const struct chunk *c, unsigned block,
    uint8_t starts[CHUNK_BLOCK])
{
	const struct block *b = block_at(c, block);
	const uint8_t *data = c->data + block * CHUNK_BLOCK;
	size_t at = b->first;
	unsigned i;

	for (i = 0; i < b->count; i++) {
		starts[i] = (uint8_t)at;
		at += cell_size(data + at);
	}
	return (i);
}

/* Changing */

void
chunk_index_add(struct chunk *c, unsigned offset)
{
	struct block *b = block_at(c, offset / CHUNK_BLOCK);

	if (b->count++ == 0 || offset % CHUNK_BLOCK < b->first)
		b->first = offset % CHUNK_BLOCK;
}

void
chunk_index_remove_end(struct chunk *c, unsigned offset)
{
	struct block *b = block_at(c, offset / CHUNK_BLOCK);

	b->count--;
	if (offset == c->start)
		b->first = chunk_next(c, offset) % CHUNK_BLOCK;
}

void
chunk_index_renew(struct chunk *c, unsigned from, unsigned to)
{
	unsigned block = from / CHUNK_BLOCK, blocks, at, end;
	const struct block *b = block_at(c, block);

	if (from >= to)
		return;
	at = block * CHUNK_BLOCK + b->first;
	if (b->count == 0 || at >= from || at < c->start)
		at = from > c->start ? from : c->start;
	blocks = count_blocks(to) - block;
	end = (block + blocks) * CHUNK_BLOCK;
	end = end < c->end ? end : c->end;
	memset(block_at(c, block), 0, blocks * sizeof(*b));
	for (; at < end; at = chunk_next(c, at))
		chunk_index_add(c, at);
}
