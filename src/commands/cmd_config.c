/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CONFIG: the settings table as clients see it.
 */
#include <string.h>

#include "base/glob.h"
#include "base/log.h"
#include "base/rewrite.h"
#include "base/settings.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/stats.h"
#include "resp/reply.h"

/*
 * Note the settings whose names match the pattern, in any case.  As in Redis
 * one that is named, not by a pattern, is called as it was first.
 */
static void
mark(struct bytes pattern, struct bytes asked[SETTINGS])
{
	struct buf lower = { 0 };
	struct bytes name;
	int id;

	buf_add_lower(&lower, pattern);
	for (id = 0; id < SETTINGS; id++) {
		name = bytes_of(settings_row((enum setting_id)id)->name);
		if (asked[id].data == NULL &&
		    glob_match(buf_bytes(&lower), name))
			asked[id] = bytes_is(pattern, name.data) ? pattern :
			    name;
	}
	buf_free(&lower);
}

static void
cmd_config_get(struct call *c)
{
	struct bytes asked[SETTINGS] = { { 0 } };
	struct buf value = { 0 };
	size_t i, n = 0;
	int id;

	for (i = 2; i < c->argc; i++)
		mark(call_arg(c, i), asked);
	for (id = 0; id < SETTINGS; id++)
		n += asked[id].data != NULL;
	reply_map(c->reply, n);
	for (id = 0; id < SETTINGS; id++) {
		if (asked[id].data == NULL)
			continue;
		buf_cut(&value, 0);
		settings_format((enum setting_id)id, &value);
		reply_bulk(c->reply, asked[id]);
		reply_bulk(c->reply, buf_bytes(&value));
	}
	buf_free(&value);
}

static void
refuse(struct call *c, struct bytes name, struct bytes why)
{
	reply_error(c->reply, "ERR CONFIG SET failed (possibly related to "
	    "argument '%.*s') - %.*s", (int)name.length, name.data,
	    (int)why.length, why.data);
}

/* Whether the setting named by argument i may be set now; false: answered. */
static bool
may_set(struct call *c, size_t i)
{
	struct bytes name = call_arg(c, i);
	enum setting_id id = settings_find(name);
	size_t k;

	if (id == SETTINGS) {
		reply_error(c->reply, "ERR Unknown option or number of "
		    "arguments for CONFIG SET - '%.*s'", (int)name.length,
		    name.data);
		return (false);
	}
	if (!settings_row(id)->live) {
		refuse(c, name, bytes_of("can't set immutable config"));
		return (false);
	}
	if (id == SETTING_APPENDONLY && c->engine->saver == NULL) {
		refuse(c, name, bytes_of("there is no data directory"));
		return (false);
	}
	for (k = 2; k < i; k += 2) {
		if (settings_find(call_arg(c, k)) == id) {
			refuse(c, name, bytes_of("duplicate parameter"));
			return (false);
		}
	}
	return (true);
}

static bool
value_fits(struct call *c, size_t i)
{
	enum setting_id id = settings_find(call_arg(c, i));
	struct buf expected = { 0 };
	bool fits;

	fits = settings_check(id, call_arg(c, i + 1), &expected);
	if (!fits)
		refuse(c, bytes_of(settings_row(id)->name),
		    buf_bytes(&expected));
	buf_free(&expected);
	return (fits);
}

/* All of them or none. */
static void
cmd_config_set(struct call *c)
{
	size_t i;

	if (c->argc % 2 != 0) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	for (i = 2; i < c->argc; i += 2) {
		if (!may_set(c, i))
			return;
	}
	for (i = 2; i < c->argc; i += 2) {
		if (!value_fits(c, i))
			return;
	}
	for (i = 2; i < c->argc; i += 2)
		settings_set(settings_find(call_arg(c, i)),
		    call_arg(c, i + 1), NULL);
	reply_ok(c->reply);
}

static void
cmd_config_resetstat(struct call *c)
{
	stats_reset(c->engine->stats);
	atomic_store(&c->engine->rejected, 0);
	atomic_store(&c->engine->graves.filled, 0);
	reply_ok(c->reply);
}

static void
cmd_config_rewrite(struct call *c)
{
	const char *path = c->engine->config_path;
	int error;

	if (path == NULL) {
		reply_error(c->reply,
		    "ERR The server is running without a config file");
		return;
	}
	error = rewrite_file(path);
	if (error != 0) {
		log_warning("CONFIG REWRITE failed: %s: %s", path,
		    strerror(error));
		reply_error(c->reply, "ERR Rewriting config file: %s",
		    strerror(error));
		return;
	}
	log_notice("settings written to %s", path);
	reply_ok(c->reply);
}

static struct command config_rows[] = {
	{
		.name    = "get",
		.syntax  = "parameter [parameter ...]",
		.summary = "Returns settings whose names match patterns.",
		.since   = "2.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of parameters",
		.arity   = -3,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_config_get,
	},
	{
		.name    = "set",
		.syntax  = "parameter value [parameter value ...]",
		.summary = "Changes settings, all or none.",
		.since   = "2.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of parameters",
		.arity   = -4,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_config_set,
	},
	{
		.name    = "resetstat",
		.syntax  = "",
		.summary = "Starts the counters of INFO anew.",
		.since   = "2.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_config_resetstat,
	},
	{
		.name    = "rewrite",
		.syntax  = "",
		.summary = "Writes the settings that hold into the "
		    "configuration file.",
		.since   = "2.8.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of settings",
		.arity   = 2,
		/* It sleeps, and EXEC holds locks. */
		.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT |
		    CMD_NO_MULTI,
		.run     = cmd_config_rewrite,
	},
	HELP_ROW("5.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_config_rows[] = {
	CONTAINER_ROW("config", "Commands on the server's settings.",
	    "2.0.0", "server", config_rows),
	{ .name = NULL },
};
