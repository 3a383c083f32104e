/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lives of a server on a disk in memory (crash/disk.h) that forgets what was
 * not synced: at each call that it makes the power goes, or it is killed, then
 * it starts again, perhaps to be cut off in that as well.  It has to start,
 * with everything that it had promised and nothing that it had not begun, and
 * no group of changes is there by half.
 *
 * Record number p sets key p * 7 % KEYS to p, and every fifth is one group with
 * the next: so from the last position it follows what is in each key.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "crash/disk.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/snapshot.h"
#include "resp/request.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"
#include "suite.h"
#include "value/schedule.h"

enum {
	KEYS		= 11,
	SHARDS		= 4,
	SEGMENT		= 2048,		/* a few frames */
	RECORDS		= 24,		/* of a life */
	SAVE_EACH	= 9,		/* records */
	SYNC_EACH	= 4,
	THREADS		= 4,
	POSITIONS	= 4096,		/* more than all lives have */
};

struct life {
	struct io_dir	*dir;
	struct manifest	 manifest;
	struct keyspace	*keyspace;
	struct schedule	*due;
	struct journal	*journal;
	enum journal_mode mode;
	enum disk_end	 end;
};

static uint64_t begun;		/* the highest position ever appended */
static bool sync_fails;		/* a start may fail, too */
/* No record has that position: journal_rotate() after a failure. */
static bool skipped[POSITIONS];

static bool
is_first_of_two(uint64_t position)
{
	return (position % 5 == 0);
}

static unsigned
key_of(uint64_t position)
{
	return ((unsigned)(position * 7 % KEYS));
}

static unsigned
db_of(uint64_t position)
{
	return ((unsigned)(position / 5 % 3));
}

static struct bytes
key_text(unsigned key, char text[16])
{
	return (bytes_make(text, (size_t)snprintf(text, 16, "key%u", key)));
}

static uint32_t
shard_of(const struct life *l, unsigned key)
{
	char text[16];

	return (keyspace_shard(l->keyspace, keyspace_hash(key_text(key,
	    text))));
}

/* What the key holds, 0: it is not there. */
static uint64_t
get(struct life *l, unsigned key)
{
	char text[16];
	struct bytes name = key_text(key, text);
	uint64_t hash = keyspace_hash(name);
	struct table *t = keyspace_table(l->keyspace, shard_of(l, key), 0);
	uint32_t slot = t == NULL ? TABLE_NO_SLOT : table_find(t,
	    keyspace_table_hash(hash), name);

	return (slot == TABLE_NO_SLOT ? 0 :
	    (uint64_t)entry_value(table_at(t, slot)).integer);
}

/* With the shard's lock. */
static void
set(struct life *l, unsigned key, uint64_t position)
{
	char text[16];
	struct bytes name = key_text(key, text);
	uint64_t hash = keyspace_hash(name);
	uint32_t shard = shard_of(l, key), slot;
	struct table *t = keyspace_make_table(l->keyspace, shard, 0);
	struct value v = value_integer((int64_t)position);

	slot = table_find(t, keyspace_table_hash(hash), name);
	if (slot != TABLE_NO_SLOT)
		entry_free(table_remove(t, slot));
	table_insert(t, keyspace_table_hash(hash), entry_new(name, &v, 0));
	keyspace_note_position(l->keyspace, shard, position);
}

static bool
apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct life *l = arg;
	struct request q = { 0 };
	unsigned key = key_of(position);
	char text[16], number[32];

	SURE(request_parse(&q, record) == REQUEST_OK && q.count == 3);
	SURE(db == db_of(position));
	SURE(bytes_equal(value_bytes(&q.args[1]), key_text(key, text)));
	snprintf(number, sizeof(number), "%" PRIu64, position);
	SURE(bytes_equal(value_bytes(&q.args[2]), bytes_of(number)));
	request_free(&q);
	if (keyspace_position(l->keyspace, shard_of(l, key)) < position)
		set(l, key, position);
	return (true);
}

static void
end_life(struct life *l)
{
	journal_close(&l->journal);
	if (l->keyspace != NULL)
		keyspace_free(&l->keyspace);
	schedule_free(l->due);
	io_dir_close(&l->dir);
}

/* It may only be the disk's end that stops it. */
static bool
is_over(const char *what, const char *why)
{
	if (!disk_is_off() && !sync_fails)
		ck_abort_msg("no start: %s: %s", what, why);
	return (false);
}

static void
remove_one(void *dir, const char *name)
{
	io_unlink(dir, name);
}

