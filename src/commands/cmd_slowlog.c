/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SLOWLOG: which requests took long.
 */
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/slowlog.h"
#include "resp/reply.h"

struct shown {
	struct reply	*reply;
	uint64_t	 left;
	size_t		 count;
};

static bool
show(const struct slow *s, void *arg)
{
	struct shown *shown = arg;
	struct reply *r = shown->reply;
	size_t i;

	if (shown->left-- == 0)
		return (false);
	shown->count++;
	reply_array(r, 6);
	reply_integer(r, (int64_t)s->id);
	reply_integer(r, s->began_s);
	reply_integer(r, s->took_us);
	reply_array(r, s->argc);
	for (i = 0; i < s->argc; i++)
		reply_bulk(r, buf_bytes(&s->args[i]));
	reply_bulk(r, buf_bytes(&s->peer));
	reply_bulk(r, buf_bytes(&s->name));
	return (true);
}

static void
cmd_slowlog_get(struct call *c)
{
	struct shown shown = { .reply = c->reply, .left = 10 };
	size_t mark = reply_mark(c->reply);
	int64_t n = 10;

	if (c->argc > 3) {
		reply_error(c->reply, "ERR unknown subcommand or wrong number "
		    "of arguments for 'GET'. Try SLOWLOG HELP.");
		return;
	}
	if (c->argc == 3 && (!number_parse(call_arg(c, 2), &n) || n < -1)) {
		reply_error(c->reply,
		    "ERR count should be greater than or equal to -1");
		return;
	}
	/* -1 is all: more than there can be. */
	shown.left = (uint64_t)n;
	slowlog_each(c->engine->slowlog, show, &shown);
	reply_array_at(c->reply, mark, shown.count);
}

static void
cmd_slowlog_len(struct call *c)
{
	reply_integer(c->reply, (int64_t)slowlog_length(c->engine->slowlog));
}

static void
cmd_slowlog_reset(struct call *c)
{
	slowlog_reset(c->engine->slowlog);
	reply_ok(c->reply);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_arity, a_run) { \
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "server",						\
	.cost    = "O(N) where N is the number of entries",		\
	.arity   = a_arity,						\
	.flags   = CMD_ADMIN | CMD_LOADING,			\
	.run     = a_run,						\
}

static struct command slowlog_rows[] = {
	ROW("get", "[count]", "Returns the latest requests that took long.",
	    "2.2.12", -2, cmd_slowlog_get),
	ROW("len", "", "Returns how many of them there are.", "2.2.12", 2,
	    cmd_slowlog_len),
	ROW("reset", "", "Forgets them.", "2.2.12", 2, cmd_slowlog_reset),
	HELP_ROW("6.2.0", "server"),
	{ .name = NULL },
};

struct command cmd_slowlog_rows[] = {
	CONTAINER_ROW("slowlog", "Commands on requests that took long.",
	    "2.2.12", "server", slowlog_rows),
	{ .name = NULL },
};
