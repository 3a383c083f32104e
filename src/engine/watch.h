/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WATCH: who wants to know whether a key changes before EXEC.  A shard lists
 * the watches on its keys, so that a change looks at its own shard's alone,
 * mostly at none; a session lists its own.
 */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct call;
struct engine;
struct lockset;
struct session;
struct watch;

/* Watch a key that the call declares; its shard is locked for writing. */
void	watch_add(struct call *, size_t arg);
/* Forget all watches of the session; no lock is held before or after. */
void	watch_clear(struct session *);
/* Name the shards of the session's watches. */
void	watch_plan(const struct session *, struct lockset *);
/*
 * Whether a watched key has changed, or expired at that time (ms since the
 * epoch); with the shards that watch_plan() named locked.
 */
bool	watch_fails(const struct session *, int64_t now);
/* A key of the shard, locked for writing, has changed. */
void	watch_changed(struct engine *, uint32_t shard, unsigned db,
	    struct bytes key);
/* The same of a key that was removed since its time had come. */
void	watch_expired(struct engine *, uint32_t shard, unsigned db,
	    struct bytes key);
/* All keys of a database in the shard, locked for writing, are to go. */
void	watch_flushed(struct engine *, uint32_t shard, unsigned db);
/* Two databases' keys in the shard, locked for writing, are to change places. */
void	watch_swapped(struct engine *, uint32_t shard, unsigned a, unsigned b);

#endif
