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

#include "resp/request.h"

struct call;
struct command_range;
struct keyspace;
struct value;

enum { AHEAD_MOST = 32, AHEAD_ARGS = 112 };

/* All zero is a look at nothing. */
struct ahead {
	unsigned	next;		/* of the requests below */
	unsigned	count;
	unsigned	fetched;	/* before that one elements are, too */
	const char	*at;		/* where that one begins */
	bool		 pipelined;	/* the last that came did not come alone */
	/* Of the request that was read last: the hash of argument 1. */
	bool		has_hash;
	uint64_t	hash;		/* as of keyspace_hash() */
	struct {
		uint32_t	length;		/* in bytes */
		uint16_t	first;		/* of its spans */
		uint16_t	args;		/* 0: who reads it will see */
		uint64_t	hash;		/* of argument 1, if there is one */
	} requests[AHEAD_MOST];
	struct request_span spans[AHEAD_ARGS];
};

/*
 * Whether reading the next request from the stream will not sleep; db is where
 * its keys will be looked for.  No lock is held before or after.
 */
bool	ahead_look(struct ahead *, FILE *in, struct keyspace *, unsigned db);
/*
 * Read the next request from its stream, if the look has seen what its
 * arguments are; returns how many bytes that took, 0 if nothing was read.
 */
size_t	ahead_take(struct ahead *, struct request *);
/*
 * A request has been read otherwise: returns how many bytes it took, 0 if that
 * is not known.
 */
size_t	ahead_passed(struct ahead *, FILE *in);
/* Whether a request is here whose argument 1, perhaps a key, has *hash. */
bool	ahead_next_hash(const struct ahead *, uint64_t *hash);

/*
 * The same look at the keys of one call, which are hashed: first for their
 * slots; then, once their shards are locked, for their entries.
 */
void	ahead_fetch_slots(const struct call *, const struct command_range *keys);
void	ahead_fetch_entries(const struct call *,
	    const struct command_range *keys);
/*
 * The same for what the call, and those behind it with the same argument 1,
 * will look for in that key's value.
 */
void	ahead_fetch_elements(const struct call *, const struct value *);

#endif
