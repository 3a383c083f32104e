/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: what many threads append comes back in order; and the directory
 * and the manifest that it lies in.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lock.h"
#include "folder.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/segment.h"
#include "resp/request.h"
#include "suite.h"

START_TEST(frames_begin_in_database_0)
{
	struct journal *j = folder_journal(JOURNAL_ALWAYS, 0, &folder_fresh);
	static const char *const want[] = { "~respd-log v1 uuid=3031",
	    "SET\r\n$1\r\na", "SELECT\r\n$1\r\n3", "SET\r\n$1\r\nb",
	    "SELECT\r\n$1\r\n0", "~respd lsn=1-2 dur=0 len=",
	    "SET\r\n$1\r\nc", "~respd lsn=3-3 dur=2 len=27 ",
	    "~respd lsn=4-3 dur=3 len=0 " };
	struct buf b;
	const char *p;
	size_t i;

	ck_assert_uint_eq(folder_append(j, 0, "a", "1"), 1);
	ck_assert_uint_eq(folder_append(j, 3, "b", "2"), 2);
	ck_assert_uint_eq(journal_durable(j), 0);
	ck_assert(journal_wait(j, 2));
	ck_assert_uint_eq(journal_durable(j), 2);
	ck_assert_uint_eq(folder_append(j, 0, "c", "3"), 3);
	ck_assert(journal_close(&j));
	b = folder_segment(0);
	for (p = b.data, i = 0; i < COUNT(want); i++) {
		p = strstr(p, want[i]);
		ck_assert_msg(p != NULL, "%s", want[i]);
	}
	buf_free(&b);
}
END_TEST

START_TEST(a_segment_has_room_ahead)
{
	struct journal *j = folder_journal(JOURNAL_ALWAYS, 0, &folder_fresh);
	char name[IO_NAME_SIZE];
	int fd, probe;

	ck_assert(journal_wait(j, folder_append(j, 0, "a", "1")));
	segment_name(name, 0);
	ck_assert_int_ge(fd = io_open_read(folder, name), 0);
	ck_assert_int_ge(probe = io_create(folder, "probe"), 0);
	/* Some file systems have no such thing. */
	if (fallocate(probe, 0, 0, 4096) == 0)
		ck_assert_int_gt(io_size(fd), 1 << 20);
	io_close(fd);
	io_close(probe);
	ck_assert(journal_close(&j));
}
END_TEST

START_TEST(what_was_appended_comes_back)
{
	struct journal *j = folder_journal(JOURNAL_EVERYSEC, 0, &folder_fresh);
	struct buf seen = { 0 };
	struct journal_end end;
	uint64_t start;

	folder_append(j, 0, "a", "1");
	folder_append(j, 12, "b", "2");
	folder_append(j, 12, "c", "~respd lsn=1-1 dur=9 len=1 crc=00000000");
	folder_append(j, 255, "d", "");
	ck_assert(journal_wait(j, 4));
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 4);
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 4);
	ck_assert_uint_eq(journal_durable(j), 4);
	folder_append(j, 0, "e", "5");
	ck_assert(journal_close(&j));
	end = folder_recover_whole(0, &seen);
	ck_assert_str_eq((buf_add_char(&seen, '\0'), seen.data),
	    "1 0 *3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	    "2 12 *3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
	    "3 12 *3\r\n$3\r\nSET\r\n$1\r\nc\r\n$39\r\n"
	    "~respd lsn=1-1 dur=9 len=1 crc=00000000\r\n"
	    "4 255 *3\r\n$3\r\nSET\r\n$1\r\nd\r\n$0\r\n\r\n"
	    "5 0 *3\r\n$3\r\nSET\r\n$1\r\ne\r\n$1\r\n5\r\n");
	/* And it goes on there. */
	ck_assert_uint_eq(end.start, 4);
	ck_assert_uint_eq(end.position, 5);
	j = folder_journal(JOURNAL_NO, 0, &end);
	ck_assert_uint_eq(folder_append(j, 0, "f", "6"), 6);
	ck_assert(journal_sync(j, 6, 0));
	ck_assert_uint_eq(journal_durable(j), 6);
	ck_assert(journal_rotate(j, &start));
	journal_forget(j, start);
	folder_append(j, 0, "g", "7");
	ck_assert(journal_close(&j));
	end = folder_recover_whole(6, &seen);
	ck_assert_uint_eq(end.position, 7);
	ck_assert_int_eq(seen.data[0], '7');
	buf_free(&seen);
}
END_TEST

START_TEST(a_directory_is_ones_own)
{
	struct io_dir *other;
	char name[128];

	ck_assert_ptr_null(io_dir_open(folder_path, false));
	ck_assert_int_eq(errno, EWOULDBLOCK);
	other = io_dir_open(folder_path, true);
	ck_assert_ptr_nonnull(other);
	io_dir_close(&other);
	io_dir_close(&folder);
	ck_assert_int_eq(chmod(folder_path, 0777), 0);
	ck_assert_ptr_null(io_dir_open(folder_path, false));
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(chmod(folder_path, 0700), 0);
	folder = io_dir_open(folder_path, false);
	ck_assert_ptr_nonnull(folder);
	/* No links: what they lead to is not touched. */
	snprintf(name, sizeof(name), "%s/MANIFEST", folder_path);
	ck_assert_int_eq(symlink("/etc/passwd", name), 0);
	ck_assert_int_lt(io_open_read(folder, "MANIFEST"), 0);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_lt(io_create(folder, "MANIFEST"), 0);
	snprintf(name, sizeof(name), "%s/quarantine", folder_path);
	ck_assert_int_eq(symlink("/tmp", name), 0);
	ck_assert_ptr_null(io_dir_inside(folder, "quarantine"));
	io_dir_close(&folder);
	snprintf(name, sizeof(name), "%s/LOCK", folder_path);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink("/tmp/nothing", name), 0);
	ck_assert_ptr_null(io_dir_open(folder_path, false));
}
END_TEST

