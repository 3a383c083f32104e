/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines of keys: EXPIRE, TTL and their like.
 */
#include "commands/registry.h"

struct command cmd_expire_rows[] = {
	{ .name = NULL },
};
