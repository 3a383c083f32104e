/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks keep others out, and their order is kept.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/settings.h"
#include "suite.h"

static struct {
	struct lock	lock;
	pthread_cond_t	condition;
	int		turn;
} relay;

static void *
run_relay(void *arg)
{
	int i, mine = *(int *)arg;

	for (i = 0; i < 1000; i++) {
		lock_take(&relay.lock);
		while (relay.turn % 3 != mine)
			lock_wait(&relay.lock, &relay.condition);
		relay.turn++;
		must(pthread_cond_broadcast(&relay.condition));
		lock_release(&relay.lock);
	}
	return (NULL);
}

START_TEST(locks_keep_others_out)
{
	pthread_t threads[3];
	int numbers[3] = { 0, 1, 2 }, i;

	lock_init(&relay.lock, LOCK_POOL);
	lock_init_condition(&relay.condition);
	for (i = 0; i < 3; i++)
		must(pthread_create(&threads[i], NULL, run_relay,
		    &numbers[i]));
	for (i = 0; i < 3; i++)
		must(pthread_join(threads[i], NULL));
	ck_assert_int_eq(relay.turn, 3000);
	must(pthread_cond_destroy(&relay.condition));
	lock_destroy(&relay.lock);
}
END_TEST

enum { CROWD = 6, CROWD_TURNS = 20000 };

/* Two numbers that are the same whenever nobody writes. */
static struct {
	struct rwlock	lock;
	long		first, second;
} crowd;

static void *
run_crowd(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	int i;

	for (i = 0; i < CROWD_TURNS; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % 3 == 0) {
			rwlock_take_write(&crowd.lock);
			crowd.first++;
			if (i % 100 == 0)
				sched_yield();
			crowd.second++;
		} else {
			rwlock_take_read(&crowd.lock);
			ck_assert_int_eq(crowd.first, crowd.second);
			if (i % 100 == 0)
				sched_yield();
		}
		rwlock_release(&crowd.lock);
	}
	return (NULL);
}

static void *
try_read(void *arg)
{
	bool *got = arg;

	*got = rwlock_try_read(&crowd.lock);
	if (*got)
		rwlock_release(&crowd.lock);
	return (NULL);
}

static bool
another_can_read(void)
{
	pthread_t thread;
	bool got;

	must(pthread_create(&thread, NULL, try_read, &got));
	must(pthread_join(thread, NULL));
	return (got);
}

START_TEST(rwlocks_let_readers_share)
{
	rwlock_init(&crowd.lock, LOCK_SHARD, 0);
	rwlock_take_read(&crowd.lock);
	ck_assert(another_can_read());
	rwlock_release(&crowd.lock);
	rwlock_take_write(&crowd.lock);
	ck_assert(!another_can_read());
	rwlock_release(&crowd.lock);
	ck_assert(another_can_read());
	rwlock_destroy(&crowd.lock);
}
END_TEST

/* Nobody is forgotten asleep, and nobody is there beside a writer. */
START_TEST(rwlocks_keep_writers_apart)
{
	unsigned seeds[CROWD], i;
	pthread_t threads[CROWD];

	rwlock_init(&crowd.lock, LOCK_SHARD, 0);
	for (i = 0; i < CROWD; i++) {
		seeds[i] = i;
		must(pthread_create(&threads[i], NULL, run_crowd, &seeds[i]));
	}
	for (i = 0; i < CROWD; i++)
		must(pthread_join(threads[i], NULL));
	ck_assert_int_eq(crowd.first, crowd.second);
	ck_assert_int_gt(crowd.first, CROWD * CROWD_TURNS / 4);
	rwlock_destroy(&crowd.lock);
}
END_TEST

START_TEST(locks_in_order_are_fine)
{
	struct lock settings, pool, stats;
	struct rwlock shards[3];
	uint32_t i;

	lock_init(&settings, LOCK_SETTINGS);
	lock_init(&pool, LOCK_POOL);
	lock_init(&stats, LOCK_STATS);
	lock_assert_none();
	for (i = 0; i < 3; i++) {
		rwlock_init(&shards[i], LOCK_SHARD, i);
		rwlock_take_write(&shards[i]);
	}
	lock_take(&settings);
	lock_take(&pool);
	lock_take(&stats);
	lock_release(&stats);
	lock_release(&pool);
	lock_release(&settings);
	for (i = 3; i > 0; i--)
		rwlock_release(&shards[i - 1]);
	lock_assert_none();
	/* And the lower one again, now that the higher are free. */
	rwlock_take_read(&shards[0]);
	rwlock_release(&shards[0]);
}
END_TEST

#ifdef LOCK_CHECKS
enum { WRONG_ORDERS = 6 };

START_TEST(locks_out_of_order_end_the_process)
{
	struct lock sessions, pool;
	struct rwlock shards[2];

	lock_init(&sessions, LOCK_SESSIONS);
	lock_init(&pool, LOCK_POOL);
	rwlock_init(&shards[0], LOCK_SHARD, 0);
	rwlock_init(&shards[1], LOCK_SHARD, 1);
	switch (_i) {
	case 0:
		lock_take(&pool);
		lock_take(&sessions);
		break;
	case 1:
		rwlock_take_read(&shards[1]);
		rwlock_take_read(&shards[0]);
		break;
	case 2:
		rwlock_take_read(&shards[1]);
		rwlock_take_read(&shards[1]);
		break;
	case 3:
		lock_take(&pool);
		rwlock_take_write(&shards[0]);
		break;
	case 4:
		lock_take(&pool);
		lock_assert_none();
		break;
	default:
		lock_release(&pool);
		break;
	}
}
END_TEST
#endif

int
main(void)
{
	Suite *s = suite_create("locks");
	TCase *t = tcase_create("locks");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, locks_keep_others_out);
	tcase_add_test(t, rwlocks_let_readers_share);
	tcase_add_test(t, rwlocks_keep_writers_apart);
	tcase_add_test(t, locks_in_order_are_fine);
#ifdef LOCK_CHECKS
	tcase_add_loop_test_raise_signal(t, locks_out_of_order_end_the_process,
	    SIGABRT, 0, WRONG_ORDERS);
#endif
	suite_add_tcase(s, t);
	return (suite_run(s));
}
