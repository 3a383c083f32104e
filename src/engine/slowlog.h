/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests that took long, newest first: what SLOWLOG shows.
 */
#ifndef ENGINE_SLOWLOG_H
#define ENGINE_SLOWLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "value/value.h"

struct call;

struct slow {
	uint64_t	 id;
	int64_t		 began_s;	/* since the epoch */
	int64_t		 took_us;
	size_t		 argc;
	struct buf	*args;		/* cut to what is worth keeping */
	struct buf	 peer, name;	/* of the client */
	struct slow	*next;
};

/*
 * Arguments of a call that its body may take away, those of the row's `values`:
 * views, and of what is long and owned a copy of its beginning.
 */
enum { SLOWLOG_ARGS = 32 };

struct slowlog_args {
	struct value	of[SLOWLOG_ARGS];	/* by index, [first, end) */
	size_t		first, end;
};

struct slowlog;

/* Before the body runs: keep the arguments that it may take. */
void		 slowlog_keep(struct slowlog_args *, const struct call *);
/* Give back what that took. */
void		 slowlog_drop(struct slowlog_args *);
struct slowlog	*slowlog_new(void);
void		 slowlog_free(struct slowlog **);
/* Note the call if it took as long as slowlog-log-slower-than says. */
void		 slowlog_note(struct call *, int64_t took_us);
/* How many there are. */
size_t		 slowlog_length(struct slowlog *);
/* Call for each, newest first, under the log's lock; false stops. */
typedef bool	 slowlog_visit(const struct slow *, void *arg);
void		 slowlog_each(struct slowlog *, slowlog_visit *, void *arg);
/* Forget all. */
void		 slowlog_reset(struct slowlog *);

#endif
