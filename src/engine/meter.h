/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long calls take, for INFO, LATENCY HISTOGRAM and SLOWLOG.
 */
#ifndef ENGINE_METER_H
#define ENGINE_METER_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct command_counters;
struct session;

enum { METER_MOST = 16 };

/* Of a session: calls that have ended, and whose time was not taken yet. */
struct meter {
	unsigned		 count;
	struct command_counters	*calls[METER_MOST];
};

/* The body of the call is about to run; for meter_end(). */
int64_t	meter_begin(struct call *);
/* It has run; failed: it answered an error. */
void	meter_end(struct call *, int64_t began_us, bool failed);
/* Take the time of what has ended: before the session sleeps. */
void	meter_settle(struct session *);

#endif
