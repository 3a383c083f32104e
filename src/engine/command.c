/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/command.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "value/value.h"

/* More than twice the commands there will ever be; a power of two. */
enum { BUCKETS = 1024 };

struct command_table {
	struct command	 *buckets[BUCKETS];	/* open addressing by name */
	struct command	**all;			/* by index */
	size_t		  count;
	size_t		  count_all;
};

struct command_table *
command_table_new(void)
{
	return (mem_zalloc(sizeof(struct command_table)));
}

void
command_table_free(struct command_table **table_p)
{
	struct command_table *t = *table_p;
	size_t i;

	*table_p = NULL;
	for (i = 0; i < t->count_all; i++) {
		if (t->all[i]->full_name != t->all[i]->name)
			mem_free((char *)(uintptr_t)t->all[i]->full_name);
	}
	mem_free(t->all);
	mem_free(t);
}

/* FNV-1a over the lower-case letters; the names are ours, no one else's. */
static size_t
bucket(struct bytes name)
{
	uint32_t hash = 2166136261;
	size_t i;

	for (i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)(name.data[i] | 0x20)) * 16777619;
	return (hash % BUCKETS);
}

static bool
has_one_key(const struct command *c)
{
	return (c->keys.first == 1 && c->keys.last == 1 &&
	    c->more_keys == NULL && (c->arity > 1 || c->arity < -1) &&
	    (c->flags & (CMD_ALL_KEYS | CMD_EACH_SHARD | CMD_DUE | CMD_EXEC |
	    CMD_MAY_BE_BARE)) == 0);
}

static void
number(struct command_table *t, struct command *c, const struct command *parent)
{
	struct buf name = { 0 };

	c->full_name = c->name;
	if (parent != NULL) {
		buf_add_format(&name, "%s|%s%c", parent->name, c->name, '\0');
		c->full_name = name.data;
	}
	c->index = (uint16_t)t->count_all;
	c->one_key = has_one_key(c);
	t->all = mem_resize(t->all, (t->count_all + 1) * sizeof(*t->all));
	t->all[t->count_all++] = c;
}

void
command_table_add(struct command_table *t, struct command *rows)
{
	struct command *c, *sub;
	size_t i;

	for (c = rows; c->name != NULL; c++) {
		i = bucket(bytes_of(c->name));
		for (; t->buckets[i] != NULL; i = (i + 1) % BUCKETS)
			assert(strcmp(t->buckets[i]->name, c->name) != 0);
		t->buckets[i] = c;
		t->count++;
		number(t, c, NULL);
		for (sub = c->subcommands; sub != NULL && sub->name != NULL;
		    sub++)
			number(t, sub, c);
	}
	assert(t->count < BUCKETS / 2);
}

const struct command *
command_find(const struct command_table *t, struct bytes name)
{
	size_t i;

	for (i = bucket(name); t->buckets[i] != NULL; i = (i + 1) % BUCKETS) {
		if (bytes_is(name, t->buckets[i]->name))
			return (t->buckets[i]);
	}
	return (NULL);
}

const struct command *
command_find_sub(const struct command *parent, struct bytes name)
{
	const struct command *c;

	for (c = parent->subcommands; c != NULL && c->name != NULL; c++) {
		if (bytes_is(name, c->name))
			return (c);
	}
	return (NULL);
}

size_t
command_count(const struct command_table *t)
{
	return (t->count);
}

size_t
command_count_all(const struct command_table *t)
{
	return (t->count_all);
}

const struct command *
command_at(const struct command_table *t, size_t i)
{
	assert(i < t->count_all);
	return (t->all[i]);
}

bool
command_arity_fits(const struct command *c, size_t argc)
{
	if (c->arity < 0)
		return (argc >= (size_t)-c->arity);
	return (argc == (size_t)c->arity);
}

size_t
command_range_last(const struct command_range *range, size_t argc)
{
	long last = range->last < 0 ? (long)argc + range->last : range->last;

	if (range->first == 0 || range->first >= (long)argc || last <= 0)
		return (0);
	return (last < (long)argc ? (size_t)last : argc - 1);
}

bool
command_range_has(const struct command_range *range, size_t argc, size_t i)
{
	size_t first = (size_t)range->first;

	return (i >= first && i <= command_range_last(range, argc) &&
	    (i - first) % (size_t)range->step == 0);
}

/* As atoi(3) finds it in front: so COMMAND GETKEYS says it, as in Redis. */
static int
first_number(struct bytes text)
{
	char copy[64];
	size_t length = text.length < sizeof(copy) ? text.length :
	    sizeof(copy) - 1;

	if (length != 0)
		memcpy(copy, text.data, length);
	copy[length] = '\0';
	return ((int)strtol(copy, NULL, 10));
}

static bool
keys_counted(const struct value *args, size_t argc, size_t at,
    struct command_range *keys)
{
	int n;

	/* What cannot be is the command's to complain about. */
	if (at + 1 < argc && value_is_bytes(&args[at]) &&
	    (n = first_number(value_bytes(&args[at]))) > 0 &&
	    (size_t)n < argc - at)
		*keys = (struct command_range){ (int)at + 1, (int)(at + (size_t)n),
		    1 };
	return (false);
}

bool
command_keys_counted_1(const struct value *args, size_t argc,
    struct command_range *keys)
{
	return (keys_counted(args, argc, 1, keys));
}

bool
command_keys_counted_2(const struct value *args, size_t argc,
    struct command_range *keys)
{
	return (keys_counted(args, argc, 2, keys));
}
