/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists: pushing, popping, reading and changing.
 */
#include "commands/registry.h"
#include "commands/listing.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/list.h"

/* LPUSH and its like: the values from argument 2 on. */
static void
push(struct call *c, bool front, bool only_if_there)
{
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type == VALUE_NONE && only_if_there) {
		reply_integer(c->reply, 0);
		return;
	}
	if (v.type == VALUE_NONE)
		key_make_new(c, 1, VALUE_LIST, &v);
	for (i = 2; i < c->argc; i++) {
		if (front)
			list_push_front(&v.list, &c->args[i]);
		else
			list_push(&v.list, &c->args[i]);
	}
	reply_integer(c->reply, (int64_t)list_length(v.list));
	key_store(c, 1, &v);
	call_event(c, EVENT_LIST, front ? "lpush" : "rpush", 1);
}

static void
cmd_lpush(struct call *c)
{
	push(c, true, false);
}

static void
cmd_rpush(struct call *c)
{
	push(c, false, false);
}

static void
cmd_lpushx(struct call *c)
{
	push(c, true, true);
}

static void
cmd_rpushx(struct call *c)
{
	push(c, false, true);
}

static void
pop(struct call *c, bool front)
{
	char digits[NUMBER_SIZE];
	struct value v, item;
	int64_t n = 1;

	if (c->argc > 3) {
		call_wrong_arity(c);
		return;
	}
	if (c->argc == 3 && !call_count(c, 2, &n))
		return;
	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type == VALUE_NONE) {
		if (c->argc == 3)
			reply_null_array(c->reply);
		else
			reply_null(c->reply);
		return;
	}
	if (c->argc == 3) {
		listing_pop(c, 1, &v, front, (uint64_t)n);
		return;
	}
	item = list_peek(v.list, front, digits);
	reply_value(c->reply, &item);
	list_drop(&v.list, front);
	listing_removed(c, 1, &v, front ? "lpop" : "rpop");
}

static void
cmd_lpop(struct call *c)
{
	pop(c, true);
}

static void
cmd_rpop(struct call *c)
{
	pop(c, false);
}

static void
cmd_llen(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_LIST, &v))
		reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
		    (int64_t)list_length(v.list));
}

/*
 * Elements [*start, *start + *count) of length, given the first and the last,
 * counted from the end if negative.
 */
static void
between(int64_t first, int64_t last, size_t length, size_t *start,
    size_t *count)
{
	int64_t n = (int64_t)length;

	if (first < 0)
		first += n;
	if (last < 0)
		last += n;
	if (first < 0)
		first = 0;
	*start = *count = 0;
	if (first > last || first >= n)
		return;
	if (last >= n)
		last = n - 1;
	*start = (size_t)first;
	*count = (size_t)(last - first + 1);
}

static void
cmd_lrange(struct call *c)
{
	size_t start = 0, count = 0;
	struct list_iter it;
	int64_t first, last;
	struct value v;

	if (!call_integer(c, 2, &first) || !call_integer(c, 3, &last) ||
	    !key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type != VALUE_NONE)
		between(first, last, list_length(v.list), &start, &count);
	reply_array(c->reply, count);
	if (count == 0)
		return;
	list_start(&it, v.list, start, false);
	for (; count != 0 && list_next(&it); count--)
		reply_value(c->reply, &it.value);
}

/* The element that argument i counts; false if there is none such. */
static bool
find_index(const struct value *v, int64_t i, size_t *index)
{
	int64_t n = (int64_t)list_length(v->list);

	if (i < 0)
		i += n;
	*index = (size_t)i;
	return (i >= 0 && i < n);
}

static void
cmd_lindex(struct call *c)
{
	char digits[NUMBER_SIZE];
	struct value v, item;
	size_t index;
	int64_t i;

	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type == VALUE_NONE) {
		reply_null(c->reply);
		return;
	}
	if (!call_integer(c, 2, &i))
		return;
	if (!find_index(&v, i, &index)) {
		reply_null(c->reply);
		return;
	}
	item = list_get(v.list, index, digits);
	reply_value(c->reply, &item);
}

