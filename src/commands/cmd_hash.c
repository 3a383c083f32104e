/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes: fields and their values.
 */
#include <math.h>

#include "base/random.h"
#include "commands/registry.h"
#include "commands/scan.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/dict.h"

/* The fields and values from argument 2 on; returns how many were new. */
static int64_t
put_all(struct call *c, struct value *v)
{
	int64_t added = 0;
	size_t i;

	for (i = 2; i < c->argc; i += 2)
		added += dict_put_text(&v->dict, call_arg(c, i),
		    &c->args[i + 1]);
	key_store(c, 1, v);
	call_event(c, EVENT_HASH, "hset", 1);
	return (added);
}

static void
set_fields(struct call *c, bool counts)
{
	struct value v;
	int64_t added;

	if (c->argc % 2 != 0) {
		call_wrong_arity(c);
		return;
	}
	if (!key_make(c, 1, VALUE_DICT, &v))
		return;
	added = put_all(c, &v);
	if (counts)
		reply_integer(c->reply, added);
	else
		reply_ok(c->reply);
}

static void
cmd_hset(struct call *c)
{
	set_fields(c, true);
}

static void
cmd_hmset(struct call *c)
{
	set_fields(c, false);
}

static void
cmd_hsetnx(struct call *c)
{
	struct value v;

	if (!key_typed(c, 1, VALUE_DICT, &v))
		return;
	if (v.type != VALUE_NONE && dict_has(v.dict, call_arg(c, 2))) {
		reply_integer(c->reply, 0);
		return;
	}
	if (v.type == VALUE_NONE)
		key_make_new(c, 1, VALUE_DICT, &v);
	reply_integer(c->reply, put_all(c, &v));
}

static void
reply_field(struct call *c, const struct value *v, struct bytes field)
{
	char digits[NUMBER_SIZE];
	struct value found = { .type = VALUE_NONE };

	if (v->type != VALUE_NONE)
		found = dict_get(v->dict, field, digits);
	reply_value(c->reply, &found);
}

static void
cmd_hget(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_DICT, &v))
		reply_field(c, &v, call_arg(c, 2));
}

static void
cmd_hmget(struct call *c)
{
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_DICT, &v))
		return;
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++)
		reply_field(c, &v, call_arg(c, i));
}

enum { KEYS = 1 << 0, VALUES = 1 << 1 };

static void
reply_all(struct call *c, unsigned what)
{
	struct dict_iter it;
	struct value v;
	size_t n;

	if (!key_typed(c, 1, VALUE_DICT, &v))
		return;
	n = v.type == VALUE_NONE ? 0 : dict_length(v.dict);
	if (what == (KEYS | VALUES))
		reply_map(c->reply, n);
	else
		reply_array(c->reply, n);
	if (n == 0)
		return;
	for (dict_start(&it, v.dict); dict_next(&it); ) {
		if ((what & KEYS) != 0)
			reply_value(c->reply, &it.key);
		if ((what & VALUES) != 0)
			reply_value(c->reply, &it.value);
	}
}

static void
cmd_hgetall(struct call *c)
{
	reply_all(c, KEYS | VALUES);
}

static void
cmd_hkeys(struct call *c)
{
	reply_all(c, KEYS);
}

static void
cmd_hvals(struct call *c)
{
	reply_all(c, VALUES);
}

static void
cmd_hdel(struct call *c)
{
	struct value v;
	int64_t n = 0;
	size_t i;

	if (!key_typed(c, 1, VALUE_DICT, &v))
		return;
	for (i = 2; v.type != VALUE_NONE && i < c->argc; i++)
		n += dict_remove(&v.dict, call_arg(c, i));
	if (n != 0) {
		call_event(c, EVENT_HASH, "hdel", 1);
		if (!key_store(c, 1, &v))
			call_event(c, EVENT_GENERIC, "del", 1);
	}
	reply_integer(c->reply, n);
}

static void
cmd_hlen(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_DICT, &v))
		reply_integer(c->reply, v.type == VALUE_NONE ? 0 :
		    (int64_t)dict_length(v.dict));
}

static void
cmd_hexists(struct call *c)
{
	struct value v;

	if (key_typed(c, 1, VALUE_DICT, &v))
		reply_integer(c->reply, v.type != VALUE_NONE &&
		    dict_has(v.dict, call_arg(c, 2)));
}

/* The text of the field, empty if it is absent or a container. */
static struct bytes
text_of(const struct value *v, struct bytes field, char digits[NUMBER_SIZE],
    char more_digits[NUMBER_SIZE])
{
	struct bytes text = { NULL, 0 };
	struct value found;

	if (v->type == VALUE_NONE)
		return (text);
	found = dict_get(v->dict, field, digits);
	if (found.type == VALUE_NONE || !value_text(&found, &text,
	    more_digits))
		text = bytes_make(NULL, 0);
	return (text);
}

static void
cmd_hstrlen(struct call *c)
{
	char digits[NUMBER_SIZE], more[NUMBER_SIZE];
	struct value v;

	if (key_typed(c, 1, VALUE_DICT, &v))
		reply_integer(c->reply, (int64_t)text_of(&v, call_arg(c, 2),
		    digits, more).length);
}

