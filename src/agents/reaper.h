/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removes keys whose deadline has passed.  Readers see them as absent from
 * the deadline on; this only gives back their memory, up to ten times a second.
 */
#ifndef AGENTS_REAPER_H
#define AGENTS_REAPER_H

#include <stddef.h>
#include <stdint.h>

struct engine;
struct reaper;

/* Start the thread; NULL with errno if there is no room for one. */
struct reaper	*reaper_new(struct engine *);
/* End the thread and free; clears the pointer.  NULL is fine. */
void		 reaper_free(struct reaper **);
/* One round, as the thread does it, at that time in ms; how many it removed. */
size_t		 reaper_round(struct engine *, int64_t now);

#endif