static void
cmd_lset(struct call *c)
{
	struct value v;
	size_t index;
	int64_t i;

	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type == VALUE_NONE)
		reply_error(c->reply, ERR_NO_SUCH_KEY);
	else if (!call_integer(c, 2, &i))
		return;
	else if (!find_index(&v, i, &index))
		reply_error(c->reply, ERR_OUT_OF_RANGE);
	else {
		list_set(&v.list, index, &c->args[3]);
		key_store(c, 1, &v);
		call_event(c, EVENT_LIST, "lset", 1);
		reply_ok(c->reply);
	}
}

static void
cmd_linsert(struct call *c)
{
	bool after = call_arg_is(c, 2, "after");
	struct list_iter it;
	struct value v;

	if (!after && !call_arg_is(c, 2, "before")) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type == VALUE_NONE) {
		reply_integer(c->reply, 0);
		return;
	}
	list_start(&it, v.list, 0, false);
	while (list_next(&it)) {
		if (!listing_same(&it.value, &c->args[3]))
			continue;
		list_insert(&v.list, it.index + after, &c->args[4]);
		key_store(c, 1, &v);
		call_event(c, EVENT_LIST, "linsert", 1);
		reply_integer(c->reply, (int64_t)list_length(v.list));
		return;
	}
	reply_integer(c->reply, -1);
}

/* Remove up to n elements like the value, from the end if from_end. */
static int64_t
remove_like(struct value *v, const struct value *like, uint64_t n,
    bool from_end)
{
	struct list_iter it;
	size_t next = from_end ? list_length(v->list) - 1 : 0;
	int64_t removed = 0;

	while ((uint64_t)removed < n && list_length(v->list) != 0 &&
	    next < list_length(v->list)) {
		list_start(&it, v->list, next, from_end);
		do {
			if (!list_next(&it))
				return (removed);
		} while (!listing_same(&it.value, like));
		list_remove(&v->list, it.index, 1);
		removed++;
		next = from_end ? it.index - 1 : it.index;
	}
	return (removed);
}

static void
cmd_lrem(struct call *c)
{
	int64_t n, removed = 0;
	struct value v;

	if (!call_integer(c, 2, &n) || !key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type != VALUE_NONE)
		removed = remove_like(&v, &c->args[3], n == 0 ? UINT64_MAX :
		    n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0);
	if (removed != 0)
		listing_removed(c, 1, &v, "lrem");
	reply_integer(c->reply, removed);
}

static void
cmd_ltrim(struct call *c)
{
	size_t start, count, length;
	int64_t first, last;
	struct value v;

	if (!call_integer(c, 2, &first) || !call_integer(c, 3, &last) ||
	    !key_typed(c, 1, VALUE_LIST, &v))
		return;
	if (v.type != VALUE_NONE) {
		length = list_length(v.list);
		between(first, last, length, &start, &count);
		list_remove(&v.list, start + count, length - start - count);
		list_remove(&v.list, 0, start);
		listing_removed(c, 1, &v, "ltrim");
	}
	reply_ok(c->reply);
}

/* The successor's: empty a list; how many elements it had. */
static void
cmd_lflush(struct call *c)
{
	struct value v;

	if (!key_typed(c, 1, VALUE_LIST, &v))
		return;
	reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
	    (int64_t)list_length(v.list));
	if (key_delete(c, 1))
		call_event(c, EVENT_GENERIC, "del", 1);
}

struct position {
	int64_t	rank;		/* which of those alike, from the end if < 0 */
	int64_t	count;		/* how many; -1: one, and not as an array */
	int64_t	most;		/* elements to look at; 0: all */
};

