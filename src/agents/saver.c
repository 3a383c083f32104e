/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever sets `saving` takes the snapshot: the thread, a client's SAVE, or
 * the main thread at the end; so there is one at a time, and it alone touches
 * manifest and files.  A snapshot is in use from the moment in which the
 * manifest names it; only then are others removed, and the journal before it.
 */
#include "agents/saver.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agents/restore.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/points.h"
#include "base/settings.h"
#include "base/thread.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/segment.h"
#include "persist/snapshot.h"
#include "store/keyspace.h"

enum {
	LOOK_MS		= 100,
	/* After a failure, as Redis does. */
	RETRY_US	= 5000000,
};

enum at_end { END_BY_POINTS, END_SAVE, END_NOSAVE };

struct saver {
	struct io_dir			*dir;
	struct engine			*engine;
	struct manifest			 manifest;	/* who is saving's */
	bool				 has_manifest;	/* there is a file */
	struct snapshot_progress	 progress;	/* of loading, then saving */
	struct restore			 restore;
	int64_t				 loading_us;	/* when that began */
	struct journal			*journal;	/* NULL: there is none */
	struct journal			**retired;	/* calls may be inside */
	size_t				 retired_count;
	_Atomic uint64_t		 unrecorded;	/* before the last one */
	_Atomic uint64_t		 snapshot_bytes;	/* the last one's */
	atomic_bool			 fatal;	/* see journal_failed() */
	pthread_t			 thread;
	bool				 running;

	struct lock			 lock;	/* guards the rest */
	pthread_cond_t			 wake;
	bool				 ending, wanted, saving;
	enum at_end			 at_end;
	uint64_t			 base;	/* changes when it last began */
	uint64_t			 saves;
	int64_t				 began_us, saved_us, took_us, tried_us;
	int64_t				 turned_us;	/* failed to: 0 if not */
	bool				 ok;
};

static bool
open_manifest(struct saver *s, struct buf *wrong, int *status)
{
	*status = EX_DATAERR;
	switch (manifest_read(s->dir, &s->manifest)) {
	case MANIFEST_OK:
		s->has_manifest = true;
		hash_set_seed(s->manifest.seed);
		return (true);
	case MANIFEST_NONE:
		memset(&s->manifest, 0, sizeof(s->manifest));
		hash_random(s->manifest.uuid, sizeof(s->manifest.uuid));
		hash_get_seed(s->manifest.seed);
		return (true);
	case MANIFEST_DAMAGED:
		buf_add_format(wrong, "%s/MANIFEST is damaged",
		    io_dir_path(s->dir));
		break;
	case MANIFEST_ERROR:
		*status = EX_IOERR;
		buf_add_format(wrong, "%s/MANIFEST: %s", io_dir_path(s->dir),
		    strerror(errno));
		break;
	}
	return (false);
}

struct saver *
saver_open(const char *path, struct buf *wrong, int *status)
{
	struct saver *s = mem_zalloc(sizeof(*s));

	lock_init(&s->lock, LOCK_SAVER);
	lock_init_condition(&s->wake);
	s->took_us = -1;
	s->ok = true;
	s->dir = io_dir_open(path, false);
	if (s->dir == NULL) {
		*status = EX_CANTCREAT;
		buf_add_format(wrong, "dir %s: %s", path,
		    errno == EWOULDBLOCK ? "another server uses it" :
		    errno == EPERM ? "others may write into it, or it is "
		    "another user's" : strerror(errno));
	} else if (open_manifest(s, wrong, status))
		return (s);
	saver_free(&s);
	return (NULL);
}

uint32_t
saver_shards(const struct saver *s)
{
	return (restore_shards(&s->manifest));
}

void
saver_attach(struct saver *s, struct engine *engine)
{
	s->engine = engine;
	s->restore = (struct restore){ .dir = s->dir, .manifest = &s->manifest,
	    .engine = engine, .progress = &s->progress };
	s->saved_us = s->loading_us = clock_wall_us();
	engine->saver = s;
	atomic_store(&engine->loading, true);
}

