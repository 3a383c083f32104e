/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saving.  Small sections are gathered until writing them pays; no more than
 * that, or one large section, is in memory at a time.
 */
#include "persist/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/lock.h"
#include "persist/section.h"
#include "persist/snapshot_form.h"
#include "store/keyspace.h"
#include "store/lockset.h"

enum {
	WRITE_AT_ONCE	= 1 << 20,
	/* After so long it rests that long. */
	WORK_US		= 250,
	REST_US		= 250,
};

struct writer {
	struct io_dir			*dir;
	struct keyspace			*keyspace;
	struct schedule *const		*due;
	struct snapshot_progress	*progress;
	int				 fd;
	uint32_t			 crc;	/* the header's */
	uint64_t			 offset;	/* what is written */
	uint64_t			 keys;
	int64_t				 rested;	/* when, us */
	struct buf			 buf;	/* what is not yet */
};

void
snapshot_name(char out[IO_NAME_SIZE], const struct snapshot_header *h)
{
	snprintf(out, IO_NAME_SIZE, "snap-%" PRIu64 "-%" PRId64 ".rsp",
	    h->start, h->created_us);
}

struct others {
	struct io_dir	*dir;
	const char	*keep;
};

static void
remove_other(void *arg, const char *name)
{
	struct others *others = arg;
	size_t length = strlen(name);

	if (length > 4 && strcmp(name + length - 4, ".rsp") == 0 &&
	    strcmp(name, others->keep) != 0)
		io_unlink(others->dir, name);
}

void
snapshot_remove_others(struct io_dir *dir, const char *keep)
{
	struct others others = { dir, keep };

	io_dir_list(dir, "snap-", remove_other, &others);
}

static bool
flush(struct writer *w)
{
	lock_assert_none();
	if (w->buf.failed) {
		errno = ENOMEM;
		return (false);
	}
	if (io_write(w->fd, buf_bytes(&w->buf), w->offset) != 0)
		return (false);
	w->offset += w->buf.length;
	atomic_store(&w->progress->bytes, w->offset);
	buf_clear(&w->buf, 2 * WRITE_AT_ONCE);
	return (true);
}

static bool
save_shard(struct writer *w, uint32_t shard)
{
	struct snapshot_section s = { .number = shard };
	size_t at = w->buf.length, body = at + SNAPSHOT_SECTION;
	struct lockset lock;

	if (buf_reserve(&w->buf, SNAPSHOT_SECTION) != NULL)
		w->buf.length = body;
	lockset_start(&lock, w->keyspace);
	lockset_add(&lock, shard);
	lockset_acquire(&lock, false);
	s.position = keyspace_position(w->keyspace, shard);
	s.keys = section_encode(&w->buf, w->keyspace, shard,
	    shard == 0 ? *w->due : NULL);
	lockset_release(&lock);
	lockset_free(&lock);
	if (w->buf.failed) {
		errno = ENOMEM;
		return (false);
	}
	s.length = w->buf.length - body;
	s.crc = crc32c(w->crc, bytes_make(w->buf.data + body, s.length));
	snapshot_put_section(w->buf.data + at, &s, w->crc);
	w->keys += s.keys;
	atomic_store(&w->progress->keys, w->keys);
	atomic_store(&w->progress->sections, shard + 1);
	return (w->buf.length < WRITE_AT_ONCE || flush(w));
}

/*
 * Let others have the processor: left alone, the scheduler lets us go on for
 * several milliseconds while those who serve clients wait.  Being nice is no
 * way, since who holds a shard's lock then does so for longer.
 */
static void
rest(struct writer *w)
{
	if (clock_monotonic_us() - w->rested < WORK_US)
		return;
	usleep(REST_US);
	w->rested = clock_monotonic_us();
}

/* Header, sections, footer, and all of it on the disk. */
static bool
save(struct writer *w, const struct snapshot_header *h)
{
	struct snapshot_footer footer = { .sections = h->shards };
	char form[SNAPSHOT_HEADER];
	uint32_t shard;

	w->crc = snapshot_put_header(form, h);
	buf_add(&w->buf, form, SNAPSHOT_HEADER);
	for (shard = 0; shard < h->shards; shard++) {
		if (atomic_load(&w->progress->stop)) {
			errno = ECANCELED;
			return (false);
		}
		if (!save_shard(w, shard))
			return (false);
		rest(w);
	}
	footer.keys = w->keys;
	footer.size = w->offset + w->buf.length;
	snapshot_put_footer(form, &footer, w->crc);
	buf_add(&w->buf, form, SNAPSHOT_FOOTER);
	return (flush(w) && io_sync(w->fd) == 0 && io_dir_sync(w->dir) == 0);
}

int
snapshot_save(struct io_dir *dir, const char *name, struct keyspace *ks,
    struct schedule *const *due, struct snapshot_header *h,
    struct snapshot_progress *progress)
{
	struct writer w = { .dir = dir, .keyspace = ks, .due = due,
	    .progress = progress, .rested = clock_monotonic_us() };
	int error = 0;

	h->shards = keyspace_shards(ks);
	h->databases = keyspace_databases(ks);
	hash_get_seed(h->seed);
	w.fd = io_create(dir, name);
	if (w.fd < 0)
		return (-1);
	if (!save(&w, h))
		error = errno;
	io_close(w.fd);
	buf_free(&w.buf);
	if (error == 0)
		return (0);
	io_unlink(dir, name);
	errno = error;
	return (-1);
}
