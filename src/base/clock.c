/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t stopped_at;

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

int64_t
clock_wall_us(void)
{
	int64_t stopped = atomic_load_explicit(&stopped_at,
	    memory_order_relaxed);

	return (stopped != 0 ? stopped : read_clock(CLOCK_REALTIME));
}

int64_t
clock_monotonic_us(void)
{
	return (read_clock(CLOCK_MONOTONIC));
}

int64_t
clock_thread_us(void)
{
	return (read_clock(CLOCK_THREAD_CPUTIME_ID));
}

void
clock_format(char out[CLOCK_TEXT], int64_t us)
{
	int64_t rest = us % 1000000;
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	snprintf(out, CLOCK_TEXT, "%04d-%02d-%02d %02d:%02d:%02d.%06d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)rest);
}

void
clock_stop_at(int64_t us)
{
	atomic_store_explicit(&stopped_at, us, memory_order_relaxed);
}