/* In any thread, while the journal is at it. */
static void
journal_failed(void *arg, int error)
{
	struct saver *s = arg;

	(void)error;
	if (settings_number(SETTING_APPENDFSYNC) != APPENDFSYNC_ALWAYS) {
		log_error("nothing is written any more until a new snapshot "
		    "is safe");
		return;
	}
	log_error("with appendfsync always nothing can be acknowledged any "
	    "more: the server ends");
	atomic_store(&s->fatal, true);
	kill(getpid(), SIGTERM);
}

static void
fsync_changed(int64_t number, void *arg)
{
	struct engine *e = arg;
	struct journal *j = atomic_load(&e->journal);

	if (j != NULL)
		journal_set_mode(j, (enum journal_mode)number);
}

/* From now on calls record what they change. */
static void
give_journal(struct saver *s)
{
	settings_on_change(SETTING_APPENDFSYNC, fsync_changed, s->engine);
	atomic_store(&s->engine->journal, s->journal);
	fsync_changed(settings_number(SETTING_APPENDFSYNC), s->engine);
}

static bool	take(struct saver *, int64_t now);

/*
 * A journal that goes on from what was restored, in a new file if there was
 * none; and if the snapshot knows of later changes than a journal that had to
 * be cut, behind a new snapshot.
 */
static bool
begin_journal(struct saver *s, struct restore *r)
{
	struct journal_options o = { .dir = s->dir, .failed = journal_failed,
	    .arg = s, .mode = (enum journal_mode)
	    settings_number(SETTING_APPENDFSYNC) };
	bool had = s->manifest.has_journal;
	struct manifest next = s->manifest;

	if (!had || r->position > r->end.position) {
		if (!had && segment_unlink_all(s->dir) != 0)
			return (false);
		r->end = (struct journal_end){ .position = r->position };
	}
	memcpy(o.uuid, s->manifest.uuid, sizeof(o.uuid));
	if ((s->journal = journal_open(&o, &r->end)) == NULL)
		return (false);
	if (had)
		return (r->end.offset != 0 || take(s, clock_wall_us()));
	next.has_journal = true;
	next.journal = next.durable = r->position;
	if (manifest_write(s->dir, &next) != 0)
		return (false);
	s->manifest = next;
	return (true);
}

bool
saver_load(struct saver *s, struct buf *wrong, int *status)
{
	struct restore *r = &s->restore;

	if (!restore(r, wrong, status))
		return (false);
	/* What a crash in the middle of a snapshot has left. */
	snapshot_remove_others(s->dir, s->manifest.snapshot);
	s->snapshot_bytes = r->snapshot_bytes;
	if (settings_number(SETTING_APPENDONLY) == 0)
		log_notice("appendonly is no: only what is saved survives");
	else if (!begin_journal(s, r)) {
		buf_add_format(wrong, "cannot begin a journal in %s: %s",
		    io_dir_path(s->dir), strerror(errno));
		*status = EX_IOERR;
		return (false);
	}
	/* INFO is answered meanwhile. */
	lock_take(&s->lock);
	s->saved_us = clock_wall_us();
	s->base = stats_changes(s->engine->stats);
	lock_release(&s->lock);
	if (s->journal != NULL)
		give_journal(s);
	atomic_store(&s->engine->loading, false);
	return (true);
}

void
saver_stop_loading(struct saver *s)
{
	atomic_store(&s->progress.stop, true);
}