START_TEST(a_manifest_is_old_or_new)
{
	static const enum io_kind kinds[] = { IO_OPEN, IO_WRITE, IO_SYNC,
	    IO_RENAME, IO_SYNC_DIR, IO_UNLINK };
	struct manifest m = folder_manifest(7), got;
	struct buf b = { 0 };
	char text[1024];
	uint64_t old;
	size_t k, i, n;
	int fd;

	ck_assert_int_eq(manifest_read(folder, &got), MANIFEST_NONE);
	strcpy(m.snapshot, "snap-7.rsp");
	m.shards = 1024;
	ck_assert_int_eq(manifest_write(folder, &m), 0);
	ck_assert_int_eq(manifest_read(folder, &got), MANIFEST_OK);
	ck_assert(memcmp(&m, &got, sizeof(m)) == 0);
	for (k = 0; k < COUNT(kinds); k++) {
		old = got.journal;
		m.journal++;
		io_fault(kinds[k], 0, 1, EIO, 10);
		ck_assert_int_ne(manifest_write(folder, &m), 0);
		io_fault_clear();
		ck_assert_int_eq(manifest_read(folder, &got), MANIFEST_OK);
		ck_assert(got.journal == old ||
		    (kinds[k] == IO_SYNC_DIR && got.journal == m.journal));
	}
	io_fault(IO_READ, 0, 1, EIO, 0);
	ck_assert_int_eq(manifest_read(folder, &got), MANIFEST_ERROR);
	io_fault_clear();
	ck_assert_int_ge(fd = io_open_read(folder, "MANIFEST"), 0);
	n = (size_t)io_read(fd, text, sizeof(text), 0);
	io_close(fd);
	for (i = 0; i < 8 * n; i++) {
		text[i / 8] ^= (char)(1 << i % 8);
		SURE(!manifest_parse(bytes_make(text, n), &got));
		text[i / 8] ^= (char)(1 << i % 8);
	}
	for (i = 0; i < n; i++)
		SURE(!manifest_parse(bytes_make(text, i), &got));
	/* No engine could be made of so many. */
	for (m.shards = 0; m.shards < 1 << 20; m.shards += 3 << 16) {
		ck_assert_int_eq(manifest_write(folder, &m), 0);
		ck_assert_int_eq(manifest_read(folder, &got),
		    MANIFEST_DAMAGED);
	}
	buf_free(&b);
}
END_TEST

enum { WRITERS = 8,
#ifdef RESPD_SANITIZE
	EACH = 300
#else
	EACH = 2000
#endif
};

struct writer {
	pthread_t	 thread;
	struct journal	*journal;
	int		 number;
};

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	char key[32], value[32];
	uint64_t position;
	int i;

	snprintf(key, sizeof(key), "%d", w->number);
	for (i = 0; i < EACH; i++) {
		snprintf(value, sizeof(value), "%d", i);
		SURE(journal_may_write(w->journal));
		position = folder_append(w->journal, (unsigned)w->number % 3, key,
		    value);
		SURE(journal_wait(w->journal, position));
		if (i % 100 == 0)
			SURE(journal_sync(w->journal, position, 0));
	}
	return (NULL);
}

/* Each writer's values in order, and none missing. */
static bool
count_record(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct request q = { 0 };
	int *next = arg, number, value;

	SURE(request_parse(&q, record) == REQUEST_OK);
	SURE(q.count == 3 && position != 0);
	number = atoi(value_bytes(&q.args[1]).data);
	value = atoi(value_bytes(&q.args[2]).data);
	SURE(number >= 0 && number < WRITERS && (int)db == number % 3);
	SURE(next[number]++ == value);
	request_free(&q);
	return (true);
}

START_TEST(threads_append_while_segments_change)
{
	struct journal *j = folder_journal((enum journal_mode)_i, 20000,
	    &folder_fresh);
	struct manifest m = folder_manifest(0);
	int next[WRITERS] = { 0 }, i;
	struct recover_options o = { .dir = folder, .manifest = &m,
	    .apply = count_record, .arg = next };
	struct writer writers[WRITERS];
	struct recover_report r;
	uint64_t start;

	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .journal = j, .number = i };
		must(pthread_create(&writers[i].thread, NULL, writer_main,
		    &writers[i]));
	}
	for (i = 0; i < 20; i++) {
		ck_assert(journal_rotate(j, &start));
		usleep(1000);
	}
	for (i = 0; i < WRITERS; i++)
		must(pthread_join(writers[i].thread, NULL));
	ck_assert(journal_close(&j));
	ck_assert_msg(recover_journal(&o, &r) == RECOVER_OK, "%s", r.text);
	ck_assert_uint_eq(r.records, WRITERS * EACH);
	ck_assert_uint_gt(r.segments, 5);
	for (i = 0; i < WRITERS; i++)
		ck_assert_int_eq(next[i], EACH);
}
END_TEST

static Suite *
persist_suite(void)
{
	Suite *s = suite_create("persist");
	TCase *t = tcase_create("journal");

	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, folder_setup, folder_teardown);
	tcase_add_test(t, frames_begin_in_database_0);
	tcase_add_test(t, a_segment_has_room_ahead);
	tcase_add_test(t, what_was_appended_comes_back);
	tcase_add_test(t, a_directory_is_ones_own);
	tcase_add_test(t, a_manifest_is_old_or_new);
	tcase_add_loop_test(t, threads_append_while_segments_change, 0, 3);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(persist_suite()));
}
