/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: the lowest and the highest, taken out, perhaps after waiting
 * for them, and members by chance.
 */
#include "base/random.h"
#include "commands/registry.h"
#include "commands/zrange.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/record.h"
#include "resp/reply.h"
#include "value/zset.h"

/* So many are drawn one by one. */
enum { FEW = 32 };

/* How the answer is put together. */
struct form {
	bool	highest;
	bool	with_key;		/* an array: the key, and then ... */
	bool	nested;			/* ... an array of pairs */
};

/* Take n members out of the key and answer. */
static void
pop(struct call *c, size_t arg, struct value *v, size_t n, struct form form)
{
	struct zset_iter it;
	size_t i, length = zset_length(v->zset);

	if (n > length)
		n = length;
	if (form.with_key) {
		reply_array(c->reply, form.nested ? 2 : 3);
		reply_bulk(c->reply, call_arg(c, arg));
	}
	if (form.nested)
		reply_array(c->reply, n);
	else if (!form.with_key)
		reply_array(c->reply, 2 * n);
	zset_start(&it, v->zset, form.highest ? length - 1 : 0, form.highest);
	for (i = 0; i < n && zset_next(&it); i++) {
		if (form.nested)
			reply_array(c->reply, 2);
		reply_bulk(c->reply, it.member);
		reply_score(c->reply, it.score);
	}
	record_say_count(c, arg, form.highest ? "ZPOPMAX" : "ZPOPMIN", n);
	zset_remove_ranks(&v->zset, form.highest ? length - n : 0, n);
	call_event(c, EVENT_ZSET, form.highest ? "zpopmax" : "zpopmin", arg);
	if (!key_store(c, arg, v))
		call_event(c, EVENT_GENERIC, "del", arg);
}

static void
zpop(struct call *c, bool highest)
{
	struct form form = { .highest = highest };
	struct value v;
	int64_t n = 1;

	if (c->argc > 3) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (c->argc == 3 && !call_count(c, 2, &n))
		return;
	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	form.nested = c->argc == 3 && c->reply->dialect == DIALECT_RESP3;
	if (v.type == VALUE_NONE || n == 0)
		reply_array(c->reply, 0);
	else
		pop(c, 1, &v, (size_t)n, form);
}

static void
cmd_zpopmin(struct call *c)
{
	zpop(c, false);
}

static void
cmd_zpopmax(struct call *c)
{
	zpop(c, true);
}

/*
 * Pop from the first key that has something; false if none has.  Keys are
 * arguments [first, first + keys).
 */
static bool
pop_first(struct call *c, size_t first, size_t keys, size_t n,
    struct form form)
{
	struct value v;
	size_t i;

	for (i = first; i < first + keys; i++) {
		v = key_get(c, i);
		if (v.type == VALUE_ZSET) {
			pop(c, i, &v, n, form);
			return (true);
		}
		if (v.type != VALUE_NONE && !c->again) {
			reply_error(c->reply, ERR_WRONG_TYPE);
			return (true);
		}
	}
	return (false);
}

static void
bzpop(struct call *c, bool highest)
{
	struct form form = { .highest = highest, .with_key = true };
	int64_t timeout;

	if (call_timeout(c, c->argc - 1, &timeout) &&
	    !pop_first(c, 1, c->argc - 2, 1, form))
		call_wait(c, timeout, reply_null_array);
}

static void
cmd_bzpopmin(struct call *c)
{
	bzpop(c, false);
}

static void
cmd_bzpopmax(struct call *c)
{
	bzpop(c, true);
}

struct mpop {
	size_t		first, keys;
	size_t		count;
	struct form	form;
};

/* A number of at least 1 at argument i; false: answered with that name. */
static bool
read_count(struct call *c, size_t i, const char *name, int64_t *n)
{
	if (number_parse(call_arg(c, i), n) && *n > 0)
		return (true);
	reply_error(c->reply, "ERR %s should be greater than 0", name);
	return (false);
}

