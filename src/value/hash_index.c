/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extendible hashing (Fagin, Nievergelt, Pippenger and Strong, "Extendible
 * hashing - a fast access method for dynamic files", ACM TODS 4(3), 1979): the
 * top bits of the hash choose one of many segments, each a small table with
 * linear probing.  A segment grows by a quarter until it is full-grown, then
 * it is split in two, so that no insertion waits for more than a segment, and
 * of all slots some 70 % are always taken.  A segment keeps hashes beside
 * numbers: to grow it reads nothing else.
 *
 * The home of a hash comes from the bits behind those that chose the segment,
 * so the whole is in the order of hashes, which a scan follows.
 */
#include "value/hash_index.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum {
	FEWEST_SLOTS = 32,
	MOST_SLOTS = 1024
};

struct hash_slot {
	uint32_t	 hash;
	uint32_t	 number;		/* 0: free */
};

struct hash_segment {
	uint32_t	 slots;
	uint32_t	 used;		/* at most 4/5 of them */
	uint8_t		 depth;		/* its hashes share as many top bits */
	struct hash_slot	 slot[];
};

static size_t
segment_size(uint32_t slots)
{
	return (sizeof(struct hash_segment) + slots * sizeof(struct hash_slot));
}

static struct hash_segment *
segment_new(struct hash_index *ix, uint32_t slots, uint8_t depth)
{
	struct hash_segment *s;

	if (slots < FEWEST_SLOTS)
		slots = FEWEST_SLOTS;
	s = mem_zalloc(segment_size(slots));
	s->slots = slots;
	s->depth = depth;
	ix->bytes += segment_size(slots);
	ix->segments[depth]++;
	return (s);
}

static void
segment_free(struct hash_index *ix, struct hash_segment *s)
{
	ix->bytes -= segment_size(s->slots);
	ix->segments[s->depth]--;
	mem_free(s);
}

static uint32_t
home(const struct hash_segment *s, uint32_t hash)
{
	return ((uint32_t)((uint64_t)(hash << s->depth) * s->slots >> 32));
}

static uint32_t
after(const struct hash_segment *s, uint32_t slot)
{
	return (slot + 1 < s->slots ? slot + 1 : 0);
}

/* How many steps forward it is. */
static uint32_t
distance(const struct hash_segment *s, uint32_t from, uint32_t to)
{
	return (to >= from ? to - from : to + s->slots - from);
}

static void
place(struct hash_segment *s, struct hash_slot pair)
{
	uint32_t i = home(s, pair.hash);

	while (s->slot[i].number != 0)
		i = after(s, i);
	s->slot[i] = pair;
	s->used++;
}

/* Put all pairs of a segment, which is freed, into one or the other. */
static void
distribute(struct hash_index *ix, struct hash_segment *from, struct hash_segment *zero,
    struct hash_segment *one)
{
	uint32_t bit = 0x80000000U >> from->depth, i;

	for (i = 0; i < from->slots; i++) {
		if (from->slot[i].number != 0)
			place(from->slot[i].hash & bit ? one : zero,
			    from->slot[i]);
	}
	segment_free(ix, from);
}

static size_t
position(const struct hash_index *ix, uint32_t hash)
{
	return ((size_t)((uint64_t)hash >> (32 - ix->depth)));
}

/* The first of the 2^(its depth less) entries of a segment. */
static size_t
first_position(const struct hash_index *ix, const struct hash_segment *s, uint32_t hash)
{
	return (position(ix, hash) >> (ix->depth - s->depth) <<
	    (ix->depth - s->depth));
}

static void
enter(struct hash_index *ix, struct hash_segment *s, uint32_t hash)
{
	size_t first = first_position(ix, s, hash), i;

	for (i = 0; i < (size_t)1 << (ix->depth - s->depth); i++)
		ix->directory[first + i] = s;
}

static void
resize(struct hash_index *ix, struct hash_segment *old, uint32_t hash, uint32_t slots)
{
	struct hash_segment *s = segment_new(ix, slots, old->depth);

	distribute(ix, old, s, s);
	enter(ix, s, hash);
}

static void
double_directory(struct hash_index *ix)
{
	size_t i = (size_t)1 << ix->depth;

	ix->directory = mem_resize(ix->directory,
	    2 * i * sizeof(struct hash_segment *));
	while (i-- > 0)
		ix->directory[2 * i] = ix->directory[2 * i + 1] =
		    ix->directory[i];
	ix->depth++;
}

static void
halve_directory(struct hash_index *ix)
{
	size_t i, entries = (size_t)1 << --ix->depth;

	for (i = 0; i < entries; i++)
		ix->directory[i] = ix->directory[2 * i];
	ix->directory = mem_resize(ix->directory,
	    entries * sizeof(struct hash_segment *));
}

static void
split(struct hash_index *ix, struct hash_segment *s, uint32_t hash)
{
	uint8_t depth = s->depth + 1;
	uint32_t bit = 0x80000000U >> s->depth, slots = s->used / 2 / 7 * 10;
	struct hash_segment *zero, *one;

	if (depth > ix->depth)
		double_directory(ix);
	zero = segment_new(ix, slots, depth);
	one = segment_new(ix, slots, depth);
	distribute(ix, s, zero, one);
	enter(ix, zero, hash & ~bit);
	enter(ix, one, hash | bit);
}

