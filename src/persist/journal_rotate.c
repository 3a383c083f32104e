/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One segment after the other, and the way back after a failure.
 */
#include "persist/journal_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "persist/io.h"
#include "persist/segment.h"

void
journal_use(struct journal *j, int fd, uint64_t start, uint64_t offset,
    uint32_t crc)
{
	j->fd = fd;
	j->start = start;
	j->offset = j->allocated = j->filled = offset;
	j->crc = crc;
	j->rotate_at = j->segment_size;
	j->rotate_soon = false;
}

/* Leading, with the sync lock, and all that is written on the disk. */
static bool
next_segment(struct journal *j, uint64_t start)
{
	struct frame_header h = { .start = start, .last_crc = j->crc,
	    .durable = journal_durable(j) };
	int fd, old = j->fd;
	uint64_t length;

	if ((fd = segment_create(j->dir, &h, j->uuid, &length)) < 0) {
		j->rotate_at = j->offset + JOURNAL_ALLOCATE;
		log_error("no new segment of the journal: %s/log-%020" PRIu64
		    ".rsp: %s", io_dir_path(j->dir), start, strerror(errno));
		return (false);
	}
	/* Give back what was allocated; zeros at the end do no harm. */
	if (!atomic_load(&j->failed) && io_truncate(old, j->offset) != 0)
		log_warning("cannot truncate a segment of the journal: %s",
		    strerror(errno));
	atomic_fetch_add(&j->older_bytes, j->offset);
	lock_take(&j->write);
	journal_use(j, fd, start, length, h.crc);
	lock_release(&j->write);
	io_close(old);
	return (true);
}

/* Drop what is not written; returns the position it comes to. */
static uint64_t
give_up(struct journal *j)
{
	uint64_t position;

	lock_take(&j->append);
	position = atomic_load(&j->appended);
	/* A name of its own. */
	if (position == j->start)
		atomic_store(&j->appended, ++position);
	buf_clear(&j->pending, 0);
	j->discard = false;
	j->db = 0;
	lock_release(&j->append);
	buf_clear(&j->frame, 0);
	return (position);
}

/*
 * After a failure: what is not written never will be, and is not needed once
 * there is a snapshot.  What is appended from now on goes to a new file; until
 * the snapshot is safe frames say `durable` as before, for a start without it.
 */
static bool
revive(struct journal *j, uint64_t *start)
{
	if (journal_is_strict(j))
		return (false);
	*start = give_up(j);
	if (!next_segment(j, *start)) {
		lock_take(&j->append);
		j->discard = true;
		lock_release(&j->append);
		return (false);
	}
	lock_take(&j->write);
	j->in_flight = *start;
	atomic_store(&j->reviving, true);
	atomic_store(&j->written, *start);
	atomic_store(&j->synced, *start);
	atomic_store(&j->unsynced_since, 0);
	atomic_store(&j->failed, false);
	lock_release(&j->write);
	return (true);
}

static bool
rotate_leading(struct journal *j, uint64_t *start)
{
	if (atomic_load(&j->failed))
		return (revive(j, start));
	if (!journal_commit(j) || !journal_sync_leading(j))
		return (false);
	*start = j->in_flight;
	return (*start == j->start || next_segment(j, *start));
}

bool
journal_rotate(struct journal *j, uint64_t *start)
{
	bool ok;

	lock_assert_none();
	lock_take(&j->sync);
	/* Most of it before others have to wait. */
	journal_sync_beside(j);
	lock_take(&j->write);
	while (j->leading)
		lock_wait(&j->write, &j->done[(j->generation + 1) & 1]);
	journal_lead(j);
	lock_release(&j->write);
	ok = rotate_leading(j, start);
	lock_take(&j->write);
	journal_lead_no_more(j);
	lock_release(&j->write);
	lock_release(&j->sync);
	return (ok);
}

/* The snapshot holds everything up to start: nothing is missing any more. */
static void
revived(struct journal *j, uint64_t before)
{
	lock_take(&j->write);
	if (atomic_load(&j->reviving) && !atomic_load(&j->failed) &&
	    before >= j->start) {
		atomic_store(&j->reviving, false);
		journal_raise(&j->durable, atomic_load(&j->synced));
		if (!atomic_load(&j->stalled))
			atomic_store(&j->error, 0);
		log_notice("the journal works again, in a new segment from "
		    "position %" PRIu64 " on", j->start);
	}
	lock_release(&j->write);
}

void
journal_forget(struct journal *j, uint64_t before)
{
	lock_take(&j->sync);
	revived(j, before);
	atomic_store(&j->early, false);
	segment_unlink(j->dir, before, j->start);
	atomic_store(&j->older_bytes, segment_total(j->dir, j->start));
	lock_release(&j->sync);
}
