/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eight bytes at a time where the processor has an instruction for it, which
 * is asked at run time, else four bits: that table is 64 bytes and can be
 * read.
 */
#include "base/crc32c.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define ACCELERATED __attribute__((target("sse4.2")))
#define CRC_8(crc, byte) _mm_crc32_u8(crc, byte)
#define CRC_64(crc, word) ((uint32_t)_mm_crc32_u64(crc, word))
#define accelerated() (__builtin_cpu_supports("sse4.2") != 0)
#endif

static uint32_t
plain(uint32_t crc, struct bytes b)
{
	/* Remainders of the sixteen nibbles by 0x82f63b78, bits reversed. */
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	size_t i;

	for (i = 0; i < b.length; i++) {
		crc ^= (unsigned char)b.data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return (crc);
}

#ifdef ACCELERATED
static ACCELERATED uint32_t
quick(uint32_t crc, struct bytes b)
{
	const char *p = b.data, *end = p + b.length;
	uint64_t word;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, sizeof(word));
		crc = CRC_64(crc, word);
	}
	for (; p < end; p++)
		crc = CRC_8(crc, (unsigned char)*p);
	return (crc);
}
#endif

uint32_t
crc32c_plain(uint32_t crc, struct bytes b)
{
	return (~plain(~crc, b));
}

uint32_t
crc32c(uint32_t crc, struct bytes b)
{
#ifdef ACCELERATED
	if (accelerated())
		return (~quick(~crc, b));
#endif
	return (crc32c_plain(crc, b));
}
