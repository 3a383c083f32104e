/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: what many threads append comes back in order, whatever the
 * disk does meanwhile.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "persist/frame.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/segment.h"
#include "suite.h"

static const uint8_t uuid[FRAME_UUID] = "0123456789abcdef";
static const struct journal_end fresh = { 0 };

static char path[64];
static struct io_dir *dir;

static void
remove_all(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (*path != '\0' && system(command) != 0)
		ck_abort_msg("%s", command);
}

static void
setup(void)
{
	io_fault_clear();
	snprintf(path, sizeof(path), "/tmp/check_persist.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	dir = io_dir_open(path, false);
	ck_assert_ptr_nonnull(dir);
}

static void
teardown(void)
{
	io_fault_clear();
	io_dir_close(&dir);
	remove_all();
}

static struct journal *
open_journal(enum journal_mode mode, uint64_t segment_size,
    const struct journal_end *end)
{
	struct journal_options o = { .dir = dir, .mode = mode,
	    .segment_size = segment_size };
	struct journal *j;

	memcpy(o.uuid, uuid, sizeof(uuid));
	j = journal_open(&o, end);
	ck_assert_ptr_nonnull(j);
	return (j);
}

static uint64_t
append(struct journal *j, unsigned db, const char *key, const char *value)
{
	struct buf b = { 0 };
	uint64_t position;

	buf_add_format(&b, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
	    strlen(key), key, strlen(value), value);
	position = journal_append(j, db, buf_bytes(&b), 1);
	buf_free(&b);
	return (position);
}

/* The bytes of the segment that starts there. */
static struct buf
segment_bytes(uint64_t start)
{
	char name[IO_NAME_SIZE];
	struct buf b = { 0 };
	int64_t size;
	int fd;

	segment_name(name, start);
	ck_assert_int_ge(fd = io_open_read(dir, name), 0);
	size = io_size(fd);
	ck_assert_ptr_nonnull(buf_reserve(&b, (size_t)size + 1));
	ck_assert_int_eq(io_read(fd, b.data, (size_t)size, 0), size);
	b.length = (size_t)size;
	b.data[size] = '\0';
	io_close(fd);
	return (b);
}

START_TEST(frames_begin_in_database_0)
{
	struct journal *j = open_journal(JOURNAL_ALWAYS, 0, &fresh);
	static const char *const want[] = { "~respd-log v1 uuid=3031",
	    "SET\r\n$1\r\na", "SELECT\r\n$1\r\n3", "SET\r\n$1\r\nb",
	    "SELECT\r\n$1\r\n0", "~respd lsn=1-2 dur=0 len=",
	    "SET\r\n$1\r\nc", "~respd lsn=3-3 dur=2 len=27 ",
	    "~respd lsn=4-3 dur=3 len=0 " };
	struct buf b;
	const char *p;
	size_t i;

	ck_assert_uint_eq(append(j, 0, "a", "1"), 1);
	ck_assert_uint_eq(append(j, 3, "b", "2"), 2);
	ck_assert_uint_eq(journal_durable(j), 0);
	ck_assert(journal_wait(j, 2));
	ck_assert_uint_eq(journal_durable(j), 2);
	ck_assert_uint_eq(append(j, 0, "c", "3"), 3);
	ck_assert(journal_close(&j));
	b = segment_bytes(0);
	for (p = b.data, i = 0; i < COUNT(want); i++) {
		p = strstr(p, want[i]);
		ck_assert_msg(p != NULL, "%s", want[i]);
	}
	buf_free(&b);
}
END_TEST

static Suite *
persist_suite(void)
{
	Suite *s = suite_create("persist");
	TCase *t = tcase_create("journal");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_begin_in_database_0);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(persist_suite()));
}
