/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines of commands that are replayed.  One that has passed meanwhile
 * would remove its key at once, and a command that comes later, and gave the
 * key another deadline or none, would find it gone.  So such deadlines are put
 * off, so far that no other is there, and the keys that still have one at the
 * end have expired.
 */
#ifndef IMPORT_MARK_H
#define IMPORT_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/number.h"

/* Milliseconds, of a hundred thousand years. */
#define MARK	(INT64_C(1) << 52)

/* The deadline, put off if it is not after now. */
int64_t	mark_deadline(int64_t deadline, int64_t now);
/*
 * Put off the deadline that a command gives a key.  True: it was necessary;
 * args were changed, and one is in the digits now.
 */
bool	mark_command(struct bytes *args, size_t *count, int64_t now,
	    char digits[NUMBER_SIZE]);
/* Whether a key with that PTTL has such a deadline. */
bool	mark_is_set(int64_t ttl);

#endif
