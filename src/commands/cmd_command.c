/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COMMAND: the rows of all commands in the form that Redis's clients learn
 * from: which arguments are keys, what may be routed where, what to hint.
 */
#include <string.h>

#include "base/glob.h"
#include "commands/category.h"
#include "commands/help.h"
#include "commands/key_flags.h"
#include "commands/registry.h"
#include "commands/syntax.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "resp/reply.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In Redis's order. */
static const struct {
	const char	*name;
	unsigned	 flag;
} flag_names[] = {
	{ "write", CMD_WRITE },
	{ "readonly", CMD_READ },
	{ "denyoom", CMD_DENY_OOM },
	{ "admin", CMD_ADMIN },
	{ "pubsub", CMD_PUBSUB },
	{ "noscript", CMD_NO_SCRIPT },
	{ "blocking", CMD_BLOCKING },
	{ "loading", CMD_LOADING },
	{ "stale", CMD_LOADING },	/* no replica is ever stale */
	{ "skip_monitor", CMD_NO_MONITOR },
	{ "skip_slowlog", CMD_NO_SLOWLOG },
	{ "fast", CMD_FAST },
	{ "no_auth", CMD_NO_AUTH },
	{ "no_multi", CMD_NO_MULTI },
};

/* "get", or "client|list"; NULL if there is none. */
static const struct command *
find(const struct call *c, struct bytes name)
{
	const char *bar = name.length != 0 ?
	    memchr(name.data, '|', name.length) : NULL;
	const struct command *row;

	if (bar == NULL)
		return (command_find(c->engine->commands, name));
	row = command_find(c->engine->commands,
	    bytes_make(name.data, (size_t)(bar - name.data)));
	if (row == NULL)
		return (NULL);
	return (command_find_sub(row, bytes_make(bar + 1,
	    name.length - (size_t)(bar - name.data) - 1)));
}

static size_t
count_subs(const struct command *row)
{
	size_t n = 0;

	while (row->subcommands != NULL && row->subcommands[n].name != NULL)
		n++;
	return (n);
}

static bool
is_sub(const struct command *row)
{
	return (row->full_name != row->name);
}

static void
reply_flags(struct reply *r, const struct command *row)
{
	size_t i, n = 0;

	for (i = 0; i < COUNT(flag_names); i++)
		n += (row->flags & flag_names[i].flag) != 0;
	reply_set(r, n);
	for (i = 0; i < COUNT(flag_names); i++) {
		if ((row->flags & flag_names[i].flag) != 0)
			reply_status(r, flag_names[i].name);
	}
}

static void
reply_categories(struct reply *r, const struct command *row)
{
	size_t i, n = 0;

	for (i = 0; category_name(i) != NULL; i++)
		n += category_has(i, row);
	reply_set(r, n);
	for (i = 0; category_name(i) != NULL; i++) {
		if (category_has(i, row))
			buf_add_format(&r->out, "+@%s\r\n", category_name(i));
	}
}

static void
reply_field(struct reply *r, const char *name, int64_t value)
{
	reply_string(r, name);
	reply_integer(r, value);
}

/* "type" and "spec", whose fields the caller adds. */
static void
reply_spec(struct reply *r, const char *name, const char *type, size_t fields)
{
	reply_string(r, name);
	reply_map(r, 2);
	reply_string(r, "type");
	reply_string(r, type);
	reply_string(r, "spec");
	reply_map(r, fields);
}

/* Keys once more, as Redis 7 describes them. */
static void
reply_key_spec(struct reply *r, const struct command_range *keys,
    const char *flags)
{
	reply_map(r, 3);
	reply_string(r, "flags");
	key_flags_reply(r, flags);
	reply_spec(r, "begin_search", "index", 1);
	reply_field(r, "index", keys->first);
	reply_spec(r, "find_keys", "range", 3);
	reply_field(r, "lastkey", keys->last < 0 ? keys->last :
	    keys->last - keys->first);
	reply_field(r, "keystep", keys->step);
	reply_field(r, "limit", 0);
}

static void
reply_key_specs(struct reply *r, const struct command *row)
{
	struct command_range first = row->keys, rest = row->keys;
	struct key_flags flags = key_flags(row, NULL, 0);

	if (row->keys.first == 0) {
		reply_set(r, 0);
		return;
	}
	if (strcmp(flags.first, flags.rest) == 0 ||
	    row->keys.first == row->keys.last) {
		reply_set(r, 1);
		reply_key_spec(r, &row->keys, flags.first);
		return;
	}
	first.last = first.first;
	first.step = 1;
	rest.first += rest.step;
	reply_set(r, 2);
	reply_key_spec(r, &first, flags.first);
	reply_key_spec(r, &rest, flags.rest);
}

