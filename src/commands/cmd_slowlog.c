/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SLOWLOG and LATENCY: what took how long.
 */
#include "base/mem.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/slowlog.h"
#include "engine/stats.h"
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

/* How many calls took less than 1, 2, 4 ... us: as far as that says more. */
static void
reply_histogram(struct reply *r, const struct command *row,
    const struct command_counters *of)
{
	uint64_t sum = 0;
	size_t mark, i, n = 0;

	reply_string(r, row->full_name);
	reply_map(r, 2);
	reply_string(r, "calls");
	reply_integer(r, (int64_t)of->calls);
	reply_string(r, "histogram_usec");
	mark = reply_mark(r);
	for (i = 0; i < COUNTER_TIMES; i++) {
		if (of->took[i] == 0)
			continue;
		sum += of->took[i];
		reply_integer(r, (int64_t)1 << i);
		reply_integer(r, (int64_t)sum);
		n++;
	}
	reply_map_at(r, mark, n);
}

static bool
is_asked_for(struct call *c, const struct command *row)
{
	size_t i;

	for (i = 2; i < c->argc; i++) {
		if (call_arg_is(c, i, row->full_name) ||
		    call_arg_is(c, i, row->name))
			return (true);
	}
	return (c->argc == 2);
}

static void
cmd_latency_histogram(struct call *c)
{
	struct counters *total = stats_new_total(c->engine->stats);
	size_t i, n = 0, mark = reply_mark(c->reply);
	const struct command *row;

	stats_sum(c->engine->stats, total);
	for (i = 0; i < command_count_all(c->engine->commands); i++) {
		row = command_at(c->engine->commands, i);
		if (total->commands[row->index].calls == 0 ||
		    !is_asked_for(c, row))
			continue;
		reply_histogram(c->reply, row, &total->commands[row->index]);
		n++;
	}
	reply_map_at(c->reply, mark, n);
	mem_free(total);
}

/* Nothing here stops all clients, so that there are no events to tell of. */
static void
cmd_latency_latest(struct call *c)
{
	reply_array(c->reply, 0);
}

static void
cmd_latency_reset(struct call *c)
{
	reply_integer(c->reply, 0);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_arity, a_flags, a_run) { \
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "server",						\
	.cost    = "O(N) where N is the number of entries",		\
	.arity   = a_arity,						\
	.flags   = CMD_ADMIN | CMD_LOADING | (a_flags),			\
	.run     = a_run,						\
}

static struct command slowlog_rows[] = {
	ROW("get", "[count]", "Returns the latest requests that took long.",
	    "2.2.12", -2, 0, cmd_slowlog_get),
	ROW("len", "", "Returns how many of them there are.", "2.2.12", 2, 0,
	    cmd_slowlog_len),
	ROW("reset", "", "Forgets them.", "2.2.12", 2, 0, cmd_slowlog_reset),
	HELP_ROW("6.2.0", "server"),
	{ .name = NULL },
};

static struct command latency_rows[] = {
	ROW("histogram", "[command [command ...]]",
	    "Returns how many calls of commands took how long.", "7.0.0", -2,
	    CMD_NO_SCRIPT, cmd_latency_histogram),
	ROW("latest", "", "Returns events that held up all clients: none.",
	    "2.8.13", 2, CMD_NO_SCRIPT, cmd_latency_latest),
	ROW("reset", "[event [event ...]]",
	    "Forgets events, of which there are none.", "2.8.13", -2,
	    CMD_NO_SCRIPT, cmd_latency_reset),
	HELP_ROW("2.8.13", "server"),
	{ .name = NULL },
};

#define CONTAINER(a_name, a_summary, a_since, a_rows) {			\
	.name    = a_name,						\
	.syntax  = "",							\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "server",						\
	.cost    = "Depends on subcommand.",				\
	.arity   = -2,							\
	.flags   = CMD_CONTAINER,					\
	.subcommands = a_rows,						\
}

struct command cmd_slowlog_rows[] = {
	CONTAINER("slowlog", "Commands on requests that took long.", "2.2.12",
	    slowlog_rows),
	CONTAINER("latency", "Commands on how long commands take.", "2.8.13",
	    latency_rows),
	{ .name = NULL },
};
