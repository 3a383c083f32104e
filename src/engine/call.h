/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only way in which any command runs: a client's, later EXEC's, a
 * script's, the journal's.  Read this first:
 *
 *	find the command > admit it > name its shards > lock them >
 *	run > publish what changed > unlock > free what was replaced
 *
 * A body sees call_*, key_* and reply_*, and nothing of locks, files or
 * sockets.
 */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "engine/command.h"
#include "engine/effects.h"
#include "store/lockset.h"
#include "value/value.h"

struct engine;
struct entry;
struct reply;
struct session;
struct slowlog_args;

enum { CALL_FEW_ARGS = 8 };

/* Where a key is, or would be. */
struct place {
	struct bytes	 key;
	uint64_t	 hash;
	uint32_t	 shard;
	struct table	*table;		/* NULL: never a key in it */
	uint32_t	 slot;		/* TABLE_NO_SLOT: absent */
	struct entry	*entry;		/* NULL: absent; may have expired */
};

struct call {
	struct engine		*engine;
	struct session		*session;
	const struct command	*command;
	struct value		*args;		/* argc of them; 0 is the name */
	size_t			 argc;
	struct reply		*reply;
	int64_t			 now;		/* ms since the epoch */
	unsigned		 db;		/* a body may turn to another */
	bool			 nested;	/* EXEC's: nothing may wait */
	bool			 again;		/* after waiting: see call_wait() */
	/* The engine's. */
	size_t			 ready;		/* with again: the only key there */
	int64_t			 wait_ms;	/* call_wait()'s, */
	void			 (*nothing)(struct reply *); /* if it was called */
	size_t			 start;		/* where its reply begins */
	bool			 exclusive;	/* locks are for writing */
	bool			 brief;		/* meter.h's */
	struct command_range	 more;		/* of keys, beyond the row's */
	struct lockset		*locks;		/* EXEC's are all its calls' */
	struct effects		*effects;
	struct slowlog_args	*kept;		/* slowlog.h's, of the body */
	size_t			 located;	/* the key, 0: none, that is at */
	unsigned		 located_db;
	struct place		 place;		/* key.c's */
	uint64_t		*hashes;	/* of args that are keys, by index */
	uint64_t		 few_hashes[CALL_FEW_ARGS];
};

/*
 * Run the session's request and add the answer to its reply.  No lock is held
 * before or after.
 */
void		call_run(struct session *);
/*
 * Run the session's request, a record of the journal at that position, for the
 * shards that have not had it yet; the session's clock stands at 0, where
 * nothing expires.  False if it is none, or was refused, as its reply says.
 */
bool		call_replay(struct session *, uint64_t position);
/* Answer, instead, a request that could not be read. */
void		call_refuse(struct session *, const char *error);
/* Argument i as bytes; it is a string unless its row says "of any type". */
struct bytes	call_arg(const struct call *, size_t i);
/* Whether argument i is the word, in any case. */
bool		call_arg_is(const struct call *, size_t i, const char *word);
/* Argument i as an integer; false, and answered, if it is none. */
bool		call_integer(struct call *, size_t i, int64_t *out);
/* The same of one that is not negative; what is none is out of range, too. */
bool		call_count(struct call *, size_t i, int64_t *out);
/* Answer that the number of arguments is wrong. */
void		call_wrong_arity(struct call *);
/* Argument i as a floating-point number, not NaN; false, and answered. */
bool		call_double(struct call *, size_t i, double *out);
/*
 * Whether so many elements may come yet in a reply that repeats what there is:
 * false, and the call will be answered with an error, if that is going to be
 * longer than the longest string that may be sent.
 */
bool		call_may_repeat(struct call *, uint64_t left);
/* Tell of a keyspace event of argument arg, a key of the call's database. */
void		call_event(struct call *, enum event_class, const char *name,
		    size_t arg);
/*
 * Argument i as a time-out in seconds, in ms; 0 is for ever.  False, and
 * answered, if it is none.
 */
bool		call_timeout(struct call *, size_t i, int64_t *ms);
/*
 * For a body that has found nothing to answer with, and has answered nothing:
 * the client waits until a key of the call changes, when the body runs once
 * more with c->again set, or until the time-out, when `nothing` is answered.
 * Who comes first is served first.  With c->again all keys that it waits for
 * but the one that has changed are absent; and if that is of a wrong type, the
 * body says call_wait() once more.  EXEC does not wait.
 */
void		call_wait(struct call *, int64_t timeout_ms,
		    void (*nothing)(struct reply *));

/* For those who run calls within a call. */

/*
 * Run the body of a call that waited, for its session but in the thread of
 * another, whose errors these are for the counters.
 */
void		call_serve(struct call *, struct session *server);
/* Run the body, with the shards locked, and count it. */
void		call_body(struct call *);

#endif
