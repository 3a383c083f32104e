/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call has changed, collected while it runs with the shards locked.
 * effects_changed() is the one place that learns which keys those are, and
 * effects_publish() the one from which everybody else hears of it: counters,
 * WATCH, waiters, clients that cache or listen to keyspace events; the
 * journal's place is there.  Afterwards, when the locks are gone,
 * effects_finish() frees what was replaced, or has an agent do it if that takes
 * long.
 */
#ifndef ENGINE_EFFECTS_H
#define ENGINE_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "engine/grave.h"
#include "engine/pubsub.h"
#include "store/table.h"

struct counters;
struct engine;
struct entry;
struct record;
struct schedule;
struct session;
struct wait;
struct wait_key;

/*
 * Classes of keyspace events: the bits of the setting notify-keyspace-events,
 * in the order of its letters.  m, keys that were missed, and n, new keys, are
 * not part of A.
 */
enum event_class {
	EVENT_GENERIC	= 1 << 0,	/* g */
	EVENT_STRING	= 1 << 1,	/* $ */
	EVENT_LIST	= 1 << 2,	/* l */
	EVENT_SET	= 1 << 3,	/* s */
	EVENT_HASH	= 1 << 4,	/* h */
	EVENT_ZSET	= 1 << 5,	/* z */
	EVENT_EXPIRED	= 1 << 6,	/* x */
	EVENT_EVICTED	= 1 << 7,	/* e */
	EVENT_STREAM	= 1 << 8,	/* t */
	EVENT_MODULE	= 1 << 9,	/* d */
	EVENT_KEYSPACE	= 1 << 10,	/* K: published as __keyspace@ */
	EVENT_KEYEVENT	= 1 << 11,	/* E: published as __keyevent@ */
	EVENT_MISS	= 1 << 12,	/* m */
	EVENT_NEW	= 1 << 13,	/* n */
};

struct event {
	enum event_class class;
	const char	*name;		/* a literal; NULL: a message, */
	struct bytes	 key;		/* lives until effects_finish() */
	unsigned	 db;
	struct bytes	 message;	/* of that kind, to the channel `key` */
	enum pubsub_kind kind;
};

struct effects {
	struct engine	*engine;
	struct session	*session;	/* whose call it is; NULL: an agent's */
	struct record	*record;	/* for the journal; NULL: there is none */
	uint64_t	 position;	/* of the last record; 0: none */
	uint64_t	 changes;	/* keys changed */
	uint64_t	 expired;	/* of these, since their time had come */
	uint64_t	 evicted;	/* of these, for want of memory */
	/* What happened to keys that somebody may want to hear of. */
	struct event	*events;
	size_t		 event_count;
	/* Which keys, as long as some client caches any; may name one twice. */
	struct bytes	*keys;		/* live until effects_finish() */
	size_t		 key_count, key_size;
	bool		 emptied;	/* a whole database was */
	/* Keys that have changed and that somebody waits for. */
	struct wait_key	**ready;
	size_t		 ready_count;
	struct wait	*served;	/* who got something of them */
	struct grave	 grave;		/* what is to be freed without locks */
	bool		 frees_now;	/* not by an agent, some time later */
};

void	effects_start(struct effects *, struct engine *, struct session *);
/* A key of the shard, which is locked for writing, was set or removed. */
void	effects_changed(struct effects *, uint32_t shard, unsigned db,
	    struct bytes key);
/* The same of a key that was removed since its time had come. */
void	effects_expired(struct effects *, uint32_t shard, unsigned db,
	    struct bytes key);
/* The same of a key that was removed for want of memory. */
void	effects_evicted(struct effects *, uint32_t shard, unsigned db,
	    struct bytes key);
/*
 * Beside effects_changed(), of a key that is about to be a container: it was
 * absent, or something else.  Those who wait for it will be served.
 */
void	effects_appeared(struct effects *, uint32_t shard, unsigned db,
	    struct bytes key);
/* All n keys of a database in the shard are about to be removed. */
void	effects_flushed(struct effects *, uint32_t shard, unsigned db,
	    uint64_t n);
/* That was done to all shards, or would have been, had there been keys. */
void	effects_emptied(struct effects *);
/* The two databases' keys in the shard are about to change places. */
void	effects_swapped(struct effects *, uint32_t shard, unsigned a,
	    unsigned b);
/* n values came into the due queue or left it. */
void	effects_due(struct effects *, uint64_t n);
/* Something of that class has happened to a key. */
void	effects_event(struct effects *, enum event_class, const char *name,
	    unsigned db, struct bytes key);
/* The call, a transaction's, sends a message: see pubsub_publish(). */
void	effects_message(struct effects *, enum pubsub_kind,
	    struct bytes channel, struct bytes message);
/* Take what was replaced or removed, into the grave; NULL is fine. */
void	effects_bury(struct effects *, struct entry *);
/* Tell everybody; with the shards still locked. */
void	effects_publish(struct effects *, struct counters *);
/* Whether effects_finish() will do what should not be done with locks. */
bool	effects_want_no_locks(const struct effects *);
/*
 * Let those go on that were served, free what was buried, and the lists; with
 * no lock held.
 */
void	effects_finish(struct effects *);

#endif
