/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits of strings: SETBIT, BITFIELD and their like.
 */
#include "commands/registry.h"

struct command cmd_bit_rows[] = {
	{ .name = NULL },
};
