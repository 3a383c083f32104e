/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists: from one to another, from the first of several that has something,
 * and waiting for that.
 */
#include "commands/listing.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/record.h"
#include "resp/reply.h"
#include "value/list.h"

/* LEFT or RIGHT at argument i; false: answered. */
static bool
read_side(struct call *c, size_t i, bool *front)
{
	*front = call_arg_is(c, i, "left");
	if (*front || call_arg_is(c, i, "right"))
		return (true);
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

/*
 * Move an element from key 1 to key 2; false, and not answered, if there is
 * none.
 */
static bool
move(struct call *c, bool from_front, bool to_front)
{
	bool same = bytes_equal(call_arg(c, 1), call_arg(c, 2));
	struct value from, to, item;

	from = key_get(c, 1);
	if (from.type == VALUE_NONE || (c->again && from.type != VALUE_LIST))
		return (false);
	if (from.type != VALUE_LIST) {
		reply_error(c->reply, ERR_WRONG_TYPE);
		return (true);
	}
	if (!same && !key_make(c, 2, VALUE_LIST, &to))
		return (true);
	item = from_front ? list_pop_front(&from.list) : list_pop(&from.list);
	reply_value(c->reply, &item);
	if (same)
		to = from;
	record_say(c, 2, to_front ? "LPUSH" : "RPUSH", &item, 1);
	/* Behind it, so that the last element does not take the key along. */
	if (same)
		record_say_count(c, 1, from_front ? "LPOP" : "RPOP", 1);
	if (to_front)
		list_push_front(&to.list, &item);
	else
		list_push(&to.list, &item);
	key_store(c, 2, &to);
	call_event(c, EVENT_LIST, to_front ? "lpush" : "rpush", 2);
	if (same)
		call_event(c, EVENT_LIST, from_front ? "lpop" : "rpop", 1);
	else {
		record_say_count(c, 1, from_front ? "LPOP" : "RPOP", 1);
		listing_removed(c, 1, &from, from_front ? "lpop" : "rpop");
	}
	return (true);
}

static void
cmd_lmove(struct call *c)
{
	bool from_front, to_front;

	if (read_side(c, 3, &from_front) && read_side(c, 4, &to_front) &&
	    !move(c, from_front, to_front))
		reply_null(c->reply);
}

static void
cmd_rpoplpush(struct call *c)
{
	if (!move(c, false, true))
		reply_null(c->reply);
}

/* Redis's null is another one when it did wait. */
static void
wait(struct call *c, int64_t timeout)
{
	call_wait(c, timeout, c->nested ? reply_null : reply_null_array);
}

static void
cmd_blmove(struct call *c)
{
	bool from_front, to_front;
	int64_t timeout;

	if (read_side(c, 3, &from_front) && read_side(c, 4, &to_front) &&
	    call_timeout(c, 5, &timeout) && !move(c, from_front, to_front))
		wait(c, timeout);
}

static void
cmd_brpoplpush(struct call *c)
{
	int64_t timeout;

	if (call_timeout(c, 3, &timeout) && !move(c, false, true))
		wait(c, timeout);
}

struct mpop {
	size_t		first, keys;	/* arguments */
	bool		front;
	uint64_t	count;		/* 0: one, not as an array */
};

/*
 * Pop from the first key that has something; false, and not answered, if none
 * has.
 */
static bool
pop_first(struct call *c, const struct mpop *m)
{
	struct value v, item;
	size_t i;

	for (i = m->first; i < m->first + m->keys; i++) {
		v = key_get(c, i);
		if (v.type == VALUE_NONE || (c->again && v.type != VALUE_LIST))
			continue;
		if (v.type != VALUE_LIST) {
			reply_error(c->reply, ERR_WRONG_TYPE);
			return (true);
		}
		reply_array(c->reply, 2);
		reply_bulk(c->reply, call_arg(c, i));
		if (m->count != 0) {
			listing_pop(c, i, &v, m->front, m->count);
			return (true);
		}
		item = m->front ? list_pop_front(&v.list) :
		    list_pop(&v.list);
		reply_value(c->reply, &item);
		value_free(&item);
		record_say_count(c, i, m->front ? "LPOP" : "RPOP", 1);
		listing_removed(c, i, &v, m->front ? "lpop" : "rpop");
		return (true);
	}
	return (false);
}

static void
bpop(struct call *c, bool front)
{
	struct mpop m = { .first = 1, .keys = c->argc - 2, .front = front };
	int64_t timeout;

	if (call_timeout(c, c->argc - 1, &timeout) && !pop_first(c, &m))
		call_wait(c, timeout, reply_null_array);
}

static void
cmd_blpop(struct call *c)
{
	bpop(c, true);
}

static void
cmd_brpop(struct call *c)
{
	bpop(c, false);
}

/* A number of at least 1 at argument i; false: answered with that name. */
static bool
read_count(struct call *c, size_t i, const char *name, int64_t *n)
{
	if (number_parse(call_arg(c, i), n) && *n > 0)
		return (true);
	reply_error(c->reply, "ERR %s should be greater than 0", name);
	return (false);
}

/* numkeys at argument i, keys, LEFT or RIGHT, COUNT n; false: answered. */
static bool
read_mpop(struct call *c, size_t i, struct mpop *m)
{
	int64_t keys, count = 0;

	if (!read_count(c, i, "numkeys", &keys))
		return (false);
	if ((uint64_t)keys >= c->argc - i - 1)
		goto syntax;
	*m = (struct mpop){ .first = i + 1, .keys = (size_t)keys, .count = 1 };
	i += 1 + m->keys;
	if (!read_side(c, i, &m->front))
		return (false);
	for (i++; i < c->argc; i++) {
		if (count != 0 || !call_arg_is(c, i, "count") ||
		    i + 1 == c->argc)
			goto syntax;
		if (!read_count(c, ++i, "count", &count))
			return (false);
		m->count = (uint64_t)count;
	}
	return (true);
syntax:
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static void
cmd_lmpop(struct call *c)
{
	struct mpop m;

	if (read_mpop(c, 1, &m) && !pop_first(c, &m))
		reply_null_array(c->reply);
}

static void
cmd_blmpop(struct call *c)
{
	struct mpop m;
	int64_t timeout;

	if (read_mpop(c, 2, &m) && call_timeout(c, 1, &timeout) &&
	    !pop_first(c, &m))
		call_wait(c, timeout, reply_null_array);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_last, a_more, a_run) {						\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "list",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = CMD_WRITE | (a_flags),				\
	.keys    = { (a_last) != 0, a_last, 1 },			\
	/* Of a source and a destination only the first is waited for. */ \
	.waits   = { (a_last) == 2, 1, 1 },				\
	.more_keys = a_more,						\
	.run     = a_run,						\
}

#define FROM_TO "source destination "
#define SIDES "<LEFT | RIGHT> <LEFT | RIGHT>"

struct command cmd_list_move_rows[] = {
	ROW("lmove", FROM_TO SIDES, "Moves an element to another list.",
	    "6.2.0", "O(1)", 5, CMD_DENY_OOM, 2, NULL, cmd_lmove),
	ROW("rpoplpush", "source destination",
	    "Moves the last element before the first of another list.",
	    "1.2.0", "O(1)", 3, CMD_DENY_OOM, 2, NULL, cmd_rpoplpush),
	ROW("blmove", FROM_TO SIDES " timeout",
	    "Like LMOVE, and waits if there is nothing.", "6.2.0", "O(1)", 6,
	    CMD_DENY_OOM | CMD_NO_SCRIPT | CMD_BLOCKING, 2, NULL, cmd_blmove),
	ROW("brpoplpush", FROM_TO "timeout",
	    "Like RPOPLPUSH, and waits if there is nothing.", "2.2.0", "O(1)",
	    4, CMD_DENY_OOM | CMD_NO_SCRIPT | CMD_BLOCKING, 2, NULL,
	    cmd_brpoplpush),
	ROW("blpop", "key [key ...] timeout",
	    "Like LPOP of the first key that has something, and waits.",
	    "2.0.0", "O(N) where N is the number of keys", -3,
	    CMD_NO_SCRIPT | CMD_BLOCKING, -2, NULL, cmd_blpop),
	ROW("brpop", "key [key ...] timeout",
	    "Like RPOP of the first key that has something, and waits.",
	    "2.0.0", "O(N) where N is the number of keys", -3,
	    CMD_NO_SCRIPT | CMD_BLOCKING, -2, NULL, cmd_brpop),
	ROW("lmpop", "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
	    "Pops from the first of several keys that has something.",
	    "7.0.0", "O(N+M) where N is the number of keys and M of elements",
	    -4, 0, 0, command_keys_counted_1, cmd_lmpop),
	ROW("blmpop", "timeout numkeys key [key ...] <LEFT | RIGHT> "
	    "[COUNT count]",
	    "Like LMPOP, and waits if there is nothing.", "7.0.0",
	    "O(N+M) where N is the number of keys and M of elements", -5,
	    CMD_BLOCKING, 0, command_keys_counted_2, cmd_blmpop),
	{ .name = NULL },
};
