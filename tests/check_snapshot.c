/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots: what is saved comes back, whatever it is; what is damaged is
 * refused; and when the disk fails the old one stays and nothing is left.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "persist/io.h"
#include "persist/section.h"
#include "persist/snapshot.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "suite.h"
#include "value/codec.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/schedule.h"
#include "value/set.h"
#include "value/zset.h"

#define NAME "snap-0-1.rsp"

static char path[SUITE_PATH];
static struct io_dir *dir;

static void
setup(void)
{
	io_fault_clear();
	hash_seed();
	suite_make_folder(path);
	dir = io_dir_open(path, false);
	ck_assert_ptr_nonnull(dir);
}

static void
teardown(void)
{
	io_fault_clear();
	io_dir_close(&dir);
	suite_remove_folder(path);
}

/* A keyspace and a queue, as a server has them. */
struct data {
	struct keyspace	*keyspace;
	struct schedule	*due;
};

static struct data
data_new(uint32_t shards)
{
	return ((struct data){ keyspace_new(shards, 16), schedule_new() });
}

static void
data_free(struct data *d)
{
	keyspace_free(&d->keyspace);
	schedule_free(d->due);
}

static void
put(struct data *d, unsigned db, struct bytes key, struct value v,
    int64_t deadline, uint16_t access)
{
	uint64_t hash = keyspace_hash(key);
	struct entry *e = entry_new(key, &v, deadline);

	entry_set_access(e, access);
	table_insert(keyspace_make_table(d->keyspace,
	    keyspace_shard(d->keyspace, hash), db),
	    keyspace_table_hash(hash), e);
}

static struct value
text(const char *s)
{
	return (value_copy(VALUE_STRING, bytes_of(s)));
}

/* Lists in lists, as deep as a client can say, around a dictionary. */
static struct value
nested(void)
{
	struct value v = value_new(VALUE_DICT), outer, key, item;
	int i;

	key = value_integer(-7);
	item = value_double(0.1);
	dict_put(&v.dict, &key, &item);
	key = text("null");
	item = value_null();
	dict_put(&v.dict, &key, &item);
	for (i = 0; i < 127; i++) {
		outer = value_new(VALUE_LIST);
		item = value_boolean(i % 2 == 0);
		list_push(&outer.list, &item);
		list_push(&outer.list, &v);
		v = outer;
	}
	return (v);
}

static struct value
container(enum value_type type, int n)
{
	struct value v = value_new(type), item, key;
	char name[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "element %d", n - i);
		item = text(name);
		if (type == VALUE_LIST)
			list_push(&v.list, &item);
		else if (type == VALUE_SET)
			set_add(&v.dict, &item);
		else if (type == VALUE_DICT) {
			key = value_integer(i);
			dict_put(&v.dict, &key, &item);
		} else {
			zset_put(&v.zset, value_bytes(&item), i / 3.0);
			value_free(&item);
		}
	}
	return (v);
}

