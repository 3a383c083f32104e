/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short-lived memory that goes all at once: what one request carries.
 * A pointer into an arena stays good until arena_reset() or arena_free().
 * All zero is an empty arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block	*block;		/* newest; older ones behind it */
	size_t			 used;		/* bytes used of the newest */
	size_t			 size;		/* bytes it has */
};

/* n bytes, not aligned; NULL when there is no memory. */
char	*arena_take(struct arena *, size_t n);
/* The arena is empty again; its first block is kept for the next request. */
void	 arena_reset(struct arena *);
/* Give back all memory. */
void	 arena_free(struct arena *);

#endif
