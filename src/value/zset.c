/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small sorted set is one allocation: a pack of members behind a head.  A
 * large one is a tree of such packs (value/ztree.h).
 *
 * Beside Redis 7.0, members like "member:000001": 128 take 2104 bytes (Redis:
 * 2608), 256 take 8.3 KB (26 KB), a million 31 to 40 each, after whatever order
 * of additions and changes of score (102).  At a million, in random order, ZADD
 * and ZRANK spend a third of Redis's time in here, ZSCORE two thirds.
 */
#include "value/zset.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "value/zpack.h"
#include "value/ztree.h"

enum {
	SMALL_MEMBERS = 128,
	SMALL_BYTES = 4096,
	SMALL_AGAIN = 32		/* what shrinks is small from here on */
};

struct zset {
	struct ztree	*tree;		/* NULL: small */
	struct zpack	 pack;		/* of a small one */
};

struct zset *
zset_new(void)
{
	struct zset *z = mem_alloc(zpack_memory(sizeof(*z)));

	memset(z, 0, sizeof(*z));
	return (z);
}

void
zset_free(struct zset *z)
{
	if (z != NULL)
		ztree_free(z->tree);
	mem_free(z);
}

struct zset *
zset_copy(const struct zset *z)
{
	size_t size = sizeof(*z) + z->pack.used;
	struct zset *copy = mem_alloc(zpack_memory(size));

	memcpy(copy, z, size);
	if (z->tree != NULL)
		copy->tree = ztree_copy(z->tree);
	return (copy);
}

size_t
zset_length(const struct zset *z)
{
	return (z->tree != NULL ? ztree_length(z->tree) : z->pack.count);
}

size_t
zset_size(const struct zset *z)
{
	return (zpack_memory(sizeof(*z) + z->pack.used) +
	    (z->tree != NULL ? ztree_size(z->tree) : 0));
}

/* The pack with the member of that rank; its number in it. */
static const struct zpack *
pack_at(const struct zset *z, size_t rank, uint32_t *i)
{
	if (z->tree != NULL)
		return (ztree_at(z->tree, rank, i));
	*i = (uint32_t)rank;
	return (&z->pack);
}

/* Give a small one that has memory for some bytes that for others. */
static void
resize(struct zset **zp, size_t from, size_t to)
{
	size_t memory = zpack_memory(sizeof(**zp) + to);

	if (memory != zpack_memory(sizeof(**zp) + from))
		*zp = mem_resize(*zp, memory);
}

static void
make_large(struct zset **zp)
{
	struct zset *z = *zp;
	struct zrecord r;
	uint32_t used = z->pack.used, offset;

	z->tree = ztree_new();
	for (offset = 0; offset < used; offset += r.size) {
		r = zpack_record(&z->pack, offset);
		ztree_add(z->tree, zpack_hash(r.member), r.member, r.score);
	}
	z->pack.count = z->pack.used = 0;
	resize(zp, used, 0);
}

/* A large one that has few members left is small again. */
static void
make_small(struct zset **zp)
{
	struct ztree *tree = (*zp)->tree;
	struct zset_iter it;
	struct zpack *pack;
	size_t bytes = 0;

	if (tree == NULL || ztree_length(tree) > SMALL_AGAIN)
		return;
	for (zset_start(&it, *zp, 0, false); zset_next(&it); )
		bytes += zpack_need(it.member, it.score);
	if (bytes > SMALL_BYTES / 2)
		return;
	resize(zp, 0, bytes);
	pack = &(*zp)->pack;
	for (zset_start(&it, *zp, 0, false); zset_next(&it); )
		zpack_insert(pack, pack->used, zpack_hash(it.member),
		    it.member, it.score);
	ztree_free(tree);
	(*zp)->tree = NULL;
}

static void
add(struct zset **zp, uint32_t hash, struct bytes member, double score)
{
	struct zbound bound = { .score = score, .member = &member };
	struct zset *z = *zp;
	size_t need = zpack_need(member, score);

	if (z->tree == NULL && (z->pack.count == SMALL_MEMBERS ||
	    z->pack.used + need > SMALL_BYTES)) {
		make_large(zp);
		z = *zp;
	}
	if (z->tree != NULL) {
		ztree_add(z->tree, hash, member, score);
		return;
	}
	resize(zp, z->pack.used, z->pack.used + need);
	z = *zp;
	zpack_insert(&z->pack, zpack_seek(&z->pack, &bound), hash, member,
	    score);
}

/* Remove records of a small one. */
static void
take_out(struct zset **zp, uint32_t offset, uint32_t size, uint32_t count)
{
	uint32_t used = (*zp)->pack.used;

	zpack_remove(&(*zp)->pack, offset, size, count);
	resize(zp, used, used - size);
}

static bool
find(const struct zset *z, uint32_t hash, struct bytes member,
    struct zplace *place, struct zrecord *r)
{
	bool found;

	if (z->tree != NULL) {
		found = ztree_find(z->tree, hash, member, place);
		if (found)
			*r = ztree_record(*place);
	} else {
		found = zpack_find(&z->pack, hash, member, &place->offset);
		if (found)
			*r = zpack_record(&z->pack, place->offset);
	}
	return (found);
}

