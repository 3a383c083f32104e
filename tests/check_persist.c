/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal: what many threads append comes back in order, whatever the
 * disk does meanwhile; and what cannot come back is found out.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "persist/frame.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/segment.h"
#include "resp/request.h"
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


/* What recovery gave, as text. */
static bool
note_record(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct buf *seen = arg;

	buf_add_format(seen, "%" PRIu64 " %u ", position, db);
	buf_add(seen, record.data, record.length);
	return (true);
}

static struct manifest
manifest_from(uint64_t start)
{
	struct manifest m = { .has_journal = true, .journal = start };

	memcpy(m.uuid, uuid, sizeof(uuid));
	return (m);
}

static enum recover_status
recover(const struct manifest *m, bool repair, struct buf *seen,
    struct recover_report *r)
{
	struct recover_options o = { .dir = dir, .manifest = m,
	    .repair = repair, .apply = note_record, .arg = seen };

	buf_clear(seen, 1 << 20);
	return (recover_journal(&o, r));
}

/* All of it comes back, and nothing has to be cut. */
static struct journal_end
recover_whole(uint64_t start, struct buf *seen)
{
	struct manifest m = manifest_from(start);
	struct recover_report r;

	ck_assert_msg(recover(&m, false, seen, &r) == RECOVER_OK, "%s",
	    r.text);
	ck_assert_uint_eq(r.cut_bytes, 0);
	return (r.end);
}

static bool
is_prefix(const struct buf *part, const struct buf *whole)
{
	return (part->length <= whole->length && (part->length == 0 ||
	    memcmp(part->data, whole->data, part->length) == 0));
}

/* Replace a file's content; NULL data removes it. */
static void
put_file(const char *name, struct bytes b)
{
	int fd;

	if (io_unlink(dir, name) != 0)
		SURE(errno == ENOENT);
	if (b.data == NULL)
		return;
	SURE((fd = io_create(dir, name)) >= 0);
	SURE(io_write(fd, b, 0) == 0);
	io_close(fd);
}

static void
put_segment(uint64_t start, struct bytes b)
{
	char name[IO_NAME_SIZE];

	segment_name(name, start);
	put_file(name, b);
}

START_TEST(what_was_appended_comes_back)
{
	struct journal *j = open_journal(JOURNAL_EVERYSEC, 0, &fresh);
	struct buf seen = { 0 };
	struct journal_end end;
	uint64_t start;

	append(j, 0, "a", "1");
	append(j, 12, "b", "2");
	append(j, 12, "c", "~respd lsn=1-1 dur=9 len=1 crc=00000000");
	append(j, 4, "d", "");
	ck_assert(journal_wait(j, 4));
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 4);
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 4);
	ck_assert_uint_eq(journal_durable(j), 4);
	append(j, 0, "e", "5");
	ck_assert(journal_close(&j));
	end = recover_whole(0, &seen);
	ck_assert_str_eq((buf_add_char(&seen, '\0'), seen.data),
	    "1 0 *3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	    "2 12 *3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
	    "3 12 *3\r\n$3\r\nSET\r\n$1\r\nc\r\n$39\r\n"
	    "~respd lsn=1-1 dur=9 len=1 crc=00000000\r\n"
	    "4 4 *3\r\n$3\r\nSET\r\n$1\r\nd\r\n$0\r\n\r\n"
	    "5 0 *3\r\n$3\r\nSET\r\n$1\r\ne\r\n$1\r\n5\r\n");
	/* And it goes on there. */
	ck_assert_uint_eq(end.start, 4);
	ck_assert_uint_eq(end.position, 5);
	j = open_journal(JOURNAL_NO, 0, &end);
	ck_assert_uint_eq(append(j, 0, "f", "6"), 6);
	ck_assert(journal_sync(j, 6));
	ck_assert_uint_eq(journal_durable(j), 6);
	ck_assert(journal_rotate(j, &start));
	journal_forget(j, start);
	append(j, 0, "g", "7");
	ck_assert(journal_close(&j));
	end = recover_whole(6, &seen);
	ck_assert_uint_eq(end.position, 7);
	ck_assert_int_eq(seen.data[0], '7');
	buf_free(&seen);
}
END_TEST

