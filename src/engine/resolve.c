/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/resolve.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/number.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"

/*
 * The command does not exist.  The article's word for it is not Redis's;
 * Redis shows the arguments as well, up to 128 bytes of them.
 */
static void
unknown_command(struct call *c)
{
	struct bytes name = call_arg(c, 0), arg;
	struct buf text = { 0 };
	size_t i, left;

	left = name.length < 128 ? name.length : 128;
	if (c->reply->dialect == DIALECT_ARTICLE) {
		for (i = 0; i < left; i++)
			buf_add_char(&text,
			    (char)toupper((unsigned char)name.data[i]));
		reply_error(c->reply, "Unrecognized command: %.*s",
		    (int)text.length, text.data);
	} else {
		for (i = 1; i < c->argc && text.length < 128; i++) {
			if (!value_is_bytes(&c->args[i]))
				continue;
			arg = call_arg(c, i);
			left = 128 - text.length;
			buf_add_format(&text, "'%.*s' ", (int)(arg.length <
			    left ? arg.length : left), arg.data);
		}
		reply_error(c->reply, "ERR unknown command '%.*s', with args "
		    "beginning with: %.*s", (int)(name.length < 128 ?
		    name.length : 128), name.data, (int)text.length,
		    text.data);
	}
	buf_free(&text);
}

static void
unknown_subcommand(struct call *c)
{
	struct bytes name = call_arg(c, 1);
	char upper[32];
	size_t i;

	for (i = 0; i < sizeof(upper) - 1 && c->command->name[i] != '\0'; i++)
		upper[i] = (char)toupper((unsigned char)c->command->name[i]);
	upper[i] = '\0';
	reply_error(c->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
	    (int)(name.length < 128 ? name.length : 128), name.data, upper);
}

/* A number where the command wants a string: its digits. */
static bool
to_string(struct call *c, struct value *v)
{
	char text[NUMBER_SIZE], *copy;
	size_t length;

	if (v->type == VALUE_BIG_NUMBER) {
		v->type = VALUE_STRING;
		return (true);
	}
	if (v->type == VALUE_INTEGER)
		length = number_format(text, v->integer);
	else if (v->type == VALUE_DOUBLE)
		length = number_format_double(text, v->real);
	else
		return (false);
	copy = arena_take(&c->session->request.arena, length);
	if (copy == NULL)
		log_fatal("out of memory for an argument");
	memcpy(copy, text, length);
	*v = value_view(VALUE_STRING, bytes_make(copy, length));
	return (true);
}

bool
resolve_arguments(struct call *c)
{
	const struct command *row = c->command;
	const char *type;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		struct value *v = &c->args[i];

		if (v->type == VALUE_STRING ||
		    command_range_has(&row->values, c->argc, i) ||
		    to_string(c, v))
			continue;
		type = value_type_name((enum value_type)v->type);
		if (command_range_has(&row->keys, c->argc, i))
			reply_error(c->reply, "ERR unhashable key type: %s",
			    type);
		else
			reply_error(c->reply,
			    "ERR argument %zu of '%s' must be a string, "
			    "not of type %s", i, row->full_name, type);
		return (false);
	}
	return (true);
}

/* In a pipeline it is often the same again. */
static const struct command *
find_by_name(const struct session *s, struct bytes name)
{
	const struct command *last = atomic_load_explicit(&s->last_command,
	    memory_order_relaxed);

	if (last != NULL && last->full_name == last->name &&
	    bytes_is(name, last->name))
		return (last);
	return (command_find(s->engine->commands, name));
}

bool
resolve_command(struct call *c)
{
	const struct command *sub;

	if (c->args[0].type != VALUE_STRING) {
		reply_error(c->reply, "First parameter must be command name.");
		return (false);
	}
	c->command = find_by_name(c->session, call_arg(c, 0));
	if (c->command == NULL) {
		unknown_command(c);
		return (false);
	}
	if ((c->command->flags & CMD_ANNOUNCES) != 0 &&
	    c->reply->dialect == DIALECT_ARTICLE)
		session_speak(c->session, DIALECT_RESP2);
	if (c->command->subcommands == NULL || c->argc < 2)
		return (true);
	if (!resolve_arguments(c))
		return (false);
	sub = command_find_sub(c->command, call_arg(c, 1));
	if (sub == NULL) {
		unknown_subcommand(c);
		return (false);
	}
	c->command = sub;
	return (true);
}
