/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small dictionary is one allocation with cells behind each other: key,
 * value, key, value; in a set keys alone.  A large one has an allocation a
 * pair, a vector of them in their order, with holes where pairs were removed,
 * and an index beside it, open addressing with linear probing (as CPython's
 * "compact dict" by R. Hettinger, 2012).  The index keeps 32 bits of each hash
 * and goes by their top ones, so that it grows without a look at the pairs,
 * and scans go on in the order of hashes whatever its size.
 */
#include "value/dict.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/cell.h"
#include "value/set.h"

enum {
	PACKED_LENGTH	= 128,		/* the most pairs, ... */
	PACKED_BYTES	= 4096,		/* ... and bytes, in one allocation */
	SNUG		= 512,		/* bytes below which none is spare */
	LEAST		= 64,		/* pairs in a vector */
};

struct slot {
	uint32_t	hash;
	uint32_t	number;		/* of the pair + 1; 0: free */
};

struct dict {
	uint32_t	 packed : 1;
	uint32_t	 is_set : 1;
	uint32_t	 length : 30;	/* pairs */
	uint32_t	 size;		/* of bytes, or of pairs */
	uint32_t	 used;		/* of them; length and holes of pairs */
};

struct packed {
	struct dict	 d;
	uint8_t		 bytes[];
};

struct large {
	struct dict	 d;
	uint8_t		**pairs;	/* NULL: a hole */
	struct slot	*index;
	unsigned	 bits;		/* of the index's size, 2 * d.size */
};

/* What is looked for: a text is a string or else an integer. */
struct wanted {
	const struct value	*key;
	struct cell		 plan;
	bool			 maybe_integer;
	struct value		 integer;
	struct cell		 integer_plan;
};

static struct packed *
as_packed(const struct dict *d)
{
	return ((struct packed *)(uintptr_t)d);
}

static struct large *
as_large(const struct dict *d)
{
	return ((struct large *)(uintptr_t)d);
}

static struct dict *
new_packed(bool is_set)
{
	struct packed *p = mem_zalloc(sizeof(*p));

	p->d.packed = true;
	p->d.is_set = is_set;
	return (&p->d);
}

struct dict *
dict_new(void)
{
	return (new_packed(false));
}

struct dict *
set_new(void)
{
	return (new_packed(true));
}

/* How many bytes a pair takes, and where its value is. */
static size_t
pair_size(const struct dict *d, const uint8_t *pair)
{
	size_t n = cell_size(pair);

	return (d->is_set ? n : n + cell_size(pair + n));
}

static const uint8_t *
value_of(const uint8_t *pair)
{
	return (pair + cell_size(pair));
}

static void
free_pair(const struct dict *d, const uint8_t *pair)
{
	if (!d->is_set)
		cell_free(value_of(pair));
	cell_free(pair);
}

/* The next pair of a walk, which begins at 0; NULL at the end. */
static uint8_t *
walk(const struct dict *d, uint64_t *position)
{
	uint8_t *pair = NULL;

	if (d->packed) {
		if (*position < d->used) {
			pair = as_packed(d)->bytes + *position;
			*position += pair_size(d, pair);
		}
		return (pair);
	}
	while (pair == NULL && *position < d->used)
		pair = as_large(d)->pairs[(*position)++];
	return (pair);
}

void
dict_free(struct dict *d)
{
	uint64_t position = 0;
	uint8_t *pair;

	if (d == NULL)
		return;
	while ((pair = walk(d, &position)) != NULL) {
		free_pair(d, pair);
		if (!d->packed)
			mem_free(pair);
	}
	if (!d->packed) {
		mem_free(as_large(d)->pairs);
		mem_free(as_large(d)->index);
	}
	mem_free(d);
}

struct dict *
dict_copy(const struct dict *d)
{
	struct dict *copy = new_packed(d->is_set);
	struct value key, value;
	struct dict_iter it;

	for (dict_start(&it, d); dict_next(&it); ) {
		key = value_clone(&it.key);
		value = value_clone(&it.value);
		dict_put(&copy, &key, &value);
	}
	return (copy);
}

/* Finding */

static uint32_t
hash_of(const struct value *key)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	return (value_text(key, &text, digits) ?
	    (uint32_t)(hash_bytes(text) >> 32) : key->type);
}

static void
want(struct wanted *w, const struct value *key)
{
	w->key = key;
	w->plan = cell_plan(key);
	w->maybe_integer = false;
}

