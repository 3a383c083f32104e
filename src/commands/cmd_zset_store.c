/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: unions, intersections and differences, of sorted sets and of
 * sets, whose members count as having a score of 1.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "commands/registry.h"
#include "commands/zrange.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/dict.h"
#include "value/zset.h"

enum operation { UNION, INTER, DIFF };
enum aggregate { SUM, MIN, MAX };

struct source {
	struct value	v;		/* a set, a sorted set, or none */
	double		weight;
	size_t		order;		/* as it was given */
};

struct algebra {
	enum operation	operation;
	enum aggregate	aggregate;
	bool		stores;
	bool		counts;		/* ZINTERCARD */
	bool		with_scores;
	int64_t		limit;		/* ZINTERCARD's; 0: none */
	struct source	*sources;
	size_t		 count;
};

static size_t
length_of(const struct source *s)
{
	return (s->v.type == VALUE_NONE ? 0 : value_count(&s->v));
}

static bool
score_in(const struct source *s, struct bytes member, double *score)
{
	*score = 1;
	if (s->v.type == VALUE_ZSET)
		return (zset_score(s->v.zset, member, score));
	return (s->v.type == VALUE_SET && dict_has(s->v.dict, member));
}

typedef void each(void *arg, struct bytes member, double score);

static void
each_member(const struct source *s, each *visit, void *arg)
{
	char digits[NUMBER_SIZE];
	struct zset_iter zset;
	struct dict_iter set;
	struct bytes text;

	if (s->v.type == VALUE_ZSET) {
		zset_start(&zset, s->v.zset, 0, false);
		while (zset_next(&zset))
			visit(arg, zset.member, zset.score);
	} else if (s->v.type == VALUE_SET) {
		for (dict_start(&set, s->v.dict); dict_next(&set); ) {
			if (value_text(&set.key, &text, digits))
				visit(arg, text, 1);
		}
	}
}

/* numkeys at argument i, and the keys; false: answered. */
static bool
read_keys(struct call *c, size_t i, struct algebra *a)
{
	struct source *s;
	int64_t n;
	size_t k;

	if (!call_integer(c, i, &n))
		return (false);
	if (n < 1) {
		reply_error(c->reply, "ERR at least 1 input key is needed for "
		    "'%s' command", c->command->full_name);
		return (false);
	}
	if ((uint64_t)n > c->argc - i - 1) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	a->count = (size_t)n;
	a->sources = mem_alloc(a->count * sizeof(*a->sources));
	for (k = 0; k < a->count; k++) {
		s = &a->sources[k];
		*s = (struct source){ key_get(c, i + 1 + k), 1, k };
		if (s->v.type != VALUE_NONE && s->v.type != VALUE_ZSET &&
		    s->v.type != VALUE_SET) {
			reply_error(c->reply, ERR_WRONG_TYPE);
			return (false);
		}
	}
	return (true);
}

static bool
read_weights(struct call *c, size_t i, struct algebra *a)
{
	size_t k;

	for (k = 0; k < a->count; k++) {
		if (number_parse_double(call_arg(c, i + k),
		    &a->sources[k].weight) && !isnan(a->sources[k].weight))
			continue;
		reply_error(c->reply, "ERR weight value is not a float");
		return (false);
	}
	return (true);
}

