/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What callers see: appending, waiting, opening and closing.  See
 * journal_parts.h for the locks, and for what errors mean.
 */
#include "persist/journal_parts.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "persist/io.h"
#include "persist/segment.h"

enum { SEGMENT_SIZE = 64 << 20, UNSYNCED_US = 2000000 };

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
journal_has_failed(const struct journal *j)
{
	return (atomic_load(&j->error) != 0 && !atomic_load(&j->stalled));
}

bool
journal_is_on(const struct journal *j)
{
	return (!atomic_load(&j->retired));
}

bool
journal_is_early(const struct journal *j)
{
	return (atomic_load(&j->early));
}

bool
journal_is_strict(const struct journal *j)
{
	return (atomic_load_explicit(&j->mode, memory_order_relaxed) ==
	    JOURNAL_ALWAYS);
}

void
journal_add_select(struct buf *b, unsigned db)
{
	buf_add_format(b, "*2\r\n$6\r\nSELECT\r\n$%d\r\n%u\r\n",
	    db > 99 ? 3 : db > 9 ? 2 : 1, db);
}

uint64_t
journal_append(struct journal *j, unsigned db, struct bytes commands,
    unsigned records)
{
	uint64_t position;

	assert(db < JOURNAL_DATABASES);
	lock_take(&j->append);
	if (!j->discard && !atomic_load_explicit(&j->retired,
	    memory_order_relaxed)) {
		if (db != j->db)
			journal_add_select(&j->pending, db);
		j->db = db;
		buf_add(&j->pending, commands.data, commands.length);
		if (j->pending.failed)
			log_fatal("no memory for %zu bytes of the journal",
			    j->pending.length + commands.length);
	}
	position = atomic_load_explicit(&j->appended, memory_order_relaxed);
	if (!atomic_load_explicit(&j->retired, memory_order_relaxed))
		position += records;
	atomic_store(&j->appended, position);
	lock_release(&j->append);
	return (position);
}

/* Until then, on the monotonic clock; false: it has passed.  0: for ever. */
static bool
sleep_on(struct journal *j, pthread_cond_t *condition, int64_t until)
{
	int64_t left;

	if (until == 0) {
		lock_wait(&j->write, condition);
		return (true);
	}
	left = (until - clock_monotonic_us()) / 1000;
	return (left > 0 && lock_wait_ms(&j->write, condition,
	    left < INT_MAX ? (int)left : INT_MAX));
}

/* Until the position is written, or synced. */
static bool
wait_for(struct journal *j, uint64_t position, bool synced, int64_t until)
{
	const _Atomic uint64_t *reached = synced ? &j->synced : &j->written;
	bool in_time = true;

	if (atomic_load(reached) >= position)
		return (true);
	lock_assert_none();
	lock_take(&j->write);
	while (atomic_load(reached) < position && !atomic_load(&j->failed) &&
	    in_time) {
		if (j->leading || atomic_load(&j->stalled)) {
			in_time = sleep_on(j, &j->done[(j->generation +
			    (position > j->in_flight)) & 1], until);
			continue;
		}
		journal_lead(j);
		lock_release(&j->write);
		journal_commit(j);
		lock_take(&j->write);
		journal_lead_no_more(j);
	}
	lock_release(&j->write);
	return (atomic_load(reached) >= position);
}

static bool
sync_to(struct journal *j, uint64_t position, int64_t until)
{
	bool ok = true;

	if (journal_is_strict(j))
		return (wait_for(j, position, true, until));
	if (!wait_for(j, position, false, until))
		return (false);
	lock_take(&j->sync);
	if (atomic_load(&j->synced) < position)
		ok = journal_sync_beside(j);
	lock_release(&j->sync);
	return (ok);
}

/* Until the snapshot is there, the segment of a revival counts for nothing. */
static bool
counts(const struct journal *j)
{
	return (!atomic_load(&j->reviving) && !atomic_load(&j->early));
}

bool
journal_sync(struct journal *j, uint64_t position, int64_t until)
{
	return (sync_to(j, position, until) && counts(j));
}

bool
journal_wait(struct journal *j, uint64_t position)
{
	return (atomic_load_explicit(&j->early, memory_order_relaxed) ||
	    (wait_for(j, position, journal_is_strict(j), 0) && counts(j)) ||
	    atomic_load(&j->retired));
}

bool
journal_settle(struct journal *j, uint64_t *position)
{
	*position = journal_position(j);
	return (sync_to(j, *position, 0));
}

