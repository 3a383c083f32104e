/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A look at the clock takes a tenth of what a GET in a pipeline takes.  So
 * calls of short commands with further requests behind them share one look,
 * each an equal part of the time that passed: with pipelines of 64 that is
 * worth 7 % of the server's time.
 */
#include "engine/meter.h"

#include "base/clock.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/latency.h"
#include "engine/session.h"
#include "engine/slowlog.h"
#include "engine/stats.h"
#include "resp/reply.h"

enum {
	/* Arguments of a short call, and bytes of its reply. */
	SHORT_ARGS	= 4,
	SHORT_REPLY	= 4096,
	/* Who logs calls that are faster, in us, wants to see each. */
	SHORT_US	= 1000,
};

/* Whether the call is one of those that may share: Redis's fast ones, too. */
static bool
is_short(const struct call *c)
{
	int64_t limit = settings_number(SETTING_SLOWLOG_LOG_SLOWER_THAN);

	return ((c->command->flags & (CMD_SHORT | CMD_FAST)) != 0 && !c->nested &&
	    c->argc <= SHORT_ARGS && (limit < 0 || limit >= SHORT_US) &&
	    !latency_watches());
}

static void
took(struct command_counters *of, uint64_t us)
{
	if (us != 0)
		stats_add(&of->us, us);
	stats_took(of, us);
}

void
meter_settle(struct session *s)
{
	struct meter *m = &s->meter;
	int64_t now;
	uint64_t us, each, rest;
	unsigned i;

	if (m->count == 0)
		return;
	now = clock_wall_us();
	us = now > s->now_us ? (uint64_t)(now - s->now_us) : 0;
	each = us / m->count;
	rest = us % m->count;
	for (i = 0; i < m->count; i++)
		took(m->calls[i], each + (i < rest));
	m->count = 0;
	s->now_us = now;
	atomic_store_explicit(&s->active_us, now, memory_order_relaxed);
}

int64_t
meter_begin(struct call *c)
{
	c->brief = is_short(c);
	if (c->session->meter.count != 0 && !c->brief)
		meter_settle(c->session);
	return (c->session->now_us);
}

void
meter_end(struct call *c, int64_t began_us, bool failed)
{
	struct session *s = c->session;
	struct command_counters *of = stats_command(s->counters,
	    c->command->index);
	int64_t now;

	stats_add(&s->counters->of[COUNTER_COMMANDS], 1);
	stats_add(&of->calls, 1);
	if (failed)
		stats_add(&of->failed, 1);
	if (c->brief && c->reply->out.length - c->start <= SHORT_REPLY) {
		s->meter.calls[s->meter.count++] = of;
		if (s->meter.count == METER_MOST ||
		    s->ahead.next == s->ahead.count)
			meter_settle(s);
		return;
	}
	now = clock_wall_us();
	s->now_us = now;
	atomic_store_explicit(&s->active_us, now, memory_order_relaxed);
	took(of, now > began_us ? (uint64_t)(now - began_us) : 0);
	slowlog_note(c, now - began_us);
	latency_note(c, now - began_us);
}
