/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request of a client: a command's name and its arguments.
 */
#ifndef RESP_REQUEST_H
#define RESP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/words.h"
#include "resp/dialect.h"
#include "resp/reader.h"
#include "value/value.h"

enum request_status {
	REQUEST_OK,
	REQUEST_EMPTY,		/* nothing to do and nothing to answer */
	REQUEST_END,		/* the client has gone, perhaps in the middle */
	REQUEST_WRONG,		/* answer with request->error, and go on */
	REQUEST_BROKEN,		/* answer with request->error, and close */
	REQUEST_FOREIGN,	/* another protocol's client: close at once */
};

/* All zero, and reader.in set, is ready for use. */
struct request {
	struct value	*args;		/* count of them; arg 0 is the name */
	size_t		 count;
	size_t		 size;		/* of args */
	/* As it came, if the args are views of it and nothing else; else empty. */
	struct bytes	 text;
	struct arena	 arena;		/* what the args view */
	struct words	 words;		/* or this, of a line */
	struct reader	 reader;
	const char	*error;		/* WRONG and BROKEN: what to answer */
};

/*
 * Read the next request; sleeps until it is there.  The args live until the
 * next call or request_clear(); commands may take them out.
 */
enum request_status	request_read(struct request *, enum dialect);
/*
 * The same for a whole array of strings, or of other types, in memory that
 * outlives the args: OK or BROKEN.  Nothing about it is limited.
 */
enum request_status	request_parse(struct request *, struct bytes);
/* Let go of the args, keeping memory for the next request. */
void			request_clear(struct request *);
/* Give back everything; not the stream. */
void			request_free(struct request *);
/* Append an argument, taking it. */
void			request_add(struct request *, struct value *);
/* Where an argument lies, counted from the first byte of its request. */
struct request_span {
	uint32_t	at;
	uint32_t	length;
};

/*
 * How many of the buffered bytes the first request takes; 0 if its end is not
 * there yet, so that reading it would sleep.  What is not RESP at all counts
 * as there: reading it finds the error.  If it is an array of strings, which
 * nearly all are, and no more than room (may be 0), *count is set to how many
 * and spans to where they lie, else *count to 0.
 */
size_t			request_measure(struct bytes buffered,
			    struct request_span *spans, size_t room,
			    size_t *count);
/*
 * Read the request, of so many bytes, that was measured in what the stream has
 * buffered: the args are views of that, which live until more is read.
 */
void			request_take(struct request *, size_t length,
			    const struct request_span *, size_t count);

#endif
