/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The children of a container are one vector; a dictionary's are key, value,
 * key, value.  From nine members or keys on an index beside it finds them,
 * open addressing with linear probing.  All recursion is bounded by who makes
 * values: the reader and values.c.
 */
#include "client/node.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "value/dict.h"
#include "value/list.h"

enum { SMALL = 8 };

struct node_children {
	struct respc_value	*items;
	size_t			 length;	/* of items */
	size_t			 size;
	uint32_t		*index;		/* number of the key + 1 */
	size_t			 index_size;	/* a power of two, or 0 */
};

/* How many items a key or member is with what belongs to it. */
static size_t
stride(const struct respc_value *v)
{
	return (v->value.type == VALUE_DICT ? 2 : 1);
}

struct respc_value
node_empty(enum value_type type)
{
	return ((struct respc_value){ .value.type = (uint8_t)type });
}

size_t
node_count(const struct respc_value *v)
{
	return (v->children != NULL ? v->children->length / stride(v) : 0);
}

struct respc_value *
node_at(const struct respc_value *v, size_t i)
{
	assert(i < node_count(v));
	return (&v->children->items[i * stride(v)]);
}

void
node_clear(struct respc_value *v)
{
	struct node_children *c = v->children;
	size_t i;

	if (c != NULL) {
		for (i = 0; i < c->length; i++)
			node_clear(&c->items[i]);
		mem_free(c->items);
		mem_free(c->index);
		mem_free(c);
		v->children = NULL;
	}
	if (!value_is_container(&v->value))
		value_free(&v->value);
	v->value.type = VALUE_NONE;
}

/* The slot of the key in the index, or the free one where it belongs. */
static uint32_t *
find_slot(const struct respc_value *v, const struct value *key)
{
	const struct node_children *c = v->children;
	size_t i = value_hash(key) & (c->index_size - 1);

	while (c->index[i] != 0 &&
	    !value_equal(&node_at(v, c->index[i] - 1)->value, key))
		i = (i + 1) & (c->index_size - 1);
	return (&c->index[i]);
}

struct respc_value *
node_find(const struct respc_value *v, const struct value *key)
{
	size_t i, n = node_count(v);
	uint32_t number;

	if (n > SMALL) {
		number = *find_slot(v, key);
		return (number != 0 ? node_at(v, number - 1) : NULL);
	}
	for (i = 0; i < n; i++) {
		if (value_equal(&node_at(v, i)->value, key))
			return (node_at(v, i));
	}
	return (NULL);
}

/* Put the last key into the index, of which at most half is ever used. */
static void
index_last(struct respc_value *v)
{
	struct node_children *c = v->children;
	size_t i, n = node_count(v);

	if (n <= SMALL)
		return;
	if (2 * n <= c->index_size) {
		*find_slot(v, &node_at(v, n - 1)->value) = (uint32_t)n;
		return;
	}
	c->index_size = c->index_size != 0 ? 2 * c->index_size : 4 * SMALL;
	mem_free(c->index);
	c->index = mem_zalloc(c->index_size * sizeof(*c->index));
	for (i = 0; i < n; i++)
		*find_slot(v, &node_at(v, i)->value) = (uint32_t)i + 1;
}

void
node_push(struct respc_value *v, struct respc_value *item)
{
	struct node_children *c = v->children;

	if (c == NULL)
		c = v->children = mem_zalloc(sizeof(*c));
	if (c->length == c->size) {
		c->size = c->size != 0 ? 2 * c->size : 2;
		c->items = mem_resize(c->items, c->size * sizeof(*c->items));
	}
	c->items[c->length++] = *item;
	*item = node_empty(VALUE_NONE);
}

void
node_put(struct respc_value *v, struct respc_value *key,
    struct respc_value *value)
{
	struct respc_value *found = node_find(v, &key->value);

	if (found == NULL) {
		node_push(v, key);
		if (value != NULL)
			node_push(v, value);
		index_last(v);
		return;
	}
	node_clear(key);
	if (value != NULL) {
		node_clear(found + 1);
		found[1] = *value;
		*value = node_empty(VALUE_NONE);
	}
}

/* Making one of a value */

static struct respc_value	copy(const struct value *);

static struct respc_value
copy_list(const struct list *list)
{
	struct respc_value v = node_empty(VALUE_LIST), item;
	struct list_iter it;

	for (list_start(&it, list, 0, false); list_next(&it); ) {
		item = copy(&it.value);
		node_push(&v, &item);
	}
	return (v);
}

static struct respc_value
copy_dict(enum value_type type, const struct dict *dict)
{
	struct respc_value v = node_empty(type), key, value;
	struct dict_iter it;

	for (dict_start(&it, dict); dict_next(&it); ) {
		key = copy(&it.key);
		node_push(&v, &key);
		if (type == VALUE_DICT) {
			value = copy(&it.value);
			node_push(&v, &value);
		}
		index_last(&v);
	}
	return (v);
}

static struct respc_value
copy(const struct value *v)
{
	if (v->type == VALUE_LIST)
		return (copy_list(v->list));
	if (value_is_container(v))
		return (copy_dict((enum value_type)v->type, v->dict));
	return ((struct respc_value){ .value = value_clone(v) });
}

struct respc_value
node_make(struct value *v)
{
	struct respc_value made;

	if (!value_is_container(v)) {
		value_own(v);
		made = (struct respc_value){ .value = *v };
		v->type = VALUE_NONE;
		return (made);
	}
	made = copy(v);
	value_free(v);
	return (made);
}
