/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members stand in the leaves themselves, some thirty in each, so that there
 * is no allocation and no pointer for a member, a walk reads memory in order,
 * and freeing a million frees 40,000.  A leaf takes more than LEAF_BYTES only
 * if one member alone does.  The index knows leaves by numbers (value/zleaf.h),
 * for they are just large enough and move when they change; it must be told
 * only when a member goes to another leaf: by a split, 15 at a time.
 */
#include "value/ztree.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "value/hash_index.h"
#include "value/value.h"
#include "value/zleaf.h"

enum {
	LEAF_BYTES = 704,
	LEAF_FEW = LEAF_BYTES / 4,	/* a leaf with fewer looks for company */
	LEAF_JOINED = LEAF_BYTES * 3 / 4
};

struct ztree {
	struct znode	*root;
	size_t		 length;
	struct zleaves	 leaves;
	struct hash_index	 index;
};

/* Records came to a leaf from another: tell the index. */
static void
came(struct ztree *t, const struct zleaf *leaf, uint32_t offset, uint32_t size,
    uint32_t from)
{
	struct zrecord r;
	uint32_t end = offset + size;

	for (; offset < end; offset += r.size) {
		r = zpack_record(&leaf->pack, offset);
		hash_index_move(&t->index, zpack_hash(r.member), from,
		    leaf->number);
	}
}

/* Put an empty leaf behind another one (places: 1) or before it (0). */
static struct zleaf *
leaf_beside(struct ztree *t, struct zleaf *leaf, unsigned places,
    uint32_t bytes)
{
	struct zleaf *new = zleaf_new(&t->leaves, bytes);

	znode_insert(&t->root, leaf->child.parent, znode_place(leaf) + places,
	    new);
	return (new);
}

/* Cut a leaf in two at an offset that is neither 0 nor the end. */
static struct zleaf *
split(struct ztree *t, struct zleaf **leaf, uint32_t cut)
{
	struct zpack *pack = &(*leaf)->pack;
	uint32_t size = pack->used - cut;
	struct zleaf *right = leaf_beside(t, *leaf, 1, size);

	zpack_move(&right->pack, 0, pack, cut, size,
	    pack->count - zpack_index(pack, cut));
	came(t, right, 0, size, (*leaf)->number);
	*leaf = zleaf_fit(&t->leaves, *leaf, cut);
	znode_refresh(*leaf);
	znode_refresh(right);
	return (right);
}

/* Where to cut a pack of two records at least: near its middle. */
static uint32_t
middle(const struct zpack *pack)
{
	uint32_t end = 0, before = 0;

	while (end < pack->used / 2) {
		before = end;
		end += zpack_record(pack, end).size;
	}
	return (end < pack->used ? end : before);
}

/*
 * Find room for a record of some size at the offset of the leaf: the leaf is
 * cut in the middle or, for a record as large as a leaf, at the offset.  At the
 * end the next leaf may have room, or a new one comes: what is added in order
 * leaves full leaves behind.
 */
static struct zleaf *
make_room(struct ztree *t, struct zleaf *leaf, uint32_t *offset, uint32_t size)
{
	struct zleaf *next;
	uint32_t cut, used;

	while ((used = leaf->pack.used) != 0 && used + size > LEAF_BYTES) {
		if (*offset == 0)
			return (leaf_beside(t, leaf, 0, size));
		if (*offset == used) {
			*offset = 0;
			next = znode_beside(leaf, 1);
			if (next == NULL ||
			    next->pack.used + size > LEAF_BYTES)
				return (leaf_beside(t, leaf, 1, size));
			leaf = next;
			continue;
		}
		cut = size > LEAF_BYTES / 2 ? *offset : middle(&leaf->pack);
		next = split(t, &leaf, cut);
		if (*offset > cut) {
			leaf = next;
			*offset -= cut;
		}
	}
	return (zleaf_fit(&t->leaves, leaf, used + size));
}

/* Put a record where it belongs; returns the leaf. */
static struct zleaf *
put(struct ztree *t, uint32_t hash, struct bytes member, double score)
{
	struct zbound bound = { .score = score, .member = &member };
	struct zleaf *leaf;
	uint32_t offset;
	size_t rank = 0;

	if (t->root->n == 0)
		znode_insert(&t->root, t->root, 0, zleaf_new(&t->leaves, 0));
	leaf = znode_seek(t->root, &bound, &rank);
	offset = zpack_seek(&leaf->pack, &bound);
	leaf = make_room(t, leaf, &offset, (uint32_t)zpack_need(member,
	    score));
	zpack_insert(&leaf->pack, offset, hash, member, score);
	znode_refresh(leaf);
	return (leaf);
}

