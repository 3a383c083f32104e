/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has the data saved.
 */
#include <errno.h>
#include <string.h>

#include "agents/saver.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "resp/reply.h"

/* Without a data directory, replies and returns NULL. */
static struct saver *
saver_of(struct call *c)
{
	if (c->engine->saver == NULL)
		reply_error(c->reply, "ERR no data directory is set: there is "
		    "nowhere to save to");
	return (c->engine->saver);
}

/* Only this client waits: the others are served meanwhile. */
static void
cmd_save(struct call *c)
{
	struct saver *saver = saver_of(c);

	if (saver == NULL)
		return;
	switch (saver_save(saver)) {
	case SAVER_OK:
		reply_ok(c->reply);
		break;
	case SAVER_BUSY:
		reply_error(c->reply, "ERR Background save already in "
		    "progress");
		break;
	case SAVER_FAILED:
		reply_error(c->reply, "ERR saving failed: %s",
		    strerror(errno));
		break;
	}
}

static void
cmd_bgsave(struct call *c)
{
	struct saver *saver;

	if (c->argc > 2 || (c->argc == 2 && !call_arg_is(c, 1, "schedule"))) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if ((saver = saver_of(c)) == NULL)
		return;
	if (saver_begin(saver) != SAVER_OK)
		reply_error(c->reply, "ERR Background save already in "
		    "progress");
	else
		reply_status(c->reply, c->nested ?
		    "Background saving scheduled" :
		    "Background saving started");
}

static void
cmd_lastsave(struct call *c)
{
	struct saver_status status = { .saved_us = c->engine->started_us };

	if (c->engine->saver != NULL)
		saver_status(c->engine->saver, &status);
	reply_integer(c->reply, status.saved_us / 1000000);
}

struct command cmd_persist_rows[] = {
	{
		.name    = "save",
		.syntax  = "",
		.summary = "Saves all data and waits until it is on the disk.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(N) with N the number of keys in all databases",
		.arity   = 1,
		.flags   = CMD_ADMIN | CMD_NO_SCRIPT | CMD_NO_MULTI,
		.run     = cmd_save,
	},
	{
		.name    = "bgsave",
		.syntax  = "[SCHEDULE]",
		.summary = "Has all data saved in the background.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = -1,
		.flags   = CMD_ADMIN | CMD_NO_SCRIPT,
		.run     = cmd_bgsave,
	},
	{
		.name    = "lastsave",
		.syntax  = "",
		.summary = "Returns when data was last saved.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_FAST | CMD_LOADING,
		.run     = cmd_lastsave,
	},
	{ .name = NULL },
};
