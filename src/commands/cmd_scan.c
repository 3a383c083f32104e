/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCAN, and what HSCAN, SSCAN and ZSCAN share with it.
 */
#include "commands/registry.h"

struct command cmd_scan_rows[] = {
	{ .name = NULL },
};
