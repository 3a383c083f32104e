/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLIENT TRACKING: which clients may have which keys in caches of their own,
 * and telling them to forget those that change.  A tracker is a session that
 * asked for it.  The keys it reads are remembered until they change, when it
 * is told once; or, in broadcast mode, it is told of every change of a key
 * with one of its prefixes.  Keys are known by name, whatever the database.
 *
 * Reading remembers and changing tells while the key's shard is locked, so no
 * change falls in between.
 */
#ifndef ENGINE_TRACKING_H
#define ENGINE_TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct call;
struct engine;
struct reply;
struct session;
struct tracking;

enum tracking_option {
	TRACKING_BCAST	= 1 << 0,
	TRACKING_OPTIN	= 1 << 1,
	TRACKING_OPTOUT	= 1 << 2,
	TRACKING_NOLOOP	= 1 << 3,
};

struct tracking	*tracking_new(void);
/* Free it when no session is left; clears the pointer. */
void		 tracking_free(struct tracking **);
/*
 * Make the session, whose thread this is, a tracker with these options, or
 * change them; what is to be said goes to the session redirect, if that is not
 * 0.  The mode can only change by tracking_end().
 */
void		 tracking_begin(struct session *, unsigned options,
		    uint64_t redirect);
/* Also tell it of keys with that prefix; TRACKING_BCAST is set. */
void		 tracking_add_prefix(struct session *, struct bytes prefix);
/* It is no tracker any more; it need not have been one. */
void		 tracking_end(struct session *);
/* The options of a session, -1 if it is no tracker. */
int		 tracking_options(const struct session *);
/* Where its messages go; 0: to itself. */
uint64_t	 tracking_redirect(const struct session *);
/* Whether that is gone. */
bool		 tracking_is_broken(const struct session *);
/* One of its own prefixes that overlaps with that one; false: none does. */
bool		 tracking_overlaps(const struct session *, struct bytes prefix,
		    struct bytes *own);
/* Whether two prefixes overlap: one begins with the other. */
bool		 tracking_prefixes_overlap(struct bytes, struct bytes);
/* Answer its prefixes, sorted. */
void		 tracking_reply_prefixes(const struct session *,
		    struct reply *);
/* CLIENT CACHING: the next call is an exception. */
void		 tracking_except(struct session *);
bool		 tracking_excepts(const struct session *);

/* A call of a tracker has run: it knows the keys, if it only reads them. */
void		 tracking_read(const struct call *);
/* A request of a tracker is through: an exception may be over. */
void		 tracking_called(const struct call *);

/* Nobody is told anything in between. */
void		 tracking_pause(struct engine *);
void		 tracking_resume(struct engine *);
/* Whether anybody tracks: a look that costs nothing. */
bool		 tracking_is_on(const struct engine *);
/*
 * Keys, whose shards are locked, have changed through the session (NULL: an
 * agent).  Sorts them.
 */
void		 tracking_changed(struct engine *, const struct session *by,
		    struct bytes *keys, size_t n);
/* A whole database has been removed: they are to forget everything. */
void		 tracking_flushed(struct engine *);

struct tracking_counts {
	size_t	clients;
	size_t	keys;
	size_t	items;			/* pairs of a key and a client */
	size_t	prefixes;
};
void		 tracking_count(struct engine *, struct tracking_counts *);

#endif
