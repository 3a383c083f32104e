/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one call has removed, to be freed when its locks are gone; and the line
 * of those graves that take so long that an agent fills them in
 * (agents/undertaker.h), while the client whose call it was goes on.  What
 * stands in line still counts as used memory.
 */
#ifndef ENGINE_GRAVE_H
#define ENGINE_GRAVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "store/table.h"

struct entry;
struct schedule;

enum { GRAVE_FEW = 8 };

/* All zero is empty. */
struct grave {
	struct grave	*next;		/* in line */
	struct entry	**entries;	/* NULL: they are the few */
	size_t		 count, size;
	struct entry	*few[GRAVE_FEW];
	struct table	*tables;
	size_t		 table_count;
	struct schedule	*schedule;
};

/* Empty, without clearing what need not be. */
void	grave_start(struct grave *);
bool	grave_is_empty(const struct grave *);
/* Take what was removed; NULL and empty are fine. */
void	grave_add_entry(struct grave *, struct entry *);
void	grave_add_table(struct grave *, struct table);
void	grave_add_schedule(struct grave *, struct schedule *);
/* Free all that is in it. */
void	grave_fill(struct grave *);

struct graves {
	_Atomic uint64_t pending;	/* keys in them */
	_Atomic uint64_t filled;	/* keys that were freed so */
	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 change;	/* one came, or it is the end */
	struct grave	*first, *last;
	size_t		 count;
	bool		 open;		/* there is an agent */
};

void	graves_init(struct graves *);
/* Free what is still there; nobody uses it any more. */
void	graves_destroy(struct graves *);
/* From now on there is somebody, or nobody, who calls graves_next(). */
void	graves_open(struct graves *, bool open);
/*
 * Put a grave in line, if it is worth it and there is room: it is empty then;
 * if not, and when `now`, everything is freed here.  No lock is held.
 */
void	graves_give(struct graves *, struct grave *, bool now);
/*
 * Wait for the next one and fill it in; false when they are closed and none is
 * left.
 */
bool	graves_next(struct graves *);

#endif
