/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: members and ranges of them.
 */
#include "commands/registry.h"

struct command cmd_zset_rows[] = {
	{ .name = NULL },
};
