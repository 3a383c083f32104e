/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that fails, at each call and with each error: nothing acknowledged is
 * lost, and there is a way back.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "folder.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "suite.h"

/* Life with one fault in it; the last position that was acknowledged. */
static uint64_t
live(enum journal_mode mode, bool *opened)
{
	struct journal_options o = { .dir = folder, .mode = mode };
	struct journal *j;
	uint64_t safe = 0, position, start;
	int i;

	memcpy(o.uuid, folder_uuid, sizeof(folder_uuid));
	j = journal_open(&o, &folder_fresh);
	*opened = j != NULL;
	for (i = 0; j != NULL && i < 6; i++) {
		position = folder_append(j, (unsigned)i, "key", "value");
		if (journal_wait(j, position))
			safe = position;
		if (i == 3)
			journal_rotate(j, &start);
	}
	if (journal_close(&j) && *opened)
		SURE(safe == 6);
	return (safe);
}

static const int live_errors[] = { EIO, ENOSPC, EDQUOT, EROFS };

/* Each kind of call, each error, each time it is made. */
START_TEST(every_fault_loses_nothing_acknowledged)
{
	enum journal_mode mode = _i % 2 == 0 ? JOURNAL_ALWAYS : JOURNAL_NO;
	int error = live_errors[_i / 2];
	struct buf all = { 0 }, seen = { 0 };
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	uint64_t safe;
	unsigned n;
	bool opened;
	int kind;

	live(mode, &opened);
	folder_recover_whole(0, &all);
	log_set_level((enum log_level)0);
	for (kind = 0; kind < IO_KINDS; kind++) {
		for (n = 0;; n += STRIDE) {
			io_fault_clear();
			io_dir_close(&folder);
			folder_clear();
			folder = io_dir_open(folder_path, false);
			io_fault((enum io_kind)kind, n, 1, error, n * 7);
			safe = live(mode, &opened);
			if (io_calls((enum io_kind)kind) <= n)
				break;
			io_fault_clear();
			if (!opened)
				continue;
			SURE(folder_recover(&m, false, &seen, &r) == RECOVER_OK);
			SURE(folder_is_prefix(&seen, &all));
			SURE(r.end.position >= safe);
			/* A full disk is waited for. */
			SURE(safe == 6 || kind == IO_SYNC ||
			    (error != ENOSPC && error != EDQUOT));
		}
	}
	buf_free(&all);
	buf_free(&seen);
}
END_TEST

static const int start_errors[] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, EMFILE,
	ENOMEM };

START_TEST(every_fault_of_recovery_can_be_tried_again)
{
	int error = start_errors[_i];
	struct buf all = { 0 }, seen = { 0 }, one, torn;
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	enum recover_status status;
	unsigned n;
	int kind;

	folder_make_three(&all);
	one = folder_segment(4);
	torn = folder_segment(2);
	torn.length = 60;
	for (kind = 0; kind < IO_KINDS; kind++) {
		for (n = 0;; n += STRIDE) {
			io_fault_clear();
			folder_put_segment(4, bytes_make(one.data, one.length - 5));
			folder_put_segment(6, buf_bytes(&torn));
			io_fault((enum io_kind)kind, n, 1, error, 3);
			status = folder_recover(&m, false, &seen, &r);
			if (io_calls((enum io_kind)kind) <= n)
				break;
			io_fault_clear();
			SURE(status == RECOVER_OK || status == RECOVER_ERROR);
			SURE(status == RECOVER_OK || strstr(r.text,
			    strerror(error)) != NULL);
			SURE(folder_recover(&m, false, &seen, &r) == RECOVER_OK);
			SURE(r.end.position == 6);
			SURE(folder_is_prefix(&all, &seen));
		}
	}
	buf_free(&all);
	buf_free(&seen);
	buf_free(&one);
	buf_free(&torn);
}
END_TEST

