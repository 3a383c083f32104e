/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a call may run: its arguments, who asks, what the server is doing,
 * whether there is memory for it and a journal that would tell of it.
 */
#ifndef ENGINE_ADMIT_H
#define ENGINE_ADMIT_H

#include <stdbool.h>

struct call;

/*
 * Whether the call, which has its command, may run; it has its arguments as its
 * body wants them then.  False: answered.  No shard is locked but the one that
 * the session holds on to (hold.h), and not even that where keys are to be
 * evicted or the journal has fallen behind, which may sleep.
 */
bool	admit_call(struct call *);

#endif
