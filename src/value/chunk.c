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

/* What element of a cell of n bytes takes. */
static unsigned
element_size(unsigned n)
{
	return (n + (n < 128 ? 1 : 2));
}

/* How large data is best made for so many bytes. */
static unsigned
room_for(size_t bytes)
{
	size_t size = sizeof(struct chunk) + bytes;

	size = (size + 8 + 15) / 16 * 16 - 8 - sizeof(struct chunk);
	return (size < CHUNK_FULL ? (unsigned)size : CHUNK_FULL);
}

struct chunk *
chunk_new(size_t bytes)
{
	unsigned size = room_for(bytes);
	struct chunk *c = mem_alloc(sizeof(*c) + size);

	assert(bytes <= CHUNK_FULL);
	*c = (struct chunk){ .size = (uint16_t)size };
	return (c);
}

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

unsigned
chunk_seek(const struct chunk *c, size_t i)
{
	unsigned at;

	if (i <= c->count / 2u) {
		for (at = c->start; i > 0; i--)
			at = chunk_next(c, at);
	} else {
		for (at = c->end; i < c->count; i++)
			at = chunk_previous(c, at);
	}
	return (at);
}

/* Adding */

/*
 * Let the elements begin at start, with a gap of n bytes before what was at
 * the offset; the offset of the gap.  What moves farther goes first.
 */
static unsigned
spread(struct chunk *c, unsigned start, unsigned offset, unsigned n)
{
	unsigned before = offset - c->start, behind = c->end - offset;
	unsigned gap = start + before;

	if (start > c->start && behind != 0)
		memmove(c->data + gap + n, c->data + offset, behind);
	if (start != c->start && before != 0)
		memmove(c->data + start, c->data + c->start, before);
	if (start <= c->start && behind != 0)
		memmove(c->data + gap + n, c->data + offset, behind);
	c->start = (uint16_t)start;
	c->end = (uint16_t)(gap + n + behind);
	return (gap);
}

/* Make a gap of n bytes before the element at *offset; false if it is full. */
static bool
make_gap(struct chunk **chunk, unsigned *offset, unsigned n)
{
	struct chunk *c = *chunk;
	unsigned start = c->start, used = chunk_used(c), size = c->size;
	unsigned before = *offset - start, behind = c->end - *offset;

	if (used + n > CHUNK_FULL)
		return (false);
	if (c->end + n <= size && (behind <= before || start < n))
		;
	else if (start >= n)
		start -= n;
	else if (used + n <= size - size / 8 || size == CHUNK_FULL)
		start = (size - used - n) / 2;
	else {
		size = room_for(used + n + (used + n) / 8);
		c = *chunk = mem_resize(c, sizeof(*c) + size);
		c->size = (uint16_t)size;
		start = before < behind ? size - used - n : 0;
	}
	*offset = spread(c, start, *offset, n);
	return (true);
}

/* Write an element, for which there is room. */
static void
write_element(struct chunk *c, unsigned offset, const struct cell *cell,
    struct value *v)
{
	uint8_t *p = c->data + offset;
	unsigned n = cell->size;

	cell_put(p, cell, v);
	c->owns |= cell_owns(p);
	p += n;
	if (n >= 128) {
		*p++ = n & 127;
		n = n >> 7 | 128;
	}
	*p = (uint8_t)n;
}

bool
chunk_insert(struct chunk **c, unsigned offset, const struct cell *cell,
    struct value *v)
{
	if (!make_gap(c, &offset, element_size(cell->size)))
		return (false);
	write_element(*c, offset, cell, v);
	(*c)->count++;
	return (true);
}

bool
chunk_replace(struct chunk *c, unsigned offset, const struct cell *cell,
    struct value *v)
{
	if (cell_size(c->data + offset) != cell->size)
		return (false);
	cell_free(c->data + offset);
	write_element(c, offset, cell, v);
	return (true);
}

/* Removing */

/* Close the gap of count elements in n bytes; where its end is then. */
static unsigned
close_gap(struct chunk *c, unsigned offset, unsigned n, size_t count)
{
	unsigned before = offset - c->start, behind = c->end - offset - n;

	c->count = (uint16_t)(c->count - count) & 0x7fff;
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

struct value
chunk_take(struct chunk *c, unsigned offset)
{
	struct value v = cell_take(c->data + offset);

	close_gap(c, offset, chunk_next(c, offset) - offset, 1);
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
	return (close_gap(c, offset, at - offset, n));
}

void
chunk_fit(struct chunk **chunk)
{
	struct chunk *c = *chunk;
	unsigned used = chunk_used(c), size = room_for(used + used / 8);

	if (c->size <= 2 * size)
		return;
	spread(c, 0, c->start, 0);
	c->size = (uint16_t)size;
	*chunk = mem_resize(c, sizeof(*c) + size);
}

/* Several chunks */

struct chunk *
chunk_split(struct chunk **left)
{
	struct chunk *c = *left, *right;
	unsigned at = c->start, middle = at + chunk_used(c) / 2, n = 0;

	while (at < middle) {
		at = chunk_next(c, at);
		n++;
	}
	right = chunk_new(c->end - at);
	append(right, c, at, c->count - n);
	c->end = (uint16_t)at;
	c->count = (uint16_t)n & 0x7fff;
	chunk_fit(left);
	return (right);
}

void
chunk_join(struct chunk **left, struct chunk *right)
{
	struct chunk *c = *left;
	unsigned end = c->end, n = chunk_used(right);
	bool fits;

	fits = make_gap(left, &end, n);
	assert(fits);
	c = *left;
	c->end = (uint16_t)end;
	append(c, right, right->start, right->count);
	mem_free(right);
}
