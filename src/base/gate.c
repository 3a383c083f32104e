/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two words instead of the 56 bytes of glibc's, so that a shard is one cache
 * line, and one locked instruction to take or release what nobody contends for,
 * where glibc's needs up to three: together worth a tenth of the server's time
 * in pipelined SET, nothing in GET.  Writers go first, since a stream of readers
 * would keep them out for ever; the price is that a thread must never take the
 * same one twice, which lockset.c sees to.
 *
 * state: how many readers there are, or WRITTEN; and whether readers or writers
 * sleep.  Readers sleep on it, writers on `wakes`, which counts wake-ups, so
 * that one of them is woken and not all.  Who leaves the lock free while
 * somebody sleeps clears that bit and wakes: one writer or, if there is none,
 * all readers (the scheme of Rust's futex-based RwLock).
 *
 * Who finds it taken waits awake for a moment: most often a shard is locked for
 * less time than it takes to sleep and be woken.  That makes 1.8 times as many
 * ZADD a second in pipelines to one key.  So does who was woken and finds it
 * taken again: else those who are awake would keep out those who slept, for
 * 100 ms and more.  sched_yield() would do as well, but now and then costs a
 * whole slice of time, 3 ms.
 */
#include "base/gate.h"

#include <assert.h>

#ifdef __linux__
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define WRITTEN		((UINT32_C(1) << 30) - 1)	/* or readers */
#define READERS_SLEEP	(UINT32_C(1) << 30)
#define WRITERS_SLEEP	(UINT32_C(1) << 31)

enum { AWAKE_US = 20 };

static void
futex_sleep(_Atomic uint32_t *word, uint32_t while_it_is)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_it_is, NULL, NULL,
	    0);
}

/* How many were woken. */
static long
futex_wake(_Atomic uint32_t *word, int most)
{
	return (syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, most, NULL, NULL,
	    0));
}

/* If the state is as expected it is now another; else what it is. */
static bool
turn(struct gate *g, uint32_t *expected, uint32_t state)
{
	return (atomic_compare_exchange_strong_explicit(&g->state, expected,
	    state, memory_order_acquire, memory_order_relaxed));
}

static uint32_t
look(struct gate *g)
{
	return (atomic_load_explicit(&g->state, memory_order_relaxed));
}

void
gate_init(struct gate *g)
{
	atomic_init(&g->state, 0);
	atomic_init(&g->wakes, 0);
}

void
gate_destroy(struct gate *g)
{
	assert(look(g) == 0);
}

/* Let go on who shares the core. */
static inline void
relax(void)
{
#if defined(__i386__) || defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Wait awake for a moment until nobody is in; the state then. */
static uint32_t
linger(struct gate *g)
{
	enum { LOOKS = 32 };
	int64_t until = clock_monotonic_us() + AWAKE_US;
	uint32_t state;
	int i;

	do {
		for (i = 0; i < LOOKS; i++) {
			state = look(g);
			if ((state & WRITTEN) == 0)
				return (state);
			relax();
		}
	} while (clock_monotonic_us() < until);
	return (state);
}

/* Whether a reader may come in: nobody writes, and nobody waits. */
static bool
readable(uint32_t state)
{
	return (state < WRITTEN - 1);
}

bool
gate_enter_read_now(struct gate *g)
{
	uint32_t state = look(g);

	while (readable(state)) {
		if (turn(g, &state, state + 1))
			return (true);
	}
	return (false);
}

void
gate_enter_read(struct gate *g)
{
	uint32_t state;

	while (!gate_enter_read_now(g)) {
		state = linger(g);
		if (readable(state) || ((state & READERS_SLEEP) == 0 &&
		    !turn(g, &state, state | READERS_SLEEP)))
			continue;
		futex_sleep(&g->state, state | READERS_SLEEP);
	}
}

bool
gate_enter_write_now(struct gate *g)
{
	uint32_t state = 0;

	return (turn(g, &state, WRITTEN));
}

void
gate_enter_write(struct gate *g)
{
	uint32_t state = 0, wakes, others = 0;

	while (!turn(g, &state, state | WRITTEN | others)) {
		while ((state & WRITTEN) != 0) {
			state = linger(g);
			if ((state & WRITTEN) == 0 ||
			    ((state & WRITERS_SLEEP) == 0 &&
			    !turn(g, &state, state | WRITERS_SLEEP)))
				continue;
			/* Whoever wakes us cleared the bit for all. */
			others = WRITERS_SLEEP;
			wakes = atomic_load_explicit(&g->wakes,
			    memory_order_acquire);
			state = look(g);
			if ((state & WRITTEN) == 0 ||
			    (state & WRITERS_SLEEP) == 0)
				continue;
			futex_sleep(&g->wakes, wakes);
			state = look(g);
		}
	}
}

static bool
wake_writer(struct gate *g)
{
	atomic_fetch_add_explicit(&g->wakes, 1, memory_order_release);
	return (futex_wake(&g->wakes, 1) > 0);
}

/* The lock was left free with these bits; who takes it meanwhile wakes. */
static void
wake(struct gate *g, uint32_t state)
{
	if (state == WRITERS_SLEEP) {
		if (turn(g, &state, 0)) {
			wake_writer(g);
			return;
		}
	}
	if (state == (READERS_SLEEP | WRITERS_SLEEP)) {
		if (!turn(g, &state, READERS_SLEEP) || wake_writer(g))
			return;
		/* No writer slept yet; it will see that it need not. */
		state = READERS_SLEEP;
	}
	if (state == READERS_SLEEP && turn(g, &state, 0))
		futex_wake(&g->state, INT_MAX);
}

void
gate_leave(struct gate *g)
{
	bool written = (look(g) & WRITTEN) == WRITTEN;
	uint32_t n = written ? WRITTEN : 1, state;

	state = atomic_fetch_sub_explicit(&g->state, n, memory_order_release) -
	    n;
	if (state != 0 && (state & WRITTEN) == 0)
		wake(g, state);
}

#else
#include "base/lock.h"

void
gate_init(struct gate *g)
{
	must(pthread_rwlock_init(&g->rwlock, NULL));
}

void
gate_destroy(struct gate *g)
{
	must(pthread_rwlock_destroy(&g->rwlock));
}

bool
gate_enter_read_now(struct gate *g)
{
	return (pthread_rwlock_tryrdlock(&g->rwlock) == 0);
}

void
gate_enter_read(struct gate *g)
{
	must(pthread_rwlock_rdlock(&g->rwlock));
}

bool
gate_enter_write_now(struct gate *g)
{
	return (pthread_rwlock_trywrlock(&g->rwlock) == 0);
}

void
gate_enter_write(struct gate *g)
{
	must(pthread_rwlock_wrlock(&g->rwlock));
}

void
gate_leave(struct gate *g)
{
	must(pthread_rwlock_unlock(&g->rwlock));
}
#endif
