/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read commit_note in journal.h first.  Three locks: `append` is held for a
 * memcpy, under shards; `write` says who leads, and is never held over I/O;
 * `sync` is held over fdatasync(2) by those who sync beside the leader, so
 * that none closes the file under another.
 *
 * Errors: a full disk (ENOSPC, EDQUOT) stalls.  The frame is kept and tried
 * again at the same place, and writers are refused meanwhile.  Everything
 * else is for good: a second fsync after one that failed lies, so there is none.
 */
#include "persist/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "persist/io.h"
#include "persist/segment.h"

enum {
	SEGMENT_SIZE	= 64 << 20,
	ALLOCATE_STEP	= 16 << 20,
	KEEP		= 1 << 20,	/* of a buffer that is empty */
	TICK_MS		= 1000,
	RETRY_MS	= 100,		/* after a full disk, and then longer */
	UNSYNCED_US	= 2000000,
};

struct journal {
	struct io_dir	*dir;
	uint8_t		 uuid[FRAME_UUID];
	uint32_t	 seed;
	uint64_t	 segment_size;
	void		(*on_failure)(void *arg, int error);
	void		*arg;
	atomic_int	 mode;

	/* durable <= written <= appended */
	_Atomic uint64_t appended __attribute__((aligned(64)));
	struct lock	 append;	/* guards what follows, and appended */
	struct buf	 pending;	/* records that no frame has yet */
	unsigned	 db;		/* which one is selected at its end */
	bool		 discard;	/* failed: nothing will be written */

	_Atomic uint64_t written __attribute__((aligned(64)));
	_Atomic uint64_t durable;
	atomic_int	 error;		/* what stands in the way; 0: nothing */
	atomic_bool	 failed;	/* and does so for good */
	_Atomic int64_t	 unsynced_since;	/* 0: all is synced */
	_Atomic uint64_t frames, syncs;

	struct lock	 write;		/* guards what follows */
	bool		 leading;	/* somebody is writing */
	uint64_t	 in_flight;	/* up to where, it or the last one */
	unsigned	 generation;	/* of frames: whom done[] is for */
	pthread_cond_t	 done[2];
	pthread_cond_t	 synced;	/* for those who write too much */
	pthread_cond_t	 keep;		/* the keeper has something to do */
	bool		 rotate_soon;
	bool		 reviving;	/* failed, but there is a new segment */
	bool		 stop;

	/* The leader's; fd, start and offset change under write. */
	struct buf	 frame;		/* what is being written */
	int		 fd;
	uint64_t	 start;
	uint64_t	 offset;
	uint64_t	 allocated;
	uint32_t	 crc;

	uint64_t	 rotate_at;	/* the offset */

	struct lock	 sync;		/* held where the file must stay open */
	_Atomic uint64_t older_bytes;	/* in segments before this one */
	pthread_t	 keeper;
};

uint64_t
journal_position(const struct journal *j)
{
	return (atomic_load(&j->appended));
}

uint64_t
journal_durable(const struct journal *j)
{
	return (atomic_load(&j->durable));
}

void
journal_set_mode(struct journal *j, enum journal_mode mode)
{
	atomic_store(&j->mode, (int)mode);
}

bool
journal_is_strict(const struct journal *j)
{
	return (atomic_load_explicit(&j->mode, memory_order_relaxed) ==
	    JOURNAL_ALWAYS);
}

static void
add_select(struct buf *b, unsigned db)
{
	buf_add_format(b, "*2\r\n$6\r\nSELECT\r\n$%d\r\n%u\r\n",
	    db > 9 ? 2 : 1, db);
}

uint64_t
journal_append(struct journal *j, unsigned db, struct bytes commands,
    unsigned records)
{
	uint64_t position;

	assert(db < 100);
	lock_take(&j->append);
	if (!j->discard) {
		if (db != j->db)
			add_select(&j->pending, db);
		j->db = db;
		buf_add(&j->pending, commands.data, commands.length);
		if (j->pending.failed)
			log_fatal("no memory for %zu bytes of the journal",
			    j->pending.length + commands.length);
	}
	position = atomic_load_explicit(&j->appended, memory_order_relaxed) +
	    records;
	atomic_store(&j->appended, position);
	lock_release(&j->append);
	return (position);
}

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

