/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container that Redis keeps in one string, read item by item.  Whether the
 * string is well-formed is known when all of it has been read, and nothing
 * outside of it is looked at.
 */
#ifndef IMPORT_PACKED_H
#define IMPORT_PACKED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/number.h"

struct packed_item {
	struct bytes	 text;		/* of the string, or of digits */
	char		 digits[NUMBER_SIZE];
};

enum packed_status {
	PACKED_ITEM,
	PACKED_END,
	PACKED_WRONG
};

struct packed {
	const unsigned char *start, *at, *end;
	size_t		 count;		/* items read */
	size_t		 wanted;	/* items there are, or UNKNOWN */
	size_t		 width;		/* of integers, or of the last item */
	enum packed_status (*next)(struct packed *, struct packed_item *);
};

#define PACKED_UNKNOWN	((size_t)-1)

/* The next item; it views the string and itself. */
static inline enum packed_status
packed_next(struct packed *p, struct packed_item *item)
{
	return (p->next(p, item));
}

/* How many bytes are left. */
static inline size_t
packed_left(const struct packed *p)
{
	return ((size_t)(p->end - p->at));
}

/* For those that read: a string of n bytes, an integer. */
static inline void
packed_text(struct packed_item *item, const unsigned char *at, size_t n)
{
	item->text = bytes_make(at, n);
}

static inline void
packed_number(struct packed_item *item, int64_t value)
{
	item->text = bytes_make(item->digits,
	    number_format(item->digits, value));
}

#endif
