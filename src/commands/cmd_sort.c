/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SORT and SORT_RO.
 */
#include "commands/registry.h"

struct command cmd_sort_rows[] = {
	{ .name = NULL },
};