/* Several sync, and none may take back what another knows. */
static void
raise_durable(struct journal *j, uint64_t position)
{
	uint64_t before = journal_durable(j);

	while (before < position && !atomic_compare_exchange_weak(&j->durable,
	    &before, position))
		;
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
	if (atomic_exchange(&j->error, error) == 0)
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
		add_select(&j->frame, 0);
	j->db = 0;
	f.last = atomic_load(&j->appended);
	lock_release(&j->append);
	if (j->frame.length == 0)
		return;
	j->in_flight = f.last;
	f.durable = journal_durable(j);
	frame_finish(&j->frame, 0, &f, &j->crc, j->seed);
}

/* Room on the disk ahead of time: the file need not grow with each frame. */
static void
allocate(struct journal *j)
{
	uint64_t end = j->offset + j->frame.length;
	uint64_t length = ALLOCATE_STEP;

	if (end <= j->allocated)
		return;
	while (j->allocated + length < end)
		length += ALLOCATE_STEP;
	if (length > j->segment_size && end <= j->segment_size)
		length = j->segment_size;
	/* If it does not work the write will say so. */
	if (io_allocate(j->fd, j->allocated, length) == 0)
		j->allocated += length;
}

/* The leader's sync: all that is written is on the disk. */
static bool
sync_leading(struct journal *j)
{
	if (io_sync(j->fd) != 0) {
		fail(j, "fdatasync", errno);
		return (false);
	}
	atomic_fetch_add_explicit(&j->syncs, 1, memory_order_relaxed);
	raise_durable(j, atomic_load(&j->written));
	atomic_store(&j->unsynced_since, 0);
	return (true);
}

/* Write the frame.  False, with the frame still there, if it is not. */
static bool
commit(struct journal *j)
{
	if (atomic_load(&j->failed))
		return (false);
	if (j->frame.length != 0) {
		allocate(j);
		if (io_write(j->fd, buf_bytes(&j->frame), j->offset) != 0) {
			stall_or_fail(j, "write", errno);
			return (false);
		}
		if (atomic_exchange(&j->error, 0) != 0)
			log_notice("the journal has room on the disk again");
		lock_take(&j->write);
		j->offset += j->frame.length;
		if (atomic_load(&j->unsynced_since) == 0)
			atomic_store(&j->unsynced_since, clock_monotonic_us());
		atomic_store(&j->written, j->in_flight);
		lock_release(&j->write);
		buf_clear(&j->frame, KEEP);
		atomic_fetch_add_explicit(&j->frames, 1, memory_order_relaxed);
	}
	return (atomic_load(&j->mode) != JOURNAL_ALWAYS ||
	    journal_durable(j) >= j->in_flight || sync_leading(j));
}

/* Begin and end leading; both under the write lock. */
static void
lead(struct journal *j)
{
	assert(!j->leading);
	j->leading = true;
	if (!atomic_load(&j->failed))
		gather(j);
}

static void
lead_no_more(struct journal *j)
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

/* What has to reach the position under the mode. */
static const _Atomic uint64_t *
goal(const struct journal *j, bool synced)
{
	return (synced ? &j->durable : &j->written);
}

static bool
wait_for(struct journal *j, uint64_t position, bool synced)
{
	const _Atomic uint64_t *reached = goal(j, synced);

	if (atomic_load(reached) >= position)
		return (true);
	lock_assert_none();
	lock_take(&j->write);
	while (atomic_load(reached) < position && !atomic_load(&j->failed)) {
		if (j->leading || atomic_load(&j->error) != 0) {
			lock_wait(&j->write, &j->done[(j->generation +
			    (position > j->in_flight)) & 1]);
			continue;
		}
		lead(j);
		lock_release(&j->write);
		commit(j);
		lock_take(&j->write);
		lead_no_more(j);
	}
	lock_release(&j->write);
	return (atomic_load(reached) >= position);
}

