/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole databases.  What reads takes the shards one after the other, for
 * commands that declare no keys but are CMD_EACH_SHARD; what changes is for
 * CMD_ALL_KEYS.
 */
#ifndef ENGINE_KEYS_H
#define ENGINE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "value/value.h"

struct call;

/*
 * Called for each key under its shard's lock; false stops.  Each that is there
 * throughout is visited, and none twice.
 */
typedef bool	keys_visit(struct bytes key, void *arg);
void		keys_each(struct call *, unsigned db, keys_visit *, void *arg);
struct keys_counts {
	uint64_t	keys;		/* expired ones included, as in Redis */
	uint64_t	volatiles;	/* of these, with a deadline */
	uint64_t	slots;		/* of the tables */
};
void		keys_count(struct call *, unsigned db, struct keys_counts *);
/* Add a key chosen at random to out; false if there is none. */
bool		keys_random(struct call *, unsigned db, struct buf *out);
/*
 * Go on with a scan of the call's database: visit about count keys from the
 * cursor on, 0 at first; returns the next cursor, 0 when all are through.
 * Every key that is there from the first to the last call is visited, some
 * perhaps twice, whatever changes in between.
 */
typedef void	keys_scan_visit(struct bytes key, enum value_type, void *arg);
uint64_t	keys_scan(struct call *, uint64_t cursor, size_t count,
		    keys_scan_visit *, void *arg);
/* Remove all keys of the database; how many there were. */
uint64_t	keys_flush(struct call *, unsigned db);
/* The keys of one database are those of the other, and the reverse. */
void		keys_swap(struct call *, unsigned a, unsigned b);

#endif
