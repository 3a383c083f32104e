/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program that works on files says to whoever started it: messages on
 * the standard error, and how far it is, if that is a terminal.  For one thread
 * at a time.
 */
#ifndef BASE_TELL_H
#define BASE_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* The program's name, which lives on; before all else. */
void	tell_as(const char *program);
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
