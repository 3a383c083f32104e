/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PFADD, PFCOUNT and PFMERGE: how many different elements there were, about.
 */
#include "commands/registry.h"

struct command cmd_hyperloglog_rows[] = {
	{ .name = NULL },
};