/* Several frames in one segment; clean: with the frame that closing adds. */
static struct buf
make_segment(enum journal_mode mode, bool clean, struct buf *seen)
{
	struct journal *j = open_journal(mode, 0, &fresh);
	struct buf b, *zeros = &b;

	append(j, 0, "one", "1");
	journal_wait(j, 1);
	append(j, 0, "two", "2");
	append(j, 1, "three", "3");
	journal_wait(j, 3);
	append(j, 0, "four", "4");
	journal_wait(j, 4);
	b = segment_bytes(0);
	if (clean) {
		buf_free(&b);
		ck_assert(journal_close(&j));
		b = segment_bytes(0);
	} else
		journal_close(&j);
	/* A little of what is preallocated will do. */
	while (zeros->length > 0 && zeros->data[zeros->length - 1] == '\0')
		zeros->length--;
	if (!clean)
		zeros->length += 16;
	recover_whole(0, seen);
	return (b);
}

/*
 * Damage of any kind is found, or what is left is a beginning: a record never
 * comes back other than it was.  `least` is what may not be missing.
 */
static void
check_damage(const struct buf *all, uint64_t least)
{
	struct manifest m = manifest_from(0);
	struct recover_report r;
	struct buf seen = { 0 };
	enum recover_status status = recover(&m, false, &seen, &r);

	SURE(status == RECOVER_OK || status == RECOVER_DAMAGED);
	SURE(is_prefix(&seen, all));
	SURE(status == RECOVER_DAMAGED || r.end.position >= least);
	if (status == RECOVER_OK && seen.length < all->length)
		SURE(r.cut_bytes != 0 && *r.text != '\0');
	/* After a repair there is nothing to complain about. */
	SURE(recover(&m, true, &seen, &r) == RECOVER_OK);
	SURE(recover(&m, false, &seen, &r) == RECOVER_OK);
	SURE(r.cut_bytes == 0 && is_prefix(&seen, all));
	buf_free(&seen);
}

static void
flip_all(enum journal_mode mode, bool clean, uint64_t least)
{
	struct buf all = { 0 }, b = make_segment(mode, clean, &all);
	size_t i;

	for (i = 0; i < 8 * b.length; i++) {
		b.data[i / 8] ^= (char)(1 << i % 8);
		put_segment(0, buf_bytes(&b));
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
	struct manifest m = manifest_from(0);
	struct recover_report r;
	size_t n, head;

	head = (size_t)(strstr(b.data, " sum=") - b.data) + 15;
	for (n = head; n <= b.length; n++) {
		put_segment(0, bytes_make(b.data, n));
		SURE(recover(&m, false, &seen, &r) == RECOVER_OK);
		SURE(is_prefix(&seen, &all));
		SURE(r.end.position != 2);	/* 2 and 3 are one frame */
		SURE(r.end.offset + r.cut_bytes == n || n > b.length - 16);
	}
	/* The segment's head was on the disk before anything else. */
	for (n = 0; n < head; n++) {
		put_segment(0, bytes_make(b.data, n));
		SURE(recover(&m, false, &seen, &r) == RECOVER_DAMAGED);
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
		put_segment(0, buf_bytes(&x));
		check_damage(&all, 4);
	}
	buf_free(&all);
	buf_free(&b);
	buf_free(&x);
}
END_TEST

/* Three segments, from 0, 2 and 4; the last ends at 6. */
static void
make_three(struct buf *all)
{
	struct journal *j = open_journal(JOURNAL_ALWAYS, 0, &fresh);
	uint64_t start;
	int i;

	for (i = 0; i < 6; i++) {
		journal_wait(j, append(j, 0, "key", "value"));
		if (i == 1 || i == 3)
			ck_assert(journal_rotate(j, &start));
	}
	ck_assert(journal_close(&j));
	recover_whole(0, all);
}

START_TEST(segments_belong_together)
{
	struct buf all = { 0 }, seen = { 0 }, one, two;
	struct manifest m = manifest_from(0);
	struct recover_report r;

	make_three(&all);
	one = segment_bytes(2);
	/* Missing, empty, another's, torn: never the last one alone. */
	put_segment(2, bytes_make(NULL, 0));
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	ck_assert_ptr_nonnull(strstr(r.text, "respd-check --repair"));
	put_segment(2, bytes_of(""));
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	put_segment(2, bytes_make(one.data, one.length - 200));
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	put_segment(2, buf_bytes(&one));
	recover_whole(0, &seen);
	two = segment_bytes(0);
	put_segment(0, bytes_make(NULL, 0));
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	put_segment(0, buf_bytes(&one));
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	put_segment(0, buf_bytes(&two));
	m.uuid[0]++;
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	m.uuid[0]--;
	/* What the manifest knows to have been there. */
	m.durable = 7;
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	m.durable = 6;
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_OK);
	/* Older ones than the manifest wants go. */
	recover_whole(4, &seen);
	ck_assert_int_eq(seen.data[0], '5');
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_DAMAGED);
	/* A segment that had just been made when the power went. */
	put_segment(6, bytes_make(one.data, 40));
	m = manifest_from(4);
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_OK);
	ck_assert_uint_eq(r.end.start, 4);
	ck_assert_uint_eq(r.cut_bytes, 40);
	recover_whole(4, &seen);
	buf_free(&all);
	buf_free(&seen);
	buf_free(&one);
	buf_free(&two);
}
END_TEST

