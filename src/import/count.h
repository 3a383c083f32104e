/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first reading: whether the files are sound, and what is in them.
 */
#ifndef IMPORT_COUNT_H
#define IMPORT_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "import/databases.h"
#include "import/events.h"
#include "import/input.h"

struct count {
	const struct databases	*databases;
	const struct input	*input;
	uint64_t	 keys[KINDS], elements[KINDS];
	uint64_t	 all_keys;	/* the sum; kinds[] have no others */
	uint64_t	 deadlines;	/* keys that have one */
	uint64_t	 expired;	/* of them: in the past */
	uint64_t	 commands;
	uint64_t	 unsupported;
	uint64_t	 unwanted;	/* keys and commands of other databases */
	bool		 used[DATABASES];	/* where keys and commands go */
	/* Inside. */
	int64_t		 now;		/* milliseconds */
	uint64_t	 source;	/* the database it is about */
	int64_t		 target;	/* and where that goes */
	enum kind	 kind;		/* of the key it is about */
};

/* Of a struct count that is all zero but for the first two. */
extern const struct events count_events;
void	count_begin(struct count *);

#endif
