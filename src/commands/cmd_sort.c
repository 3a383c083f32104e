/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SORT and SORT_RO.  Patterns may name any key, so that such a call locks all
 * shards.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/zset.h"

struct options {
	bool		desc;
	bool		alpha;
	bool		unsorted;	/* some BY has no asterisk */
	struct bytes	by;		/* data is NULL: by the element */
	int64_t		start;
	int64_t		count;		/* -1: all */
	size_t		gets;		/* how many GETs there are */
	size_t		store;		/* argument; 0: none */
};

struct item {
	struct value	value;		/* a view */
	struct bytes	text;		/* of it; empty if it has none */
	struct bytes	weight;		/* data is NULL: none */
	double		score;
};

struct sort {
	struct call	*call;
	struct options	 options;
	struct item	*items;
	size_t		 count;
	struct arena	 texts;
};

static bool
has_asterisk(struct bytes pattern)
{
	return (pattern.length != 0 &&
	    memchr(pattern.data, '*', pattern.length) != NULL);
}

static bool
sort_keys(const struct value *args, size_t argc, struct command_range *more)
{
	bool all = false;
	size_t i;

	for (i = 2; i + 1 < argc; i++) {
		struct bytes word;

		if (!value_is_bytes(&args[i]) || !value_is_bytes(&args[i + 1]))
			continue;
		word = value_bytes(&args[i]);
		if (bytes_is(word, "limit")) {
			i += 2;
		} else if (bytes_is(word, "store")) {
			i++;
			*more = (struct command_range){ (int)i, (int)i, 1 };
		} else if (bytes_is(word, "by") || bytes_is(word, "get"))
			all |= has_asterisk(value_bytes(&args[++i]));
	}
	return (all);
}

static bool
sort_ro_keys(const struct value *args, size_t argc, struct command_range *more)
{
	struct command_range store;

	(void)more;
	return (sort_keys(args, argc, &store));
}

