/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists: pushing, popping, reading, and waiting for what is pushed.
 */
#include "commands/registry.h"

struct command cmd_list_rows[] = {
	{ .name = NULL },
};
