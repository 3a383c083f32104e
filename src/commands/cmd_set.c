/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets: members.
 */
#include "base/random.h"
#include "commands/registry.h"
#include "commands/scan.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/record.h"
#include "resp/reply.h"
#include "value/set.h"

static void
cmd_sadd(struct call *c)
{
	struct value v;
	int64_t n = 0;
	size_t i;

	if (!key_make(c, 1, VALUE_SET, &v))
		return;
	for (i = 2; i < c->argc; i++)
		n += set_add_text(&v.dict, call_arg(c, i));
	key_store(c, 1, &v);
	if (n != 0)
		call_event(c, EVENT_SET, "sadd", 1);
	reply_integer(c->reply, n);
}

/* A set that was made smaller: tell, and whether the key is gone. */
static void
removed(struct call *c, size_t arg, struct value *v, const char *event)
{
	call_event(c, EVENT_SET, event, arg);
	if (!key_store(c, arg, v))
		call_event(c, EVENT_GENERIC, "del", arg);
}

static void
cmd_srem(struct call *c)
{
	struct value v;
	int64_t n = 0;
	size_t i;

	if (!key_typed(c, 1, VALUE_SET, &v))
		return;
	for (i = 2; v.type != VALUE_NONE && i < c->argc; i++)
		n += dict_remove(&v.dict, call_arg(c, i));
	if (n != 0)
		removed(c, 1, &v, "srem");
	reply_integer(c->reply, n);
}

static void
cmd_smembers(struct call *c)
{
	struct dict_iter it;
	struct value v;

	if (!key_typed(c, 1, VALUE_SET, &v))
		return;
	reply_set(c->reply, v.type == VALUE_NONE ? 0 : dict_length(v.dict));
	if (v.type == VALUE_NONE)
		return;
	for (dict_start(&it, v.dict); dict_next(&it); )
		reply_value(c->reply, &it.key);
}

static bool
has(const struct value *v, struct bytes member)
{
	return (v->type != VALUE_NONE && dict_has(v->dict, member));
}

static void
cmd_sismember(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_SET, &v))
		reply_integer(c->reply, has(&v, call_arg(c, 2)));
}

static void
cmd_smismember(struct call *c)
{
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_SET, &v))
		return;
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++)
		reply_integer(c->reply, has(&v, call_arg(c, i)));
}

static void
cmd_scard(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_SET, &v))
		reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
		    (int64_t)dict_length(v.dict));
}

/* Tell the journal which member it is that comes or goes. */
static void
member_changes(struct call *c, size_t arg, const char *name,
    struct bytes member)
{
	struct value v = value_view(VALUE_STRING, member);

	record_say(c, arg, name, &v, 1);
}

/* Take one member out and answer with it. */
static void
pop_one(struct call *c, struct value *v)
{
	char digits[NUMBER_SIZE];
	struct dict_iter it;
	struct bytes text;

	dict_random(&it, v->dict, random_next());
	reply_value(c->reply, &it.key);
	if (value_text(&it.key, &text, digits)) {
		member_changes(c, 1, "SREM", text);
		dict_remove_chosen(&v->dict, &it);
	}
}

static void
pop_many(struct call *c, struct value *v, uint64_t n)
{
	size_t length = dict_length(v->dict);
	struct dict_iter it;

	if (n < length) {
		reply_set(c->reply, (size_t)n);
		for (; n != 0; n--)
			pop_one(c, v);
		removed(c, 1, v, "spop");
		return;
	}
	reply_set(c->reply, length);
	for (dict_start(&it, v->dict); dict_next(&it); )
		reply_value(c->reply, &it.key);
	key_delete(c, 1);
	call_event(c, EVENT_SET, "spop", 1);
	call_event(c, EVENT_GENERIC, "del", 1);
}

static void
cmd_spop(struct call *c)
{
	struct value v;
	int64_t n = 1;

	if (c->argc > 3) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (c->argc == 3 && !call_count(c, 2, &n))
		return;
	if (!key_typed(c, 1, VALUE_SET, &v))
		return;
	if (v.type == VALUE_NONE || n == 0) {
		if (c->argc == 3)
			reply_set(c->reply, 0);
		else
			reply_null(c->reply);
	} else if (c->argc == 3)
		pop_many(c, &v, (uint64_t)n);
	else {
		pop_one(c, &v);
		removed(c, 1, &v, "spop");
	}
}

static void
reply_random(struct call *c, const struct dict *set)
{
	struct dict_iter it;

	dict_random(&it, set, random_next());
	reply_value(c->reply, &it.key);
}

/* n different members; as in reply_sample() of cmd_zset_pop.c. */
static void
reply_sample(struct call *c, const struct dict *set, uint64_t n)
{
	size_t left = dict_length(set);
	struct dict_iter it;

	for (dict_start(&it, set); n != 0 && dict_next(&it); left--) {
		if (random_below(left) >= n)
			continue;
		reply_value(c->reply, &it.key);
		n--;
	}
}