static void
fill(struct data *d)
{
	static const enum value_type types[] = { VALUE_LIST, VALUE_DICT,
	    VALUE_SET, VALUE_ZSET };
	struct value v;
	char big[9000];
	char key[32];
	size_t i;

	memset(big, 'x', sizeof(big));
	put(d, 0, bytes_of("string"), text("value"), 0, 0);
	put(d, 0, bytes_of(""), text(""), 0, 65535);
	put(d, 0, bytes_make("nul\0", 4), text("\r\n"), 1893456000000, 77);
	put(d, 0, bytes_make(big, 300), value_copy(VALUE_STRING,
	    bytes_make(big, sizeof(big))), 1, 3);
	put(d, 0, bytes_of("integer"), value_integer(INT64_MIN), 0, 0);
	put(d, 1, bytes_of("double"), value_double(-0.0), 5, 0);
	put(d, 1, bytes_of("true"), value_boolean(true), 0, 0);
	put(d, 1, bytes_of("false"), value_boolean(false), 0, 0);
	put(d, 15, bytes_of("null"), value_null(), INT64_MAX, 0);
	put(d, 15, bytes_of("big"), value_copy(VALUE_BIG_NUMBER,
	    bytes_of("-123456789012345678901234567890")), 0, 0);
	put(d, 15, bytes_of("error"), value_copy(VALUE_ERROR,
	    bytes_of("ERR it is")), 0, 0);
	put(d, 15, bytes_of("string"), text("another database"), 0, 0);
	put(d, 2, bytes_of("nested"), nested(), 0, 0);
	for (i = 0; i < COUNT(types); i++) {
		snprintf(key, sizeof(key), "empty %zu", i);
		put(d, 0, bytes_of(key), container(types[i], 0), 0, 0);
		snprintf(key, sizeof(key), "small %zu", i);
		put(d, 0, bytes_of(key), container(types[i], 3), 0, 0);
		snprintf(key, sizeof(key), "large %zu", i);
		put(d, 0, bytes_of(key), container(types[i], 2000), 9, 0);
	}
	for (i = 0; i < 20; i++) {
		v = i == 7 ? container(VALUE_LIST, 3) :
		    value_integer((int64_t)i);
		schedule_add(d->due, i % 2 == 0 ? 1000 : -5, &v);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	int order;

	order = memcmp(x->data, y->data,
	    x->length < y->length ? x->length : y->length);
	return (order != 0 ? order :
	    (x->length > y->length) - (x->length < y->length));
}

static void
add_due(void *arg, int64_t time, const struct value *v)
{
	buf_add(arg, &time, sizeof(time));
	codec_encode(arg, v);
}

/* What those shards have, in an order that does not depend on seed or shards. */
static struct buf
digest(struct data *d, uint32_t first, uint32_t shards)
{
	static struct buf lines[20000];
	struct buf all = { 0 };
	uint32_t shard, slot;
	size_t n = 0, i;
	unsigned db;

	memset(lines, 0, sizeof(lines));
	for (shard = first; shard < first + shards; shard++) {
		for (db = 0; db < 16; db++) {
			struct table *t = keyspace_table(d->keyspace, shard,
			    db);

			for (slot = 0; t != NULL && slot < t->slots; slot++) {
				struct entry *e = table_at(t, slot);
				struct value v;

				if (e == NULL)
					continue;
				SURE(n < COUNT(lines));
				buf_add_format(&lines[n], "%u %lld %u ", db,
				    (long long)entry_deadline(e),
				    entry_access(e));
				buf_add(&lines[n], entry_key(e).data,
				    entry_key(e).length);
				v = entry_value(e);
				codec_encode(&lines[n++], &v);
			}
		}
	}
	qsort(lines, n, sizeof(lines[0]), compare);
	for (i = 0; i < n; i++) {
		buf_add_format(&all, "%zu:", lines[i].length);
		buf_add(&all, lines[i].data, lines[i].length);
		buf_free(&lines[i]);
	}
	if (first == 0)
		schedule_walk(d->due, add_due, &all);
	return (all);
}

static void
assert_same(struct data *a, struct data *b)
{
	struct buf x = digest(a, 0, keyspace_shards(a->keyspace));
	struct buf y = digest(b, 0, keyspace_shards(b->keyspace));

	ck_assert(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
	buf_free(&x);
	buf_free(&y);
}

static int
save(struct data *d, const char *name)
{
	struct snapshot_header h = { .created_us = 1234, .start = 42,
	    .uuid = "0123456789abcde" };
	struct snapshot_progress progress = { 0 };

	return (snapshot_save(dir, name, d->keyspace, &d->due, &h, &progress));
}

static bool
load(struct data *d, const char *name, unsigned threads, struct buf *wrong)
{
	struct snapshot_progress progress = { 0 };
	struct snapshot_header h;

	return (snapshot_load(dir, name, d->keyspace, d->due, threads, &h,
	    &progress, wrong));
}

START_TEST(everything_comes_back)
{
	/* Saved with, and in the end in that many shards. */
	static const uint32_t shards[][2] = { { 1, 1 }, { 16, 16 },
	    { 1024, 1024 }, { 64, 4 }, { 4, 64 }, { 1, 256 }, { 256, 1 } };
	struct data from, to;
	struct buf wrong = { 0 };
	unsigned threads;
	size_t i;

	for (i = 0; i < COUNT(shards); i++) {
		from = data_new(shards[i][0]);
		fill(&from);
		ck_assert_int_eq(save(&from, NAME), 0);
		for (threads = 1; threads <= 4; threads += 3) {
			to = data_new(shards[i][1] > shards[i][0] ?
			    shards[i][1] : shards[i][0]);
			ck_assert_msg(load(&to, NAME, threads, &wrong),
			    "%.*s", (int)wrong.length, wrong.data);
			keyspace_fold(to.keyspace, shards[i][1]);
			assert_same(&from, &to);
			data_free(&to);
		}
		data_free(&from);
		ck_assert_int_eq(io_unlink(dir, NAME), 0);
	}
}
END_TEST

START_TEST(deadlines_are_noted)
{
	struct data from = data_new(1), to = data_new(1);
	struct buf wrong = { 0 };

	put(&from, 3, bytes_of("a"), text("x"), 5000, 0);
	put(&from, 0, bytes_of("b"), text("x"), 3000, 0);
	ck_assert_int_eq(save(&from, NAME), 0);
	ck_assert(load(&to, NAME, 1, &wrong));
	ck_assert_int_eq(keyspace_next_deadline(to.keyspace, 0), 3000);
	ck_assert_uint_eq(keyspace_table(to.keyspace, 0, 3)->volatiles, 1);
	data_free(&from);
	data_free(&to);
}
END_TEST

START_TEST(positions_and_header_come_back)
{
	struct data from = data_new(4), to = data_new(8);
	struct snapshot_header h = { 0 };
	struct snapshot_progress progress = { 0 };
	struct buf wrong = { 0 };
	uint32_t i;

	for (i = 0; i < 4; i++)
		keyspace_note_position(from.keyspace, i, 100 - i);
	ck_assert_int_eq(save(&from, NAME), 0);
	ck_assert(snapshot_read_header(dir, NAME, &h, &wrong));
	ck_assert_uint_eq(h.start, 42);
	ck_assert_int_eq(h.created_us, 1234);
	ck_assert_uint_eq(h.shards, 4);
	ck_assert_str_eq((const char *)h.uuid, "0123456789abcde");
	ck_assert(snapshot_load(dir, NAME, to.keyspace, to.due, 1, &h,
	    &progress, &wrong));
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(keyspace_position(to.keyspace, i),
		    100 - i / 2);
	ck_assert_uint_eq(progress.sections, 4);
	data_free(&from);
	data_free(&to);
}
END_TEST

/* A few keys of each kind in few bytes. */
static struct data
small(void)
{
	struct data d = data_new(2);
	struct value v = value_integer(5);

	put(&d, 0, bytes_of("key"), text("value"), 0, 0);
	put(&d, 1, bytes_of("d"), value_double(1.5), 77, 0);
	put(&d, 0, bytes_of("l"), container(VALUE_LIST, 2), 0, 0);
	put(&d, 0, bytes_of("z"), container(VALUE_ZSET, 2), 0, 0);
	put(&d, 0, bytes_of("h"), container(VALUE_DICT, 2), 0, 0);
	schedule_add(d.due, 1000, &v);
	return (d);
}

static struct buf
file_bytes(void)
{
	int fd = io_open_read(dir, NAME);
	struct buf b = { 0 };

	ck_assert_int_ge(fd, 0);
	b.length = (size_t)io_size(fd);
	b.size = b.length;
	b.data = mem_alloc(b.length);
	SURE(io_read(fd, b.data, b.length, 0) == (ssize_t)b.length);
	io_close(fd);
	return (b);
}

static void
assert_refused(void)
{
	struct data d = data_new(2);
	struct buf wrong = { 0 };

	SURE(!load(&d, NAME, 1, &wrong));
	SURE(wrong.length != 0);
	buf_free(&wrong);
	data_free(&d);
}

START_TEST(every_flipped_bit_is_noticed)
{
	struct data d = small();
	struct buf b;
	size_t i;
	int fd;
	char c;

	ck_assert_int_eq(save(&d, NAME), 0);
	b = file_bytes();
	fd = io_open(dir, NAME);
	for (i = 0; i < 8 * b.length; i++) {
		c = (char)(b.data[i / 8] ^ 1 << i % 8);
		SURE(io_write(fd, bytes_make(&c, 1), i / 8) == 0);
		assert_refused();
		SURE(io_write(fd, bytes_make(b.data + i / 8, 1), i / 8) == 0);
	}
	io_close(fd);
	buf_free(&b);
	data_free(&d);
}
END_TEST

/* Of two shards each is as in the other, or lost and empty; how many are. */
static uint32_t
count_lost(struct data *from, struct data *to)
{
	struct buf x, y;
	uint32_t i, lost = 0;

	for (i = 0; i < 2; i++) {
		x = digest(from, i, 1);
		y = digest(to, i, 1);
		if (keyspace_position(to->keyspace, i) == UINT64_MAX) {
			SURE(y.length == 0);
			lost++;
		} else
			SURE(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
		buf_free(&x);
		buf_free(&y);
	}
	return (lost);
}

START_TEST(what_is_whole_of_a_damaged_one_is_saved)
{
	struct data d = small(), to;
	struct snapshot_header h;
	struct snapshot_loss loss;
	struct buf b;
	size_t i;
	int fd;
	char c;

	ck_assert_int_eq(save(&d, NAME), 0);
	b = file_bytes();
	fd = io_open(dir, NAME);
	for (i = 0; i < 8 * b.length; i++) {
		to = data_new(2);
		c = (char)(b.data[i / 8] ^ 1 << i % 8);
		SURE(io_write(fd, bytes_make(&c, 1), i / 8) == 0);
		if (snapshot_salvage(dir, NAME, to.keyspace, to.due, &h,
		    &loss)) {
			SURE(loss.sections < 2);
			SURE(loss.unknown <= loss.sections);
			SURE(count_lost(&d, &to) == loss.sections);
		} else
			SURE(i < 8 * 72);
		SURE(io_write(fd, bytes_make(b.data + i / 8, 1), i / 8) == 0);
		data_free(&to);
	}
	io_close(fd);
	buf_free(&b);
	data_free(&d);
}
END_TEST

START_TEST(what_is_cut_or_longer_is_refused)
{
	struct data d = small();
	struct buf b;
	size_t i;
	int fd;

	ck_assert_int_eq(save(&d, NAME), 0);
	b = file_bytes();
	fd = io_open(dir, NAME);
	SURE(io_write(fd, bytes_of("x"), b.length) == 0);
	assert_refused();
	for (i = b.length; i-- > 0;) {
		SURE(io_truncate(fd, i) == 0);
		assert_refused();
	}
	io_close(fd);
	buf_free(&b);
	data_free(&d);
}
END_TEST

/* Behind the checksum: any bytes at all, without harm. */
START_TEST(hostile_sections_do_no_harm)
{
	struct data d = small(), to;
	struct section s;
	struct buf b = { 0 };
	size_t i, k;

	for (k = 0; k < 2; k++) {
		buf_cut(&b, 0);
		section_encode(&b, d.keyspace, (uint32_t)k,
		    k == 0 ? d.due : NULL);
		for (i = 0; i < 8 * b.length; i++) {
			to = data_new(2);
			s = (struct section){ .keyspace = to.keyspace,
			    .due = to.due, .number = (uint32_t)k, .shards = 2 };
			b.data[i / 8] ^= (char)(1 << i % 8);
			section_decode(&s, buf_bytes(&b));
			section_decode(&s, bytes_make(b.data, i / 8));
			b.data[i / 8] ^= (char)(1 << i % 8);
			data_free(&to);
		}
		/* Of another shard, and twice the same. */
		to = data_new(2);
		s = (struct section){ .keyspace = to.keyspace, .due = to.due,
		    .number = (uint32_t)k, .shards = 2 };
		ck_assert(section_decode(&s, buf_bytes(&b)));
		if (s.keys != 0)
			ck_assert(!section_decode(&s, buf_bytes(&b)));
		data_free(&to);
	}
	buf_free(&b);
	data_free(&d);
}
END_TEST

static void
count_name(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
}

START_TEST(a_failing_disk_leaves_nothing)
{
	static const enum io_kind kinds[] = { IO_OPEN, IO_WRITE, IO_SYNC,
	    IO_SYNC_DIR };
	static const int errors[] = { EIO, ENOSPC, EDQUOT };
	struct data d = small();
	unsigned nth, calls;
	size_t i, k;
	int found;

	for (i = 0; i < COUNT(kinds); i++) {
		io_fault_clear();
		ck_assert_int_eq(save(&d, NAME), 0);
		calls = io_calls(kinds[i]);
		ck_assert_uint_ne(calls, 0);
		io_unlink(dir, NAME);
		for (nth = 0; nth < calls; nth++) {
			for (k = 0; k < COUNT(errors); k++) {
				io_fault(kinds[i], nth, 1, errors[k], 10);
				ck_assert_int_eq(save(&d, NAME), -1);
				ck_assert_int_eq(errno, errors[k]);
				io_fault_clear();
				found = 0;
				io_dir_list(dir, "snap-", count_name, &found);
				ck_assert_int_eq(found, 0);
			}
		}
	}
	data_free(&d);
}
END_TEST

START_TEST(a_failing_disk_is_told_when_loading)
{
	static const enum io_kind kinds[] = { IO_OPEN, IO_SIZE, IO_READ };
	static const int errors[] = { EIO, EROFS, EACCES, EMFILE, ENOMEM };
	struct data d = small();
	unsigned nth, calls;
	size_t i, k;

	ck_assert_int_eq(save(&d, NAME), 0);
	for (i = 0; i < COUNT(kinds); i++) {
		struct data to = data_new(2);
		struct buf wrong = { 0 };

		io_fault_clear();
		ck_assert(load(&to, NAME, 1, &wrong));
		calls = io_calls(kinds[i]);
		data_free(&to);
		for (nth = 0; nth < calls; nth++) {
			for (k = 0; k < COUNT(errors); k++) {
				io_fault(kinds[i], nth, 1, errors[k], 0);
				assert_refused();
			}
		}
	}
	data_free(&d);
}
END_TEST

START_TEST(stopping_leaves_nothing)
{
	struct data d = small();
	struct snapshot_header h = { 0 };
	struct snapshot_progress progress = { .stop = true };

	ck_assert_int_eq(snapshot_save(dir, NAME, d.keyspace, &d.due, &h,
	    &progress), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_int_lt(io_open_read(dir, NAME), 0);
	data_free(&d);
}
END_TEST

START_TEST(only_the_kept_one_stays)
{
	struct data d = small();
	struct snapshot_header h = { .start = 7, .created_us = 9 };
	char name[IO_NAME_SIZE];
	int found = 0;

	snapshot_name(name, &h);
	ck_assert_str_eq(name, "snap-7-9.rsp");
	ck_assert_int_eq(save(&d, NAME), 0);
	ck_assert_int_eq(save(&d, name), 0);
	io_close(io_create(dir, "snap-mine"));
	snapshot_remove_others(dir, name);
	io_dir_list(dir, "snap-", count_name, &found);
	ck_assert_int_eq(found, 2);
	ck_assert_int_lt(io_open_read(dir, NAME), 0);
	data_free(&d);
}
END_TEST

static Suite *
snapshot_suite(void)
{
	Suite *s = suite_create("snapshot");
	TCase *t = tcase_create("snapshot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, everything_comes_back);
	tcase_add_test(t, deadlines_are_noted);
	tcase_add_test(t, positions_and_header_come_back);
	tcase_add_test(t, every_flipped_bit_is_noticed);
	tcase_add_test(t, what_is_whole_of_a_damaged_one_is_saved);
	tcase_add_test(t, what_is_cut_or_longer_is_refused);
	tcase_add_test(t, hostile_sections_do_no_harm);
	tcase_add_test(t, a_failing_disk_leaves_nothing);
	tcase_add_test(t, a_failing_disk_is_told_when_loading);
	tcase_add_test(t, stopping_leaves_nothing);
	tcase_add_test(t, only_the_kept_one_stays);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	return (suite_run(snapshot_suite()));
}
