/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis's append-only files: commands, as requests in RESP.
 */
#ifndef IMPORT_AOF_H
#define IMPORT_AOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "import/events.h"
#include "import/rdb.h"
#include "import/source.h"

enum aof_status {
	AOF_WHOLE,
	AOF_TORN,		/* cut off, or nothing but zeros from there */
	AOF_WRONG,		/* see error */
	AOF_STOPPED,		/* by an event */
};

/* All zero but the first three is ready for use. */
struct aof {
	struct source		*source;
	const struct events	*events;
	void			*arg;		/* of the events */
	/*
	 * Up to where all is whole: no command, and no transaction, is cut in
	 * two there.  Of a torn transaction the events were told.
	 */
	uint64_t		 whole;
	char			 error[192];
	/* Inside. */
	struct rdb		 rdb;		/* of RESTORE's values */
	struct buf		 text;		/* of a command's arguments */
	struct buf		 ends;		/* size_t: where each ends in it */
	struct buf		 args;		/* struct bytes: the same */
	bool			 in_transaction;
};

enum aof_status	aof_read(struct aof *);
void		aof_free(struct aof *);

#endif
