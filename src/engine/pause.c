/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One word says it all, so that a call looks at nothing else: twice the time
 * when the pause ends, and 1 more if it is for all commands; 0: there is none.
 */
#include "engine/pause.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/multi.h"
#include "engine/outbox.h"
#include "engine/session.h"
#include "net/pool.h"
#include "resp/reply.h"

void
pause_start(struct engine *e, int64_t until, bool all)
{
	int64_t old = atomic_load(&e->pause), now = clock_monotonic_us();
	int64_t new;

	do {
		new = 2 * until + all;
		if (old / 2 > now)
			new = 2 * (old / 2 > until ? old / 2 : until) +
			    (all || old % 2 != 0);
	} while (!atomic_compare_exchange_weak(&e->pause, &old, new));
}

static bool
wake(struct session *s, void *arg)
{
	(void)arg;
	if (atomic_load(&s->paused))
		peer_wake(s->peer);
	return (true);
}

void
pause_end(struct engine *e)
{
	atomic_store(&e->pause, 0);
	session_each(e, wake, NULL);
}

static bool
writes(const struct call *c)
{
	const unsigned flags = CMD_WRITE | CMD_PAUSES;

	return ((c->command->flags & flags) != 0 ||
	    ((c->command->flags & CMD_EXEC) != 0 &&
	    multi_has(&c->session->multi, flags)));
}

bool
pause_holds(const struct call *c)
{
	int64_t pause = atomic_load_explicit(&c->engine->pause,
	    memory_order_relaxed);

	return (pause != 0 && (pause % 2 != 0 || writes(c)) &&
	    pause / 2 > clock_monotonic_us());
}

/* Until the pause is over; false if the client has gone. */
static bool
sleep_on(struct call *c)
{
	struct session *s = c->session;

	while (session_flush(s)) {
		if (!pause_holds(c))
			return (true);
		switch (outbox_sleep(s, false,
		    atomic_load(&c->engine->pause) / 2)) {
		case PEER_HUNG_UP:
		case PEER_READABLE:
			return (false);
		case PEER_WOKEN:
		case PEER_TIMED_OUT:
			break;
		}
	}
	return (false);
}

bool
pause_sleep(struct call *c)
{
	struct session *s = c->session;
	struct pool *pool = c->engine->pool;
	/* It will not take for ever: without a place to lend it waits too. */
	bool there, lent = pool != NULL &&
	    pool_lend(pool, (size_t)settings_number(SETTING_MAX_BLOCKED));

	hold_let_go(s);
	if (lent)
		pool_relieve(pool);
	/* Now, so that CLIENT LIST shows what it is that waits. */
	atomic_store_explicit(&s->last_command, c->command,
	    memory_order_relaxed);
	atomic_fetch_add(&c->engine->paused, 1);
	/* Who ends the pause looks at this afterwards, we at that. */
	atomic_store(&s->paused, true);
	there = sleep_on(c);
	atomic_store(&s->paused, false);
	atomic_fetch_sub(&c->engine->paused, 1);
	if (lent)
		pool_return(pool);
	s->now_us = clock_wall_us();
	c->now = s->now_us / 1000;
	outbox_take(s);
	c->start = c->reply->out.length;
	return (there);
}
