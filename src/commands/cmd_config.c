/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CONFIG: the settings table as clients see it.
 */
#include "base/glob.h"
#include "base/settings.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/stats.h"
#include "resp/reply.h"

/* Mark the settings whose names match the pattern, in any case. */
static void
mark(struct bytes pattern, bool asked[SETTINGS])
{
	struct buf lower = { 0 };
	int id;

	buf_add_lower(&lower, pattern);
	for (id = 0; id < SETTINGS; id++)
		asked[id] |= glob_match(buf_bytes(&lower),
		    bytes_of(settings_row((enum setting_id)id)->name));
	buf_free(&lower);
}

static void
cmd_config_get(struct call *c)
{
	bool asked[SETTINGS] = { false };
	struct buf value = { 0 };
	size_t i, n = 0;
	int id;

	for (i = 2; i < c->argc; i++)
		mark(call_arg(c, i), asked);
	for (id = 0; id < SETTINGS; id++)
		n += asked[id];
	reply_map(c->reply, n);
	for (id = 0; id < SETTINGS; id++) {
		if (!asked[id])
			continue;
		buf_cut(&value, 0);
		settings_format((enum setting_id)id, &value);
		reply_string(c->reply, settings_row((enum setting_id)id)->name);
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
	HELP_ROW("5.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_config_rows[] = {
	{
		.name    = "config",
		.syntax  = "",
		.summary = "Commands on the server's settings.",
		.since   = "2.0.0",
		.group   = "server",
		.cost    = "Depends on subcommand.",
		.arity   = -2,
		.flags   = CMD_CONTAINER,
		.subcommands = config_rows,
	},
	{ .name = NULL },
};
