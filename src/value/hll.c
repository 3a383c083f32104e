/* SPDX-License-Identifier: BSD-2-Clause */
#include "value/hll.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
	HEADER		= 16,
	ENCODING	= 4,		/* where that byte is ... */
	COUNT		= 8,		/* ... and the last count */
	DENSE		= 0,
	SPARSE		= 1,
	WIDTH		= 6,		/* bits of a register */
	INDEX_BITS	= 14,
	RANKS		= 64 - INDEX_BITS + 2,	/* 0 to 51 */
	DENSE_SIZE	= HEADER + HLL_REGISTERS * WIDTH / 8,
	/* What a sparse run can say. */
	ZEROS_SHORT	= 64,
	VALUE_LONGEST	= 4,
	VALUE_HIGHEST	= 32,
};

/* MurmurHash64A (Austin Appleby, public domain), as on little endian. */
static uint64_t
murmur(struct bytes b, uint64_t seed)
{
	const uint64_t m = 0xc6a4a7935bd1e995;
	uint64_t hash = seed ^ (b.length * m), word;
	size_t i, n;

	for (i = 0; i < b.length; i += 8) {
		n = b.length - i < 8 ? b.length - i : 8;
		word = 0;
		while (n > 0) {
			n--;
			word = word << 8 | (unsigned char)b.data[i + n];
		}
		if (b.length - i >= 8) {
			word *= m;
			word ^= word >> 47;
			word *= m;
		}
		hash = (hash ^ word) * m;
	}
	hash ^= hash >> 47;
	hash *= m;
	return (hash ^ hash >> 47);
}

struct hll_mark
hll_mark(struct bytes element)
{
	uint64_t hash = murmur(element, 0xadc83b19);
	struct hll_mark mark = { .index = hash & (HLL_REGISTERS - 1) };

	/* The rank is the number of zeros before the first one, and 1. */
	hash = hash >> INDEX_BITS | (uint64_t)1 << (64 - INDEX_BITS);
	mark.rank = (uint8_t)(__builtin_ctzll(hash) + 1);
	return (mark);
}

void
hll_start(struct buf *b)
{
	static const unsigned char empty[] = {
		'H', 'Y', 'L', 'L', SPARSE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x7f, 0xff,
	};

	buf_add(b, empty, sizeof(empty));
}

bool
hll_is_dense(struct bytes b)
{
	return (b.data[ENCODING] == DENSE);
}

bool
hll_begins(struct bytes b)
{
	return (b.length >= HEADER && memcmp(b.data, "HYLL", 4) == 0 &&
	    (b.data[ENCODING] == SPARSE ||
	    (b.data[ENCODING] == DENSE && b.length == DENSE_SIZE)));
}

bool
hll_last_count(struct bytes b, uint64_t *count)
{
	size_t i;

	*count = 0;
	for (i = 8; i > 0; i--)
		*count = *count << 8 | (unsigned char)b.data[COUNT + i - 1];
	return (*count >> 63 == 0);
}

void
hll_set_last_count(char *data, uint64_t count)
{
	size_t i;

	for (i = 0; i < 8; i++)
		data[COUNT + i] = (char)(count >> 8 * i & 0xff);
}

void
hll_forget_count(char *data)
{
	data[COUNT + 7] = (char)((unsigned char)data[COUNT + 7] | 0x80);
}

/* The dense registers. */

/* Register i is in the two bytes from here on, so far to the left. */
static unsigned char *
locate(const char *data, unsigned i, unsigned *shift)
{
	*shift = i * WIDTH % 8;
	return ((unsigned char *)(uintptr_t)data + HEADER + i * WIDTH / 8);
}

static unsigned
get(const char *data, unsigned i)
{
	unsigned shift;
	const unsigned char *p = locate(data, i, &shift);

	/* The last register ends with its first byte. */
	return ((p[0] | (shift > 2 ? p[1] << 8 : 0)) >> shift & 63);
}

bool
hll_is_below(struct bytes b, struct hll_mark mark)
{
	return (get(b.data, mark.index) < mark.rank);
}

