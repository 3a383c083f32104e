/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on keys, whatever they hold, and on all keys of a database.
 */
#include "base/glob.h"
#include "base/number.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/keys.h"
#include "resp/reply.h"
#include "store/keyspace.h"

/* DEL, UNLINK, DELETE, MDELETE: how many there were. */
static void
cmd_del(struct call *c)
{
	int64_t n = 0;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		if (!key_delete(c, i))
			continue;
		call_event(c, EVENT_GENERIC, "del", i);
		n++;
	}
	reply_integer(c->reply, n);
}

static void
cmd_exists(struct call *c)
{
	int64_t n = 0;
	size_t i;

	for (i = 1; i < c->argc; i++)
		n += key_peek(c, i).type != VALUE_NONE;
	reply_integer(c->reply, n);
}

static void
cmd_type(struct call *c)
{
	struct value v = key_peek(c, 1);

	reply_status(c->reply, value_redis_type((enum value_type)v.type));
}

/* TOUCH: as EXISTS, but the keys count as used. */
static void
cmd_touch(struct call *c)
{
	int64_t n = 0;
	size_t i;

	for (i = 1; i < c->argc; i++)
		n += key_get_any(c, i).type != VALUE_NONE;
	reply_integer(c->reply, n);
}

/* Move the value and deadline of key 1 to key 2, which are both locked. */
static void
rename_key(struct call *c)
{
	struct value v;
	int64_t deadline;

	if (bytes_equal(call_arg(c, 1), call_arg(c, 2)))
		return;
	key_take(c, 1, &v, &deadline);
	key_set_new(c, 2, &v, deadline);
	call_event(c, EVENT_GENERIC, "rename_from", 1);
	call_event(c, EVENT_GENERIC, "rename_to", 2);
}

static void
cmd_rename(struct call *c)
{
	if (!key_exists(c, 1)) {
		reply_error(c->reply, ERR_NO_SUCH_KEY);
		return;
	}
	rename_key(c);
	reply_ok(c->reply);
}

static void
cmd_renamenx(struct call *c)
{
	bool free;

	if (!key_exists(c, 1)) {
		reply_error(c->reply, ERR_NO_SUCH_KEY);
		return;
	}
	free = !key_exists(c, 2);
	if (free)
		rename_key(c);
	reply_integer(c->reply, free);
}

/* Argument i as the number of a database; false: answered. */
static bool
read_db(struct call *c, size_t i, unsigned *db)
{
	int64_t n;

	if (!call_integer(c, i, &n))
		return (false);
	if (n < INT32_MIN || n > INT32_MAX) {
		reply_error(c->reply, ERR_INT_RANGE);
		return (false);
	}
	if (n < 0 || n >= keyspace_databases(c->engine->keyspace)) {
		reply_error(c->reply, ERR_DB_RANGE);
		return (false);
	}
	*db = (unsigned)n;
	return (true);
}

/* Run the function as if the call were on another database. */
static bool
exists_in(struct call *c, unsigned db, size_t arg)
{
	unsigned own = c->db;
	bool exists;

	c->db = db;
	exists = key_exists(c, arg);
	c->db = own;
	return (exists);
}

static void
set_in(struct call *c, unsigned db, size_t arg, struct value *v,
    int64_t deadline)
{
	unsigned own = c->db;

	c->db = db;
	key_set_new(c, arg, v, deadline);
	c->db = own;
}

static void
cmd_move(struct call *c)
{
	struct value v;
	int64_t deadline;
	unsigned db;

	if (!read_db(c, 2, &db))
		return;
	if (db == c->db) {
		reply_error(c->reply, ERR_SAME_OBJECT);
		return;
	}
	if (!key_exists(c, 1) || exists_in(c, db, 1)) {
		reply_integer(c->reply, 0);
		return;
	}
	key_take(c, 1, &v, &deadline);
	set_in(c, db, 1, &v, deadline);
	call_event(c, EVENT_GENERIC, "move_from", 1);
	effects_event(c->effects, EVENT_GENERIC, "move_to", db, call_arg(c, 1));
	reply_integer(c->reply, 1);
}

