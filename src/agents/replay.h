/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the records of the journal when the server starts, as clients without
 * sockets would, but that nothing expires meanwhile.
 *
 * lane_note: records are gathered into a batch, sorted by their keys' shards
 * into lanes, and while the next batch is gathered threads apply the one
 * before, a lane each at a time.  So those of one key are applied in order, and
 * a key's slot is fetched while others are applied.  A record that is not
 * about one key runs alone, when all before it are applied.
 */
#ifndef AGENTS_REPLAY_H
#define AGENTS_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct engine;
struct replay;

/*
 * For an engine that has no journal yet and that nobody else changes; with so
 * many threads at most, the caller's among them; 0: as many as there are
 * processors.
 */
struct replay	*replay_new(struct engine *, unsigned threads);
/* What has not been applied never will be.  NULL inside is fine. */
void		 replay_free(struct replay **);
/*
 * Apply one record, now or soon, for struct recover_options; arg is the
 * replay.  False: that or one before cannot be, and replay_wrong() says why.
 */
bool		 replay_apply(void *arg, uint64_t position, unsigned db,
		    struct bytes record);
/* The same for struct recover_options: all are applied when it returns. */
bool		 replay_finish(void *arg);
/* What was wrong; nothing is applied any more, if something was. */
struct bytes	 replay_wrong(struct replay *);

#endif
