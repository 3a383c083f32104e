/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fixed number of threads, each serving one peer from its first byte to its
 * last.  Peers that come when all are taken wait in line, first come first
 * served.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct peer;
struct pool;

struct pool_counts {
	size_t	workers;
	size_t	busy;		/* serving a peer */
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