/* Name the new snapshot in the manifest; false with errno. */
static bool
commit(struct saver *s, const char *name, const struct snapshot_header *h,
    uint64_t position)
{
	struct manifest next = s->manifest, found;
	int error;

	snprintf(next.snapshot, sizeof(next.snapshot), "%s", name);
	next.shards = h->shards;
	next.has_journal = s->journal != NULL;
	next.journal = h->start;
	next.durable = position;
	if (manifest_write(s->dir, &next) == 0) {
		s->manifest = next;
		return (true);
	}
	error = errno;
	/* Keep the file if it may be the one that counts by now. */
	if (manifest_read(s->dir, &found) == MANIFEST_OK &&
	    strcmp(found.snapshot, name) == 0)
		s->manifest = next;
	else
		io_unlink(s->dir, name);
	errno = error;
	return (false);
}

/* Only what the snapshot that is in use needs stays. */
static void
remove_older(struct saver *s)
{
	snapshot_remove_others(s->dir, s->manifest.snapshot);
	if (s->journal != NULL)
		journal_forget(s->journal, s->manifest.journal);
	else if (segment_unlink_all(s->dir) != 0)
		log_warning("cannot remove the journal in %s: %m",
		    io_dir_path(s->dir));
}

/*
 * With a journal: what is before the new segment is in the snapshot, and what
 * the snapshot has of what is in it must be on the disk before it counts.
 */
static bool
take(struct saver *s, int64_t now)
{
	struct snapshot_header header = { .created_us = now,
	    .start = s->restore.position };
	uint64_t position = s->restore.position;
	char name[IO_NAME_SIZE];

	memcpy(header.uuid, s->manifest.uuid, sizeof(header.uuid));
	atomic_store(&s->progress.keys, 0);
	atomic_store(&s->progress.bytes, 0);
	atomic_store(&s->progress.sections, 0);
	atomic_store(&s->unrecorded, atomic_load(&s->engine->unrecorded));
	errno = EIO;
	if (s->journal != NULL && !journal_rotate(s->journal, &header.start))
		return (false);
	snapshot_name(name, &header);
	if (snapshot_save(s->dir, name, s->engine->keyspace, &s->engine->due,
	    &header, &s->progress) != 0)
		return (false);
	if (s->journal != NULL && !journal_settle(s->journal, &position)) {
		io_unlink(s->dir, name);
		errno = journal_error(s->journal);
		return (false);
	}
	if (!commit(s, name, &header, position))
		return (false);
	s->snapshot_bytes = atomic_load(&s->progress.bytes);
	remove_older(s);
	return (true);
}

/* Called with `saving` set by the caller, and clears it. */
static enum saver_result
save(struct saver *s)
{
	uint64_t changes = stats_changes(s->engine->stats);
	int64_t began = clock_monotonic_us(), now = clock_wall_us();
	bool ok;
	int error;

	ok = take(s, now);
	error = errno;
	lock_take(&s->lock);
	s->saving = false;
	s->ok = ok;
	s->took_us = clock_monotonic_us() - began;
	s->tried_us = clock_monotonic_us();
	if (ok) {
		s->base = changes;
		s->saves++;
		s->saved_us = clock_wall_us();
	}
	must(pthread_cond_broadcast(&s->wake));
	lock_release(&s->lock);
	if (ok)
		log_notice("saved %s: %" PRIu64 " keys, %" PRIu64
		    " bytes in %.3f s", s->manifest.snapshot,
		    (uint64_t)s->progress.keys, (uint64_t)s->progress.bytes,
		    (double)s->took_us / 1e6);
	else
		log_error("saving to %s failed, the snapshot before it stays: "
		    "%s", io_dir_path(s->dir), strerror(error));
	errno = error;
	return (ok ? SAVER_OK : SAVER_FAILED);
}

/* Whether the caller may save now; with the lock. */
static bool
claim(struct saver *s)
{
	if (s->saving)
		return (false);
	s->saving = true;
	s->wanted = false;
	s->began_us = clock_monotonic_us();
	return (true);
}

enum saver_result
saver_save(struct saver *s)
{
	bool mine;

	lock_assert_none();
	lock_take(&s->lock);
	mine = !s->wanted && claim(s);
	lock_release(&s->lock);
	return (mine ? save(s) : SAVER_BUSY);
}

