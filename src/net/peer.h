/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of one connection: a socket, two streams on it, and how far
 * it has come with what it is doing.
 *
 * activity_note: a slow peer is found without a clock in anybody's way.  The
 * worker stores its phase, and a count that moves with every step, in one
 * relaxed atomic; the sweep looks at it a few times a second, remembers when
 * it last saw it change, and shuts the socket of whoever has stood still in a
 * phase for longer than that phase may last.  Only the owner closes the
 * descriptor, so its number cannot be someone else's by then.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/bytes.h"

enum peer_phase {
	PEER_IDLE,		/* between requests */
	PEER_REQUEST,		/* a request has begun to arrive */
	PEER_BUSY,		/* a request runs or waits: the server's time */
	PEER_REPLY,		/* a reply is on its way */
	PEER_PHASES
};

/* Why peer_wait() returned. */
enum peer_event {
	PEER_TIMED_OUT,
	PEER_WOKEN,		/* by peer_wake() */
	PEER_HUNG_UP,		/* nothing more can come from it */
	PEER_READABLE,		/* reading will not sleep; perhaps it is the end */
};

struct peer {
	int		 fd;		/* the in stream's */
	int		 out_fd;	/* the out stream's, for the same socket */
	_Atomic int	 wake;		/* an eventfd; -1 until peer_wakes() */
	FILE		*in;		/* NULL until peer_open() */
	FILE		*out;
	char		*buffer;	/* the in stream's */
	int		 tag;		/* which listener it came through */
	bool		 loopback;	/* from this machine */
	char		 name[128];	/* "host:port" or the socket's path */
	char		 local[128];	/* our end of it */
	struct peer	*next;		/* while it waits in the pool */

	_Atomic uint32_t activity;	/* see activity_note */
	uint32_t	 seen;		/* the sweep's: activity when last looked */
	int64_t		 since;		/* the sweep's: when that came, in us */
};

/*
 * A peer for a connected socket, which it takes; the address is the one that
 * accept(2) gave.  Sets TCP_NODELAY and, with keepalive seconds above 0,
 * keep-alive probes.  NULL with errno, and the socket closed, if there is no
 * second descriptor for it.
 */
struct peer	*peer_new(int fd, int tag, const struct sockaddr *address,
		    socklen_t length, int keepalive);
/* Make its two streams, in its worker; false with errno if that fails. */
bool		 peer_open(struct peer *);
/* Close the socket and free everything; clears the pointer.  NULL is fine. */
void		 peer_free(struct peer **);
/* Say a few bytes to a peer that is not open, if it takes them at once. */
void		 peer_turn_away(struct peer *, const char *text);
/*
 * Write all bytes, sleeping while the peer does not take them.  False: it is
 * gone or was too slow.
 */
bool		 peer_send(struct peer *, const char *data, size_t length);
/*
 * Whether a kilobyte could be sent without sleeping: all that was sent before
 * has arrived.  For peer_send_at_once(), which any one thread may say at a time;
 * false: it could not be after all, or the peer is gone.
 */
bool		 peer_has_room(struct peer *);
bool		 peer_send_at_once(struct peer *, struct bytes);
/*
 * Say that nothing more comes and see, for a moment, that what was sent has
 * arrived.  Closing a socket with unread input resets the connection, and the
 * peer may lose replies by that.
 */
void		 peer_finish(struct peer *);
/*
 * From now on peer_wake() reaches it; for the owner, before it looks whether
 * there is a reason to wait.  False with errno if there is no descriptor left.
 */
bool		 peer_wakes(struct peer *);
/*
 * Sleep, with no lock held, until another thread calls peer_wake(), has called
 * it since the last time, or the peer hangs up; with for_input also until it
 * says something.  At most until the deadline, in us of clock_monotonic_us();
 * 0: none.  The sweep sees a busy peer, with for_input what the caller said.
 */
enum peer_event	 peer_wait(struct peer *, bool for_input, int64_t deadline);
/* End its peer_wait(), now or the next one; from any thread. */
void		 peer_wake(struct peer *);
/* Whether it has hung up, even with input unread; does not sleep. */
bool		 peer_gone(struct peer *);
/* Tell the sweep what the worker is at, or with the same phase: a step on. */
void		 peer_at(struct peer *, enum peer_phase);
/*
 * For the sweep, one thread only: shut the socket if the peer has been in its
 * phase, without a step, for longer than limits[phase] us (0: no limit).
 * Returns whether it did.
 */
bool		 peer_check(struct peer *, int64_t now,
		    const int64_t limits[PEER_PHASES]);
/* shutdown(2) of the socket from another thread than the owner's. */
void		 peer_shut(struct peer *, int how);

#endif
