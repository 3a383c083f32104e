/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OBJECT and DEBUG: what is known of a key's inside.  The encodings are those
 * that Redis would use for such a value, since clients and tests look at them.
 */
#include <limits.h>
#include <stdatomic.h>
#include <time.h>

#include "base/glob.h"
#include "base/settings.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/access.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/session.h"
#include "resp/reply.h"
#include "value/codec.h"
#include "value/dict.h"
#include "value/zset.h"

/* The limits in Redis 7.0's redis.conf. */
enum {
	EMBEDDED_MOST	= 44,
	HASH_FEW	= 512,
	SET_FEW		= 512,
	ZSET_FEW	= 128,
	SHORT		= 64,
};

static bool
is_short(const struct value *v)
{
	struct bytes text;
	char digits[NUMBER_SIZE];

	return (value_text(v, &text, digits) && text.length <= SHORT);
}

static const char *
string_encoding(const struct value *v)
{
	char digits[NUMBER_SIZE];
	struct bytes text;
	int64_t n;

	if (!value_text(v, &text, digits))
		return ("embstr");
	if (number_parse(text, &n))
		return ("int");
	return (text.length <= EMBEDDED_MOST ? "embstr" : "raw");
}

static const char *
hash_encoding(const struct dict *d)
{
	struct dict_iter it;

	if (dict_length(d) > HASH_FEW)
		return ("hashtable");
	for (dict_start(&it, d); dict_next(&it); ) {
		if (!is_short(&it.key) || !is_short(&it.value))
			return ("hashtable");
	}
	return ("listpack");
}

static const char *
set_encoding(const struct dict *d)
{
	char digits[NUMBER_SIZE];
	struct dict_iter it;
	struct bytes text;
	int64_t n;

	if (dict_length(d) > SET_FEW)
		return ("hashtable");
	for (dict_start(&it, d); dict_next(&it); ) {
		if (!value_text(&it.key, &text, digits) ||
		    !number_parse(text, &n))
			return ("hashtable");
	}
	return ("intset");
}

static const char *
zset_encoding(const struct zset *z)
{
	struct zset_iter it;

	if (zset_length(z) > ZSET_FEW)
		return ("skiplist");
	for (zset_start(&it, z, 0, false); zset_next(&it); ) {
		if (it.member.length > SHORT)
			return ("skiplist");
	}
	return ("listpack");
}

static const char *
encoding(const struct value *v)
{
	switch (v->type) {
	case VALUE_LIST:
		return ("quicklist");
	case VALUE_DICT:
		return (hash_encoding(v->dict));
	case VALUE_SET:
		return (set_encoding(v->dict));
	case VALUE_ZSET:
		return (zset_encoding(v->zset));
	default:
		return (string_encoding(v));
	}
}

/* The value of key 2; false, and answered, if it is absent. */
static bool
find(struct call *c, struct value *v)
{
	*v = key_look(c, 2);
	if (v->type != VALUE_NONE)
		return (true);
	reply_null(c->reply);
	return (false);
}

static void
cmd_object_encoding(struct call *c)
{
	struct value v;

	if (find(c, &v))
		reply_string(c->reply, encoding(&v));
}

#define ADJUSTS "Please note that when switching between policies at "	\
	"runtime LRU and LFU data will take some time to adjust."

static void
cmd_object_freq(struct call *c)
{
	struct value v;

	if (!find(c, &v))
		return;
	if (access_counts())
		reply_integer(c->reply, key_frequency(c, 2));
	else
		reply_error(c->reply, "ERR An LFU maxmemory policy is not "
		    "selected, access frequency not tracked. " ADJUSTS);
}

static void
cmd_object_idletime(struct call *c)
{
	struct value v;

	if (!find(c, &v))
		return;
	if (!access_counts())
		reply_integer(c->reply, key_idle(c, 2));
	else
		reply_error(c->reply, "ERR An LFU maxmemory policy is "
		    "selected, idle time not tracked. " ADJUSTS);
}

static void
cmd_object_refcount(struct call *c)
{
	struct value v;

	if (find(c, &v))
		reply_integer(c->reply, 1);
}

