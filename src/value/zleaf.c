/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A leaf is one allocation hardly larger than its pack.  The table is made of
 * blocks, so that it never has to be copied when it grows.
 */
#include "value/zleaf.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum {
	BLOCK = 64,
	/* Crumbs given back one by one cost malloc() milliseconds at once. */
	SLACK = 208
};

union zleaf_entry {
	struct zleaf	*leaf;
	uint32_t	 next_free;
};

static union zleaf_entry *
entry(const struct zleaves *l, uint32_t number)
{
	return (&l->blocks[number / BLOCK][number % BLOCK]);
}

/* There is room for a power of two of blocks. */
static void
add_block(struct zleaves *l)
{
	size_t n = l->numbers / BLOCK;

	if ((n & (n - 1)) == 0)
		l->blocks = mem_resize(l->blocks,
		    (n != 0 ? 2 * n : 1) * sizeof(*l->blocks));
	l->blocks[n] = mem_zalloc(BLOCK * sizeof(**l->blocks));
	if (n == 0)
		l->numbers = 1;
}

static uint32_t
take_number(struct zleaves *l)
{
	uint32_t number = l->free;

	if (number != 0) {
		l->free = entry(l, number)->next_free;
		return (number);
	}
	if (l->numbers % BLOCK == 0)
		add_block(l);
	assert(l->numbers != UINT32_MAX);
	return (l->numbers++);
}

static size_t
memory_for(uint32_t bytes)
{
	/* In larger steps than a small set's, that it seldom moves. */
	return ((sizeof(struct zleaf) + bytes + 8 + 63) / 64 * 64 - 8);
}

struct zleaf *
zleaf_new(struct zleaves *l, uint32_t bytes)
{
	size_t memory = memory_for(bytes);
	struct zleaf *leaf = mem_alloc(memory);

	memset(leaf, 0, sizeof(*leaf));
	leaf->memory = (uint32_t)memory;
	leaf->number = take_number(l);
	entry(l, leaf->number)->leaf = leaf;
	l->bytes += memory;
	return (leaf);
}

void
zleaf_free(struct zleaves *l, struct zleaf *leaf)
{
	l->bytes -= leaf->memory;
	entry(l, leaf->number)->next_free = l->free;
	l->free = leaf->number;
	mem_free(leaf);
}

struct zleaf *
zleaf_fit(struct zleaves *l, struct zleaf *leaf, uint32_t bytes)
{
	size_t memory = memory_for(bytes);
	unsigned place;

	if (memory <= leaf->memory && leaf->memory - memory <= SLACK)
		return (leaf);
	place = znode_place(leaf);
	l->bytes += memory - leaf->memory;
	leaf = mem_resize(leaf, memory);
	leaf->memory = (uint32_t)memory;
	leaf->child.parent->children[place] = &leaf->child;
	entry(l, leaf->number)->leaf = leaf;
	return (leaf);
}

struct zleaf *
zleaf_get(const struct zleaves *l, uint32_t number)
{
	return (entry(l, number)->leaf);
}

void
zleaf_prefetch(const struct zleaves *l, uint32_t number)
{
	__builtin_prefetch(entry(l, number));
}

static size_t
blocks_of(const struct zleaves *l)
{
	return (((size_t)l->numbers + BLOCK - 1) / BLOCK);
}

static size_t
room_for_blocks(const struct zleaves *l)
{
	size_t room = 1;

	while (room < blocks_of(l))
		room *= 2;
	return (room);
}

void
zleaf_copy_table(struct zleaves *to, const struct zleaves *from)
{
	size_t size = BLOCK * sizeof(**to->blocks), i;

	*to = *from;
	to->blocks = mem_alloc(room_for_blocks(from) * sizeof(*to->blocks));
	for (i = 0; i < blocks_of(from); i++) {
		to->blocks[i] = mem_alloc(size);
		memcpy(to->blocks[i], from->blocks[i], size);
	}
}

struct zleaf *
zleaf_copy(const struct zleaf *leaf, void *leaves)
{
	struct zleaf *copy = mem_alloc(leaf->memory);

	memcpy(copy, leaf, sizeof(*leaf) + leaf->pack.used);
	entry(leaves, leaf->number)->leaf = copy;
	return (copy);
}

void
zleaf_free_table(struct zleaves *l)
{
	size_t i;

	for (i = 0; i < blocks_of(l); i++)
		mem_free(l->blocks[i]);
	mem_free(l->blocks);
}

size_t
zleaf_size(const struct zleaves *l)
{
	return (l->bytes + room_for_blocks(l) * sizeof(*l->blocks) +
	    blocks_of(l) * BLOCK * sizeof(**l->blocks));
}