/*
 * Sync what is written, beside a leader who goes on writing.  With the sync
 * lock, so the file stays open.
 */
static bool
sync_beside(struct journal *j)
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
	if (journal_durable(j) >= written)
		return (true);
	if (io_sync(fd) != 0) {
		fail(j, "fdatasync", errno);
		lock_take(&j->write);
		must(pthread_cond_broadcast(&j->done[0]));
		must(pthread_cond_broadcast(&j->done[1]));
		must(pthread_cond_broadcast(&j->synced));
		lock_release(&j->write);
		return (false);
	}
	atomic_fetch_add_explicit(&j->syncs, 1, memory_order_relaxed);
	lock_take(&j->write);
	raise_durable(j, written);
	atomic_store(&j->unsynced_since,
	    journal_durable(j) < atomic_load(&j->written) ? now : 0);
	must(pthread_cond_broadcast(&j->synced));
	lock_release(&j->write);
	return (true);
}

bool
journal_sync(struct journal *j, uint64_t position)
{
	bool ok = true;

	if (atomic_load(&j->mode) == JOURNAL_ALWAYS)
		return (wait_for(j, position, true));
	if (!wait_for(j, position, false))
		return (false);
	lock_take(&j->sync);
	if (journal_durable(j) < position)
		ok = sync_beside(j);
	lock_release(&j->sync);
	return (ok);
}

bool
journal_wait(struct journal *j, uint64_t position)
{
	return (wait_for(j, position,
	    atomic_load(&j->mode) == JOURNAL_ALWAYS));
}

static int64_t
unsynced(struct journal *j)
{
	int64_t since = atomic_load_explicit(&j->unsynced_since,
	    memory_order_relaxed);

	return (since != 0 ? clock_monotonic_us() - since : 0);
}

bool
journal_may_write(struct journal *j)
{
	if (atomic_load_explicit(&j->error, memory_order_relaxed) != 0)
		return (false);
	if (atomic_load_explicit(&j->mode, memory_order_relaxed) !=
	    JOURNAL_EVERYSEC || unsynced(j) <= UNSYNCED_US)
		return (true);
	lock_assert_none();
	lock_take(&j->write);
	while (atomic_load(&j->error) == 0 && unsynced(j) > UNSYNCED_US &&
	    atomic_load(&j->mode) == JOURNAL_EVERYSEC)
		lock_wait_ms(&j->write, &j->synced, RETRY_MS);
	lock_release(&j->write);
	return (atomic_load(&j->error) == 0);
}

/* Under the write lock or before there are others. */
static void
use_segment(struct journal *j, int fd, uint64_t start, uint64_t offset,
    uint32_t crc)
{
	j->fd = fd;
	j->start = start;
	j->offset = j->allocated = offset;
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
		j->rotate_at = j->offset + ALLOCATE_STEP;
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
	use_segment(j, fd, start, length, h.crc);
	lock_release(&j->write);
	io_close(old);
	return (true);
}

/*
 * After a failure: what is not written never will be, and is not needed once
 * there is a snapshot.  What is appended from now on is.
 */
static bool
revive(struct journal *j, uint64_t *start)
{
	if (atomic_load(&j->mode) == JOURNAL_ALWAYS)
		return (false);
	lock_take(&j->append);
	*start = atomic_load(&j->appended);
	buf_clear(&j->pending, 0);
	j->discard = false;
	j->db = 0;
	lock_release(&j->append);
	buf_clear(&j->frame, 0);
	if (*start != j->start && !next_segment(j, *start)) {
		lock_take(&j->append);
		j->discard = true;
		lock_release(&j->append);
		return (false);
	}
	lock_take(&j->write);
	j->in_flight = *start;
	j->reviving = true;
	lock_release(&j->write);
	return (true);
}

