/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listpack: bytes in all (4), items (2; 65535: who knows), items, 255.  An
 * item is its encoding, its bytes, and how many both are in 1 to 5 bytes of 7
 * bits, the last first.  Lengths in a few bits are big-endian, others little.
 */
#include "import/listpack.h"

#include "import/source.h"

enum {
	HEADER		= 6,
	MANY		= 65535,
	END		= 0xff,
};

/* How an item begins: its head, and what is behind that. */
struct head {
	size_t	size;
	size_t	length;		/* of a string */
	bool	is_number;
	int64_t	number;
};

/* Integers of 2, 3, 4 and 8 bytes, whose encodings follow each other. */
static bool
read_integer(const unsigned char *at, size_t left, struct head *h)
{
	static const unsigned char widths[] = { 2, 3, 4, 8 };
	unsigned width;

	if (*at < 0xf1 || *at > 0xf4)
		return (false);
	width = widths[*at - 0xf1];
	if (left < 1 + width)
		return (false);
	h->size = 1 + width;
	h->is_number = true;
	h->number = source_signed(at + 1, width);
	return (true);
}

/* Without looking at more than left bytes, of which there is one at least. */
static bool
read_head(const unsigned char *at, size_t left, struct head *h)
{
	unsigned first = *at;

	*h = (struct head){ .size = 1 };
	if (first < 0x80) {
		h->is_number = true;
		h->number = first;
	} else if (first < 0xc0)
		h->length = first & 0x3f;
	else if (first < 0xf0) {
		if (left < 2)
			return (false);
		h->size = 2;
		h->length = (first & 0x0f) << 8 | at[1];
		if (first < 0xe0) {
			h->is_number = true;
			h->number = (int)((first & 0x1f) << 8 | at[1]);
			if (h->number >= 1 << 12)
				h->number -= 1 << 13;
			h->length = 0;
		}
	} else if (first == 0xf0) {
		if (left < 5)
			return (false);
		h->size = 5;
		h->length = (size_t)source_little(at + 1, 4);
	} else
		return (read_integer(at, left, h));
	return (true);
}

/* Whether what stands behind an item of that size says so; *n: in how many. */
static bool
has_back_length(const unsigned char *at, size_t left, size_t size, size_t *n)
{
	size_t value = 0, i;

	*n = size < 128 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 :
	    size < 268435455 ? 4 : 5;
	if (left < *n)
		return (false);
	for (i = 0; i < *n; i++) {
		if ((at[i] & 0x80) != (i == 0 ? 0 : 0x80))
			return (false);
		value = value << 7 | (at[i] & 0x7f);
	}
	return (value == size);
}

static enum packed_status
next(struct packed *p, struct packed_item *item)
{
	size_t left = packed_left(p), back;
	struct head h;

	if (left == 0)
		return (PACKED_WRONG);
	if (*p->at == END)
		return (left == 1 && (p->wanted == PACKED_UNKNOWN ||
		    p->wanted == p->count) ? PACKED_END : PACKED_WRONG);
	if (!read_head(p->at, left, &h) || left - h.size < h.length ||
	    !has_back_length(p->at + h.size + h.length,
	    left - h.size - h.length, h.size + h.length, &back))
		return (PACKED_WRONG);
	if (h.is_number)
		packed_number(item, h.number);
	else
		packed_text(item, p->at + h.size, h.length);
	p->at += h.size + h.length + back;
	p->count++;
	return (PACKED_ITEM);
}

bool
listpack_open(struct packed *p, struct bytes b)
{
	const unsigned char *data = (const unsigned char *)b.data;

	if (b.length <= HEADER || source_little(data, 4) != b.length)
		return (false);
	*p = (struct packed){ .start = data, .at = data + HEADER,
	    .end = data + b.length, .next = next };
	p->wanted = (size_t)source_little(data + 4, 2);
	if (p->wanted == MANY)
		p->wanted = PACKED_UNKNOWN;
	return (true);
}