/* The option at argument i; moves i to its last argument. */
static bool
read_option(struct call *c, size_t *i, struct options *o)
{
	size_t left = c->argc - *i - 1;

	if (call_arg_is(c, *i, "asc"))
		o->desc = false;
	else if (call_arg_is(c, *i, "desc"))
		o->desc = true;
	else if (call_arg_is(c, *i, "alpha"))
		o->alpha = true;
	else if (call_arg_is(c, *i, "limit") && left >= 2) {
		if (!call_integer(c, *i + 1, &o->start) ||
		    !call_integer(c, *i + 2, &o->count))
			return (false);
		*i += 2;
	} else if (call_arg_is(c, *i, "store") && left >= 1 &&
	    (c->command->flags & CMD_WRITE) != 0)
		o->store = ++*i;
	else if (call_arg_is(c, *i, "by") && left >= 1) {
		o->by = call_arg(c, ++*i);
		o->unsorted |= !has_asterisk(o->by);
	} else if (call_arg_is(c, *i, "get") && left >= 1) {
		o->gets++;
		++*i;
	} else {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	return (true);
}

static bool
read_options(struct call *c, struct options *o)
{
	size_t i;

	*o = (struct options){ .count = -1 };
	for (i = 2; i < c->argc; i++) {
		if (!read_option(c, &i, o))
			return (false);
	}
	return (true);
}

/* A copy that lives as long as the sort. */
static struct bytes
keep(struct sort *s, struct bytes text)
{
	char *copy = arena_take(&s->texts, text.length + 1);

	if (copy == NULL)
		log_fatal("out of memory for SORT");
	if (text.length != 0)
		memcpy(copy, text.data, text.length);
	return (bytes_make(copy, text.length));
}

static void
add(struct sort *s, const struct value *v)
{
	struct item *item = &s->items[s->count++];
	char digits[NUMBER_SIZE];
	struct bytes text;

	*item = (struct item){ .value = *v };
	if (!value_text(v, &text, digits))
		text = bytes_make(NULL, 0);
	item->text = item->weight = keep(s, text);
	if (value_is_bytes(v))
		item->value = value_view((enum value_type)v->type, item->text);
}

/*
 * The elements of the key in their own order, which DESC turns round where
 * there is one and nothing is sorted.
 */
static void
collect(struct sort *s, const struct value *v)
{
	bool back = s->options.unsorted && s->options.desc;
	size_t first;
	struct list_iter list;
	struct dict_iter set;
	struct zset_iter zset;
	struct value member;

	if (v->type == VALUE_NONE)
		return;
	first = back ? value_count(v) - 1 : 0;
	s->items = mem_alloc(value_count(v) * sizeof(*s->items));
	if (v->type == VALUE_LIST) {
		list_start(&list, v->list, first, back);
		while (list_next(&list))
			add(s, &list.value);
	} else if (v->type == VALUE_SET) {
		for (dict_start(&set, v->dict); dict_next(&set); )
			add(s, &set.key);
	} else {
		zset_start(&zset, v->zset, first, back);
		while (zset_next(&zset)) {
			member = value_view(VALUE_STRING, zset.member);
			add(s, &member);
		}
	}
}

/*
 * What the pattern says about an element: the element itself for "#", else the
 * value of the key that has it in the place of the asterisk, or of a field of
 * that key behind "->".  VALUE_NONE if there is none.
 */
static struct value
look_up(struct sort *s, struct bytes pattern, const struct item *item,
    char digits[NUMBER_SIZE])
{
	struct value v = { .type = VALUE_NONE };
	const char *star, *arrow, *end = pattern.data + pattern.length;
	struct buf key = { 0 };

	if (pattern.length == 1 && *pattern.data == '#')
		return (item->value);
	if (!has_asterisk(pattern))
		return (v);
	star = memchr(pattern.data, '*', pattern.length);
	arrow = memmem(star + 1, (size_t)(end - star - 1), "->", 2);
	if (arrow != NULL && arrow + 2 == end)
		arrow = NULL;
	buf_add(&key, pattern.data, (size_t)(star - pattern.data));
	buf_add(&key, item->text.data, item->text.length);
	buf_add(&key, star + 1, (size_t)((arrow != NULL ? arrow : end) - star -
	    1));
	if (!key.failed)
		v = key_get_named(s->call, buf_bytes(&key));
	buf_free(&key);
	if (arrow == NULL ? value_is_container(&v) : v.type != VALUE_DICT)
		return ((struct value){ .type = VALUE_NONE });
	if (arrow == NULL)
		return (v);
	return (dict_get(v.dict, bytes_make(arrow + 2, (size_t)(end - arrow -
	    2)), digits));
}

/*
 * As strtod(3) reads it for Redis: blanks before a number do not matter, nor
 * what is behind a NUL, and nothing at all is 0.
 */
static bool
score_of(struct bytes text, double *score)
{
	text.length = text.length != 0 ? strnlen(text.data, text.length) : 0;
	*score = 0;
	if (text.length == 0)
		return (true);
	while (text.length != 0 && isspace((unsigned char)*text.data))
		text = bytes_make(text.data + 1, text.length - 1);
	return (number_parse_double(text, score) && *score == *score);
}

/* What each element is sorted by; false, and answered, if it is no number. */
static bool
weigh(struct sort *s)
{
	const struct options *o = &s->options;
	char digits[NUMBER_SIZE];
	struct bytes text;
	bool good = true;
	struct value v;
	size_t i;

	for (i = 0; i < s->count; i++) {
		struct item *item = &s->items[i];

		if (o->by.data != NULL) {
			v = look_up(s, o->by, item, digits);
			item->weight = value_text(&v, &text, digits) ?
			    keep(s, text) : bytes_make(NULL, 0);
		}
		good &= o->alpha || score_of(item->weight, &item->score);
	}
	if (!good)
		reply_error(s->call->reply, "ERR One or more scores can't be "
		    "converted into double");
	return (good);
}

static int
compare_texts(struct bytes a, struct bytes b)
{
	size_t shared = a.length < b.length ? a.length : b.length;
	int order = shared != 0 ? memcmp(a.data, b.data, shared) : 0;

	if (order != 0)
		return (order);
	return (a.length < b.length ? -1 : a.length > b.length);
}

static int
compare(const void *x, const void *y, void *arg)
{
	const struct item *a = x, *b = y;
	const struct options *o = arg;
	int order;

	if (o->alpha && (a->weight.data == NULL || b->weight.data == NULL))
		order = (a->weight.data != NULL) - (b->weight.data != NULL);
	else if (o->alpha)
		order = compare_texts(a->weight, b->weight);
	else {
		order = a->score < b->score ? -1 : a->score > b->score;
		if (order == 0)
			order = compare_texts(a->text, b->text);
	}
	return (o->desc ? -order : order);
}

/* Cut the items down to LIMIT's. */
static struct item *
limit(struct sort *s, size_t *count)
{
	const struct options *o = &s->options;
	size_t start = o->start > 0 ? (size_t)o->start : 0;

	if (start > s->count)
		start = s->count;
	*count = s->count - start;
	if (o->count >= 0 && (uint64_t)o->count < *count)
		*count = (size_t)o->count;
	return (s->count != 0 ? s->items + start : NULL);
}

/* Call for what each item gives: itself, or one value for each GET. */
static void
each_result(struct sort *s, const struct item *items, size_t count,
    void (*give)(void *arg, const struct value *), void *arg)
{
	struct call *c = s->call;
	char digits[NUMBER_SIZE];
	struct value v;
	size_t i, k;

	for (i = 0; i < count; i++) {
		if (s->options.gets == 0)
			give(arg, &items[i].value);
		for (k = 2; s->options.gets != 0 && k < c->argc; k++) {
			if (call_arg_is(c, k, "limit"))
				k += 2;
			else if (call_arg_is(c, k, "by") ||
			    call_arg_is(c, k, "store"))
				k++;
			else if (call_arg_is(c, k, "get")) {
				v = look_up(s, call_arg(c, ++k), &items[i],
				    digits);
				give(arg, &v);
			}
		}
	}
}

static void
give_reply(void *arg, const struct value *v)
{
	reply_value(arg, v);
}

static void
give_list(void *arg, const struct value *v)
{
	struct value copy = v->type != VALUE_NONE ? value_clone(v) :
	    value_copy(VALUE_STRING, bytes_of(""));

	list_push(arg, &copy);
}

static void
store(struct sort *s, const struct item *items, size_t count)
{
	struct call *c = s->call;
	struct value list = value_new(VALUE_LIST);
	size_t n;

	each_result(s, items, count, give_list, &list.list);
	n = list_length(list.list);
	if (n != 0) {
		key_set(c, s->options.store, &list, 0);
		call_event(c, EVENT_LIST, "sortstore", s->options.store);
	} else {
		value_free(&list);
		if (key_delete(c, s->options.store))
			call_event(c, EVENT_GENERIC, "del", s->options.store);
	}
	reply_integer(c->reply, (int64_t)n);
}

/* The key's elements, sorted; false: answered. */
static bool
sort(struct sort *s)
{
	struct options *o = &s->options;
	struct value v = key_get(s->call, 1);

	if (v.type != VALUE_NONE && v.type != VALUE_LIST &&
	    v.type != VALUE_SET && v.type != VALUE_ZSET) {
		reply_error(s->call->reply, ERR_WRONG_TYPE);
		return (false);
	}
	/* What is stored should not depend on the order inside a set. */
	if (o->unsorted && o->store != 0 && v.type == VALUE_SET) {
		o->unsorted = false;
		o->alpha = true;
		o->by = bytes_make(NULL, 0);
	}
	collect(s, &v);
	if (o->unsorted)
		return (true);
	if (!weigh(s))
		return (false);
	if (s->count > 1)
		qsort_r(s->items, s->count, sizeof(*s->items), compare, o);
	return (true);
}

static void
cmd_sort(struct call *c)
{
	struct sort s = { .call = c };
	struct item *items;
	size_t count;

	if (!read_options(c, &s.options))
		return;
	if (sort(&s)) {
		items = limit(&s, &count);
		if (s.options.store != 0)
			store(&s, items, count);
		else {
			reply_array(c->reply, count * (s.options.gets != 0 ?
			    s.options.gets : 1));
			each_result(&s, items, count, give_reply, c->reply);
		}
	}
	mem_free(s.items);
	arena_free(&s.texts);
}

#define SORT_SYNTAX "key [BY pattern] [LIMIT offset count] "		\
	"[GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"

struct command cmd_sort_rows[] = {
	{
		.name    = "sort",
		.syntax  = SORT_SYNTAX " [STORE destination]",
		.summary = "Sorts the elements of a list, set or sorted set.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(N*log(N)) where N is the number of elements",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.more_keys = sort_keys,
		.run     = cmd_sort,
	},
	{
		.name    = "sort_ro",
		.syntax  = SORT_SYNTAX,
		.summary = "Sorts elements and stores nothing.",
		.since   = "7.0.0",
		.group   = "generic",
		.cost    = "O(N*log(N)) where N is the number of elements",
		.arity   = -2,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.more_keys = sort_ro_keys,
		.run     = cmd_sort,
	},
	{ .name = NULL },
};
