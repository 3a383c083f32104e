/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damage to a journal: it is found, told apart from a torn end, and repaired;
 * by recovery and by respd-check(1).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "folder.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "suite.h"

/* Several frames in one segment; clean: with the frame that closing adds. */
static struct buf
make_segment(enum journal_mode mode, bool clean, struct buf *seen)
{
	struct journal *j = folder_journal(mode, 0, &folder_fresh);
	struct buf b, *zeros = &b;

	folder_append(j, 0, "one", "1");
	journal_wait(j, 1);
	folder_append(j, 0, "two", "2");
	folder_append(j, 1, "three", "3");
	journal_wait(j, 3);
	folder_append(j, 0, "four", "4");
	journal_wait(j, 4);
	b = folder_segment(0);
	if (clean) {
		buf_free(&b);
		ck_assert(journal_close(&j));
		b = folder_segment(0);
	} else
		journal_close(&j);
	/* A little of what is preallocated will do. */
	while (zeros->length > 0 && zeros->data[zeros->length - 1] == '\0')
		zeros->length--;
	if (!clean)
		zeros->length += 16;
	folder_recover_whole(0, seen);
	return (b);
}

/*
 * Damage of any kind is found, or what is left is a beginning: a record never
 * comes back other than it was.  `least` is what may not be missing.
 */
static void
check_damage(const struct buf *all, uint64_t least)
{
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	struct buf seen = { 0 };
	enum recover_status status = folder_recover(&m, false, &seen, &r);

	SURE(status == RECOVER_OK || status == RECOVER_DAMAGED);
	SURE(folder_is_prefix(&seen, all));
	SURE(status == RECOVER_DAMAGED || r.end.position >= least);
	if (status == RECOVER_OK && seen.length < all->length)
		SURE(r.cut_bytes != 0 && *r.text != '\0');
	/* After a repair there is nothing to complain about. */
	SURE(folder_recover(&m, true, &seen, &r) == RECOVER_OK);
	SURE(folder_recover(&m, false, &seen, &r) == RECOVER_OK);
	SURE(r.cut_bytes == 0 && folder_is_prefix(&seen, all));
	buf_free(&seen);
}

static void
flip_all(enum journal_mode mode, bool clean, uint64_t least)
{
	struct buf all = { 0 }, b = make_segment(mode, clean, &all);
	size_t i;

	for (i = 0; i < 8 * b.length; i++) {
		b.data[i / 8] ^= (char)(1 << i % 8);
		folder_put_segment(0, buf_bytes(&b));
		check_damage(&all, least);
		b.data[i / 8] ^= (char)(1 << i % 8);
	}
	buf_free(&all);
	buf_free(&b);
}

START_TEST(no_flipped_bit_goes_unnoticed)
{
	/* Ended cleanly nothing may be lost without complaint; else only what
	 * nothing behind says of that it had been on the disk: the last. */
	if (_i == 0)
		flip_all(JOURNAL_ALWAYS, true, 4);
	else if (_i == 1)
		flip_all(JOURNAL_ALWAYS, false, 3);
	else
		flip_all(JOURNAL_NO, false, 0);
}
END_TEST

START_TEST(a_torn_end_is_cut)
{
	struct buf all = { 0 }, seen = { 0 },
	    b = make_segment(_i == 0 ? JOURNAL_ALWAYS : JOURNAL_NO, false,
	    &all);
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	size_t n, head;

	head = (size_t)(strstr(b.data, " sum=") - b.data) + 15;
	for (n = head; n <= b.length; n++) {
		folder_put_segment(0, bytes_make(b.data, n));
		SURE(folder_recover(&m, false, &seen, &r) == RECOVER_OK);
		SURE(folder_is_prefix(&seen, &all));
		SURE(r.end.position != 2);	/* 2 and 3 are one frame */
		SURE(r.end.offset + r.cut_bytes == n || n > b.length - 16);
	}
	/* The segment's head was on the disk before anything else. */
	for (n = 0; n < head; n++) {
		folder_put_segment(0, bytes_make(b.data, n));
		SURE(folder_recover(&m, false, &seen, &r) == RECOVER_DAMAGED);
	}
	buf_free(&all);
	buf_free(&seen);
	buf_free(&b);
}
END_TEST

/* Where the frames end, up to 8; how many. */
static size_t
frame_ends(const struct buf *b, size_t ends[8])
{
	const char *p = b->data;
	size_t n = 0;

	while (n < 8 && (p = strstr(p, " sum=")) != NULL)
		ends[n++] = (size_t)((p += 15) - b->data);
	return (n);
}