/* Undo the split that the segment is from, if both are nearly empty. */
static void
join(struct hash_index *ix, struct hash_segment *s, uint32_t hash)
{
	struct hash_segment *buddy, *both;

	if (s->depth == 0)
		return;
	buddy = ix->directory[position(ix, hash ^ (0x80000000U >>
	    (s->depth - 1)))];
	if (buddy->depth != s->depth ||
	    buddy->used + s->used > MOST_SLOTS / 4)
		return;
	both = segment_new(ix, (buddy->used + s->used) * 3 / 2, s->depth - 1);
	distribute(ix, s, both, both);
	distribute(ix, buddy, both, both);
	enter(ix, both, hash);
	while (ix->segments[ix->depth] == 0)
		halve_directory(ix);
}

void
hash_index_init(struct hash_index *ix)
{
	memset(ix, 0, sizeof(*ix));
	ix->directory = mem_alloc(sizeof(struct hash_segment *));
	ix->directory[0] = segment_new(ix, 0, 0);
}

/* The number of the first entry of the next segment. */
static size_t
next_position(const struct hash_index *ix, size_t i)
{
	return (i + ((size_t)1 << (ix->depth - ix->directory[i]->depth)));
}

void
hash_index_free(struct hash_index *ix)
{
	size_t i, next;

	for (i = 0; i < (size_t)1 << ix->depth; i = next) {
		next = next_position(ix, i);
		mem_free(ix->directory[i]);
	}
	mem_free(ix->directory);
}

void
hash_index_copy(struct hash_index *to, const struct hash_index *from)
{
	size_t entries = (size_t)1 << from->depth, i, j, size;
	struct hash_segment *s;

	*to = *from;
	to->directory = mem_alloc(entries * sizeof(struct hash_segment *));
	for (i = 0; i < entries; i = next_position(from, i)) {
		size = segment_size(from->directory[i]->slots);
		s = mem_alloc(size);
		memcpy(s, from->directory[i], size);
		for (j = i; j < next_position(from, i); j++)
			to->directory[j] = s;
	}
}

size_t
hash_index_size(const struct hash_index *ix)
{
	return (ix->bytes + (sizeof(struct hash_segment *) << ix->depth));
}

static struct hash_segment *
segment_of(const struct hash_index *ix, uint32_t hash)
{
	return (ix->directory[position(ix, hash)]);
}

void
hash_index_insert(struct hash_index *ix, uint32_t hash, uint32_t number)
{
	struct hash_segment *s = segment_of(ix, hash);

	assert(number != 0);
	while (s->used >= s->slots / 5 * 4) {
		if (s->slots < MOST_SLOTS || s->depth == HASH_INDEX_DEEPEST)
			resize(ix, s, hash, s->slots + s->slots / 4);
		else
			split(ix, s, hash);
		s = segment_of(ix, hash);
	}
	place(s, (struct hash_slot){ hash, number });
}

static uint32_t
find(const struct hash_segment *s, uint32_t hash, uint32_t number)
{
	uint32_t i = home(s, hash);

	while (s->slot[i].hash != hash || s->slot[i].number != number) {
		assert(s->slot[i].number != 0);
		i = after(s, i);
	}
	return (i);
}

void
hash_index_move(struct hash_index *ix, uint32_t hash, uint32_t from, uint32_t to)
{
	struct hash_segment *s = segment_of(ix, hash);

	s->slot[find(s, hash, from)].number = to;
}

/* Closes the gap (Knuth, "The Art of Computer Programming" 3, 6.4, R). */
void
hash_index_remove(struct hash_index *ix, uint32_t hash, uint32_t number)
{
	struct hash_segment *s = segment_of(ix, hash);
	uint32_t gap = find(s, hash, number), next;

	for (next = after(s, gap); s->slot[next].number != 0;
	    next = after(s, next)) {
		/* What is at home between gap and next must stay there. */
		if (distance(s, home(s, s->slot[next].hash), next) <
		    distance(s, gap, next))
			continue;
		s->slot[gap] = s->slot[next];
		gap = next;
	}
	s->slot[gap].number = 0;
	s->used--;
	if (s->slots > FEWEST_SLOTS && s->used < s->slots / 3)
		resize(ix, s, hash, s->slots / 2);
	s = segment_of(ix, hash);
	if (s->used <= MOST_SLOTS / 8)
		join(ix, s, hash);
}

void
hash_index_start(struct hash_probe *probe, const struct hash_index *ix, uint32_t hash)
{
	probe->segment = segment_of(ix, hash);
	probe->hash = hash;
	probe->slot = home(probe->segment, hash);
	__builtin_prefetch(&probe->segment->slot[probe->slot]);
}

uint32_t
hash_index_next(struct hash_probe *probe)
{
	const struct hash_slot *slot;

	do {
		slot = &probe->segment->slot[probe->slot];
		probe->slot = after(probe->segment, probe->slot);
	} while (slot->number != 0 && slot->hash != probe->hash);
	return (slot->number);
}

uint64_t
hash_index_scan(const struct hash_index *ix, uint64_t cursor, size_t count,
    hash_index_visit *visit, void *arg)
{
	const struct hash_segment *s;
	uint64_t width, end, step;
	size_t seen = 0;
	uint32_t i;

	if (count == 0)
		count = 1;
	for (; cursor >> 32 == 0 && seen < count; cursor = end) {
		s = segment_of(ix, (uint32_t)cursor);
		width = (uint64_t)1 << (32 - s->depth);
		end = (cursor & ~(width - 1)) + width;
		/* As many hashes as should be of what is still to visit. */
		step = width / (s->used + 1) + 1;
		if (count - seen < (end - cursor) / step)
			end = cursor + step * (count - seen);
		for (i = 0; i < s->slots; i++) {
			if (s->slot[i].number != 0 && s->slot[i].hash >= cursor &&
			    s->slot[i].hash < end) {
				visit(s->slot[i].hash, s->slot[i].number, arg);
				seen++;
			}
		}
	}
	return (cursor >> 32 == 0 ? cursor : 0);
}
