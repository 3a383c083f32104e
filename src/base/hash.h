/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/bytes.h"

enum { HASH_SEED = 16 };

/* Draw the process's secret key from the kernel; before the first hash. */
void		hash_seed(void);
/* That key, for who keeps what hashes say; or another in its place. */
void		hash_get_seed(uint8_t seed[HASH_SEED]);
void		hash_set_seed(const uint8_t seed[HASH_SEED]);
/* SipHash-1-3 of the bytes under the process's secret key. */
uint64_t	hash_bytes(struct bytes);
/* The same under a given key, for tests. */
uint64_t	hash_bytes_with(const uint64_t key[2], struct bytes);
/* Fill n bytes (at most 256) with randomness from the kernel. */
void		hash_random(void *to, size_t n);

#endif
