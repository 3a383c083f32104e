/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values that are due at a time each: the earliest comes first and, of those
 * of one time, the one that was there first.
 */
#ifndef VALUE_SCHEDULE_H
#define VALUE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/value.h"

struct schedule;

struct schedule	*schedule_new(void);
/* Free it and its values; NULL is fine. */
void		 schedule_free(struct schedule *);
size_t		 schedule_length(const struct schedule *);
/* Take a value that is due at that time. */
void		 schedule_add(struct schedule *, int64_t time, struct value *);
/*
 * Take the first value off if it is due by that time, inclusive; it is the
 * caller's to free.
 */
bool		 schedule_take(struct schedule *, int64_t time, struct value *);
/* Show all in the order in which they would be taken. */
typedef void	 schedule_visit(void *arg, int64_t time, const struct value *);
void		 schedule_walk(const struct schedule *, schedule_visit *,
		    void *arg);

#endif
