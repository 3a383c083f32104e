/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC-64, eight bytes at a time: a dump is read at the speed of its checksum.
 */
#include "import/crc64.h"

#include <pthread.h>

/* x^64 + ... reflected: 0xad93d23594c935a9 from the other end. */
static const uint64_t polynomial = 0x95ac9329ac4bc9b5;

/* table[k][b]: what the byte b does to the checksum k bytes later. */
static uint64_t table[8][256];

static void
fill(void)
{
	uint64_t crc;
	unsigned b, i;

	for (b = 0; b < 256; b++) {
		crc = b;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		table[0][b] = crc;
	}
	for (b = 0; b < 256; b++)
		for (i = 1; i < 8; i++)
			table[i][b] = table[i - 1][b] >> 8 ^
			    table[0][table[i - 1][b] & 0xff];
}

uint64_t
crc64(uint64_t crc, const void *data, size_t length)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *p = data;
	unsigned i;

	pthread_once(&once, fill);
	for (; length >= 8; length -= 8, p += 8) {
		uint64_t next = 0;

		for (i = 0; i < 8; i++)
			next ^= table[7 - i][(crc >> 8 * i & 0xff) ^ p[i]];
		crc = next;
	}
	while (length-- != 0)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return (crc);
}
