/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading: the sections' heads are read and checked first, one after another,
 * then threads take sections and decode them.  No two meet in a shard; it is
 * locked all the same, since clients that are told that data is being loaded
 * may look around.
 */
#include "persist/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "persist/section.h"
#include "persist/snapshot_form.h"
#include "store/keyspace.h"
#include "store/lockset.h"

enum { MOST_THREADS = 64 };

struct found {
	struct snapshot_section	section;
	uint64_t		offset;		/* of its bytes */
};

struct loader {
	int				 fd;
	uint64_t			 size;	/* of the file */
	uint32_t			 crc;	/* the header's */
	struct snapshot_header		*header;
	struct found			*found;	/* by number */
	struct keyspace			*keyspace;
	struct schedule			*due;
	struct snapshot_progress	*progress;
	_Atomic uint32_t		 next;	/* for whoever comes */
	/* The first section that was wrong, plus 1, and errno if it was. */
	_Atomic uint32_t		 bad;
	int				 error;
};

static bool
read_all(int fd, void *to, size_t length, uint64_t offset, struct buf *wrong)
{
	ssize_t n = io_read(fd, to, length, offset);

	if (n == (ssize_t)length)
		return (true);
	if (n < 0)
		buf_add_format(wrong, "%s", strerror(errno));
	else
		buf_add_format(wrong, "ends at %" PRIu64 ", too early",
		    offset + (uint64_t)n);
	return (false);
}

static bool
read_header(int fd, struct snapshot_header *h, uint32_t *crc,
    struct buf *wrong)
{
	char form[SNAPSHOT_HEADER];

	return (read_all(fd, form, SNAPSHOT_HEADER, 0, wrong) &&
	    snapshot_get_header(form, h, crc, wrong));
}

bool
snapshot_read_header(struct io_dir *dir, const char *name,
    struct snapshot_header *h, struct buf *wrong)
{
	int fd = io_open_read(dir, name);
	uint32_t crc;
	bool ok;

	if (fd < 0) {
		buf_add_format(wrong, "%s", strerror(errno));
		return (false);
	}
	ok = read_header(fd, h, &crc, wrong);
	io_close(fd);
	return (ok);
}

/* All sections' heads and the footer, which must end the file. */
static bool
find_sections(struct loader *l, struct buf *wrong)
{
	char form[SNAPSHOT_SECTION];
	uint64_t at = SNAPSHOT_HEADER, keys = 0;
	struct snapshot_footer footer;
	struct found *f;
	uint32_t i;

	for (i = 0; i < l->header->shards; i++) {
		f = &l->found[i];
		if (!read_all(l->fd, form, SNAPSHOT_SECTION, at, wrong))
			return (false);
		f->offset = at + SNAPSHOT_SECTION;
		if (!snapshot_get_section(form, &f->section, l->crc) ||
		    f->section.number != i ||
		    f->section.length > l->size - f->offset) {
			buf_add_format(wrong, "damaged at %" PRIu64, at);
			return (false);
		}
		at = f->offset + f->section.length;
		keys += f->section.keys;
	}
	if (!read_all(l->fd, form, SNAPSHOT_FOOTER, at, wrong))
		return (false);
	if (snapshot_get_footer(form, &footer, l->crc) &&
	    footer.sections == i && footer.keys == keys &&
	    footer.size == at && at + SNAPSHOT_FOOTER == l->size)
		return (true);
	buf_add_format(wrong, "damaged at %" PRIu64 ", the end", at);
	return (false);
}

/* The shards of the keyspace into which the section's keys go. */
static void
lock_shards(const struct loader *l, uint32_t number, struct lockset *lock)
{
	uint32_t i, each = keyspace_shards(l->keyspace) / l->header->shards;

	lockset_start(lock, l->keyspace);
	for (i = 0; i < each; i++)
		lockset_add(lock, number * each + i);
	lockset_acquire(lock, true);
}

static bool
decode(struct loader *l, struct section *s, struct bytes body)
{
	struct lockset lock;
	bool ok;

	lock_shards(l, s->number, &lock);
	ok = section_decode(s, body);
	lockset_release(&lock);
	lockset_free(&lock);
	return (ok);
}

