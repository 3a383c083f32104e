/* SPDX-License-Identifier: BSD-2-Clause */
#include "folder.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "persist/segment.h"
#include "suite.h"

const uint8_t folder_uuid[FRAME_UUID] = "0123456789abcdef";
const struct journal_end folder_fresh = { 0 };

char folder_path[SUITE_PATH];
struct io_dir *folder;

void
folder_clear(void)
{
	suite_remove_folder(folder_path);
}

void
folder_setup(void)
{
	io_fault_clear();
	suite_make_folder(folder_path);
	folder = io_dir_open(folder_path, false);
	ck_assert_ptr_nonnull(folder);
}

void
folder_teardown(void)
{
	io_fault_clear();
	io_dir_close(&folder);
	folder_clear();
}

struct journal *
folder_journal(enum journal_mode mode, uint64_t segment_size,
    const struct journal_end *end)
{
	struct journal_options o = { .dir = folder, .mode = mode,
	    .segment_size = segment_size };
	struct journal *j;

	memcpy(o.uuid, folder_uuid, sizeof(folder_uuid));
	j = journal_open(&o, end);
	ck_assert_ptr_nonnull(j);
	return (j);
}

uint64_t
folder_append(struct journal *j, unsigned db, const char *key,
    const char *value)
{
	struct buf b = { 0 };
	uint64_t position;

	buf_add_format(&b, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
	    strlen(key), key, strlen(value), value);
	position = journal_append(j, db, buf_bytes(&b), 1);
	buf_free(&b);
	return (position);
}

struct buf
folder_segment(uint64_t start)
{
	char name[IO_NAME_SIZE];
	struct buf b = { 0 };
	int64_t size;
	int fd;

	segment_name(name, start);
	ck_assert_int_ge(fd = io_open_read(folder, name), 0);
	size = io_size(fd);
	ck_assert_ptr_nonnull(buf_reserve(&b, (size_t)size + 1));
	ck_assert_int_eq(io_read(fd, b.data, (size_t)size, 0), size);
	b.length = (size_t)size;
	b.data[size] = '\0';
	io_close(fd);
	return (b);
}

/* One record, as text. */
static bool
note(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct buf *seen = arg;

	buf_add_format(seen, "%" PRIu64 " %u ", position, db);
	buf_add(seen, record.data, record.length);
	return (true);
}

struct manifest
folder_manifest(uint64_t start)
{
	struct manifest m = { .has_journal = true, .journal = start };

	memcpy(m.uuid, folder_uuid, sizeof(folder_uuid));
	return (m);
}

enum recover_status
folder_recover(const struct manifest *m, bool repair, struct buf *seen,
    struct recover_report *r)
{
	struct recover_options o = { .dir = folder, .manifest = m,
	    .repair = repair, .apply = note, .arg = seen };

	buf_clear(seen, 1 << 20);
	return (recover_journal(&o, r));
}

struct journal_end
folder_recover_whole(uint64_t start, struct buf *seen)
{
	struct manifest m = folder_manifest(start);
	struct recover_report r;

	ck_assert_msg(folder_recover(&m, false, seen, &r) == RECOVER_OK, "%s",
	    r.text);
	ck_assert_uint_eq(r.cut_bytes, 0);
	return (r.end);
}

bool
folder_is_prefix(const struct buf *part, const struct buf *whole)
{
	return (part->length <= whole->length && (part->length == 0 ||
	    memcmp(part->data, whole->data, part->length) == 0));
}

void
folder_put(const char *name, struct bytes b)
{
	int fd;

	if (io_unlink(folder, name) != 0)
		SURE(errno == ENOENT);
	if (b.data == NULL)
		return;
	SURE((fd = io_create(folder, name)) >= 0);
	SURE(io_write(fd, b, 0) == 0);
	io_close(fd);
}

void
folder_put_segment(uint64_t start, struct bytes b)
{
	char name[IO_NAME_SIZE];

	segment_name(name, start);
	folder_put(name, b);
}

void
folder_make_three(struct buf *all)
{
	struct journal *j = folder_journal(JOURNAL_ALWAYS, 0, &folder_fresh);
	uint64_t start;
	int i;

	for (i = 0; i < 6; i++) {
		journal_wait(j, folder_append(j, 0, "key", "value"));
		if (i == 1 || i == 3)
			ck_assert(journal_rotate(j, &start));
	}
	ck_assert(journal_close(&j));
	folder_recover_whole(0, all);
}
