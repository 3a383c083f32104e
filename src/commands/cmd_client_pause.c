/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLIENT PAUSE, UNPAUSE and UNBLOCK: clients that have to wait, and those that
 * are to wait no longer.
 */
#include "base/clock.h"
#include "base/number.h"
#include "commands/cmd_client.h"
#include "engine/call.h"
#include "engine/pause.h"
#include "engine/session.h"
#include "resp/reply.h"

/* Redis's answer to too many arguments where the arity allows them. */
static void
too_many(struct call *c, const char *name)
{
	reply_error(c->reply, "ERR unknown subcommand or wrong number of "
	    "arguments for '%s'. Try CLIENT HELP.", name);
}

void
cmd_client_pause(struct call *c)
{
	int64_t ms, now = clock_monotonic_us();
	bool all = true;

	if (c->argc > 4) {
		too_many(c, "PAUSE");
		return;
	}
	if (c->argc == 4) {
		all = call_arg_is(c, 3, "all");
		if (!all && !call_arg_is(c, 3, "write")) {
			reply_error(c->reply,
			    "ERR CLIENT PAUSE mode must be WRITE or ALL");
			return;
		}
	}
	if (!number_parse(call_arg(c, 2), &ms))
		reply_error(c->reply,
		    "ERR timeout is not an integer or out of range");
	else if (ms < 0)
		reply_error(c->reply, "ERR timeout is negative");
	else if (ms > (INT64_MAX / 2 - now) / 1000)
		reply_error(c->reply, "ERR timeout is out of range");
	else {
		pause_start(c->engine, now + ms * 1000, all);
		reply_ok(c->reply);
	}
}

void
cmd_client_unpause(struct call *c)
{
	pause_end(c->engine);
	reply_ok(c->reply);
}

struct unblocking {
	int64_t	id;
	bool	error;
	bool	done;
};

static bool
unblock_one(struct session *s, void *arg)
{
	struct unblocking *u = arg;

	if (s->id != (uint64_t)u->id)
		return (true);
	u->done = wait_unblock(s, u->error);
	return (false);
}

void
cmd_client_unblock(struct call *c)
{
	struct unblocking u = { 0 };

	if (c->argc > 4) {
		too_many(c, "UNBLOCK");
		return;
	}
	if (c->argc == 4) {
		u.error = call_arg_is(c, 3, "error");
		if (!u.error && !call_arg_is(c, 3, "timeout")) {
			reply_error(c->reply, "ERR CLIENT UNBLOCK reason "
			    "should be TIMEOUT or ERROR");
			return;
		}
	}
	if (!call_integer(c, 2, &u.id))
		return;
	session_each(c->engine, unblock_one, &u);
	reply_integer(c->reply, u.done);
}

bool
cmd_client_unblock_keys(const struct value *args, size_t argc,
    struct command_range *range)
{
	(void)args;
	(void)argc;
	(void)range;
	return (true);
}
