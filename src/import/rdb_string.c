/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and strings of a dump.  The first two bits of a number say how long
 * it is, and if both are set that it is no number but how a string is written:
 * as an integer of 1, 2 or 4 bytes, or compressed.
 */
#include "import/rdb_parts.h"

#include <inttypes.h>

#include "base/number.h"
#include "import/lzf.h"

enum {
	ENCODED_INTEGERS	= 3,	/* 0 to 2: 1, 2, 4 bytes */
	ENCODED_LZF		= 3,
	STRING_MAX		= 512 * 1024 * 1024,
};

bool
rdb_get(struct rdb *r, void *to, size_t n)
{
	return (source_read(r->source, to, n) || rdb_fail_end(r));
}

static uint64_t
big(const unsigned char *p, unsigned n)
{
	uint64_t value = 0;

	while (n-- != 0)
		value = value << 8 | *p++;
	return (value);
}

/* A number, or an encoding. */
static bool
get_length(struct rdb *r, uint64_t *n, bool *encoded)
{
	unsigned char bytes[8];
	int first = source_byte(r->source);
	unsigned width;

	if (first == -1)
		return (rdb_fail_end(r));
	*encoded = first >= 0xc0;
	*n = first & 0x3f;
	if (first < 0x40 || *encoded)
		return (true);
	if (first < 0x80) {
		if (!rdb_get(r, bytes, 1))
			return (false);
		*n = *n << 8 | bytes[0];
		return (true);
	}
	if (first > 0x81)
		return (rdb_fail(r, "a number begins with 0x%02x", first));
	width = first == 0x81 ? 8 : 4;
	if (!rdb_get(r, bytes, width))
		return (false);
	*n = big(bytes, width);
	return (true);
}

bool
rdb_get_number(struct rdb *r, uint64_t *n)
{
	bool encoded;

	return (get_length(r, n, &encoded) && (!encoded ||
	    rdb_fail(r, "a string stands where a number should")));
}

/* The length of a string's bytes in the file. */
static bool
check_length(struct rdb *r, uint64_t n)
{
	return (n <= STRING_MAX ||
	    rdb_fail(r, "a string has %" PRIu64 " bytes, beyond 512 MB", n));
}

static bool
add_bytes(struct rdb *r, struct buf *to, uint64_t n)
{
	if (!check_length(r, n))
		return (false);
	if (source_add(r->source, to, n))
		return (true);
	return (to->failed ? rdb_fail(r, "out of memory") : rdb_fail_end(r));
}

static bool
get_integer(struct rdb *r, struct buf *to, unsigned width)
{
	unsigned char bytes[4];
	char digits[NUMBER_SIZE];

	if (!rdb_get(r, bytes, width))
		return (false);
	buf_add(to, digits,
	    number_format(digits, source_signed(bytes, width)));
	return (true);
}

static bool
get_lengths(struct rdb *r, uint64_t *packed, uint64_t *length)
{
	return (rdb_get_number(r, packed) && rdb_get_number(r, length) &&
	    check_length(r, *packed) && check_length(r, *length) &&
	    (*length / LZF_MOST <= *packed ||
	    rdb_fail(r, "a compressed string claims too many bytes")));
}

/* Nothing is unpacked before all that it is packed in is there. */
static bool
get_compressed(struct rdb *r, struct buf *to)
{
	uint64_t packed, length;

	buf_clear(&r->packed, 1 << 20);
	buf_reserve(&r->packed, 1);
	if (!get_lengths(r, &packed, &length) ||
	    !add_bytes(r, &r->packed, packed))
		return (false);
	if (buf_reserve(to, (size_t)length + 1) == NULL)
		return (rdb_fail(r, "out of memory"));
	if (!lzf_unpack(buf_bytes(&r->packed), to->data, (size_t)length))
		return (rdb_fail(r, "a compressed string is damaged"));
	to->length = (size_t)length;
	return (true);
}

bool
rdb_get_string(struct rdb *r, struct buf *to)
{
	uint64_t n;
	bool encoded;

	buf_clear(to, 1 << 20);
	if (!get_length(r, &n, &encoded))
		return (false);
	if (!encoded)
		return (add_bytes(r, to, n));
	if (n < ENCODED_INTEGERS)
		return (get_integer(r, to, 1U << n));
	return (n == ENCODED_LZF ? get_compressed(r, to) :
	    rdb_fail(r, "a string has the unknown encoding %d", (int)n));
}

/* Compressed strings of what is skipped are not unpacked. */
bool
rdb_skip_string(struct rdb *r)
{
	uint64_t n, length;
	bool encoded;

	if (!get_length(r, &n, &encoded))
		return (false);
	if (encoded && n < ENCODED_INTEGERS)
		n = 1U << n;
	else if (encoded && n == ENCODED_LZF) {
		if (!get_lengths(r, &n, &length))
			return (false);
	} else if (encoded)
		return (rdb_fail(r, "a string has the unknown encoding %d",
		    (int)n));
	return (source_skip(r->source, n) || rdb_fail_end(r));
}