/* The first start, or one after an end before there was a manifest. */
static bool
begin(struct life *l, struct journal_end *end)
{
	*end = (struct journal_end){ 0 };
	memcpy(l->manifest.uuid, "0123456789abcdef", FRAME_UUID);
	io_dir_list(l->dir, "log-", remove_one, l->dir);
	return (true);
}

static bool
load(struct life *l, struct journal_end *end)
{
	struct recover_options o = { .dir = l->dir, .manifest = &l->manifest,
	    .apply = apply, .arg = l };
	struct snapshot_progress progress = { 0 };
	struct snapshot_header h;
	struct recover_report r;
	struct buf wrong = { 0 };
	bool ok = true;

	if (*l->manifest.snapshot != '\0')
		ok = snapshot_load(l->dir, l->manifest.snapshot, l->keyspace,
		    l->due, 1, &h, &progress, &wrong);
	buf_add_char(&wrong, '\0');
	if (!ok)
		is_over(l->manifest.snapshot, wrong.data);
	buf_free(&wrong);
	if (!ok)
		return (false);
	if (recover_journal(&o, &r) != RECOVER_OK)
		return (is_over("journal", r.text));
	/* What was left of a snapshot. */
	snapshot_remove_others(l->dir, l->manifest.snapshot);
	*end = r.end;
	return (true);
}

static bool
start(struct life *l)
{
	struct journal_options o = { .mode = l->mode,
	    .segment_size = SEGMENT };
	struct journal_end end;
	bool fresh = false;

	l->keyspace = keyspace_new(SHARDS, 3);
	l->due = schedule_new();
	if ((l->dir = io_dir_open("data", false)) == NULL)
		return (is_over("directory", strerror(errno)));
	switch (manifest_read(l->dir, &l->manifest)) {
	case MANIFEST_NONE:
		fresh = begin(l, &end);
		break;
	case MANIFEST_OK:
		if (!load(l, &end))
			return (false);
		break;
	case MANIFEST_DAMAGED:
		return (is_over("manifest", "damaged"));
	case MANIFEST_ERROR:
		return (is_over("manifest", strerror(errno)));
	}
	o.dir = l->dir;
	memcpy(o.uuid, l->manifest.uuid, sizeof(o.uuid));
	if ((l->journal = journal_open(&o, &end)) == NULL)
		return (is_over("journal", strerror(errno)));
	l->manifest.has_journal = true;
	if (fresh && manifest_write(l->dir, &l->manifest) != 0)
		return (is_over("manifest", strerror(errno)));
	return (true);
}

/* Append the next group and have it made as safe as the mode wants. */
static bool
write_next(struct life *l)
{
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	struct buf b = { 0 };
	struct lockset locks;
	uint64_t first, last, p;
	char text[16], number[32];
	bool ok;

	must(pthread_mutex_lock(&turn));
	first = journal_position(l->journal) + 1;
	last = first + is_first_of_two(first);
	SURE(last < POSITIONS);
	begun = last > begun ? last : begun;
	lockset_start(&locks, l->keyspace);
	for (p = first; p <= last; p++) {
		skipped[p] = false;
		snprintf(number, sizeof(number), "%" PRIu64, p);
		key_text(key_of(p), text);
		buf_add_format(&b, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n"
		    "$%zu\r\n%s\r\n", strlen(text), text, strlen(number),
		    number);
		lockset_add(&locks, shard_of(l, key_of(p)));
	}
	lockset_acquire(&locks, true);
	journal_append(l->journal, db_of(first), buf_bytes(&b),
	    (unsigned)(last - first + 1));
	for (p = first; p <= last; p++)
		set(l, key_of(p), p);
	lockset_release(&locks);
	must(pthread_mutex_unlock(&turn));
	lockset_free(&locks);
	buf_free(&b);
	ok = journal_wait(l->journal, last);
	if (ok && (l->mode == JOURNAL_ALWAYS || l->end == DISK_KILLED))
		disk_promise(last);
	if (ok && last % SYNC_EACH == 0)
		ok = journal_sync(l->journal, last, 0);
	disk_promise(journal_durable(l->journal));
	return (ok);
}

/* As the server's saver does it. */
static bool
save(struct life *l)
{
	struct snapshot_progress progress = { 0 };
	struct snapshot_header h = { 0 };
	struct manifest next = l->manifest;
	uint64_t start, before = journal_position(l->journal);
	bool failed = journal_has_failed(l->journal);

	if (!journal_rotate(l->journal, &start))
		return (false);
	if (failed && start != before) {
		skipped[start] = true;
		begun = start;
	}
	h.start = start;
	memcpy(h.uuid, next.uuid, sizeof(h.uuid));
	h.created_us = (int64_t)journal_position(l->journal);
	snapshot_name(next.snapshot, &h);
	if (snapshot_save(l->dir, next.snapshot, l->keyspace, &l->due, &h,
	    &progress) != 0)
		return (errno == EEXIST);
	if (!journal_settle(l->journal, &next.durable))
		return (false);
	next.shards = h.shards;
	next.journal = start;
	if (manifest_write(l->dir, &next) != 0)
		return (false);
	l->manifest = next;
	snapshot_remove_others(l->dir, next.snapshot);
	journal_forget(l->journal, start);
	return (true);
}

