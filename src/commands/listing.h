/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the families of list commands have in common.
 */
#ifndef COMMANDS_LISTING_H
#define COMMANDS_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/value.h"

struct call;

/*
 * Take n elements, or all if there are not so many, off the list of key arg,
 * which is there, and answer with an array of them.
 */
void	listing_pop(struct call *, size_t arg, struct value *v, bool front,
	    uint64_t n);
/* Put a list back from which something was removed, and tell of it. */
void	listing_removed(struct call *, size_t arg, struct value *v,
	    const char *event);
/*
 * Whether two elements are the same to a command that looks for one: what is
 * the same text is, be it a string or a number.
 */
bool	listing_same(const struct value *, const struct value *);

#endif
