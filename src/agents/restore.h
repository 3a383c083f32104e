/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the data of a directory at start: the snapshot, section by section on
 * all cores, and then what the journal tells of the time after it.
 */
#ifndef AGENTS_RESTORE_H
#define AGENTS_RESTORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "persist/journal.h"
#include "persist/snapshot.h"

struct engine;
struct io_dir;
struct manifest;

struct restore {
	struct io_dir			*dir;
	const struct manifest		*manifest;
	/* Empty; of restore_shards() shards. */
	struct engine			*engine;
	/* The snapshot's; its stop gives up the whole. */
	struct snapshot_progress	*progress;
	_Atomic uint64_t		 total;		/* bytes to be read */
	_Atomic uint64_t		 journal;	/* of these, of the journal's */
	/* What restore() leaves. */
	uint64_t			 snapshot_bytes;
	struct journal_end		 end;		/* if there is a journal */
	uint64_t			 position;	/* of the last change there is */
};

/*
 * How many shards the keyspace must have at first: those of the snapshot, since
 * each has a position of its own in the journal, or those of the setting.
 */
uint32_t	restore_shards(const struct manifest *);
/*
 * Load all of it; then the shards are as many as the setting says.  False: why,
 * and *status is what to exit with; or it was to stop, and *status is EX_OK.
 */
bool	restore(struct restore *, struct buf *wrong, int *status);

#endif
