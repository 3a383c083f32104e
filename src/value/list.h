/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of values, packed: made to be pushed and popped at both ends and read
 * in order; work in the middle costs what is beside it.
 *
 * A list is one allocation while it is small, so that functions that change it
 * may move it: they take a pointer to the pointer.
 */
#ifndef VALUE_LIST_H
#define VALUE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "value/value.h"

struct chunk;
struct list;

struct list	*list_new(void);
/* Free the list and its elements; NULL is fine. */
void		 list_free(struct list *);
/* A copy of it and all in it. */
struct list	*list_copy(const struct list *);
size_t		 list_length(const struct list *);
/* Bytes of memory that it takes, without containers inside it. */
size_t		 list_size(const struct list *);

/* Take the value as the new last, or first, element. */
void		 list_push(struct list **, struct value *);
void		 list_push_front(struct list **, struct value *);
/* Take the last, or first, element off; it is the caller's to free. */
struct value	 list_pop(struct list **);
struct value	 list_pop_front(struct list **);
/* Free the last, or first, element, which list_peek() lends (below). */
void		 list_drop(struct list **, bool front);
/* Put the value, which this takes, in the place of element i. */
void		 list_set(struct list **, size_t i, struct value *);
/* Put the value, which this takes, before element i of [0, length]. */
void		 list_insert(struct list **, size_t i, struct value *);
/* Remove count elements from i on. */
void		 list_remove(struct list **, size_t i, size_t count);

/*
 * Element i of [0, length), lent until the list changes.  A string of digits
 * may be stored as a number: then its text is put into digits.
 */
struct value	 list_get(const struct list *, size_t i,
		    char digits[NUMBER_SIZE]);
/* The same of the last, or first, one. */
struct value	 list_peek(const struct list *, bool front,
		    char digits[NUMBER_SIZE]);

/*
 * A walk over the elements from i on, towards the end or towards the front:
 *	for (list_start(&it, l, 0, false); list_next(&it); )
 *		use(&it.value);
 * The list must not change meanwhile; it.value lives until the next step.
 */
struct list_iter {
	struct value		 value;
	size_t			 index;		/* of the value */
	/* list.c's. */
	const struct list	*list;
	const struct chunk	*chunk;
	size_t			 k;		/* of the chunk */
	size_t			 next;		/* index */
	size_t			 left;		/* how many are to come */
	unsigned		 offset;	/* in it, of the next */
	bool			 backwards;
	/* Backwards: the elements of a block of it, of which so many wait. */
	unsigned		 block;
	unsigned		 waiting;
	uint8_t			 starts[128];
	char			 digits[NUMBER_SIZE];
};
void		 list_start(struct list_iter *, const struct list *, size_t i,
		    bool backwards);
bool		 list_next(struct list_iter *);

#endif
