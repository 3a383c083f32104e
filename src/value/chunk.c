/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free memory of a chunk is before and behind its elements, so that both ends
 * can be pushed to and popped from without moving the rest; it is shifted
 * from one side to the other when it is on the wrong one.  A chunk grows by an
 * eighth, and to what malloc(3) would give anyway.
 */
#include "value/chunk.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "value/chunk_index.h"

enum { LEAST_SHRUNK = 32 };

/* What a chunk takes with data of that size. */
static size_t
memory_for(unsigned size)
{
	return (sizeof(struct chunk) + size +
	    chunk_index_size(size));
}

/* How large data is best made for so many bytes. */
static unsigned
room_for(unsigned bytes)
{
	size_t room = memory_for(bytes);

	if (bytes >= CHUNK_FULL)
		return (CHUNK_FULL);
	/* malloc(3) gives 16 n + 8 bytes, of which the header takes 8. */
	room = (room + 8 + 15) / 16 * 16 - 8 - sizeof(struct chunk);
	return ((unsigned)(room - (room + CHUNK_BLOCK + 1) /
	    (CHUNK_BLOCK + 2) * 2));
}

struct chunk *
chunk_new(size_t bytes)
{
	unsigned size = room_for(bytes != 0 ? (unsigned)bytes : 1);
	struct chunk *c = mem_alloc(memory_for(size));

	assert(bytes <= CHUNK_FULL);
	*c = (struct chunk){ .size = (uint16_t)size };
	memset(c->data + size, 0, chunk_index_size(size));
	return (c);
}

/* All of it */

void
chunk_free(struct chunk *c)
{
	unsigned at;

	if (c->owns) {
		for (at = c->start; at < c->end; at = chunk_next(c, at))
			cell_free(c->data + at);
	}
	mem_free(c);
}

/* Add elements that stand elsewhere, from an offset on, behind ours. */
static void
append(struct chunk *c, const struct chunk *from, unsigned offset,
    unsigned count)
{
	unsigned n = from->end - offset;

	assert(c->end + n <= c->size);
	memcpy(c->data + c->end, from->data + offset, n);
	c->end = (uint16_t)(c->end + n);
	c->count = (uint16_t)(c->count + count) & 0x7fff;
	c->owns |= from->owns;
	chunk_index_renew(c, c->end - n, c->end);
}

struct chunk *
chunk_copy(const struct chunk *c)
{
	struct chunk *copy = chunk_new(chunk_used(c));
	unsigned at;

	append(copy, c, c->start, c->count);
	if (c->owns) {
		for (at = 0; at < copy->end; at = chunk_next(copy, at))
			cell_copied(copy->data + at);
	}
	return (copy);
}

size_t
chunk_memory(const struct chunk *c)
{
	size_t size = mem_size((void *)(uintptr_t)c);
	unsigned at;

	if (c->owns) {
		for (at = c->start; at < c->end; at = chunk_next(c, at))
			size += cell_memory(c->data + at);
	}
	return (size);
}

/* Adding */

/*
 * Let the elements begin at start, with a gap of n bytes before what was at
 * the offset; the offset of the gap.  What moves farther goes first.  The
 * index is to be made anew in [*from, *to), once there is something in the
 * gap.
 */
static unsigned
spread(struct chunk *c, unsigned start, unsigned offset, unsigned n,
    unsigned *from, unsigned *to)
{
	unsigned before = offset - c->start, behind = c->end - offset;
	unsigned gap = start + before, end = gap + n + behind;

	*from = start == c->start ? gap : start < c->start ? start : c->start;
	*to = start + n == c->start ? gap + n : end > c->end ? end : c->end;
	if (start > c->start && behind != 0)
		memmove(c->data + gap + n, c->data + offset, behind);
	if (start != c->start && before != 0)
		memmove(c->data + start, c->data + c->start, before);
	if (start <= c->start && behind != 0)
		memmove(c->data + gap + n, c->data + offset, behind);
	c->start = (uint16_t)start;
	c->end = (uint16_t)end;
	return (gap);
}

static struct chunk *
grow(struct chunk *c, unsigned size)
{
	unsigned old = c->size, index = chunk_index_size(old);

	c = mem_resize(c, memory_for(size));
	c->size = (uint16_t)size;
	memmove(c->data + size, c->data + old, index);
	memset(c->data + size + index, 0, chunk_index_size(size) - index);
	return (c);
}

/*
 * Where elements should begin so that there is free memory on both sides: more
 * where something is being added.
 */
static unsigned
centre(unsigned free, unsigned before, unsigned behind)
{
	return (behind == 0 ? free / 4 : before == 0 ? free - free / 4 :
	    free / 2);
}

/*
 * Make a gap of n bytes before the element at *offset; false if there is too
 * little room for that to be quick, or none.  From and to as above.
 */
static bool
make_gap(struct chunk **chunk, unsigned *offset, unsigned n, unsigned *from,
    unsigned *to)
{
	struct chunk *c = *chunk;
	unsigned start = c->start, used = chunk_used(c), size = c->size;
	unsigned before = *offset - start, behind = c->end - *offset;

	if (used + n > CHUNK_FULL)
		return (false);
	if (behind <= before && c->end + n <= size)
		;
	else if (before <= behind && start >= n)
		start -= n;
	else if (used + n <= size - size / 8 ||
	    (size == CHUNK_FULL && before != 0 && behind != 0))
		start = centre(size - used - n, before, behind);
	else if (size == CHUNK_FULL)
		return (false);
	else {
		size = room_for(used + n + (used + n) / 8);
		if (size > c->size)
			c = *chunk = grow(c, size);
		start = before < behind ? c->size - used - n : 0;
	}
	*offset = spread(c, start, *offset, n, from, to);
	return (true);
}

