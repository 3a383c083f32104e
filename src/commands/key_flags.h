/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command does with its keys, in the words that Redis 7 has for it.
 */
#ifndef COMMANDS_KEY_FLAGS_H
#define COMMANDS_KEY_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/command.h"
#include "resp/reply.h"

/*
 * Of the first key, and of the others: words that blanks part.  A call's
 * arguments may say more than the row; NULL: any call.
 */
struct key_flags {
	const char	*first, *rest;
};

/*
 * Whether the call's keys are counted by what is no such number, though atoi(3)
 * may make one of it: Redis then finds them by other means, which know no flags, and names the one
 * that is not counted last.
 */
bool		 key_flags_unknown(const struct command *,
		    const struct value *args, size_t argc);
struct key_flags key_flags(const struct command *, const struct value *args,
		    size_t argc);
/* The words as a set. */
void		 key_flags_reply(struct reply *, const char *flags);

#endif