static void
leaf_free(struct ztree *t, struct zleaf *leaf)
{
	znode_remove(&t->root, leaf);
	zleaf_free(&t->leaves, leaf);
}

/* Move all records of a leaf to the one beside it, if it has room. */
static bool
join(struct ztree *t, struct zleaf *leaf, int places)
{
	struct zleaf *to = znode_beside(leaf, places);
	uint32_t size = leaf->pack.used, at;

	if (to == NULL || to->pack.used + size > LEAF_JOINED)
		return (false);
	to = zleaf_fit(&t->leaves, to, to->pack.used + size);
	at = places < 0 ? to->pack.used : 0;
	zpack_move(&to->pack, at, &leaf->pack, 0, size, leaf->pack.count);
	came(t, to, at, size, leaf->number);
	znode_refresh(to);
	leaf_free(t, leaf);
	return (true);
}

/* Take records out of a leaf. */
static void
take_out(struct ztree *t, struct zleaf *leaf, uint32_t offset, uint32_t size,
    uint32_t count)
{
	zpack_remove(&leaf->pack, offset, size, count);
	if (leaf->pack.used == 0)
		leaf_free(t, leaf);
	else if (leaf->pack.used >= LEAF_FEW ||
	    (!join(t, leaf, -1) && !join(t, leaf, 1)))
		znode_refresh(zleaf_fit(&t->leaves, leaf, leaf->pack.used));
}

struct ztree *
ztree_new(void)
{
	struct ztree *t = mem_zalloc(sizeof(*t));

	t->root = znode_new();
	hash_index_init(&t->index);
	return (t);
}

void
ztree_free(struct ztree *t)
{
	if (t == NULL)
		return;
	znode_free(t->root);
	hash_index_free(&t->index);
	zleaf_free_table(&t->leaves);
	mem_free(t);
}

struct ztree *
ztree_copy(const struct ztree *t)
{
	struct ztree *copy = mem_alloc(sizeof(*copy));

	*copy = *t;
	zleaf_copy_table(&copy->leaves, &t->leaves);
	copy->root = znode_copy(t->root, zleaf_copy, &copy->leaves);
	hash_index_copy(&copy->index, &t->index);
	return (copy);
}

size_t
ztree_length(const struct ztree *t)
{
	return (t->length);
}

size_t
ztree_size(const struct ztree *t)
{
	return (sizeof(*t) + znode_size(t->root) + zleaf_size(&t->leaves) +
	    hash_index_size(&t->index));
}

bool
ztree_find(const struct ztree *t, uint32_t hash, struct bytes member,
    struct zplace *place)
{
	struct hash_probe probe;
	uint32_t number;

	hash_index_start(&probe, &t->index, hash);
	while ((number = hash_index_next(&probe)) != 0) {
		place->leaf = zleaf_get(&t->leaves, number);
		if (zpack_find(&place->leaf->pack, hash, member,
		    &place->offset))
			return (true);
	}
	return (false);
}

void
ztree_prefetch(const struct ztree *t, const struct bytes *members,
    size_t count)
{
	struct hash_probe probes[VALUE_PREFETCH];
	uint32_t numbers[VALUE_PREFETCH];
	const struct zleaf *leaves[VALUE_PREFETCH];
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		hash_index_start(&probes[i], &t->index,
		    zpack_hash(members[i]));
	for (i = 0; i < count; i++) {
		numbers[n] = hash_index_next(&probes[i]);
		if (numbers[n] != 0)
			zleaf_prefetch(&t->leaves, numbers[n++]);
	}
	for (i = 0; i < n; i++) {
		leaves[i] = zleaf_get(&t->leaves, numbers[i]);
		__builtin_prefetch(leaves[i]);
	}
	for (i = 0; i < n; i++)
		zpack_prefetch(&leaves[i]->pack);
}

struct zrecord
ztree_record(struct zplace place)
{
	return (zpack_record(&place.leaf->pack, place.offset));
}

