/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arrays have free places before and behind what is in use; when there are
 * none left on one side it moves to the middle, perhaps of larger ones, which
 * leaves as many free on each side as there is work in moving.
 */
#include "value/deque.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { LEAST = 8, STRIDE = 32 };

/* Give d arrays of that size with the places in the middle of them. */
static void
resize(struct deque *d, size_t size)
{
	struct chunk **chunks = mem_alloc(size *
	    (sizeof(*chunks) + sizeof(*d->counts)));
	uint16_t *counts = (uint16_t *)(chunks + size);
	size_t first = (size - d->used) / 2;

	if (d->used != 0) {
		memcpy(chunks + first, d->chunks + d->first,
		    d->used * sizeof(*chunks));
		memcpy(counts + first, d->counts + d->first,
		    d->used * sizeof(*counts));
	}
	mem_free(d->chunks);
	d->chunks = chunks;
	d->counts = counts;
	d->first = first;
	d->size = size;
}

/* Move n places from one to another. */
static void
move(struct deque *d, size_t to, size_t from, size_t n)
{
	memmove(d->chunks + to, d->chunks + from, n * sizeof(*d->chunks));
	memmove(d->counts + to, d->counts + from, n * sizeof(*d->counts));
}

struct deque *
deque_new(struct chunk *c)
{
	struct deque *d = mem_zalloc(sizeof(*d));

	d->mark = DEQUE_MARK;
	resize(d, LEAST);
	deque_insert(d, 0, c);
	return (d);
}

void
deque_free(struct deque *d)
{
	size_t k;

	for (k = 0; k < d->used; k++)
		chunk_free(deque_get(d, k));
	mem_free(d->chunks);
	mem_free(d);
}

struct deque *
deque_copy(const struct deque *d)
{
	struct deque *copy = mem_alloc(sizeof(*copy));
	size_t k;

	*copy = *d;
	copy->used = 0;
	copy->chunks = NULL;
	resize(copy, d->used + LEAST);
	copy->first = LEAST / 2;
	for (k = 0; k < d->used; k++) {
		copy->chunks[copy->first + k] = chunk_copy(deque_get(d, k));
		copy->counts[copy->first + k] = d->counts[d->first + k];
	}
	copy->used = d->used;
	return (copy);
}

size_t
deque_memory(const struct deque *d)
{
	size_t size = mem_size((void *)(uintptr_t)d) + mem_size(d->chunks), k;

	for (k = 0; k < d->used; k++)
		size += chunk_memory(deque_get(d, k));
	return (size);
}

void
deque_put(struct deque *d, size_t k, struct chunk *c)
{
	d->chunks[d->first + k] = c;
	d->length += c->count;
	d->length -= d->counts[d->first + k];
	d->counts[d->first + k] = c->count;
}

void
deque_insert(struct deque *d, size_t k, struct chunk *c)
{
	bool at_front = k < d->used - k;

	if (at_front ? d->first == 0 : d->first + d->used == d->size)
		resize(d, d->used + d->used / 2 + LEAST);
	if (at_front) {
		d->first--;
		move(d, d->first, d->first + 1, k);
	} else
		move(d, d->first + k + 1, d->first + k, d->used - k);
	d->used++;
	d->counts[d->first + k] = 0;
	deque_put(d, k, c);
}

void
deque_drop(struct deque *d, size_t k, size_t n)
{
	size_t behind = d->used - k - n, i;

	for (i = d->first + k; i < d->first + k + n; i++)
		d->length -= d->counts[i];
	if (k < behind) {
		move(d, d->first + n, d->first, k);
		d->first += n;
	} else
		move(d, d->first + k, d->first + k + n, behind);
	d->used -= n;
	if (d->size > 4 * d->used + 2 * LEAST)
		resize(d, 2 * d->used + LEAST);
}

/* How many elements STRIDE chunks have. */
static size_t
sum(const uint16_t *counts)
{
	size_t total = 0, k;

	for (k = 0; k < STRIDE; k++)
		total += counts[k];
	return (total);
}

/* The same as deque_find(), going back from the end. */
static size_t
find_back(const struct deque *d, size_t *i)
{
	const uint16_t *counts = d->counts + d->first;
	size_t begin = d->length, k = d->used, n;

	while (k >= STRIDE && begin - (n = sum(counts + k - STRIDE)) > *i) {
		begin -= n;
		k -= STRIDE;
	}
	do
		begin -= counts[--k];
	while (begin > *i);
	*i -= begin;
	return (k);
}

size_t
deque_find(const struct deque *d, size_t *i)
{
	const uint16_t *counts = d->counts + d->first;
	size_t k = 0, n;

	assert(*i <= d->length);
	if (*i > d->length / 2)
		return (find_back(d, i));
	while (k + STRIDE <= d->used && *i >= (n = sum(counts + k))) {
		*i -= n;
		k += STRIDE;
	}
	while (*i >= counts[k])
		*i -= counts[k++];
	return (k);
}