static bool
read_position(struct call *c, struct position *p)
{
	size_t i;

	*p = (struct position){ 1, -1, 0 };
	for (i = 3; i < c->argc; i++) {
		bool more = i + 1 < c->argc;

		if (call_arg_is(c, i, "rank") && more) {
			if (!call_integer(c, ++i, &p->rank))
				return (false);
			if (p->rank != 0)
				continue;
			reply_error(c->reply, "ERR RANK can't be zero: use 1 "
			    "to start from the first match, 2 from the second "
			    "... or use negative to start from the end of the "
			    "list");
			return (false);
		} else if (call_arg_is(c, i, "count") && more) {
			if (number_parse(call_arg(c, ++i), &p->count) &&
			    p->count >= 0)
				continue;
			reply_error(c->reply, "ERR COUNT can't be negative");
			return (false);
		} else if (call_arg_is(c, i, "maxlen") && more) {
			if (number_parse(call_arg(c, ++i), &p->most) &&
			    p->most >= 0)
				continue;
			reply_error(c->reply, "ERR MAXLEN can't be negative");
			return (false);
		}
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	return (true);
}

static void
cmd_lpos(struct call *c)
{
	size_t mark = reply_mark(c->reply), found = 0;
	struct position p;
	struct list_iter it;
	int64_t skip, looked = 0;
	struct value v;
	bool back;

	if (!read_position(c, &p) || !key_typed(c, 1, VALUE_LIST, &v))
		return;
	back = p.rank < 0;
	/* Also of the lowest number there is. */
	skip = back ? -(p.rank + 1) : p.rank - 1;
	if (v.type != VALUE_NONE) {
		list_start(&it, v.list, back ? list_length(v.list) - 1 : 0,
		    back);
		while ((p.most == 0 || looked++ < p.most) && list_next(&it)) {
			if (!listing_same(&it.value, &c->args[2]) ||
			    skip-- > 0)
				continue;
			reply_integer(c->reply, (int64_t)it.index);
			found++;
			if (p.count == -1 || (int64_t)found == p.count)
				break;
		}
	}
	if (p.count != -1)
		reply_array_at(c->reply, mark, found);
	else if (found == 0)
		reply_null(c->reply);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_run, ...) {							\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "list",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
	.values  = { __VA_ARGS__ },					\
}

#define N "O(N) where N is the number of elements"
#define PUSHES (CMD_WRITE | CMD_DENY_OOM | CMD_FAST)

struct command cmd_list_rows[] = {
	ROW("lpush", "key element [element ...]",
	    "Puts elements before the first.", "1.0.0", "O(1) for each", -3,
	    PUSHES, cmd_lpush, 2, -1, 1),
	ROW("rpush", "key element [element ...]",
	    "Puts elements behind the last.", "1.0.0", "O(1) for each", -3,
	    PUSHES, cmd_rpush, 2, -1, 1),
	ROW("lpushx", "key element [element ...]",
	    "Like LPUSH, if there is a list.", "2.2.0", "O(1) for each", -3,
	    PUSHES, cmd_lpushx, 2, -1, 1),
	ROW("rpushx", "key element [element ...]",
	    "Like RPUSH, if there is a list.", "2.2.0", "O(1) for each", -3,
	    PUSHES, cmd_rpushx, 2, -1, 1),
	ROW("lpop", "key [count]", "Returns and removes the first elements.",
	    "1.0.0", "O(1) for each", -2, CMD_WRITE | CMD_FAST, cmd_lpop, 0),
	ROW("rpop", "key [count]", "Returns and removes the last elements.",
	    "1.0.0", "O(1) for each", -2, CMD_WRITE | CMD_FAST, cmd_rpop, 0),
	ROW("llen", "key", "Returns how many elements there are.", "1.0.0",
	    "O(1)", 2, CMD_READ | CMD_FAST, cmd_llen, 0),
	ROW("lrange", "key start stop", "Returns a range of elements.",
	    "1.0.0", N, 4, CMD_READ, cmd_lrange, 0),
	ROW("lindex", "key index", "Returns an element by its position.",
	    "1.0.0", N, 3, CMD_READ, cmd_lindex, 0),
	ROW("lset", "key index element", "Replaces an element.", "1.0.0", N,
	    4, CMD_WRITE | CMD_DENY_OOM, cmd_lset, 3, 3, 1),
	ROW("linsert", "key <BEFORE | AFTER> pivot element",
	    "Puts an element beside another.", "2.2.0", N, 5,
	    CMD_WRITE | CMD_DENY_OOM, cmd_linsert, 3, 4, 1),
	ROW("lrem", "key count element", "Removes elements like the given.",
	    "1.0.0", N, 4, CMD_WRITE, cmd_lrem, 3, 3, 1),
	ROW("ltrim", "key start stop", "Removes all but a range.", "1.0.0", N,
	    4, CMD_WRITE, cmd_ltrim, 0),
	ROW("lpos", "key element [RANK rank] [COUNT num-matches] "
	    "[MAXLEN len]", "Returns where an element is.", "6.0.6", N, -3,
	    CMD_READ, cmd_lpos, 2, 2, 1),
	ROW("lflush", "key", "Removes all elements and returns how many.",
	    "0.1.0", N, 2, CMD_WRITE | CMD_OURS, cmd_lflush, 0),
	{ .name = NULL },
};
