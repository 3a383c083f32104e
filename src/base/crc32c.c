/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four bits at a time: the table is 64 bytes and can be read, and what is
 * checked so far is short.
 */
#include "base/crc32c.h"

#include <stddef.h>

uint32_t
crc32c(uint32_t crc, struct bytes b)
{
	/* Remainders of the sixteen nibbles by 0x82f63b78, bits reversed. */
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	size_t i;

	crc = ~crc;
	for (i = 0; i < b.length; i++) {
		crc ^= (unsigned char)b.data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return (~crc);
}
