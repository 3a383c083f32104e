/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When, or how often, a key was used: what eviction and OBJECT ask.  An entry
 * has two bytes for it.  They are a clock of four seconds a tick, good for
 * three days, or, with an LFU policy, minutes and a logarithmic counter that
 * decays ("Approximate Counting", R. Morris, CACM 21 (1978); Redis does it so).
 */
#ifndef ENGINE_ACCESS_H
#define ENGINE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

struct entry;

/* Whether uses are counted: the policy is an LFU one. */
bool	access_counts(void);
/* The key is new at that time (ms since the epoch). */
void	access_start(struct entry *, int64_t now);
/* The key is used; its shard is locked, at least for reading. */
void	access_note(struct entry *, int64_t now);
/* How long ago it was used, in seconds. */
int64_t	access_idle(const struct entry *, int64_t now);
/* The counter, 0 to 255, as it is after its decay. */
int	access_frequency(const struct entry *, int64_t now);
/* Make it used that many seconds ago, or that often. */
void	access_set_idle(struct entry *, int64_t seconds, int64_t now);
void	access_set_frequency(struct entry *, int frequency, int64_t now);

#endif