/* At an end with n bytes free they become the gap, and nothing moves. */
static bool
use_free(struct chunk *c, unsigned *offset, unsigned n)
{
	if (*offset == c->end && c->end + n <= c->size)
		c->end = (uint16_t)(c->end + n);
	else if (*offset == c->start && c->start >= n)
		*offset = c->start = (uint16_t)(c->start - n);
	else
		return (false);
	return (true);
}

bool
chunk_insert(struct chunk **chunk, unsigned offset, const struct cell *cell,
    struct value *v)
{
	unsigned from, to;
	struct chunk *c;

	if (use_free(*chunk, &offset, cell->size)) {
		from = offset;
		to = offset + cell->size;
	} else if (!make_gap(chunk, &offset, cell->size, &from, &to))
		return (false);
	c = *chunk;
	cell_put(c->data + offset, cell, v);
	c->owns |= cell_owns(c->data + offset);
	c->count++;
	if (from == offset && to == offset + cell->size)
		chunk_index_add(c, offset);
	else
		chunk_index_renew(c, from, to);
	return (true);
}

bool
chunk_replace(struct chunk *c, unsigned offset, const struct cell *cell,
    struct value *v)
{
	if (cell_size(c->data + offset) != cell->size)
		return (false);
	cell_free(c->data + offset);
	cell_put(c->data + offset, cell, v);
	c->owns |= cell_owns(c->data + offset);
	return (true);
}

/* Removing */

/* Close the gap of n bytes; where what is behind it begins then. */
static unsigned
close_gap(struct chunk *c, unsigned offset, unsigned n)
{
	unsigned before = offset - c->start, behind = c->end - offset - n;

	if (before < behind) {
		if (before != 0)
			memmove(c->data + c->start + n, c->data + c->start,
			    before);
		c->start = (uint16_t)(c->start + n);
		return (offset + n);
	}
	if (behind != 0)
		memmove(c->data + offset, c->data + offset + n, behind);
	c->end = (uint16_t)(c->end - n);
	return (offset);
}

/* Remove count elements of n bytes, what they own being gone. */
static unsigned
cut(struct chunk *c, unsigned offset, unsigned n, size_t count)
{
	unsigned start = c->start, end = c->end, next;

	c->count = (uint16_t)(c->count - count) & 0x7fff;
	if (count == 1 && (offset == start || offset + n == end)) {
		chunk_index_remove_end(c, offset);
		return (close_gap(c, offset, n));
	}
	next = close_gap(c, offset, n);
	if (c->start != start)
		chunk_index_renew(c, start, offset + n);
	else
		chunk_index_renew(c, offset, end);
	return (next);
}

struct value
chunk_take(struct chunk *c, unsigned offset)
{
	unsigned n = (unsigned)cell_size(c->data + offset);
	struct value v = cell_take(c->data + offset);

	cut(c, offset, n, 1);
	return (v);
}

unsigned
chunk_remove(struct chunk *c, unsigned offset, size_t n)
{
	unsigned at = offset;
	size_t i;

	assert(n <= c->count);
	for (i = 0; i < n; i++) {
		cell_free(c->data + at);
		at = chunk_next(c, at);
	}
	return (n != 0 ? cut(c, offset, at - offset, n) : offset);
}

/* Give back what is not in use, but for a little. */
static void
shrink(struct chunk **chunk)
{
	struct chunk *c = *chunk;
	unsigned used = chunk_used(c), size = room_for(used + used / 8);
	unsigned from, to;

	if (size >= c->size)
		return;
	spread(c, 0, c->start, 0, &from, &to);
	c->size = (uint16_t)size;
	chunk_index_renew(c, 0, size);
	*chunk = mem_resize(c, memory_for(size));
}

void
chunk_fit(struct chunk **c)
{
	unsigned used = chunk_used(*c);

	if ((*c)->size > LEAST_SHRUNK && (*c)->size / 8 * 5 > used)
		shrink(c);
}

/* Several chunks */

struct chunk *
chunk_split(struct chunk **left)
{
	struct chunk *c = *left, *right;
	unsigned end = c->end, middle = (c->start + end) / 2u, n;
	unsigned at = chunk_index_previous(c, middle), next = chunk_next(c, at);

	assert(c->count > 1);
	if (at == c->start || next - middle < middle - at)
		at = next;
	n = chunk_index_count(c, at);
	right = chunk_new(end - at);
	append(right, c, at, c->count - n);
	c->end = (uint16_t)at;
	c->count = (uint16_t)n & 0x7fff;
	chunk_index_renew(c, at, end);
	shrink(left);
	return (right);
}

void
chunk_join(struct chunk **left, struct chunk *right)
{
	unsigned end = (*left)->end, from, to;
	struct chunk *c;
	bool fits;

	fits = make_gap(left, &end, chunk_used(right), &from, &to);
	assert(fits);
	c = *left;
	c->end = (uint16_t)end;
	chunk_index_renew(c, from, to);
	append(c, right, right->start, right->count);
	mem_free(right);
}
