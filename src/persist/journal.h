/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: every change as a RESP command, in the order in which changes
 * were made, in files that are only appended to.  A position counts records;
 * a change's is taken under the locks of its shards (journal_append), and its
 * bytes reach the disk later, without them (journal_wait).
 *
 * commit_note: who waits for a position and finds nobody writing leads: it
 * writes, and under always syncs, one frame with all that has been appended
 * until then.  Those who come meanwhile wait; when it is done all whom that
 * frame covered go, and one of the others leads next.
 */
#ifndef PERSIST_JOURNAL_H
#define PERSIST_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "persist/frame.h"

struct io_dir;
struct journal;

/* The number of a database is less, in the journal. */
enum { JOURNAL_DATABASES = 1000 };

/* appendfsync */
enum journal_mode {
	JOURNAL_ALWAYS,		/* an answer's changes are on the disk */
	JOURNAL_EVERYSEC,	/* the kernel has them, the disk within 1 s */
	JOURNAL_NO,		/* the kernel has them */
};

/* Where appending goes on: what recovery found, or a new beginning. */
struct journal_end {
	uint64_t	start;		/* of the last segment, its name */
	uint64_t	offset;		/* in it; 0: there is none yet */
	uint64_t	position;	/* of the last record, on the disk */
	uint32_t	crc;		/* of the chain */
};

struct journal_options {
	struct io_dir		*dir;		/* outlives the journal */
	uint8_t			 uuid[FRAME_UUID];
	enum journal_mode	 mode;
	uint64_t		 segment_size;	/* 0: 64 MiB */
	/*
	 * What is in it counts only behind a snapshot that is yet to be taken:
	 * until journal_forget() nobody waits for it.
	 */
	bool			 early;
	/*
	 * Called by any thread when the disk has failed for good with that
	 * errno: under always nothing can be acknowledged any more.  Must
	 * not call the journal.  May be NULL.
	 */
	void			(*failed)(void *arg, int error);
	void			*arg;
};

struct journal_stats {
	uint64_t	appended, written, durable;	/* positions */
	uint64_t	start;		/* of the segment that is written */
	uint64_t	bytes;		/* in all segments */
	uint64_t	frames, syncs;	/* since the start */
	int64_t		unsynced_us;	/* age of what is written, not synced */
	int		error;		/* errno of what stands in the way, or 0 */
	bool		failed;		/* it takes a snapshot to go on */
};

/*
 * Go on behind end (with offset 0: in a new segment that starts at
 * end->position) and start the thread that syncs each second.  NULL with errno.
 */
struct journal	*journal_open(const struct journal_options *,
		    const struct journal_end *);
/* Write and sync all there is, and end; NULL inside is fine.  False if not
 * all could be synced.  Nobody else may be inside any more. */
bool		 journal_close(struct journal **);
/*
 * Write and sync all there is, and end, with others inside, for whom it stays
 * until it is closed: what they append from now on is dropped, and nobody
 * waits.  False if not all could be synced.
 */
bool		 journal_retire(struct journal *);
/* Whether it has not been retired; and whether nobody waits for it yet. */
bool		 journal_is_on(const struct journal *);
bool		 journal_is_early(const struct journal *);
void		 journal_set_mode(struct journal *, enum journal_mode);
/* Whether it is always. */
bool		 journal_is_strict(const struct journal *);

/*
 * Append a group of records, as RESP commands, that happens altogether or not
 * at all.  Called under the locks of all shards that it changes; only copies.
 * Returns the position of the last record.
 */
uint64_t	 journal_append(struct journal *, unsigned db,
		    struct bytes commands, unsigned records);
/* Of the last record appended, and of the last known to be on the disk. */
uint64_t	 journal_position(const struct journal *);
uint64_t	 journal_durable(const struct journal *);
/* Whether the disk has failed: only a snapshot helps. */
bool		 journal_has_failed(const struct journal *);

/*
 * Sleep, holding no lock, until the position is as safe as the mode wants.
 * While the disk is full that lasts.  False: the disk has failed, it cannot be.
 */
bool		 journal_wait(struct journal *, uint64_t position);
/*
 * The same until it is on the disk, whatever the mode; false also if that was
 * not so by then (us of the monotonic clock, 0: for ever).
 */
bool		 journal_sync(struct journal *, uint64_t position,
		    int64_t until);
/*
 * For a snapshot before it counts: all that has been appended, up to *position,
 * is on the disk, after a failure in the new segment.  False: the disk fails.
 */
bool		 journal_settle(struct journal *, uint64_t *position);
/*
 * Before a command that writes, holding no lock: false if it must be refused,
 * since the disk is full or has failed.  Sleeps under everysec while something
 * has waited for the disk for more than 2 s: so no more than that is lost.
 */
bool		 journal_may_write(struct journal *);
/* Whether it would say so at once; and why it would not, an errno or 0. */
bool		 journal_is_at_ease(const struct journal *);
int		 journal_error(const struct journal *);

/*
 * Begin a new segment: records after *start are in it, all before are on the
 * disk.  False: the old one is used further.
 *
 * When the disk has failed, and it is not always, this begins a new file all
 * the same, in which what is appended from then on can be made safe;
 * journal_may_write() gets true again with journal_forget(*start), after a
 * snapshot of everything at or after *start is safe and the manifest names it.
 */
bool		 journal_rotate(struct journal *, uint64_t *start);
/*
 * Remove the segments that hold only positions up to before, once a manifest
 * that does not want them is safe.
 */
void		 journal_forget(struct journal *, uint64_t before);

void		 journal_stats(struct journal *, struct journal_stats *);

#endif
