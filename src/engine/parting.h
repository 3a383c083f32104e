/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies that wait for the disk without their worker: under appendfsync
 * always a worker gives a short reply away and goes to listen to its client
 * again, and one of the sender's threads (agents/sender.h) waits for the disk,
 * once for all that have come meanwhile, and sends what they gave.  So a
 * request costs its worker one sleep and not two.
 *
 * parting_note: a session is in line from parting_give() until its reply is
 * sent; until then its owner does not touch `parting`, and neither sends
 * anything nor ends without parting_settle().  Only what the socket takes
 * without sleeping is given away, so that no slow client holds up the others.
 *
 * Clients that were answered together come back together.  Would the next sync
 * begin with the first of them, the others had to wait for a whole one more; so
 * it begins when most are there, or half the time of a sync has passed.
 */
#ifndef ENGINE_PARTING_H
#define ENGINE_PARTING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/lock.h"

struct engine;
struct session;

/* A session's. */
struct parting {
	struct buf	 reply;
	uint64_t	 position;	/* for which it waits */
	struct session	*next;		/* in line */
	atomic_bool	 in_line;
};

/* The engine's. */
struct partings {
	struct session *_Atomic line;	/* who came last comes first */
	_Atomic size_t	 count;		/* how many are in it */
	_Atomic size_t	 wanted;	/* with so many it is worth a sync; or 0 */
	atomic_bool	 waiting;	/* somebody waits for them, or the disk */
	_Atomic unsigned settling;	/* sessions in parting_settle() */
	/* That thread's. */
	size_t		 expected;	/* to come, as far as can be told */
	int64_t		 sync_us;	/* how long that takes of late */
	int64_t		 synced_us;	/* when the last one was done */

	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 change;	/* one came, or it is the end */
	pthread_cond_t	 enough;	/* so many as are wanted have come */
	pthread_cond_t	 settled;
	atomic_bool	 open;		/* there is a sender */
};

void	partings_init(struct partings *);
void	partings_destroy(struct partings *);
/* From now on somebody, or nobody, calls partings_next(). */
void	partings_open(struct partings *, bool open);
/*
 * Wait until there is a line, then for the disk, and send; false when they are
 * closed and nobody is in line.  Several threads may: one waits for the disk
 * while others send.
 */
bool	partings_next(struct engine *);

/*
 * Give the session's replies away, if that is worth it; false: they are where
 * they were.  No lock is held.
 */
bool	parting_give(struct session *);
/* Sleep until nothing of the session's is in line. */
void	parting_settle(struct session *);

#endif
