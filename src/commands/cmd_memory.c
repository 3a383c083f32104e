/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MEMORY: what takes how much of it.
 */
#include "base/mem.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/keys.h"
#include "engine/session.h"
#include "resp/reply.h"
#include "store/keyspace.h"

static void
cmd_memory_usage(struct call *c)
{
	int64_t samples;
	size_t i;

	for (i = 3; i < c->argc; i += 2) {
		if (!call_arg_is(c, i, "samples") || i + 1 == c->argc) {
			reply_error(c->reply, ERR_SYNTAX);
			return;
		}
		if (!call_integer(c, i + 1, &samples))
			return;
		if (samples < 0) {
			reply_error(c->reply, ERR_SYNTAX);
			return;
		}
	}
	if (key_peek(c, 2).type == VALUE_NONE)
		reply_null(c->reply);
	else
		reply_integer(c->reply, (int64_t)key_size(c, 2));
}

static void
reply_field(struct reply *r, const char *name, size_t value)
{
	reply_string(r, name);
	reply_integer(r, (int64_t)value);
}

static void
cmd_memory_stats(struct call *c)
{
	size_t used = mem_used(), resident = mem_resident();
	struct keys_counts counts;
	struct reply *r = c->reply;
	uint64_t keys = 0;
	unsigned db;

	for (db = 0; db < keyspace_databases(c->engine->keyspace); db++) {
		keys_count(c, db, &counts);
		keys += counts.keys;
	}
	reply_map(r, 5);
	reply_field(r, "total.allocated", used);
	reply_field(r, "clients.normal", session_count(c->engine) *
	    sizeof(struct session));
	reply_field(r, "keys.count", keys);
	reply_field(r, "keys.bytes-per-key", keys != 0 ? used / keys : 0);
	reply_string(r, "fragmentation");
	reply_double(r, used != 0 ? (double)resident / (double)used : 0);
}

static void
cmd_memory_doctor(struct call *c)
{
	size_t used = mem_used(), resident = mem_resident();
	struct buf text = { 0 };

	if (used > 64 << 20 && resident > used / 2 * 3)
		buf_add_format(&text, "%zu MB are in use and %zu MB occupied: "
		    "MEMORY PURGE may give some of that back to the system.",
		    used >> 20, resident >> 20);
	else
		buf_add_string(&text, "Nothing is wrong with the memory.");
	reply_verbatim(c->reply, "txt", buf_bytes(&text));
	buf_free(&text);
}

static void
cmd_memory_purge(struct call *c)
{
	mem_trim();
	reply_ok(c->reply);
}

#define ROW(a_name, a_syntax, a_summary, a_arity, a_flags, a_key, a_run) { \
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = "4.0.0",						\
	.group   = "server",						\
	.cost    = "O(1)",						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { a_key, a_key, 1 },					\
	.run     = a_run,						\
}

static struct command memory_rows[] = {
	ROW("usage", "key [SAMPLES count]",
	    "Returns how many bytes a key and its value take.", -3, CMD_READ,
	    2, cmd_memory_usage),
	ROW("stats", "", "Returns how much memory is in use for what.", 2,
	    CMD_EACH_SHARD, 0, cmd_memory_stats),
	ROW("doctor", "", "Says what is wrong with the memory.", 2, 0, 0,
	    cmd_memory_doctor),
	ROW("purge", "", "Gives the system back what is free.", 2, 0, 0,
	    cmd_memory_purge),
	HELP_ROW("4.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_memory_rows[] = {
	{
		.name    = "memory",
		.syntax  = "",
		.summary = "Commands on memory.",
		.since   = "4.0.0",
		.group   = "server",
		.cost    = "Depends on subcommand.",
		.arity   = -2,
		.flags   = CMD_CONTAINER,
		.subcommands = memory_rows,
	},
	{ .name = NULL },
};
