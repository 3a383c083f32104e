/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vector of 16-byte cells: integers, doubles, nulls and containers need
 * nothing else, strings one allocation each.
 */
#include "value/list.h"

#include <assert.h>

#include "base/mem.h"

struct list {
	struct value	*items;
	size_t		 length;
	size_t		 size;		/* of items */
};

struct list *
list_new(void)
{
	return (mem_zalloc(sizeof(struct list)));
}

void
list_free(struct list *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->length; i++)
		value_free(&l->items[i]);
	mem_free(l->items);
	mem_free(l);
}

void
list_push(struct list *l, struct value *v)
{
	if (l->length == l->size) {
		l->size = l->size != 0 ? 2 * l->size : 4;
		l->items = mem_resize(l->items, l->size * sizeof(*l->items));
	}
	value_own(v);
	l->items[l->length++] = *v;
	v->type = VALUE_NONE;
}

size_t
list_length(const struct list *l)
{
	return (l->length);
}

const struct value *
list_at(const struct list *l, size_t i)
{
	assert(i < l->length);
	return (&l->items[i]);
}
