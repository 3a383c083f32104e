/* SPDX-License-Identifier: BSD-2-Clause */
#include "value/pairs.h"

#include <assert.h>

#include "base/mem.h"

enum {
	BLOCK = 512,
	LEAST = 64			/* room in the first one, at first */
};

static uint32_t
blocks_of(uint32_t used)
{
	return (used / BLOCK + (used % BLOCK != 0));
}

static uint8_t **
slot(const struct pairs *p, uint32_t i)
{
	uint8_t **block = p->blocks[i / BLOCK];

	return (block != NULL ? &block[i % BLOCK] : NULL);
}

void
pairs_free(struct pairs *p)
{
	uint32_t i, n = blocks_of(p->used);

	for (i = 0; i < n; i++)
		mem_free(p->blocks[i]);
	mem_free(p->blocks);
}

size_t
pairs_size(const struct pairs *p)
{
	uint32_t i, n = blocks_of(p->used), there = 0;

	/* Without a look into each: that would take long. */
	for (i = 0; i < n; i++)
		there += p->blocks[i] != NULL;
	return (mem_size(p->blocks) + (n != 0 ? there *
	    mem_size(p->blocks[n - 1]) : 0));
}

static bool
is_power(uint32_t n)
{
	return ((n & (n - 1)) == 0);
}

/* There is room for a power of two of blocks; the first one grows, too. */
static void
make_room(struct pairs *p)
{
	uint32_t n = p->used / BLOCK;

	if (p->used % BLOCK == 0) {
		if (is_power(n))
			p->blocks = mem_resize(p->blocks,
			    (n != 0 ? 2 * (size_t)n : 1) * sizeof(*p->blocks));
		p->blocks[n] = mem_zalloc((n != 0 ? BLOCK : LEAST) *
		    sizeof(**p->blocks));
	} else if (n == 0 && p->used >= LEAST && is_power(p->used)) {
		p->blocks[0] = mem_resize(p->blocks[0],
		    2 * p->used * sizeof(**p->blocks));
	}
}

uint32_t
pairs_add(struct pairs *p, uint8_t *pair)
{
	assert(p->used < UINT32_MAX - BLOCK);
	make_room(p);
	p->blocks[p->used / BLOCK][p->used % BLOCK] = pair;
	p->count++;
	return (++p->used);
}

uint8_t *
pairs_get(const struct pairs *p, uint32_t number)
{
	uint8_t **at = slot(p, number - 1);

	return (at != NULL ? *at : NULL);
}

void
pairs_prefetch(const struct pairs *p, uint32_t number)
{
	__builtin_prefetch(slot(p, number - 1));
}

void
pairs_set(struct pairs *p, uint32_t number, uint8_t *pair)
{
	*slot(p, number - 1) = pair;
}

void
pairs_remove(struct pairs *p, uint32_t number)
{
	*slot(p, number - 1) = NULL;
	p->count--;
}

uint8_t *
pairs_walk(const struct pairs *p, uint64_t *position)
{
	uint8_t *pair = NULL;

	while (pair == NULL && *position < p->used) {
		if (p->blocks[*position / BLOCK] == NULL)
			*position += BLOCK - *position % BLOCK;
		else
			pair = *slot(p, (uint32_t)(*position)++);
	}
	return (pair);
}

bool
pairs_have_holes(const struct pairs *p)
{
	return (p->from != 0 || p->count < p->used / 2);
}

/* No pair is behind `to`. */
static void
cut(struct pairs *p)
{
	uint32_t i, n = blocks_of(p->used);

	for (i = blocks_of(p->to); i < n; i++)
		mem_free(p->blocks[i]);
	p->used = p->to;
	p->to = p->from = 0;
}

uint8_t *
pairs_close(struct pairs *p, uint32_t *from, uint32_t *to)
{
	uint8_t *pair = pairs_get(p, p->from + 1);

	*from = p->from + 1;
	*to = p->to + 1;
	if (pair != NULL && *from != *to) {
		if (slot(p, p->to) == NULL)
			p->blocks[p->to / BLOCK] = mem_zalloc(BLOCK *
			    sizeof(**p->blocks));
		pairs_set(p, *to, pair);
		pairs_set(p, *from, NULL);
	}
	p->to += pair != NULL;
	p->from++;
	/* Perhaps no pair is left in a whole block. */
	if (p->from % BLOCK == 0 && p->to <= p->from - BLOCK) {
		mem_free(p->blocks[p->from / BLOCK - 1]);
		p->blocks[p->from / BLOCK - 1] = NULL;
	}
	if (p->from == p->used)
		cut(p);
	return (pair != NULL && *from != *to ? pair : NULL);
}
