/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: members and their scores.
 */
#include "base/mem.h"
#include "commands/registry.h"
#include "commands/scan.h"
#include "commands/zrange.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/zset.h"

enum {
	ADD_NX		= 1 << 0,
	ADD_XX		= 1 << 1,
	ADD_GT		= 1 << 2,
	ADD_LT		= 1 << 3,
	ADD_CH		= 1 << 4,	/* answer with how many changed */
	ADD_INCR	= 1 << 5,
};

/* So many scores need no memory. */
enum { FEW = 16 };

enum outcome {
	KEPT = ZSET_KEPT, ADDED = ZSET_ADDED, UPDATED = ZSET_UPDATED,
	NOTHING, NOT_A_NUMBER
};

/* The options from argument 2 on; returns the argument behind them. */
static size_t
read_options(struct call *c, unsigned *options)
{
	static const struct {
		const char	*word;
		unsigned	 flag;
	} words[] = {
		{ "nx", ADD_NX }, { "xx", ADD_XX }, { "gt", ADD_GT },
		{ "lt", ADD_LT }, { "ch", ADD_CH }, { "incr", ADD_INCR },
	};
	enum { WORDS = sizeof(words) / sizeof(words[0]) };
	size_t i, k;

	*options = 0;
	for (i = 2; i < c->argc; i++) {
		/* Most scores are seen to be no option by their first byte. */
		if (call_arg(c, i).length != 0 &&
		    call_arg(c, i).data[0] <= '9')
			break;
		for (k = 0; k < WORDS && !call_arg_is(c, i, words[k].word);
		    k++)
			;
		if (k == WORDS)
			break;
		*options |= words[k].flag;
	}
	return (i);
}

/* Whether options and the number of pairs go together; false: answered. */
static bool
options_fit(struct call *c, unsigned options, size_t left)
{
	if (left == 0 || left % 2 != 0)
		reply_error(c->reply, ERR_SYNTAX);
	else if ((options & ADD_NX) != 0 && (options & ADD_XX) != 0)
		reply_error(c->reply, "ERR XX and NX options at the same time "
		    "are not compatible");
	else if (((options & ADD_GT) != 0) + ((options & ADD_LT) != 0) +
	    ((options & ADD_NX) != 0) > 1)
		reply_error(c->reply, "ERR GT, LT, and/or NX options at the "
		    "same time are not compatible");
	else if ((options & ADD_INCR) != 0 && left != 2)
		reply_error(c->reply, "ERR INCR option supports a single "
		    "increment-element pair");
	else
		return (true);
	return (false);
}

/* Redis, too, forgets the sign of a zero in a small sorted set. */
static double
unsigned_zero(double score)
{
	return (score == 0 ? 0 : score);
}

/* *score is the member's afterwards. */
static enum outcome
put(struct zset **z, unsigned options, struct bytes member, double *score)
{
	double was;

	if ((options & ~(unsigned)ADD_CH) == 0 ||
	    !zset_score(*z, member, &was)) {
		if ((options & ADD_XX) != 0)
			return (NOTHING);
		return ((enum outcome)zset_put(z, member,
		    unsigned_zero(*score)));
	}
	if ((options & ADD_NX) != 0)
		return (NOTHING);
	if ((options & ADD_INCR) != 0)
		*score += was;
	if (*score != *score)
		return (NOT_A_NUMBER);
	if (((options & ADD_GT) != 0 && *score <= was) ||
	    ((options & ADD_LT) != 0 && *score >= was))
		return (NOTHING);
	if (*score == was)
		return (KEPT);
	zset_put(z, member, unsigned_zero(*score));
	return (UPDATED);
}

static void
reply_added(struct call *c, unsigned options, enum outcome last, double score,
    int64_t added, int64_t updated)
{
	if (last == NOT_A_NUMBER)
		reply_error(c->reply,
		    "ERR resulting score is not a number (NaN)");
	else if ((options & ADD_INCR) == 0)
		reply_integer(c->reply, (options & ADD_CH) != 0 ?
		    added + updated : added);
	else if (last == NOTHING)
		reply_null(c->reply);
	else
		reply_score(c->reply, score);
}

