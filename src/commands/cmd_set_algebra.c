/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets: what several have in common, together, or not.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/set.h"

enum operation { UNION, INTER, DIFF };

/* The sets of count keys from argument `first` on. */
struct algebra {
	enum operation	operation;
	size_t		first, count;
	struct value	*sets;
	/* Called for each member of the result; false stops. */
	bool		(*give)(void *arg, const struct value *member);
	void		*arg;
};

/* False: answered. */
static bool
find_sets(struct call *c, struct algebra *a)
{
	size_t i;

	a->sets = mem_alloc(a->count * sizeof(*a->sets));
	for (i = 0; i < a->count; i++) {
		if (!key_typed(c, a->first + i, VALUE_SET, &a->sets[i]))
			return (false);
	}
	return (true);
}

static bool
has(const struct value *set, const struct value *member)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	return (set->type != VALUE_NONE &&
	    value_text(member, &text, digits) && dict_has(set->dict, text));
}

static int
compare(const void *x, const void *y)
{
	const struct value *a = x, *b = y;
	size_t m = a->type == VALUE_NONE ? 0 : dict_length(a->dict);
	size_t n = b->type == VALUE_NONE ? 0 : dict_length(b->dict);

	return (m < n ? -1 : m > n);
}

/* Members of the first set that all others have, or that none has. */
static void
filter(struct algebra *a)
{
	bool wanted = a->operation == INTER;
	struct dict_iter it;
	size_t i;

	if (a->sets[0].type == VALUE_NONE)
		return;
	for (dict_start(&it, a->sets[0].dict); dict_next(&it); ) {
		for (i = 1; i < a->count; i++) {
			if (has(&a->sets[i], &it.key) != wanted)
				break;
		}
		if (i == a->count && !a->give(a->arg, &it.key))
			return;
	}
}

static void
unite(struct algebra *a)
{
	struct dict *result = set_new();
	struct dict_iter it;
	struct value member;
	size_t i;

	for (i = 0; i < a->count; i++) {
		if (a->sets[i].type == VALUE_NONE)
			continue;
		for (dict_start(&it, a->sets[i].dict); dict_next(&it); ) {
			member = value_clone(&it.key);
			set_add(&result, &member);
		}
	}
	for (dict_start(&it, result); dict_next(&it); )
		a->give(a->arg, &it.key);
	dict_free(result);
}

static void
compute(struct algebra *a)
{
	/* The smallest set bounds what they can have in common. */
	if (a->operation == INTER)
		qsort(a->sets, a->count, sizeof(*a->sets), compare);
	if (a->operation == UNION)
		unite(a);
	else
		filter(a);
}

struct answer {
	struct reply	*reply;
	size_t		 count;
};

static bool
give_reply(void *arg, const struct value *member)
{
	struct answer *answer = arg;

	reply_value(answer->reply, member);
	answer->count++;
	return (true);
}

static void
answer(struct call *c, enum operation operation)
{
	struct answer answer = { .reply = c->reply };
	struct algebra a = { .operation = operation, .first = 1,
	    .count = c->argc - 1, .give = give_reply, .arg = &answer };
	size_t mark = reply_mark(c->reply);

	if (find_sets(c, &a)) {
		compute(&a);
		reply_set_at(c->reply, mark, answer.count);
	}
	mem_free(a.sets);
}

static void
cmd_sunion(struct call *c)
{
	answer(c, UNION);
}

static void
cmd_sinter(struct call *c)
{
	answer(c, INTER);
}

static void
cmd_sdiff(struct call *c)
{
	answer(c, DIFF);
}

static bool
give_set(void *arg, const struct value *member)
{
	struct value copy = value_clone(member);

	set_add(arg, &copy);
	return (true);
}

