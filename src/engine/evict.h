/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maxmemory: when values take more than that, keys go until they do not, the
 * best of a few drawn at random, as maxmemory-policy has it.
 */
#ifndef ENGINE_EVICT_H
#define ENGINE_EVICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

/*
 * Remove keys, at most that many, while there is too little memory; now in ms
 * since the epoch.  False if there still is and no key may go.  No lock is held
 * before or after.
 */
bool	evict(struct engine *, size_t most, int64_t now);

#endif
