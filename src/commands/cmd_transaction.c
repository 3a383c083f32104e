/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MULTI, EXEC and WATCH.  The transaction itself is engine/multi.h's.
 */
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/multi.h"
#include "engine/session.h"
#include "engine/watch.h"
#include "resp/reply.h"

static void
cmd_multi(struct call *c)
{
	if (c->session->multi.open) {
		reply_error(c->reply, "ERR MULTI calls can not be nested");
		return;
	}
	c->session->multi.open = true;
	reply_ok(c->reply);
}

static void
cmd_exec(struct call *c)
{
	if (c->session->multi.open)
		multi_run(c);
	else
		reply_error(c->reply, "ERR EXEC without MULTI");
}

static void
cmd_discard(struct call *c)
{
	if (!c->session->multi.open) {
		reply_error(c->reply, "ERR DISCARD without MULTI");
		return;
	}
	multi_end(c->session);
	reply_ok(c->reply);
}

static void
cmd_watch(struct call *c)
{
	size_t i;

	if (c->session->multi.open) {
		reply_error(c->reply, "ERR WATCH inside MULTI is not allowed");
		return;
	}
	for (i = 1; i < c->argc; i++)
		watch_add(c, i);
	reply_ok(c->reply);
}

/* Within EXEC the watches have done their work already. */
static void
cmd_unwatch(struct call *c)
{
	if (!c->nested)
		watch_clear(c->session);
	reply_ok(c->reply);
}

struct command cmd_transaction_rows[] = {
	{
		.name    = "multi",
		.syntax  = "",
		.summary = "Starts a transaction.",
		.since   = "1.2.0",
		.group   = "transactions",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_NOT_QUEUED,
		.run     = cmd_multi,
	},
	{
		.name    = "exec",
		.syntax  = "",
		.summary = "Runs all requests of a transaction at once.",
		.since   = "1.2.0",
		.group   = "transactions",
		.cost    = "That of the requests",
		.arity   = 1,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT | CMD_NOT_QUEUED |
		    CMD_EXEC | CMD_NO_SLOWLOG,
		.run     = cmd_exec,
	},
	{
		.name    = "discard",
		.syntax  = "",
		.summary = "Discards a transaction.",
		.since   = "2.0.0",
		.group   = "transactions",
		.cost    = "O(N) where N is the number of requests",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_NOT_QUEUED,
		.run     = cmd_discard,
	},
	{
		.name    = "watch",
		.syntax  = "key [key ...]",
		.summary = "Lets EXEC run only if none of the keys changes.",
		.since   = "2.2.0",
		.group   = "transactions",
		.cost    = "O(1) for each key",
		.arity   = -2,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_NOT_QUEUED | CMD_EXCLUSIVE,
		.keys    = { 1, -1, 1 },
		.run     = cmd_watch,
	},
	{
		.name    = "unwatch",
		.syntax  = "",
		.summary = "Forgets all watched keys.",
		.since   = "2.2.0",
		.group   = "transactions",
		.cost    = "O(1) for each watched key",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_unwatch,
	},
	{ .name = NULL },
};
