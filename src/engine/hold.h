/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests in a pipeline are often for one key: the list that is a queue, the
 * counter, the hash of a session.  Then the lock of its shard is not given back
 * between two of them that are here already, and a thread that waits for it is
 * woken once a batch instead of once a request.  With 50 clients, 16 requests at
 * a time, an HSET to one hash takes 1.5 instead of 2.2 times the CPU of Redis's.
 *
 * Whoever holds on may neither sleep nor take another shard: session_flush()
 * and all ways on which a request does not run let go.
 */
#ifndef ENGINE_HOLD_H
#define ENGINE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "store/lockset.h"

struct call;
struct session;

/* All zero holds nothing. */
struct hold {
	struct lockset	locks;		/* held: one shard */
	bool		exclusive;
	int64_t		since_us;
};

/*
 * Lock what the call has planned in c->locks; if that is held on to, c->locks
 * is the session's from then on.
 */
void	hold_acquire(struct call *);
/*
 * The call is through: give the locks back, or hold on to them for the next
 * request of the session, unless something has to be done without them.
 */
void	hold_release(struct call *, bool must);
/* Give back what the session holds on to, if anything. */
void	hold_let_go(struct session *);

#endif
