/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET, MSET and their like: commands on values whole, of whatever type.
 */
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

static void
cmd_get(struct call *c)
{
	struct value v;

	if (key_whole(c, 1, &v))
		reply_value(c->reply, &v);
}

/* GETDEL and the article's POP. */
static void
cmd_getdel(struct call *c)
{
	struct value v;

	if (!key_whole(c, 1, &v))
		return;
	reply_value(c->reply, &v);
	if (key_delete(c, 1))
		call_event(c, EVENT_GENERIC, "del", 1);
}

/* Argument `value` into the key at `arg`, which does not expire any more. */
static void
set(struct call *c, size_t arg, size_t value)
{
	key_set(c, arg, &c->args[value], 0);
	call_event(c, EVENT_STRING, "set", arg);
}

static void
cmd_getset(struct call *c)
{
	struct value v;

	if (!key_whole(c, 1, &v))
		return;
	reply_value(c->reply, &v);
	set(c, 1, 2);
}

static void
cmd_setnx(struct call *c)
{
	bool exists = key_exists(c, 1);

	if (!exists)
		set(c, 1, 2);
	reply_integer(c->reply, !exists);
}

static void
cmd_mget(struct call *c)
{
	struct value v;
	size_t i;

	reply_array(c->reply, c->argc - 1);
	for (i = 1; i < c->argc; i++) {
		v = key_get_any(c, i);
		if (reply_can_say(c->reply, (enum value_type)v.type))
			reply_value(c->reply, &v);
		else
			reply_null(c->reply);
	}
}

/* Keys and values from argument 1 on. */
static void
set_pairs(struct call *c)
{
	size_t i;

	for (i = 1; i < c->argc; i += 2)
		set(c, i, i + 1);
}

static void
cmd_mset(struct call *c)
{
	if (c->argc % 2 == 0) {
		call_wrong_arity(c);
		return;
	}
	set_pairs(c);
	if (c->reply->dialect == DIALECT_ARTICLE)
		reply_integer(c->reply, (int64_t)c->argc / 2);
	else
		reply_ok(c->reply);
}

static void
cmd_msetnx(struct call *c)
{
	size_t i;

	if (c->argc % 2 == 0) {
		call_wrong_arity(c);
		return;
	}
	for (i = 1; i < c->argc && !key_exists(c, i); i += 2)
		;
	if (i >= c->argc)
		set_pairs(c);
	reply_integer(c->reply, i >= c->argc);
}

/* Nothing is popped unless the client can be told all of it. */
static void
cmd_mpop(struct call *c)
{
	struct value v;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		if (!key_whole(c, i, &v))
			return;
	}
	reply_array(c->reply, c->argc - 1);
	for (i = 1; i < c->argc; i++) {
		v = key_get_any(c, i);
		reply_value(c->reply, &v);
		if (key_delete(c, i))
			call_event(c, EVENT_GENERIC, "del", i);
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
		.flags   = CMD_READ | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.run     = cmd_get,
	},
	{
		.name    = "getdel",
		.syntax  = "key",
		.summary = "Returns the value of a key and deletes the key.",
		.since   = "6.2.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_WRITE | CMD_FAST | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.run     = cmd_getdel,
	},
	{
		.name    = "getset",
		.syntax  = "key value",
		.summary = "Sets the value of a key and returns the one "
		    "before.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.values  = { 2, 2, 1 },
		.run     = cmd_getset,
	},
	{
		.name    = "setnx",
		.syntax  = "key value",
		.summary = "Sets the value of a key if the key is absent.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.values  = { 2, 2, 1 },
		.run     = cmd_setnx,
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
		.name    = "msetnx",
		.syntax  = "key value [key value ...]",
		.summary = "Sets several keys at once if all of them are "
		    "absent.",
		.since   = "1.0.1",
		.group   = "string",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_SPREADS,
		.keys    = { 1, -1, 2 },
		.values  = { 2, -1, 2 },
		.run     = cmd_msetnx,
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
		.run     = cmd_getdel,
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