/* What cannot be read is not taken for none: that would be an empty server. */
START_TEST(every_fault_of_the_manifest_is_told)
{
	static const enum io_kind kinds[] = { IO_OPEN, IO_SIZE, IO_READ };
	struct manifest m = folder_manifest(0), got;
	int error = start_errors[_i];
	unsigned n;
	size_t k;

	ck_assert_int_eq(manifest_write(folder, &m), 0);
	for (k = 0; k < COUNT(kinds); k++) {
		for (n = 0;; n++) {
			io_fault_clear();
			io_fault(kinds[k], n, 1, error, 0);
			errno = 0;
			if (manifest_read(folder, &got) == MANIFEST_OK) {
				SURE(io_calls(kinds[k]) <= n);
				break;
			}
			SURE(errno == error && n < 10);
			io_fault_clear();
			SURE(manifest_read(folder, &got) == MANIFEST_OK);
		}
	}
	io_fault_clear();
}
END_TEST

static void
count_failure(void *arg, int error)
{
	SURE(error == EIO);
	++*(int *)arg;
}

START_TEST(after_a_failure_a_snapshot_helps)
{
	struct journal_options o = { .dir = folder, .mode = JOURNAL_EVERYSEC,
	    .failed = count_failure };
	struct buf seen = { 0 };
	struct manifest m;
	struct recover_report r;
	struct journal_stats stats;
	struct journal *j;
	uint64_t start;
	int failures = 0;

	o.arg = &failures;
	memcpy(o.uuid, folder_uuid, sizeof(folder_uuid));
	ck_assert_ptr_nonnull(j = journal_open(&o, &folder_fresh));
	folder_append(j, 0, "a", "1");
	ck_assert(journal_wait(j, 1));
	log_set_level((enum log_level)0);
	io_fault(IO_SYNC, 0, 1, EIO, 0);
	folder_append(j, 0, "b", "2");
	ck_assert(!journal_sync(j, 2, 0));
	ck_assert_int_eq(failures, 1);
	/* It is not tried again, though it would seem to work. */
	ck_assert(!journal_sync(j, 2, 0));
	ck_assert_uint_eq(io_calls(IO_SYNC), 1);
	ck_assert(!journal_may_write(j));
	folder_append(j, 0, "c", "3");
	ck_assert(!journal_wait(j, 3));
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 3);
	ck_assert(!journal_may_write(j));
	folder_append(j, 0, "d", "4");
	/* Killed here, nothing is worse than it was. */
	m = folder_manifest(0);
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_OK);
	ck_assert_uint_eq(r.end.position, 2);
	ck_assert_uint_eq(r.end.start, 0);
	journal_close(&j);

	ck_assert_ptr_nonnull(j = journal_open(&o, &r.end));
	io_fault(IO_WRITE, 0, 1, EIO, 9);
	folder_append(j, 0, "c", "3");
	ck_assert(!journal_wait(j, 3));
	ck_assert(journal_rotate(j, &start));
	folder_append(j, 0, "d", "4");
	journal_forget(j, start);
	ck_assert(journal_may_write(j));
	ck_assert(journal_sync(j, 4, 0));
	journal_stats(j, &stats);
	ck_assert(!stats.failed && stats.error == 0 && stats.start == 3);
	ck_assert(journal_close(&j));
	ck_assert_uint_eq(folder_recover_whole(3, &seen).position, 4);
	buf_free(&seen);
}
END_TEST

static Suite *
faults_suite(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("journal");

	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, folder_setup, folder_teardown);
	tcase_add_loop_test(t, every_fault_loses_nothing_acknowledged, 0,
	    2 * (int)COUNT(live_errors));
	tcase_add_loop_test(t, every_fault_of_recovery_can_be_tried_again, 0,
	    (int)COUNT(start_errors));
	tcase_add_loop_test(t, every_fault_of_the_manifest_is_told, 0,
	    (int)COUNT(start_errors));
	tcase_add_test(t, after_a_failure_a_snapshot_helps);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(faults_suite()));
}
