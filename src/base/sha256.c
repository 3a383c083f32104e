/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIPS 180-4, word for word: it tells passwords apart (ACL LIST), and nothing
 * that has to be fast.
 */
#include "base/sha256.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8 };

static const uint32_t constants[BLOCK] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return (x >> n | x << (32 - n));
}

static void
add_block(uint32_t h[WORDS], const unsigned char *p)
{
	uint32_t w[BLOCK], v[WORDS], t1, t2;
	unsigned i;

	for (i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	for (; i < BLOCK; i++)
		w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^
		    rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		    (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^
		    w[i - 2] >> 10);
	memcpy(v, h, sizeof(v));
	for (i = 0; i < BLOCK; i++) {
		t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^
		    rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
		    constants[i] + w[i];
		t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, (WORDS - 1) * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < WORDS; i++)
		h[i] += v[i];
}

/* The rest, a one bit, zeros, and the length in bits. */
static void
add_end(uint32_t h[WORDS], struct bytes rest, uint64_t length)
{
	unsigned char block[2 * BLOCK] = { 0 };
	size_t size = rest.length + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
	unsigned i;

	if (rest.length != 0)
		memcpy(block, rest.data, rest.length);
	block[rest.length] = 0x80;
	for (i = 1, length *= 8; i <= 8; i++, length >>= 8)
		block[size - i] = (unsigned char)length;
	add_block(h, block);
	if (size != BLOCK)
		add_block(h, block + BLOCK);
}

void
sha256_text(struct bytes b, char out[SHA256_TEXT])
{
	uint32_t h[WORDS] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
		0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	uint64_t length = b.length;
	unsigned i;

	while (b.length >= BLOCK) {
		add_block(h, (const unsigned char *)b.data);
		b = bytes_make(b.data + BLOCK, b.length - BLOCK);
	}
	add_end(h, b, length);
	for (i = 0; i < WORDS; i++)
		sprintf(out + 8 * i, "%08x", h[i]);
}
