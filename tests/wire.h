/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the wire format share: streams that come in pieces, values
 * as text, frames good and bad.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "resp/reader.h"

/*
 * A stream that hands out its bytes in two pieces (or step bytes at a time) and
 * notes when more is asked for than there is: a socket would sleep then.
 */
struct wire {
	struct bytes	data;
	size_t		at;
	size_t		cut;		/* no piece goes over this */
	size_t		step;		/* most bytes of a piece; 0: no limit */
	bool		asked;		/* beyond the end */
};

/* A frame, and what reading it comes to. */
struct wire_frame {
	struct bytes		 in;
	enum reader_status	 status;
	const char		*text;		/* the value, or the error */
};

extern const struct wire_frame	wire_frames[];
extern const size_t		wire_frame_count;

/* The stream, to be closed by fclose(). */
FILE		*wire_open(struct wire *);
struct reader	 wire_reader(FILE *in);
/* A value in one line: 'a' 1 [ 1 2 ] { 'k'=1 } < 1 > !err (123 1.5 yes null. */
void		 wire_describe(struct buf *out, const struct value *);
/* Add the text so many times. */
void		 wire_repeat(struct buf *, const char *text, size_t times);
/* One to four bytes of a frame or two become others. */
void		 wire_mutate(struct buf *, uint64_t *seed);

#endif
