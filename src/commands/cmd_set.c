/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets: members, and what several sets have in common.
 */
#include "commands/registry.h"

struct command cmd_set_rows[] = {
	{ .name = NULL },
};
