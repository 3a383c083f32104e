/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of storm share: a client, the kinds of requests it may make
 * (storm_kinds.c), and values that say whose they are (storm_values.c).
 */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include <stdatomic.h>
#include <stdint.h>

#include "client/respc.h"

enum {
	HOT	= 4,		/* keys that all write */
	DEPTH	= 24,		/* requests in one pipeline, at most */
};

enum dialect { ARTICLE, RESP2, RESP3 };

struct client;

/* One thing to ask, how often, and what its reply must be. */
struct kind {
	const char	*name;
	unsigned	 weight;
	unsigned	 ways;		/* `which` is below that */
	void		(*ask)(struct client *, unsigned which);
	void		(*check)(struct client *, unsigned which, uint64_t seq,
			    const struct respc_value *);
};

struct client {
	struct respc	*conn;
	unsigned	 id;		/* from 0 to one below */
	unsigned	 all;		/* how many clients there are */
	enum dialect	 dialect;
	uint64_t	 seed, random;
	uint64_t	 seq;		/* of the last request */
	uint64_t	 own;		/* which wrote the own key; 0: none */
	/* Of each writer, the last request seen in each hot key. */
	uint64_t	*seen[HOT];
	struct {
		const struct kind	*kind;
		unsigned		 which;
		uint64_t		 seq;
	}		 asked[DEPTH];
	unsigned	 count;		/* of asked */
	const char	*doing;
};

/* What was found, and so compared. */
struct storm_found {
	_Atomic uint64_t full_groups, hot_values, own_values;
};

extern struct storm_found storm_found;
extern const struct kind storm_kinds[];	/* ends with one without a name */

/* Tell what is wrong, and end with status 1. */
void	storm_wrong(const struct client *, const char *format, ...)
	    __attribute__((noreturn, format(printf, 2, 3)));

/* "label client seq length " and a filling that depends on them all. */
struct respc_value *storm_new_text(struct client *, const char *label);
/* Such a text as it is or, where one can say that, among other things. */
struct respc_value *storm_new_tagged(struct client *, const char *label);
/* It must be what storm_new_text() made with this label: whose, and which. */
void	storm_read_text(struct client *, const struct respc_value *,
	    const char *label, unsigned *id, uint64_t *seq);
/* The same for storm_new_tagged(). */
void	storm_read_tagged(struct client *, const struct respc_value *,
	    const char *label, unsigned *id, uint64_t *seq);

#endif
