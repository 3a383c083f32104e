/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A number of threads, each serving one peer from its first byte to its last.
 * Peers that come when all are taken wait in line, first come first served.
 *
 * lending_note: a worker that is about to sleep on behalf of its client, for a
 * key that is empty, say, does not count as taken meanwhile: it lends its
 * place, and whoever is first in line is served by a spare thread.  So clients
 * that wait can never be all there are, and the one that frees them always
 * gets through.  When the sleeper comes back, there may for a while be more
 * than the number that serve; spare threads that find nobody to serve end.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct peer;
struct pool;

struct pool_counts {
	size_t	workers;
	size_t	busy;		/* serving a peer that is not asleep */
	size_t	lent;		/* have lent their place: see lending_note */
	size_t	waiting;	/* peers in line */
};

/*
 * Serve one peer until it has gone; called in a worker, which owns the peer
 * meanwhile and frees it afterwards.
 */
typedef void pool_serve(struct peer *, void *arg);

/*
 * Start the workers, with all signals as the caller has them.  NULL with
 * errno, and nothing left behind, if the system has no room for the threads.
 */
struct pool	*pool_new(size_t workers, pool_serve *, void *arg);
/*
 * Give a peer to the next free worker.  False, and the peer is still the
 * caller's, if it would have to wait and may_wait is false, or if the pool has
 * been closed.
 */
bool		 pool_give(struct pool *, struct peer *, bool may_wait);
/*
 * For a worker, before it sleeps on behalf of its client: lend its place, if
 * fewer than `most` have.  Quick; locks may be held.  When it holds none,
 * pool_relieve() is due.
 */
bool		 pool_lend(struct pool *, size_t most);
/* It is awake again and needs its place; does not sleep. */
void		 pool_return(struct pool *);
/* Start threads for those in line for whom there are lent places. */
void		 pool_relieve(struct pool *);
void		 pool_count(struct pool *, struct pool_counts *);
/* Take no more peers, and let go of those that wait in line. */
void		 pool_close(struct pool *);
/*
 * Sleep until no worker is busy, at most ms milliseconds; whether it came
 * to that.
 */
bool		 pool_wait_idle(struct pool *, int ms);
/*
 * End the threads of a closed and idle pool and free it; clears the pointer.
 */
void		 pool_free(struct pool **);

#endif
