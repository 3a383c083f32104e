/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the journal gets to know of a call: RESP commands, each of which does to
 * one key what the call did to it, whenever it is run again.  key.c says most
 * of it, since it knows what comes out.  For containers and strings that are
 * changed in place it is the call's own request, as it was before the body ran;
 * bodies for which that would be wrong, or that change several
 * keys, say it themselves: record_say().
 *
 * A record is a session's and used anew for each call, so that writing takes no
 * memory once it has grown.  Whoever has none has no journal: then all of this
 * is one comparison with NULL.
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "resp/reply.h"

struct call;
struct journal;
struct keyspace;
struct value;

/* All zero is ready for record_start(). */
struct record {
	struct reply	 commands;	/* of which count are records */
	unsigned	 count;
	unsigned	 first_db, db;	/* of the first, of the last */
	struct bytes	 text;		/* the call's own; empty: may not be used */
	struct reply	 request;	/* where that is, if it did not come so */
	bool		 said;		/* the next change in place was told */
	bool		 as_requested;	/* the next key is set so */
	bool		 requested;	/* the request is among the commands */
	uint32_t	*shards;	/* changed; may name one twice */
	size_t		 shard_count, shard_size;
	bool		 all;		/* or all of them */
};

void		record_start(struct record *);
void		record_free(struct record *);
/* Before the body runs: note its request, which may be needed. */
void		record_request(struct record *, const struct call *);

/* A key was removed; was given that value and deadline (0: none); that
 * deadline. */
void		record_delete(struct record *, uint32_t shard, unsigned db,
		    struct bytes key);
void		record_set(struct record *, uint32_t shard, unsigned db,
		    struct bytes key, const struct value *, int64_t deadline);
void		record_deadline(struct record *, uint32_t shard, unsigned db,
		    struct bytes key, int64_t deadline);
/* What is in the shard was changed in place, as the request or the body says. */
void		record_changed(struct record *, uint32_t shard, unsigned db);
/* All keys of a database were removed; two databases changed places. */
void		record_flushed(struct record *, unsigned db);
void		record_swapped(struct record *, unsigned a, unsigned b);
/*
 * For a body: this command, with n arguments behind the key that is argument
 * arg of the call (0: none, it is about the due queue), stands for the change
 * in place that the body is about to make known.  Nothing without a journal.
 */
void		record_say(struct call *, size_t arg, const char *name,
		    const struct value *args, size_t n);
/* The same with a number behind the key. */
void		record_say_count(struct call *, size_t arg, const char *name,
		    size_t n);

/* For a body: the key is about to be set as its request, run again, does. */
void		record_as_requested(struct call *);

/*
 * Append it all as one group, with the shards still locked, and note the
 * position with them; returns it, 0 if there is nothing.
 */
uint64_t	record_append(struct record *, struct journal *,
		    struct keyspace *);

#endif
