/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a command's body touches data.  Keys are named by the number of the
 * argument that is the key, which the command's row must have declared:
 * its shard is then locked.  A key whose deadline has passed is absent.
 */
#ifndef ENGINE_KEY_H
#define ENGINE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "value/value.h"

struct call;

/*
 * The value of the key, lent until the key changes or the call ends; of type
 * VALUE_NONE if the key is absent.
 */
struct value	key_get(struct call *, size_t arg);
/* Whether it is there; does not count as a hit or miss. */
bool		key_exists(struct call *, size_t arg);
/* Its deadline in ms since the epoch; 0 if it has none or is absent. */
int64_t		key_deadline(struct call *, size_t arg);
/*
 * Set the key to the value, which this takes, with that deadline (0: none),
 * replacing whatever was there.
 */
void		key_set(struct call *, size_t arg, struct value *,
		    int64_t deadline);
/* Remove the key; whether it was there. */
bool		key_delete(struct call *, size_t arg);

/*
 * Whole databases.  The first two take the shards one after the other, for
 * commands that declare no keys; the last is for CMD_ALL_KEYS.
 */

/* Called for each key under its shard's lock; false stops. */
typedef bool	key_visit(struct bytes key, void *arg);
void		key_each(struct call *, unsigned db, key_visit *, void *arg);
struct key_counts {
	uint64_t	keys;		/* expired ones included, as in Redis */
	uint64_t	volatiles;	/* of these, with a deadline */
};
void		key_count(struct call *, unsigned db, struct key_counts *);
/* Add a key chosen at random to out; false if there is none. */
bool		key_random(struct call *, unsigned db, struct buf *out);
/* Remove all keys of the database; how many there were. */
uint64_t	key_flush(struct call *, unsigned db);

#endif
