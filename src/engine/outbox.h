/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client gets without having asked just now: messages of channels,
 * lines of MONITOR, invalidations.
 *
 * outbox_note: anybody may put bytes into a session's outbox, shard locks held
 * or not, and never sleeps for that.  The session's owner moves them behind
 * its replies, before each call and before it sends: so what was pushed before
 * a call ran stands before its reply, and what came later behind.  An owner
 * that may be pushed to does not sleep in a read but in outbox_sleep(), from
 * which a push wakes it.  What its client does not take in time piles up to a
 * limit, at which the session ends: a slow reader costs itself alone.  Under
 * appendfsync always nothing of it is sent before what had been appended to the
 * journal when it was pushed is on the disk.
 */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/lock.h"
#include "net/peer.h"

struct session;

struct outbox {
	_Atomic bool	 filled;	/* a look without the lock */
	struct lock	 lock;		/* guards the rest */
	struct buf	 waiting;
	uint64_t	 position;	/* what it tells has to be safe first */
	size_t		 taken;		/* bytes the owner has, not yet sent */
	bool		 asleep;	/* the owner wants to be woken */
	bool		 overflowed;	/* nothing more goes in */
	int64_t		 above_since;	/* the soft limit, us; 0: it is not */
};

void	outbox_start(struct outbox *);
void	outbox_end(struct outbox *);
/* Put bytes into another's, or one's own, outbox. */
void	outbox_push(struct session *, struct bytes);
/* The owner's: move what there is behind its replies. */
void	outbox_take(struct session *);
/* The owner's: what was taken has been sent. */
void	outbox_sent(struct session *);
/*
 * Whether the session may be pushed to while it waits for its client.
 */
bool	outbox_may_fill(const struct session *);
/*
 * The owner's, with no lock: peer_wait(), which a push wakes.
 */
enum peer_event	outbox_sleep(struct session *, bool for_input,
	    int64_t deadline);

#endif
