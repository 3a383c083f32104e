/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sorted array of records: simple, and slow when it is long.
 */
#include "value/zset.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

struct record {
	double		 score;
	struct bytes	 member;
};

struct zset {
	size_t		 length;
	size_t		 size;
	struct record	*records;
};

struct zset *
zset_new(void)
{
	return (mem_zalloc(sizeof(struct zset)));
}

void
zset_free(struct zset *z)
{
	size_t i;

	if (z == NULL)
		return;
	for (i = 0; i < z->length; i++)
		mem_free((void *)(uintptr_t)z->records[i].member.data);
	mem_free(z->records);
	mem_free(z);
}

struct zset *
zset_copy(const struct zset *z)
{
	struct zset *copy = zset_new();
	size_t i;

	for (i = 0; i < z->length; i++)
		zset_put(&copy, z->records[i].member, z->records[i].score);
	return (copy);
}

size_t
zset_length(const struct zset *z)
{
	return (z->length);
}

size_t
zset_size(const struct zset *z)
{
	size_t bytes = sizeof(*z) + z->size * sizeof(struct record), i;

	for (i = 0; i < z->length; i++)
		bytes += z->records[i].member.length + 1;
	return (bytes);
}

static int
compare_bytes(struct bytes a, struct bytes b)
{
	size_t n = a.length < b.length ? a.length : b.length;
	int order = n != 0 ? memcmp(a.data, b.data, n) : 0;

	return (order != 0 ? order :
	    (a.length > b.length) - (a.length < b.length));
}

static int
compare(const struct record *a, double score, struct bytes member)
{
	if (a->score < score || a->score > score)
		return (a->score < score ? -1 : 1);
	return (compare_bytes(a->member, member));
}

bool
zset_rank(const struct zset *z, struct bytes member, size_t *rank,
    double *score)
{
	size_t i;

	for (i = 0; i < z->length; i++) {
		if (bytes_equal(z->records[i].member, member)) {
			*rank = i;
			*score = z->records[i].score;
			return (true);
		}
	}
	return (false);
}

bool
zset_score(const struct zset *z, struct bytes member, double *score)
{
	size_t rank;

	return (zset_rank(z, member, &rank, score));
}

static void
insert(struct zset *z, struct bytes member, double score)
{
	size_t low = 0, high = z->length, middle;

	if (z->length == z->size) {
		z->size = z->size != 0 ? 2 * z->size : 4;
		z->records = mem_resize(z->records,
		    z->size * sizeof(*z->records));
	}
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&z->records[middle], score, member) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(&z->records[low + 1], &z->records[low],
	    (z->length - low) * sizeof(*z->records));
	z->records[low].score = score;
	z->records[low].member = bytes_make(mem_copy(member.data,
	    member.length), member.length);
	z->length++;
}

bool
zset_put(struct zset **zp, struct bytes member, double score)
{
	bool new = true;
	double old;
	size_t rank;

	if (zset_rank(*zp, member, &rank, &old)) {
		if (!(old < score || old > score))
			return (false);
		zset_remove_ranks(zp, rank, 1);
		new = false;
	}
	insert(*zp, member, score);
	return (new);
}

bool
zset_remove(struct zset **zp, struct bytes member)
{
	double score;
	size_t rank;

	if (!zset_rank(*zp, member, &rank, &score))
		return (false);
	zset_remove_ranks(zp, rank, 1);
	return (true);
}

void
zset_remove_ranks(struct zset **zp, size_t rank, size_t count)
{
	struct zset *z = *zp;
	size_t i;

	assert(rank <= z->length && count <= z->length - rank);
	for (i = rank; i < rank + count; i++)
		mem_free((void *)(uintptr_t)z->records[i].member.data);
	if (count != 0)
		memmove(&z->records[rank], &z->records[rank + count],
		    (z->length - rank - count) * sizeof(*z->records));
	z->length -= count;
}

size_t
zset_rank_of_score(const struct zset *z, double score, bool above)
{
	size_t i;

	for (i = 0; i < z->length; i++) {
		if (above ? z->records[i].score > score :
		    z->records[i].score >= score)
			break;
	}
	return (i);
}

size_t
zset_rank_of_bytes(const struct zset *z, struct bytes member, bool above)
{
	size_t i;
	int order;

	for (i = 0; i < z->length; i++) {
		order = compare_bytes(z->records[i].member, member);
		if (above ? order > 0 : order >= 0)
			break;
	}
	return (i);
}

void
zset_start(struct zset_iter *it, const struct zset *z, size_t rank,
    bool backwards)
{
	*it = (struct zset_iter){ .zset = z, .next = rank,
	    .backwards = backwards };
}

bool
zset_next(struct zset_iter *it)
{
	/* Towards the lowest, one step before 0 wraps around. */
	if (it->next >= it->zset->length)
		return (false);
	it->member = it->zset->records[it->next].member;
	it->score = it->zset->records[it->next].score;
	it->next = it->backwards ? it->next - 1 : it->next + 1;
	return (true);
}

uint64_t
zset_scan(const struct zset *z, uint64_t cursor, size_t count,
    zset_visit *visit, void *arg)
{
	size_t i;

	(void)cursor;
	(void)count;
	for (i = 0; i < z->length; i++)
		visit(z->records[i].member, z->records[i].score, arg);
	return (0);
}
