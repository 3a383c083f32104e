/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the journal's own files share, and nobody else includes: journal.c is
 * what callers see, journal_commit.c gets frames to the disk, journal_rotate.c
 * changes files, journal_keeper.c is the thread.
 *
 * Read commit_note in journal.h first.  Three locks: `append` is held for a
 * memcpy, under shards; `write` says who leads, and is never held over I/O;
 * `sync` is held over fdatasync(2) by those who sync beside the leader, so
 * that none closes the file under another.
 *
 * Errors: a full disk (ENOSPC, EDQUOT) stalls.  The frame is kept and tried
 * again at the same place, and writers are refused meanwhile.  Everything
 * else is for good: a second fsync after one that failed lies, so there is none.
 */
#ifndef PERSIST_JOURNAL_PARTS_H
#define PERSIST_JOURNAL_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/lock.h"
#include "persist/journal.h"

enum {
	JOURNAL_ALLOCATE	= 16 << 20,	/* bytes at once */
	JOURNAL_RETRY_MS	= 100,	/* after a full disk, and then longer */
};

struct journal {
	struct io_dir	*dir;
	uint8_t		 uuid[FRAME_UUID];
	uint32_t	 seed;
	uint64_t	 segment_size;
	void		(*on_failure)(void *arg, int error);
	void		*arg;
	atomic_int	 mode;

	/* durable <= synced <= written <= appended */
	_Atomic uint64_t appended __attribute__((aligned(64)));
	struct lock	 append;	/* guards what follows, and appended */
	struct buf	 pending;	/* records that no frame has yet */
	unsigned	 db;		/* which one is selected at its end */
	bool		 discard;	/* failed: nothing will be written */

	_Atomic uint64_t written __attribute__((aligned(64)));
	_Atomic uint64_t synced;
	_Atomic uint64_t durable;	/* what frames say; less while reviving */
	atomic_int	 error;		/* why no write may begin; 0: it may */
	atomic_bool	 failed;	/* nothing can be written any more */
	atomic_bool	 reviving;	/* had failed, and writes a new segment */
	atomic_bool	 stalled;	/* the disk is full: the frame waits */
	atomic_bool	 early;		/* nobody waits for it, yet or any more */
	atomic_bool	 retired;	/* set under append, and under write */
	_Atomic int64_t	 unsynced_since;	/* 0: all is synced */
	_Atomic uint64_t frames, syncs;

	struct lock	 write;		/* guards what follows */
	bool		 leading;	/* somebody is writing */
	uint64_t	 in_flight;	/* up to where, it or the last one */
	unsigned	 generation;	/* of frames: whom done[] is for */
	pthread_cond_t	 done[2];
	pthread_cond_t	 room;		/* for those who write too much */
	pthread_cond_t	 keep;		/* the keeper has something to do */
	bool		 rotate_soon;
	bool		 stop;

	/* The leader's; fd, start and offset change under write. */
	struct buf	 frame;		/* what is being written */
	uint64_t	 told;		/* the durable of the last frame */
	int		 fd;
	uint64_t	 start;
	uint64_t	 offset;
	uint64_t	 allocated;	/* up to where it has room */
	uint64_t	 filled;	/* with zeros, so far */
	uint32_t	 crc;

	uint64_t	 rotate_at;	/* the offset */

	struct lock	 sync;		/* held where the file must stay open */
	_Atomic uint64_t older_bytes;	/* in segments before this one */
	pthread_t	 keeper;
};

/* journal.c: another database from here on. */
void	journal_add_select(struct buf *, unsigned db);

/* journal_commit.c */

/* Begin and end leading; both under the write lock. */
void	journal_lead(struct journal *);
void	journal_lead_no_more(struct journal *);
/* Leading: write the frame.  False, with the frame still there, if it is not. */
bool	journal_commit(struct journal *);
/* Leading: all that is written is on the disk. */
bool	journal_sync_leading(struct journal *);
/*
 * Sync what is written, beside a leader who goes on writing.  With the sync
 * lock, so the file stays open.
 */
bool	journal_sync_beside(struct journal *);
/* Move it up: several sync, and none may take back what another knows. */
void	journal_raise(_Atomic uint64_t *, uint64_t position);
/* Leading, nothing to write: a frame without records, which tells `durable`. */
void	journal_tell(struct journal *);

/* journal_rotate.c */

/* Go on writing there; under the write lock, or before there are others. */
void	journal_use(struct journal *, int fd, uint64_t start, uint64_t offset,
	    uint32_t crc);

/* journal_keeper.c: the thread, whose argument is the journal. */
void	*journal_keep(void *);

#endif
