/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands with subcommands have in common.
 */
#ifndef COMMANDS_HELP_H
#define COMMANDS_HELP_H

struct call;

/* The body of every "... HELP": the container's subcommands and what they do. */
void	help_run(struct call *);

/* The row of a HELP subcommand that came with that version of Redis. */
#define HELP_ROW(version, category) {					\
	.name    = "help",						\
	.syntax  = "",							\
	.summary = "Returns this help.",				\
	.since   = version,						\
	.group   = category,						\
	.cost    = "O(1)",						\
	.arity   = 2,							\
	.flags   = CMD_LOADING,						\
	.run     = help_run,						\
}

/* The row of a command that is only a name for its subcommands. */
#define CONTAINER_ROW(a_name, a_summary, a_since, a_group, a_rows) {	\
	.name    = a_name,						\
	.syntax  = "",							\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = a_group,						\
	.cost    = "Depends on subcommand.",				\
	.arity   = -2,							\
	.flags   = CMD_CONTAINER,					\
	.subcommands = a_rows,						\
}

#endif
