/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Positions on the earth, in sorted sets.
 */
#include "commands/registry.h"

struct command cmd_geo_rows[] = {
	{ .name = NULL },
};