/* numkeys at argument i, keys, MIN or MAX, COUNT n; false: answered. */
static bool
read_mpop(struct call *c, size_t i, struct mpop *m)
{
	int64_t keys, count = 0;
	size_t where;

	if (!read_count(c, i, "numkeys", &keys))
		return (false);
	if ((uint64_t)keys >= c->argc - i - 1)
		goto syntax;
	where = i + 1 + (size_t)keys;
	*m = (struct mpop){ .first = i + 1, .keys = (size_t)keys, .count = 1,
	    .form = { .with_key = true, .nested = true } };
	m->form.highest = call_arg_is(c, where, "max");
	if (!m->form.highest && !call_arg_is(c, where, "min"))
		goto syntax;
	for (i = where + 1; i < c->argc; i++) {
		if (count != 0 || !call_arg_is(c, i, "count") ||
		    i + 1 == c->argc)
			goto syntax;
		if (!read_count(c, ++i, "count", &count))
			return (false);
		m->count = (size_t)count;
	}
	return (true);
syntax:
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static void
cmd_zmpop(struct call *c)
{
	struct mpop m;

	if (read_mpop(c, 1, &m) &&
	    !pop_first(c, m.first, m.keys, m.count, m.form))
		reply_null_array(c->reply);
}

static void
cmd_bzmpop(struct call *c)
{
	struct mpop m;
	int64_t timeout;

	if (read_mpop(c, 2, &m) && call_timeout(c, 1, &timeout) &&
	    !pop_first(c, m.first, m.keys, m.count, m.form))
		call_wait(c, timeout, reply_null_array);
}

static void
reply_at(struct call *c, const struct zset *z, size_t rank, bool with_score)
{
	struct zset_iter it;

	zset_start(&it, z, rank, false);
	zset_next(&it);
	zrange_reply_one(c, it.member, it.score, with_score, false);
}

static void
reply_random(struct call *c, const struct zset *z, bool with_score)
{
	reply_at(c, z, (size_t)random_below(zset_length(z)), with_score);
}

/* The same for n different members, few of many. */
static void
reply_few(struct call *c, const struct zset *z, size_t n, bool with_scores)
{
	size_t ranks[FEW], i = 0, k;

	while (i < n) {
		ranks[i] = (size_t)random_below(zset_length(z));
		for (k = 0; k < i && ranks[k] != ranks[i]; k++)
			;
		if (k == i)
			reply_at(c, z, ranks[i++], with_scores);
	}
}

/*
 * n different members: each is taken with the odds that are left for it
 * (D. Knuth, "The Art of Computer Programming" 2, 3.4.2, algorithm S).
 */
static void
reply_sample(struct call *c, const struct zset *z, size_t n, bool with_scores)
{
	size_t left = zset_length(z);
	struct zset_iter it;

	for (zset_start(&it, z, 0, false); n != 0 && zset_next(&it); left--) {
		if (random_below(left) >= n)
			continue;
		zrange_reply_one(c, it.member, it.score, with_scores, false);
		n--;
	}
}

static bool
read_random(struct call *c, int64_t *n, bool *with_scores)
{
	*with_scores = c->argc == 4;
	if (!call_integer(c, 2, n))
		return (false);
	if (*n == INT64_MIN) {
		reply_error(c->reply, ERR_RANDOM_RANGE);
		return (false);
	}
	if (c->argc > 4 || (*with_scores && !call_arg_is(c, 3, "withscores"))) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	if (*with_scores && (*n < -INT64_MAX / 2 || *n > INT64_MAX / 2)) {
		reply_error(c->reply, "ERR value is out of range");
		return (false);
	}
	return (true);
}

static void
cmd_zrandmember(struct call *c)
{
	bool with_scores = false;
	struct value v;
	int64_t n = 0;
	size_t count;

	if ((c->argc > 2 && !read_random(c, &n, &with_scores)) ||
	    !key_typed(c, 1, VALUE_ZSET, &v))
		return;
	if (c->argc == 2) {
		if (v.type == VALUE_NONE)
			reply_null(c->reply);
		else
			reply_random(c, v.zset, false);
		return;
	}
	if (v.type == VALUE_NONE || n == 0) {
		reply_array(c->reply, 0);
		return;
	}
	count = n < 0 ? (size_t)-n : (size_t)n;
	if (n > 0 && count > zset_length(v.zset))
		count = zset_length(v.zset);
	zrange_reply_header(c, count, with_scores);
	if (n > 0 && count <= FEW && count < zset_length(v.zset) / 4)
		reply_few(c, v.zset, count, with_scores);
	else if (n > 0)
		reply_sample(c, v.zset, count, with_scores);
	for (; n < 0 && call_may_repeat(c, (uint64_t)-n); n++)
		reply_random(c, v.zset, with_scores);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_last, a_more, a_run) {						\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "sorted-set",					\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { (a_last) != 0, a_last, 1 },			\
	.more_keys = a_more,						\
	.run     = a_run,						\
}

#define COST "O(log(N)*M) where N is the number of members and M that of "  \
	"those popped"

struct command cmd_zset_pop_rows[] = {
	ROW("zpopmin", "key [count]",
	    "Returns and removes the members with the lowest scores.", "5.0.0",
	    COST, -2, CMD_WRITE | CMD_FAST, 1, NULL, cmd_zpopmin),
	ROW("zpopmax", "key [count]",
	    "Returns and removes the members with the highest scores.",
	    "5.0.0", COST, -2, CMD_WRITE | CMD_FAST, 1, NULL, cmd_zpopmax),
	ROW("bzpopmin", "key [key ...] timeout",
	    "Like ZPOPMIN, and waits if there is nothing.", "5.0.0", COST, -3,
	    CMD_WRITE | CMD_FAST | CMD_BLOCKING, -2, NULL, cmd_bzpopmin),
	ROW("bzpopmax", "key [key ...] timeout",
	    "Like ZPOPMAX, and waits if there is nothing.", "5.0.0", COST, -3,
	    CMD_WRITE | CMD_FAST | CMD_BLOCKING, -2, NULL, cmd_bzpopmax),
	ROW("zmpop", "numkeys key [key ...] <MIN | MAX> [COUNT count]",
	    "Pops from the first of several keys that has something.",
	    "7.0.0", COST, -4, CMD_WRITE, 0, command_keys_counted_1,
	    cmd_zmpop),
	ROW("bzmpop", "timeout numkeys key [key ...] <MIN | MAX> "
	    "[COUNT count]",
	    "Like ZMPOP, and waits if there is nothing.", "7.0.0", COST, -5,
	    CMD_WRITE | CMD_BLOCKING, 0, command_keys_counted_2, cmd_bzmpop),
	ROW("zrandmember", "key [count [WITHSCORES]]",
	    "Returns members chosen at random.", "6.2.0",
	    "O(N) where N is the number of members", -2, CMD_READ, 1, NULL,
	    cmd_zrandmember),
	{ .name = NULL },
};