/* All stand still for that long: the row has locked all shards. */
static void
debug_sleep(struct call *c)
{
	struct timespec time;
	double seconds;

	if (!number_parse_double(call_arg(c, 2), &seconds) ||
	    !(seconds >= 0 && seconds < INT_MAX))
		seconds = 0;
	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
	reply_ok(c->reply);
}

static void
debug_object(struct call *c)
{
	struct buf text = { 0 };
	struct value v;

	v = key_look(c, 2);
	if (v.type == VALUE_NONE) {
		reply_error(c->reply, ERR_NO_SUCH_KEY);
		return;
	}
	codec_encode(&text, &v);
	buf_add_format(&c->reply->out, "+Value at:%p refcount:1 encoding:%s "
	    "serializedlength:%zu lru:0 lru_seconds_idle:%lld\r\n",
	    (void *)v.data, encoding(&v), text.length,
	    (long long)key_idle(c, 2));
	buf_free(&text);
}

static bool
debug_keys(const struct value *args, size_t argc, struct command_range *more)
{
	if (!value_is_bytes(&args[1]))
		return (false);
	if (argc == 3 && bytes_is(value_bytes(&args[1]), "object"))
		*more = (struct command_range){ 2, 2, 1 };
	return (argc == 3 && bytes_is(value_bytes(&args[1]), "sleep"));
}

static void
cmd_debug(struct call *c)
{
	struct bytes name = call_arg(c, 1);
	int64_t n;

	if (call_arg_is(c, 1, "sleep") && c->argc == 3)
		debug_sleep(c);
	else if (call_arg_is(c, 1, "object") && c->argc == 3)
		debug_object(c);
	else if (call_arg_is(c, 1, "set-active-expire") && c->argc == 3) {
		if (!number_parse(call_arg(c, 2), &n))
			n = 0;
		atomic_store(&c->engine->reaping, n != 0);
		reply_ok(c->reply);
	} else if (call_arg_is(c, 1, "stringmatch-len") && c->argc == 4)
		reply_integer(c->reply, glob_match(call_arg(c, 3),
		    call_arg(c, 2)));
	else
		reply_error(c->reply, "ERR unknown subcommand or wrong number "
		    "of arguments for '%.*s'. Try DEBUG HELP.",
		    (int)(name.length < 128 ? name.length : 128), name.data);
}

#define OBJECT_ROW(a_name, a_summary, a_since, a_run) {			\
	.name    = a_name,						\
	.syntax  = "key",						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "generic",						\
	.cost    = "O(1)",						\
	.arity   = 3,							\
	.flags   = CMD_READ,						\
	.keys    = { 2, 2, 1 },						\
	.run     = a_run,						\
}

static struct command object_rows[] = {
	OBJECT_ROW("encoding", "Tells how Redis would store such a value.",
	    "2.2.3", cmd_object_encoding),
	OBJECT_ROW("freq", "Tells how often a key was used, logarithmically.",
	    "4.0.0", cmd_object_freq),
	OBJECT_ROW("idletime", "Tells how many seconds ago a key was used.",
	    "2.2.3", cmd_object_idletime),
	OBJECT_ROW("refcount", "Tells how many owners a value has: one.",
	    "2.2.3", cmd_object_refcount),
	HELP_ROW("6.2.0", "generic"),
	{ .name = NULL },
};

struct command cmd_object_rows[] = {
	CONTAINER_ROW("object", "Commands on what is known of a key's inside.",
	    "2.2.3", "generic", object_rows),
	{
		.name    = "debug",
		.syntax  = "<SLEEP seconds | OBJECT key | "
		    "SET-ACTIVE-EXPIRE number | "
		    "STRINGMATCH-LEN string pattern>",
		.summary = "Helps to test clients, if enable-debug-command "
		    "allows it.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "Depends on subcommand.",
		.arity   = -2,
		.flags   = CMD_ADMIN | CMD_NO_SCRIPT | CMD_LOADING |
		    CMD_DANGEROUS | CMD_DEBUG,
		.more_keys = debug_keys,
		.run     = cmd_debug,
	},
	{ .name = NULL },
};