enum saver_result
saver_begin(struct saver *s, bool later)
{
	enum saver_result result = SAVER_BUSY;

	lock_take(&s->lock);
	if (!s->wanted && (!s->saving || later)) {
		s->wanted = true;
		must(pthread_cond_broadcast(&s->wake));
		result = s->saving ? SAVER_LATER : SAVER_OK;
	}
	lock_release(&s->lock);
	return (result);
}

/* Whether the journal is so long that a snapshot should take its place. */
static bool
is_long(const struct saver *s)
{
	uint64_t percent = (uint64_t)settings_number(
	    SETTING_AUTO_AOF_REWRITE_PERCENTAGE);
	struct journal_stats stats;

	journal_stats(s->journal, &stats);
	return (percent != 0 && stats.bytes + s->snapshot_bytes >=
	    (uint64_t)settings_number(SETTING_AUTO_AOF_REWRITE_MIN_SIZE) &&
	    stats.bytes / percent >= s->snapshot_bytes / 100);
}

/* Whether a setting, or the journal, says that it is time; with the lock. */
static bool
is_due(const struct saver *s)
{
	uint64_t changes = stats_changes(s->engine->stats) - s->base;
	int64_t now = clock_monotonic_us();

	if (s->journal != NULL && journal_has_failed(s->journal))
		return (!journal_is_strict(s->journal) &&
		    now - s->tried_us > RETRY_US);
	if (!s->ok && now - s->tried_us <= RETRY_US)
		return (false);
	/* See turn_on(). */
	if (s->journal != NULL && (journal_is_early(s->journal) ||
	    atomic_load(&s->engine->unrecorded) != s->unrecorded))
		return (true);
	return ((changes != 0 && points_reached(changes,
	    (clock_wall_us() - s->saved_us) / 1000000)) ||
	    (s->journal != NULL && is_long(s)));
}

/*
 * A journal begins while the server runs.  Calls that had begun before do not
 * record what they change: the snapshot has it, or the next one, which follows
 * at once if such a call ends later.
 */
static bool
turn_on(struct saver *s)
{
	struct journal_options o = { .dir = s->dir, .failed = journal_failed,
	    .arg = s, .early = true, .mode = (enum journal_mode)
	    settings_number(SETTING_APPENDFSYNC) };
	struct journal_end end = { .position = s->restore.position };

	/* The journal before this one is in a snapshot, and gone. */
	if ((s->manifest.has_journal && !take(s, clock_wall_us())) ||
	    segment_unlink_all(s->dir) != 0)
		return (false);
	memcpy(o.uuid, s->manifest.uuid, sizeof(o.uuid));
	if ((s->journal = journal_open(&o, &end)) == NULL)
		return (false);
	give_journal(s);
	log_notice("appendonly is yes: a journal begins, and counts with the "
	    "next snapshot");
	return (true);
}

static bool
turn_off(struct saver *s)
{
	struct journal *j = s->journal;

	s->retired = mem_resize(s->retired, (s->retired_count + 1) *
	    sizeof(struct journal *));
	s->retired[s->retired_count++] = j;
	s->journal = NULL;
	if (!journal_retire(j))
		log_error("the journal has ended, and not all of it is on the "
		    "disk");
	s->restore.position = journal_position(j);
	log_notice("appendonly is no: the journal has ended, only what is "
	    "saved survives");
	return (false);
}

/* With the claim on saving: as the setting says. */
static void
turn(struct saver *s)
{
	bool on = s->journal == NULL;
	int error;

	if (on ? turn_on(s) : turn_off(s)) {
		save(s);
		return;
	}
	error = errno;
	if (on)
		log_error("cannot begin a journal in %s: %s",
		    io_dir_path(s->dir), strerror(error));
	lock_take(&s->lock);
	s->turned_us = on ? clock_monotonic_us() : 0;
	s->saving = false;
	must(pthread_cond_broadcast(&s->wake));
	lock_release(&s->lock);
}

