/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/lock.h"

#include <time.h>

#include "base/log.h"

/*
 * ThreadSanitizer's own look-out for deadlocks ends the process when a thread
 * holds more than 64 locks, and FLUSHALL holds a lock a shard.  The order of
 * LOCK_TABLE is asserted here.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN
#endif
#elif defined(__SANITIZE_THREAD__)
#define UNDER_TSAN
#endif
#ifdef UNDER_TSAN
const char *__tsan_default_options(void) __attribute__((visibility("default")));

const char *
__tsan_default_options(void)
{
	return ("detect_deadlocks=0");
}
#endif

#ifdef LOCK_CHECKS
#define LOCK_NAME(id, name) [id] = name,
static const char *const names[] = { LOCK_TABLE(LOCK_NAME) };
#undef LOCK_NAME

/* What this thread holds: how many of each rank, and the last one's order. */
static _Thread_local struct {
	unsigned	count;
	uint32_t	order;
} held[LOCK_RANKS];

static void
note_take(enum lock_rank rank, uint32_t order)
{
	int r;

	for (r = (int)rank + 1; r < LOCK_RANKS; r++) {
		if (held[r].count != 0)
			log_fatal("lock order: %s taken while holding %s",
			    names[rank], names[r]);
	}
	if (held[rank].count != 0 && order <= held[rank].order)
		log_fatal("lock order: %s %u taken after %u", names[rank],
		    order, held[rank].order);
	held[rank].count++;
	held[rank].order = order;
}

static void
note_release(enum lock_rank rank)
{
	assert(held[rank].count != 0);
	held[rank].count--;
}

void
lock_assert_none(void)
{
	int r;

	for (r = 0; r < LOCK_RANKS; r++) {
		if (held[r].count != 0)
			log_fatal("lock order: about to sleep holding %s",
			    names[r]);
	}
}
#define NOTE_TAKE(l, order)	note_take((l)->rank, order)
#define NOTE_RELEASE(l)		note_release((l)->rank)
#else
#define NOTE_TAKE(l, order)	((void)0)
#define NOTE_RELEASE(l)		((void)0)
#endif

void
lock_init(struct lock *l, enum lock_rank rank)
{
#ifdef LOCK_CHECKS
	l->rank = rank;
#else
	(void)rank;
#endif
	must(pthread_mutex_init(&l->mutex, NULL));
}

void
lock_destroy(struct lock *l)
{
	must(pthread_mutex_destroy(&l->mutex));
}

void
lock_take(struct lock *l)
{
	NOTE_TAKE(l, 0);
	must(pthread_mutex_lock(&l->mutex));
}

void
lock_release(struct lock *l)
{
	NOTE_RELEASE(l);
	must(pthread_mutex_unlock(&l->mutex));
}

void
lock_wait(struct lock *l, pthread_cond_t *condition)
{
	must(pthread_cond_wait(condition, &l->mutex));
}

bool
lock_wait_us(struct lock *l, pthread_cond_t *condition, int64_t us)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += us / 1000000;
	until.tv_nsec += us % 1000000 * 1000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return (pthread_cond_timedwait(condition, &l->mutex, &until) == 0);
}

bool
lock_wait_ms(struct lock *l, pthread_cond_t *condition, int ms)
{
	return (lock_wait_us(l, condition, (int64_t)ms * 1000));
}

void
lock_init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(condition, &attr));
	must(pthread_condattr_destroy(&attr));
}

void
rwlock_init(struct rwlock *l, enum lock_rank rank, uint32_t order)
{
#ifdef LOCK_CHECKS
	l->rank = rank;
	l->order = order;
#else
	(void)rank;
	(void)order;
#endif
	gate_init(&l->gate);
}

void
rwlock_destroy(struct rwlock *l)
{
	gate_destroy(&l->gate);
}

void
rwlock_take_read(struct rwlock *l)
{
	NOTE_TAKE(l, l->order);
	gate_enter_read(&l->gate);
}

void
rwlock_take_write(struct rwlock *l)
{
	NOTE_TAKE(l, l->order);
	gate_enter_write(&l->gate);
}

bool
rwlock_try_read(struct rwlock *l)
{
	if (!gate_enter_read_now(&l->gate))
		return (false);
	NOTE_TAKE(l, l->order);
	return (true);
}

void
rwlock_release(struct rwlock *l)
{
	NOTE_RELEASE(l);
	gate_leave(&l->gate);
}
