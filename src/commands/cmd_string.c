/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET, SET and their like: commands on one value whole, of whatever type.
 */
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

/*
 * Answer with a value; false, and answered, if the client could not be told
 * what it is.
 */
static bool
reply_whole(struct call *c, const struct value *v)
{
	if (!reply_can_say(c->reply, (enum value_type)v->type)) {
		reply_error(c->reply, ERR_WRONG_TYPE);
		return (false);
	}
	reply_value(c->reply, v);
	return (true);
}

static void
cmd_get(struct call *c)
{
	struct value v = key_get(c, 1);

	reply_whole(c, &v);
}

enum {
	SET_NX		= 1 << 0,
	SET_XX		= 1 << 1,
	SET_GET		= 1 << 2,
	SET_KEEPTTL	= 1 << 3,
	SET_EXPIRES	= 1 << 4,
};

struct set_options {
	unsigned	flags;
	int64_t		deadline;	/* ms since the epoch */
};

static const struct {
	const char	*word;
	unsigned	 flag;
	unsigned	 not_with;
} set_words[] = {
	{ "nx", SET_NX, SET_XX },
	{ "xx", SET_XX, SET_NX },
	{ "get", SET_GET, 0 },
	{ "keepttl", SET_KEEPTTL, SET_EXPIRES },
};

static const struct {
	const char	*word;
	int64_t		 unit;		/* in ms */
	bool		 absolute;
} set_times[] = {
	{ "ex", 1000, false },
	{ "px", 1, false },
	{ "exat", 1000, true },
	{ "pxat", 1, true },
};

/* "EX 10": turn argument i, counted in units, into a deadline. */
static bool
read_deadline(struct call *c, size_t i, int64_t unit, bool absolute,
    int64_t *deadline)
{
	int64_t n;

	if (!call_integer(c, i, &n))
		return (false);
	if (n > 0 && !__builtin_mul_overflow(n, unit, &n) &&
	    !__builtin_add_overflow(n, absolute ? 0 : c->now, deadline))
		return (true);
	reply_error(c->reply, ERR_EXPIRE_TIME, c->command->full_name);
	return (false);
}

/*
 * The option at argument i; moves i to its last argument.  All are looked at
 * before a time is, as in Redis: *time is set to the number of its argument,
 * the last one of those that name the same unit.
 */