/* A row as COMMAND shows it; there is no row: a null. */
static void
reply_row(struct reply *r, const struct command *row)
{
	size_t i, subs;

	if (row == NULL) {
		reply_null(r);
		return;
	}
	subs = count_subs(row);
	reply_array(r, 10);
	reply_string(r, row->full_name);
	reply_integer(r, row->arity);
	reply_flags(r, row);
	reply_integer(r, row->keys.first);
	reply_integer(r, row->keys.last);
	reply_integer(r, row->keys.step);
	reply_categories(r, row);
	reply_set(r, 0);			/* tips */
	reply_key_specs(r, row);
	if (subs == 0)
		reply_set(r, 0);
	else
		reply_array(r, subs);
	for (i = 0; i < subs; i++)
		reply_row(r, &row->subcommands[i]);
}

static void
reply_pair(struct reply *r, const char *name, const char *value)
{
	reply_string(r, name);
	reply_string(r, value);
}

/* A name and what COMMAND DOCS says about it. */
static void
reply_docs(struct reply *r, const struct command *row)
{
	size_t i, subs = count_subs(row);

	reply_string(r, row->full_name);
	reply_map(r, 4 + (size_t)(*row->syntax != '\0') + (subs != 0));
	reply_pair(r, "summary", row->summary);
	reply_pair(r, "since", row->since);
	reply_pair(r, "group", row->group);
	reply_pair(r, "complexity", row->cost);
	if (*row->syntax != '\0') {
		reply_string(r, "arguments");
		syntax_reply(r, row->syntax);
	}
	if (subs == 0)
		return;
	reply_string(r, "subcommands");
	reply_map(r, subs);
	for (i = 0; i < subs; i++)
		reply_docs(r, &row->subcommands[i]);
}

/* Call show for all commands but the subcommands. */
static void
for_all(struct call *c, void (*show)(struct reply *, const struct command *))
{
	const struct command_table *commands = c->engine->commands;
	size_t i;

	for (i = 0; i < command_count_all(commands); i++) {
		if (!is_sub(command_at(commands, i)))
			show(c->reply, command_at(commands, i));
	}
}

static void
cmd_command(struct call *c)
{
	reply_array(c->reply, command_count(c->engine->commands));
	for_all(c, reply_row);
}

static void
cmd_command_count(struct call *c)
{
	reply_integer(c->reply, (int64_t)command_count(c->engine->commands));
}

static void
cmd_command_info(struct call *c)
{
	size_t i;

	if (c->argc == 2) {
		cmd_command(c);
		return;
	}
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++)
		reply_row(c->reply, find(c, call_arg(c, i)));
}

static void
cmd_command_docs(struct call *c)
{
	const struct command *row;
	size_t i, n = 0;

	if (c->argc == 2) {
		reply_map(c->reply, command_count(c->engine->commands));
		for_all(c, reply_docs);
		return;
	}
	for (i = 2; i < c->argc; i++)
		n += find(c, call_arg(c, i)) != NULL;
	reply_map(c->reply, n);
	for (i = 2; i < c->argc; i++) {
		row = find(c, call_arg(c, i));
		if (row != NULL)
			reply_docs(c->reply, row);
	}
}

enum filter { FILTER_NONE, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN };

static bool
passes(const struct command *row, enum filter filter, struct bytes text)
{
	size_t i;

	switch (filter) {
	case FILTER_NONE:
		return (true);
	case FILTER_MODULE:
		return (false);		/* there are none */
	case FILTER_PATTERN:
		return (glob_match(text, bytes_of(row->full_name)));
	case FILTER_CATEGORY:
		break;
	}
	i = category_find(text);
	return (category_name(i) != NULL && category_has(i, row));
}

static void
reply_names(struct call *c, enum filter filter, struct bytes text)
{
	const struct command_table *commands = c->engine->commands;
	struct buf lower = { 0 };
	size_t i, n = 0;

	buf_add_lower(&lower, text);
	text = buf_bytes(&lower);
	for (i = 0; i < command_count_all(commands); i++)
		n += passes(command_at(commands, i), filter, text);
	reply_array(c->reply, n);
	for (i = 0; i < command_count_all(commands); i++) {
		if (passes(command_at(commands, i), filter, text))
			reply_string(c->reply,
			    command_at(commands, i)->full_name);
	}
	buf_free(&lower);
}

static void
cmd_command_list(struct call *c)
{
	bool filtered = c->argc == 5 && call_arg_is(c, 2, "filterby");

	if (c->argc == 2)
		reply_names(c, FILTER_NONE, bytes_make(NULL, 0));
	else if (filtered && call_arg_is(c, 3, "module"))
		reply_names(c, FILTER_MODULE, call_arg(c, 4));
	else if (filtered && call_arg_is(c, 3, "aclcat"))
		reply_names(c, FILTER_CATEGORY, call_arg(c, 4));
	else if (filtered && call_arg_is(c, 3, "pattern"))
		reply_names(c, FILTER_PATTERN, call_arg(c, 4));
	else
		reply_error(c->reply, ERR_SYNTAX);
}

/* The command that the arguments from 2 on would call, or NULL. */
static const struct command *
meant(const struct call *c)
{
	const struct command *row;

	row = command_find(c->engine->commands, call_arg(c, 2));
	if (row == NULL || row->subcommands == NULL || c->argc < 4)
		return (row);
	return (command_find_sub(row, call_arg(c, 3)));
}

