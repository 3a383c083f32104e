/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who listens to what.  The channels of each kind are found by name, so that
 * a message costs what its own listeners cost, and all patterns; a session
 * lists its own subscriptions.  One lock for all of it: everybody gets the
 * messages in the same order.
 */
#ifndef ENGINE_PUBSUB_H
#define ENGINE_PUBSUB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/ring.h"

struct engine;
struct pubsub;
struct session;

/* A session's, of one kind; its owner reads them, and writes under the lock. */
struct subscriptions {
	struct ring	 ring;		/* oldest first */
	_Atomic size_t	 count;
};

enum pubsub_kind {
	PUBSUB_CHANNEL,
	PUBSUB_PATTERN,
	PUBSUB_SHARD,			/* channels with a namespace of their own */
	PUBSUB_MONITOR,			/* one channel without name */
	PUBSUB_KINDS
};

struct pubsub	*pubsub_new(void);
/* Free it when no session is left; clears the pointer. */
void		 pubsub_free(struct pubsub **);
/* A new session listens to nothing. */
void		 pubsub_start(struct session *);
/* Nobody is pushed anything in between. */
void		 pubsub_pause(struct engine *);
void		 pubsub_resume(struct engine *);
/* Subscribe the session, whose thread this is; false: it had been. */
bool		 pubsub_add(struct session *, enum pubsub_kind, struct bytes);
/*
 * End that; false if it had not been subscribed.  What was pushed before is
 * among its replies then.
 */
bool		 pubsub_remove(struct session *, enum pubsub_kind,
		    struct bytes);
/*
 * The name of the session's oldest subscription of that kind; false: it has
 * none.  Good until it ends.
 */
bool		 pubsub_oldest(const struct session *, enum pubsub_kind,
		    struct bytes *name);
/* End all subscriptions of all kinds. */
void		 pubsub_remove_all(struct session *);
/* How many subscriptions of that kind the session has. */
size_t		 pubsub_count(const struct session *, enum pubsub_kind);
/* Whether that makes it a subscriber, to whom RESP2 can say nothing else. */
bool		 pubsub_subscribed(const struct session *);
/*
 * Send a message to the listeners of a channel, PUBSUB_CHANNEL's and patterns',
 * or PUBSUB_SHARD's; how many that were.
 */
size_t		 pubsub_publish(struct engine *, enum pubsub_kind,
		    struct bytes channel, struct bytes message);
/* How many it would be sent to now. */
size_t		 pubsub_reach(struct engine *, enum pubsub_kind,
		    struct bytes channel);
/* Whether somebody monitors; a look that costs nothing. */
bool		 pubsub_monitored(const struct engine *);
/* Send bytes as they are to all who monitor. */
void		 pubsub_tell_monitors(struct engine *, struct bytes);
/* How many channels or patterns somebody listens to. */
size_t		 pubsub_channels(struct engine *, enum pubsub_kind);
/* How many listen to that channel. */
size_t		 pubsub_listeners(struct engine *, enum pubsub_kind,
		    struct bytes channel);
/* Called for each channel of a kind, the lock held; no data of it may stay. */
typedef void	 pubsub_visit(struct bytes channel, void *arg);
void		 pubsub_each(struct engine *, enum pubsub_kind,
		    pubsub_visit *, void *arg);

#endif
