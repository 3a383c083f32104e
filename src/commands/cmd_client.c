/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLIENT: what a connection says about itself, and what can be seen and done
 * of the others.  There are no replicas, and one user.
 */
#include "base/clock.h"
#include "base/number.h"
#include "commands/cmd_client.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "commands/tracking.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/session.h"
#include "resp/reply.h"

/* Text that RESP3 shows as it is; takes it. */
static void
reply_text(struct call *c, struct buf *text)
{
	c->reply->out.failed |= text->failed;
	reply_verbatim(c->reply, "txt", buf_bytes(text));
	buf_free(text);
}

static void
cmd_client_id(struct call *c)
{
	reply_integer(c->reply, (int64_t)c->session->id);
}

static void
cmd_client_info(struct call *c)
{
	struct buf text = { 0 };

	session_format(c->session, &text);
	reply_text(c, &text);
}

static void
cmd_client_getname(struct call *c)
{
	struct buf name = { 0 };

	session_format_text(c->session, SESSION_NAME, &name);
	if (name.length != 0)
		reply_bulk(c->reply, buf_bytes(&name));
	else
		reply_null(c->reply);
	buf_free(&name);
}

static void
cmd_client_setname(struct call *c)
{
	if (!session_text_fits(call_arg(c, 2))) {
		reply_error(c->reply, ERR_CLIENT_NAME);
		return;
	}
	session_set_text(c->session, SESSION_NAME, call_arg(c, 2));
	reply_ok(c->reply);
}

static void
cmd_client_setinfo(struct call *c)
{
	struct bytes option = call_arg(c, 2);
	enum session_text which;

	if (bytes_is(option, "lib-name"))
		which = SESSION_LIB_NAME;
	else if (bytes_is(option, "lib-ver"))
		which = SESSION_LIB_VER;
	else {
		reply_error(c->reply, "ERR Unrecognized option '%.*s'",
		    (int)option.length, option.data);
		return;
	}
	if (!session_text_fits(call_arg(c, 3))) {
		reply_error(c->reply, "ERR %.*s cannot contain spaces, "
		    "newlines or special characters.", (int)option.length,
		    option.data);
		return;
	}
	session_set_text(c->session, which, call_arg(c, 3));
	reply_ok(c->reply);
}

/* Which sessions CLIENT LIST or KILL means, and what came of it. */
struct selection {
	struct session	*self;
	int64_t		 id;			/* 0: any */
	int64_t		 age;			/* at least, in seconds */
	struct bytes	 address, local;	/* no data: any */
	enum { ANY, NORMAL, PUBSUB, ABSENT } type;
	bool		 not_self;
	struct buf	 lines;
	int64_t		 killed;
};

/* False, and answered, for no type; of some nobody is here. */
static bool
read_type(struct call *c, size_t i, struct selection *which)
{
	static const char *const types[] = { "normal", "pubsub", "master",
	    "replica", "slave" };
	struct bytes type = call_arg(c, i);
	size_t k;

	for (k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
		if (bytes_is(type, types[k])) {
			which->type = k == 0 ? NORMAL : k == 1 ? PUBSUB :
			    ABSENT;
			return (true);
		}
	}
	reply_error(c->reply, "ERR Unknown client type '%.*s'",
	    (int)type.length, type.data);
	return (false);
}

static bool
has_type(const struct session *s, const struct selection *which)
{
	return (which->type == ANY || which->type ==
	    (pubsub_subscribed(s) ? PUBSUB : NORMAL));
}

static bool
selected(const struct session *s, const struct selection *which)
{
	int64_t age = (clock_wall_us() - s->created_us) / 1000000;

	if (!has_type(s, which) || age < which->age ||
	    (which->not_self && s == which->self) ||
	    (which->id != 0 && s->id != (uint64_t)which->id) ||
	    (which->address.data != NULL &&
	    !bytes_equal(which->address, bytes_of(s->peer->name))) ||
	    (which->local.data != NULL &&
	    !bytes_equal(which->local, bytes_of(s->peer->local))))
		return (false);
	/* Who has been killed is gone, though its worker may not know yet. */
	return (!atomic_load(&s->killed));
}

static bool
list_one(struct session *s, void *arg)
{
	struct selection *which = arg;

	if (selected(s, which))
		session_format(s, &which->lines);
	return (!which->lines.failed);
}

/* LIST ID 3 1 3 shows the three in that order. */
static bool
list_ids(struct call *c, struct selection *which)
{
	int64_t id;
	size_t i;

	for (i = 3; i < c->argc; i++) {
		if (!number_parse(call_arg(c, i), &id)) {
			reply_error(c->reply, "ERR Invalid client ID");
			return (false);
		}
	}
	for (i = 3; i < c->argc; i++) {
		number_parse(call_arg(c, i), &which->id);
		if (which->id > 0)
			session_each(c->engine, list_one, which);
	}
	return (true);
}

