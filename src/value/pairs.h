/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pairs of a large dictionary in their order: a vector of pointers with
 * holes where pairs were removed.  It is made of blocks, so that it never has
 * to be copied when it grows, and its holes are closed a few at a time.  A pair
 * has a number, from 1 on, until that moves it.
 */
#ifndef VALUE_PAIRS_H
#define VALUE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. */
struct pairs {
	uint8_t		***blocks;	/* NULL: all of it are holes */
	uint32_t	 used;		/* with holes */
	uint32_t	 count;		/* of pairs */
	/*
	 * Holes are being closed: from `to` to `from` there is no pair, and
	 * what is behind will come to `to`.  Both 0: they are not.
	 */
	uint32_t	 to, from;
};

/* Free the vector, not the pairs. */
void		 pairs_free(struct pairs *);
/* Bytes of memory of the vector. */
size_t		 pairs_size(const struct pairs *);
/* Put one at the end; its number. */
uint32_t	 pairs_add(struct pairs *, uint8_t *pair);
/* The pair of a number up to `used`; NULL: a hole. */
uint8_t		*pairs_get(const struct pairs *, uint32_t number);
/* Ask the processor for where that is noted. */
void		 pairs_prefetch(const struct pairs *, uint32_t number);
/* Put another in the place of the one that has the number. */
void		 pairs_set(struct pairs *, uint32_t number, uint8_t *pair);
/* Leave a hole where it is. */
void		 pairs_remove(struct pairs *, uint32_t number);
/* The next of a walk, whose position is 0 at first; NULL at the end. */
uint8_t		*pairs_walk(const struct pairs *, uint64_t *position);
/* Whether holes are to be closed: more than half are, or it has begun. */
bool		 pairs_have_holes(const struct pairs *);
/*
 * Go on with that, one step: the pair that got another number, and that one;
 * NULL if none did.
 */
uint8_t		*pairs_close(struct pairs *, uint32_t *from, uint32_t *to);

#endif
