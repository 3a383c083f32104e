/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ziplist: bytes in all (4), where the last item begins (4), items (2;
 * 65535: who knows), items, 255.  An item is how long the one before it is (1
 * byte, or 254 and 4), its encoding, its bytes.  Lengths in the encoding are
 * big-endian, all else is little.
 */
#include "import/ziplist.h"

#include "import/source.h"

enum {
	HEADER		= 10,
	MANY		= 65535,
	LONG		= 254,
	END		= 255,
};

/* How many bytes the length of the item before takes; 0: it is wrong. */
static size_t
check_previous(const struct packed *p)
{
	size_t left = packed_left(p);

	if (*p->at < LONG)
		return (*p->at == p->width ? 1 : 0);
	return (left >= 5 && source_little(p->at + 1, 4) == p->width ? 5 : 0);
}

static bool
read_integer(const unsigned char *at, size_t left, size_t *head, int64_t *n)
{
	unsigned width;

	switch (*at) {
	case 0xc0:
		width = 2;
		break;
	case 0xd0:
		width = 4;
		break;
	case 0xe0:
		width = 8;
		break;
	case 0xf0:
		width = 3;
		break;
	case 0xfe:
		width = 1;
		break;
	default:
		*head = 1;
		*n = (*at & 0x0f) - 1;
		return (*at >= 0xf1 && *at <= 0xfd);
	}
	if (left < 1 + width)
		return (false);
	*head = 1 + width;
	*n = source_signed(at + 1, width);
	return (true);
}

/* The head and the length of a string, whose encoding is below 0xc0. */
static bool
read_length(const unsigned char *at, size_t left, size_t *head, size_t *length)
{
	*head = *at < 0x40 ? 1 : *at < 0x80 ? 2 : 5;
	if (left < *head || (*head == 5 && *at != 0x80))
		return (false);
	if (*head == 5)
		*length = (size_t)at[1] << 24 | (size_t)at[2] << 16 |
		    (size_t)at[3] << 8 | at[4];
	else if (*head == 2)
		*length = (size_t)(*at & 0x3f) << 8 | at[1];
	else
		*length = *at;
	return (left - *head >= *length);
}

static enum packed_status
end(const struct packed *p)
{
	uint64_t tail = source_little(p->start + 4, 4);

	return (packed_left(p) == 1 &&
	    tail == (uint64_t)(p->at - p->start) - p->width &&
	    (p->wanted == PACKED_UNKNOWN || p->wanted == p->count) ?
	    PACKED_END : PACKED_WRONG);
}

static enum packed_status
next(struct packed *p, struct packed_item *item)
{
	const unsigned char *at;
	size_t left = packed_left(p), n, head, length = 0;
	int64_t number;

	if (left == 0)
		return (PACKED_WRONG);
	if (*p->at == END)
		return (end(p));
	n = check_previous(p);
	if (n == 0 || left == n)
		return (PACKED_WRONG);
	at = p->at + n;
	if (*at < 0xc0) {
		if (!read_length(at, left - n, &head, &length))
			return (PACKED_WRONG);
		packed_text(item, at + head, length);
	} else {
		if (!read_integer(at, left - n, &head, &number))
			return (PACKED_WRONG);
		packed_number(item, number);
	}
	p->width = n + head + length;
	p->at += p->width;
	p->count++;
	return (PACKED_ITEM);
}

bool
ziplist_open(struct packed *p, struct bytes b)
{
	const unsigned char *data = (const unsigned char *)b.data;

	if (b.length <= HEADER || source_little(data, 4) != b.length)
		return (false);
	*p = (struct packed){ .start = data, .at = data + HEADER,
	    .end = data + b.length, .next = next };
	p->wanted = (size_t)source_little(data + 8, 2);
	if (p->wanted == MANY)
		p->wanted = PACKED_UNKNOWN;
	return (true);
}
