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

enum {
	LEAST = DEQUE_STRIDE,
	SAMPLE = 1000			/* chunks whose memory is looked at */
};

/* The counts of places in [from, to), and their chunks, have changed. */
static void
sum_up(struct deque *d, size_t from, size_t to)
{
	size_t i = from / DEQUE_STRIDE, k;

	for (; i * DEQUE_STRIDE < to; i++) {
		d->sums[i] = 0;
		for (k = 0; k < DEQUE_STRIDE; k++)
			d->sums[i] += d->counts[i * DEQUE_STRIDE + k];
	}
}

/* Give d arrays of at least that size with the places in the middle. */
static void
resize(struct deque *d, size_t size)
{
	struct chunk **chunks;
	uint16_t *counts;
	size_t first;

	size = (size + DEQUE_STRIDE - 1) / DEQUE_STRIDE * DEQUE_STRIDE;
	first = (size - d->used) / 2;
	chunks = mem_zalloc(size * (sizeof(*chunks) + sizeof(*counts)) +
	    size / DEQUE_STRIDE * sizeof(*d->sums));
	d->sums = (uint32_t *)(chunks + size);
	counts = (uint16_t *)(d->sums + size / DEQUE_STRIDE);
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
	sum_up(d, 0, size);
}

/* Move n places from one to another, leaving the first ones, or last, free. */
static void
move(struct deque *d, size_t to, size_t from, size_t n)
{
	size_t low = to < from ? to : from, high = to < from ? from : to;
	size_t apart = high - low;

	memmove(d->chunks + to, d->chunks + from, n * sizeof(*d->chunks));
	memmove(d->counts + to, d->counts + from, n * sizeof(*d->counts));
	memset(d->counts + (to < from ? to + n : from), 0,
	    apart * sizeof(*d->counts));
	sum_up(d, low, high + n);
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
	copy->used = d->used;
	copy->length = 0;
	for (k = 0; k < d->used; k++)
		deque_put(copy, k, chunk_copy(deque_get(d, k)));
	return (copy);
}

size_t
deque_memory(const struct deque *d)
{
	size_t fixed = mem_size((void *)(uintptr_t)d) + mem_size(d->chunks);
	size_t size = 0, k;

	for (k = 0; k < d->used && k < SAMPLE; k++)
		size += chunk_memory(deque_get(d, k));
	return (fixed + (k < d->used ? size / k * d->used : size));
}

void
deque_put(struct deque *d, size_t k, struct chunk *c)
{
	size_t i = d->first + k;
	uint16_t before = d->counts[i];

	d->chunks[i] = c;
	d->counts[i] = c->count;
	d->sums[i / DEQUE_STRIDE] += (uint32_t)c->count - before;
	d->length += (size_t)c->count - before;
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

/* The same as deque_find(), going back from the end. */
static size_t
find_back(const struct deque *d, size_t *i)
{
	size_t sum = (d->first + d->used - 1) / DEQUE_STRIDE;
	size_t k = (sum + 1) * DEQUE_STRIDE, begin = d->length;

	for (; begin - d->sums[sum] > *i; k -= DEQUE_STRIDE)
		begin -= d->sums[sum--];
	do
		begin -= d->counts[--k];
	while (begin > *i);
	*i -= begin;
	return (k - d->first);
}

size_t
deque_find(const struct deque *d, size_t *i)
{
	size_t sum = d->first / DEQUE_STRIDE, k;

	assert(*i <= d->length);
	if (*i == d->length) {
		*i = deque_get(d, d->used - 1)->count;
		return (d->used - 1);
	}
	if (*i > d->length / 2)
		return (find_back(d, i));
	while (*i >= d->sums[sum])
		*i -= d->sums[sum++];
	for (k = sum * DEQUE_STRIDE; *i >= d->counts[k]; k++)
		*i -= d->counts[k];
	return (k - d->first);
}
