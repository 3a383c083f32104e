/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/category.h"

#include <string.h>

/* By the group that a command is in, or what its flags say. */
static const struct category {
	const char	*name;
	const char	*group;
	unsigned	 any;		/* one of these flags */
	unsigned	 none;		/* none of these, if not 0 */
} categories[] = {
	{ "keyspace", "generic", CMD_ALL_KEYS, 0 },
	{ "read", NULL, CMD_READ, 0 },
	{ "write", NULL, CMD_WRITE, 0 },
	{ "set", "set", 0, 0 },
	{ "sortedset", "sorted-set", 0, 0 },
	{ "list", "list", 0, 0 },
	{ "hash", "hash", 0, 0 },
	{ "string", "string", 0, 0 },
	{ "bitmap", "bitmap", 0, 0 },
	{ "hyperloglog", "hyperloglog", 0, 0 },
	{ "geo", "geo", 0, 0 },
	{ "stream", "stream", 0, 0 },
	{ "pubsub", NULL, CMD_PUBSUB, 0 },
	{ "admin", NULL, CMD_ADMIN, 0 },
	{ "fast", NULL, CMD_FAST, 0 },
	{ "slow", NULL, 0, CMD_FAST },
	{ "blocking", NULL, CMD_BLOCKING, 0 },
	{ "dangerous", NULL, CMD_DANGEROUS | CMD_ADMIN, 0 },
	{ "connection", "connection", 0, 0 },
	{ "transaction", "transactions", 0, 0 },
	{ "scripting", "scripting", 0, 0 },
};

const char *
category_name(size_t i)
{
	return (i < sizeof(categories) / sizeof(categories[0]) ?
	    categories[i].name : NULL);
}

size_t
category_find(struct bytes name)
{
	size_t i = 0;

	while (category_name(i) != NULL && !bytes_is(name, category_name(i)))
		i++;
	return (i);
}

bool
category_has(size_t i, const struct command *row)
{
	const struct category *category = &categories[i];

	return ((row->flags & category->any) != 0 ||
	    (category->none != 0 && (row->flags & category->none) == 0) ||
	    (category->group != NULL &&
	    strcmp(row->group, category->group) == 0));
}
