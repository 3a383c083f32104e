/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCAN.
 */
#include "commands/registry.h"
#include "commands/scan.h"
#include "engine/call.h"
#include "engine/keys.h"
#include "resp/reply.h"
#include "value/value.h"

struct found {
	struct reply	*reply;
	struct scan	 scan;
	size_t		 count;
};

static void
find(struct bytes key, enum value_type type, void *arg)
{
	struct found *f = arg;

	if (!scan_matches(&f->scan, key) || (f->scan.type.data != NULL &&
	    !bytes_is(f->scan.type, value_redis_type(type))))
		return;
	reply_bulk(f->reply, key);
	f->count++;
}

static void
cmd_scan(struct call *c)
{
	struct found f = { .reply = c->reply };
	size_t mark = reply_mark(c->reply);
	uint64_t next;

	if (!scan_read_cursor(c, 1, &f.scan) ||
	    !scan_read_options(c, 2, SCAN_TYPE, &f.scan))
		return;
	next = keys_scan(c, f.scan.cursor, f.scan.count, find, &f);
	scan_reply(c, mark, next, f.count);
}

struct command cmd_scan_rows[] = {
	{
		.name    = "scan",
		.syntax  = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
		.summary = "Walks over the keys of the database, some at each "
		    "call.",
		.since   = "2.8.0",
		.group   = "generic",
		.cost    = "O(1) for every call, O(N) for all",
		.arity   = -2,
		.flags   = CMD_READ | CMD_EACH_SHARD,
		.run     = cmd_scan,
	},
	{ .name = NULL },
};