static void
cmd_client_list(struct call *c)
{
	struct selection which = { .self = c->session };

	if (c->argc > 3 && call_arg_is(c, 2, "id")) {
		if (!list_ids(c, &which))
			return;
	} else if (c->argc == 2 ||
	    (c->argc == 4 && call_arg_is(c, 2, "type"))) {
		if (c->argc == 4 && !read_type(c, 3, &which))
			return;
		session_each(c->engine, list_one, &which);
	} else {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	reply_text(c, &which.lines);
}

static bool
kill_one(struct session *s, void *arg)
{
	struct selection *which = arg;

	if (selected(s, which)) {
		session_kill(s, s == which->self);
		which->killed++;
	}
	return (true);
}

static bool
read_id(struct call *c, size_t i, struct selection *which)
{
	if (number_parse(call_arg(c, i), &which->id) && which->id > 0)
		return (true);
	reply_error(c->reply, "ERR client-id should be greater than 0");
	return (false);
}

static bool
read_user(struct call *c, size_t i)
{
	struct bytes user = call_arg(c, i);

	if (bytes_equal(user, bytes_of("default")))
		return (true);
	reply_error(c->reply, "ERR No such user '%.*s'", (int)user.length,
	    user.data);
	return (false);
}

static bool
read_age(struct call *c, size_t i, struct selection *which)
{
	if (!number_parse(call_arg(c, i), &which->age))
		reply_error(c->reply,
		    "ERR maxage is not an integer or out of range");
	else if (which->age <= 0)
		reply_error(c->reply, "ERR maxage should be greater than 0");
	else
		return (true);
	return (false);
}

/* One filter of CLIENT KILL and its value; false: answered. */
static bool
read_filter(struct call *c, size_t i, struct selection *which)
{
	if (i + 1 < c->argc) {
		if (call_arg_is(c, i, "id"))
			return (read_id(c, i + 1, which));
		if (call_arg_is(c, i, "type"))
			return (read_type(c, i + 1, which));
		if (call_arg_is(c, i, "user"))
			return (read_user(c, i + 1));
		if (call_arg_is(c, i, "maxage"))
			return (read_age(c, i + 1, which));
		if (call_arg_is(c, i, "addr")) {
			which->address = call_arg(c, i + 1);
			return (true);
		}
		if (call_arg_is(c, i, "laddr")) {
			which->local = call_arg(c, i + 1);
			return (true);
		}
		if (call_arg_is(c, i, "skipme") &&
		    (call_arg_is(c, i + 1, "yes") ||
		    call_arg_is(c, i + 1, "no"))) {
			which->not_self = call_arg_is(c, i + 1, "yes");
			return (true);
		}
	}
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static void
cmd_client_kill(struct call *c)
{
	struct selection which = { .self = c->session, .not_self = true };
	size_t i;

	if (c->argc == 3) {
		which.address = call_arg(c, 2);
		which.not_self = false;
		session_each(c->engine, kill_one, &which);
		if (which.killed != 0)
			reply_ok(c->reply);
		else
			reply_error(c->reply, "ERR No such client");
		return;
	}
	for (i = 2; i < c->argc; i += 2) {
		if (!read_filter(c, i, &which))
			return;
	}
	session_each(c->engine, kill_one, &which);
	reply_integer(c->reply, which.killed);
}

/* ON or OFF for one of the session's flags. */
static void
switch_flag(struct call *c, unsigned flag)
{
	if (call_arg_is(c, 2, "on"))
		atomic_fetch_or(&c->session->flags, flag);
	else if (call_arg_is(c, 2, "off"))
		atomic_fetch_and(&c->session->flags, ~flag);
	else {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	reply_ok(c->reply);
}

static void
cmd_client_no_evict(struct call *c)
{
	switch_flag(c, SESSION_NO_EVICT);
}

static void
cmd_client_no_touch(struct call *c)
{
	switch_flag(c, SESSION_NO_TOUCH);
}

static void
cmd_client_reply(struct call *c)
{
	struct session *s = c->session;

	if (call_arg_is(c, 2, "on")) {
		s->replies = REPLIES_ON;
		reply_ok(c->reply);
	} else if (call_arg_is(c, 2, "off"))
		s->replies = REPLIES_OFF;
	else if (!call_arg_is(c, 2, "skip"))
		reply_error(c->reply, ERR_SYNTAX);
	else if (s->replies != REPLIES_OFF)
		s->replies = REPLIES_SKIP_NEXT;
}

static struct command client_rows[] = {
	{
		.name    = "id",
		.syntax  = "",
		.summary = "Returns the number of this connection.",
		.since   = "5.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_id,
	},
	{
		.name    = "info",
		.syntax  = "",
		.summary = "Returns the line of CLIENT LIST for this "
		    "connection.",
		.since   = "6.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_info,
	},
	{
		.name    = "list",
		.syntax  = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] "
		    "[ID client-id [client-id ...]]",
		.summary = "Returns a line about each connection.",
		.since   = "2.4.0",
		.group   = "connection",
		.cost    = "O(N) where N is the number of connections",
		.arity   = -2,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_list,
	},
	{
		.name    = "kill",
		.syntax  = "ip:port | [ID client-id] [TYPE <NORMAL | MASTER | "
		    "REPLICA | PUBSUB>] [USER username] [ADDR ip:port] "
		    "[LADDR ip:port] [SKIPME <YES | NO>] [MAXAGE seconds]",
		.summary = "Closes connections.",
		.since   = "2.4.0",
		.group   = "connection",
		.cost    = "O(N) where N is the number of connections",
		.arity   = -3,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_kill,
	},
	{
		.name    = "pause",
		.syntax  = "timeout [WRITE | ALL]",
		.summary = "Lets all commands, or those that write, wait for "
		    "that many milliseconds.",
		.since   = "3.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -3,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_pause,
	},
	{
		.name    = "unpause",
		.syntax  = "",
		.summary = "Ends CLIENT PAUSE.",
		.since   = "6.2.0",
		.group   = "connection",
		.cost    = "O(N) where N is the number of connections",
		.arity   = 2,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_unpause,
	},
	{
		.name    = "unblock",
		.syntax  = "client-id [TIMEOUT | ERROR]",
		.summary = "Ends the waiting of a client for a key, as if its "
		    "time were up or with an error.",
		.since   = "5.0.0",
		.group   = "connection",
		.cost    = "O(N) where N is the number of connections",
		.arity   = -3,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_EXCLUSIVE,
		.more_keys = cmd_client_unblock_keys,
		.run     = cmd_client_unblock,
	},
	{
		.name    = "getname",
		.syntax  = "",
		.summary = "Returns the name of this connection.",
		.since   = "2.6.9",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_getname,
	},
	{
		.name    = "setname",
		.syntax  = "connection-name",
		.summary = "Names this connection.",
		.since   = "2.6.9",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_setname,
	},
	{
		.name    = "setinfo",
		.syntax  = "<LIB-NAME libname | LIB-VER libver>",
		.summary = "Tells which client library this connection uses.",
		.since   = "7.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 4,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_setinfo,
	},
	{
		.name    = "no-evict",
		.syntax  = "<ON | OFF>",
		.summary = "Asks that this connection be spared when memory "
		    "is short.",
		.since   = "7.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_no_evict,
	},
	{
		.name    = "no-touch",
		.syntax  = "<ON | OFF>",
		.summary = "Asks that this connection's reads not count as "
		    "use of a key.",
		.since   = "7.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_no_touch,
	},
	{
		.name    = "reply",
		.syntax  = "<ON | OFF | SKIP>",
		.summary = "Says whether this connection wants replies.",
		.since   = "3.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_client_reply,
	},
	{
		.name    = "tracking",
		.syntax  = "<ON | OFF> [REDIRECT client-id] [PREFIX prefix "
		    "[PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
		.summary = "Says whether this connection wants to hear of "
		    "changes of keys that it has read.",
		.since   = "6.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -3,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = tracking_run,
	},
	{
		.name    = "caching",
		.syntax  = "<YES | NO>",
		.summary = "Says whether the keys of the next command are "
		    "tracked.",
		.since   = "6.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = tracking_run_caching,
	},
	{
		.name    = "getredir",
		.syntax  = "",
		.summary = "Returns which connection gets what this one is to "
		    "hear.",
		.since   = "6.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = tracking_run_getredir,
	},
	{
		.name    = "trackinginfo",
		.syntax  = "",
		.summary = "Returns how this connection tracks keys.",
		.since   = "6.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING | CMD_NO_SCRIPT,
		.run     = tracking_run_info,
	},
	HELP_ROW("5.0.0", "connection"),
	{ .name = NULL },
};

struct command cmd_client_rows[] = {
	{
		.name    = "client",
		.syntax  = "",
		.summary = "Commands on connections.",
		.since   = "2.4.0",
		.group   = "connection",
		.cost    = "Depends on subcommand.",
		.arity   = -2,
		.flags   = CMD_CONTAINER | CMD_ANNOUNCES,
		.subcommands = client_rows,
	},
	{ .name = NULL },
};
