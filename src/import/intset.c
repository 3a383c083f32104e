/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An intset: width (4), count (4), count integers; all little-endian.
 */
#include "import/intset.h"

#include "import/source.h"

enum { HEADER = 8 };

static enum packed_status
next(struct packed *p, struct packed_item *item)
{
	int64_t value, previous;

	if (p->count == p->wanted)
		return (PACKED_END);
	value = source_signed(p->at, (unsigned)p->width);
	if (p->count != 0) {
		previous = source_signed(p->at - p->width, (unsigned)p->width);
		if (value <= previous)
			return (PACKED_WRONG);
	}
	packed_number(item, value);
	p->at += p->width;
	p->count++;
	return (PACKED_ITEM);
}

bool
intset_open(struct packed *p, struct bytes b)
{
	const unsigned char *data = (const unsigned char *)b.data;

	if (b.length < HEADER)
		return (false);
	*p = (struct packed){ .start = data, .at = data + HEADER,
	    .end = data + b.length, .next = next };
	p->width = (size_t)source_little(data, 4);
	p->wanted = (size_t)source_little(data + 4, 4);
	return ((p->width == 2 || p->width == 4 || p->width == 8) &&
	    packed_left(p) % p->width == 0 &&
	    packed_left(p) / p->width == p->wanted);
}