static void
live(struct life *l)
{
	uint64_t last = journal_position(l->journal) + RECORDS;

	while (journal_position(l->journal) < last) {
		if ((!write_next(l) ||
		    journal_position(l->journal) % SAVE_EACH == 0) &&
		    !save(l) && !save(l))
			break;
	}
}

/* What is there is what the promises say, or a little more. */
static void
check(struct life *l)
{
	uint64_t last = journal_position(l->journal), p, wanted;
	unsigned key;

	SURE(last >= disk_promised());
	SURE(last <= begun);
	SURE(!is_first_of_two(last) || last == 0 || skipped[last]);
	for (key = 0; key < KEYS; key++) {
		for (wanted = 0, p = last; p != 0 && wanted == 0; p--)
			wanted = key_of(p) == key && !skipped[p] ? p : 0;
		SURE(get(l, key) == wanted);
	}
	disk_promise(last);
}

/* The calls at which it has ended, by name. */
static struct {
	const char	*name;
	unsigned	 count;
} points[] = {
	{ "create log-", 0 }, { "write log-", 0 }, { "sync log-", 0 },
	{ "allocate log-", 0 }, { "truncate log-", 0 }, { "unlink log-", 0 },
	{ "create snap-", 0 }, { "write snap-", 0 }, { "sync snap-", 0 },
	{ "unlink snap-", 0 }, { "create MANIFEST.tmp", 0 },
	{ "write MANIFEST.tmp", 0 }, { "sync MANIFEST.tmp", 0 },
	{ "rename MANIFEST.tmp", 0 }, { "sync-directory data", 0 },
};

static void
note_point(void)
{
	size_t i;

	for (i = 0; i < COUNT(points); i++)
		points[i].count += strncmp(disk_last(), points[i].name,
		    strlen(points[i].name)) == 0;
}

/* How the first two lives end; what is promised is what holds then. */
static const struct {
	enum disk_end	first, second;
} ends[] = {
	{ DISK_CUT, DISK_CUT },
	{ DISK_KILLED, DISK_KILLED },
	{ DISK_KILLED, DISK_CUT },
};

/*
 * The first life ends at call n; the second, if again is not 0, at call
 * again - 1, in its start or later; the third sees what is left, and goes on to
 * a clean end.  False: the first life was over before.
 */
static bool
try(enum journal_mode mode, int how, unsigned n, unsigned again, uint64_t seed)
{
	struct life lives[4];
	int i;

	for (i = 0; i < 4; i++)
		lives[i] = (struct life){ .mode = mode,
		    .end = ends[how].second };
	disk_new();
	begun = 0;
	disk_end_at(n, ends[how].first, seed);
	if (start(&lives[0]))
		live(&lives[0]);
	end_life(&lives[0]);
	if (!disk_is_off())
		return (false);
	note_point();
	disk_restart();
	if (again != 0) {
		disk_end_at(again - 1, ends[how].second, seed + 1);
		if (start(&lives[1])) {
			check(&lives[1]);
			live(&lives[1]);
		}
		end_life(&lives[1]);
		note_point();
		disk_restart();
	}
	SURE(start(&lives[2]));
	check(&lives[2]);
	live(&lives[2]);
	end_life(&lives[2]);
	disk_restart();
	SURE(start(&lives[3]));
	check(&lives[3]);
	SURE(journal_position(lives[3].journal) == begun);
	end_life(&lives[3]);
	return (true);
}

/* How often each call is tried; more by hand: POWER_CUTS=50. */
static unsigned
repeats(void)
{
	const char *text = getenv("POWER_CUTS");

#ifdef RESPD_SANITIZE
	return (text != NULL ? (unsigned)atoi(text) : 1);
#else
	return (text != NULL ? (unsigned)atoi(text) : 3);
#endif
}

static const enum journal_mode modes[] = { JOURNAL_ALWAYS, JOURNAL_EVERYSEC,
    JOURNAL_NO };

