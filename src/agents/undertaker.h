/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frees what calls have removed and what takes long: large containers, whole
 * databases.  The line it works off is the engine's (engine/grave.h).
 */
#ifndef AGENTS_UNDERTAKER_H
#define AGENTS_UNDERTAKER_H

struct engine;
struct undertaker;

/* Start the thread; NULL with errno if there is no room for one. */
struct undertaker	*undertaker_new(struct engine *);
/* Let it free what is in line, end it and free; clears the pointer.  NULL is
 * fine. */
void			 undertaker_free(struct undertaker **);

#endif
