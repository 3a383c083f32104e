/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has the data saved.
 */
#include <errno.h>
#include <string.h>

#include "agents/saver.h"
#include "base/clock.h"
#include "base/number.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/session.h"
#include "persist/journal.h"
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
	case SAVER_LATER:
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
	if (saver_begin(saver, false) != SAVER_OK)
		reply_error(c->reply, "ERR Background save already in "
		    "progress");
	else
		reply_status(c->reply, c->nested ?
		    "Background saving scheduled" :
		    "Background saving started");
}

/* A snapshot, which takes the place of the journal before it. */
static void
cmd_bgrewriteaof(struct call *c)
{
	struct saver *saver = saver_of(c);

	if (saver == NULL)
		return;
	switch (saver_begin(saver, true)) {
	case SAVER_OK:
		reply_status(c->reply, c->nested ? "Background append only "
		    "file rewriting scheduled" : "Background append only "
		    "file rewriting started");
		break;
	case SAVER_LATER:
		reply_status(c->reply, "Background append only file rewriting "
		    "scheduled");
		break;
	case SAVER_BUSY:
	case SAVER_FAILED:
		reply_error(c->reply, "ERR Background append only file "
		    "rewriting already in progress");
	}
}

static void
reply_safe(struct reply *r)
{
	reply_array(r, 2);
	reply_integer(r, 1);
	reply_integer(r, 0);
}

static void
reply_unsafe(struct reply *r)
{
	reply_array(r, 2);
	reply_integer(r, 0);
	reply_integer(r, 0);
}

/* The arguments of WAITAOF; false: answered. */
static bool
read_waitaof(struct call *c, int64_t *local, int64_t *replicas,
    int64_t *timeout)
{
	if (!call_integer(c, 1, local))
		return (false);
	if (*local < 0 || *local > 1) {
		reply_error(c->reply, "ERR value is out of range, value must "
		    "between 0 and 1");
		return (false);
	}
	if (!call_count(c, 2, replicas))
		return (false);
	if (!number_parse(call_arg(c, 3), timeout)) {
		reply_error(c->reply, ERR_TIMEOUT_NOT_INTEGER);
		return (false);
	}
	if (*timeout < 0) {
		reply_error(c->reply, ERR_TIMEOUT_NEGATIVE);
		return (false);
	}
	if (*local == 0 || (c->engine->journal != NULL &&
	    journal_is_on(c->engine->journal)))
		return (true);
	reply_error(c->reply, "ERR WAITAOF cannot be used when numlocal is set "
	    "but appendonly is disabled.");
	return (false);
}

/* Who wants replicas waits in vain until the time is over, as with WAIT. */
static void
cmd_waitaof(struct call *c)
{
	struct journal *j = c->engine->journal;
	int64_t local, replicas, timeout, until;
	uint64_t position = c->session->position;
	bool safe;

	if (!read_waitaof(c, &local, &replicas, &timeout))
		return;
	until = timeout == 0 ? 0 : clock_monotonic_us() + timeout * 1000;
	safe = j != NULL && (local != 0 && !c->nested ?
	    journal_sync(j, position, until) : journal_durable(j) >= position);
	if (replicas > 0)
		call_wait(c, timeout, safe ? reply_safe : reply_unsafe);
	else
		(safe ? reply_safe : reply_unsafe)(c->reply);
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
		.name    = "bgrewriteaof",
		.syntax  = "",
		.summary = "Has a snapshot take the place of the journal.",
		.since   = "1.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_ADMIN | CMD_NO_SCRIPT,
		.run     = cmd_bgrewriteaof,
	},
	{
		.name    = "waitaof",
		.syntax  = "numlocal numreplicas timeout",
		.summary = "Waits until what the client has changed is on the "
		    "disk.",
		.since   = "7.2.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 4,
		.flags   = CMD_BLOCKING | CMD_NO_SCRIPT,
		.run     = cmd_waitaof,
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
