/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes as a row of bits: bit 0 is the highest of the first byte.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* How many of the bits [from, to), which are there, are set. */
uint64_t	bits_count(struct bytes, uint64_t from, uint64_t to);
/* The first of the bits [from, to), which are there, that is so; or to. */
uint64_t	bits_find(struct bytes, uint64_t from, uint64_t to, bool bit);
/* n <= 64 bits from there on, as a number; those behind the end are 0. */
uint64_t	bits_get(struct bytes, uint64_t from, unsigned n);
/* Set n <= 64 bits, which are there, to the lowest of value. */
void		bits_put(char *data, uint64_t from, unsigned n, uint64_t value);

#endif
