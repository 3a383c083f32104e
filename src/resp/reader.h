/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads RESP values, types of RESP2, RESP3 and the article, from a stream.
 * Server and client share it.  Nothing is allocated because a header said so:
 * memory grows with the bytes that arrive.
 */
#ifndef RESP_READER_H
#define RESP_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "value/value.h"

enum {
	READER_MAX_ELEMENTS	= 1 << 20,	/* of one container in a request */
	READER_MAX_DEPTH	= 128,
	READER_MAX_LINE		= 64 * 1024,	/* simple strings, inline lines */
	/* Of a stranger, as in Redis. */
	READER_STRANGER_ELEMENTS = 10,
	READER_STRANGER_BULK	= 16 * 1024,
};

enum reader_status {
	READER_OK,
	READER_END,		/* the stream ended, before or within a value */
	/*
	 * Well formed, but not to be had: an integer beyond 64 bits, an array
	 * as a key, no memory.  The value was read to its end and dropped.
	 */
	READER_WRONG,
	READER_BROKEN,		/* not RESP: nothing more can be read */
};

struct reader {
	FILE		*in;		/* read with the unlocked calls */
	/* Limits of what the peer may send. */
	uint32_t	 max_bulk;	/* at most VALUE_MAX_BYTES */
	uint32_t	 max_elements;
	/*
	 * Where strings up to a few KiB go if they are not inside a container:
	 * the values are then views until arena_reset().  NULL: all are owned.
	 */
	struct arena	*arena;
	/*
	 * The whole request is buffered: strings that are not inside a
	 * container may stay in the stream's buffer, as views until the next
	 * request is read.
	 */
	bool		 in_place;
	/* Nobody knows the peer yet: less of everything, and other words. */
	bool		 stranger;
	/* Called for each 64 KiB of a long string and each 1024 values that
	 * came; may be NULL. */
	void		(*progress)(void *arg);
	void		*progress_arg;
	/* Whether this end reads replies: pushes and attributes may come. */
	bool		 replies;

	bool		 push;		/* the value was a push */
	uint32_t	 values;	/* how many have been read */
	const char	*error;		/* WRONG or BROKEN: text of the error reply */
	char		 error_text[80];	/* where error may point */
	struct buf	 line;		/* of a simple string */
};

/*
 * Read one value, whose first byte has been read already.  On READER_OK *out
 * must be freed, else it is VALUE_NONE.  Strings that are owned have a NUL
 * behind them.
 */
enum reader_status	reader_value(struct reader *, int first,
			    struct value *out);
/*
 * Read the rest of "*N" or "%N" into *count; -1 is a null.  BROKEN beyond
 * most.
 */
enum reader_status	reader_count(struct reader *, int64_t most,
			    int64_t *count);
/* Read the rest of a line up to LF, without CR and LF, into reader->line. */
enum reader_status	reader_line(struct reader *);
/* Free what the reader holds; not the stream. */
void			reader_free(struct reader *);

#endif
