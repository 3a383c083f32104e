/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/latency.h"

#include <string.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"

static const char *const names[LATENCY_EVENTS] = { "command", "fast-command" };

struct latency {
	struct lock		lock;	/* guards the rest */
	struct latency_history	of[LATENCY_EVENTS];
};

struct latency *
latency_new(void)
{
	struct latency *l = mem_zalloc(sizeof(*l));

	lock_init(&l->lock, LOCK_LATENCY);
	return (l);
}

void
latency_free(struct latency **l_p)
{
	struct latency *l = *l_p;

	if (l == NULL)
		return;
	lock_destroy(&l->lock);
	mem_free(l);
	*l_p = NULL;
}

bool
latency_watches(void)
{
	return (settings_number(SETTING_LATENCY_MONITOR_THRESHOLD) != 0);
}

/* The latest of the same second keeps the longer time. */
static void
add(struct latency_history *h, int64_t time_s, int64_t took_ms)
{
	struct latency_sample *last = h->samples + h->count - 1;

	if (took_ms > h->most_ms)
		h->most_ms = took_ms;
	if (h->count != 0 && last->time_s == time_s) {
		if (took_ms > last->took_ms)
			last->took_ms = took_ms;
		return;
	}
	if (h->count == LATENCY_SAMPLES) {
		memmove(h->samples, h->samples + 1,
		    (LATENCY_SAMPLES - 1) * sizeof(*h->samples));
		h->count--;
	}
	h->samples[h->count++] = (struct latency_sample){ time_s, took_ms };
}

void
latency_note(struct call *c, int64_t took_us)
{
	int64_t limit = settings_number(SETTING_LATENCY_MONITOR_THRESHOLD);
	struct latency *l = c->engine->latency;

	if (limit == 0 || took_us / 1000 < limit)
		return;
	lock_take(&l->lock);
	add(&l->of[(c->command->flags & CMD_FAST) != 0 ?
	    LATENCY_FAST_COMMAND : LATENCY_COMMAND], c->now / 1000,
	    took_us / 1000);
	lock_release(&l->lock);
}

const char *
latency_name(enum latency_event event)
{
	return (names[event]);
}

enum latency_event
latency_find(struct bytes name)
{
	int event = 0;

	while (event < LATENCY_EVENTS && !bytes_equal(name, bytes_of(names[event])))
		event++;
	return ((enum latency_event)event);
}

void
latency_get(struct latency *l, enum latency_event event,
    struct latency_history *out)
{
	lock_take(&l->lock);
	*out = l->of[event];
	lock_release(&l->lock);
}

bool
latency_reset(struct latency *l, enum latency_event event)
{
	bool any;

	lock_take(&l->lock);
	any = l->of[event].count != 0;
	l->of[event] = (struct latency_history){ 0 };
	lock_release(&l->lock);
	return (any);
}
