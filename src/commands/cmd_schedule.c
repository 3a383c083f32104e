/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The due queue: ADD, READ and their like.
 */
#include "commands/registry.h"

struct command cmd_schedule_rows[] = {
	{ .name = NULL },
};
