/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One writes for all: what has been appended becomes a frame, the frame is
 * written, and under always synced.
 */
#include "persist/journal_parts.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "persist/io.h"

enum {
	KEEP	= 1 << 20,	/* of a buffer that is empty */
	FILL	= 256 << 10,	/* bytes of zeros at once */
};

/* Give up for good: what has been appended since durable may be lost. */
static void
fail(struct journal *j, const char *what, int error)
{
	bool before;

	lock_take(&j->append);
	j->discard = true;
	buf_clear(&j->pending, 0);
	j->db = 0;
	before = atomic_exchange(&j->failed, true);
	atomic_store(&j->stalled, false);
	atomic_store(&j->reviving, false);
	atomic_store(&j->error, error);
	lock_release(&j->append);
	if (before)
		return;
	log_error("the journal has failed: %s: %s: %s/log-%020" PRIu64 ".rsp; "
	    "positions after %" PRIu64 " may not be on the disk", what,
	    strerror(error), io_dir_path(j->dir), j->start,
	    journal_durable(j));
	if (j->on_failure != NULL)
		j->on_failure(j->arg, error);
}

void
journal_raise(_Atomic uint64_t *to, uint64_t position)
{
	uint64_t before = atomic_load(to);

	while (before < position && !atomic_compare_exchange_weak(to, &before,
	    position))
		;
}

/* Everything up to there is on the disk, as far as this file goes. */
static void
note_synced(struct journal *j, uint64_t position)
{
	atomic_fetch_add_explicit(&j->syncs, 1, memory_order_relaxed);
	journal_raise(&j->synced, position);
	if (!atomic_load(&j->reviving))
		journal_raise(&j->durable, position);
}

static bool
is_full(int error)
{
	return (error == ENOSPC || error == EDQUOT);
}

/* A file error in the leader's hands: wait for room, or fail. */
static void
stall_or_fail(struct journal *j, const char *what, int error)
{
	if (!is_full(error)) {
		fail(j, what, error);
		return;
	}
	atomic_store(&j->error, error);
	if (!atomic_exchange(&j->stalled, true))
		log_error("the journal waits for room on the disk: %s: %s; "
		    "writes are refused meanwhile", io_dir_path(j->dir),
		    strerror(error));
}

/* Everything pending becomes one frame, unless one is there to be retried. */
static void
gather(struct journal *j)
{
	struct frame f = { .first = j->in_flight + 1 };
	struct buf empty = j->frame;

	if (j->frame.length != 0)
		return;
	lock_take(&j->append);
	j->frame = j->pending;
	j->pending = empty;
	if (j->db != 0)
		journal_add_select(&j->frame, 0);
	j->db = 0;
	f.last = atomic_load(&j->appended);
	lock_release(&j->append);
	if (j->frame.length == 0)
		return;
	j->in_flight = f.last;
	j->told = f.durable = journal_durable(j);
	frame_finish(&j->frame, 0, &f, &j->crc, j->seed);
}

/* Room on the disk ahead of time: the file need not grow with each frame. */
static void
allocate(struct journal *j)
{
	uint64_t end = j->offset + j->frame.length;
	uint64_t length = JOURNAL_ALLOCATE;

	if (end <= j->allocated)
		return;
	while (j->allocated + length < end)
		length += JOURNAL_ALLOCATE;
	if (length > j->segment_size && end <= j->segment_size)
		length = j->segment_size;
	/* If it does not work the write will say so. */
	if (io_allocate(j->fd, j->allocated, length) == 0)
		j->allocated += length;
}

/*
 * A file system notes in its own journal that an allocated place has been
 * written for the first time, and a sync has to wait for that, too: a third of
 * its time.  So the first frame in a piece of the file fills it for the next.
 */
