/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits for the disk on behalf of many clients, and sends their replies: see
 * parting_note in engine/parting.h.
 */
#ifndef AGENTS_SENDER_H
#define AGENTS_SENDER_H

struct engine;
struct sender;

/* Start its threads, for an engine with a journal; NULL with errno. */
struct sender	*sender_new(struct engine *);
/* End them and free; clears the pointer.  NULL is fine. */
void		 sender_free(struct sender **);

#endif
