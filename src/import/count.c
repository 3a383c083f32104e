/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/count.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/tell.h"

enum { NAMED = 20 };	/* of what is not supported */

void
count_begin(struct count *c)
{
	c->now = clock_wall_us() / 1000;
}

static bool
on_database(void *arg, uint64_t number)
{
	struct count *c = arg;

	if (number >= DATABASES) {
		tell("there is a database %" PRIu64 ": the file is damaged",
		    number);
		return (false);
	}
	c->source = number;
	c->target = databases_target(c->databases, number);
	return (true);
}

/* Whether what comes is wanted, in its database. */
static bool
wants(struct count *c)
{
	if (c->target == -1) {
		c->unwanted++;
		return (false);
	}
	c->used[c->target] = true;
	return (true);
}

static bool
on_key(void *arg, struct bytes name, enum kind kind, int64_t deadline)
{
	struct count *c = arg;

	(void)name;
	tell_progress(input_position(c->input), c->all_keys);
	c->kind = KINDS;
	if (!wants(c))
		return (true);
	c->kind = kind;
	c->keys[kind]++;
	c->all_keys++;
	if (deadline != NO_DEADLINE) {
		c->deadlines++;
		c->expired += deadline <= c->now;
	}
	return (true);
}

static bool
on_element(void *arg, struct bytes first, struct bytes second)
{
	struct count *c = arg;

	(void)first;
	(void)second;
	if (c->kind != KINDS)
		c->elements[c->kind]++;
	return (true);
}

static bool
on_end(void *arg)
{
	(void)arg;
	return (true);
}

static bool
on_unsupported(void *arg, const char *what, struct bytes name)
{
	struct count *c = arg;

	if (!wants(c))
		return (true);
	if (++c->unsupported <= NAMED)
		tell("not supported: %s %s in database %" PRIu64, what,
		    tell_name(name), c->source);
	else if (c->unsupported == NAMED + 1)
		tell("not supported: and more");
	return (true);
}

static bool
on_command(void *arg, const struct bytes *args, size_t count)
{
	struct count *c = arg;

	(void)args;
	(void)count;
	tell_progress(input_position(c->input), c->all_keys);
	if (wants(c))
		c->commands++;
	return (true);
}

const struct events count_events = {
	.database = on_database,
	.key = on_key,
	.element = on_element,
	.end = on_end,
	.unsupported = on_unsupported,
	.command = on_command,
};
