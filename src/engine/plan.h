/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which arguments of a call are keys, and which shards it needs therefore.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct call;

/*
 * Hash the keys of an admitted call, and name their shards in c->locks, which
 * is not held yet.  The hashes are in the call, or in the session's room for
 * many, good until its next call.
 */
void	plan_call(struct call *);
/* The same of a call within EXEC's, which brings room for the hashes. */
void	plan_shards(struct call *);
/* Set c->more from the arguments; whether all shards are wanted. */
bool	plan_more_keys(struct call *);
/* Whether the argument was declared to be a key. */
bool	plan_has_key(const struct call *, size_t arg);
/* Whether it is a key for which call_wait() waits. */
bool	plan_waits_for(const struct call *, size_t arg);

#endif
