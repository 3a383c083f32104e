/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/bytes.h"

/* Draw the process's secret key from the kernel; before the first hash. */
void		hash_seed(void);
/* SipHash-1-3 of the bytes under the process's secret key. */
uint64_t	hash_bytes(struct bytes);
/* The same under a given key, for tests. */
uint64_t	hash_bytes_with(const uint64_t key[2], struct bytes);
/* Fill n bytes (at most 256) with randomness from the kernel. */
void		hash_random(void *to, size_t n);

#endif
