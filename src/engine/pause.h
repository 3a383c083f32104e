/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLIENT PAUSE: for a while nobody's commands run, or nobody's that write.
 * They sleep meanwhile as BLPOP does: without a lock and with their place lent.
 */
#ifndef ENGINE_PAUSE_H
#define ENGINE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct engine;
struct session;

/*
 * From now on, at least until that time (us of the monotonic clock), no command
 * runs, or with all false none that writes.  What was longer or stricter stays.
 */
void	pause_start(struct engine *, int64_t until, bool all);
/* It is over. */
void	pause_end(struct engine *);
/* Whether the call has to wait for its end. */
bool	pause_holds(const struct call *);
/* With no lock: wait for it; false if the client has gone meanwhile. */
bool	pause_sleep(struct call *);

#endif