START_TEST(frames_out_of_order_are_found)
{
	struct buf all = { 0 }, b = make_segment(JOURNAL_ALWAYS, true, &all),
	    x = { 0 };
	size_t ends[8], n = frame_ends(&b, ends), i, k, f;
	/* Rows of frames by number; 0 is the header. */
	static const int order[][7] = {
		{ 0, 2, 3, 4, -1 }, { 0, 1, 3, 4, -1 }, { 0, 1, 2, 4, -1 },
		{ 0, 2, 1, 3, 4, -1 }, { 0, 1, 1, 2, 3, 4, -1 },
		{ 0, 1, 3, 2, 4, -1 }, { 0, 1, 2, 2, 3, 4, -1 },
		{ 0, 0, 1, 2, 3, -1 }, { 1, 2, 3, 4, -1 },
	};

	ck_assert_uint_eq(n, 5);
	for (i = 0; i < COUNT(order); i++) {
		buf_clear(&x, 1 << 16);
		for (k = 0; order[i][k] >= 0; k++) {
			f = (size_t)order[i][k];
			buf_add(&x, b.data + (f != 0 ? ends[f - 1] : 0),
			    ends[f] - (f != 0 ? ends[f - 1] : 0));
		}
		folder_put_segment(0, buf_bytes(&x));
		check_damage(&all, 4);
	}
	buf_free(&all);
	buf_free(&b);
	buf_free(&x);
}
END_TEST

START_TEST(segments_belong_together)
{
	struct buf all = { 0 }, seen = { 0 }, one, two;
	struct manifest m = folder_manifest(0);
	struct recover_report r;

	folder_make_three(&all);
	one = folder_segment(2);
	/* Missing, empty, another's, torn: never the last one alone. */
	folder_put_segment(2, bytes_make(NULL, 0));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	ck_assert_ptr_nonnull(strstr(r.text, "respd-check --repair"));
	folder_put_segment(2, bytes_of(""));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	folder_put_segment(2, bytes_make(one.data, one.length - 200));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	folder_put_segment(2, buf_bytes(&one));
	folder_recover_whole(0, &seen);
	two = folder_segment(0);
	folder_put_segment(0, bytes_make(NULL, 0));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	folder_put_segment(0, buf_bytes(&one));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	folder_put_segment(0, buf_bytes(&two));
	m.uuid[0]++;
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	m.uuid[0]--;
	/* What the manifest knows to have been there. */
	m.durable = 7;
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	m.durable = 6;
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_OK);
	/* Older ones than the manifest wants go. */
	folder_recover_whole(4, &seen);
	ck_assert_int_eq(seen.data[0], '5');
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	/* A segment that had just been made when the power went. */
	folder_put_segment(6, bytes_make(one.data, 40));
	m = folder_manifest(4);
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r), RECOVER_OK);
	ck_assert_uint_eq(r.end.start, 4);
	ck_assert_uint_eq(r.cut_bytes, 40);
	folder_recover_whole(4, &seen);
	buf_free(&all);
	buf_free(&seen);
	buf_free(&one);
	buf_free(&two);
}
END_TEST

/* Of the same data directory, from the same position on, but after others. */
START_TEST(segments_of_two_histories_do_not_mix)
{
	struct buf all = { 0 }, seen = { 0 }, other;
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	struct journal *j;
	uint64_t start;
	int i;

	folder_make_three(&all);
	other = folder_segment(4);
	io_dir_close(&folder);
	folder_clear();
	folder = io_dir_open(folder_path, false);
	j = folder_journal(JOURNAL_ALWAYS, 0, &folder_fresh);
	for (i = 0; i < 4; i++)
		journal_wait(j, folder_append(j, 0, "key", "other"));
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 4);
	ck_assert(journal_close(&j));
	ck_assert_uint_eq(folder_recover_whole(0, &seen).position, 4);
	folder_put_segment(4, buf_bytes(&other));
	ck_assert_int_eq(folder_recover(&m, false, &seen, &r),
	    RECOVER_DAMAGED);
	ck_assert_uint_eq(r.end.position, 4);
	buf_free(&all);
	buf_free(&seen);
	buf_free(&other);
}
END_TEST

