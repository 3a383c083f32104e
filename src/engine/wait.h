/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that wait for a key: BLPOP and its like.
 *
 * hand_over_note: a body that finds nothing says call_wait(), and its call is
 * entered in the lists of the shards of the keys it waits for before these are
 * unlocked, so that no change comes between.  Its worker lends its place (see
 * lending_note) and sleeps without a lock.  Whoever changes such a key serves
 * who waits for it, in the order in which they came: when the body, or all of
 * EXEC's, have run and before it unlocks, it runs their bodies once more, with
 * their sessions and their arguments, but its own locks and effects, as long
 * as the key is there.  That may change other keys for which others wait; so
 * between a push and anybody's next command all has been handed over that can
 * be, and nobody can take it from those who came before.
 *
 * A waiter may need more shards than the one of the key it waits for: BLMOVE's
 * second key.  So who is about to change anything looks whether there are such
 * in the shards it has locked; if so it unlocks, adds theirs, and locks again,
 * until there are no more (wait_reach()).
 *
 * What becomes of a wait is its state, which leaves WAIT_WAITING but once:
 *	SERVED	by another thread, which holds the key's shard and wait->lock
 *	LEFT	by the owner with wait->lock: time-out, or the client has gone
 *	UNBLOCKED, FAILED	by CLIENT UNBLOCK, with all shards locked
 * Another thread may use a waiter's call and session only with a shard locked
 * in whose list the waiter is, for the owner leaves all lists before it goes
 * on; with sessions_lock, in whose list the session is; or before it has set
 * `released`, which is the last it does when it has served: until then events
 * and replies may still be on the waiter's arguments.
 */
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lock.h"
#include "resp/reply.h"

struct call;
struct effects;
struct engine;
struct session;
struct wait_key;
struct wait_list;

enum wait_state {
	WAIT_NONE,
	WAIT_WAITING,
	WAIT_SERVED,
	WAIT_LEFT,
	WAIT_UNBLOCKED,		/* to be answered as a time-out */
	WAIT_FAILED,		/* to be answered with an error */
};

/* A session's. */
struct wait {
	_Atomic int	 state;		/* enum wait_state */
	struct call	*call;		/* the owner's */
	int64_t		 until;		/* monotonic us; 0: for ever */
	struct wait_key	*keys;		/* which it waits for */
	size_t		 count;
	bool		 reaches;	/* it has keys beside these */

	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 release;	/* see released */
	bool		 released;	/* who served it has done with it */
	uint64_t	 position;	/* what was served is in the journal */
	struct reply	 reply;		/* written by who served it */
	struct wait	*next_served;	/* its list */
};

/* The lists of that many shards, to be given to mem_free(). */
struct wait_list *wait_lists_new(uint32_t shards);
void	wait_start(struct wait *);
void	wait_end(struct wait *);

/* Lock what those need whom the call, which holds its locks, may serve. */
void	wait_reach(struct call *);
/*
 * The call, whose body said call_wait(), waits from now on; its keys' shards
 * are locked for writing.  False, and answered, if it cannot.
 */
bool	wait_enter(struct call *);
/* With no lock: sleep until it is over, and answer. */
void	wait_sleep(struct call *);

/*
 * A key of the shard, locked for writing, is a container that it was not.  In
 * which order keys appear is the order in which they are served.
 */
void	wait_appeared(struct effects *, uint32_t shard, unsigned db,
	    struct bytes key);
/* Two databases' keys in the shard, locked for writing, change places. */
void	wait_swapped(struct effects *, uint32_t shard, unsigned a, unsigned b);
/* Serve who waits for keys that the call has changed; locks are held. */
void	wait_serve(struct call *);
/* Nothing is on the arguments of those who were served any more: they go on. */
void	wait_release(struct effects *);

/*
 * For CLIENT UNBLOCK: end the session's wait, as a time-out or with an error;
 * false if it does not wait.  With all shards locked for writing and
 * sessions_lock.
 */
bool	wait_unblock(struct session *, bool error);
/* Whether it waits now. */
bool	wait_is_on(const struct session *);

#endif
