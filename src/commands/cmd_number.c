/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INCR and its like: numbers, stored as such or as a string of digits.  What
 * is stored as a number stays one, so that its client gets back the type it
 * has sent; a string stays a string, as in Redis.
 */
#include <math.h>

#include "base/number.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

/* The number at the key, 0 if it is absent; false: answered. */
static bool
get_integer(struct call *c, const struct value *v, int64_t *n)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	*n = 0;
	if (v->type == VALUE_NONE)
		return (true);
	if (v->type == VALUE_INTEGER) {
		*n = v->integer;
		return (true);
	}
	if (!value_text(v, &text, digits))
		reply_error(c->reply, ERR_WRONG_TYPE);
	else if (!number_parse(text, n))
		reply_error(c->reply, ERR_NOT_INTEGER);
	else
		return (true);
	return (false);
}

static void
add(struct call *c, int64_t increment)
{
	struct value v = key_get(c, 1);
	char digits[NUMBER_SIZE];
	int64_t n;

	if (!get_integer(c, &v, &n))
		return;
	if (__builtin_add_overflow(n, increment, &n)) {
		reply_error(c->reply,
		    "ERR increment or decrement would overflow");
		return;
	}
	if (v.type == VALUE_INTEGER || v.type == VALUE_DOUBLE)
		v = value_integer(n);
	else
		v = value_view(VALUE_STRING, bytes_make(digits,
		    number_format(digits, n)));
	key_set(c, 1, &v, KEY_KEEP_DEADLINE);
	call_event(c, EVENT_STRING, "incrby", 1);
	reply_integer(c->reply, n);
}

static void
cmd_incr(struct call *c)
{
	add(c, 1);
}

static void
cmd_decr(struct call *c)
{
	add(c, -1);
}

static void
cmd_incrby(struct call *c)
{
	int64_t increment;

	if (call_integer(c, 2, &increment))
		add(c, increment);
}

static void
cmd_decrby(struct call *c)
{
	int64_t decrement;

	if (!call_integer(c, 2, &decrement))
		return;
	if (decrement == INT64_MIN)
		reply_error(c->reply, "ERR decrement would overflow");
	else
		add(c, -decrement);
}

static void
cmd_incrbyfloat(struct call *c)
{
	struct value v = key_get(c, 1);
	long double n = 0, increment;
	char digits[NUMBER_SIZE];
	struct buf sum = { 0 };
	struct bytes text;

	if (v.type != VALUE_NONE && !value_text(&v, &text, digits)) {
		reply_error(c->reply, ERR_WRONG_TYPE);
		return;
	}
	if ((v.type != VALUE_NONE && !number_parse_long_double(text, &n)) ||
	    !number_parse_long_double(call_arg(c, 2), &increment)) {
		reply_error(c->reply, ERR_NOT_FLOAT);
		return;
	}
	n += increment;
	if (isnan(n) || isinf(n)) {
		reply_error(c->reply,
		    "ERR increment would produce NaN or Infinity");
		return;
	}
	number_add_long_double(&sum, n);
	reply_bulk(c->reply, buf_bytes(&sum));
	if (v.type == VALUE_INTEGER || v.type == VALUE_DOUBLE)
		v = value_double((double)n);
	else
		v = value_view(VALUE_STRING, buf_bytes(&sum));
	key_set(c, 1, &v, KEY_KEEP_DEADLINE);
	call_event(c, EVENT_STRING, "incrbyfloat", 1);
	buf_free(&sum);
}

struct command cmd_number_rows[] = {
	{
		.name    = "incr",
		.syntax  = "key",
		.summary = "Adds one to a number.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.run     = cmd_incr,
	},
	{
		.name    = "decr",
		.syntax  = "key",
		.summary = "Takes one from a number.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.run     = cmd_decr,
	},
	{
		.name    = "incrby",
		.syntax  = "key increment",
		.summary = "Adds an integer to a number.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.run     = cmd_incrby,
	},
	{
		.name    = "decrby",
		.syntax  = "key decrement",
		.summary = "Takes an integer from a number.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST | CMD_SHORT,
		.keys    = { 1, 1, 1 },
		.run     = cmd_decrby,
	},
	{
		.name    = "incrbyfloat",
		.syntax  = "key increment",
		.summary = "Adds a floating-point number to a number.",
		.since   = "2.6.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_incrbyfloat,
	},
	{ .name = NULL },
};
