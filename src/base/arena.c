/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of blocks, each at least twice the one before: pointers never move,
 * and a steady stream of requests of one size allocates nothing.
 */
#include "base/arena.h"

#include <stdint.h>

#include "base/mem.h"

/* Small, since every connection has one; most requests fit. */
enum { FIRST_BLOCK = 2048 - 32 };

struct arena_block {
	struct arena_block	*older;
	size_t			 size;
	char			 data[];
};

char *
arena_take(struct arena *a, size_t n)
{
	struct arena_block *block;
	size_t size;
	char *p;

	if (a->block == NULL || a->size - a->used < n) {
		size = a->block == NULL ? FIRST_BLOCK : 2 * a->size;
		if (size < n)
			size = n;
		if (n > SIZE_MAX / 4 ||
		    (block = mem_try_resize(NULL, sizeof(*block) + size)) == NULL)
			return (NULL);
		block->older = a->block;
		block->size = size;
		a->block = block;
		a->size = size;
		a->used = 0;
	}
	p = a->block->data + a->used;
	a->used += n;
	return (p);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *block;

	a->used = 0;
	while ((block = a->block) != NULL && block->older != NULL) {
		a->block = block->older;
		a->size = block->older->size;
		mem_free(block);
	}
	/* A first block that one large request asked for is not kept. */
	if (block != NULL && block->size > FIRST_BLOCK) {
		mem_free(block);
		*a = (struct arena){ 0 };
	}
}

void
arena_free(struct arena *a)
{
	arena_reset(a);
	mem_free(a->block);
	*a = (struct arena){ 0 };
}
