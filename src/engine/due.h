/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The due queue, one for the whole server, as a command's body sees it.
 *
 * It is no key, so that no KEYS, FLUSHDB or SWAPDB meets it, but the lock of
 * shard 0 guards it: a call that says CMD_DUE takes that with those of its
 * keys, all at once and in order, so that the queue is part of a transaction
 * and needs no lock of its own.  To the journal, what happens to it will be
 * something that happens in shard 0.
 */
#ifndef ENGINE_DUE_H
#define ENGINE_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct value;

enum { DUE_SHARD = 0 };		/* its lock is the queue's */

/* How many values there are. */
size_t	due_length(struct call *);
/* Take a value that is due at that time, in us since the epoch. */
void	due_add(struct call *, int64_t time_us, struct value *);
/*
 * Take the earliest value off if it is due by that time; it is the caller's to
 * free.
 */
bool	due_take(struct call *, int64_t time_us, struct value *);
/* Remove all; how many there were. */
size_t	due_flush(struct call *);

#endif