void
hll_put(char *data, struct hll_mark mark)
{
	unsigned shift;
	unsigned char *p = locate(data, mark.index, &shift);

	p[0] = (unsigned char)((p[0] & ~(63U << shift)) |
	    (unsigned)mark.rank << shift);
	if (shift > 2)
		p[1] = (unsigned char)((p[1] & ~(63U >> (8 - shift))) |
		    mark.rank >> (8 - shift));
}

/* The sparse registers. */

struct run {
	size_t		bytes;		/* that it takes */
	unsigned	length;		/* of registers */
	uint8_t		value;
};

/* The run at position `at`; false: it is cut off. */
static bool
read_run(struct bytes b, size_t at, struct run *run)
{
	unsigned byte = (unsigned char)b.data[at];

	*run = (struct run){ .bytes = 1, .length = (byte & 63) + 1 };
	if ((byte & 0x80) != 0) {
		run->value = (uint8_t)((byte >> 2 & 31) + 1);
		run->length = (byte & 3) + 1;
	} else if ((byte & 0x40) != 0) {
		if (at + 1 == b.length)
			return (false);
		run->bytes = 2;
		run->length = ((byte & 63) << 8 |
		    (unsigned char)b.data[at + 1]) + 1;
	}
	return (true);
}

/* Write a run, if it has a length; returns how many bytes. */
static size_t
write_run(unsigned char *to, unsigned length, uint8_t value)
{
	if (length == 0)
		return (0);
	length--;
	if (value != 0)
		to[0] = (unsigned char)(0x80 | (value - 1) << 2 | length);
	else if (length < ZEROS_SHORT)
		to[0] = (unsigned char)length;
	else {
		to[0] = (unsigned char)(0x40 | length >> 8);
		to[1] = (unsigned char)length;
		return (2);
	}
	return (1);
}

/* The run that register i is in, and the first register of that. */
static bool
find_run(struct bytes b, unsigned i, size_t *at, size_t *before,
    unsigned *first, struct run *run)
{
	*at = *before = HEADER;
	for (*first = 0; *at < b.length && read_run(b, *at, run);
	    *first += run->length) {
		if (i < *first + run->length)
			return (true);
		*before = *at;
		*at += run->bytes;
	}
	return (false);
}

/* Where two neighbours of one value fit into one run they become one. */
static void
join_runs(struct buf *b, size_t at)
{
	struct run run, next;
	int steps;

	/* As far as Redis looks, so that the same bytes come out. */
	for (steps = 0; steps < 5 && at < b->length; steps++) {
		if (!read_run(buf_bytes(b), at, &run))
			return;
		if (run.value == 0 || at + 1 >= b->length ||
		    !read_run(buf_bytes(b), at + 1, &next) ||
		    next.value != run.value ||
		    run.length + next.length > VALUE_LONGEST) {
			at += run.bytes;
			continue;
		}
		write_run((unsigned char *)b->data + at + 1,
		    run.length + next.length, run.value);
		memmove(b->data + at, b->data + at + 1, b->length - at - 1);
		b->length--;
	}
}

/* Put n bytes in the place of `old` at `at`; false: no memory. */
static bool
replace(struct buf *b, size_t at, size_t old, const unsigned char *new,
    size_t n)
{
	if (n > old && buf_reserve(b, n - old) == NULL)
		return (false);
	memmove(b->data + at + n, b->data + at + old, b->length - at - old);
	memcpy(b->data + at, new, n);
	b->length += n - old;
	return (true);
}

static int
raise_dense(struct buf *b, struct hll_mark mark)
{
	if (!hll_is_below(buf_bytes(b), mark))
		return (0);
	hll_put(b->data, mark);
	return (1);
}