static void
store(struct call *c, enum operation operation, const char *event)
{
	struct value v = value_new(VALUE_SET);
	struct algebra a = { .operation = operation, .first = 2,
	    .count = c->argc - 2, .give = give_set, .arg = &v.dict };
	size_t n;

	if (find_sets(c, &a)) {
		compute(&a);
		n = dict_length(v.dict);
		if (n != 0) {
			key_set(c, 1, &v, 0);
			call_event(c, EVENT_SET, event, 1);
		} else if (key_delete(c, 1))
			call_event(c, EVENT_GENERIC, "del", 1);
		reply_integer(c->reply, (int64_t)n);
	}
	value_free(&v);
	mem_free(a.sets);
}

static void
cmd_sunionstore(struct call *c)
{
	store(c, UNION, "sunionstore");
}

static void
cmd_sinterstore(struct call *c)
{
	store(c, INTER, "sinterstore");
}

static void
cmd_sdiffstore(struct call *c)
{
	store(c, DIFF, "sdiffstore");
}

struct count {
	uint64_t	n;
	uint64_t	limit;		/* 0: none */
};

static bool
give_count(void *arg, const struct value *member)
{
	struct count *count = arg;

	(void)member;
	return (++count->n != count->limit);
}

static bool
read_limit(struct call *c, size_t i, uint64_t *limit)
{
	int64_t n = 0;

	for (; i < c->argc; i += 2) {
		if (!call_arg_is(c, i, "limit") || i + 1 == c->argc) {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
		if (!number_parse(call_arg(c, i + 1), &n) || n < 0) {
			reply_error(c->reply, "ERR LIMIT can't be negative");
			return (false);
		}
	}
	*limit = (uint64_t)n;
	return (true);
}

static void
cmd_sintercard(struct call *c)
{
	struct count count = { 0 };
	struct algebra a = { .operation = INTER, .first = 2,
	    .give = give_count, .arg = &count };
	int64_t keys;

	if (!number_parse(call_arg(c, 1), &keys) || keys < 1) {
		reply_error(c->reply, "ERR numkeys should be greater than 0");
		return;
	}
	if ((uint64_t)keys > c->argc - 2) {
		reply_error(c->reply, "ERR Number of keys can't be greater "
		    "than number of args");
		return;
	}
	a.count = (size_t)keys;
	if (!read_limit(c, 2 + a.count, &count.limit))
		return;
	if (find_sets(c, &a)) {
		compute(&a);
		reply_integer(c->reply, (int64_t)count.n);
	}
	mem_free(a.sets);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_arity, a_flags, a_run) { \
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "set",						\
	.cost    = "O(N) where N is the number of all members",		\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, -1, 1 },					\
	.run     = a_run,						\
}

#define STORES "destination key [key ...]"

struct command cmd_set_algebra_rows[] = {
	ROW("sunion", "key [key ...]", "Returns the union of sets.", "1.0.0",
	    -2, CMD_READ, cmd_sunion),
	ROW("sinter", "key [key ...]", "Returns what sets have in common.",
	    "1.0.0", -2, CMD_READ, cmd_sinter),
	ROW("sdiff", "key [key ...]", "Returns what only the first set has.",
	    "1.0.0", -2, CMD_READ, cmd_sdiff),
	ROW("sunionstore", STORES, "Stores the union of sets.", "1.0.0", -3,
	    CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, cmd_sunionstore),
	ROW("sinterstore", STORES, "Stores what sets have in common.",
	    "1.0.0", -3, CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, cmd_sinterstore),
	ROW("sdiffstore", STORES, "Stores what only the first set has.",
	    "1.0.0", -3, CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, cmd_sdiffstore),
	{
		.name    = "sintercard",
		.syntax  = "numkeys key [key ...] [LIMIT limit]",
		.summary = "Counts what sets have in common.",
		.since   = "7.0.0",
		.group   = "set",
		.cost    = "O(N) where N is the number of all members",
		.arity   = -3,
		.flags   = CMD_READ,
		.more_keys = command_keys_counted_1,
		.run     = cmd_sintercard,
	},
	{ .name = NULL },
};