/* The field and the number that it holds; false: answered. */
static bool
find_number(struct call *c, struct value *v, struct value *was,
    struct bytes *text, char digits[2][NUMBER_SIZE])
{
	if (!key_typed(c, 1, VALUE_DICT, v))
		return (false);
	was->type = VALUE_NONE;
	*text = bytes_make(NULL, 0);
	if (v->type == VALUE_NONE)
		return (true);
	*was = dict_get(v->dict, call_arg(c, 2), digits[0]);
	if (was->type != VALUE_NONE && !value_text(was, text, digits[1]))
		*text = bytes_of("not a number");
	return (true);
}

static void
put_number(struct call *c, struct value *v, struct value *number,
    const char *event)
{
	if (v->type == VALUE_NONE)
		key_make_new(c, 1, VALUE_DICT, v);
	dict_put_text(&v->dict, call_arg(c, 2), number);
	key_store(c, 1, v);
	call_event(c, EVENT_HASH, event, 1);
}

/* A typed integer stays one; what was text, or nothing, is text. */
static void
cmd_hincrby(struct call *c)
{
	char digits[2][NUMBER_SIZE], text[NUMBER_SIZE];
	struct value v, was, number;
	int64_t increment, n = 0;
	struct bytes old;

	if (!call_integer(c, 3, &increment) ||
	    !find_number(c, &v, &was, &old, digits))
		return;
	if (was.type != VALUE_NONE && !number_parse(old, &n)) {
		reply_error(c->reply, "ERR hash value is not an integer");
		return;
	}
	if (__builtin_add_overflow(n, increment, &n)) {
		reply_error(c->reply,
		    "ERR increment or decrement would overflow");
		return;
	}
	number = was.type == VALUE_INTEGER ? value_integer(n) :
	    value_view(VALUE_STRING, bytes_make(text, number_format(text, n)));
	put_number(c, &v, &number, "hincrby");
	reply_integer(c->reply, n);
}

static void
cmd_hincrbyfloat(struct call *c)
{
	char digits[2][NUMBER_SIZE];
	struct value v, was, number;
	long double increment, n = 0;
	struct buf text = { 0 };
	struct bytes old;

	if (!number_parse_long_double(call_arg(c, 3), &increment)) {
		reply_error(c->reply, ERR_NOT_FLOAT);
		return;
	}
	if (isinf(increment)) {
		reply_error(c->reply, "ERR value is NaN or Infinity");
		return;
	}
	if (!find_number(c, &v, &was, &old, digits))
		return;
	if (was.type != VALUE_NONE && !number_parse_long_double(old, &n)) {
		reply_error(c->reply, "ERR hash value is not a float");
		return;
	}
	n += increment;
	if (isnan(n) || isinf(n)) {
		reply_error(c->reply,
		    "ERR increment would produce NaN or Infinity");
		return;
	}
	number_add_long_double(&text, n);
	reply_bulk(c->reply, buf_bytes(&text));
	number = value_copy(VALUE_STRING, buf_bytes(&text));
	put_number(c, &v, &number, "hincrbyfloat");
	buf_free(&text);
}

static void
reply_pair(struct call *c, const struct dict_iter *it, bool with_values)
{
	if (with_values && c->reply->dialect == DIALECT_RESP3)
		reply_array(c->reply, 2);
	reply_value(c->reply, &it->key);
	if (with_values)
		reply_value(c->reply, &it->value);
}

/* n different fields; as in reply_sample() of cmd_zset_pop.c. */
static void
reply_sample(struct call *c, const struct dict *d, size_t n, bool with_values)
{
	size_t left = dict_length(d);
	struct dict_iter it;

	for (dict_start(&it, d); n != 0 && dict_next(&it); left--) {
		if (random_below(left) >= n)
			continue;
		reply_pair(c, &it, with_values);
		n--;
	}
}

static bool
read_random(struct call *c, int64_t *n, bool *with_values)
{
	*with_values = c->argc == 4;
	if (!call_integer(c, 2, n))
		return (false);
	if (*n == INT64_MIN) {
		reply_error(c->reply, ERR_RANDOM_RANGE);
		return (false);
	}
	if (c->argc > 4 || (*with_values && !call_arg_is(c, 3, "withvalues"))) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	if (*with_values && (*n < -INT64_MAX / 2 || *n > INT64_MAX / 2)) {
		reply_error(c->reply, "ERR value is out of range");
		return (false);
	}
	return (true);
}

