/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: ranges of them, read or stored.  Every command here is one of
 * the forms of ZRANGE.
 */
#include "commands/registry.h"
#include "commands/zrange.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/zset.h"

struct query {
	enum zrange_by	by;
	bool		any_form;	/* BYSCORE, BYLEX and REV may be said */
	bool		reversed;
	bool		with_scores;
	bool		stores;		/* argument 1 is where to */
	int64_t		offset;
	int64_t		limit;		/* -1: none */
};

/* The option at argument i; moves i to its last argument. */
static bool
read_option(struct call *c, size_t *i, struct query *q)
{
	if (!q->stores && call_arg_is(c, *i, "withscores"))
		q->with_scores = true;
	else if (call_arg_is(c, *i, "limit") && *i + 2 < c->argc) {
		if (!call_integer(c, *i + 1, &q->offset) ||
		    !call_integer(c, *i + 2, &q->limit))
			return (false);
		*i += 2;
	} else if (q->any_form && !q->reversed && call_arg_is(c, *i, "rev"))
		q->reversed = true;
	else if (q->any_form && q->by == ZRANGE_BY_RANK &&
	    call_arg_is(c, *i, "byscore"))
		q->by = ZRANGE_BY_SCORE;
	else if (q->any_form && q->by == ZRANGE_BY_RANK &&
	    call_arg_is(c, *i, "bylex"))
		q->by = ZRANGE_BY_LEX;
	else {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	return (true);
}

static bool
read_options(struct call *c, size_t i, struct query *q)
{
	for (; i < c->argc; i++) {
		if (!read_option(c, &i, q))
			return (false);
	}
	if (q->limit != -1 && q->by == ZRANGE_BY_RANK)
		reply_error(c->reply, "ERR syntax error, LIMIT is only "
		    "supported in combination with either BYSCORE or BYLEX");
	else if (q->with_scores && q->by == ZRANGE_BY_LEX)
		reply_error(c->reply, "ERR syntax error, WITHSCORES not "
		    "supported in combination with BYLEX");
	else
		return (true);
	return (false);
}

/* Those of the ranks that LIMIT leaves. */
static struct zranks
cut(const struct query *q, struct zranks r)
{
	size_t skip = (size_t)q->offset;

	if (q->by == ZRANGE_BY_RANK)
		return (r);
	if (q->offset < 0 || skip >= r.count)
		return ((struct zranks){ 0, 0 });
	r.count -= skip;
	if (!q->reversed)
		r.start += skip;
	if (q->limit >= 0 && (uint64_t)q->limit < r.count) {
		if (q->reversed)
			r.start += r.count - (size_t)q->limit;
		r.count = (size_t)q->limit;
	}
	return (r);
}

static void
answer(struct call *c, const struct query *q, const struct zset *z,
    struct zranks r)
{
	struct zset_iter it;

	zrange_reply_header(c, r.count, q->with_scores);
	if (r.count == 0)
		return;
	zset_start(&it, z, q->reversed ? r.start + r.count - 1 : r.start,
	    q->reversed);
	for (; r.count != 0 && zset_next(&it); r.count--)
		zrange_reply_one(c, it.member, it.score, q->with_scores,
		    false);
}

static void
store(struct call *c, const struct zset *z, struct zranks r)
{
	struct value v = value_new(VALUE_ZSET);
	struct zset_iter it;
	size_t n = r.count;

	if (n != 0)
		zset_start(&it, z, r.start, false);
	for (; r.count != 0 && zset_next(&it); r.count--)
		zset_put(&v.zset, it.member, it.score);
	if (n == 0) {
		value_free(&v);
		if (key_delete(c, 1))
			call_event(c, EVENT_GENERIC, "del", 1);
	} else {
		key_set(c, 1, &v, 0);
		call_event(c, EVENT_ZSET, "zrangestore", 1);
	}
	reply_integer(c->reply, (int64_t)n);
}

static void
run(struct call *c, struct query q)
{
	size_t key = q.stores ? 2 : 1, low = key + 1, high = key + 2;
	struct zranks ranks = { 0, 0 };
	struct zrange range;
	struct value v;

	q.limit = -1;
	if (!read_options(c, key + 3, &q))
		return;
	if (q.reversed && q.by != ZRANGE_BY_RANK) {
		low = key + 2;
		high = key + 1;
	}
	if (!zrange_read(c, q.by, low, high, &range) ||
	    !key_typed(c, key, VALUE_ZSET, &v))
		return;
	if (v.type != VALUE_NONE)
		ranks = cut(&q, q.reversed ?
		    zrange_ranks_reversed(&range, v.zset) :
		    zrange_ranks(&range, v.zset));
	if (q.stores)
		store(c, v.zset, ranks);
	else
		answer(c, &q, v.zset, ranks);
}

static void
cmd_zrange(struct call *c)
{
	run(c, (struct query){ .any_form = true });
}

static void
cmd_zrangestore(struct call *c)
{
	run(c, (struct query){ .any_form = true, .stores = true });
}

static void
cmd_zrevrange(struct call *c)
{
	run(c, (struct query){ .reversed = true });
}

static void
cmd_zrangebyscore(struct call *c)
{
	run(c, (struct query){ .by = ZRANGE_BY_SCORE });
}

static void
cmd_zrevrangebyscore(struct call *c)
{
	run(c, (struct query){ .by = ZRANGE_BY_SCORE, .reversed = true });
}

static void
cmd_zrangebylex(struct call *c)
{
	run(c, (struct query){ .by = ZRANGE_BY_LEX });
}

static void
cmd_zrevrangebylex(struct call *c)
{
	run(c, (struct query){ .by = ZRANGE_BY_LEX, .reversed = true });
}

#define COST "O(log(N)+M) where N is the number of members and M that of "  \
	"those returned"

#define ROW(a_name, a_syntax, a_summary, a_since, a_run) {		\
	.name    = a_name,						\
	.syntax  = "key " a_syntax,					\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "sorted-set",					\
	.cost    = COST,						\
	.arity   = -4,							\
	.flags   = CMD_READ,						\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
}

struct command cmd_zset_range_rows[] = {
	ROW("zrange", "start stop [BYSCORE | BYLEX] [REV] "
	    "[LIMIT offset count] [WITHSCORES]",
	    "Returns the members in a range.", "1.2.0", cmd_zrange),
	ROW("zrevrange", "start stop [WITHSCORES]",
	    "Returns a range of ranks from the highest on.", "1.2.0",
	    cmd_zrevrange),
	ROW("zrangebyscore", "min max [WITHSCORES] [LIMIT offset count]",
	    "Returns the members in a range of scores.", "1.0.5",
	    cmd_zrangebyscore),
	ROW("zrevrangebyscore", "max min [WITHSCORES] [LIMIT offset count]",
	    "Returns a range of scores from the highest on.", "2.2.0",
	    cmd_zrevrangebyscore),
	ROW("zrangebylex", "min max [LIMIT offset count]",
	    "Returns the members in a range of bytes.", "2.8.9",
	    cmd_zrangebylex),
	ROW("zrevrangebylex", "max min [LIMIT offset count]",
	    "Returns a range of bytes from the highest on.", "2.8.9",
	    cmd_zrevrangebylex),
	{
		.name    = "zrangestore",
		.syntax  = "dst src min max [BYSCORE | BYLEX] [REV] "
		    "[LIMIT offset count]",
		.summary = "Stores the members in a range in another key.",
		.since   = "6.2.0",
		.group   = "sorted-set",
		.cost    = COST,
		.arity   = -5,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 1, 2, 1 },
		.run     = cmd_zrangestore,
	},
	{ .name = NULL },
};
