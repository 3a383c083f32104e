/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines of keys: EXPIRE, TTL and their like.
 */
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

enum {
	EXPIRE_NX	= 1 << 0,	/* only if it has no deadline */
	EXPIRE_XX	= 1 << 1,	/* only if it has one */
	EXPIRE_GT	= 1 << 2,	/* only if it lives longer by that */
	EXPIRE_LT	= 1 << 3,	/* only if not */
};

static bool
read_options(struct call *c, unsigned *options)
{
	static const struct {
		const char	*word;
		unsigned	 flag;
	} words[] = {
		{ "nx", EXPIRE_NX }, { "xx", EXPIRE_XX },
		{ "gt", EXPIRE_GT }, { "lt", EXPIRE_LT },
	};
	struct bytes arg;
	size_t i, k;

	*options = 0;
	for (i = 3; i < c->argc; i++) {
		for (k = 0; k < 4 && !call_arg_is(c, i, words[k].word); k++)
			;
		if (k == 4) {
			arg = call_arg(c, i);
			reply_error(c->reply, "ERR Unsupported option %.*s",
			    (int)arg.length, arg.data);
			return (false);
		}
		*options |= words[k].flag;
	}
	if ((*options & EXPIRE_NX) != 0 && *options != EXPIRE_NX)
		reply_error(c->reply, "ERR NX and XX, GT or LT options at the "
		    "same time are not compatible");
	else if ((*options & EXPIRE_GT) != 0 && (*options & EXPIRE_LT) != 0)
		reply_error(c->reply, "ERR GT and LT options at the same time "
		    "are not compatible");
	else
		return (true);
	return (false);
}

/* Argument 2, in units of so many ms, as a deadline. */
static bool
read_deadline(struct call *c, int64_t unit, bool absolute, int64_t *deadline)
{
	int64_t n;

	if (!call_integer(c, 2, &n))
		return (false);
	if (!__builtin_mul_overflow(n, unit, &n) &&
	    !__builtin_add_overflow(n, absolute ? 0 : c->now, deadline))
		return (true);
	reply_error(c->reply, ERR_EXPIRE_TIME, c->command->full_name);
	return (false);
}

/* 0 is no deadline, which is later than any. */
static bool
options_allow(unsigned options, int64_t was, int64_t deadline)
{
	if ((options & EXPIRE_NX) != 0 && was != 0)
		return (false);
	if ((options & EXPIRE_XX) != 0 && was == 0)
		return (false);
	if ((options & EXPIRE_GT) != 0 && (was == 0 || deadline <= was))
		return (false);
	return ((options & EXPIRE_LT) == 0 || was == 0 || deadline < was);
}

static void
expire(struct call *c, int64_t unit, bool absolute)
{
	unsigned options;
	int64_t deadline;

	if (!read_options(c, &options) ||
	    !read_deadline(c, unit, absolute, &deadline))
		return;
	if (!key_exists(c, 1) ||
	    !options_allow(options, key_deadline(c, 1), deadline)) {
		reply_integer(c->reply, 0);
		return;
	}
	if (deadline <= c->now) {
		key_delete(c, 1);
		call_event(c, EVENT_GENERIC, "del", 1);
	} else {
		key_set_deadline(c, 1, deadline);
		call_event(c, EVENT_GENERIC, "expire", 1);
	}
	reply_integer(c->reply, 1);
}

static void
cmd_expire(struct call *c)
{
	expire(c, 1000, false);
}

static void
cmd_pexpire(struct call *c)
{
	expire(c, 1, false);
}

static void
cmd_expireat(struct call *c)
{
	expire(c, 1000, true);
}

static void
cmd_pexpireat(struct call *c)
{
	expire(c, 1, true);
}

/* How long the key has to live, or until when, in units of so many ms. */
static void
tell(struct call *c, int64_t unit, bool absolute)
{
	int64_t deadline = key_deadline(c, 1), left;

	if (key_peek(c, 1).type == VALUE_NONE) {
		reply_integer(c->reply, -2);
		return;
	}
	if (deadline == 0) {
		reply_integer(c->reply, -1);
		return;
	}
	left = absolute ? deadline : deadline - c->now;
	/* Rounded, as in Redis. */
	reply_integer(c->reply, left / unit + (left % unit * 2 >= unit));
}

static void
cmd_ttl(struct call *c)
{
	tell(c, 1000, false);
}

static void
cmd_pttl(struct call *c)
{
	tell(c, 1, false);
}

static void
cmd_expiretime(struct call *c)
{
	tell(c, 1000, true);
}

static void
cmd_pexpiretime(struct call *c)
{
	tell(c, 1, true);
}

static void
cmd_persist(struct call *c)
{
	bool had = key_deadline(c, 1) != 0;

	if (had) {
		key_set_deadline(c, 1, 0);
		call_event(c, EVENT_GENERIC, "persist", 1);
	}
	reply_integer(c->reply, had);
}

#define EXPIRES(a_name, a_syntax, a_summary, a_since, a_run) {		\
	.name    = a_name,						\
	.syntax  = "key " a_syntax " [NX | XX | GT | LT]",		\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "generic",						\
	.cost    = "O(1)",						\
	.arity   = -3,							\
	.flags   = CMD_WRITE | CMD_FAST,				\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
}

#define TELLS(a_name, a_summary, a_since, a_run) {			\
	.name    = a_name,						\
	.syntax  = "key",						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "generic",						\
	.cost    = "O(1)",						\
	.arity   = 2,							\
	.flags   = CMD_READ | CMD_FAST,					\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
}

struct command cmd_expire_rows[] = {
	EXPIRES("expire", "seconds", "Lets a key expire after that many "
	    "seconds.", "1.0.0", cmd_expire),
	EXPIRES("pexpire", "milliseconds", "Lets a key expire after that many "
	    "milliseconds.", "2.6.0", cmd_pexpire),
	EXPIRES("expireat", "unix-time-seconds", "Lets a key expire at that "
	    "second since 1970.", "1.2.0", cmd_expireat),
	EXPIRES("pexpireat", "unix-time-milliseconds", "Lets a key expire at "
	    "that millisecond since 1970.", "2.6.0", cmd_pexpireat),
	TELLS("ttl", "Returns in how many seconds a key expires.", "1.0.0",
	    cmd_ttl),
	TELLS("pttl", "Returns in how many milliseconds a key expires.",
	    "2.6.0", cmd_pttl),
	TELLS("expiretime", "Returns at which second since 1970 a key expires.",
	    "7.0.0", cmd_expiretime),
	TELLS("pexpiretime", "Returns at which millisecond since 1970 a key "
	    "expires.", "7.0.0", cmd_pexpiretime),
	{
		.name    = "persist",
		.syntax  = "key",
		.summary = "Removes the deadline of a key.",
		.since   = "2.2.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_WRITE | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_persist,
	},
	{ .name = NULL },
};
