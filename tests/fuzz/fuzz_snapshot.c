/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For libFuzzer: what loading makes of snapshots.  The first byte says what the
 * rest is:
 *
 *	s	a file
 *	h	a file whose checksums are put right before
 *	b	the bytes of a section, in a file that is right
 *
 * What loads is saved and loaded again, and has to be the same then.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "persist/io.h"
#include "persist/section.h"
#include "persist/snapshot.h"
#include "persist/snapshot_form.h"
#include "store/keyspace.h"
#include "value/schedule.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATABASES = 16 };

static const char first[] = "snap-0-1.rsp", second[] = "snap-0-2.rsp";
static char path[] = "/tmp/fuzz-snapshot.XXXXXX";
static struct io_dir *dir;

struct data {
	struct keyspace	*keyspace;
	struct schedule	*due;
	uint64_t	 keys;
};

static void
clean_up(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command) != 0)
		perror(path);
}

static void
set_up(void)
{
	if (mkdtemp(path) == NULL ||
	    (dir = io_dir_open(path, false)) == NULL) {
		perror(path);
		exit(1);
	}
	atexit(clean_up);
}

static struct data
data_new(void)
{
	return ((struct data){ keyspace_new(4, DATABASES), schedule_new(),
	    0 });
}

static void
data_free(struct data *d)
{
	keyspace_free(&d->keyspace);
	schedule_free(d->due);
}

static bool
load(const char *name, struct data *d)
{
	struct snapshot_progress progress = { 0 };
	struct snapshot_header h = { 0 };
	struct buf wrong = { 0 };
	bool ok;

	ok = snapshot_load(dir, name, d->keyspace, d->due, 1, &h, &progress,
	    &wrong);
	assert(ok == (wrong.length == 0));
	d->keys = progress.keys;
	buf_free(&wrong);
	return (ok);
}

/* How many bytes all that is in there makes. */
static size_t
measure(struct data *d)
{
	struct buf b = { 0 };
	uint32_t i;
	size_t n;

	for (i = 0; i < keyspace_shards(d->keyspace); i++)
		section_encode(&b, d->keyspace, i, i == 0 ? d->due : NULL);
	n = b.length;
	buf_free(&b);
	return (n);
}

static void
check_again(struct data *d)
{
	struct snapshot_progress progress = { 0 };
	struct snapshot_header h = { 0 };
	struct data again = data_new();
	bool ok;

	ok = snapshot_save(dir, second, d->keyspace, &d->due, &h,
	    &progress) == 0;
	assert(ok && progress.keys == d->keys);
	ok = load(second, &again);
	assert(ok && again.keys == d->keys && measure(&again) == measure(d));
	data_free(&again);
	ok = io_unlink(dir, second) == 0;
	assert(ok);
}

static void
check_file(struct bytes b)
{
	struct data d = data_new();
	int fd = io_create(dir, first);
	bool ok = fd >= 0 && io_write(fd, b, 0) == 0;

	assert(ok);
	io_close(fd);
	if (load(first, &d))
		check_again(&d);
	data_free(&d);
	ok = io_unlink(dir, first) == 0;
	assert(ok);
}

/* Go from head to head, and write each again with what belongs there. */
static void
put_right(struct buf *b)
{
	struct snapshot_header h = { 0 };
	struct snapshot_section s;
	struct snapshot_footer f = { 0 };
	struct buf wrong = { 0 };
	size_t at = SNAPSHOT_HEADER;
	uint32_t crc;

	if (b->length < at)
		return;
	snapshot_get_header(b->data, &h, &crc, &wrong);
	buf_free(&wrong);
	h.shards = 1U << h.shards % 7;
	crc = snapshot_put_header(b->data, &h);
	for (; f.sections < h.shards &&
	    b->length - at >= SNAPSHOT_SECTION; f.sections++) {
		snapshot_get_section(b->data + at, &s, crc);
		s.number = f.sections;
		s.length %= b->length - at - SNAPSHOT_SECTION + 1;
		s.crc = crc32c(crc, bytes_make(b->data + at +
		    SNAPSHOT_SECTION, s.length));
		snapshot_put_section(b->data + at, &s, crc);
		f.keys += s.keys;
		at += SNAPSHOT_SECTION + s.length;
	}
	f.size = at;
	buf_cut(b, at);
	if (buf_reserve(b, SNAPSHOT_FOOTER) != NULL)
		b->length += SNAPSHOT_FOOTER;
	snapshot_put_footer(b->data + at, &f, crc);
}

/* The only section's; how many keys it has is known when it is decoded. */
static void
check_body(struct bytes body)
{
	struct data d = data_new(), loaded = data_new();
	struct section section = { .keyspace = d.keyspace, .due = d.due,
	    .shards = 1 };
	bool good = section_decode(&section, body), ok;
	struct snapshot_header h = { .shards = 1, .databases = DATABASES };
	struct snapshot_section s = { .keys = section.keys,
	    .length = body.length };
	struct snapshot_footer f = { .sections = 1, .keys = section.keys,
	    .size = SNAPSHOT_HEADER + SNAPSHOT_SECTION + body.length };
	char form[SNAPSHOT_HEADER];
	struct buf b = { 0 };
	uint32_t crc;
	int fd;

	crc = snapshot_put_header(form, &h);
	buf_add(&b, form, SNAPSHOT_HEADER);
	s.crc = crc32c(crc, body);
	snapshot_put_section(form, &s, crc);
	buf_add(&b, form, SNAPSHOT_SECTION);
	buf_add(&b, body.data, body.length);
	snapshot_put_footer(form, &f, crc);
	buf_add(&b, form, SNAPSHOT_FOOTER);
	fd = io_create(dir, first);
	ok = fd >= 0 && io_write(fd, buf_bytes(&b), 0) == 0;
	assert(ok);
	io_close(fd);
	ok = load(first, &loaded);
	assert(ok == good);
	if (ok)
		check_again(&loaded);
	ok = io_unlink(dir, first) == 0;
	assert(ok);
	buf_free(&b);
	data_free(&d);
	data_free(&loaded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = { 0 };
	struct bytes rest;

	if (size == 0)
		return (0);
	if (dir == NULL)
		set_up();
	rest = bytes_make(data + 1, size - 1);
	switch (*data) {
	case 's':
		check_file(rest);
		break;
	case 'h':
		buf_add(&b, rest.data, rest.length);
		put_right(&b);
		check_file(buf_bytes(&b));
		buf_free(&b);
		break;
	case 'b':
		check_body(rest);
		break;
	}
	return (0);
}
