/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET, SETEX, PSETEX and GETEX: setting values and when they go.
 */
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/record.h"
#include "resp/reply.h"

enum {
	SET_NX		= 1 << 0,
	SET_XX		= 1 << 1,
	SET_IFEQ	= 1 << 2,
	SET_GET		= 1 << 3,
	SET_KEEPTTL	= 1 << 4,
	SET_PERSIST	= 1 << 5,
	SET_EXPIRES	= 1 << 6,
	/* What GETEX does not know, and what SET does not. */
	SET_ONLY	= SET_NX | SET_XX | SET_IFEQ | SET_GET | SET_KEEPTTL,
	GETEX_ONLY	= SET_PERSIST,
};

static const struct {
	const char	*word;
	unsigned	 flag;
	unsigned	 not_with;
} set_words[] = {
	{ "nx", SET_NX, SET_XX | SET_IFEQ },
	{ "xx", SET_XX, SET_NX | SET_IFEQ },
	{ "ifeq", SET_IFEQ, SET_NX | SET_XX | SET_IFEQ },
	{ "get", SET_GET, 0 },
	{ "keepttl", SET_KEEPTTL, SET_EXPIRES },
	{ "persist", SET_PERSIST, SET_EXPIRES },
};

static const struct unit {
	const char	*word;
	int64_t		 ms;
	bool		 absolute;
} set_units[] = {
	{ "ex", 1000, false },
	{ "px", 1, false },
	{ "exat", 1000, true },
	{ "pxat", 1, true },
};

struct set_options {
	unsigned		 flags;
	size_t			 comparison;	/* argument of IFEQ */
	size_t			 time;		/* argument of EX ... */
	const struct unit	*unit;		/* ... and what it counts */
};

/* Argument i, counted in units, as a deadline in ms since the epoch. */
static bool
read_deadline(struct call *c, size_t i, const struct unit *unit,
    int64_t *deadline)
{
	int64_t n;

	if (!call_integer(c, i, &n))
		return (false);
	if (n > 0 && !__builtin_mul_overflow(n, unit->ms, &n) &&
	    !__builtin_add_overflow(n, unit->absolute ? 0 : c->now, deadline))
		return (true);
	reply_error(c->reply, ERR_EXPIRE_TIME, c->command->full_name);
	return (false);
}

/* The word at argument *i, which moves to its last argument; false: none. */
static bool
read_word(struct call *c, size_t *i, struct set_options *o, unsigned allowed)
{
	size_t k;

	for (k = 0; k < sizeof(set_words) / sizeof(set_words[0]); k++) {
		if ((set_words[k].flag & allowed) == 0 ||
		    (o->flags & set_words[k].not_with) != 0 ||
		    !call_arg_is(c, *i, set_words[k].word))
			continue;
		if (set_words[k].flag == SET_IFEQ) {
			if (*i + 1 == c->argc)
				return (false);
			o->comparison = ++*i;
		}
		o->flags |= set_words[k].flag;
		return (true);
	}
	return (false);
}

/* The same of a time; the last one of those that name the same unit holds. */
static bool
read_time(struct call *c, size_t *i, struct set_options *o)
{
	size_t k;

	for (k = 0; k < sizeof(set_units) / sizeof(set_units[0]); k++) {
		if (!call_arg_is(c, *i, set_units[k].word) ||
		    *i + 1 == c->argc ||
		    (o->flags & (SET_KEEPTTL | SET_PERSIST)) != 0 ||
		    (o->unit != NULL && o->unit != &set_units[k]))
			continue;
		o->flags |= SET_EXPIRES;
		o->unit = &set_units[k];
		o->time = ++*i;
		return (true);
	}
	return (false);
}

