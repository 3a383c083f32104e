/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clocks.  Deadlines of keys are wall-clock milliseconds since the
 * epoch; waits and time-outs use the monotonic clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since the epoch. */
int64_t	clock_wall_us(void);
/* Microseconds since some point in the past; never goes back. */
int64_t	clock_monotonic_us(void);
/* Microseconds of processor time that this thread has had. */
int64_t	clock_thread_us(void);
/* A time of the wall clock as "Y-m-d H:M:S.uuuuuu", UTC. */
enum { CLOCK_TEXT = 64 };
void	clock_format(char out[CLOCK_TEXT], int64_t us);
/* For tests: from now on the wall clock shows us and stands; 0 lets it go. */
void	clock_stop_at(int64_t us);

#endif
