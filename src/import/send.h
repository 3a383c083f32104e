/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second reading: keys and commands go to a server, many at a time.
 */
#ifndef IMPORT_SEND_H
#define IMPORT_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "client/respc.h"
#include "import/databases.h"
#include "import/events.h"
#include "import/input.h"
#include "import/window.h"

struct send {
	struct respc		*respc;
	const struct databases	*databases;
	const struct input	*input;
	bool			 replace;	/* keys that are there */
	bool			 replay;	/* there are commands too */
	bool			 pass_over;	/* what is not supported */
	/* What came of it. */
	uint64_t		 keys;		/* sent, or not */
	uint64_t		 existing;	/* not sent, since they are there */
	uint64_t		 refused;	/* keys, and commands */
	uint64_t		 expired;	/* not sent, or found expired */
	uint64_t		 empty;		/* not sent: without an element */
	uint64_t		 unsupported;	/* passed over */
	uint64_t		 commands;
	bool			 failed;	/* it was told why */
	/* Inside. */
	int64_t			 now;		/* milliseconds */
	struct window		 windows[2];	/* to be sent; without replies */
	bool			 used[DATABASES];
	int64_t			 target;	/* database, or -1: drop */
	bool			 marked;	/* there are put-off deadlines */
	uint64_t		 told;		/* errors */
	/* The key it is about. */
	enum kind		 kind;
	int64_t			 deadline;
	bool			 dropped;	/* there, expired, not wanted */
	bool			 begun;		/* its first request has begun */
	size_t			 elements;	/* in the last request */
	size_t			 bytes;		/* the same */
	uint64_t		 last_refused;	/* number of a key */
};

/* Of a struct send that is all zero but for the first group. */
extern const struct events send_events;
void	send_begin(struct send *);
/* Send what is left, and wait for all replies; false: it was told why not. */
bool	send_end(struct send *);
void	send_free(struct send *);

#endif