static int64_t
unsynced(const struct journal *j)
{
	int64_t since = atomic_load_explicit(&j->unsynced_since,
	    memory_order_relaxed);

	return (since != 0 ? clock_monotonic_us() - since : 0);
}

int
journal_error(const struct journal *j)
{
	return (atomic_load(&j->error));
}

bool
journal_is_at_ease(const struct journal *j)
{
	return (atomic_load_explicit(&j->error, memory_order_relaxed) == 0 &&
	    (atomic_load_explicit(&j->mode, memory_order_relaxed) !=
	    JOURNAL_EVERYSEC || unsynced(j) <= UNSYNCED_US));
}

bool
journal_may_write(struct journal *j)
{
	if (journal_is_at_ease(j))
		return (true);
	lock_assert_none();
	lock_take(&j->write);
	while (atomic_load(&j->error) == 0 && unsynced(j) > UNSYNCED_US &&
	    atomic_load(&j->mode) == JOURNAL_EVERYSEC)
		lock_wait_ms(&j->write, &j->room, JOURNAL_RETRY_MS);
	lock_release(&j->write);
	return (atomic_load(&j->error) == 0);
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
	s->failed = journal_has_failed(j);
	lock_take(&j->write);
	s->start = j->start;
	s->bytes = j->offset;
	lock_release(&j->write);
	s->bytes += atomic_load(&j->older_bytes);
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
	must(pthread_cond_destroy(&j->room));
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
	atomic_init(&j->early, o->early);
	atomic_init(&j->mode, (int)o->mode);
	atomic_init(&j->appended, position);
	atomic_init(&j->written, position);
	atomic_init(&j->synced, position);
	atomic_init(&j->durable, position);
	j->in_flight = position;
	lock_init(&j->append, LOCK_JOURNAL);
	lock_init(&j->write, LOCK_JOURNAL_WRITE);
	lock_init(&j->sync, LOCK_JOURNAL_SYNC);
	lock_init_condition(&j->done[0]);
	lock_init_condition(&j->done[1]);
	lock_init_condition(&j->room);
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
		journal_use(j, fd, end->position, length, h.crc);
		return (fd >= 0);
	}
	segment_name(name, end->start);
	fd = io_open(j->dir, name);
	journal_use(j, fd, end->start, end->offset, end->crc);
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
	error = pthread_create(&j->keeper, NULL, journal_keep, j);
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
	if (!journal_commit(j) || !journal_sync_leading(j))
		return (false);
	journal_tell(j);
	if (io_write(j->fd, buf_bytes(&j->frame), j->offset) == 0)
		j->offset += j->frame.length;
	if (io_truncate(j->fd, j->offset) != 0 || io_sync(j->fd) != 0)
		log_warning("cannot finish the journal's last segment: %s",
		    strerror(errno));
	return (true);
}

/* The thread ends, and who calls this leads for good. */
static void
lead_last(struct journal *j)
{
	lock_take(&j->write);
	j->stop = true;
	must(pthread_cond_signal(&j->keep));
	lock_release(&j->write);
	must(pthread_join(j->keeper, NULL));
	lock_take(&j->write);
	while (j->leading)
		lock_wait(&j->write, &j->done[(j->generation + 1) & 1]);
	journal_lead(j);
	lock_release(&j->write);
}

bool
journal_retire(struct journal *j)
{
	bool ok;

	lock_assert_none();
	lock_take(&j->append);
	atomic_store(&j->retired, true);
	lock_release(&j->append);
	lead_last(j);
	lock_take(&j->sync);
	ok = finish(j) && !atomic_load(&j->reviving);
	lock_take(&j->write);
	atomic_store(&j->early, true);
	atomic_store(&j->failed, true);
	atomic_store(&j->stalled, false);
	atomic_store(&j->error, 0);
	atomic_store(&j->unsynced_since, 0);
	journal_lead_no_more(j);
	must(pthread_cond_broadcast(&j->done[0]));
	must(pthread_cond_broadcast(&j->done[1]));
	must(pthread_cond_broadcast(&j->room));
	lock_release(&j->write);
	lock_release(&j->sync);
	return (ok);
}

bool
journal_close(struct journal **jp)
{
	struct journal *j = *jp;
	bool ok = true;

	*jp = NULL;
	if (j == NULL)
		return (true);
	if (journal_is_on(j)) {
		lead_last(j);
		ok = finish(j) && !atomic_load(&j->reviving);
	}
	free_journal(j);
	return (ok);
}
