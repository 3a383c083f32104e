/* SPDX-License-Identifier: BSD-2-Clause */
#include "tools/repair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/segment.h"
#include "persist/snapshot.h"
#include "store/keyspace.h"
#include "value/schedule.h"

/* The manifest */

struct search {
	struct io_dir		*dir;
	struct segments		 segments;
	bool			 found;
	struct snapshot_header	 best;
	char			 name[IO_NAME_SIZE];
};

/* Whether a segment begins there, or there is no journal at all. */
static bool
goes_on(const struct search *s, uint64_t start)
{
	size_t i;

	for (i = 0; i < s->segments.count; i++) {
		if (s->segments.start[i] == start)
			return (true);
	}
	return (s->segments.count == 0);
}

static void
consider(void *arg, const char *name)
{
	struct search *s = arg;
	struct buf wrong = { 0 };
	struct snapshot_header h;

	if (strlen(name) < sizeof(s->name) &&
	    snapshot_read_header(s->dir, name, &h, &wrong) &&
	    goes_on(s, h.start) && (!s->found || h.start > s->best.start ||
	    (h.start == s->best.start && h.created_us > s->best.created_us))) {
		s->found = true;
		s->best = h;
		snprintf(s->name, sizeof(s->name), "%s", name);
	}
	buf_free(&wrong);
}

/* The uuid that the journal from 0 on has. */
static bool
read_uuid(struct search *s, uint8_t uuid[FRAME_UUID])
{
	char name[IO_NAME_SIZE], head[FRAME_TRAILER + 1];
	ssize_t n = -1;
	int fd;

	errno = 0;
	if (s->segments.count == 0 || s->segments.start[0] != 0)
		return (false);
	segment_name(name, 0);
	if ((fd = io_open_read(s->dir, name)) >= 0)
		n = io_read(fd, head, FRAME_TRAILER, 0);
	io_close(fd);
	if (n < 0)
		return (false);
	head[n] = '\0';
	errno = 0;
	return (frame_find_uuid(bytes_make(head, (size_t)n), uuid));
}

bool
repair_manifest(struct io_dir *dir, struct manifest *m)
{
	struct search s = { .dir = dir };
	bool ok = true;

	if (segment_list(dir, &s.segments) != 0)
		return (false);
	memset(m, 0, sizeof(*m));
	m->has_journal = s.segments.count != 0;
	if (io_dir_list(dir, "snap-", consider, &s) != 0)
		ok = false;
	else if (s.found) {
		memcpy(m->uuid, s.best.uuid, sizeof(m->uuid));
		memcpy(m->seed, s.best.seed, sizeof(m->seed));
		memcpy(m->snapshot, s.name, sizeof(m->snapshot));
		m->shards = s.best.shards;
		m->journal = m->durable = s.best.start;
	} else {
		hash_random(m->seed, sizeof(m->seed));
		ok = read_uuid(&s, m->uuid);
	}
	segment_list_free(&s.segments);
	return (ok && manifest_write(dir, m) == 0);
}

/* The snapshot */

/* The file is not needed any more, but who knows. */
static bool
put_away(struct io_dir *dir, const char *name)
{
	struct io_dir *quarantine = io_dir_inside(dir, "quarantine");
	bool ok = quarantine != NULL &&
	    io_rename(dir, name, quarantine, name) == 0 &&
	    io_dir_sync(quarantine) == 0 && io_dir_sync(dir) == 0;

	io_dir_close(&quarantine);
	return (ok);
}

/* A snapshot of what there is takes the old one's place. */
static bool
replace(struct io_dir *dir, struct manifest *m, struct keyspace *ks,
    struct schedule *due, uint64_t start)
{
	struct snapshot_header h = { .start = start,
	    .created_us = clock_wall_us() };
	struct snapshot_progress progress = { 0 };
	struct manifest next = *m;

	memcpy(h.uuid, m->uuid, sizeof(h.uuid));
	snapshot_name(next.snapshot, &h);
	if (snapshot_save(dir, next.snapshot, ks, &due, &h, &progress) != 0 ||
	    manifest_write(dir, &next) != 0 || !put_away(dir, m->snapshot))
		return (false);
	*m = next;
	return (true);
}

bool
repair_snapshot(struct io_dir *dir, struct manifest *m, uint64_t last,
    bool repair, struct snapshot_loss *loss)
{
	struct schedule *due = schedule_new();
	struct buf wrong = { 0 };
	struct keyspace *ks;
	struct snapshot_header h;
	bool ok = false;
	uint32_t i;

	errno = 0;
	if (snapshot_read_header(dir, m->snapshot, &h, &wrong)) {
		hash_set_seed(h.seed);
		ks = keyspace_new(h.shards, h.databases);
		ok = snapshot_salvage(dir, m->snapshot, ks, due, &h, loss);
		for (i = 0; i < h.shards; i++) {
			if (keyspace_position(ks, i) == UINT64_MAX)
				keyspace_note_position(ks, i, last);
		}
		if (ok && repair)
			ok = replace(dir, m, ks, due, h.start);
		keyspace_free(&ks);
	}
	buf_free(&wrong);
	schedule_free(due);
	return (ok);
}
