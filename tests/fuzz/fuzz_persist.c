/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For libFuzzer: what recovery and the manifest's parser make of rubbish. The
 * first byte says what the rest is:
 *
 *	m	a manifest		M	a manifest without its crc
 *	j	a segment		J	a frame's records, without trailer
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "persist/frame.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/segment.h"
#include "resp/request.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct manifest manifest = { .has_journal = true };
static char path[] = "/tmp/fuzz-persist.XXXXXX";
static struct io_dir *dir;

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
	log_set_level((enum log_level)0);
}

static bool
apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct request q = { 0 };

	assert(position == ++*(uint64_t *)arg && db < JOURNAL_DATABASES);
	request_parse(&q, record);
	request_free(&q);
	return (true);
}

static enum recover_status
recover(bool repair, struct recover_report *r)
{
	uint64_t count = 0;
	struct recover_options o = { .dir = dir, .manifest = &manifest,
	    .repair = repair, .apply = apply, .arg = &count };
	enum recover_status status = recover_journal(&o, r);

	assert(r->records == count);
	return (status);
}

static void
remove_one(void *where, const char *name)
{
	io_unlink(where, name);
}

/* A repaired journal is whole, and has what the damaged one had. */
static void
check_segment(struct bytes b)
{
	struct recover_report first, second;
	struct io_dir *quarantine;
	enum recover_status status;
	char name[IO_NAME_SIZE];
	int fd;

	io_dir_list(dir, "log-", remove_one, dir);
	segment_name(name, 0);
	fd = io_create(dir, name);
	assert(fd >= 0 && io_write(fd, b, 0) == 0);
	io_close(fd);
	status = recover(true, &first);
	assert(status == RECOVER_OK);
	status = recover(false, &second);
	assert(status == RECOVER_OK);
	assert(second.cut_bytes == 0 && first.records == second.records);
	assert(first.end.offset == second.end.offset);
	if (first.cut_bytes != 0 &&
	    (quarantine = io_dir_inside(dir, "quarantine")) != NULL) {
		io_dir_list(quarantine, "log-", remove_one, quarantine);
		io_dir_close(&quarantine);
	}
}

static void
check_records(struct bytes records)
{
	struct frame f = { .first = 1, .last = 1 };
	struct frame_header h = { 0 };
	struct buf b = { 0 };
	size_t from;

	frame_begin(&b, &h, manifest.uuid);
	from = b.length;
	buf_add(&b, records.data, records.length);
	frame_finish(&b, from, &f, &h.crc, frame_seed(manifest.uuid));
	check_segment(buf_bytes(&b));
	buf_free(&b);
}

static void
check_manifest(struct bytes text, bool finish)
{
	struct buf b = { 0 };
	struct manifest m;

	buf_add(&b, text.data, text.length);
	if (finish)
		buf_add_format(&b, "crc %08x\n", crc32c(0, text));
	if (manifest_parse(buf_bytes(&b), &m))
		assert(strlen(m.snapshot) < sizeof(m.snapshot));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b;

	if (size == 0)
		return (0);
	if (dir == NULL)
		set_up();
	b = bytes_make(data + 1, size - 1);
	switch (*data) {
	case 'm':
	case 'M':
		check_manifest(b, *data == 'M');
		break;
	case 'j':
		check_segment(b);
		break;
	case 'J':
		check_records(b);
		break;
	}
	return (0);
}