/* What a client has written proves nothing about the disk. */
START_TEST(a_forged_trailer_is_not_believed)
{
	static const char forged[] = "*2\r\n$4\r\nECHO\r\n$57\r\n"
	    "~respd lsn=1-1 dur=99 len=5 crc=01234567 sum=01234567\r\n";
	struct journal *j = folder_journal(JOURNAL_NO, 0, &folder_fresh);
	struct manifest m = folder_manifest(0);
	struct recover_report r;
	struct buf seen = { 0 }, b;
	char text[sizeof(forged)];
	size_t length = strlen(strstr(forged, "~")) - 2;

	/* Its length is the right one. */
	snprintf(text, sizeof(text), "*2\r\n$4\r\nECHO\r\n$%zu\r\n%s",
	    length, strstr(forged, "~"));
	folder_append(j, 0, "key", text);
	ck_assert(journal_wait(j, 1));
	b = folder_segment(0);
	ck_assert(journal_close(&j));
	*(strstr(b.data, "key") - 6) ^= 1;
	folder_put_segment(0, buf_bytes(&b));
	ck_assert_msg(folder_recover(&m, false, &seen, &r) == RECOVER_OK,
	    "%s", r.text);
	ck_assert_uint_eq(r.end.position, 0);
	ck_assert_uint_ne(r.cut_bytes, 0);
	buf_free(&seen);
	buf_free(&b);
}
END_TEST

START_TEST(to_look_changes_nothing)
{
	struct buf all = { 0 }, b = make_segment(JOURNAL_ALWAYS, true, &all),
	    seen = { 0 }, after;
	struct manifest m = folder_manifest(0);
	struct recover_options o = { .dir = folder, .manifest = &m,
	    .only_look = true };
	struct recover_report r;

	b.data[b.length - 1] ^= 1;
	folder_put_segment(0, buf_bytes(&b));
	ck_assert_int_eq(recover_journal(&o, &r), RECOVER_OK);
	ck_assert_uint_ne(r.cut_bytes, 0);
	after = folder_segment(0);
	ck_assert(bytes_equal(buf_bytes(&after), buf_bytes(&b)));
	buf_free(&all);
	buf_free(&b);
	buf_free(&seen);
	buf_free(&after);
}
END_TEST

/* Exit status of respd-check; what it says is in `said`. */
static int
run_check(const char *option, struct buf *said)
{
	const char *build = getenv("BUILDDIR");
	char command[256], line[512];
	FILE *pipe;

	snprintf(command, sizeof(command), "%s/src/respd-check %s %s 2>&1",
	    build != NULL ? build : ".", option, folder_path);
	ck_assert_ptr_nonnull(pipe = popen(command, "r"));
	buf_clear(said, 4096);
	while (fgets(line, sizeof(line), pipe) != NULL)
		buf_add_string(said, line);
	buf_add_char(said, '\0');
	return (WEXITSTATUS(pclose(pipe)));
}

START_TEST(respd_check_says_what_it_finds)
{
	struct manifest m = folder_manifest(0);
	struct buf all = { 0 }, said = { 0 }, b;

	ck_assert_int_eq(run_check("", &said), 66);
	folder_make_three(&all);
	m.durable = 6;
	ck_assert_int_eq(manifest_write(folder, &m), 0);
	ck_assert_msg(run_check("", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "3 segments"));
	ck_assert_ptr_nonnull(strstr(said.data, "the last position is 6"));
	b = folder_segment(2);
	b.data[b.length / 2] ^= 1;
	folder_put_segment(2, buf_bytes(&b));
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "would be lost: positions 3 "
	    "to 6"));
	ck_assert_int_eq(run_check("--repair", &said), 73);
	io_dir_close(&folder);
	ck_assert_msg(run_check("--repair", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "lost: positions 3 to 6"));
	ck_assert_msg(run_check("", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "the last position is 2"));
	folder = io_dir_open(folder_path, false);
	strcpy(m.snapshot, "snap-0-1.rsp");
	m.shards = 4;
	ck_assert_int_eq(manifest_write(folder, &m), 0);
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "snap-0-1.rsp is damaged"));
	folder_put("MANIFEST", bytes_of("respd-manifest 1\n"));
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_int_eq(run_check("--nonsense", &said), 64);
	buf_free(&all);
	buf_free(&said);
	buf_free(&b);
}
END_TEST

static Suite *
damage_suite(void)
{
	Suite *s = suite_create("damage");
	TCase *t = tcase_create("journal");

	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, folder_setup, folder_teardown);
	tcase_add_loop_test(t, no_flipped_bit_goes_unnoticed, 0, 3);
	tcase_add_loop_test(t, a_torn_end_is_cut, 0, 2);
	tcase_add_test(t, frames_out_of_order_are_found);
	tcase_add_test(t, segments_belong_together);
	tcase_add_test(t, segments_of_two_histories_do_not_mix);
	tcase_add_test(t, a_forged_trailer_is_not_believed);
	tcase_add_test(t, to_look_changes_nothing);
	tcase_add_test(t, respd_check_says_what_it_finds);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(damage_suite()));
}
