/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers for choices, not for secrets: hash_random() is for those.
 * Each thread has a generator of its own, seeded by the kernel.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* Any 64 bits. */
uint64_t	random_next(void);
/* A number of [0, below), each as likely; below is not 0. */
uint64_t	random_below(uint64_t below);

#endif
