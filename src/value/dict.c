/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pairs stand in a vector in their order; from nine pairs on an index
 * beside it finds them, open addressing with linear probing (as CPython's
 * "compact dict" by R. Hettinger, 2012).  Up to eight are searched one by one,
 * which is as fast and needs no index.
 */
#include "value/dict.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { SMALL = 8 };

struct dict {
	struct dict_pair	*pairs;
	uint32_t		*index;		/* number of the pair + 1; 0: free */
	size_t			 length;
	size_t			 size;		/* of pairs */
	size_t			 index_size;	/* a power of two > length, or 0 */
};

struct dict *
dict_new(void)
{
	return (mem_zalloc(sizeof(struct dict)));
}

void
dict_free(struct dict *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->length; i++) {
		value_free(&d->pairs[i].key);
		value_free(&d->pairs[i].value);
	}
	mem_free(d->pairs);
	mem_free(d->index);
	mem_free(d);
}

/* The slot of the key in the index, or the free one where it belongs. */
static uint32_t *
find_slot(const struct dict *d, const struct value *key)
{
	size_t i = value_hash(key) & (d->index_size - 1);

	while (d->index[i] != 0 &&
	    !value_equal(&d->pairs[d->index[i] - 1].key, key))
		i = (i + 1) & (d->index_size - 1);
	return (&d->index[i]);
}

/* At most half of the index is ever used. */
static void
build_index(struct dict *d)
{
	size_t i;

	d->index_size = 2 * d->size;
	d->index = mem_resize(d->index, d->index_size * sizeof(*d->index));
	memset(d->index, 0, d->index_size * sizeof(*d->index));
	for (i = 0; i < d->length; i++)
		*find_slot(d, &d->pairs[i].key) = (uint32_t)i + 1;
}

static struct dict_pair *
find(const struct dict *d, const struct value *key)
{
	uint32_t number;
	size_t i;

	if (d->index_size != 0) {
		number = *find_slot(d, key);
		return (number != 0 ? &d->pairs[number - 1] : NULL);
	}
	for (i = 0; i < d->length; i++) {
		if (value_equal(&d->pairs[i].key, key))
			return (&d->pairs[i]);
	}
	return (NULL);
}

static void
grow(struct dict *d)
{
	d->size = d->size != 0 ? 2 * d->size : 2;
	d->pairs = mem_resize(d->pairs, d->size * sizeof(*d->pairs));
	if (d->size > SMALL)
		build_index(d);
}

void
dict_put(struct dict *d, struct value *key, struct value *value)
{
	struct dict_pair *pair = find(d, key);

	assert(!value_is_container(key));
	value_own(value);
	if (pair != NULL) {
		value_free(key);
		value_free(&pair->value);
		pair->value = *value;
	} else {
		if (d->length == d->size)
			grow(d);
		value_own(key);
		pair = &d->pairs[d->length++];
		*pair = (struct dict_pair){ *key, *value };
		if (d->index_size != 0)
			*find_slot(d, key) = (uint32_t)d->length;
	}
	key->type = VALUE_NONE;
	value->type = VALUE_NONE;
}

size_t
dict_length(const struct dict *d)
{
	return (d->length);
}

const struct dict_pair *
dict_at(const struct dict *d, size_t i)
{
	assert(i < d->length);
	return (&d->pairs[i]);
}

const struct value *
dict_get(const struct dict *d, const struct value *key)
{
	const struct dict_pair *pair = find(d, key);

	return (pair != NULL ? &pair->value : NULL);
}

void
dict_take(struct dict *d, size_t i, struct value *key, struct value *value)
{
	assert(i < d->length);
	*key = d->pairs[i].key;
	*value = d->pairs[i].value;
	d->pairs[i].key.type = d->pairs[i].value.type = VALUE_NONE;
}
