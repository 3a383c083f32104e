/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that runs changes what is read here in three ways.  It puts another
 * manifest in the place of this one and removes the files that only the old
 * one names: then all begins anew.  It begins new segments, which are none of
 * ours: what is in those that were there is a state as well.  And it writes to
 * the last one.  Of that we may see a later part already and an earlier one
 * not yet, which looks like damage; but damage is still there when one looks
 * again.
 */
#include "tools/load.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "agents/replay.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/settings.h"
#include "base/tell.h"
#include "commands/registry.h"
#include "engine/engine.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/snapshot.h"

enum {
	MANIFESTS	= 100,	/* so many are tried, */
	LOOKS		= 5,	/* and at one break of the journal */
	LOOK_MS		= 20,
	WATCH_MS	= 100,
	DATABASES	= 256,	/* as many as a server may have */
};

struct load {
	struct io_dir	*dir;
	struct manifest	 manifest;
	struct engine	*engine;
	struct buf	*wrong;
	int		 status;
	/* The journal. */
	struct replay	*replay;
	uint64_t	 applied;	/* the position up to which it is */
};

static void
sleep_ms(int ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

/* Whoever watches a snapshot being loaded. */
struct watch {
	struct snapshot_progress	*progress;
	atomic_bool			 over;
};

static void *
watch_main(void *arg)
{
	struct watch *w = arg;

	while (!atomic_load(&w->over)) {
		tell_progress(atomic_load(&w->progress->bytes),
		    atomic_load(&w->progress->keys));
		sleep_ms(WATCH_MS);
	}
	return (NULL);
}

static bool
load_watched(struct load *l, const char *name, struct snapshot_header *h)
{
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	struct snapshot_progress progress = { 0 };
	struct watch watch = { .progress = &progress };
	pthread_t watcher;
	bool watched, ok;

	watched = pthread_create(&watcher, NULL, watch_main, &watch) == 0;
	ok = snapshot_load(l->dir, name, l->engine->keyspace, l->engine->due,
	    threads > 0 ? (unsigned)threads : 1, h, &progress, l->wrong);
	atomic_store(&watch.over, true);
	if (watched)
		must(pthread_join(watcher, NULL));
	return (ok);
}

static uint64_t
file_size(struct io_dir *dir, const char *name)
{
	int fd = io_open_read(dir, name);
	int64_t size = fd >= 0 ? io_size(fd) : 0;

	io_close(fd);
	return (size > 0 ? (uint64_t)size : 0);
}

/* An empty engine of so many shards. */
static bool
make_engine(struct load *l, uint32_t shards)
{
	struct buf number = { 0 };
	bool ok;

	buf_add_format(&number, "%d", DATABASES);
	ok = settings_set(SETTING_DATABASES, buf_bytes(&number), l->wrong);
	buf_free(&number);
	if (ok)
		l->engine = engine_new(registry_new(), shards);
	return (ok);
}

static bool
load_snapshot(struct load *l)
{
	const char *name = l->manifest.snapshot;
	struct snapshot_header h;
	bool ok;

	l->status = EX_DATAERR;
	buf_add_format(l->wrong, "%s: ", name);
	if (!snapshot_read_header(l->dir, name, &h, l->wrong))
		return (false);
	hash_set_seed(h.seed);
	if (!make_engine(l, h.shards))
		return (false);
	tell_begin("snapshot", file_size(l->dir, name));
	ok = load_watched(l, name, &h);
	tell_end();
	return (ok);
}

static bool
apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct load *l = arg;

	if (position <= l->applied)
		return (true);
	l->applied = position;
	return (replay_apply(l->replay, position, db, record));
}

static bool
finish(void *arg)
{
	struct load *l = arg;

	return (replay_finish(l->replay));
}

static void
show_progress(void *arg, uint64_t done, uint64_t total)
{
	struct load *l = arg;

	(void)total;
	tell_progress(done, l->applied);
}

/* Look on until nothing looks damaged, or always the same place. */
static enum recover_status
read_journal(struct load *l, struct recover_report *r)
{
	struct recover_options o = { .dir = l->dir, .manifest = &l->manifest,
	    .only_look = true, .apply = apply, .finish = finish,
	    .progress = show_progress,
	    .arg = l };
	enum recover_status status;
	uint64_t before;
	int looks = 0;

	do {
		before = l->applied;
		if (looks != 0)
			sleep_ms(LOOK_MS);
		status = recover_journal(&o, r);
		looks = l->applied == before ? looks + 1 : 1;
	} while (status == RECOVER_DAMAGED && looks < LOOKS);
	return (status);
}

static bool
load_journal(struct load *l)
{
	struct recover_report r;
	enum recover_status status;

	l->applied = 0;
	l->replay = replay_new(l->engine, 0);
	tell_begin("journal", 0);
	status = read_journal(l, &r);
	tell_end();
	l->status = status == RECOVER_ERROR ? EX_IOERR : EX_DATAERR;
	if (status != RECOVER_OK)
		buf_add_string(l->wrong, r.text);
	if (status == RECOVER_REFUSED) {
		buf_add_string(l->wrong, ": ");
		buf_add(l->wrong, replay_wrong(l->replay).data,
		    replay_wrong(l->replay).length);
	}
	replay_free(&l->replay);
	return (status == RECOVER_OK);
}

static bool
load_all(struct load *l)
{
	hash_set_seed(l->manifest.seed);
	if (*l->manifest.snapshot != '\0' ? !load_snapshot(l) :
	    !make_engine(l, 1024))
		return (false);
	buf_cut(l->wrong, 0);
	return (!l->manifest.has_journal || load_journal(l));
}

static bool
read_manifest(struct load *l, struct manifest *m)
{
	switch (manifest_read(l->dir, m)) {
	case MANIFEST_OK:
		return (true);
	case MANIFEST_NONE:
		l->status = EX_NOINPUT;
		buf_add_string(l->wrong, "there is no MANIFEST: no server has "
		    "saved anything here");
		break;
	case MANIFEST_DAMAGED:
		l->status = EX_DATAERR;
		buf_add_string(l->wrong, "MANIFEST is damaged");
		break;
	case MANIFEST_ERROR:
		l->status = EX_IOERR;
		buf_add_format(l->wrong, "MANIFEST: %s", strerror(errno));
		break;
	}
	return (false);
}

/* Whether the manifest that did not do is an old one by now. */
static bool
was_replaced(struct load *l)
{
	struct buf ignored = { 0 };
	struct load again = { .dir = l->dir, .wrong = &ignored };
	struct manifest m;
	bool replaced;

	replaced = read_manifest(&again, &m) &&
	    (strcmp(m.snapshot, l->manifest.snapshot) != 0 ||
	    m.journal != l->manifest.journal);
	buf_free(&ignored);
	return (replaced);
}

struct engine *
load_directory(struct io_dir *dir, struct buf *wrong, int *status)
{
	struct load l = { .dir = dir, .wrong = wrong };
	int tries = 0;

	do {
		buf_cut(wrong, 0);
		if (read_manifest(&l, &l.manifest) && load_all(&l))
			return (l.engine);
		if (l.engine != NULL)
			engine_free(&l.engine);
	} while (++tries < MANIFESTS && was_replaced(&l));
	*status = l.status;
	return (NULL);
}
