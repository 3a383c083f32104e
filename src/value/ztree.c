/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A leaf is one allocation just large enough for its pack, which seldom takes
 * more than LEAF_BYTES: only if one member alone does.  So leaves move when
 * they change; the index knows them by numbers, and an array says where they
 * are.  Only when a member goes to another leaf must the index be told.
 */
#include "value/ztree.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "value/zindex.h"
#include "value/znode.h"

enum {
	LEAF_BYTES = 960,		/* with its head and malloc()'s: 1 KB */
	LEAF_FEW = LEAF_BYTES / 4,	/* with fewer it looks for company */
	LEAF_JOINED = LEAF_BYTES * 3 / 4
};

/* Of the array of leaves. */
union entry {
	struct zleaf	*leaf;
	size_t		 next_free;	/* a number; 0 is the end */
};

struct ztree {
	struct znode	*root;
	size_t		 length;
	size_t		 bytes;		/* of memory, of the leaves */
	union entry	*leaves;	/* [0] is not used */
	size_t		 leaves_size;
	size_t		 free;		/* first number that is free, or 0 */
	struct zindex	 index;
};

static size_t
leaf_memory(size_t used)
{
	return (zpack_memory(sizeof(struct zleaf) + used));
}

/* Free numbers lo .. hi - 1 are chained. */
static void
more_numbers(struct ztree *t)
{
	size_t size = t->leaves_size < 8 ? 8 :
	    t->leaves_size + t->leaves_size / 2, i;

	t->leaves = mem_resize(t->leaves, size * sizeof(*t->leaves));
	for (i = size - 1; i > 0 && i >= t->leaves_size; i--) {
		t->leaves[i].next_free = t->free;
		t->free = i;
	}
	t->leaves_size = size;
}

/* An empty leaf, not yet in the tree, with memory for that many bytes. */
static struct zleaf *
leaf_new(struct ztree *t, uint32_t bytes)
{
	struct zleaf *leaf = mem_alloc(leaf_memory(bytes));

	if (t->free == 0)
		more_numbers(t);
	memset(leaf, 0, sizeof(*leaf));
	leaf->number = (uint32_t)t->free;
	t->free = t->leaves[leaf->number].next_free;
	t->leaves[leaf->number].leaf = leaf;
	t->bytes += leaf_memory(bytes);
	return (leaf);
}

/* An empty leaf that stands in the tree, with memory for that many bytes. */
static void
leaf_free(struct ztree *t, struct zleaf *leaf, uint32_t bytes)
{
	znode_remove(&t->root, leaf);
	t->bytes -= leaf_memory(bytes);
	t->leaves[leaf->number].next_free = t->free;
	t->free = leaf->number;
	mem_free(leaf);
}

/* Give a leaf that has memory for some bytes that for others; it may move. */
static struct zleaf *
leaf_resize(struct ztree *t, struct zleaf *leaf, uint32_t from, uint32_t to)
{
	size_t memory = leaf_memory(to);
	unsigned place;

	if (memory == leaf_memory(from))
		return (leaf);
	place = znode_place(leaf);
	leaf = mem_resize(leaf, memory);
	leaf->child.parent->children[place] = &leaf->child;
	t->leaves[leaf->number].leaf = leaf;
	t->bytes += memory - leaf_memory(from);
	return (leaf);
}

/* Records came to a leaf from another: tell the index. */
static void
came(struct ztree *t, const struct zleaf *leaf, uint32_t offset, uint32_t size,
    uint32_t from)
{
	struct zrecord r;
	uint32_t end = offset + size;

	for (; offset < end; offset += r.size) {
		r = zpack_record(&leaf->pack, offset);
		zindex_move(&t->index, zpack_hash(r.member), from,
		    leaf->number);
	}
}

/* Put an empty leaf so many places behind another one (0: before it). */
static struct zleaf *
leaf_beside(struct ztree *t, struct zleaf *leaf, unsigned places,
    uint32_t bytes)
{
	struct zleaf *new = leaf_new(t, bytes);

	znode_insert(&t->root, leaf->child.parent, znode_place(leaf) + places,
	    new);
	return (new);
}

/* Cut a leaf in two at an offset that is neither 0 nor the end. */
static struct zleaf *
split(struct ztree *t, struct zleaf **leaf, uint32_t cut)
{
	struct zpack *pack = &(*leaf)->pack;
	uint32_t used = pack->used, size = used - cut;
	struct zleaf *right = leaf_beside(t, *leaf, 1, size);

	zpack_move(&right->pack, 0, pack, cut, size,
	    pack->count - zpack_index(pack, cut));
	came(t, right, 0, size, (*leaf)->number);
	*leaf = leaf_resize(t, *leaf, used, cut);
	znode_refresh(*leaf);
	znode_refresh(right);
	return (right);
}

