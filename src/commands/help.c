/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What CLIENT HELP and the like say: the rows, in the layout Redis gives them.
 */
#include "commands/help.h"

#include <ctype.h>

#include "engine/call.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "resp/reply.h"

static void
add_upper(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_add_char(out, (char)toupper((unsigned char)*name));
}

/* How it is called, and in the line below what it does. */
static void
say(struct buf *out, const struct command *row)
{
	buf_add_char(out, '+');
	add_upper(out, row->name);
	buf_add_format(out, "%s%s\r\n+    %s\r\n", *row->syntax != '\0' ?
	    " " : "", row->syntax, row->summary);
}

void
help_run(struct call *c)
{
	const struct command *parent, *row;
	struct buf *out = &c->reply->out;
	size_t n = 0;

	parent = command_find(c->engine->commands, call_arg(c, 0));
	for (row = parent->subcommands; row->name != NULL; row++)
		n++;
	n += parent->run != NULL;
	reply_array(c->reply, 1 + 2 * n);
	buf_add_char(out, '+');
	add_upper(out, parent->name);
	buf_add_string(out, " <subcommand> [<arg> [value] [opt] ...]. "
	    "Subcommands are:\r\n");
	if (parent->run != NULL)
		buf_add_format(out, "+(no subcommand)\r\n+    %s\r\n",
		    parent->summary);
	for (row = parent->subcommands; row->name != NULL; row++)
		say(out, row);
}