START_TEST(an_end_at_any_call_loses_nothing_promised)
{
	unsigned n = 0, seed, tries = 0;
	bool ended;
	size_t i;

	do {
		for (seed = 0, ended = true; seed < repeats() && ended; seed++) {
			ended = try(modes[_i % 3], _i / 3, n,
			    (seed + n) % 2 == 0 ? 0 : 1 + (n + 7 * seed) % 40,
			    seed * 1000 + n);
			tries += ended;
		}
		n++;
	} while (ended);
	SURE(n > 50);
	for (i = 0; i < COUNT(points); i++) {
		if (points[i].count == 0)
			ck_abort_msg("never ended at: %s", points[i].name);
	}
	fprintf(stderr, "%u calls, %u ends\n", n, tries);
}
END_TEST

/* Many at a time: frames of many groups, and saving beside them. */

static void *
write_many(void *arg)
{
	struct life *l = arg;
	int i;

	for (i = 0; i < RECORDS && write_next(l); i++)
		;
	return (NULL);
}

static void
live_together(struct life *l)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, write_many, l));
	while (save(l) && journal_position(l->journal) <
	    THREADS * RECORDS / 2)
		;
	for (i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL));
}

START_TEST(ends_among_many_writers_lose_nothing_promised)
{
	enum disk_end end = _i < 3 ? DISK_CUT : DISK_KILLED;
	unsigned seed;

	for (seed = 0; seed < 25 * repeats(); seed++) {
		struct life first = { .mode = modes[_i % 3], .end = end },
		    second = first;

		disk_new();
		begun = 0;
		disk_end_at(5 + seed * 7 % 150, end, seed);
		/* So that somebody comes while another one syncs. */
		disk_sync_takes(seed % 3 * 100);
		if (start(&first))
			live_together(&first);
		end_life(&first);
		disk_restart();
		SURE(start(&second));
		check(&second);
		end_life(&second);
	}
}
END_TEST

/*
 * A sync fails, and the kernel forgets that there was something to be written:
 * what programs see of the file is not what is on the disk, and no sync will
 * change that.  Under always the server ends, else it goes on with a snapshot,
 * until it is killed at some call; it starts, goes on; then the power goes.
 */
START_TEST(a_failed_sync_is_believed)
{
	enum journal_mode mode = modes[_i % 3];
	unsigned n, seed;

	for (n = 0; n < 30; n++) for (seed = 0; seed < 4 * repeats(); seed++) {
		struct life first = { .mode = mode, .end = DISK_CUT },
		    second = first, third = first;

		disk_new();
		begun = 0;
		disk_fail_sync_at(n, n + 100 * seed);
		disk_end_at(n + seed * 5, seed % 3 == 2 ? DISK_CUT :
		    DISK_KILLED, seed);
		sync_fails = true;
		if (start(&first))
			live(&first);
		end_life(&first);
		sync_fails = false;
		disk_restart();
		SURE(start(&second));
		check(&second);
		disk_end_at(3 + seed, DISK_CUT, seed);
		live(&second);
		end_life(&second);
		disk_restart();
		SURE(start(&third));
		check(&third);
		end_life(&third);
	}
}
END_TEST

/*
 * Under everysec what was acknowledged gets to the disk though nobody writes or
 * asks any more; a minute is only for giving up.
 */
START_TEST(everysec_syncs_by_itself)
{
	struct life first = { .mode = JOURNAL_EVERYSEC, .end = DISK_CUT },
	    second = first;
	int ms;

	disk_new();
	begun = 0;
	SURE(start(&first));
	for (; begun < SYNC_EACH - 1; )
		SURE(write_next(&first));
	for (ms = 0; journal_durable(first.journal) < begun; ms++) {
		SURE(ms < 60000);
		usleep(1000);
	}
	disk_promise(begun);
	disk_end_at(0, DISK_CUT, 1);
	end_life(&first);
	disk_restart();
	SURE(start(&second));
	check(&second);
	end_life(&second);
}
END_TEST

static void
setup(void)
{
	log_set_level((enum log_level)0);
}

int
main(void)
{
	Suite *suite = suite_create("power");
	TCase *t = tcase_create("power");

	hash_set_seed((const uint8_t *)"a seed like this");
	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, NULL);
	/* How it ends is all the same to the thread sanitizer. */
	tcase_add_loop_test(t, an_end_at_any_call_loses_nothing_promised, 0,
	    STRIDE != 1 ? 3 : 3 * (int)COUNT(ends));
	tcase_add_loop_test(t, ends_among_many_writers_lose_nothing_promised,
	    0, 6);
	tcase_add_loop_test(t, a_failed_sync_is_believed, 0, 3);
	tcase_add_test(t, everysec_syncs_by_itself);
	suite_add_tcase(suite, t);
	return (suite_run(suite));
}