static bool
read_copy_options(struct call *c, unsigned *db, bool *replace)
{
	size_t i;

	*db = c->db;
	*replace = false;
	for (i = 3; i < c->argc; i++) {
		if (call_arg_is(c, i, "replace"))
			*replace = true;
		else if (call_arg_is(c, i, "db") && i + 1 < c->argc) {
			if (!read_db(c, ++i, db))
				return (false);
		} else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

static void
cmd_copy(struct call *c)
{
	struct value v, copy;
	bool replace;
	unsigned db;

	if (!read_copy_options(c, &db, &replace))
		return;
	if (db == c->db && bytes_equal(call_arg(c, 1), call_arg(c, 2))) {
		reply_error(c->reply, ERR_SAME_OBJECT);
		return;
	}
	v = key_get_any(c, 1);
	if (v.type == VALUE_NONE || (!replace && exists_in(c, db, 2))) {
		reply_integer(c->reply, 0);
		return;
	}
	copy = value_clone(&v);
	set_in(c, db, 2, &copy, key_deadline(c, 1));
	effects_event(c->effects, EVENT_GENERIC, "copy_to", db, call_arg(c, 2));
	reply_integer(c->reply, 1);
}

static void
cmd_swapdb(struct call *c)
{
	static const char *const which[] = { NULL, "first", "second" };
	int64_t n[3];
	size_t i;

	for (i = 1; i <= 2; i++) {
		if (!number_parse(call_arg(c, i), &n[i])) {
			reply_error(c->reply, "ERR invalid %s DB index",
			    which[i]);
			return;
		}
	}
	for (i = 1; i <= 2; i++) {
		if (n[i] < 0 ||
		    n[i] >= keyspace_databases(c->engine->keyspace)) {
			reply_error(c->reply, ERR_DB_RANGE);
			return;
		}
	}
	keys_swap(c, (unsigned)n[1], (unsigned)n[2]);
	reply_ok(c->reply);
}

/* DBSIZE and LEN. */
static void
cmd_dbsize(struct call *c)
{
	struct keys_counts counts;

	keys_count(c, c->db, &counts);
	reply_integer(c->reply, (int64_t)counts.keys);
}

static uint64_t
flush_all(struct call *c)
{
	unsigned db, databases = keyspace_databases(c->engine->keyspace);
	uint64_t n = 0;

	for (db = 0; db < databases; db++)
		n += keys_flush(c, db);
	return (n);
}

/* The article's: everything, and how much that was. */
static void
cmd_flush(struct call *c)
{
	reply_integer(c->reply, (int64_t)flush_all(c));
}

/* Both words mean what we do anyway: keys go at once, memory after unlock. */
static bool
flush_options_fit(struct call *c)
{
	if (c->argc == 1 || (c->argc == 2 &&
	    (call_arg_is(c, 1, "sync") || call_arg_is(c, 1, "async"))))
		return (true);
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static void
cmd_flushall(struct call *c)
{
	if (!flush_options_fit(c))
		return;
	flush_all(c);
	due_flush(c);
	reply_ok(c->reply);
}

static void
cmd_flushdb(struct call *c)
{
	if (!flush_options_fit(c))
		return;
	keys_flush(c, c->db);
	reply_ok(c->reply);
}

struct match {
	struct bytes	pattern;
	struct reply	*reply;
	size_t		count;		/* keys that match */
};

static bool
collect(struct bytes key, void *arg)
{
	struct match *m = arg;

	if (glob_match(m->pattern, key)) {
		reply_bulk(m->reply, key);
		m->count++;
	}
	return (!m->reply->out.failed);
}

static void
cmd_keys(struct call *c)
{
	struct match m = { .pattern = call_arg(c, 1), .reply = c->reply };
	size_t mark = reply_mark(c->reply);

	keys_each(c, c->db, collect, &m);
	reply_array_at(c->reply, mark, m.count);
}

static void
cmd_randomkey(struct call *c)
{
	struct buf key = { 0 };

	if (keys_random(c, c->db, &key))
		reply_bulk(c->reply, buf_bytes(&key));
	else
		reply_null(c->reply);
	buf_free(&key);
}

struct command cmd_key_rows[] = {
	{
		.name    = "del",
		.syntax  = "key [key ...]",
		.summary = "Deletes keys.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_WRITE,
		.keys    = { 1, -1, 1 },
		.run     = cmd_del,
	},
	{
		.name    = "unlink",
		.syntax  = "key [key ...]",
		.summary = "Deletes keys; here the same as DEL.",
		.since   = "4.0.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_FAST,
		.keys    = { 1, -1, 1 },
		.run     = cmd_del,
	},
	{
		.name    = "delete",
		.syntax  = "key [key ...]",
		.summary = "Deletes keys; the article's name for DEL.",
		.since   = "0.1.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_FAST | CMD_OURS,
		.keys    = { 1, -1, 1 },
		.run     = cmd_del,
	},
	{
		.name    = "mdelete",
		.syntax  = "[key ...]",
		.summary = "Deletes several keys.",
		.since   = "0.1.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -1,
		.flags   = CMD_WRITE | CMD_FAST | CMD_OURS,
		.keys    = { 1, -1, 1 },
		.run     = cmd_del,
	},
	{
		.name    = "exists",
		.syntax  = "key [key ...]",
		.summary = "Counts how many of the keys exist.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_READ | CMD_FAST | CMD_SHORT,
		.keys    = { 1, -1, 1 },
		.run     = cmd_exists,
	},
	{
		.name    = "touch",
		.syntax  = "key [key ...]",
		.summary = "Counts how many of the keys exist, as a use of "
		    "them.",
		.since   = "3.2.1",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, -1, 1 },
		.run     = cmd_touch,
	},
	{
		.name    = "rename",
		.syntax  = "key newkey",
		.summary = "Gives a key another name, in place of what had it.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE,
		.keys    = { 1, 2, 1 },
		.run     = cmd_rename,
	},
	{
		.name    = "renamenx",
		.syntax  = "key newkey",
		.summary = "Gives a key another name if no key has it.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_FAST,
		.keys    = { 1, 2, 1 },
		.run     = cmd_renamenx,
	},
	{
		.name    = "copy",
		.syntax  = "source destination [DB destination-db] [REPLACE]",
		.summary = "Copies the value and deadline of a key.",
		.since   = "6.2.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of elements",
		.arity   = -3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 1, 2, 1 },
		.run     = cmd_copy,
	},
	{
		.name    = "move",
		.syntax  = "key db",
		.summary = "Moves a key to another database.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_move,
	},
	{
		.name    = "swapdb",
		.syntax  = "index1 index2",
		.summary = "Lets two databases change places.",
		.since   = "4.0.0",
		.group   = "server",
		.cost    = "O(1) for each shard",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_FAST | CMD_DANGEROUS | CMD_ALL_KEYS,
		.run     = cmd_swapdb,
	},
	{
		.name    = "type",
		.syntax  = "key",
		.summary = "Tells what type of value a key holds.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_type,
	},
	{
		.name    = "keys",
		.syntax  = "pattern",
		.summary = "Returns all keys that match a pattern.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of keys in the database",
		.arity   = 2,
		.flags   = CMD_READ | CMD_DANGEROUS | CMD_EACH_SHARD,
		.run     = cmd_keys,
	},
	{
		.name    = "randomkey",
		.syntax  = "",
		.summary = "Returns a key chosen at random.",
		.since   = "1.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_READ | CMD_EACH_SHARD,
		.run     = cmd_randomkey,
	},
	{
		.name    = "dbsize",
		.syntax  = "",
		.summary = "Returns the number of keys in the database.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_READ | CMD_FAST | CMD_EACH_SHARD,
		.run     = cmd_dbsize,
	},
	{
		.name    = "len",
		.syntax  = "",
		.summary = "Returns the number of keys in the database.",
		.since   = "0.1.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_READ | CMD_FAST | CMD_OURS | CMD_EACH_SHARD,
		.run     = cmd_dbsize,
	},
	{
		.name    = "flush",
		.syntax  = "",
		.summary = "Removes all keys of all databases and returns how "
		    "many there were.",
		.since   = "0.1.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of keys",
		.arity   = 1,
		.flags   = CMD_WRITE | CMD_DANGEROUS | CMD_ALL_KEYS | CMD_OURS,
		.run     = cmd_flush,
	},
	{
		.name    = "flushall",
		.syntax  = "[ASYNC | SYNC]",
		.summary = "Removes all keys of all databases, and the due queue.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -1,
		.flags   = CMD_WRITE | CMD_DANGEROUS | CMD_ALL_KEYS,
		.run     = cmd_flushall,
	},
	{
		.name    = "flushdb",
		.syntax  = "[ASYNC | SYNC]",
		.summary = "Removes all keys of the database.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of keys in the database",
		.arity   = -1,
		.flags   = CMD_WRITE | CMD_DANGEROUS | CMD_ALL_KEYS,
		.run     = cmd_flushdb,
	},
	{ .name = NULL },
};
