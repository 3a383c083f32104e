/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MEMORY: what takes how much of it.
 */
#include "commands/registry.h"

struct command cmd_memory_rows[] = {
	{ .name = NULL },
};
