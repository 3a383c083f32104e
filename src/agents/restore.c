/* SPDX-License-Identifier: BSD-2-Clause */
#include "agents/restore.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agents/replay.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "engine/engine.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/segment.h"
#include "store/keyspace.h"

/* The size of the snapshot's file; a file that is not there is found later. */
static uint64_t
snapshot_size(const struct restore *r)
{
	int fd = io_open_read(r->dir, r->manifest->snapshot);
	int64_t size = fd >= 0 ? io_size(fd) : 0;

	io_close(fd);
	return (size > 0 ? (uint64_t)size : 0);
}

static double
seconds_since(int64_t began)
{
	return ((double)(clock_monotonic_us() - began) / 1e6);
}

static bool
load_snapshot(struct restore *r, struct buf *wrong)
{
	const char *name = r->manifest->snapshot;
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t began = clock_monotonic_us();
	struct snapshot_header header;
	struct buf why = { 0 };
	bool ok;

	ok = snapshot_load(r->dir, name, r->engine->keyspace, r->engine->due,
	    threads > 0 ? (unsigned)threads : 1, &header, r->progress, &why);
	if (ok)
		log_notice("loaded %s: %" PRIu64 " keys in %.3f s", name,
		    (uint64_t)r->progress->keys, seconds_since(began));
	else
		buf_add_format(wrong, "%s/%s: %.*s", io_dir_path(r->dir),
		    name, (int)why.length, why.data);
	buf_free(&why);
	return (ok);
}

struct applying {
	struct restore	*restore;
	struct replay	*replay;
};

static bool
apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct applying *a = arg;

	return (!atomic_load_explicit(&a->restore->progress->stop,
	    memory_order_relaxed) &&
	    replay_apply(a->replay, position, db, record));
}

static bool
finish(void *arg)
{
	struct applying *a = arg;

	return (replay_finish(a->replay));
}

static void
note_progress(void *arg, uint64_t done, uint64_t total)
{
	struct applying *a = arg;

	(void)total;
	atomic_store(&a->restore->journal, done);
}

/* What recovery of the journal came to; false: *status. */
static bool
judge(struct restore *r, enum recover_status result,
    const struct recover_report *report, struct replay *replay,
    struct buf *wrong, int *status)
{
	struct bytes why;

	if (result == RECOVER_OK) {
		if (*report->text != '\0')
			log_warning("%s; what was cut is in %s/quarantine",
			    report->text, io_dir_path(r->dir));
		return (true);
	}
	*status = result == RECOVER_ERROR ? EX_IOERR : EX_DATAERR;
	buf_add_string(wrong, report->text);
	why = replay_wrong(replay);
	if (why.length != 0)
		buf_add_format(wrong, ": %.*s", (int)why.length, why.data);
	return (false);
}

static bool
replay_journal(struct restore *r, struct buf *wrong, int *status)
{
	struct applying a = { r, replay_new(r->engine, 0) };
	struct recover_options o = { .dir = r->dir, .manifest = r->manifest,
	    .apply = apply, .finish = finish, .progress = note_progress, .arg = &a };
	int64_t began = clock_monotonic_us();
	struct recover_report report;
	enum recover_status result = recover_journal(&o, &report);
	bool ok = judge(r, result, &report, a.replay, wrong, status);

	replay_free(&a.replay);
	r->end = report.end;
	if (ok)
		log_notice("replayed the journal: %" PRIu64 " records, %" PRIu64
		    " bytes in %.3f s; the last position is %" PRIu64,
		    report.records, report.bytes, seconds_since(began),
		    report.end.position);
	return (ok);
}

static uint64_t
last_position(const struct restore *r)
{
	struct keyspace *ks = r->engine->keyspace;
	uint64_t last = r->manifest->durable, position;
	uint32_t shard;

	if (r->manifest->has_journal)
		last = r->end.position;
	for (shard = 0; shard < keyspace_shards(ks); shard++) {
		position = keyspace_position(ks, shard);
		last = position > last ? position : last;
	}
	return (last);
}

/* The journal is replayed with the shards that the snapshot was taken of. */
static void
fold_shards(struct keyspace *ks)
{
	uint32_t shards = (uint32_t)settings_number(SETTING_SHARDS);

	if (keyspace_shards(ks) > shards)
		keyspace_fold(ks, shards);
}

uint32_t
restore_shards(const struct manifest *m)
{
	uint32_t shards = (uint32_t)settings_number(SETTING_SHARDS);

	return (m->shards > shards ? m->shards : shards);
}

bool
restore(struct restore *r, struct buf *wrong, int *status)
{
	const struct manifest *m = r->manifest;
	bool ok = true;

	*status = EX_DATAERR;
	r->snapshot_bytes = *m->snapshot != '\0' ? snapshot_size(r) : 0;
	atomic_store(&r->total, r->snapshot_bytes +
	    (m->has_journal ? segment_total(r->dir, UINT64_MAX) : 0));
	if (*m->snapshot != '\0')
		ok = load_snapshot(r, wrong);
	if (ok && m->has_journal)
		ok = replay_journal(r, wrong, status);
	if (!ok && atomic_load(&r->progress->stop))
		*status = EX_OK;
	if (ok)
		fold_shards(r->engine->keyspace);
	r->position = ok ? last_position(r) : 0;
	return (ok);
}