static bool
load_section(struct loader *l, const struct found *f, struct buf *bytes)
{
	struct section s = { .keyspace = l->keyspace,
	    .due = f->section.number == 0 ? l->due : NULL,
	    .number = f->section.number, .shards = l->header->shards };
	size_t length = f->section.length;
	struct bytes body;

	buf_cut(bytes, 0);
	errno = 0;
	if (length == 0)
		return (false);
	errno = ECANCELED;
	if (atomic_load(&l->progress->stop))
		return (false);
	errno = ENOMEM;
	if (buf_reserve(bytes, length) == NULL)
		return (false);
	body = bytes_make(bytes->data, length);
	errno = 0;
	if (io_read(l->fd, bytes->data, length, f->offset) !=
	    (ssize_t)length)
		return (false);
	errno = 0;
	if (crc32c(l->crc, body) != f->section.crc ||
	    !decode(l, &s, body) || s.keys != f->section.keys)
		return (false);
	atomic_fetch_add(&l->progress->keys, s.keys);
	atomic_fetch_add(&l->progress->bytes, length);
	atomic_fetch_add(&l->progress->sections, 1);
	return (true);
}

static void *
work(void *arg)
{
	struct loader *l = arg;
	struct buf bytes = { 0 };
	uint32_t i, none = 0;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->header->shards &&
	    atomic_load(&l->bad) == 0) {
		if (load_section(l, &l->found[i], &bytes))
			continue;
		if (atomic_compare_exchange_strong(&l->bad, &none, i + 1))
			l->error = errno;
		break;
	}
	buf_free(&bytes);
	mem_settle();
	return (NULL);
}

/* This thread and others beside it; with those that there is room for. */
static void
work_together(struct loader *l, unsigned threads)
{
	pthread_t others[MOST_THREADS];
	unsigned i, n = 0;

	while (n + 1 < threads && n < MOST_THREADS &&
	    thread_start(&others[n], work, l) == 0)
		n++;
	work(l);
	for (i = 0; i < n; i++)
		must(pthread_join(others[i], NULL));
}

static bool
load(struct loader *l, unsigned threads, struct buf *wrong)
{
	uint32_t bad;

	if (l->header->shards > l->size / SNAPSHOT_SECTION) {
		buf_add_string(wrong, "ends too early");
		return (false);
	}
	if (l->header->shards > keyspace_shards(l->keyspace)) {
		buf_add_format(wrong, "has %" PRIu32 " shards, not %" PRIu32,
		    l->header->shards, keyspace_shards(l->keyspace));
		return (false);
	}
	l->found = mem_zalloc(l->header->shards * sizeof(*l->found));
	if (!find_sections(l, wrong))
		return (false);
	work_together(l, threads);
	bad = atomic_load(&l->bad);
	if (bad == 0)
		return (true);
	if (l->error != 0)
		buf_add_format(wrong, "section %" PRIu32 ": %s", bad - 1,
		    strerror(l->error));
	else
		buf_add_format(wrong, "section %" PRIu32 " at %" PRIu64
		    " is damaged", bad - 1, l->found[bad - 1].offset);
	return (false);
}

static void
note_positions(const struct loader *l)
{
	uint32_t i, shards = keyspace_shards(l->keyspace);
	uint32_t each = shards / l->header->shards;

	for (i = 0; i < shards; i++)
		keyspace_note_position(l->keyspace, i,
		    l->found[i / each].section.position);
}

bool
snapshot_load(struct io_dir *dir, const char *name, struct keyspace *ks,
    struct schedule *due, unsigned threads, struct snapshot_header *h,
    struct snapshot_progress *progress, struct buf *wrong)
{
	struct loader l = { .header = h, .keyspace = ks, .due = due,
	    .progress = progress };
	int64_t size;
	bool ok = false;

	l.fd = io_open_read(dir, name);
	if (l.fd < 0 || (size = io_size(l.fd)) < 0)
		buf_add_format(wrong, "%s", strerror(errno));
	else {
		l.size = (uint64_t)size;
		ok = read_header(l.fd, h, &l.crc, wrong) &&
		    load(&l, threads, wrong);
	}
	if (ok)
		note_positions(&l);
	mem_free(l.found);
	io_close(l.fd);
	return (ok);
}
