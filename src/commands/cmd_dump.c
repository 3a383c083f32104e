/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DUMP and RESTORE.
 */
#include "commands/registry.h"

struct command cmd_dump_rows[] = {
	{ .name = NULL },
};
