/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis's dumps, of versions 1 to 11: what Redis up to 7.2 writes.
 */
#ifndef IMPORT_RDB_H
#define IMPORT_RDB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "import/events.h"
#include "import/source.h"

enum { RDB_NEWEST = 11 };

/* All zero but the first three is ready for use. */
struct rdb {
	struct source		*source;
	const struct events	*events;
	void			*arg;		/* of the events */
	unsigned		 version;
	bool			 unsummed;	/* it had no checksum */
	char			 writer[24];	/* version of Redis, or "" */
	char			 error[192];	/* "": the events wanted to stop */
	/* Inside. */
	struct buf		 key, first, second, packed;
	int64_t			 deadline;	/* of the next key */
};

/*
 * Read a dump to its end, behind which there may be more.  False: see error;
 * what the events were told of before was whole, but only the checksum at the
 * end tells whether it was right.
 */
bool	rdb_read(struct rdb *);
/* The same for one value, as DUMP gives it: its key, and its deadline. */
bool	rdb_read_value(struct rdb *, struct bytes key, int64_t deadline);
void	rdb_free(struct rdb *);

#endif
