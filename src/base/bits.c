/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"

#include <string.h>

/* Of each byte its number of bits, in that byte. */
static uint64_t
count_bytes(uint64_t word)
{
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	return ((word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f);
}

/* Words are summed up byte by byte, as many as a byte can hold eights of. */
static uint64_t
count_words(const char *data, size_t words)
{
	uint64_t total = 0, sums, word;
	size_t i, n;

	for (; words != 0; words -= n) {
		n = words < 31 ? words : 31;
		sums = 0;
		for (i = 0; i < n; i++, data += sizeof(word)) {
			memcpy(&word, data, sizeof(word));
			sums += count_bytes(word);
		}
		sums = (sums & 0x00ff00ff00ff00ff) +
		    (sums >> 8 & 0x00ff00ff00ff00ff);
		total += sums * 0x0001000100010001 >> 48;
	}
	return (total);
}

static bool
bit_at(struct bytes b, uint64_t i)
{
	return (((unsigned char)b.data[i / 8] >> (7 - i % 8) & 1) != 0);
}

uint64_t
bits_count(struct bytes b, uint64_t from, uint64_t to)
{
	uint64_t count = 0, words;

	for (; from < to && from % 8 != 0; from++)
		count += bit_at(b, from);
	if (from < to) {
		words = (to - from) / 64;
		count += count_words(b.data + from / 8, words);
		from += words * 64;
	}
	for (; from < to; from++)
		count += bit_at(b, from);
	return (count);
}

uint64_t
bits_find(struct bytes b, uint64_t from, uint64_t to, bool bit)
{
	uint64_t word, skipped = bit ? 0 : UINT64_MAX;

	for (; from < to && from % 8 != 0; from++) {
		if (bit_at(b, from) == bit)
			return (from);
	}
	for (; from + 64 <= to; from += 64) {
		memcpy(&word, b.data + from / 8, sizeof(word));
		if (word != skipped)
			break;
	}
	for (; from < to && bit_at(b, from) != bit; from++)
		;
	return (from < to ? from : to);
}

uint64_t
bits_get(struct bytes b, uint64_t from, unsigned n)
{
	unsigned skip, take, byte;
	uint64_t value = 0;

	for (; n > 0; n -= take, from += take) {
		skip = (unsigned)(from % 8);
		take = n < 8 - skip ? n : 8 - skip;
		byte = from / 8 < b.length ?
		    (unsigned char)b.data[from / 8] : 0;
		value = value << take |
		    (byte >> (8 - skip - take) & ((1U << take) - 1));
	}
	return (value);
}

void
bits_put(char *data, uint64_t from, unsigned n, uint64_t value)
{
	unsigned skip, take, mask, shift, byte;

	for (; n > 0; n -= take, from += take) {
		skip = (unsigned)(from % 8);
		take = n < 8 - skip ? n : 8 - skip;
		shift = 8 - skip - take;
		mask = ((1U << take) - 1) << shift;
		byte = (unsigned)(value >> (n - take)) << shift & mask;
		byte |= (unsigned char)data[from / 8] & ~mask;
		data[from / 8] = (char)byte;
	}
}
