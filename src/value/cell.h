/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A value as a few bytes that say themselves how many they are, for containers
 * that keep values packed one behind the other, at any address.  A string of
 * digits is stored as a number and is a string again when it is read; short
 * strings are in the cell, long ones and containers behind a pointer in it.
 *
 *	struct cell c = cell_plan(v);
 *	cell_put(room_for(c.size), &c, v);
 */
#ifndef VALUE_CELL_H
#define VALUE_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "value/value.h"

enum {
	CELL_INLINE	= 1023,			/* the longest string in it */
	CELL_MAX	= CELL_INLINE + 2,	/* the longest cell */
};

/* How a value is, or would be, stored; good as long as the value. */
struct cell {
	uint32_t	 size;		/* bytes, from 1 to CELL_MAX */
	uint8_t		 tag;		/* the first of them */
	int64_t		 number;	/* cell.c's */
};
struct cell	cell_plan(const struct value *);
/* Write the plan's size of bytes; takes the value. */
void		cell_put(uint8_t *, const struct cell *, struct value *);

/* How many bytes a cell takes. */
static inline size_t	cell_size(const uint8_t *);
/*
 * The value, lent until the cell is changed or moves.  The text of a string
 * that is stored as a number is put into digits.
 */
struct value	cell_get(const uint8_t *, char digits[NUMBER_SIZE]);
/*
 * Whether the value, which is planned, is of the same type and content;
 * containers never are.
 */
bool		cell_equal(const uint8_t *, const struct cell *,
		    const struct value *);

/* Whether there is something that must be freed, or taken out, with it. */
bool		cell_owns(const uint8_t *);
/* Free it: the bytes are then no cell any more. */
void		cell_free(const uint8_t *);
/* The value, the caller's to free; the bytes are then no cell any more. */
struct value	cell_take(const uint8_t *);
/* Once the bytes of another cell were copied: own a copy of what it owns. */
void		cell_copied(uint8_t *);
/* Bytes of memory behind it, without containers. */
size_t		cell_memory(const uint8_t *);

/* Inline are the usual cells only. */
size_t		cell_size_other(const uint8_t *);

enum {
	CELL_SHORT	= 0x3f,		/* the last tag that is a length */
	CELL_DIGITS_13	= 0xc0,		/* up to there one byte, ... */
	CELL_LONGER	= 0xe0,		/* ... and from here more than two */
	CELL_DIGITS	= 0xe4,		/* of two bytes behind the tag */
	CELL_INTEGER	= 0xeb,		/* of one byte behind the tag */
};

static inline size_t
cell_size(const uint8_t *p)
{
	uint8_t tag = *p;

	if (tag <= CELL_SHORT)
		return (1 + (size_t)tag);
	if (tag < CELL_LONGER)
		return (tag < CELL_DIGITS_13 ? 1 : 2);
	if (tag >= CELL_DIGITS && tag < CELL_INTEGER)
		return (3 + (size_t)(tag - CELL_DIGITS));
	return (cell_size_other(p));
}

#endif
