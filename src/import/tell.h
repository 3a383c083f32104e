/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said to whoever imports: messages on the standard error, and how far
 * it is, if that is a terminal.
 */
#ifndef IMPORT_TELL_H
#define IMPORT_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* A line after the program's name; in place of the progress, which returns. */
void	tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * A name from a file as it can be shown, in quotes and cut if it is long; good
 * until the call after the next.
 */
const char *tell_name(struct bytes);

/* From now on it is about this, of which there is so much (0: who knows). */
void	tell_begin(const char *what, uint64_t total);
/* How far it is, and how many keys that were; cheap if often called. */
void	tell_progress(uint64_t done, uint64_t keys);
/* The progress is gone. */
void	tell_end(void);

#endif
