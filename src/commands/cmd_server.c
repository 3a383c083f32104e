/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on the server as a whole that are too small for a file each.
 */
#include <signal.h>
#include <unistd.h>

#include "agents/saver.h"
#include "base/number.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "resp/reply.h"

/* Seconds and microseconds. */
static void
cmd_time(struct call *c)
{
	int64_t now = c->session->now_us;
	char text[NUMBER_SIZE];

	reply_array(c->reply, 2);
	number_format(text, now / 1000000);
	reply_string(c->reply, text);
	number_format(text, now % 1000000);
	reply_string(c->reply, text);
}

enum {
	SHUTDOWN_SAVE	= 1 << 0,
	SHUTDOWN_NOSAVE	= 1 << 1,
	SHUTDOWN_NOW	= 1 << 2,
	SHUTDOWN_FORCE	= 1 << 3,
	SHUTDOWN_ABORT	= 1 << 4,
};

static const struct {
	const char	*word;
	unsigned	 flag;
	unsigned	 not_with;
} shutdown_words[] = {
	{ "save", SHUTDOWN_SAVE, SHUTDOWN_NOSAVE | SHUTDOWN_ABORT },
	{ "nosave", SHUTDOWN_NOSAVE, SHUTDOWN_SAVE | SHUTDOWN_ABORT },
	{ "now", SHUTDOWN_NOW, SHUTDOWN_ABORT },
	{ "force", SHUTDOWN_FORCE, SHUTDOWN_ABORT },
	{ "abort", SHUTDOWN_ABORT, ~SHUTDOWN_ABORT },
};

static bool
read_shutdown_word(struct call *c, size_t i, unsigned *flags)
{
	size_t k, n = sizeof(shutdown_words) / sizeof(shutdown_words[0]);

	for (k = 0; k < n; k++) {
		if (call_arg_is(c, i, shutdown_words[k].word) &&
		    (*flags & shutdown_words[k].not_with) == 0) {
			*flags |= shutdown_words[k].flag;
			return (true);
		}
	}
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

/*
 * The same way out as for everybody: the signal that drains.  There are no
 * replicas to wait for, and the server ends if saving fails as well, so NOW and
 * FORCE ask for what happens anyway.
 */
static void
cmd_shutdown(struct call *c)
{
	unsigned flags = 0;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		if (!read_shutdown_word(c, i, &flags))
			return;
	}
	if ((flags & SHUTDOWN_ABORT) != 0) {
		reply_error(c->reply, "ERR No shutdown in progress.");
		return;
	}
	if (c->engine->saver != NULL &&
	    (flags & (SHUTDOWN_SAVE | SHUTDOWN_NOSAVE)) != 0)
		saver_at_end(c->engine->saver, (flags & SHUTDOWN_SAVE) != 0);
	kill(getpid(), SIGTERM);
	session_kill(c->session, true);
}

/* Sierpinski's triangle: what two numbers have no bit in common. */
static void
draw(struct buf *out)
{
	unsigned x, y, side = 16;

	for (y = side; y-- > 0;) {
		for (x = 0; x < y; x++)
			buf_add_char(out, ' ');
		for (x = 0; x + y < side; x++)
			buf_add_string(out, (x & y) == 0 ? "* " : "  ");
		buf_add_char(out, '\n');
	}
}

static void
cmd_lolwut(struct call *c)
{
	struct buf art = { 0 };
	int64_t version;

	if (c->argc > 2 && call_arg_is(c, 1, "version") &&
	    !call_integer(c, 2, &version))
		return;
	draw(&art);
	buf_add_string(&art, "respd ver. " PACKAGE_VERSION "\n");
	reply_verbatim(c->reply, "txt", buf_bytes(&art));
	buf_free(&art);
}

/* Said again it is not answered, as in Redis. */
static void
cmd_monitor(struct call *c)
{
	if (c->nested)
		reply_error(c->reply, "ERR MONITOR isn't allowed for DENY "
		    "BLOCKING client");
	else if (pubsub_add(c->session, PUBSUB_MONITOR, bytes_of("")))
		reply_ok(c->reply);
}

struct command cmd_server_rows[] = {
	{
		.name    = "time",
		.syntax  = "",
		.summary = "Returns the time: seconds since 1970 and "
		    "microseconds.",
		.since   = "2.6.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING,
		.run     = cmd_time,
	},
	{
		.name    = "shutdown",
		.syntax  = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
		.summary = "Ends the server.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_NO_MULTI,
		.run     = cmd_shutdown,
	},
	{
		.name    = "lolwut",
		.syntax  = "[VERSION version]",
		.summary = "Draws a picture and tells the server's version.",
		.since   = "5.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_FAST,
		.run     = cmd_lolwut,
	},
	{
		.name    = "monitor",
		.syntax  = "",
		.summary = "Shows every command that runs.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "",
		.arity   = 1,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_monitor,
	},
	{ .name = NULL },
};
