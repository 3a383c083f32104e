/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012)
 * with one compression and three finalisation rounds, as the hash tables of
 * Rust, Python and Ruby use it: keys a stranger chose cannot be made to
 * collide.
 */
#include "base/hash.h"

#include <string.h>
#include <sys/types.h>
#include <sys/random.h>

#include "base/log.h"

static uint64_t secret[2];

#define ROTATE(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

#define ROUND(v0, v1, v2, v3) do {					\
	v0 += v1; v1 = ROTATE(v1, 13); v1 ^= v0; v0 = ROTATE(v0, 32);	\
	v2 += v3; v3 = ROTATE(v3, 16); v3 ^= v2;			\
	v0 += v3; v3 = ROTATE(v3, 21); v3 ^= v0;			\
	v2 += v1; v1 = ROTATE(v1, 17); v1 ^= v2; v2 = ROTATE(v2, 32);	\
} while (0)

/* The algorithm counts bytes from the low end. */
static uint64_t
load(const char *p)
{
	uint64_t word = 0;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return (word);
}

/* The fewer than eight bytes at the end, without a loop. */
static uint64_t
load_rest(const char *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;
	uint32_t low, high;

	if (n >= 4) {
		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + n - 4, sizeof(high));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		low = __builtin_bswap32(low);
		high = __builtin_bswap32(high);
#endif
		return (low | (uint64_t)high << 8 * (n - 4));
	}
	if (n == 0)
		return (0);
	return (b[0] | (uint64_t)b[n / 2] << 8 * (n / 2) |
	    (uint64_t)b[n - 1] << 8 * (n - 1));
}

static inline uint64_t
siphash(const uint64_t key[2], struct bytes b)
{
	uint64_t v0 = key[0] ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d;
	uint64_t v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
	const char *p = b.data;
	size_t rest;
	uint64_t word;

	for (rest = b.length; rest >= 8; rest -= 8, p += 8) {
		word = load(p);
		v3 ^= word;
		ROUND(v0, v1, v2, v3);
		v0 ^= word;
	}
	word = (uint64_t)b.length << 56 | load_rest(p, rest);
	v3 ^= word;
	ROUND(v0, v1, v2, v3);
	v0 ^= word;
	v2 ^= 0xff;
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	return (v0 ^ v1 ^ v2 ^ v3);
}

void
hash_seed(void)
{
	hash_random(secret, sizeof(secret));
}

void
hash_get_seed(uint8_t seed[HASH_SEED])
{
	memcpy(seed, secret, sizeof(secret));
}

void
hash_set_seed(const uint8_t seed[HASH_SEED])
{
	memcpy(secret, seed, sizeof(secret));
}

uint64_t
hash_bytes(struct bytes b)
{
	return (siphash(secret, b));
}

uint64_t
hash_bytes_with(const uint64_t key[2], struct bytes b)
{
	return (siphash(key, b));
}

void
hash_random(void *to, size_t n)
{
	/* Up to 256 bytes come whole or not at all: getrandom(2). */
	if (getrandom(to, n, 0) != (ssize_t)n)
		log_fatal("no randomness from the kernel: %m");
}