static bool
read_aggregate(struct call *c, size_t i, struct algebra *a)
{
	if (call_arg_is(c, i, "sum"))
		a->aggregate = SUM;
	else if (call_arg_is(c, i, "min"))
		a->aggregate = MIN;
	else if (call_arg_is(c, i, "max"))
		a->aggregate = MAX;
	else {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	return (true);
}

static bool
read_limit(struct call *c, size_t i, struct algebra *a)
{
	if (number_parse(call_arg(c, i), &a->limit) && a->limit >= 0)
		return (true);
	reply_error(c->reply, "ERR LIMIT can't be negative");
	return (false);
}

static bool
read_options(struct call *c, size_t i, struct algebra *a)
{
	bool aggregates = a->operation != DIFF && !a->counts;

	while (i < c->argc) {
		size_t left = c->argc - i;

		if (aggregates && left >= a->count + 1 &&
		    call_arg_is(c, i, "weights")) {
			if (!read_weights(c, i + 1, a))
				return (false);
			i += a->count + 1;
		} else if (aggregates && left >= 2 &&
		    call_arg_is(c, i, "aggregate")) {
			if (!read_aggregate(c, i + 1, a))
				return (false);
			i += 2;
		} else if (!a->stores && !a->counts &&
		    call_arg_is(c, i, "withscores")) {
			a->with_scores = true;
			i++;
		} else if (a->counts && left >= 2 &&
		    call_arg_is(c, i, "limit")) {
			if (!read_limit(c, i + 1, a))
				return (false);
			i += 2;
		} else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

/* Infinity minus itself, and nothing times infinity, are 0, as in Redis. */
static double
no_nan(double score)
{
	return (isnan(score) ? 0 : score);
}

static double
aggregate(enum aggregate how, double a, double b)
{
	switch (how) {
	case MIN:
		return (b < a ? b : a);
	case MAX:
		return (b > a ? b : a);
	default:
		return (no_nan(a + b));
	}
}

struct work {
	struct algebra	*algebra;
	const struct source *source;	/* whose members are visited */
	struct zset	*result;
	size_t		 count;		/* ZINTERCARD's */
};

static void
unite(void *arg, struct bytes member, double score)
{
	struct work *w = arg;
	double sum;

	score = no_nan(score * w->source->weight);
	if (zset_score(w->result, member, &sum))
		score = aggregate(w->algebra->aggregate, sum, score);
	zset_put(&w->result, member, score);
}

static void
intersect(void *arg, struct bytes member, double score)
{
	struct work *w = arg;
	struct algebra *a = w->algebra;
	const struct source *s;
	double other;
	size_t i;

	if (a->limit != 0 && w->count >= (uint64_t)a->limit)
		return;
	score = no_nan(score * w->source->weight);
	for (i = 1; i < a->count; i++) {
		s = &a->sources[i];
		if (!score_in(s, member, &other))
			return;
		score = aggregate(a->aggregate, score,
		    no_nan(other * s->weight));
	}
	w->count++;
	if (!a->counts)
		zset_put(&w->result, member, score);
}

static void
subtract(void *arg, struct bytes member, double score)
{
	struct work *w = arg;
	double other;
	size_t i;

	for (i = 1; i < w->algebra->count; i++) {
		if (score_in(&w->algebra->sources[i], member, &other))
			return;
	}
	zset_put(&w->result, member, score);
}

/* The smallest first: the sums of floats depend on it. */
static int
compare(const void *x, const void *y)
{
	const struct source *a = x, *b = y;
	size_t m = length_of(a), n = length_of(b);

	if (m != n)
		return (m < n ? -1 : 1);
	return (a->order < b->order ? -1 : a->order > b->order);
}

static void
compute(struct algebra *a, struct work *w)
{
	size_t i;

	*w = (struct work){ .algebra = a, .result = zset_new() };
	if (a->operation != DIFF)
		qsort(a->sources, a->count, sizeof(*a->sources), compare);
	w->source = &a->sources[0];
	switch (a->operation) {
	case UNION:
		for (i = 0; i < a->count; i++) {
			w->source = &a->sources[i];
			each_member(w->source, unite, w);
		}
		break;
	case INTER:
		each_member(w->source, intersect, w);
		break;
	case DIFF:
		each_member(w->source, subtract, w);
		break;
	}
}

static void
answer(struct call *c, const struct algebra *a, const struct zset *z)
{
	struct zset_iter it;

	zrange_reply_header(c, zset_length(z), a->with_scores);
	for (zset_start(&it, z, 0, false); zset_next(&it); )
		zrange_reply_one(c, it.member, it.score, a->with_scores,
		    false);
}

static void
store(struct call *c, const struct algebra *a, struct zset **result)
{
	static const char *const events[] = {
		[UNION] = "zunionstore",
		[INTER] = "zinterstore",
		[DIFF]  = "zdiffstore",
	};
	struct value v = { .type = VALUE_ZSET, .zset = *result };
	size_t n = zset_length(*result);

	if (n != 0) {
		*result = NULL;
		key_set(c, 1, &v, 0);
		call_event(c, EVENT_ZSET, events[a->operation], 1);
	} else if (key_delete(c, 1))
		call_event(c, EVENT_GENERIC, "del", 1);
	reply_integer(c->reply, (int64_t)n);
}

/* numkeys is argument i. */
static void
run(struct call *c, size_t i, struct algebra a)
{
	struct work w;

	if (read_keys(c, i, &a) && read_options(c, i + 1 + a.count, &a)) {
		compute(&a, &w);
		if (a.counts)
			reply_integer(c->reply, (int64_t)w.count);
		else if (a.stores)
			store(c, &a, &w.result);
		else
			answer(c, &a, w.result);
		zset_free(w.result);
	}
	mem_free(a.sources);
}

static void
cmd_zunion(struct call *c)
{
	run(c, 1, (struct algebra){ .operation = UNION });
}

static void
cmd_zinter(struct call *c)
{
	run(c, 1, (struct algebra){ .operation = INTER });
}

static void
cmd_zdiff(struct call *c)
{
	run(c, 1, (struct algebra){ .operation = DIFF });
}

static void
cmd_zunionstore(struct call *c)
{
	run(c, 2, (struct algebra){ .operation = UNION, .stores = true });
}

static void
cmd_zinterstore(struct call *c)
{
	run(c, 2, (struct algebra){ .operation = INTER, .stores = true });
}

static void
cmd_zdiffstore(struct call *c)
{
	run(c, 2, (struct algebra){ .operation = DIFF, .stores = true });
}

static void
cmd_zintercard(struct call *c)
{
	run(c, 1, (struct algebra){ .operation = INTER, .counts = true });
}

#define READS(a_name, a_syntax, a_summary, a_since, a_run) {		\
	.name    = a_name,						\
	.syntax  = "numkeys key [key ...]" a_syntax,			\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "sorted-set",					\
	.cost    = "O(N*log(N)) where N is the number of all members",	\
	.arity   = -3,							\
	.flags   = CMD_READ,						\
	.more_keys = command_keys_counted_1,				\
	.run     = a_run,						\
}

#define STORES(a_name, a_syntax, a_summary, a_since, a_run) {		\
	.name    = a_name,						\
	.syntax  = "destination numkeys key [key ...]" a_syntax,	\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "sorted-set",					\
	.cost    = "O(N*log(N)) where N is the number of all members",	\
	.arity   = -4,							\
	.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,			\
	.keys    = { 1, 1, 1 },						\
	.more_keys = command_keys_counted_2,				\
	.run     = a_run,						\
}

#define AGGREGATE " [WEIGHTS weight [weight ...]] "			\
	"[AGGREGATE <SUM | MIN | MAX>]"

struct command cmd_zset_store_rows[] = {
	READS("zunion", AGGREGATE " [WITHSCORES]",
	    "Returns the union of sorted sets.", "6.2.0", cmd_zunion),
	READS("zinter", AGGREGATE " [WITHSCORES]",
	    "Returns what sorted sets have in common.", "6.2.0", cmd_zinter),
	READS("zdiff", " [WITHSCORES]",
	    "Returns what only the first sorted set has.", "6.2.0", cmd_zdiff),
	READS("zintercard", " [LIMIT limit]",
	    "Counts what sorted sets have in common.", "7.0.0",
	    cmd_zintercard),
	STORES("zunionstore", AGGREGATE, "Stores the union of sorted sets.",
	    "2.0.0", cmd_zunionstore),
	STORES("zinterstore", AGGREGATE,
	    "Stores what sorted sets have in common.", "2.0.0",
	    cmd_zinterstore),
	STORES("zdiffstore", "", "Stores what only the first sorted set has.",
	    "6.2.0", cmd_zdiffstore),
	{ .name = NULL },
};