static void
want_text(struct wanted *w, const struct value *key)
{
	int64_t n;

	want(w, key);
	w->maybe_integer = number_parse(value_bytes(key), &n);
	if (w->maybe_integer) {
		w->integer = value_integer(n);
		w->integer_plan = cell_plan(&w->integer);
	}
}

static bool
is_integer(const struct wanted *w, const uint8_t *pair)
{
	return (w->maybe_integer &&
	    cell_equal(pair, &w->integer_plan, &w->integer));
}

static uint8_t *
find_packed(const struct dict *d, const struct wanted *w)
{
	uint8_t *pair, *found = NULL;
	uint64_t position = 0;

	while ((pair = walk(d, &position)) != NULL) {
		if (cell_equal(pair, &w->plan, w->key))
			return (pair);
		if (is_integer(w, pair))
			found = pair;
	}
	return (found);
}

/* The slot of the index; NULL if the key is not there. */
static struct slot *
find_slot(const struct large *l, const struct wanted *w, uint32_t hash)
{
	uint32_t mask = (1u << l->bits) - 1, i;
	struct slot *found = NULL;
	const uint8_t *pair;

	for (i = hash >> (32 - l->bits); l->index[i].number != 0;
	    i = (i + 1) & mask) {
		if (l->index[i].hash != hash)
			continue;
		pair = l->pairs[l->index[i].number - 1];
		if (cell_equal(pair, &w->plan, w->key))
			return (&l->index[i]);
		if (is_integer(w, pair))
			found = &l->index[i];
	}
	return (found);
}

/* Where the pair is, which may be written to; NULL if there is none. */
static uint8_t *
find(const struct dict *d, const struct wanted *w)
{
	struct slot *slot;

	if (d->packed)
		return (find_packed(d, w));
	slot = find_slot(as_large(d), w, hash_of(w->key));
	return (slot != NULL ? as_large(d)->pairs[slot->number - 1] : NULL);
}

static uint8_t *
find_text(const struct dict *d, struct bytes text)
{
	struct value key = value_view(VALUE_STRING, text);
	struct wanted w;

	want_text(&w, &key);
	return (find(d, &w));
}

/* The index and the vector */

static void
index_add(struct large *l, struct slot slot)
{
	uint32_t mask = (1u << l->bits) - 1, i;

	for (i = slot.hash >> (32 - l->bits); l->index[i].number != 0; )
		i = (i + 1) & mask;
	l->index[i] = slot;
}

/* Those behind it move up to where they would be without it. */
static void
index_remove(struct large *l, uint32_t hole)
{
	uint32_t mask = (1u << l->bits) - 1, i = hole, home;

	for (;;) {
		i = (i + 1) & mask;
		if (l->index[i].number == 0)
			break;
		home = l->index[i].hash >> (32 - l->bits);
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			l->index[hole] = l->index[i];
			hole = i;
		}
	}
	l->index[hole].number = 0;
}

/* Close the holes; tells each old number + 1 the new one. */
static uint32_t *
close_holes(struct large *l)
{
	uint32_t *moved = mem_alloc((l->d.used + 1) * sizeof(*moved));
	uint32_t i, n = 0;

	for (i = 0; i < l->d.used; i++) {
		if (l->pairs[i] != NULL) {
			l->pairs[n++] = l->pairs[i];
			moved[i + 1] = n;
		}
	}
	l->d.used = n;
	return (moved);
}

/* Make a vector of that size, a power of two, and an index for it. */
static void
resize(struct large *l, uint32_t size)
{
	struct slot *old = l->index, slot;
	uint32_t i, slots = old != NULL ? 1u << l->bits : 0, *moved = NULL;

	if (l->d.used != l->d.length)
		moved = close_holes(l);
	l->d.size = size;
	l->pairs = mem_resize(l->pairs, size * sizeof(*l->pairs));
	l->bits = 32 - (unsigned)__builtin_clz(size);
	l->index = mem_zalloc(sizeof(*old) << l->bits);
	for (i = 0; i < slots; i++) {
		slot = old[i];
		if (slot.number != 0) {
			if (moved != NULL)
				slot.number = moved[slot.number];
			index_add(l, slot);
		}
	}
	mem_free(moved);
	mem_free(old);
}

