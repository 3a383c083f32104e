/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on the connection itself.  What a client says about itself and
 * about others is in cmd_client.c.
 */
#include "base/log.h"
#include "base/number.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/session.h"
#include "resp/reply.h"
#include "store/keyspace.h"

static void
cmd_ping(struct call *c)
{
	if (c->argc > 2)
		call_wrong_arity(c);
	else if (c->reply->dialect != DIALECT_RESP3 &&
	    pubsub_subscribed(c->session)) {
		reply_array(c->reply, 2);
		reply_string(c->reply, "pong");
		reply_bulk(c->reply, c->argc == 2 ? call_arg(c, 1) :
		    bytes_of(""));
	} else if (c->argc == 2)
		reply_bulk(c->reply, call_arg(c, 1));
	else
		reply_status(c->reply, "PONG");
}

static void
cmd_echo(struct call *c)
{
	reply_bulk(c->reply, call_arg(c, 1));
}

static void
cmd_quit(struct call *c)
{
	reply_ok(c->reply);
	session_kill(c->session, true);
}

static void
cmd_reset(struct call *c)
{
	session_reset(c->session);
	reply_status(c->reply, "RESET");
}

static void
cmd_select(struct call *c)
{
	int64_t db;

	if (!call_integer(c, 1, &db))
		return;
	if (db < INT32_MIN || db > INT32_MAX) {
		reply_error(c->reply, "ERR value is out of range, value must "
		    "between %d and %d", INT32_MIN, INT32_MAX);
		return;
	}
	if (db < 0 || db >= keyspace_databases(c->engine->keyspace)) {
		reply_error(c->reply, ERR_DB_RANGE);
		return;
	}
	atomic_store_explicit(&c->session->db, (unsigned)db,
	    memory_order_relaxed);
	reply_ok(c->reply);
}

static bool
authenticate(struct call *c, struct bytes user, struct bytes password)
{
	if (session_authenticate(c->session, user, password))
		return (true);
	log_notice("wrong password: %s", c->session->peer->name);
	reply_error(c->reply, "WRONGPASS invalid username-password pair or "
	    "user is disabled.");
	return (false);
}

static void
cmd_auth(struct call *c)
{
	if (c->argc > 3)
		reply_error(c->reply, ERR_SYNTAX);
	else if (c->argc == 2 && !session_has_password())
		reply_error(c->reply, "ERR AUTH <password> called without any "
		    "password configured for the default user. Are you sure "
		    "your configuration is correct?");
	else if (authenticate(c, c->argc == 3 ? call_arg(c, 1) :
	    bytes_of("default"), call_arg(c, c->argc - 1)))
		reply_ok(c->reply);
}

/* HELLO 2 or 3; false: answered. */
static bool
read_version(struct call *c, enum dialect *dialect)
{
	int64_t version;

	if (!number_parse(call_arg(c, 1), &version)) {
		reply_error(c->reply, "ERR Protocol version is not an integer "
		    "or out of range");
		return (false);
	}
	if (version != 2 && version != 3) {
		reply_error(c->reply, "NOPROTO unsupported protocol version");
		return (false);
	}
	*dialect = version == 2 ? DIALECT_RESP2 : DIALECT_RESP3;
	return (true);
}

/*
 * [AUTH user password] [SETNAME name], in any order; false: answered.  As in
 * Redis what stands before an error is done.
 */
static bool
follow_options(struct call *c)
{
	size_t i, follow;

	for (i = 2; i < c->argc; i++) {
		follow = c->argc - i - 1;
		if (call_arg_is(c, i, "auth") && follow >= 2) {
			if (!authenticate(c, call_arg(c, i + 1),
			    call_arg(c, i + 2)))
				return (false);
			i += 2;
		} else if (call_arg_is(c, i, "setname") && follow >= 1) {
			if (!session_text_fits(call_arg(c, ++i))) {
				reply_error(c->reply, ERR_CLIENT_NAME);
				return (false);
			}
			session_set_text(c->session, SESSION_NAME,
			    call_arg(c, i));
		} else {
			reply_error(c->reply, "ERR Syntax error in HELLO "
			    "option '%.*s'", (int)call_arg(c, i).length,
			    call_arg(c, i).data);
			return (false);
		}
	}
	return (true);
}

static void
reply_hello(struct call *c)
{
	struct reply *r = c->reply;

	reply_map(r, 7);
	reply_string(r, "server");
	reply_string(r, "redis");
	reply_string(r, "version");
	reply_string(r, REDIS_VERSION);
	reply_string(r, "proto");
	reply_integer(r, r->dialect == DIALECT_RESP3 ? 3 : 2);
	reply_string(r, "id");
	reply_integer(r, (int64_t)c->session->id);
	reply_string(r, "mode");
	reply_string(r, "standalone");
	reply_string(r, "role");
	reply_string(r, "master");
	reply_string(r, "modules");
	reply_array(r, 0);
}

static void
cmd_hello(struct call *c)
{
	enum dialect dialect = c->reply->dialect;

	if (c->argc > 1 && (!read_version(c, &dialect) || !follow_options(c)))
		return;
	if (!session_is_known(c->session)) {
		reply_error(c->reply, "NOAUTH HELLO must be called with the "
		    "client already authenticated, otherwise the HELLO "
		    "AUTH <user> <pass> option can be used to authenticate "
		    "the client and select the RESP protocol version at the "
		    "same time");
		return;
	}
	session_speak(c->session, dialect);
	reply_hello(c);
}

struct command cmd_connection_rows[] = {
	{
		.name    = "ping",
		.syntax  = "[message]",
		.summary = "Answers PONG, or the message.",
		.since   = "1.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_FAST | CMD_SUBSCRIBED | CMD_SHORT,
		.run     = cmd_ping,
	},
	{
		.name    = "echo",
		.syntax  = "message",
		.summary = "Answers the message.",
		.since   = "1.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_FAST | CMD_LOADING,
		.run     = cmd_echo,
	},
	{
		.name    = "quit",
		.syntax  = "",
		.summary = "Closes the connection.",
		.since   = "1.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_AUTH |
		    CMD_NO_SCRIPT | CMD_NOT_QUEUED | CMD_SUBSCRIBED,
		.run     = cmd_quit,
	},
	{
		.name    = "reset",
		.syntax  = "",
		.summary = "Makes the connection what it was at its start.",
		.since   = "6.2.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_AUTH |
		    CMD_NO_SCRIPT | CMD_NOT_QUEUED | CMD_SUBSCRIBED,
		.run     = cmd_reset,
	},
	{
		.name    = "select",
		.syntax  = "index",
		.summary = "Chooses the database for this connection.",
		.since   = "1.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_FAST | CMD_LOADING | CMD_ANNOUNCES,
		.run     = cmd_select,
	},
	{
		.name    = "hello",
		.syntax  = "[protover [AUTH username password] "
		    "[SETNAME clientname]]",
		.summary = "Chooses RESP2 or RESP3 and tells what server "
		    "this is.",
		.since   = "6.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_AUTH |
		    CMD_NO_SCRIPT | CMD_ANNOUNCES,
		.run     = cmd_hello,
	},
	{
		.name    = "auth",
		.syntax  = "[username] password",
		.summary = "Authenticates the connection.",
		.since   = "1.0.0",
		.group   = "connection",
		.cost    = "O(1)",
		.arity   = -2,
		.flags   = CMD_FAST | CMD_LOADING | CMD_NO_AUTH |
		    CMD_NO_SCRIPT | CMD_ANNOUNCES,
		.run     = cmd_auth,
	},
	{ .name = NULL },
};
