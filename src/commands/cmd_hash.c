/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes: fields and their values.
 */
#include "commands/registry.h"

struct command cmd_hash_rows[] = {
	{ .name = NULL },
};
