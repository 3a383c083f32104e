/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a request to a command: the row of its name, and arguments of the types
 * which that row wants.  No lock is needed or taken.
 */
#ifndef ENGINE_RESOLVE_H
#define ENGINE_RESOLVE_H

#include <stdbool.h>

struct call;

/*
 * Set c->command, down to the subcommand, which the table of commands owns; a
 * command by which Redis's clients announce themselves ends the article's
 * dialect.  False, and answered, if there is none.
 */
bool	resolve_command(struct call *);
/*
 * Bodies get strings, except where their row says that any type will do: make
 * digits of numbers, in the request's arena.  False, and answered, if there is
 * something else.
 */
bool	resolve_arguments(struct call *);

#endif