static void
fill(struct journal *j)
{
	static char zeros[FILL];
	uint64_t end = j->offset + j->frame.length, length;

	if (end <= j->filled || end > j->allocated || !journal_is_strict(j))
		return;
	length = j->allocated - end < FILL ? j->allocated - end : FILL;
	/* If it does not work the write or the sync will say so. */
	io_write(j->fd, bytes_make(zeros, length), end);
	j->filled = end + length;
}

bool
journal_sync_leading(struct journal *j)
{
	if (io_sync(j->fd) != 0) {
		fail(j, "fdatasync", errno);
		return (false);
	}
	note_synced(j, atomic_load(&j->written));
	atomic_store(&j->unsynced_since, 0);
	return (true);
}

/* The frame is in the file. */
static void
note_written(struct journal *j)
{
	if (atomic_exchange(&j->stalled, false)) {
		atomic_store(&j->error, 0);
		log_notice("the journal has room on the disk again");
	}
	lock_take(&j->write);
	j->offset += j->frame.length;
	if (atomic_load(&j->written) < j->in_flight &&
	    atomic_load(&j->unsynced_since) == 0)
		atomic_store(&j->unsynced_since, clock_monotonic_us());
	atomic_store(&j->written, j->in_flight);
	lock_release(&j->write);
	buf_clear(&j->frame, KEEP);
	atomic_fetch_add_explicit(&j->frames, 1, memory_order_relaxed);
}

bool
journal_commit(struct journal *j)
{
	if (atomic_load(&j->failed))
		return (false);
	if (j->frame.length != 0) {
		allocate(j);
		fill(j);
		if (io_write(j->fd, buf_bytes(&j->frame), j->offset) != 0) {
			stall_or_fail(j, "write", errno);
			return (false);
		}
		note_written(j);
	}
	return (!journal_is_strict(j) ||
	    atomic_load(&j->synced) >= j->in_flight ||
	    journal_sync_leading(j));
}

void
journal_tell(struct journal *j)
{
	struct frame f = { .first = j->in_flight + 1, .last = j->in_flight,
	    .durable = journal_durable(j) };

	frame_finish(&j->frame, 0, &f, &j->crc, j->seed);
	j->told = f.durable;
}

void
journal_lead(struct journal *j)
{
	assert(!j->leading);
	j->leading = true;
	if (!atomic_load(&j->failed))
		gather(j);
}

void
journal_lead_no_more(struct journal *j)
{
	j->leading = false;
	must(pthread_cond_broadcast(&j->done[j->generation & 1]));
	j->generation++;
	if (atomic_load(&j->error) != 0)
		must(pthread_cond_broadcast(&j->done[j->generation & 1]));
	else
		must(pthread_cond_signal(&j->done[j->generation & 1]));
	if (j->offset >= j->rotate_at && !j->rotate_soon) {
		j->rotate_soon = true;
		must(pthread_cond_signal(&j->keep));
	}
	if (atomic_load(&j->error) != 0)
		must(pthread_cond_signal(&j->keep));
}

bool
journal_sync_beside(struct journal *j)
{
	int64_t now = clock_monotonic_us();
	uint64_t written;
	int fd;

	lock_take(&j->write);
	written = atomic_load(&j->written);
	fd = j->fd;
	lock_release(&j->write);
	if (atomic_load(&j->failed))
		return (false);
	if (atomic_load(&j->synced) >= written)
		return (true);
	if (io_sync(fd) != 0) {
		fail(j, "fdatasync", errno);
		lock_take(&j->write);
		must(pthread_cond_broadcast(&j->done[0]));
		must(pthread_cond_broadcast(&j->done[1]));
		must(pthread_cond_broadcast(&j->room));
		lock_release(&j->write);
		return (false);
	}
	lock_take(&j->write);
	note_synced(j, written);
	atomic_store(&j->unsynced_since,
	    atomic_load(&j->synced) < atomic_load(&j->written) ? now : 0);
	must(pthread_cond_broadcast(&j->room));
	lock_release(&j->write);
	return (true);
}
