/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the records of the journal when the server starts, as a client without
 * a socket would, but that nothing expires meanwhile.
 */
#ifndef AGENTS_REPLAY_H
#define AGENTS_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct engine;
struct replay;

/* For an engine that has no journal yet and that nobody else uses. */
struct replay	*replay_new(struct engine *);
void		 replay_free(struct replay **);
/*
 * Apply one record, for struct recover_options; arg is the replay.  False: it
 * cannot be, and replay_wrong() says why.
 */
bool		 replay_apply(void *arg, uint64_t position, unsigned db,
		    struct bytes record);
struct bytes	 replay_wrong(const struct replay *);

#endif
