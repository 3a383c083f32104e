/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets: unions, intersections and differences.
 */
#include "commands/registry.h"

struct command cmd_zset_store_rows[] = {
	{ .name = NULL },
};
