/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MULTI: the requests of a transaction, kept until EXEC runs them all as one
 * call: all shards of all keys are locked at once, so that nobody sees half
 * of it, and what changed is published once.
 */
#ifndef ENGINE_MULTI_H
#define ENGINE_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/value.h"

struct call;
struct command;
struct session;

struct queued {
	const struct command	*command;
	struct value		*args;
	uint64_t		*hashes;	/* as of struct call */
	size_t			 argc;
};

/* All zero: no transaction. */
struct multi {
	struct queued	*queue;
	size_t		 count;
	size_t		 size;
	bool		 open;
	bool		 failed;	/* a request was wrong: EXEC refuses */
};

/* Take the call's request into the queue and answer. */
void	multi_queue(struct call *);
/* End the session's transaction, if it is in one, and all watches. */
void	multi_end(struct session *);
/* For EXEC: name the shards of all queued requests. */
void	multi_plan(struct call *);
/* Whether a queued request's command has one of the flags. */
bool	multi_has(const struct multi *, unsigned flags);
/* For EXEC: run them all and answer. */
void	multi_run(struct call *);

#endif
