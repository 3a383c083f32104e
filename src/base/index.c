/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/index.h"

#include <assert.h>

#include "base/mem.h"

enum { SIZE_LEAST = 8 };

static struct index_link **
bucket(const struct index *x, uint64_t hash)
{
	return (&x->buckets[hash & (x->size - 1)]);
}

static void
resize(struct index *x, size_t size)
{
	struct index old = *x;
	struct index_link *link, **to;
	size_t i;

	x->buckets = mem_zalloc(size * sizeof(struct index_link *));
	x->size = size;
	for (i = 0; i < old.size; i++) {
		while ((link = old.buckets[i]) != NULL) {
			old.buckets[i] = link->next;
			to = bucket(x, link->hash);
			link->next = *to;
			*to = link;
		}
	}
	mem_free(old.buckets);
}

void
index_add(struct index *x, struct index_link *link, uint64_t hash)
{
	struct index_link **to;

	if (x->count >= x->size)
		resize(x, x->size != 0 ? 2 * x->size : SIZE_LEAST);
	to = bucket(x, hash);
	link->hash = hash;
	link->next = *to;
	*to = link;
	x->count++;
}

void
index_remove(struct index *x, struct index_link *link)
{
	struct index_link **at;

	for (at = bucket(x, link->hash); *at != link; at = &(*at)->next)
		assert(*at != NULL);
	*at = link->next;
	x->count--;
	if (x->count < x->size / 8 && x->size > SIZE_LEAST)
		resize(x, x->size / 4);
}

static struct index_link *
same_hash(struct index_link *link, uint64_t hash)
{
	while (link != NULL && link->hash != hash)
		link = link->next;
	return (link);
}

struct index_link *
index_first(const struct index *x, uint64_t hash)
{
	return (x->size != 0 ? same_hash(*bucket(x, hash), hash) : NULL);
}

struct index_link *
index_next(const struct index_link *link)
{
	return (same_hash(link->next, link->hash));
}

void
index_free(struct index *x)
{
	mem_free(x->buckets);
	*x = (struct index){ 0 };
}
