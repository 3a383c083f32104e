/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client's connection as the commands see it.  All of its state is here
 * and none on a worker's stack, so that between two requests another worker
 * could go on with it.
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/lock.h"
#include "engine/ahead.h"
#include "engine/hold.h"
#include "engine/meter.h"
#include "engine/multi.h"
#include "engine/outbox.h"
#include "engine/parting.h"
#include "engine/pubsub.h"
#include "engine/record.h"
#include "engine/wait.h"
#include "net/peer.h"
#include "net/spin.h"
#include "resp/reply.h"
#include "resp/request.h"

struct command;
struct counters;
struct engine;
struct tracker;
struct watch;

enum session_replies {
	REPLIES_ON,
	REPLIES_OFF,
	REPLIES_SKIP_NEXT,		/* CLIENT REPLY SKIP was just said */
	REPLIES_SKIP,			/* this one is skipped, then on again */
};

enum session_flag {
	SESSION_NO_EVICT	= 1 << 0,
	SESSION_NO_TOUCH	= 1 << 1,
	SESSION_TRACKING	= 1 << 2,	/* see engine/tracking.h */
	SESSION_TRACKING_BROKEN	= 1 << 3,
	SESSION_TRACKING_BCAST	= 1 << 4,
};

/* What CLIENT SETNAME and SETINFO set. */
enum session_text { SESSION_NAME, SESSION_LIB_NAME, SESSION_LIB_VER,
	SESSION_TEXTS };

struct session {
	struct engine	*engine;
	struct peer	*peer;		/* the worker's, outlives the session */
	struct counters	*counters;	/* of the thread that serves it */
	uint64_t	 id;
	int64_t		 created_us;	/* wall clock */

	/* The owner's alone. */
	struct request	 request;
	struct ahead	 ahead;		/* requests that wait behind it */
	struct reply	 reply;		/* collected until sent */
	uint64_t	*hashes;	/* of a long request's keys */
	size_t		 hashes_size;
	int64_t		 now_us;	/* wall clock, read once a call */
	enum dialect	 first_dialect;	/* what its port speaks */
	enum session_replies replies;
	struct multi	 multi;
	struct hold	 hold;		/* on a shard, between two requests */
	struct meter	 meter;		/* calls whose time is to be taken */
	struct watch	*watches;
	struct tracker	*tracker;	/* NULL: it does not track */
	struct wait	 wait;		/* see hand_over_note */
	struct spin	 spin;
	struct record	 record;	/* of the call, for the journal */
	uint64_t	 position;	/* its replies stand for all up to here */
	uint64_t	 safe;		/* and that is known, or seen to, to be safe */
	struct parting	 parting;	/* replies given away: parting_note */
	bool		 closing;	/* after this reply */
	bool		 must_reply;	/* to this, whatever `replies` says */

	struct outbox	 outbox;	/* see outbox_note */
	struct subscriptions subscriptions[PUBSUB_KINDS];

	/* The owner writes, CLIENT LIST and INFO read. */
	_Atomic unsigned db;
	_Atomic unsigned flags;		/* enum session_flag */
	_Atomic int64_t	 redirect;	/* of its tracker; -1: none */
	_Atomic int	 shown_dialect;	/* what reply.dialect is */
	_Atomic int64_t	 active_us;	/* when the last call ended */
	const struct command *_Atomic last_command; /* or the one that runs */
	/* Anybody writes, the owner reads: end when it can. */
	_Atomic bool	 killed;
	_Atomic bool	 paused;	/* sleeps until a pause ends */
	/* A watched key has changed: set under its shard's lock. */
	_Atomic bool	 watched_changed;

	struct lock	 lock;		/* guards the rest */
	struct buf	 texts[SESSION_TEXTS];

	/* Under engine->sessions_lock. */
	struct session	*next;
	struct session	*previous;
};

/*
 * A session for an open peer whose port speaks that dialect, entered in the
 * list; NULL if the server is draining.
 */
struct session	*session_open(struct engine *, struct peer *, enum dialect);
/* Leave the list and free; clears the pointer. */
void		 session_close(struct session **);
/*
 * Send the collected replies when what they stand for is safe, or have that be
 * done; false if the peer is gone, or if it cannot be.
 */
bool		 session_flush(struct session *);
/*
 * Whether that is the name and password of a user; if so, the session is
 * theirs from now on.
 */
bool		 session_authenticate(struct session *, struct bytes user,
		    struct bytes password);
/* Whether there is a password to be known. */
bool		 session_has_password(void);
/* Whether it may say more than AUTH. */
bool		 session_is_known(const struct session *);
/* Speak another dialect from now on. */
void		 session_speak(struct session *, enum dialect);
/* RESET: as it was at the start, but a Redis client stays one. */
void		 session_reset(struct session *);
/* Whether it may be such a text: neither blanks nor control bytes. */
bool		 session_text_fits(struct bytes);
/* Set a text that fits; empty removes it. */
void		 session_set_text(struct session *, enum session_text,
		    struct bytes);
/* Add a text to out. */
void		 session_format_text(struct session *, enum session_text,
		    struct buf *out);
/*
 * The line of CLIENT LIST for the session, with newline; for another session
 * than one's own under engine->sessions_lock.
 */
void		 session_format(struct session *, struct buf *out);
/* End the session, at once if it is another's: under sessions_lock then. */
void		 session_kill(struct session *, bool own);

/* Called for each session under sessions_lock; false stops. */
typedef bool	 session_visit(struct session *, void *arg);
void		 session_each(struct engine *, session_visit *, void *arg);
/* How many there are. */
size_t		 session_count(struct engine *);
/* Whether there is no other; others may come and go meanwhile. */
bool		 session_is_alone(const struct session *);
/* Shut the sockets of those who are too slow; a few times a second. */
void		 session_sweep(struct engine *);
/*
 * Let no session begin, and end each when the requests that have come are
 * answered; with force, now.
 */
void		 session_drain(struct engine *, bool force);

#endif
