/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vector of 16-byte cells: integers, doubles, nulls and containers need
 * nothing else, strings one allocation each.
 */
#include "value/list.h"

#include <assert.h>
#include <string.h>

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

struct list *
list_copy(const struct list *l)
{
	struct list *copy = list_new();
	struct value v;
	size_t i;

	for (i = 0; i < l->length; i++) {
		v = value_clone(&l->items[i]);
		list_push(&copy, &v);
	}
	return (copy);
}

size_t
list_length(const struct list *l)
{
	return (l->length);
}

size_t
list_size(const struct list *l)
{
	size_t i, size = mem_size((void *)(uintptr_t)l) + mem_size(l->items);

	for (i = 0; i < l->length; i++) {
		if (value_is_bytes(&l->items[i]))
			size += mem_size(l->items[i].data);
	}
	return (size);
}

void
list_insert(struct list **list, size_t i, struct value *v)
{
	struct list *l = *list;

	assert(i <= l->length);
	if (l->length == l->size) {
		l->size = l->size != 0 ? 2 * l->size : 4;
		l->items = mem_resize(l->items, l->size * sizeof(*l->items));
	}
	memmove(l->items + i + 1, l->items + i,
	    (l->length - i) * sizeof(*l->items));
	value_own(v);
	l->items[i] = *v;
	l->length++;
	v->type = VALUE_NONE;
}

void
list_push(struct list **l, struct value *v)
{
	list_insert(l, (*l)->length, v);
}

void
list_push_front(struct list **l, struct value *v)
{
	list_insert(l, 0, v);
}

static struct value
take(struct list *l, size_t i)
{
	struct value v = l->items[i];

	l->length--;
	memmove(l->items + i, l->items + i + 1,
	    (l->length - i) * sizeof(*l->items));
	return (v);
}

struct value
list_pop(struct list **l)
{
	return (take(*l, (*l)->length - 1));
}

struct value
list_pop_front(struct list **l)
{
	return (take(*l, 0));
}

void
list_set(struct list **l, size_t i, struct value *v)
{
	value_own(v);
	value_free(&(*l)->items[i]);
	(*l)->items[i] = *v;
	v->type = VALUE_NONE;
}

void
list_remove(struct list **list, size_t i, size_t count)
{
	struct list *l = *list;
	size_t k;

	for (k = i; k < i + count; k++)
		value_free(&l->items[k]);
	memmove(l->items + i, l->items + i + count,
	    (l->length - i - count) * sizeof(*l->items));
	l->length -= count;
}

struct value
list_get(const struct list *l, size_t i, char digits[NUMBER_SIZE])
{
	struct value v = l->items[i];

	(void)digits;
	assert(i < l->length);
	v.owned = false;
	return (v);
}

void
list_start(struct list_iter *it, const struct list *l, size_t i,
    bool backwards)
{
	it->list = l;
	it->next = i;
	it->backwards = backwards;
}

bool
list_next(struct list_iter *it)
{
	if (it->next >= it->list->length)
		return (false);
	it->index = it->next;
	it->value = list_get(it->list, it->index, it->digits);
	it->next += it->backwards ? SIZE_MAX : 1;
	return (true);
}
