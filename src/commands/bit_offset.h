/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMMANDS_BIT_OFFSET_H
#define COMMANDS_BIT_OFFSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

/*
 * Argument i as the number of a bit; "#3", if width is not 0, is 3 * width.
 * False, and answered, if it is none or beyond the longest string.
 */
bool	bit_offset_read(struct call *, size_t i, unsigned width,
	    uint64_t *out);

#endif