static void
append(struct large *l, uint32_t hash, uint8_t *pair)
{
	if (l->d.used == l->d.size)
		resize(l, l->d.length > l->d.size - l->d.size / 4 ?
		    2 * l->d.size : l->d.size);
	l->pairs[l->d.used++] = pair;
	l->d.length++;
	index_add(l, (struct slot){ hash, l->d.used });
}

/* A packed dictionary becomes a large one. */
static void
unpack(struct dict **dict)
{
	struct large *l = mem_zalloc(sizeof(*l));
	struct dict *d = *dict;
	char digits[NUMBER_SIZE];
	uint64_t position = 0;
	struct value key;
	uint8_t *pair;

	l->d.is_set = d->is_set;
	resize(l, LEAST);
	while ((pair = walk(d, &position)) != NULL) {
		key = cell_get(pair, digits);
		append(l, hash_of(&key), mem_copy(pair, pair_size(d, pair)));
	}
	mem_free(d);
	*dict = &l->d;
}

/* Changing */

/* Make m bytes of n at the offset, and say where they are. */
static uint8_t *
packed_make(struct dict **dict, size_t offset, size_t n, size_t m)
{
	struct packed *p = as_packed(*dict);
	size_t used = p->d.used - n + m;

	if (used > p->d.size) {
		/* Small ones waste nothing of what malloc(3) gives. */
		p->d.size = (uint32_t)(used < SNUG ? (sizeof(*p) + used + 23) /
		    16 * 16 - 8 - sizeof(*p) : used + used / 8);
		p = mem_resize(p, sizeof(*p) + p->d.size);
		*dict = &p->d;
	}
	memmove(p->bytes + offset + m, p->bytes + offset + n,
	    p->d.used - offset - n);
	p->d.used = (uint32_t)used;
	return (p->bytes + offset);
}

/* Put the value, which this takes, in the place of the pair's. */
static void
replace(struct dict **dict, uint8_t *pair, const struct wanted *w,
    struct value *value)
{
	struct cell plan = cell_plan(value);
	struct dict *d = *dict;
	size_t key = cell_size(pair), old;
	struct slot *slot;

	if (d->is_set) {
		value_free(value);
		return;
	}
	old = cell_size(pair + key);
	cell_free(pair + key);
	if (d->packed)
		pair = packed_make(dict, (size_t)(pair + key -
		    as_packed(d)->bytes), old, plan.size) - key;
	else if (old != plan.size) {
		slot = find_slot(as_large(d), w, hash_of(w->key));
		pair = mem_resize(pair, key + plan.size);
		as_large(d)->pairs[slot->number - 1] = pair;
	}
	cell_put(pair + key, &plan, value);
}

static void
add(struct dict **dict, struct value *key, struct value *value)
{
	struct cell key_plan = cell_plan(key), plan = cell_plan(value);
	size_t size = key_plan.size + ((*dict)->is_set ? 0 : plan.size);
	uint32_t hash = 0;
	uint8_t *pair;

	if ((*dict)->packed && ((*dict)->length == PACKED_LENGTH ||
	    (*dict)->used + size > PACKED_BYTES))
		unpack(dict);
	if ((*dict)->packed) {
		pair = packed_make(dict, (*dict)->used, 0, size);
		(*dict)->length++;
	} else {
		hash = hash_of(key);
		pair = mem_alloc(size);
	}
	cell_put(pair, &key_plan, key);
	if ((*dict)->is_set)
		value_free(value);
	else
		cell_put(pair + key_plan.size, &plan, value);
	if (!(*dict)->packed)
		append(as_large(*dict), hash, pair);
}

bool
dict_put(struct dict **d, struct value *key, struct value *value)
{
	struct wanted w;
	uint8_t *pair;

	assert(!value_is_container(key));
	want(&w, key);
	pair = find(*d, &w);
	if (pair == NULL)
		add(d, key, value);
	else {
		replace(d, pair, &w, value);
		value_free(key);
	}
	key->type = VALUE_NONE;
	value->type = VALUE_NONE;
	return (pair == NULL);
}

