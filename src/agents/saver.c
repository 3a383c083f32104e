/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever sets `saving` takes the snapshot: the thread, a client's SAVE, or
 * the main thread at the end; so there is one at a time, and it alone touches
 * manifest and files.  A snapshot is in use from the moment in which the
 * manifest names it; only then are others removed.
 */
#include "agents/saver.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/points.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/snapshot.h"
#include "store/keyspace.h"

enum {
	LOOK_MS		= 100,
	/* After a failure, as Redis does. */
	RETRY_US	= 5000000,
	STACK_SIZE	= 256 * 1024,
};

enum at_end { END_BY_POINTS, END_SAVE, END_NOSAVE };

struct saver {
	struct io_dir			*dir;
	struct engine			*engine;
	struct manifest			 manifest;	/* who is saving's */
	bool				 has_manifest;	/* there is a file */
	struct snapshot_progress	 progress;
	pthread_t			 thread;
	bool				 running;

	struct lock			 lock;	/* guards the rest */
	pthread_cond_t			 wake;
	bool				 ending, wanted, saving;
	enum at_end			 at_end;
	uint64_t			 base;	/* changes when it last began */
	uint64_t			 saves;
	int64_t				 began_us, saved_us, took_us, tried_us;
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

static bool
load(struct saver *s, struct buf *wrong)
{
	const char *name = s->manifest.snapshot;
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t began = clock_monotonic_us();
	struct snapshot_header header;
	uint64_t *positions;
	struct buf why = { 0 };
	bool ok;

	ok = snapshot_load(s->dir, name, s->engine->keyspace, s->engine->due,
	    threads > 0 ? (unsigned)threads : 1, &header, &s->progress,
	    &positions, &why);
	mem_free(positions);
	if (ok)
		log_notice("loaded %s: %" PRIu64 " keys in %.3f s", name,
		    (uint64_t)s->progress.keys,
		    (double)(clock_monotonic_us() - began) / 1e6);
	else
		buf_add_format(wrong, "%s/%s: %.*s", io_dir_path(s->dir),
		    name, (int)why.length, why.data);
	buf_free(&why);
	return (ok);
}

bool
saver_load(struct saver *s, struct engine *engine, struct buf *wrong,
    int *status)
{
	s->engine = engine;
	if (s->manifest.has_journal) {
		*status = EX_DATAERR;
		buf_add_format(wrong, "%s has a journal, which this version "
		    "cannot read", io_dir_path(s->dir));
		return (false);
	}
	if (s->manifest.snapshot[0] != '\0' && !load(s, wrong)) {
		*status = EX_DATAERR;
		return (false);
	}
	/* What a crash in the middle of a snapshot has left. */
	snapshot_remove_others(s->dir, s->manifest.snapshot);
	s->saved_us = clock_wall_us();
	engine->saver = s;
	return (true);
}

/* Name the new snapshot in the manifest; false with errno. */
static bool
commit(struct saver *s, const char *name, uint32_t shards)
{
	struct manifest next = s->manifest, found;
	int error;

	snprintf(next.snapshot, sizeof(next.snapshot), "%s", name);
	next.shards = shards;
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

static bool
take(struct saver *s, int64_t now)
{
	struct snapshot_header header = { .created_us = now };
	char name[IO_NAME_SIZE];

	memcpy(header.uuid, s->manifest.uuid, sizeof(header.uuid));
	atomic_store(&s->progress.keys, 0);
	atomic_store(&s->progress.bytes, 0);
	atomic_store(&s->progress.sections, 0);
	snapshot_name(name, &header);
	if (snapshot_save(s->dir, name, s->engine->keyspace, &s->engine->due,
	    &header, &s->progress) != 0 || !commit(s, name, header.shards))
		return (false);
	snapshot_remove_others(s->dir, name);
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
saver_begin(struct saver *s)
{
	enum saver_result result = SAVER_BUSY;

	lock_take(&s->lock);
	if (!s->saving && !s->wanted) {
		s->wanted = true;
		must(pthread_cond_broadcast(&s->wake));
		result = SAVER_OK;
	}
	lock_release(&s->lock);
	return (result);
}

/* Whether the setting says that it is time; with the lock. */
static bool
is_due(const struct saver *s)
{
	uint64_t changes = stats_changes(s->engine->stats) - s->base;
	int64_t now = clock_monotonic_us();

	return (changes != 0 && points_reached(changes,
	    (clock_wall_us() - s->saved_us) / 1000000) &&
	    (s->ok || now - s->tried_us > RETRY_US));
}

static void *
attend(void *arg)
{
	struct saver *s = arg;
	bool mine;

	lock_take(&s->lock);
	while (!s->ending || s->wanted) {
		mine = (s->wanted || is_due(s)) && claim(s);
		if (mine) {
			lock_release(&s->lock);
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
	pthread_attr_t attr;
	int error;

	must(pthread_attr_init(&attr));
	must(pthread_attr_setstacksize(&attr, STACK_SIZE));
	error = pthread_create(&s->thread, &attr, attend, s);
	must(pthread_attr_destroy(&attr));
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

bool
saver_finish(struct saver *s)
{
	stop(s);
	if (s->at_end == END_NOSAVE ||
	    (s->at_end == END_BY_POINTS && !points_any()))
		return (true);
	return (saver_save(s) == SAVER_OK);
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
	io_dir_close(&s->dir);
	must(pthread_cond_destroy(&s->wake));
	lock_destroy(&s->lock);
	mem_free(s);
}
