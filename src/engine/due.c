/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/due.h"

#include <assert.h>

#include "engine/call.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/record.h"
#include "store/lockset.h"
#include "value/schedule.h"

static struct schedule *
queue(const struct call *c)
{
	assert(lockset_covers(c->locks, DUE_SHARD));
	return (c->engine->due);
}

size_t
due_length(struct call *c)
{
	return (schedule_length(queue(c)));
}

void
due_add(struct call *c, int64_t time_us, struct value *v)
{
	schedule_add(queue(c), time_us, v);
	effects_due(c->effects, 1);
	if (c->effects->record != NULL)
		record_changed(c->effects->record, DUE_SHARD, 0);
}

bool
due_take(struct call *c, int64_t time_us, struct value *v)
{
	if (!schedule_take(queue(c), time_us, v))
		return (false);
	/* The body says when that was. */
	effects_due(c->effects, 1);
	return (true);
}

size_t
due_flush(struct call *c)
{
	size_t n = due_length(c);

	if (n == 0)
		return (0);
	record_say(c, 0, "FLUSH_SCHEDULE", NULL, 0);
	effects_due(c->effects, n);
	grave_add_schedule(&c->effects->grave, c->engine->due);
	c->engine->due = schedule_new();
	return (n);
}
