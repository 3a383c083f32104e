/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data directory that one engine has left is what another one begins with,
 * whatever the number of shards: also when the snapshot was taken while
 * commands ran, so that each of its shards is of another moment.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agents/saver.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/settings.h"
#include "commands/registry.h"
#include "inside.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/snapshot.h"
#include "suite.h"
#include "value/schedule.h"

enum { SHARDS = 1024, KEYS = 2000 };

static char path[SUITE_PATH];

static void
start(void)
{
	settings_init();
	ck_assert(settings_set(SETTING_DATABASES, bytes_of("3"), NULL));
	ck_assert(settings_set(SETTING_SAVE, bytes_of(""), NULL));
	ck_assert(settings_set(SETTING_APPENDFSYNC, bytes_of("no"), NULL));
	hash_seed();
	suite_make_folder(path);
}

static void
stop(void)
{
	suite_remove_folder(path);
	settings_free();
}

/* What a server does at its start, with that many shards. */
static struct engine *
open_data(struct command_table *commands, uint32_t shards,
    struct saver **saver)
{
	struct buf wrong = { 0 }, number = { 0 };
	struct engine *e;
	int status;

	buf_add_format(&number, "%u", shards);
	ck_assert(settings_set(SETTING_SHARDS, buf_bytes(&number), NULL));
	buf_free(&number);
	*saver = saver_open(path, &wrong, &status);
	ck_assert_ptr_nonnull(*saver);
	e = engine_new(commands, saver_shards(*saver));
	saver_attach(*saver, e);
	ck_assert_msg(saver_load(*saver, &wrong, &status), "%.*s",
	    (int)wrong.length, wrong.data);
	ck_assert_uint_eq(keyspace_shards(e->keyspace), shards);
	return (e);
}

struct writer {
	struct engine	*engine;
	atomic_bool	 over;
	pthread_t	 thread;
};

/* What is done twice, or not at all, makes a difference. */
static void
write_one(struct session *s, uint64_t *chance)
{
	struct buf request = { 0 };
	unsigned n = (unsigned)draw(chance, 1000);

	if (n == 0)
		buf_add_string(&request, "*1\r\n$7\r\nFLUSHDB\r\n");
	else if (n < 10)
		buf_add_format(&request, "*3\r\n$6\r\nSWAPDB\r\n$1\r\n%u\r\n"
		    "$1\r\n%u\r\n", n % 3, n % 2);
	else
		buf_add_format(&request, "*3\r\n$6\r\nAPPEND\r\n$4\r\n%04u\r\n"
		    "$1\r\n%c\r\n", (unsigned)draw(chance, KEYS),
		    'a' + (int)(n % 26));
	run(s, buf_bytes(&request));
	buf_free(&request);
}

static void *
write_on(void *arg)
{
	struct writer *w = arg;
	uint64_t chance = 1;
	struct session *s;
	struct peer *peer;
	int client, i;

	s = open_session(w->engine, &peer, &client);
	for (i = 0; i < 3 * KEYS || !atomic_load(&w->over); i++)
		write_one(s, &chance);
	session_close(&s);
	peer_free(&peer);
	close(client);
	return (NULL);
}

/* Commands and snapshots, and after the last of these more commands. */
static struct engine *
write_data(struct command_table *commands)
{
	struct saver *saver;
	struct writer w = { .engine = open_data(commands, SHARDS, &saver) };
	int i;

	ck_assert_int_eq(pthread_create(&w.thread, NULL, write_on, &w), 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(saver_save(saver), SAVER_OK);
	atomic_store(&w.over, true);
	ck_assert_int_eq(pthread_join(w.thread, NULL), 0);
	saver_free(&saver);
	return (w.engine);
}

static void
close_data(struct engine **e)
{
	if (*e == NULL)
		return;
	(*e)->commands = command_table_new();	/* that one is shared */
	engine_free(e);
}

/* Whether the snapshot's shards are of different positions. */
static bool
is_of_many_moments(void)
{
	struct io_dir *dir = io_dir_open(path, false);
	struct keyspace *ks = keyspace_new(SHARDS, DATABASES);
	struct snapshot_progress progress = { 0 };
	struct schedule *due = schedule_new();
	struct buf wrong = { 0 };
	struct snapshot_header h;
	struct manifest m;
	uint32_t i, differ = 0;

	ck_assert_int_eq(manifest_read(dir, &m), MANIFEST_OK);
	ck_assert(snapshot_load(dir, m.snapshot, ks, due, 1, &h, &progress,
	    &wrong));
	for (i = 1; i < SHARDS; i++)
		differ += keyspace_position(ks, i) !=
		    keyspace_position(ks, i - 1);
	schedule_free(due);
	keyspace_free(&ks);
	io_dir_close(&dir);
	return (differ > 0);
}

static const uint32_t counts[] = { SHARDS, SHARDS / 2, 4, 1, 4 * SHARDS };

START_TEST(shards_may_be_others)
{
	struct command_table *commands = registry_new();
	struct engine *a = NULL, *b;
	struct saver *saver;
	size_t keys_a, keys_b;
	int tries = 0;

	do {
		ck_assert_int_lt(tries++, 100);
		close_data(&a);
		a = write_data(commands);
	} while (!is_of_many_moments());
	b = open_data(commands, counts[_i], &saver);
	ck_assert_uint_eq(missing_in(a, b, "restored", &keys_a), 0);
	ck_assert_uint_eq(missing_in(b, a, "original", &keys_b), 0);
	ck_assert_uint_eq(keys_a, keys_b);
	saver_free(&saver);
	close_data(&a);
	close_data(&b);
	command_table_free(&commands);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("restore");
	TCase *all = tcase_create("restore");

	tcase_add_checked_fixture(all, start, stop);
	tcase_set_timeout(all, 300);
	tcase_add_loop_test(all, shards_may_be_others, 0, COUNT(counts));
	suite_add_tcase(suite, all);
	return (suite_run(suite));
}