enum zset_outcome
zset_put(struct zset **zp, struct bytes member, double score)
{
	uint32_t hash = zpack_hash(member);
	struct zplace place;
	struct zrecord r;

	if (!find(*zp, hash, member, &place, &r)) {
		add(zp, hash, member, score);
		return (ZSET_ADDED);
	}
	if (!(r.score < score || r.score > score))
		return (ZSET_KEPT);
	if ((*zp)->tree != NULL) {
		ztree_change((*zp)->tree, place, hash, member, score);
	} else {
		take_out(zp, place.offset, r.size, 1);
		add(zp, hash, member, score);
	}
	return (ZSET_UPDATED);
}

bool
zset_remove(struct zset **zp, struct bytes member)
{
	uint32_t hash = zpack_hash(member);
	struct zplace place;
	struct zrecord r;

	if (!find(*zp, hash, member, &place, &r))
		return (false);
	if ((*zp)->tree != NULL) {
		ztree_remove((*zp)->tree, place, hash);
		make_small(zp);
	} else {
		take_out(zp, place.offset, r.size, 1);
	}
	return (true);
}

void
zset_remove_ranks(struct zset **zp, size_t rank, size_t count)
{
	struct zset *z = *zp;
	size_t length = zset_length(z);
	uint32_t start;

	assert(rank <= length && count <= length - rank);
	if (z->tree != NULL && count == length) {
		ztree_free(z->tree);
		z->tree = NULL;
	} else if (z->tree != NULL) {
		ztree_remove_ranks(z->tree, rank, count);
		make_small(zp);
	} else {
		start = zpack_offset(&z->pack, (uint32_t)rank);
		take_out(zp, start, zpack_offset(&z->pack,
		    (uint32_t)(rank + count)) - start, (uint32_t)count);
	}
}

bool
zset_score(const struct zset *z, struct bytes member, double *score)
{
	struct zplace place;
	struct zrecord r;

	if (!find(z, zpack_hash(member), member, &place, &r))
		return (false);
	*score = r.score;
	return (true);
}

bool
zset_rank(const struct zset *z, struct bytes member, size_t *rank,
    double *score)
{
	struct zplace place;
	struct zrecord r;

	if (!find(z, zpack_hash(member), member, &place, &r))
		return (false);
	*score = r.score;
	*rank = z->tree != NULL ? ztree_rank(place) :
	    zpack_index(&z->pack, place.offset);
	return (true);
}

void
zset_prefetch(const struct zset *z, const struct bytes *members, size_t count)
{
	if (z->tree != NULL)
		ztree_prefetch(z->tree, members, count);
}

static size_t
seek(const struct zset *z, const struct zbound *bound)
{
	return (z->tree != NULL ? ztree_seek(z->tree, bound) :
	    zpack_index(&z->pack, zpack_seek(&z->pack, bound)));
}

size_t
zset_rank_of_score(const struct zset *z, double score, bool above)
{
	struct zbound bound = { .score = score, .above = above };

	return (seek(z, &bound));
}

size_t
zset_rank_of_bytes(const struct zset *z, struct bytes member, bool above)
{
	struct zbound bound = { .member = &member, .above = above };
	const struct zpack *pack;
	uint32_t i;

	if (zset_length(z) == 0)
		return (0);
	pack = pack_at(z, 0, &i);
	bound.score = zpack_record(pack, 0).score;
	return (seek(z, &bound));
}

void
zset_start(struct zset_iter *it, const struct zset *z, size_t rank,
    bool backwards)
{
	it->zset = z;
	it->next = rank;
	it->left = 0;
	it->backwards = backwards;
}

/* Records know where the next one is, but not the one before. */
static void
note_offsets(struct zset_iter *it, uint32_t last)
{
	const uint32_t most = sizeof(it->back) / sizeof(it->back[0]);
	uint32_t first, offset, i;

	it->left = last + 1 < most ? last + 1 : most;
	first = last + 1 - it->left;
	offset = zpack_offset(it->pack, first);
	for (i = 0; i < it->left; i++) {
		it->back[i] = offset;
		offset += zpack_record(it->pack, offset).size;
	}
}

bool
zset_next(struct zset_iter *it)
{
	struct zrecord r;
	uint32_t i;

	if (it->left == 0) {
		/* Towards the lowest, one step before 0 wraps around. */
		if (it->next >= zset_length(it->zset))
			return (false);
		it->pack = pack_at(it->zset, it->next, &i);
		if (it->backwards) {
			note_offsets(it, i);
		} else {
			it->offset = zpack_offset(it->pack, i);
			it->left = it->pack->count - i;
		}
	}
	it->left--;
	if (it->backwards)
		it->offset = it->back[it->left];
	r = zpack_record(it->pack, it->offset);
	it->member = r.member;
	it->score = r.score;
	if (it->backwards) {
		it->next--;
	} else {
		it->offset += r.size;
		it->next++;
	}
	return (true);
}

uint64_t
zset_scan(const struct zset *z, uint64_t cursor, size_t count,
    zset_visit *visit, void *arg)
{
	struct zset_iter it;

	if (z->tree != NULL)
		return (ztree_scan(z->tree, cursor, count, visit, arg));
	for (zset_start(&it, z, 0, false); zset_next(&it); )
		visit(it.member, it.score, arg);
	return (0);
}
