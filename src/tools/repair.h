/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can still be done about a data directory that is damaged.
 */
#ifndef TOOLS_REPAIR_H
#define TOOLS_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct io_dir;
struct manifest;
struct snapshot_loss;

/*
 * A manifest from what the other files say of themselves: the latest snapshot
 * that a segment of the journal goes on from, or a journal from its begin.
 * False: there is no such thing, or errno.
 */
bool	repair_manifest(struct io_dir *, struct manifest *);
/*
 * What loss a snapshot has had that cannot be loaded; with repair a new one of
 * the rest takes its place, in the manifest too, and the old one goes to
 * quarantine/.  The journal, up to position last, will not bring back the keys
 * of sections that are lost.  False: nothing of it can be read, or errno.
 */
bool	repair_snapshot(struct io_dir *, struct manifest *, uint64_t last,
	    bool repair, struct snapshot_loss *);

#endif