/* The end of the record in the middle of a leaf of two at least, not the last. */
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
 * leaves full leaves behind.  Its memory is for the record, too, then.
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
	return (leaf_resize(t, leaf, used, used + size));
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
		znode_insert(&t->root, t->root, 0, leaf_new(t, 0));
	leaf = znode_seek(t->root, &bound, &rank);
	offset = zpack_seek(&leaf->pack, &bound);
	leaf = make_room(t, leaf, &offset, (uint32_t)zpack_need(member,
	    score));
	zpack_insert(&leaf->pack, offset, hash, member, score);
	znode_refresh(leaf);
	return (leaf);
}

/* Move all records of a leaf to the one beside it, if it has room. */
static bool
join(struct ztree *t, struct zleaf *leaf, int places, uint32_t memory)
{
	struct zleaf *to = znode_beside(leaf, places);
	uint32_t size = leaf->pack.used, at, used;

	if (to == NULL || to->pack.used + size > LEAF_JOINED)
		return (false);
	used = to->pack.used;
	at = places < 0 ? used : 0;
	to = leaf_resize(t, to, used, used + size);
	zpack_move(&to->pack, at, &leaf->pack, 0, size, leaf->pack.count);
	came(t, to, at, size, leaf->number);
	znode_refresh(to);
	leaf_free(t, leaf, memory);
	return (true);
}

/* Records of the leaf, which has memory for some bytes, were taken out. */
static void
settle(struct ztree *t, struct zleaf *leaf, uint32_t memory)
{
	uint32_t used = leaf->pack.used;

	if (used == 0) {
		leaf_free(t, leaf, memory);
		return;
	}
	if (used < LEAF_FEW &&
	    (join(t, leaf, -1, memory) || join(t, leaf, 1, memory)))
		return;
	znode_refresh(leaf_resize(t, leaf, memory, used));
}

/* Take the record at the place out of its leaf. */
static void
take_out(struct ztree *t, struct zplace place)
{
	struct zpack *pack = &place.leaf->pack;
	uint32_t used = pack->used;

	zpack_remove(pack, place.offset,
	    zpack_record(pack, place.offset).size, 1);
	settle(t, place.leaf, used);
}

struct ztree *
ztree_new(void)
{
	struct ztree *t = mem_zalloc(sizeof(*t));

	t->root = znode_new();
	zindex_init(&t->index);
	return (t);
}

void
ztree_free(struct ztree *t)
{
	if (t == NULL)
		return;
	znode_free(t->root);
	zindex_free(&t->index);
	mem_free(t->leaves);
	mem_free(t);
}

static struct zleaf *
copy_leaf(const struct zleaf *leaf, void *arg)
{
	struct ztree *t = arg;
	struct zleaf *copy = mem_alloc(leaf_memory(leaf->pack.used));

	memcpy(copy, leaf, sizeof(*leaf) + leaf->pack.used);
	t->leaves[leaf->number].leaf = copy;
	return (copy);
}

struct ztree *
ztree_copy(const struct ztree *t)
{
	struct ztree *copy = mem_alloc(sizeof(*copy));

	*copy = *t;
	copy->leaves = mem_alloc(t->leaves_size * sizeof(*t->leaves));
	/* Free numbers stay; copy_leaf() writes over the others. */
	if (t->leaves_size != 0)
		memcpy(copy->leaves, t->leaves,
		    t->leaves_size * sizeof(*t->leaves));
	copy->root = znode_copy(t->root, copy_leaf, copy);
	zindex_copy(&copy->index, &t->index);
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
	return (sizeof(*t) + t->bytes + znode_size(t->root) +
	    t->leaves_size * sizeof(*t->leaves) + zindex_size(&t->index));
}

bool
ztree_find(const struct ztree *t, uint32_t hash, struct bytes member,
    struct zplace *place)
{
	struct zprobe probe;
	uint32_t number;

	zindex_start(&probe, &t->index, hash);
	while ((number = zindex_next(&probe)) != 0) {
		place->leaf = t->leaves[number].leaf;
		if (zpack_find(&place->leaf->pack, hash, member,
		    &place->offset))
			return (true);
	}
	return (false);
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
	zindex_insert(&t->index, hash, put(t, hash, member, score)->number);
	t->length++;
}

void
ztree_change(struct ztree *t, struct zplace place, uint32_t hash,
    struct bytes member, double score)
{
	zindex_remove(&t->index, hash, place.leaf->number);
	take_out(t, place);
	zindex_insert(&t->index, hash, put(t, hash, member, score)->number);
}

void
ztree_remove(struct ztree *t, struct zplace place, uint32_t hash)
{
	zindex_remove(&t->index, hash, place.leaf->number);
	take_out(t, place);
	t->length--;
}

void
ztree_remove_ranks(struct ztree *t, size_t rank, size_t count)
{
	struct zleaf *leaf;
	uint32_t start, end, used, n, i;
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
			zindex_remove(&t->index, zpack_hash(r.member),
			    leaf->number);
		}
		used = leaf->pack.used;
		zpack_remove(&leaf->pack, start, end - start, n);
		settle(t, leaf, used);
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
	const struct zpack *pack = &scan->tree->leaves[number].leaf->pack;
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

	return (zindex_scan(&t->index, cursor, count, scan_leaf, &scan));
}
