/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to save by itself: the setting save, which is pairs of numbers; after
 * so many seconds if at least so many keys have changed.
 */
#ifndef BASE_POINTS_H
#define BASE_POINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

/*
 * Set the points that the text names, beside those that there are or in their
 * place; no words in it: none.  False, and nothing set: why.
 */
bool	points_set(struct bytes text, bool add, struct buf *why);
/* Whether points_set() would, in their place. */
bool	points_check(struct bytes text, struct buf *why);
/* All, as CONFIG GET shows them. */
void	points_format(struct buf *out);
/* Whether there are any. */
bool	points_any(void);
/* Whether one says so after so many changes and seconds since the last. */
bool	points_reached(uint64_t changes, int64_t seconds);

#endif
