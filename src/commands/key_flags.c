/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/key_flags.h"

#include <string.h>

#include "base/bytes.h"
#include "base/number.h"
#include "value/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char get[] = "RO access";
static const char change[] = "RW access update";
static const char take[] = "RW access delete";
static const char put[] = "OW update";

/* Those that are not "get" and "change", as readers and writers are. */
static const struct {
	struct key_flags flags;
	const char	*names;		/* each between blanks */
} rows[] = {
	{ { "RO", "RO" }, " strlen exists touch type llen hlen hexists hstrlen "
	    "sismember scard zcard object|encoding object|freq "
	    "object|idletime object|refcount memory|usage watch " },
	{ { take, take }, " getdel lpop rpop blpop brpop lmpop blmpop spop "
	    "zpopmin zpopmax bzpopmin bzpopmax zmpop bzmpop " },
	{ { "RW update", "RW update" }, " setrange lset hset hmset zadd geoadd "
	    "expire pexpire expireat pexpireat persist " },
	{ { "RW insert", "RW insert" }, " append pfadd lpush rpush lpushx "
	    "rpushx linsert hsetnx sadd " },
	{ { "RW delete", "RW delete" }, " lrem ltrim hdel srem zrem "
	    "zremrangebyrank zremrangebyscore zremrangebylex " },
	{ { "RM delete", "RM delete" }, " del unlink " },
	{ { "OW insert", "OW insert" }, " setnx msetnx " },
	{ { put, put }, " mset setex psetex restore " },
	{ { put, get }, " bitop sunionstore sdiffstore zrangestore "
	    "zunionstore zinterstore zdiffstore geosearchstore " },
	{ { get, put }, " copy sort georadius georadiusbymember " },
	{ { take, "RW insert" }, " lmove rpoplpush blmove brpoplpush smove " },
	{ { take, put }, " rename " },
	{ { take, "OW insert" }, " renamenx " },
	{ { "RW update", get }, " sinterstore " },
	{ { "RW access insert", get }, " pfmerge " },
	{ { "RW access", "RW access" }, " pfcount " },
	{ { "not_key", "not_key" }, " ssubscribe sunsubscribe spublish " },
};

static bool
is_among(const char *names, const char *name)
{
	size_t length = strlen(name);
	const char *p;

	for (p = names; (p = strstr(p, name)) != NULL; p += length) {
		if (p[-1] == ' ' && p[length] == ' ')
			return (true);
	}
	return (false);
}

/* Whether one of the words is an argument from the third on. */
static bool
says(const struct value *args, size_t argc, const char *word,
    const char *other)
{
	size_t i;

	for (i = 2; i < argc; i++) {
		if (bytes_is(value_bytes(&args[i]), word) ||
		    bytes_is(value_bytes(&args[i]), other))
			return (true);
	}
	return (false);
}

bool
key_flags_unknown(const struct command *row, const struct value *args,
    size_t argc)
{
	size_t at = row->more_keys == command_keys_counted_1 ? 1 :
	    row->more_keys == command_keys_counted_2 ? 2 : 0;
	int64_t n;

	return (at != 0 && at < argc &&
	    (!number_parse(value_bytes(&args[at]), &n) || n < 1 ||
	    n >= (int64_t)(argc - at)));
}

struct key_flags
key_flags(const struct command *row, const struct value *args, size_t argc)
{
	const char *usual = (row->flags & CMD_WRITE) != 0 ? change : get;
	size_t i;

	if (args != NULL && key_flags_unknown(row, args, argc))
		return ((struct key_flags){ "", "" });
	if (args != NULL && strcmp(row->full_name, "set") == 0 &&
	    !says(args, argc, "get", "get"))
		return ((struct key_flags){ put, put });
	if (args != NULL && strcmp(row->full_name, "bitfield") == 0 &&
	    !says(args, argc, "set", "incrby"))
		return ((struct key_flags){ get, get });
	for (i = 0; i < COUNT(rows); i++) {
		if (is_among(rows[i].names, row->full_name))
			return (rows[i].flags);
	}
	return ((struct key_flags){ usual, usual });
}

void
key_flags_reply(struct reply *r, const char *flags)
{
	const char *p = flags;
	size_t n = *p != '\0', length;

	for (; *p != '\0'; p++)
		n += *p == ' ';
	reply_set(r, n);
	for (p = flags; n != 0; n--) {
		length = strcspn(p, " ");
		buf_add_format(&r->out, "+%.*s\r\n", (int)length, p);
		p += length + 1;
	}
}
