/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SLOWLOG, LATENCY and MONITOR: what the server was busy with.
 */
#include "commands/registry.h"

struct command cmd_slowlog_rows[] = {
	{ .name = NULL },
};
