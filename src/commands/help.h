/* SPDX-License-Identifier: BSD-2-Clause */
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

#endif
