/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Whether text matches the pattern as Redis's KEYS understands it: ? * [abc]
 * [^a] [a-z] and \ before a literal.  Time is at most the product of the two
 * lengths; no recursion, no memory.
 */
bool	glob_match(struct bytes pattern, struct bytes text);

#endif
