/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What SCAN, HSCAN, SSCAN and ZSCAN have in common: cursor, MATCH and COUNT.
 */
#ifndef COMMANDS_SCAN_H
#define COMMANDS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct call;

struct scan {
	uint64_t	cursor;
	size_t		count;		/* how much to look at, about */
	struct bytes	pattern;	/* data is NULL: everything matches */
	struct bytes	type;		/* SCAN's; data is NULL: any */
	bool		no_values;	/* HSCAN's */
};

/* The options that only some have. */
enum { SCAN_TYPE = 1 << 0, SCAN_NO_VALUES = 1 << 1 };

/* Argument i as a cursor; false: answered. */
bool	scan_read_cursor(struct call *, size_t i, struct scan *);
/* The options from argument i on; false: answered. */
bool	scan_read_options(struct call *, size_t i, unsigned also,
	    struct scan *);
/* Whether the text is among what is looked for. */
bool	scan_matches(const struct scan *, struct bytes);
/*
 * Answer with the next cursor and, behind that, the n elements that have been
 * added to the reply since the mark.
 */
void	scan_reply(struct call *, size_t mark, uint64_t cursor, size_t n);

#endif