/* Whether the setting appendonly wants something else; with the lock. */
static bool
must_turn(const struct saver *s)
{
	return ((settings_number(SETTING_APPENDONLY) != 0) !=
	    (s->journal != NULL) && (s->turned_us == 0 ||
	    clock_monotonic_us() - s->turned_us > RETRY_US));
}

static void *
attend(void *arg)
{
	struct saver *s = arg;
	bool turns, mine;

	lock_take(&s->lock);
	while (!s->ending || s->wanted) {
		turns = !s->saving && !s->ending && must_turn(s);
		mine = (turns || s->wanted || is_due(s)) && claim(s);
		if (mine) {
			lock_release(&s->lock);
			if (turns)
				turn(s);
			else
				save(s);
			lock_take(&s->lock);
		} else
			lock_wait_ms(&s->lock, &s->wake, LOOK_MS);
	}
	lock_release(&s->lock);
	return (NULL);
}

bool
saver_start(struct saver *s)
{
	int error = thread_start(&s->thread, attend, s);

	s->running = error == 0;
	errno = error;
	return (s->running);
}

/* Let the thread finish and go. */
static void
stop(struct saver *s)
{
	if (!s->running)
		return;
	lock_take(&s->lock);
	s->ending = true;
	must(pthread_cond_broadcast(&s->wake));
	lock_release(&s->lock);
	must(pthread_join(s->thread, NULL));
	s->running = false;
}

void
saver_at_end(struct saver *s, bool save_then)
{
	lock_take(&s->lock);
	s->at_end = save_then ? END_SAVE : END_NOSAVE;
	lock_release(&s->lock);
}

/* As in Redis also where there is a journal: the next start is quicker. */
static bool
must_save(const struct saver *s)
{
	return (!atomic_load(&s->engine->loading) && (s->at_end == END_SAVE ||
	    (s->at_end == END_BY_POINTS && points_any())));
}

/* Nobody appends any more. */
static bool
end_journal(struct saver *s)
{
	settings_on_change(SETTING_APPENDFSYNC, NULL, NULL);
	if (s->engine != NULL)
		atomic_store(&s->engine->journal, NULL);
	while (s->retired_count > 0)
		journal_close(&s->retired[--s->retired_count]);
	mem_free(s->retired);
	s->retired = NULL;
	return (journal_close(&s->journal));
}

bool
saver_finish(struct saver *s)
{
	bool ok;

	stop(s);
	ok = !must_save(s) || saver_save(s) == SAVER_OK;
	return (end_journal(s) && ok && !atomic_load(&s->fatal));
}

void
saver_loading(struct saver *s, struct saver_loading *out)
{
	out->began_us = s->loading_us;
	out->total = atomic_load(&s->restore.total);
	out->done = atomic_load(&s->progress.bytes) +
	    atomic_load(&s->restore.journal);
}

void
saver_status(struct saver *s, struct saver_status *out)
{
	lock_take(&s->lock);
	out->changes = stats_changes(s->engine->stats) - s->base;
	out->saves = s->saves;
	out->saved_us = s->saved_us;
	out->took_us = s->took_us;
	out->taking_us = s->saving ? clock_monotonic_us() - s->began_us : -1;
	out->keys_done = s->saving ? atomic_load(&s->progress.keys) : 0;
	out->wanted = s->wanted;
	out->snapshot_bytes = s->snapshot_bytes;
	out->ok = s->ok;
	lock_release(&s->lock);
}

void
saver_free(struct saver **saver_p)
{
	struct saver *s = *saver_p;

	*saver_p = NULL;
	if (s == NULL)
		return;
	stop(s);
	end_journal(s);
	io_dir_close(&s->dir);
	must(pthread_cond_destroy(&s->wake));
	lock_destroy(&s->lock);
	mem_free(s);
}