/*
 * The keys of a range, of a call whose name is argument 2, with flags if there
 * are some; n counts all.
 */
static void
reply_keys(struct call *c, const struct command_range *keys,
    const struct key_flags *flags, size_t *n)
{
	size_t argc = c->argc - 2, last = command_range_last(keys, argc), i;

	for (i = (size_t)keys->first; last != 0 && i <= last;
	    i += (size_t)keys->step) {
		if (flags != NULL)
			reply_array(c->reply, 2);
		reply_bulk(c->reply, call_arg(c, i + 2));
		if (flags != NULL)
			key_flags_reply(c->reply, *n == 0 ? flags->first :
			    flags->rest);
		++*n;
	}
}

static void
reply_call_keys(struct call *c, const struct command *row,
    const struct key_flags *flags)
{
	struct command_range more = { 0 };
	size_t mark = reply_mark(c->reply), n = 0;
	bool last = key_flags_unknown(row, c->args + 2, c->argc - 2);

	if (row->more_keys != NULL)
		row->more_keys(c->args + 2, c->argc - 2, &more);
	if (row->more_keys != command_keys_counted_2 || more.first != 0) {
		if (!last)
			reply_keys(c, &row->keys, flags, &n);
		reply_keys(c, &more, flags, &n);
		if (last)
			reply_keys(c, &row->keys, flags, &n);
	}
	if (n == 0)
		reply_error(c->reply, "ERR Invalid arguments specified for "
		    "command");
	else
		reply_array_at(c->reply, mark, n);
}

/* The row that the arguments from 2 on would call; NULL: already replied. */
static const struct command *
callable(struct call *c)
{
	const struct command *row = meant(c);

	if (row == NULL)
		reply_error(c->reply, "ERR Invalid command specified");
	else if ((row->keys.first == 0 && row->more_keys == NULL) ||
	    (row->flags & (CMD_PUBSUB | CMD_DEBUG)) != 0)
		reply_error(c->reply, "ERR The command has no key arguments");
	else if (!command_arity_fits(row, c->argc - 2))
		reply_error(c->reply, "ERR Invalid number of arguments "
		    "specified for command");
	else
		return (row);
	return (NULL);
}

static void
cmd_command_getkeys(struct call *c)
{
	const struct command *row = callable(c);

	if (row != NULL)
		reply_call_keys(c, row, NULL);
}

static void
cmd_command_getkeysandflags(struct call *c)
{
	const struct command *row = callable(c);
	struct key_flags flags;

	if (row == NULL)
		return;
	flags = key_flags(row, c->args + 2, c->argc - 2);
	reply_call_keys(c, row, &flags);
}

static struct command command_rows[] = {
	{
		.name    = "count",
		.syntax  = "",
		.summary = "Returns how many commands there are.",
		.since   = "2.8.13",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_LOADING,
		.run     = cmd_command_count,
	},
	{
		.name    = "info",
		.syntax  = "[command-name ...]",
		.summary = "Returns how commands are called and what they "
		    "touch.",
		.since   = "2.8.13",
		.group   = "server",
		.cost    = "O(N) where N is the number of commands",
		.arity   = -2,
		.flags   = CMD_LOADING,
		.run     = cmd_command_info,
	},
	{
		.name    = "docs",
		.syntax  = "[command-name ...]",
		.summary = "Returns what commands are for.",
		.since   = "7.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of commands",
		.arity   = -2,
		.flags   = CMD_LOADING,
		.run     = cmd_command_docs,
	},
	{
		.name    = "list",
		.syntax  = "[FILTERBY <MODULE module-name | ACLCAT category | "
		    "PATTERN pattern>]",
		.summary = "Returns the names of commands.",
		.since   = "7.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of commands",
		.arity   = -2,
		.flags   = CMD_LOADING,
		.run     = cmd_command_list,
	},
	{
		.name    = "getkeys",
		.syntax  = "command [argument ...]",
		.summary = "Returns the keys of a call.",
		.since   = "2.8.13",
		.group   = "server",
		.cost    = "O(N) where N is the number of arguments",
		.arity   = -4,
		.flags   = CMD_LOADING,
		.run     = cmd_command_getkeys,
	},
	{
		.name    = "getkeysandflags",
		.syntax  = "command [argument ...]",
		.summary = "Returns the keys of a call, and what it does with "
		    "each.",
		.since   = "7.0.0",
		.group   = "server",
		.cost    = "O(N) where N is the number of arguments",
		.arity   = -4,
		.flags   = CMD_LOADING,
		.run     = cmd_command_getkeysandflags,
	},
	HELP_ROW("5.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_command_rows[] = {
	{
		.name    = "command",
		.syntax  = "",
		.summary = "Returns how all commands are called and what they "
		    "touch.",
		.since   = "2.8.13",
		.group   = "server",
		.cost    = "O(N) where N is the number of commands",
		.arity   = -1,
		.flags   = CMD_LOADING,
		.run     = cmd_command,
		.subcommands = command_rows,
	},
	{ .name = NULL },
};
