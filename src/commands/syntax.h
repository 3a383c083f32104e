/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMMANDS_SYNTAX_H
#define COMMANDS_SYNTAX_H

struct reply;

/*
 * Answer with the arguments that a row's syntax names, as COMMAND DOCS has
 * them.  Capitals are words to be said, other names stand for values;
 * [optional], <a | b> is one of both, "..." repeats all of the brackets it is
 * in, and "key value [key value ...]" is one or more pairs.
 */
void	syntax_reply(struct reply *, const char *syntax);

#endif