static bool
rotate_leading(struct journal *j, uint64_t *start)
{
	if (atomic_load(&j->failed))
		return (revive(j, start));
	if (!commit(j) || !sync_leading(j))
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
	sync_beside(j);
	lock_take(&j->write);
	while (j->leading)
		lock_wait(&j->write, &j->done[(j->generation + 1) & 1]);
	lead(j);
	lock_release(&j->write);
	ok = rotate_leading(j, start);
	lock_take(&j->write);
	lead_no_more(j);
	lock_release(&j->write);
	lock_release(&j->sync);
	return (ok);
}

/* The snapshot holds everything up to start: nothing is missing any more. */
static void
revived(struct journal *j, uint64_t before)
{
	lock_take(&j->write);
	if (j->reviving && before >= j->start) {
		j->reviving = false;
		atomic_store(&j->written, j->in_flight);
		atomic_store(&j->durable, j->in_flight);
		atomic_store(&j->unsynced_since, 0);
		atomic_store(&j->failed, false);
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
	segment_unlink(j->dir, before, j->start);
	atomic_store(&j->older_bytes, segment_total(j->dir, j->start));
	lock_release(&j->sync);
}

void
journal_stats(struct journal *j, struct journal_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->durable = journal_durable(j);
	s->written = atomic_load(&j->written);
	s->appended = journal_position(j);
	s->frames = atomic_load(&j->frames);
	s->syncs = atomic_load(&j->syncs);
	s->unsynced_us = unsynced(j);
	s->error = atomic_load(&j->error);
	s->failed = atomic_load(&j->failed);
	lock_take(&j->write);
	s->start = j->start;
	s->bytes = j->offset;
	lock_release(&j->write);
	s->bytes += atomic_load(&j->older_bytes);
}

/* Try again to write what did not find room. */
static void
retry(struct journal *j)
{
	if (j->leading)
		return;
	lead(j);
	lock_release(&j->write);
	commit(j);
	lock_take(&j->write);
	lead_no_more(j);
}

/*
 * The keeper's thread: syncs each second, tries again when the disk was full,
 * and begins a new segment when one is.
 */
static void *
keeper_main(void *arg)
{
	struct journal *j = arg;
	int64_t next = clock_monotonic_us() + TICK_MS * 1000;
	int pause = RETRY_MS, ms;
	uint64_t start;
	bool stalled, rotate;

	lock_take(&j->write);
	while (!j->stop) {
		stalled = atomic_load(&j->error) != 0 &&
		    !atomic_load(&j->failed);
		ms = (int)((next - clock_monotonic_us()) / 1000);
		ms = stalled ? pause : ms < 0 ? 0 : ms > TICK_MS ? TICK_MS : ms;
		if (ms > 0 && (stalled || !j->rotate_soon))
			lock_wait_ms(&j->write, &j->keep, ms);
		if (j->stop)
			break;
		if (stalled) {
			retry(j);
			pause = pause < 1600 ? 2 * pause : pause;
			continue;
		}
		pause = RETRY_MS;
		rotate = j->rotate_soon && !atomic_load(&j->failed);
		j->rotate_soon = false;
		lock_release(&j->write);
		if (rotate)
			journal_rotate(j, &start);
		if (clock_monotonic_us() >= next) {
			next = clock_monotonic_us() + TICK_MS * 1000;
			lock_take(&j->sync);
			if (atomic_load(&j->mode) == JOURNAL_EVERYSEC)
				sync_beside(j);
			lock_release(&j->sync);
		}
		lock_take(&j->write);
	}
	lock_release(&j->write);
	mem_settle();
	return (NULL);
}

/* Half built is fine. */
static void
free_journal(struct journal *j)
{
	io_close(j->fd);
	buf_free(&j->pending);
	buf_free(&j->frame);
	lock_destroy(&j->append);
	lock_destroy(&j->write);
	lock_destroy(&j->sync);
	must(pthread_cond_destroy(&j->done[0]));
	must(pthread_cond_destroy(&j->done[1]));
	must(pthread_cond_destroy(&j->synced));
	must(pthread_cond_destroy(&j->keep));
	mem_free(j);
}

static struct journal *
new_journal(const struct journal_options *o, uint64_t position)
{
	struct journal *j = mem_zalloc_aligned(64, sizeof(*j));

	j->dir = o->dir;
	memcpy(j->uuid, o->uuid, sizeof(j->uuid));
	j->seed = frame_seed(j->uuid);
	j->segment_size = o->segment_size != 0 ? o->segment_size :
	    SEGMENT_SIZE;
	j->on_failure = o->failed;
	j->arg = o->arg;
	j->fd = -1;
	atomic_init(&j->mode, (int)o->mode);
	atomic_init(&j->appended, position);
	atomic_init(&j->written, position);
	atomic_init(&j->durable, position);
	j->in_flight = position;
	lock_init(&j->append, LOCK_JOURNAL);
	lock_init(&j->write, LOCK_JOURNAL_WRITE);
	lock_init(&j->sync, LOCK_JOURNAL_SYNC);
	lock_init_condition(&j->done[0]);
	lock_init_condition(&j->done[1]);
	lock_init_condition(&j->synced);
	lock_init_condition(&j->keep);
	return (j);
}

/* The end that recovery found, or a new segment behind it. */
static bool
open_end(struct journal *j, const struct journal_end *end)
{
	struct frame_header h = { .start = end->position,
	    .durable = end->position, .last_crc = end->crc };
	char name[IO_NAME_SIZE];
	uint64_t length;
	int fd;

	if (end->offset == 0) {
		fd = segment_create(j->dir, &h, j->uuid, &length);
		use_segment(j, fd, end->position, length, h.crc);
		return (fd >= 0);
	}
	segment_name(name, end->start);
	fd = io_open(j->dir, name);
	use_segment(j, fd, end->start, end->offset, end->crc);
	return (fd >= 0 && io_size(fd) >= 0);
}

struct journal *
journal_open(const struct journal_options *o, const struct journal_end *end)
{
	struct journal *j = new_journal(o, end->position);
	int error;

	if (!open_end(j, end)) {
		error = errno;
		free_journal(j);
		errno = error;
		return (NULL);
	}
	atomic_store(&j->older_bytes, segment_total(j->dir, j->start));
	error = pthread_create(&j->keeper, NULL, keeper_main, j);
	if (error != 0) {
		free_journal(j);
		errno = error;
		return (NULL);
	}
	return (j);
}

/*
 * The last frame, without records, says that everything before it is on the
 * disk: damage to what a clean end left can then be told from a torn one.
 */
static bool
finish(struct journal *j)
{
	struct frame f = { .first = j->in_flight + 1, .last = j->in_flight };

	if (!commit(j) || !sync_leading(j))
		return (false);
	f.durable = journal_durable(j);
	frame_finish(&j->frame, 0, &f, &j->crc, j->seed);
	if (io_write(j->fd, buf_bytes(&j->frame), j->offset) == 0)
		j->offset += j->frame.length;
	if (io_truncate(j->fd, j->offset) != 0 || io_sync(j->fd) != 0)
		log_warning("cannot finish the journal's last segment: %s",
		    strerror(errno));
	return (true);
}

bool
journal_close(struct journal **jp)
{
	struct journal *j = *jp;
	bool ok;

	*jp = NULL;
	if (j == NULL)
		return (true);
	lock_take(&j->write);
	j->stop = true;
	must(pthread_cond_signal(&j->keep));
	lock_release(&j->write);
	must(pthread_join(j->keeper, NULL));
	lock_take(&j->write);
	lead(j);
	lock_release(&j->write);
	ok = finish(j);
	free_journal(j);
	return (ok);
}