START_TEST(to_look_changes_nothing)
{
	struct buf all = { 0 }, b = make_segment(JOURNAL_ALWAYS, true, &all),
	    seen = { 0 }, after;
	struct manifest m = manifest_from(0);
	struct recover_options o = { .dir = dir, .manifest = &m,
	    .only_look = true };
	struct recover_report r;

	b.data[b.length - 1] ^= 1;
	put_segment(0, buf_bytes(&b));
	ck_assert_int_eq(recover_journal(&o, &r), RECOVER_OK);
	ck_assert_uint_ne(r.cut_bytes, 0);
	after = segment_bytes(0);
	ck_assert(bytes_equal(buf_bytes(&after), buf_bytes(&b)));
	buf_free(&all);
	buf_free(&b);
	buf_free(&seen);
	buf_free(&after);
}
END_TEST

START_TEST(a_directory_is_ones_own)
{
	struct io_dir *other;
	char name[128];

	ck_assert_ptr_null(io_dir_open(path, false));
	ck_assert_int_eq(errno, EWOULDBLOCK);
	other = io_dir_open(path, true);
	ck_assert_ptr_nonnull(other);
	io_dir_close(&other);
	io_dir_close(&dir);
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_ptr_null(io_dir_open(path, false));
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(chmod(path, 0700), 0);
	dir = io_dir_open(path, false);
	ck_assert_ptr_nonnull(dir);
	/* No links: what they lead to is not touched. */
	snprintf(name, sizeof(name), "%s/MANIFEST", path);
	ck_assert_int_eq(symlink("/etc/passwd", name), 0);
	ck_assert_int_lt(io_open_read(dir, "MANIFEST"), 0);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_lt(io_create(dir, "MANIFEST"), 0);
	snprintf(name, sizeof(name), "%s/quarantine", path);
	ck_assert_int_eq(symlink("/tmp", name), 0);
	ck_assert_ptr_null(io_dir_inside(dir, "quarantine"));
	io_dir_close(&dir);
	snprintf(name, sizeof(name), "%s/LOCK", path);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink("/tmp/nothing", name), 0);
	ck_assert_ptr_null(io_dir_open(path, false));
}
END_TEST

START_TEST(a_manifest_is_old_or_new)
{
	static const enum io_kind kinds[] = { IO_OPEN, IO_WRITE, IO_SYNC,
	    IO_RENAME, IO_SYNC_DIR, IO_UNLINK };
	struct manifest m = manifest_from(7), got;
	struct buf b = { 0 };
	char text[1024];
	uint64_t old;
	size_t k, i, n;
	int fd;

	ck_assert_int_eq(manifest_read(dir, &got), MANIFEST_NONE);
	strcpy(m.snapshot, "snap-7.rsp");
	m.shards = 1024;
	ck_assert_int_eq(manifest_write(dir, &m), 0);
	ck_assert_int_eq(manifest_read(dir, &got), MANIFEST_OK);
	ck_assert(memcmp(&m, &got, sizeof(m)) == 0);
	for (k = 0; k < COUNT(kinds); k++) {
		old = got.journal;
		m.journal++;
		io_fault(kinds[k], 0, 1, EIO, 10);
		ck_assert_int_ne(manifest_write(dir, &m), 0);
		io_fault_clear();
		ck_assert_int_eq(manifest_read(dir, &got), MANIFEST_OK);
		ck_assert(got.journal == old ||
		    (kinds[k] == IO_SYNC_DIR && got.journal == m.journal));
	}
	io_fault(IO_READ, 0, 1, EIO, 0);
	ck_assert_int_eq(manifest_read(dir, &got), MANIFEST_ERROR);
	io_fault_clear();
	ck_assert_int_ge(fd = io_open_read(dir, "MANIFEST"), 0);
	n = (size_t)io_read(fd, text, sizeof(text), 0);
	io_close(fd);
	for (i = 0; i < 8 * n; i++) {
		text[i / 8] ^= (char)(1 << i % 8);
		SURE(!manifest_parse(bytes_make(text, n), &got));
		text[i / 8] ^= (char)(1 << i % 8);
	}
	for (i = 0; i < n; i++)
		SURE(!manifest_parse(bytes_make(text, i), &got));
	buf_free(&b);
}
END_TEST