/* Options from argument i on; a time is looked at only when all are known. */
static bool
read_options(struct call *c, size_t i, struct set_options *o, unsigned allowed)
{
	*o = (struct set_options){ 0 };
	for (; i < c->argc; i++) {
		if (!read_word(c, &i, o, allowed) && !read_time(c, &i, o)) {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

/* Whether NX, XX and IFEQ let the key be set; false: answered. */
static bool
ask_conditions(struct call *c, const struct set_options *o, bool *met)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	*met = (o->flags & (SET_NX | SET_XX)) == 0 ||
	    key_exists(c, 1) == ((o->flags & SET_XX) != 0);
	if ((o->flags & SET_IFEQ) == 0)
		return (true);
	if (!key_text(c, 1, &text, digits))
		return (false);
	*met = text.data != NULL &&
	    bytes_equal(text, call_arg(c, o->comparison));
	return (true);
}

/* Argument `value` into the key. */
static void
set(struct call *c, size_t value, int64_t deadline, bool expires)
{
	key_set(c, 1, &c->args[value], deadline);
	call_event(c, EVENT_STRING, "set", 1);
	if (expires)
		call_event(c, EVENT_GENERIC, "expire", 1);
}

static void
set_with_options(struct call *c)
{
	struct set_options o;
	int64_t deadline = 0;
	struct value old;
	bool met;

	if (!read_options(c, 3, &o, SET_ONLY) ||
	    (o.time != 0 && !read_deadline(c, o.time, o.unit, &deadline)))
		return;
	if ((o.flags & SET_GET) != 0 && !key_whole(c, 1, &old))
		return;
	if (!ask_conditions(c, &o, &met))
		return;
	if ((o.flags & SET_GET) != 0)
		reply_value(c->reply, &old);
	else if (met)
		reply_ok(c->reply);
	else
		reply_null(c->reply);
	if (met)
		set(c, 2, (o.flags & SET_KEEPTTL) != 0 ? KEY_KEEP_DEADLINE :
		    deadline, o.time != 0);
}

static void
cmd_set(struct call *c)
{
	if (c->argc != 3) {
		set_with_options(c);
		return;
	}
	if (c->args[2].type == VALUE_STRING)
		record_as_requested(c);
	set(c, 2, 0, false);
	if (c->reply->dialect == DIALECT_ARTICLE)
		reply_integer(c->reply, 1);
	else
		reply_ok(c->reply);
}

static void
set_for(struct call *c, const struct unit *unit)
{
	int64_t deadline;

	if (!read_deadline(c, 2, unit, &deadline))
		return;
	set(c, 3, deadline, true);
	reply_ok(c->reply);
}

static void
cmd_setex(struct call *c)
{
	set_for(c, &set_units[0]);
}

static void
cmd_psetex(struct call *c)
{
	set_for(c, &set_units[1]);
}

/* Give the key, which is there, another deadline. */
static void
expire(struct call *c, const struct set_options *o, int64_t deadline)
{
	if ((o->flags & SET_PERSIST) != 0 && key_deadline(c, 1) != 0) {
		key_set_deadline(c, 1, 0);
		call_event(c, EVENT_GENERIC, "persist", 1);
	} else if (o->time != 0 && o->unit->absolute && deadline <= c->now) {
		key_delete(c, 1);
		call_event(c, EVENT_GENERIC, "del", 1);
	} else if (o->time != 0) {
		key_set_deadline(c, 1, deadline);
		call_event(c, EVENT_GENERIC, "expire", 1);
	}
}

static void
cmd_getex(struct call *c)
{
	struct set_options o;
	int64_t deadline = 0;
	struct value v;

	if (!read_options(c, 2, &o, GETEX_ONLY) || !key_whole(c, 1, &v))
		return;
	if (v.type == VALUE_NONE) {
		reply_null(c->reply);
		return;
	}
	if (o.time != 0 && !read_deadline(c, o.time, o.unit, &deadline))
		return;
	reply_value(c->reply, &v);
	expire(c, &o, deadline);
}

struct command cmd_string_set_rows[] = {
	{
		.name    = "set",
		.syntax  = "key value [NX | XX | IFEQ comparison] [GET] [EX "
		    "seconds | PX milliseconds | EXAT unix-time-seconds | "
		    "PXAT unix-time-milliseconds | KEEPTTL]",
		.summary = "Sets the value of a key, whatever it held.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = -3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_SHORT | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.values  = { 2, 2, 1 },
		.run     = cmd_set,
	},
	{
		.name    = "setex",
		.syntax  = "key seconds value",
		.summary = "Sets the value of a key and how long it lives.",
		.since   = "2.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 4,
		.flags   = CMD_WRITE | CMD_DENY_OOM,
		.keys    = { 1, 1, 1 },
		.values  = { 3, 3, 1 },
		.run     = cmd_setex,
	},
	{
		.name    = "psetex",
		.syntax  = "key milliseconds value",
		.summary = "Sets the value of a key and how long it lives, "
		    "in ms.",
		.since   = "2.6.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 4,
		.flags   = CMD_WRITE | CMD_DENY_OOM,
		.keys    = { 1, 1, 1 },
		.values  = { 3, 3, 1 },
		.run     = cmd_psetex,
	},
	{
		.name    = "getex",
		.syntax  = "key [EX seconds | PX milliseconds | EXAT "
		    "unix-time-seconds | PXAT unix-time-milliseconds | "
		    "PERSIST]",
		.summary = "Returns the value of a key and says how long it "
		    "lives.",
		.since   = "6.2.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_FAST | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.run     = cmd_getex,
	},
	{ .name = NULL },
};
