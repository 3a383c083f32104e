/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xoshiro256** (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47 (2021)), and D. Lemire's way to a range ("Fast
 * random integer generation in an interval", ACM TOMACS 29 (2019)).
 */
#include "base/random.h"

#include <stdbool.h>

#include "base/hash.h"

static _Thread_local struct {
	uint64_t	s[4];
	bool		seeded;
} state;

static uint64_t
rotate(uint64_t x, int k)
{
	return (x << k | x >> (64 - k));
}

uint64_t
random_next(void)
{
	uint64_t *s = state.s, result, t;

	if (!state.seeded) {
		hash_random(s, sizeof(state.s));
		state.seeded = true;
	}
	result = rotate(s[1] * 5, 7) * 9;
	t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return (result);
}

uint64_t
random_below(uint64_t below)
{
	unsigned __int128 product =
	    (unsigned __int128)random_next() * below;

	if ((uint64_t)product < below) {
		uint64_t least = -below % below;

		while ((uint64_t)product < least)
			product = (unsigned __int128)random_next() * below;
	}
	return ((uint64_t)(product >> 64));
}
