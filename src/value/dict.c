/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small dictionary is one allocation with cells behind each other: key,
 * value, key, value; in a set keys alone.  A large one has an allocation a
 * pair, a vector of them in their order, with holes where pairs were removed,
 * and an index beside it (as CPython's "compact dict" by R. Hettinger, 2012).
 * Neither grows or shrinks in one step: no change takes longer the larger the
 * dictionary is.
 */
#include "value/dict.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/cell.h"
#include "value/hash_index.h"
#include "value/pairs.h"
#include "value/set.h"

enum {
	PACKED_LENGTH	= 128,		/* the most pairs, ... */
	PACKED_BYTES	= 4096,		/* ... and bytes, in one allocation */
	SNUG		= 512,		/* bytes below which none is spare */
	CLOSE_STEPS	= 8,		/* at each change, while there are holes */
	SAMPLE		= 1000,		/* pairs whose memory is looked at */
	LINE		= 64,		/* bytes of the processor's cache */
};

struct dict {
	uint32_t	 packed : 1;
	uint32_t	 is_set : 1;
	uint32_t	 length : 30;	/* pairs */
	uint32_t	 size;		/* of bytes, if packed */
	uint32_t	 used;		/* of them */
};

struct packed {
	struct dict	 d;
	uint8_t		 bytes[];
};

struct large {
	struct dict	 d;
	struct pairs	 pairs;
	struct hash_index index;	/* of their numbers */
};

/* What is looked for: a text is a string or else an integer. */
struct wanted {
	const struct value	*key;
	struct cell		 plan;
	bool			 maybe_integer;
	struct value		 integer;
	struct cell		 integer_plan;
	uint32_t		 hash;		/* for a large one: find() */
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
	return (pairs_walk(&as_large(d)->pairs, position));
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
		pairs_free(&as_large(d)->pairs);
		hash_index_free(&as_large(d)->index);
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
hash_of_text(struct bytes text)
{
	return ((uint32_t)(hash_bytes(text) >> 32));
}

static uint32_t
hash_of(const struct value *key)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	return (value_text(key, &text, digits) ? hash_of_text(text) :
	    key->type);
}

static void
want(struct wanted *w, const struct value *key)
{
	w->key = key;
	w->plan = cell_plan(key);
	w->maybe_integer = false;
	w->hash = 0;
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

/* The number of the pair; 0 if the key is not there. */
static uint32_t
find_number(const struct large *l, const struct wanted *w)
{
	struct hash_probe probe;
	uint32_t number, found = 0;
	const uint8_t *pair;

	hash_index_start(&probe, &l->index, w->hash);
	while ((number = hash_index_next(&probe)) != 0) {
		pair = pairs_get(&l->pairs, number);
		if (cell_equal(pair, &w->plan, w->key))
			return (number);
		if (is_integer(w, pair))
			found = number;
	}
	return (found);
}

/* Where the pair is, which may be written to; NULL if there is none. */
static uint8_t *
find(const struct dict *d, struct wanted *w)
{
	uint32_t number;

	if (d->packed)
		return (find_packed(d, w));
	w->hash = hash_of(w->key);
	number = find_number(as_large(d), w);
	return (number != 0 ? pairs_get(&as_large(d)->pairs, number) : NULL);
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

static uint32_t
hash_of_pair(const uint8_t *pair)
{
	char digits[NUMBER_SIZE];
	struct value key = cell_get(pair, digits);

	return (hash_of(&key));
}

static void
close_holes(struct large *l)
{
	uint32_t from, to;
	uint8_t *pair;
	int i;

	for (i = 0; i < CLOSE_STEPS && pairs_have_holes(&l->pairs); i++) {
		pair = pairs_close(&l->pairs, &from, &to);
		if (pair != NULL)
			hash_index_move(&l->index, hash_of_pair(pair), from,
			    to);
	}
}

static void
append(struct large *l, uint32_t hash, uint8_t *pair)
{
	hash_index_insert(&l->index, hash, pairs_add(&l->pairs, pair));
	l->d.length++;
	close_holes(l);
}

/* A packed dictionary becomes a large one. */
static void
unpack(struct dict **dict)
{
	struct large *l = mem_zalloc(sizeof(*l));
	struct dict *d = *dict;
	uint64_t position = 0;
	uint8_t *pair;

	l->d.is_set = d->is_set;
	hash_index_init(&l->index);
	while ((pair = walk(d, &position)) != NULL)
		append(l, hash_of_pair(pair), mem_copy(pair, pair_size(d,
		    pair)));
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
	uint32_t number;

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
		number = find_number(as_large(d), w);
		pair = mem_resize(pair, key + plan.size);
		pairs_set(&as_large(d)->pairs, number, pair);
	}
	cell_put(pair + key, &plan, value);
}

/* Add the key that was looked for and is not there. */
static void
add(struct dict **dict, const struct wanted *w, struct value *key,
    struct value *value)
{
	struct cell plan = cell_plan(value);
	size_t size = w->plan.size + ((*dict)->is_set ? 0 : plan.size);
	uint32_t hash = w->hash;
	uint8_t *pair;

	if ((*dict)->packed && ((*dict)->length == PACKED_LENGTH ||
	    (*dict)->used + size > PACKED_BYTES)) {
		hash = hash_of(key);
		unpack(dict);
	}
	if ((*dict)->packed) {
		pair = packed_make(dict, (*dict)->used, 0, size);
		(*dict)->length++;
	} else
		pair = mem_alloc(size);
	cell_put(pair, &w->plan, key);
	if ((*dict)->is_set)
		value_free(value);
	else
		cell_put(pair + w->plan.size, &plan, value);
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
		add(d, &w, key, value);
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
		add(d, &w, &key, value);
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

static void
packed_remove(struct dict **dict, size_t offset)
{
	const uint8_t *pair = as_packed(*dict)->bytes + offset;

	free_pair(*dict, pair);
	packed_make(dict, offset, pair_size(*dict, pair), 0);
	(*dict)->length--;
}

static void
large_remove(struct large *l, uint32_t hash, uint32_t number)
{
	uint8_t *pair = pairs_get(&l->pairs, number);

	pairs_remove(&l->pairs, number);
	hash_index_remove(&l->index, hash, number);
	free_pair(&l->d, pair);
	mem_free(pair);
	l->d.length--;
	close_holes(l);
}

bool
dict_remove(struct dict **dict, struct bytes text)
{
	struct value key = value_view(VALUE_STRING, text);
	struct wanted w;
	uint32_t number;
	uint8_t *pair;

	want_text(&w, &key);
	if (!(*dict)->packed) {
		w.hash = hash_of(&key);
		number = find_number(as_large(*dict), &w);
		if (number != 0)
			large_remove(as_large(*dict), w.hash, number);
		return (number != 0);
	}
	pair = find_packed(*dict, &w);
	if (pair != NULL)
		packed_remove(dict, (size_t)(pair - as_packed(*dict)->bytes));
	return (pair != NULL);
}

void
dict_remove_chosen(struct dict **dict, const struct dict_iter *it)
{
	uint32_t number = (uint32_t)it->chosen;
	struct large *l = as_large(*dict);

	if ((*dict)->packed)
		packed_remove(dict, it->chosen);
	else
		large_remove(l, hash_of_pair(pairs_get(&l->pairs, number)),
		    number);
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
	size_t fixed = mem_size((void *)(uintptr_t)d), size = 0;
	uint64_t position = 0;
	uint32_t seen;
	uint8_t *pair;

	if (!d->packed)
		fixed += pairs_size(&as_large(d)->pairs) +
		    hash_index_size(&as_large(d)->index);
	for (seen = 0; seen < SAMPLE && (pair = walk(d, &position)) != NULL;
	    seen++) {
		size += cell_memory(pair);
		if (!d->is_set)
			size += cell_memory(value_of(pair));
		if (!d->packed)
			size += mem_size(pair);
	}
	return (fixed + (seen < d->length ? size / seen * d->length : size));
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

void
dict_prefetch(const struct dict *d, const struct bytes *keys, size_t count)
{
	struct hash_probe probes[VALUE_PREFETCH];
	uint32_t numbers[VALUE_PREFETCH];
	const struct large *l = as_large(d);
	const uint8_t *pair;
	size_t i;

	if (d->packed)
		return;
	for (i = 0; i < count; i++)
		hash_index_start(&probes[i], &l->index,
		    hash_of_text(keys[i]));
	for (i = 0; i < count; i++) {
		numbers[i] = hash_index_next(&probes[i]);
		if (numbers[i] != 0)
			pairs_prefetch(&l->pairs, numbers[i]);
	}
	for (i = 0; i < count; i++) {
		if (numbers[i] == 0)
			continue;
		pair = pairs_get(&l->pairs, numbers[i]);
		__builtin_prefetch(pair, 1);
		__builtin_prefetch(pair + LINE - 1, 1);
	}
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
	const struct pairs *pairs = &as_large(d)->pairs;
	uint64_t left = random % d->length;
	uint8_t *pair;

	dict_start(it, d);
	if (d->packed) {
		for (; left != 0; left--)
			walk(d, &it->position);
		it->chosen = it->position;
		look(it, walk(d, &it->position));
		return;
	}
	/* Not too often: more than half are holes only while they are closed. */
	for (;;) {
		it->chosen = (random >> 32) % pairs->used + 1;
		pair = pairs_get(pairs, (uint32_t)it->chosen);
		if (pair != NULL)
			break;
		/* Another one, as of Knuth's MMIX. */
		random = random * 6364136223846793005u + 1442695040888963407u;
	}
	look(it, pair);
}

struct scan {
	struct dict_iter	 it;
	dict_visit		*visit;
	void			*arg;
};

static void
scan_one(uint32_t hash, uint32_t number, void *arg)
{
	struct scan *scan = arg;

	(void)hash;
	look(&scan->it, pairs_get(&as_large(scan->it.dict)->pairs, number));
	scan->visit(&scan->it.key, &scan->it.value, scan->arg);
}

uint64_t
dict_scan(const struct dict *d, uint64_t cursor, size_t count,
    dict_visit *visit, void *arg)
{
	struct scan scan = { .visit = visit, .arg = arg };

	dict_start(&scan.it, d);
	if (!d->packed)
		return (hash_index_scan(&as_large(d)->index, cursor, count,
		    scan_one, &scan));
	while (dict_next(&scan.it))
		visit(&scan.it.key, &scan.it.value, arg);
	return (0);
}