/* Life with one fault in it; the last position that was acknowledged. */
static uint64_t
live(enum journal_mode mode, bool *opened)
{
	struct journal_options o = { .dir = dir, .mode = mode };
	struct journal *j;
	uint64_t safe = 0, position, start;
	int i;

	memcpy(o.uuid, uuid, sizeof(uuid));
	j = journal_open(&o, &fresh);
	*opened = j != NULL;
	for (i = 0; j != NULL && i < 6; i++) {
		position = append(j, (unsigned)i, "key", "value");
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
	struct manifest m = manifest_from(0);
	struct recover_report r;
	uint64_t safe;
	unsigned n;
	bool opened;
	int kind;

	live(mode, &opened);
	recover_whole(0, &all);
	log_set_level((enum log_level)0);
	for (kind = 0; kind < IO_KINDS; kind++) {
		for (n = 0;; n++) {
			io_fault_clear();
			io_dir_close(&dir);
			remove_all();
			dir = io_dir_open(path, false);
			io_fault((enum io_kind)kind, n, 1, error, n * 7);
			safe = live(mode, &opened);
			if (io_calls((enum io_kind)kind) <= n)
				break;
			io_fault_clear();
			if (!opened)
				continue;
			SURE(recover(&m, false, &seen, &r) == RECOVER_OK);
			SURE(is_prefix(&seen, &all));
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

START_TEST(every_fault_of_recovery_can_be_tried_again)
{
	struct buf all = { 0 }, seen = { 0 }, one, torn;
	struct manifest m = manifest_from(0);
	struct recover_report r;
	enum recover_status status;
	unsigned n;
	int kind;

	make_three(&all);
	one = segment_bytes(4);
	torn = segment_bytes(2);
	torn.length = 60;
	for (kind = 0; kind < IO_KINDS; kind++) {
		for (n = 0;; n++) {
			io_fault_clear();
			put_segment(4, bytes_make(one.data, one.length - 5));
			put_segment(6, buf_bytes(&torn));
			io_fault((enum io_kind)kind, n, 1, EIO, 3);
			status = recover(&m, false, &seen, &r);
			if (io_calls((enum io_kind)kind) <= n)
				break;
			io_fault_clear();
			SURE(status == RECOVER_OK || status == RECOVER_ERROR);
			SURE(status == RECOVER_OK || *r.text != '\0');
			SURE(recover(&m, false, &seen, &r) == RECOVER_OK);
			SURE(r.end.position == 6);
			SURE(is_prefix(&all, &seen));
		}
	}
	buf_free(&all);
	buf_free(&seen);
	buf_free(&one);
	buf_free(&torn);
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
	struct journal_options o = { .dir = dir, .mode = JOURNAL_EVERYSEC,
	    .failed = count_failure };
	struct buf seen = { 0 };
	struct manifest m;
	struct recover_report r;
	struct journal_stats stats;
	struct journal *j;
	uint64_t start;
	int failures = 0;

	o.arg = &failures;
	memcpy(o.uuid, uuid, sizeof(uuid));
	ck_assert_ptr_nonnull(j = journal_open(&o, &fresh));
	append(j, 0, "a", "1");
	ck_assert(journal_wait(j, 1));
	log_set_level((enum log_level)0);
	io_fault(IO_SYNC, 0, 1, EIO, 0);
	append(j, 0, "b", "2");
	ck_assert(!journal_sync(j, 2));
	ck_assert_int_eq(failures, 1);
	/* It is not tried again, though it would seem to work. */
	ck_assert(!journal_sync(j, 2));
	ck_assert_uint_eq(io_calls(IO_SYNC), 1);
	ck_assert(!journal_may_write(j));
	append(j, 0, "c", "3");
	ck_assert(!journal_wait(j, 3));
	ck_assert(journal_rotate(j, &start));
	ck_assert_uint_eq(start, 3);
	ck_assert(!journal_may_write(j));
	append(j, 0, "d", "4");
	/* Killed here, nothing is worse than it was. */
	m = manifest_from(0);
	ck_assert_int_eq(recover(&m, false, &seen, &r), RECOVER_OK);
	ck_assert_uint_eq(r.end.position, 2);
	ck_assert_uint_eq(r.end.start, 0);
	journal_close(&j);

	ck_assert_ptr_nonnull(j = journal_open(&o, &r.end));
	io_fault(IO_WRITE, 0, 1, EIO, 9);
	append(j, 0, "c", "3");
	ck_assert(!journal_wait(j, 3));
	ck_assert(journal_rotate(j, &start));
	append(j, 0, "d", "4");
	journal_forget(j, start);
	ck_assert(journal_may_write(j));
	ck_assert(journal_sync(j, 4));
	journal_stats(j, &stats);
	ck_assert(!stats.failed && stats.error == 0 && stats.start == 3);
	ck_assert(journal_close(&j));
	ck_assert_uint_eq(recover_whole(3, &seen).position, 4);
	buf_free(&seen);
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
		position = append(w->journal, (unsigned)w->number % 3, key,
		    value);
		SURE(journal_wait(w->journal, position));
		if (i % 100 == 0)
			SURE(journal_sync(w->journal, position));
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
	struct journal *j = open_journal((enum journal_mode)_i, 20000,
	    &fresh);
	struct manifest m = manifest_from(0);
	int next[WRITERS] = { 0 }, i;
	struct recover_options o = { .dir = dir, .manifest = &m,
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

/* Exit status of respd-check; what it says is in `said`. */
static int
run_check(const char *option, struct buf *said)
{
	const char *build = getenv("BUILDDIR");
	char command[256], line[512];
	FILE *pipe;

	snprintf(command, sizeof(command), "%s/src/respd-check %s %s 2>&1",
	    build != NULL ? build : ".", option, path);
	ck_assert_ptr_nonnull(pipe = popen(command, "r"));
	buf_clear(said, 4096);
	while (fgets(line, sizeof(line), pipe) != NULL)
		buf_add_string(said, line);
	buf_add_char(said, '\0');
	return (WEXITSTATUS(pclose(pipe)));
}

START_TEST(respd_check_says_what_it_finds)
{
	struct manifest m = manifest_from(0);
	struct buf all = { 0 }, said = { 0 }, b;

	ck_assert_int_eq(run_check("", &said), 66);
	make_three(&all);
	m.durable = 6;
	ck_assert_int_eq(manifest_write(dir, &m), 0);
	ck_assert_msg(run_check("", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "3 segments"));
	ck_assert_ptr_nonnull(strstr(said.data, "the last position is 6"));
	b = segment_bytes(2);
	b.data[b.length / 2] ^= 1;
	put_segment(2, buf_bytes(&b));
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "would be lost: positions 3 "
	    "to 6"));
	ck_assert_int_eq(run_check("--repair", &said), 73);
	io_dir_close(&dir);
	ck_assert_msg(run_check("--repair", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "lost: positions 3 to 6"));
	ck_assert_msg(run_check("", &said) == 0, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "the last position is 2"));
	dir = io_dir_open(path, false);
	strcpy(m.snapshot, "snap-0-1.rsp");
	ck_assert_int_eq(manifest_write(dir, &m), 0);
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_ptr_nonnull(strstr(said.data, "snap-0-1.rsp is damaged"));
	put_file("MANIFEST", bytes_of("respd-manifest 1\n"));
	ck_assert_msg(run_check("", &said) == 65, "%s", said.data);
	ck_assert_int_eq(run_check("--nonsense", &said), 64);
	buf_free(&all);
	buf_free(&said);
	buf_free(&b);
}
END_TEST

static Suite *
persist_suite(void)
{
	Suite *s = suite_create("persist");
	TCase *t = tcase_create("journal");

	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_begin_in_database_0);
	tcase_add_test(t, what_was_appended_comes_back);
	tcase_add_loop_test(t, no_flipped_bit_goes_unnoticed, 0, 3);
	tcase_add_loop_test(t, a_torn_end_is_cut, 0, 2);
	tcase_add_test(t, frames_out_of_order_are_found);
	tcase_add_test(t, segments_belong_together);
	tcase_add_test(t, to_look_changes_nothing);
	tcase_add_test(t, a_directory_is_ones_own);
	tcase_add_test(t, a_manifest_is_old_or_new);
	tcase_add_loop_test(t, every_fault_loses_nothing_acknowledged, 0,
	    2 * (int)COUNT(live_errors));
	tcase_add_test(t, every_fault_of_recovery_can_be_tried_again);
	tcase_add_test(t, after_a_failure_a_snapshot_helps);
	tcase_add_test(t, respd_check_says_what_it_finds);
	tcase_add_loop_test(t, threads_append_while_segments_change, 0, 3);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(persist_suite()));
}
