/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that took as long as latency-monitor-threshold: what LATENCY shows of
 * the events "command" and "fast-command".  Of each the latest 160 are kept,
 * one a second, the longest.
 */
#ifndef ENGINE_LATENCY_H
#define ENGINE_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct call;

enum latency_event { LATENCY_COMMAND, LATENCY_FAST_COMMAND, LATENCY_EVENTS };
enum { LATENCY_SAMPLES = 160 };

struct latency_sample {
	int64_t	time_s;		/* since the epoch */
	int64_t	took_ms;
};

struct latency_history {
	struct latency_sample	samples[LATENCY_SAMPLES];	/* oldest first */
	size_t			count;	/* 0: there has been no such event */
	int64_t			most_ms;	/* of all that there were */
};

struct latency;

struct latency	*latency_new(void);
void		 latency_free(struct latency **);
/* Whether calls are watched at all. */
bool		 latency_watches(void);
/* Note the call if it took that long. */
void		 latency_note(struct call *, int64_t took_us);
const char	*latency_name(enum latency_event);
/* The event of that name; LATENCY_EVENTS if there is none. */
enum latency_event latency_find(struct bytes name);
/* What there is of the event now. */
void		 latency_get(struct latency *, enum latency_event,
		    struct latency_history *);
/* Forget the event; whether there was anything. */
bool		 latency_reset(struct latency *, enum latency_event);

#endif
