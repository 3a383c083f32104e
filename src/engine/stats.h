/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters.  Each thread counts for itself, in memory nobody else writes, and
 * whoever asks adds up: no request pays for a shared cache line.
 */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum counter {
	COUNTER_CONNECTIONS,		/* sessions begun */
	COUNTER_COMMANDS,		/* calls of all commands */
	COUNTER_HITS,			/* keys looked for and found by readers */
	COUNTER_MISSES,
	COUNTER_CHANGES,		/* keys changed, ever */
	COUNTER_EXPIRED,		/* keys removed by the reaper */
	COUNTER_EVICTED,		/* keys removed for want of memory */
	COUNTER_BYTES_IN,
	COUNTER_BYTES_OUT,
	COUNTER_ERRORS,			/* error replies */
	COUNTER_READS,			/* times a worker slept for input */
	COUNTER_WRITES,			/* times replies were sent */
	COUNTERS
};

enum { COUNTER_TIMES = 24 };

/* Of one command. */
struct command_counters {
	_Atomic uint64_t calls;
	_Atomic uint64_t us;
	_Atomic uint64_t rejected;	/* error before it ran */
	_Atomic uint64_t failed;	/* error while it ran */
	/* How many took less than 1, 2, 4, 8 ... us. */
	_Atomic uint32_t took[COUNTER_TIMES];
};

/*
 * Of one thread.  Few run many commands, and all of them would be 32 KiB: there
 * is what was counted.
 */
struct counters {
	_Atomic uint64_t	 of[COUNTERS];
	struct counters		*next;
	_Atomic bool		 unused;	/* its thread has ended */
	/* By command->index, NULL or stats_command(). */
	struct command_counters	*_Atomic commands[];
};

/* Of all threads. */
struct total {
	_Atomic uint64_t	 of[COUNTERS];
	struct command_counters	 commands[];	/* by command->index */
};

struct stats;

/* Counters for that many commands. */
struct stats	*stats_new(size_t commands);
void		 stats_free(struct stats **);
/* The calling thread's own, the same each time, until it ends. */
struct counters	*stats_mine(struct stats *);
/* The calling thread's counters of one command. */
struct command_counters *stats_command(struct counters *, size_t index);
/* Add up over all threads, since the start or the last reset, into the total,
 * which has room for all commands: stats_new_total() and mem_free(). */
struct total	*stats_new_total(const struct stats *);
void		 stats_sum(struct stats *, struct total *);
/* How many keys have changed since the start, whatever was reset. */
uint64_t	 stats_changes(struct stats *);
/* Count anew from here on. */
void		 stats_reset(struct stats *);
/* Count an error reply of that code ("ERR", "WRONGTYPE"). */
void		 stats_error(struct stats *, struct bytes code);
/* Add "errorstat_CODE:count=N\r\n" lines by code. */
void		 stats_format_errors(struct stats *, struct buf *out);

/* Count a call of the calling thread's own that took so long. */
static inline void
stats_took(struct command_counters *of, uint64_t us)
{
	unsigned i = us != 0 ? 64 - (unsigned)__builtin_clzll(us) : 0;

	if (i >= COUNTER_TIMES)
		i = COUNTER_TIMES - 1;
	atomic_store_explicit(&of->took[i], atomic_load_explicit(&of->took[i],
	    memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Add n to a counter of the calling thread's own. */
static inline void
stats_add(_Atomic uint64_t *counter, uint64_t n)
{
	/* Only we write it, so no locked instruction is needed. */
	atomic_store_explicit(counter, atomic_load_explicit(counter,
	    memory_order_relaxed) + n, memory_order_relaxed);
}

#endif
