/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings that Redis has compressed.
 */
#ifndef IMPORT_LZF_H
#define IMPORT_LZF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* No byte of compressed data stands for more bytes than this. */
enum { LZF_MOST = 88 };

/* Whether packed is exactly length bytes, which are then in out. */
bool	lzf_unpack(struct bytes packed, char *out, size_t length);

#endif
