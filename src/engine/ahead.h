/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A look at the requests that have arrived together, before the first of them
 * runs: how many are whole, and where their keys lie, which the processor then
 * fetches from memory while it works on the ones before.
 */
#ifndef ENGINE_AHEAD_H
#define ENGINE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct call;
struct command_range;
struct keyspace;

enum { AHEAD_MOST = 32 };

/* All zero is a look at nothing. */
struct ahead {
	unsigned	next;		/* of the requests below */
	unsigned	count;
	const char	*at;		/* where that one begins */
	/* Of the request that was read last: the hash of argument 1. */
	bool		has_hash;
	uint64_t	hash;		/* as of keyspace_hash() */
	struct {
		uint32_t	length;		/* in bytes */
		bool		has_key;
		uint64_t	hash;
	} requests[AHEAD_MOST];
};

/*
 * Whether reading the next request from the stream will not sleep; db is where
 * its keys will be looked for.  No lock is held before or after.
 */
bool	ahead_look(struct ahead *, FILE *in, struct keyspace *, unsigned db);
/*
 * A request has been read from the stream: returns how many bytes it took, 0
 * if that is not known, and sets the hash of its key if it is.
 */
size_t	ahead_passed(struct ahead *, FILE *in);

/*
 * The same look at the keys of one call, which are hashed: first for their
 * slots; then, once their shards are locked, for their entries.
 */
void	ahead_fetch_slots(const struct call *, const struct command_range *keys);
void	ahead_fetch_entries(const struct call *,
	    const struct command_range *keys);

#endif