size_t
ztree_rank(struct zplace place)
{
	return (znode_rank(place.leaf) +
	    zpack_index(&place.leaf->pack, place.offset));
}

size_t
ztree_seek(const struct ztree *t, const struct zbound *bound)
{
	const struct zleaf *leaf;
	size_t rank = 0;

	if (t->length == 0)
		return (0);
	leaf = znode_seek(t->root, bound, &rank);
	return (rank + zpack_index(&leaf->pack,
	    zpack_seek(&leaf->pack, bound)));
}

const struct zpack *
ztree_at(const struct ztree *t, size_t rank, uint32_t *i)
{
	const struct zleaf *leaf;

	assert(rank < t->length);
	leaf = znode_at(t->root, &rank);
	*i = (uint32_t)rank;
	return (&leaf->pack);
}

void
ztree_add(struct ztree *t, uint32_t hash, struct bytes member, double score)
{
	hash_index_insert(&t->index, hash, put(t, hash, member, score)->number);
	t->length++;
}

/* If it stays in the leaf, as when a counter counts on: whether it does. */
static bool
change_inside(struct ztree *t, struct zplace place, uint32_t hash,
    struct bytes member, double score)
{
	struct zbound bound = { .score = score, .member = &member };
	struct zpack *pack = &place.leaf->pack;
	uint32_t used = pack->used, to = zpack_seek(pack, &bound);
	uint32_t size = zpack_record(pack, place.offset).size;
	uint32_t need = (uint32_t)zpack_need(member, score);

	if (to == 0 || to == used || used - size + need > LEAF_BYTES)
		return (false);
	zpack_remove(pack, place.offset, size, 1);
	if (to > place.offset)
		to -= size;
	place.leaf = zleaf_fit(&t->leaves, place.leaf, used - size + need);
	zpack_insert(&place.leaf->pack, to, hash, member, score);
	znode_refresh(place.leaf);
	return (true);
}

void
ztree_change(struct ztree *t, struct zplace place, uint32_t hash,
    struct bytes member, double score)
{
	uint32_t from = place.leaf->number, to;

	if (change_inside(t, place, hash, member, score))
		return;
	take_out(t, place.leaf, place.offset, ztree_record(place).size, 1);
	to = put(t, hash, member, score)->number;
	if (to != from)
		hash_index_move(&t->index, hash, from, to);
}

void
ztree_remove(struct ztree *t, struct zplace place, uint32_t hash)
{
	hash_index_remove(&t->index, hash, place.leaf->number);
	take_out(t, place.leaf, place.offset, ztree_record(place).size, 1);
	t->length--;
}

void
ztree_remove_ranks(struct ztree *t, size_t rank, size_t count)
{
	struct zleaf *leaf;
	uint32_t start, end, n, i;
	struct zrecord r;
	size_t first;

	assert(rank <= t->length && count <= t->length - rank);
	for (; count > 0; count -= n) {
		first = rank;
		leaf = znode_at(t->root, &first);
		n = leaf->pack.count - (uint32_t)first;
		if (n > count)
			n = (uint32_t)count;
		start = end = zpack_offset(&leaf->pack, (uint32_t)first);
		for (i = 0; i < n; i++, end += r.size) {
			r = zpack_record(&leaf->pack, end);
			hash_index_remove(&t->index, zpack_hash(r.member),
			    leaf->number);
		}
		take_out(t, leaf, start, end - start, n);
		t->length -= n;
	}
}

struct scan {
	const struct ztree	*tree;
	ztree_visit		*visit;
	void			*arg;
};

/* Visit the members of that hash in that leaf. */
static void
scan_leaf(uint32_t hash, uint32_t number, void *arg)
{
	const struct scan *scan = arg;
	const struct zpack *pack = &zleaf_get(&scan->tree->leaves, number)->pack;
	struct zrecord r;
	uint32_t offset;

	for (offset = 0; offset < pack->used; offset += r.size) {
		r = zpack_record(pack, offset);
		if ((uint8_t)pack->data[offset] == (uint8_t)hash &&
		    zpack_hash(r.member) == hash)
			scan->visit(r.member, r.score, scan->arg);
	}
}

uint64_t
ztree_scan(const struct ztree *t, uint64_t cursor, size_t count,
    ztree_visit *visit, void *arg)
{
	struct scan scan = { t, visit, arg };

	return (hash_index_scan(&t->index, cursor, count, scan_leaf, &scan));
}