/* ZADD and ZINCRBY: pairs from argument i on. */
static void
add(struct call *c, unsigned options, size_t i)
{
	int64_t added = 0, updated = 0;
	enum outcome last = NOTHING;
	double score = 0, few[FEW], *scores;
	struct value v;
	size_t k, n = (c->argc - i) / 2;

	scores = n <= FEW ? few : mem_alloc(n * sizeof(*scores));
	for (k = 0; k < n; k++) {
		if (!call_double(c, i + 2 * k, &scores[k]))
			goto done;
	}
	if (!key_make(c, 1, VALUE_ZSET, &v))
		goto done;
	for (k = 0; k < n && last != NOT_A_NUMBER; k++) {
		score = scores[k];
		last = put(&v.zset, options, call_arg(c, i + 2 * k + 1),
		    &score);
		added += last == ADDED;
		updated += last == UPDATED;
	}
	reply_added(c, options, last, score, added, updated);
	if (added + updated != 0 || zset_length(v.zset) == 0)
		key_store(c, 1, &v);
	if (added + updated != 0)
		call_event(c, EVENT_ZSET, (options & ADD_INCR) != 0 ? "zincr" :
		    "zadd", 1);
done:
	if (scores != few)
		mem_free(scores);
}

static void
cmd_zadd(struct call *c)
{
	unsigned options;
	size_t i = read_options(c, &options);

	if (options_fit(c, options, c->argc - i))
		add(c, options, i);
}

static void
cmd_zincrby(struct call *c)
{
	add(c, ADD_INCR, 2);
}

/* A key that was changed by removing: tell, and whether it is gone. */
static void
removed(struct call *c, struct value *v, const char *event)
{
	call_event(c, EVENT_ZSET, event, 1);
	if (!key_store(c, 1, v))
		call_event(c, EVENT_GENERIC, "del", 1);
}

static void
cmd_zrem(struct call *c)
{
	struct value v;
	int64_t n = 0;
	size_t i;

	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	for (i = 2; v.type != VALUE_NONE && i < c->argc; i++)
		n += zset_remove(&v.zset, call_arg(c, i));
	if (n != 0)
		removed(c, &v, "zrem");
	reply_integer(c->reply, n);
}

static void
remove_range(struct call *c, enum zrange_by by, const char *event)
{
	struct zranks ranks = { 0, 0 };
	struct zrange range;
	struct value v;

	if (!zrange_read(c, by, 2, 3, &range) ||
	    !key_typed(c, 1, VALUE_ZSET, &v))
		return;
	if (v.type != VALUE_NONE)
		ranks = zrange_ranks(&range, v.zset);
	if (ranks.count != 0) {
		zset_remove_ranks(&v.zset, ranks.start, ranks.count);
		removed(c, &v, event);
	}
	reply_integer(c->reply, (int64_t)ranks.count);
}

static void
cmd_zremrangebyrank(struct call *c)
{
	remove_range(c, ZRANGE_BY_RANK, "zremrangebyrank");
}

static void
cmd_zremrangebyscore(struct call *c)
{
	remove_range(c, ZRANGE_BY_SCORE, "zremrangebyscore");
}

static void
cmd_zremrangebylex(struct call *c)
{
	remove_range(c, ZRANGE_BY_LEX, "zremrangebylex");
}

static void
count_range(struct call *c, enum zrange_by by)
{
	struct zrange range;
	struct value v;

	if (!zrange_read(c, by, 2, 3, &range) ||
	    !key_typed(c, 1, VALUE_ZSET, &v))
		return;
	reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
	    (int64_t)zrange_ranks(&range, v.zset).count);
}

static void
cmd_zcount(struct call *c)
{
	count_range(c, ZRANGE_BY_SCORE);
}

static void
cmd_zlexcount(struct call *c)
{
	count_range(c, ZRANGE_BY_LEX);
}

static void
cmd_zcard(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_ZSET, &v))
		reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
		    (int64_t)zset_length(v.zset));
}

static void
reply_score_of(struct call *c, const struct value *v, struct bytes member)
{
	double score;

	if (v->type != VALUE_NONE && zset_score(v->zset, member, &score))
		reply_score(c->reply, score);
	else
		reply_null(c->reply);
}

static void
cmd_zscore(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_ZSET, &v))
		reply_score_of(c, &v, call_arg(c, 2));
}

static void
cmd_zmscore(struct call *c)
{
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++)
		reply_score_of(c, &v, call_arg(c, i));
}

static void
reply_rank(struct call *c, bool reversed)
{
	struct value v;
	double score;
	size_t rank;

	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	if (v.type == VALUE_NONE ||
	    !zset_rank(v.zset, call_arg(c, 2), &rank, &score))
		reply_null(c->reply);
	else
		reply_integer(c->reply, (int64_t)(reversed ?
		    zset_length(v.zset) - 1 - rank : rank));
}