static bool
read_option(struct call *c, size_t *i, struct set_options *o, size_t *time,
    size_t *which)
{
	size_t k;

	for (k = 0; k < sizeof(set_words) / sizeof(set_words[0]); k++) {
		if (call_arg_is(c, *i, set_words[k].word) &&
		    (o->flags & set_words[k].not_with) == 0) {
			o->flags |= set_words[k].flag;
			return (true);
		}
	}
	for (k = 0; k < sizeof(set_times) / sizeof(set_times[0]); k++) {
		if (call_arg_is(c, *i, set_times[k].word) &&
		    *i + 1 < c->argc && (o->flags & SET_KEEPTTL) == 0 &&
		    ((o->flags & SET_EXPIRES) == 0 || *which == k)) {
			o->flags |= SET_EXPIRES;
			*time = ++*i;
			*which = k;
			return (true);
		}
	}
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static bool
read_options(struct call *c, struct set_options *o)
{
	size_t i, time = 0, which = 0;

	*o = (struct set_options){ 0 };
	for (i = 3; i < c->argc; i++) {
		if (!read_option(c, &i, o, &time, &which))
			return (false);
	}
	return (time == 0 || read_deadline(c, time, set_times[which].unit,
	    set_times[which].absolute, &o->deadline));
}

static void
cmd_set(struct call *c)
{
	struct set_options o;
	bool exists;
	struct value old;

	if (c->argc == 3) {
		key_set(c, 1, &c->args[2], 0);
		if (c->reply->dialect == DIALECT_ARTICLE)
			reply_integer(c->reply, 1);
		else
			reply_ok(c->reply);
		return;
	}
	if (!read_options(c, &o))
		return;
	if ((o.flags & SET_GET) != 0) {
		old = key_get(c, 1);
		if (!reply_whole(c, &old))
			return;
	}
	exists = key_exists(c, 1);
	if ((exists && (o.flags & SET_NX) != 0) ||
	    (!exists && (o.flags & SET_XX) != 0)) {
		if ((o.flags & SET_GET) == 0)
			reply_null(c->reply);
		return;
	}
	if ((o.flags & SET_KEEPTTL) != 0)
		o.deadline = key_deadline(c, 1);
	key_set(c, 1, &c->args[2], o.deadline);
	if ((o.flags & SET_GET) == 0)
		reply_ok(c->reply);
}

static void
cmd_mget(struct call *c)
{
	struct value v;
	size_t i;

	reply_array(c->reply, c->argc - 1);
	for (i = 1; i < c->argc; i++) {
		v = key_get(c, i);
		if (reply_can_say(c->reply, (enum value_type)v.type))
			reply_value(c->reply, &v);
		else
			reply_null(c->reply);
	}
}

static void
cmd_mset(struct call *c)
{
	size_t i;

	if (c->argc % 2 == 0) {
		call_wrong_arity(c);
		return;
	}
	for (i = 1; i < c->argc; i += 2)
		key_set(c, i, &c->args[i + 1], 0);
	if (c->reply->dialect == DIALECT_ARTICLE)
		reply_integer(c->reply, (int64_t)c->argc / 2);
	else
		reply_ok(c->reply);
}

static void
cmd_pop(struct call *c)
{
	struct value v = key_get(c, 1);

	if (reply_whole(c, &v))
		key_delete(c, 1);
}

/* Nothing is popped unless the client can be told all of it. */
static void
cmd_mpop(struct call *c)
{
	struct value v;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		v = key_get(c, i);
		if (!reply_can_say(c->reply, (enum value_type)v.type)) {
			reply_error(c->reply, ERR_WRONG_TYPE);
			return;
		}
	}
	reply_array(c->reply, c->argc - 1);
	for (i = 1; i < c->argc; i++) {
		v = key_get(c, i);
		reply_value(c->reply, &v);
		key_delete(c, i);
	}
}

struct command cmd_string_rows[] = {
	{
		.name    = "get",
		.syntax  = "key",
		.summary = "Returns the value of a key.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_get,
	},
	{
		.name    = "set",
		.syntax  = "key value [NX | XX] [GET] [EX seconds | "
		    "PX milliseconds | EXAT unix-time-seconds | "
		    "PXAT unix-time-milliseconds | KEEPTTL]",
		.summary = "Sets the value of a key, whatever it held.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = -3,
		.flags   = CMD_WRITE | CMD_DENY_OOM,
		.keys    = { 1, 1, 1 },
		.values  = { 2, 2, 1 },
		.run     = cmd_set,
	},
	{
		.name    = "mget",
		.syntax  = "key [key ...]",
		.summary = "Returns the values of several keys at once.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_READ | CMD_FAST | CMD_MAY_BE_BARE,
		.keys    = { 1, -1, 1 },
		.run     = cmd_mget,
	},
	{
		.name    = "mset",
		.syntax  = "key value [key value ...]",
		.summary = "Sets several keys at once, all or none.",
		.since   = "1.0.1",
		.group   = "string",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_MAY_BE_BARE |
		    CMD_SPREADS,
		.keys    = { 1, -1, 2 },
		.values  = { 2, -1, 2 },
		.run     = cmd_mset,
	},
	{
		.name    = "pop",
		.syntax  = "key",
		.summary = "Returns the value of a key and deletes the key.",
		.since   = "0.1.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_WRITE | CMD_FAST | CMD_OURS,
		.keys    = { 1, 1, 1 },
		.run     = cmd_pop,
	},
	{
		.name    = "mpop",
		.syntax  = "[key ...]",
		.summary = "Returns the values of several keys and deletes "
		    "the keys.",
		.since   = "0.1.0",
		.group   = "string",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -1,
		.flags   = CMD_WRITE | CMD_FAST | CMD_OURS,
		.keys    = { 1, -1, 1 },
		.run     = cmd_mpop,
	},
	{ .name = NULL },
};