bool
dict_put_text(struct dict **d, struct bytes text, struct value *value)
{
	struct value key = value_view(VALUE_STRING, text);
	struct wanted w;
	uint8_t *pair;

	want_text(&w, &key);
	pair = find(*d, &w);
	if (pair == NULL)
		add(d, &key, value);
	else
		replace(d, pair, &w, value);
	value->type = VALUE_NONE;
	return (pair == NULL);
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

static bool
large_remove(struct large *l, const struct wanted *w)
{
	struct slot *slot = find_slot(l, w, hash_of(w->key));
	uint8_t *pair;

	if (slot == NULL)
		return (false);
	pair = l->pairs[slot->number - 1];
	l->pairs[slot->number - 1] = NULL;
	index_remove(l, (uint32_t)(slot - l->index));
	free_pair(&l->d, pair);
	mem_free(pair);
	l->d.length--;
	if (l->d.size > LEAST && l->d.length < l->d.size / 4)
		resize(l, l->d.size / 2);
	return (true);
}

bool
dict_remove(struct dict **dict, struct bytes text)
{
	struct value key = value_view(VALUE_STRING, text);
	struct wanted w;
	uint8_t *pair;

	want_text(&w, &key);
	if (!(*dict)->packed)
		return (large_remove(as_large(*dict), &w));
	pair = find_packed(*dict, &w);
	if (pair == NULL)
		return (false);
	free_pair(*dict, pair);
	packed_make(dict, (size_t)(pair - as_packed(*dict)->bytes),
	    pair_size(*dict, pair), 0);
	(*dict)->length--;
	return (true);
}

/* Reading */

size_t
dict_length(const struct dict *d)
{
	return (d->length);
}

size_t
dict_size(const struct dict *d)
{
	size_t size = mem_size((void *)(uintptr_t)d);
	uint64_t position = 0;
	uint8_t *pair;

	if (!d->packed)
		size += mem_size(as_large(d)->pairs) +
		    mem_size(as_large(d)->index);
	while ((pair = walk(d, &position)) != NULL) {
		size += cell_memory(pair);
		if (!d->is_set)
			size += cell_memory(value_of(pair));
		if (!d->packed)
			size += mem_size(pair);
	}
	return (size);
}

struct value
dict_get(const struct dict *d, struct bytes key, char digits[NUMBER_SIZE])
{
	struct value none = { .type = VALUE_NONE };
	uint8_t *pair = find_text(d, key);

	if (pair == NULL)
		return (none);
	return (d->is_set ? value_null() : cell_get(value_of(pair), digits));
}

bool
dict_has(const struct dict *d, struct bytes key)
{
	return (find_text(d, key) != NULL);
}

static void
look(struct dict_iter *it, const uint8_t *pair)
{
	it->key = cell_get(pair, it->digits[0]);
	it->value = it->dict->is_set ? value_null() :
	    cell_get(value_of(pair), it->digits[1]);
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
	uint8_t *pair = walk(it->dict, &it->position);

	if (pair != NULL)
		look(it, pair);
	return (pair != NULL);
}

void
dict_random(struct dict_iter *it, const struct dict *d, uint64_t random)
{
	uint64_t left = random % d->length;
	uint8_t *pair;

	dict_start(it, d);
	if (d->packed) {
		while (dict_next(it) && left != 0)
			left--;
		return;
	}
	/* In a hole Knuth's MMIX draws again; they are three of four at most. */
	while ((pair = as_large(d)->pairs[(random >> 32) % d->used]) == NULL)
		random = random * 6364136223846793005u + 1442695040888963407u;
	look(it, pair);
}

/* Visit those whose place in the index is i; how many. */
static size_t
visit_home(struct dict_iter *it, const struct large *l, uint32_t i,
    dict_visit *visit, void *arg)
{
	uint32_t mask = (1u << l->bits) - 1, at;
	size_t n = 0;

	for (at = i; l->index[at].number != 0; at = (at + 1) & mask) {
		if (l->index[at].hash >> (32 - l->bits) != i)
			continue;
		look(it, l->pairs[l->index[at].number - 1]);
		visit(&it->key, &it->value, arg);
		n++;
	}
	return (n);
}

uint64_t
dict_scan(const struct dict *d, uint64_t cursor, size_t count,
    dict_visit *visit, void *arg)
{
	const struct large *l = as_large(d);
	struct dict_iter it;
	size_t seen = 0;
	uint64_t i;

	dict_start(&it, d);
	if (d->packed) {
		while (dict_next(&it))
			visit(&it.key, &it.value, arg);
		return (0);
	}
	for (i = cursor >> (32 - l->bits); i < 1u << l->bits && seen < count;
	    i++)
		seen += visit_home(&it, l, (uint32_t)i, visit, arg);
	return (i < 1u << l->bits ? i << (32 - l->bits) : 0);
}
