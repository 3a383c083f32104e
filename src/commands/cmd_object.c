/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OBJECT and DEBUG: what is known of a key's inside.
 */
#include "commands/registry.h"

struct command cmd_object_rows[] = {
	{ .name = NULL },
};