static void
cmd_zrank(struct call *c)
{
	reply_rank(c, false);
}

static void
cmd_zrevrank(struct call *c)
{
	reply_rank(c, true);
}

struct found {
	struct call	*call;
	struct scan	 scan;
	size_t		 count;
};

static void
find(struct bytes member, double score, void *arg)
{
	struct found *f = arg;
	char text[NUMBER_SIZE];

	if (!scan_matches(&f->scan, member))
		return;
	reply_bulk(f->call->reply, member);
	/* A string in RESP3, too. */
	reply_bulk(f->call->reply, bytes_make(text,
	    reply_format_score(text, score)));
	f->count += 2;
}

static void
cmd_zscan(struct call *c)
{
	struct found f = { .call = c };
	size_t mark = reply_mark(c->reply);
	uint64_t next = 0;
	struct value v;

	if (!scan_read_cursor(c, 2, &f.scan) ||
	    !key_typed(c, 1, VALUE_ZSET, &v))
		return;
	if (v.type != VALUE_NONE) {
		if (!scan_read_options(c, 3, 0, &f.scan))
			return;
		next = zset_scan(v.zset, f.scan.cursor, f.scan.count, find,
		    &f);
	}
	scan_reply(c, mark, next, f.count);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_run) {								\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "sorted-set",					\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
}

#define LOG_N "O(log(N)) where N is the number of members"
#define LOG_N_M "O(log(N)+M) where N is the number of members and M that of " \
	"those removed"

struct command cmd_zset_rows[] = {
	ROW("zadd", "key [NX | XX] [GT | LT] [CH] [INCR] score member "
	    "[score member ...]",
	    "Gives members a score.", "1.2.0", LOG_N " for each", -4,
	    CMD_WRITE | CMD_DENY_OOM | CMD_FAST, cmd_zadd),
	ROW("zincrby", "key increment member", "Adds to a member's score.",
	    "1.2.0", LOG_N, 4, CMD_WRITE | CMD_DENY_OOM | CMD_FAST,
	    cmd_zincrby),
	ROW("zrem", "key member [member ...]", "Removes members.", "1.2.0",
	    LOG_N " for each", -3, CMD_WRITE | CMD_FAST, cmd_zrem),
	ROW("zremrangebyrank", "key start stop",
	    "Removes the members in a range of ranks.", "2.0.0", LOG_N_M, 4,
	    CMD_WRITE, cmd_zremrangebyrank),
	ROW("zremrangebyscore", "key min max",
	    "Removes the members in a range of scores.", "1.2.0", LOG_N_M, 4,
	    CMD_WRITE, cmd_zremrangebyscore),
	ROW("zremrangebylex", "key min max",
	    "Removes the members in a range of bytes.", "2.8.9", LOG_N_M, 4,
	    CMD_WRITE, cmd_zremrangebylex),
	ROW("zcount", "key min max", "Counts the members in a range of scores.",
	    "2.0.0", LOG_N, 4, CMD_READ | CMD_FAST, cmd_zcount),
	ROW("zlexcount", "key min max",
	    "Counts the members in a range of bytes.", "2.8.9", LOG_N, 4,
	    CMD_READ | CMD_FAST, cmd_zlexcount),
	ROW("zcard", "key", "Returns the number of members.", "1.2.0", "O(1)",
	    2, CMD_READ | CMD_FAST, cmd_zcard),
	ROW("zscore", "key member", "Returns a member's score.", "1.2.0",
	    "O(1)", 3, CMD_READ | CMD_FAST, cmd_zscore),
	ROW("zmscore", "key member [member ...]", "Returns members' scores.",
	    "6.2.0", "O(N) where N is the number of members named", -3,
	    CMD_READ | CMD_FAST, cmd_zmscore),
	ROW("zrank", "key member",
	    "Returns a member's rank, counted from the lowest.", "2.0.0",
	    LOG_N, 3, CMD_READ | CMD_FAST, cmd_zrank),
	ROW("zrevrank", "key member",
	    "Returns a member's rank, counted from the highest.", "2.0.0",
	    LOG_N, 3, CMD_READ | CMD_FAST, cmd_zrevrank),
	ROW("zscan", "key cursor [MATCH pattern] [COUNT count]",
	    "Walks over the members and scores, some at each call.", "2.8.0",
	    "O(1) for every call, O(N) for all", -3, CMD_READ, cmd_zscan),
	{ .name = NULL },
};
