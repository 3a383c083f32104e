/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A zipmap: pairs (1; 254 and more: who knows), then for each the length of
 * the field (1 byte, or 254 and 4, little-endian), the field, the length of
 * the value, how many bytes behind it are unused (1), the value, those; 255.
 */
#include "import/zipmap.h"

#include "import/source.h"

enum {
	LONG	= 254,
	END	= 255,
};

/* The length at *at, which moves behind it; false: it is cut off. */
static bool
read_length(const unsigned char **at, const unsigned char *end, size_t *length)
{
	size_t left = (size_t)(end - *at);

	if (left == 0 || **at == END || (**at == LONG && left < 5))
		return (false);
	if (**at == LONG) {
		*length = (size_t)source_little(*at + 1, 4);
		*at += 5;
	} else
		*length = *(*at)++;
	return (true);
}

static enum packed_status
next(struct packed *p, struct packed_item *item)
{
	const unsigned char *at = p->at;
	bool is_value = p->count % 2 != 0;
	size_t length, unused = 0;

	if (!is_value && packed_left(p) != 0 && *at == END)
		return (packed_left(p) == 1 && (p->wanted == PACKED_UNKNOWN ||
		    p->wanted == p->count) ? PACKED_END : PACKED_WRONG);
	if (!read_length(&at, p->end, &length))
		return (PACKED_WRONG);
	if (is_value) {
		if (at == p->end)
			return (PACKED_WRONG);
		unused = *at++;
	}
	if ((size_t)(p->end - at) < length ||
	    (size_t)(p->end - at) - length < unused)
		return (PACKED_WRONG);
	packed_text(item, at, length);
	p->at = at + length + unused;
	p->count++;
	return (PACKED_ITEM);
}

bool
zipmap_open(struct packed *p, struct bytes b)
{
	const unsigned char *data = (const unsigned char *)b.data;

	if (b.length < 2)
		return (false);
	*p = (struct packed){ .start = data, .at = data + 1,
	    .end = data + b.length, .next = next };
	p->wanted = *data < LONG ? 2 * (size_t)*data : PACKED_UNKNOWN;
	return (true);
}