int
hll_raise(struct buf *b, struct hll_mark mark, size_t longest_sparse)
{
	unsigned char split[6];
	unsigned first, before;
	size_t at, previous, n;
	struct run run;

	if (hll_is_dense(buf_bytes(b)))
		return (raise_dense(b, mark));
	if (mark.rank > VALUE_HIGHEST)
		return (hll_make_dense(b) ? raise_dense(b, mark) : -1);
	if (!find_run(buf_bytes(b), mark.index, &at, &previous, &first, &run))
		return (-1);
	if (run.value >= mark.rank)
		return (0);
	before = mark.index - first;
	n = write_run(split, before, run.value);
	n += write_run(split + n, 1, mark.rank);
	n += write_run(split + n, run.length - before - 1, run.value);
	if (n > run.bytes && b->length + n - run.bytes > longest_sparse)
		return (hll_make_dense(b) ? raise_dense(b, mark) : -1);
	if (!replace(b, at, run.bytes, split, n))
		return (-1);
	join_runs(b, previous);
	hll_forget_count(b->data);
	return (1);
}

bool
hll_make_dense(struct buf *b)
{
	struct hll_mark mark = { 0 };
	struct buf dense = { 0 };
	struct run run;
	char *data;
	size_t at;

	if (hll_is_dense(buf_bytes(b)))
		return (true);
	data = buf_reserve(&dense, DENSE_SIZE);
	if (data == NULL)
		return (false);
	memset(data, 0, DENSE_SIZE);
	memcpy(data, b->data, HEADER);
	data[ENCODING] = DENSE;
	dense.length = DENSE_SIZE;
	for (at = HEADER; at < b->length; at += run.bytes) {
		if (!read_run(buf_bytes(b), at, &run) ||
		    mark.index + run.length > HLL_REGISTERS)
			break;
		mark.rank = run.value;
		for (; run.length > 0; run.length--, mark.index++)
			hll_put(data, mark);
	}
	if (at < b->length || mark.index != HLL_REGISTERS) {
		buf_free(&dense);
		return (false);
	}
	buf_free(b);
	*b = dense;
	return (true);
}

/* All of them. */

static void
merge_dense(uint8_t registers[HLL_REGISTERS], const char *data)
{
	const unsigned char *p = (const unsigned char *)data + HEADER;
	unsigned i, k, four;
	uint8_t value;

	/* Three bytes are four registers. */
	for (i = 0; i < HLL_REGISTERS; i += 4, p += 3) {
		four = p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16;
		for (k = 0; k < 4; k++, four >>= WIDTH) {
			value = four & 63;
			if (value > registers[i + k])
				registers[i + k] = value;
		}
	}
}

bool
hll_merge(uint8_t registers[HLL_REGISTERS], struct bytes b)
{
	unsigned first = 0, i;
	struct run run;
	size_t at;

	if (hll_is_dense(b)) {
		merge_dense(registers, b.data);
		return (true);
	}
	for (at = HEADER; at < b.length; at += run.bytes, first += run.length) {
		if (!read_run(b, at, &run) ||
		    first + run.length > HLL_REGISTERS)
			return (false);
		for (i = first; i < first + run.length; i++) {
			if (run.value > registers[i])
				registers[i] = run.value;
		}
	}
	return (first == HLL_REGISTERS);
}

/*
 * Otmar Ertl: New cardinality estimation algorithms for HyperLogLog sketches,
 * arXiv:1702.01284, algorithms 6 (the estimator), 5 (sigma) and 7 (tau).
 */

static double
sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return (INFINITY);
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return (z);
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return (0);
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return (z / 3);
}

uint64_t
hll_count(const uint8_t registers[HLL_REGISTERS])
{
	const double m = HLL_REGISTERS, alpha = 0.5 / M_LN2;
	unsigned of[64] = { 0 }, i;
	double z;

	for (i = 0; i < HLL_REGISTERS; i++)
		of[registers[i] & 63]++;
	z = m * tau((m - of[RANKS - 1]) / m);
	for (i = RANKS - 2; i >= 1; i--)
		z = 0.5 * (z + of[i]);
	z += m * sigma(of[0] / m);
	return ((uint64_t)llroundl((long double)(alpha * m * m / z)));
}