static void
cmd_srandmember(struct call *c)
{
	struct value v;
	int64_t n = 0;
	uint64_t count;

	if (c->argc > 3) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (c->argc == 3 && !call_integer(c, 2, &n))
		return;
	if (n == INT64_MIN) {
		reply_error(c->reply, ERR_RANDOM_RANGE);
		return;
	}
	if (!key_typed(c, 1, VALUE_SET, &v))
		return;
	if (c->argc == 2) {
		if (v.type == VALUE_NONE)
			reply_null(c->reply);
		else
			reply_random(c, v.dict);
		return;
	}
	if (v.type == VALUE_NONE || n == 0) {
		reply_array(c->reply, 0);
		return;
	}
	count = n < 0 ? (uint64_t)-n : (uint64_t)n;
	if (n > 0 && count > dict_length(v.dict))
		count = dict_length(v.dict);
	reply_array(c->reply, count);
	if (n > 0)
		reply_sample(c, v.dict, count);
	for (; n < 0 && call_may_repeat(c, (uint64_t)-n); n++)
		reply_random(c, v.dict);
}

static void
cmd_smove(struct call *c)
{
	struct bytes member = call_arg(c, 3);
	struct value from, to;
	bool added;

	if (!key_typed(c, 1, VALUE_SET, &from))
		return;
	if (from.type == VALUE_NONE) {
		reply_integer(c->reply, 0);
		return;
	}
	if (!key_typed(c, 2, VALUE_SET, &to))
		return;
	if (bytes_equal(call_arg(c, 1), call_arg(c, 2))) {
		reply_integer(c->reply, has(&from, member));
		return;
	}
	if (!dict_remove(&from.dict, member)) {
		reply_integer(c->reply, 0);
		return;
	}
	member_changes(c, 1, "SREM", member);
	removed(c, 1, &from, "srem");
	if (to.type == VALUE_NONE)
		key_make_new(c, 2, VALUE_SET, &to);
	added = set_add_text(&to.dict, member);
	member_changes(c, 2, "SADD", member);
	key_store(c, 2, &to);
	if (added)
		call_event(c, EVENT_SET, "sadd", 2);
	reply_integer(c->reply, 1);
}

struct found {
	struct call	*call;
	struct scan	 scan;
	size_t		 count;
};

static void
find(const struct value *member, const struct value *null, void *arg)
{
	char digits[NUMBER_SIZE];
	struct found *f = arg;
	struct bytes text;

	(void)null;
	if (value_text(member, &text, digits) && !scan_matches(&f->scan, text))
		return;
	reply_value(f->call->reply, member);
	f->count++;
}

static void
cmd_sscan(struct call *c)
{
	struct found f = { .call = c };
	size_t mark = reply_mark(c->reply);
	uint64_t next = 0;
	struct value v;

	if (!scan_read_cursor(c, 2, &f.scan) ||
	    !key_typed(c, 1, VALUE_SET, &v))
		return;
	if (v.type != VALUE_NONE) {
		if (!scan_read_options(c, 3, 0, &f.scan))
			return;
		next = dict_scan(v.dict, f.scan.cursor, f.scan.count, find,
		    &f);
	}
	scan_reply(c, mark, next, f.count);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_last, a_run) {							\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "set",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, a_last, 1 },					\
	.run     = a_run,						\
}

#define EACH "O(1) for each member"
#define N "O(N) where N is the number of members"

struct command cmd_set_rows[] = {
	ROW("sadd", "key member [member ...]", "Adds members.", "1.0.0", EACH,
	    -3, CMD_WRITE | CMD_DENY_OOM | CMD_FAST, 1, cmd_sadd),
	ROW("srem", "key member [member ...]", "Removes members.", "1.0.0",
	    EACH, -3, CMD_WRITE | CMD_FAST, 1, cmd_srem),
	ROW("smembers", "key", "Returns all members.", "1.0.0", N, 2,
	    CMD_READ, 1, cmd_smembers),
	ROW("sismember", "key member", "Tells whether a member is there.",
	    "1.0.0", "O(1)", 3, CMD_READ | CMD_FAST, 1, cmd_sismember),
	ROW("smismember", "key member [member ...]",
	    "Tells which of the members are there.", "6.2.0", EACH, -3,
	    CMD_READ | CMD_FAST, 1, cmd_smismember),
	ROW("scard", "key", "Returns how many members there are.", "1.0.0",
	    "O(1)", 2, CMD_READ | CMD_FAST, 1, cmd_scard),
	ROW("spop", "key [count]",
	    "Returns and removes members chosen at random.", "1.0.0", EACH,
	    -2, CMD_WRITE | CMD_FAST, 1, cmd_spop),
	ROW("srandmember", "key [count]",
	    "Returns members chosen at random.", "1.0.0", N, -2, CMD_READ, 1,
	    cmd_srandmember),
	ROW("smove", "source destination member",
	    "Moves a member to another set.", "1.0.0", "O(1)", 4,
	    CMD_WRITE | CMD_FAST, 2, cmd_smove),
	ROW("sscan", "key cursor [MATCH pattern] [COUNT count]",
	    "Walks over the members, some at each call.", "2.8.0",
	    "O(1) for every call, O(N) for all", -3, CMD_READ, 1, cmd_sscan),
	{ .name = NULL },
};
