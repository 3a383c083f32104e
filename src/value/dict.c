/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pairs stand in a vector in their order; from nine pairs on an index
 * beside it finds them, open addressing with linear probing (as CPython's
 * "compact dict" by R. Hettinger, 2012).
 */
#include "value/dict.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/set.h"

enum { SMALL = 8 };

struct pair {
	struct value	key;
	struct value	value;
};

struct dict {
	struct pair	*pairs;
	uint32_t	*index;		/* number of the pair + 1; 0: free */
	size_t		 length;
	size_t		 size;		/* of pairs */
	size_t		 index_size;	/* a power of two > length, or 0 */
};

struct dict *
dict_new(void)
{
	return (mem_zalloc(sizeof(struct dict)));
}

struct dict *
set_new(void)
{
	return (dict_new());
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

struct dict *
dict_copy(const struct dict *d)
{
	struct dict *copy = dict_new();
	struct value key, value;
	size_t i;

	for (i = 0; i < d->length; i++) {
		key = value_clone(&d->pairs[i].key);
		value = value_clone(&d->pairs[i].value);
		dict_put(&copy, &key, &value);
	}
	return (copy);
}

static uint64_t
hash_of(const struct value *key)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	return (value_text(key, &text, digits) ? hash_bytes(text) :
	    key->type);
}

/* The slot of the key in the index, or the free one where it belongs. */
static uint32_t *
find_slot(const struct dict *d, const struct value *key)
{
	size_t i = hash_of(key) & (d->index_size - 1);

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

	if (d->size <= SMALL)
		return;
	d->index_size = 2 * d->size;
	d->index = mem_resize(d->index, d->index_size * sizeof(*d->index));
	memset(d->index, 0, d->index_size * sizeof(*d->index));
	for (i = 0; i < d->length; i++)
		*find_slot(d, &d->pairs[i].key) = (uint32_t)i + 1;
}

static struct pair *
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

static struct pair *
find_text(const struct dict *d, struct bytes text)
{
	struct value key = value_view(VALUE_STRING, text);
	struct pair *pair = find(d, &key);
	int64_t n;

	if (pair != NULL || !number_parse(text, &n))
		return (pair);
	key = value_integer(n);
	return (find(d, &key));
}

bool
dict_put(struct dict **dict, struct value *key, struct value *value)
{
	struct dict *d = *dict;
	struct pair *pair = find(d, key);

	assert(!value_is_container(key));
	value_own(value);
	if (pair != NULL) {
		value_free(key);
		value_free(&pair->value);
		pair->value = *value;
		value->type = VALUE_NONE;
		return (false);
	}
	if (d->length == d->size) {
		d->size = d->size != 0 ? 2 * d->size : 2;
		d->pairs = mem_resize(d->pairs, d->size * sizeof(*d->pairs));
		build_index(d);
	}
	value_own(key);
	d->pairs[d->length++] = (struct pair){ *key, *value };
	if (d->index_size != 0)
		*find_slot(d, key) = (uint32_t)d->length;
	key->type = VALUE_NONE;
	value->type = VALUE_NONE;
	return (true);
}

bool
dict_put_text(struct dict **d, struct bytes text, struct value *value)
{
	struct pair *pair = find_text(*d, text);
	struct value key;

	if (pair == NULL) {
		key = value_view(VALUE_STRING, text);
		return (dict_put(d, &key, value));
	}
	value_own(value);
	value_free(&pair->value);
	pair->value = *value;
	value->type = VALUE_NONE;
	return (false);
}

bool
set_add(struct dict **set, struct value *member)
{
	struct value null = value_null();

	return (dict_put(set, member, &null));
}

bool
set_add_text(struct dict **set, struct bytes member)
{
	struct value null = value_null();

	return (dict_put_text(set, member, &null));
}

bool
dict_remove(struct dict **dict, struct bytes key)
{
	struct dict *d = *dict;
	struct pair *pair = find_text(d, key);
	size_t i;

	if (pair == NULL)
		return (false);
	value_free(&pair->key);
	value_free(&pair->value);
	i = (size_t)(pair - d->pairs);
	d->length--;
	memmove(pair, pair + 1, (d->length - i) * sizeof(*pair));
	build_index(d);
	return (true);
}

size_t
dict_length(const struct dict *d)
{
	return (d->length);
}

size_t
dict_size(const struct dict *d)
{
	return (mem_size((void *)(uintptr_t)d) + mem_size(d->pairs) +
	    mem_size(d->index));
}

struct value
dict_get(const struct dict *d, struct bytes key, char digits[NUMBER_SIZE])
{
	struct pair *pair = find_text(d, key);
	struct value v = { .type = VALUE_NONE };

	(void)digits;
	if (pair != NULL) {
		v = pair->value;
		v.owned = false;
	}
	return (v);
}

bool
dict_has(const struct dict *d, struct bytes key)
{
	return (find_text(d, key) != NULL);
}

void
dict_start(struct dict_iter *it, const struct dict *d)
{
	it->dict = d;
	it->position = 0;
}

bool
dict_next(struct dict_iter *it)
{
	struct pair *pair;

	if (it->position >= it->dict->length)
		return (false);
	pair = &it->dict->pairs[it->position++];
	it->key = pair->key;
	it->value = pair->value;
	it->key.owned = it->value.owned = false;
	return (true);
}

void
dict_random(struct dict_iter *it, const struct dict *d, uint64_t random)
{
	it->dict = d;
	it->position = random % d->length;
	dict_next(it);
}

uint64_t
dict_scan(const struct dict *d, uint64_t cursor, size_t count,
    dict_visit *visit, void *arg)
{
	struct dict_iter it;

	(void)cursor;
	(void)count;
	for (dict_start(&it, d); dict_next(&it); )
		visit(&it.key, &it.value, arg);
	return (0);
}
