/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MEMORY: what takes how much of it.
 */
#include <stdio.h>

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
	if (!key_exists(c, 2))
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
reply_share(struct reply *r, const char *name, double part, double whole)
{
	reply_string(r, name);
	reply_double(r, whole != 0 ? part / whole : 0);
}

/* How much the table of a database takes; none if it is empty, as in Redis. */
static void
reply_db(struct reply *r, unsigned db, size_t table)
{
	char name[sizeof("db.") + 10];

	snprintf(name, sizeof(name), "db.%u", db);
	reply_string(r, name);
	reply_map(r, 3);
	reply_field(r, "overhead.hashtable.main", table);
	reply_field(r, "overhead.hashtable.expires", 0);
	reply_field(r, "overhead.hashtable.slot-to-keys", 0);
}

/* Returns how many keys there are, and adds to what tables take. */
static uint64_t
reply_dbs(struct call *c, size_t *dbs, size_t *tables)
{
	struct keys_counts counts;
	uint64_t keys = 0;
	size_t table;
	unsigned db;

	for (db = 0; db < keyspace_databases(c->engine->keyspace); db++) {
		keys_count(c, db, &counts);
		keys += counts.keys;
		/* A slot has a hash and a pointer. */
		table = counts.slots * (sizeof(uint32_t) + sizeof(void *));
		*tables += table;
		if (counts.keys == 0)
			continue;
		reply_db(c->reply, db, table);
		++*dbs;
	}
	return (keys);
}

/* The fields of Redis, in its order; 0 is what is not known or not there. */
static void
cmd_memory_stats(struct call *c)
{
	size_t used = mem_used(), resident = mem_resident(), dbs = 0, mark;
	size_t clients = session_count(c->engine) * sizeof(struct session);
	size_t overhead = clients, data;
	struct reply *r = c->reply;
	uint64_t keys;

	mark = reply_mark(r);
	reply_field(r, "peak.allocated", 0);
	reply_field(r, "total.allocated", used);
	reply_field(r, "startup.allocated", 0);
	reply_field(r, "replication.backlog", 0);
	reply_field(r, "clients.slaves", 0);
	reply_field(r, "clients.normal", clients);
	reply_field(r, "cluster.links", 0);
	reply_field(r, "aof.buffer", 0);
	reply_field(r, "lua.caches", 0);
	reply_field(r, "functions.caches", 0);
	keys = reply_dbs(c, &dbs, &overhead);
	data = used > overhead ? used - overhead : 0;
	reply_field(r, "overhead.total", overhead);
	reply_field(r, "keys.count", keys);
	reply_field(r, "keys.bytes-per-key", keys != 0 ? used / keys : 0);
	reply_field(r, "dataset.bytes", data);
	reply_share(r, "dataset.percentage", 100 * (double)data, (double)used);
	reply_share(r, "peak.percentage", 0, 0);
	reply_field(r, "allocator.allocated", used);
	reply_field(r, "allocator.active", 0);
	reply_field(r, "allocator.resident", resident);
	reply_share(r, "allocator-fragmentation.ratio", 0, 0);
	reply_field(r, "allocator-fragmentation.bytes", 0);
	reply_share(r, "allocator-rss.ratio", 0, 0);
	reply_field(r, "allocator-rss.bytes", 0);
	reply_share(r, "rss-overhead.ratio", 0, 0);
	reply_field(r, "rss-overhead.bytes", 0);
	reply_share(r, "fragmentation", (double)resident, (double)used);
	reply_field(r, "fragmentation.bytes", resident > used ?
	    resident - used : 0);
	reply_map_at(r, mark, 27 + dbs);
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

static void
cmd_memory_malloc_stats(struct call *c)
{
	char *text = mem_describe();

	reply_verbatim(c->reply, "txt", bytes_of(text));
	mem_free(text);
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
	ROW("malloc-stats", "", "Returns what the allocator says.", 2, 0, 0,
	    cmd_memory_malloc_stats),
	HELP_ROW("4.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_memory_rows[] = {
	CONTAINER_ROW("memory", "Commands on memory.",
	    "4.0.0", "server", memory_rows),
	{ .name = NULL },
};