static void
cmd_hrandfield(struct call *c)
{
	bool with_values = false, pairs;
	struct dict_iter it;
	struct value v;
	int64_t n = 0;
	size_t count;

	if ((c->argc > 2 && !read_random(c, &n, &with_values)) ||
	    !key_typed(c, 1, VALUE_DICT, &v))
		return;
	if (c->argc == 2 && v.type == VALUE_NONE) {
		reply_null(c->reply);
		return;
	}
	if (c->argc == 2) {
		dict_random(&it, v.dict, random_next());
		reply_value(c->reply, &it.key);
		return;
	}
	if (v.type == VALUE_NONE || n == 0) {
		reply_array(c->reply, 0);
		return;
	}
	count = n < 0 ? (size_t)-n : (size_t)n;
	if (n > 0 && count > dict_length(v.dict))
		count = dict_length(v.dict);
	pairs = with_values && c->reply->dialect != DIALECT_RESP3;
	reply_array(c->reply, pairs ? 2 * count : count);
	if (n > 0)
		reply_sample(c, v.dict, count, with_values);
	for (; n < 0 && call_may_repeat(c, (uint64_t)-n); n++) {
		dict_random(&it, v.dict, random_next());
		reply_pair(c, &it, with_values);
	}
}

struct found {
	struct call	*call;
	struct scan	 scan;
	size_t		 count;
};

static void
find(const struct value *key, const struct value *value, void *arg)
{
	char digits[NUMBER_SIZE];
	struct found *f = arg;
	struct bytes text;

	if (value_text(key, &text, digits) && !scan_matches(&f->scan, text))
		return;
	reply_value(f->call->reply, key);
	f->count++;
	if (f->scan.no_values)
		return;
	reply_value(f->call->reply, value);
	f->count++;
}

static void
cmd_hscan(struct call *c)
{
	struct found f = { .call = c };
	size_t mark = reply_mark(c->reply);
	uint64_t next = 0;
	struct value v;

	if (!scan_read_cursor(c, 2, &f.scan) ||
	    !key_typed(c, 1, VALUE_DICT, &v))
		return;
	if (v.type != VALUE_NONE) {
		if (!scan_read_options(c, 3, SCAN_NO_VALUES, &f.scan))
			return;
		next = dict_scan(v.dict, f.scan.cursor, f.scan.count, find,
		    &f);
	}
	scan_reply(c, mark, next, f.count);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_run, ...) {							\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "hash",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
	.values  = { __VA_ARGS__ },					\
}

#define CHANGES (CMD_WRITE | CMD_DENY_OOM | CMD_FAST)
#define PAIRS "key field value [field value ...]"
#define N "O(N) where N is the number of fields"

struct command cmd_hash_rows[] = {
	ROW("hset", PAIRS, "Sets fields.", "2.0.0", "O(1) for each field", -4,
	    CHANGES, cmd_hset, 3, -1, 2),
	ROW("hmset", PAIRS, "Sets fields; the older name.", "2.0.0",
	    "O(1) for each field", -4, CHANGES, cmd_hmset, 3, -1, 2),
	ROW("hsetnx", "key field value", "Sets a field that is not there.",
	    "2.0.0", "O(1)", 4, CHANGES, cmd_hsetnx, 3, 3, 1),
	ROW("hget", "key field", "Returns a field's value.", "2.0.0", "O(1)",
	    3, CMD_READ | CMD_FAST, cmd_hget, 0),
	ROW("hmget", "key field [field ...]", "Returns fields' values.",
	    "2.0.0", "O(1) for each field", -3, CMD_READ | CMD_FAST,
	    cmd_hmget, 0),
	ROW("hgetall", "key", "Returns all fields and values.", "2.0.0", N, 2,
	    CMD_READ, cmd_hgetall, 0),
	ROW("hkeys", "key", "Returns all fields.", "2.0.0", N, 2, CMD_READ,
	    cmd_hkeys, 0),
	ROW("hvals", "key", "Returns all values.", "2.0.0", N, 2, CMD_READ,
	    cmd_hvals, 0),
	ROW("hdel", "key field [field ...]", "Removes fields.", "2.0.0",
	    "O(1) for each field", -3, CMD_WRITE | CMD_FAST, cmd_hdel, 0),
	ROW("hlen", "key", "Returns how many fields there are.", "2.0.0",
	    "O(1)", 2, CMD_READ | CMD_FAST, cmd_hlen, 0),
	ROW("hexists", "key field", "Tells whether a field is there.",
	    "2.0.0", "O(1)", 3, CMD_READ | CMD_FAST, cmd_hexists, 0),
	ROW("hstrlen", "key field", "Returns the length of a field's value.",
	    "3.2.0", "O(1)", 3, CMD_READ | CMD_FAST, cmd_hstrlen, 0),
	ROW("hincrby", "key field increment", "Adds to an integer.", "2.0.0",
	    "O(1)", 4, CHANGES, cmd_hincrby, 0),
	ROW("hincrbyfloat", "key field increment",
	    "Adds to a floating-point number.", "2.6.0", "O(1)", 4, CHANGES,
	    cmd_hincrbyfloat, 0),
	ROW("hrandfield", "key [count [WITHVALUES]]",
	    "Returns fields chosen at random.", "6.2.0", N, -2, CMD_READ,
	    cmd_hrandfield, 0),
	ROW("hscan", "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
	    "Walks over fields and values, some at each call.", "2.8.0",
	    "O(1) for every call, O(N) for all", -3, CMD_READ, cmd_hscan, 0),
	{ .name = NULL },
};
