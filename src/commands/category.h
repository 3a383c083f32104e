/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACL's categories of commands.
 */
#ifndef COMMANDS_CATEGORY_H
#define COMMANDS_CATEGORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "engine/command.h"

/* The name of category i from 0 on, NULL behind the last. */
const char	*category_name(size_t i);
/* The number of that name in any case, that behind the last if there is none. */
size_t		 category_find(struct bytes name);
/* Whether the command is in category i. */
bool		 category_has(size_t i, const struct command *);

#endif
