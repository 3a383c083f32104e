/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame: records, then a trailer that tells whether they are what was
 * written.  The trailer is a command as well, so that the journal of a server
 * is input for redis-cli --pipe:
 *
 *	ECHO "~respd lsn=8-9 dur=7 len=62 crc=0123abcd sum=0123abcd"
 *
 * lsn	the positions of the records; 8-7 if there are none
 * dur	the highest position that was known to be on disk when this was written
 * len	the bytes of the records
 * crc	CRC-32C of the frame up to here, going on from that of the frame before:
 *	a frame that is lost, doubled or out of order shows
 * sum	CRC-32C of the trailer's text up to here, going on from that of the
 *	journal's uuid: behind damage a trailer can still be trusted, and a client
 *	cannot have written it
 *
 * The first frame of a segment has no records and another text:
 *
 *	ECHO "~respd-log v1 uuid=<32 digits> start=7 dur=7 last=0123abcd crc=... sum=..."
 *
 * start	the position before the first record of the segment
 * last	the crc that the segment before ended with
 */
#ifndef PERSIST_FRAME_H
#define PERSIST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum {
	FRAME_UUID	= 16,
	FRAME_TRAILER	= 200,	/* a trailer or header is at most this long */
};

struct frame {
	uint64_t	first, last;	/* last + 1 == first: no records */
	uint64_t	durable;
	uint64_t	length;		/* bytes of the records */
	uint32_t	crc;
};

struct frame_header {
	uint64_t	start, durable;
	uint32_t	last_crc;	/* what the chain came to before */
	uint32_t	crc;		/* what it goes on from */
};

/* What sums go on from. */
uint32_t	frame_seed(const uint8_t uuid[FRAME_UUID]);
/*
 * Add the trailer to the buffer, whose bytes from `from` on are the records;
 * *crc is the chain's and moves on.  frame->length and ->crc are filled in.
 */
void		frame_finish(struct buf *, size_t from, struct frame *,
		    uint32_t *crc, uint32_t seed);
/* Add a segment's first frame; sets header->crc. */
void		frame_begin(struct buf *, struct frame_header *,
		    const uint8_t uuid[FRAME_UUID]);
/*
 * The trailer that stands at the beginning of the bytes, if its sum is right:
 * how long it is, else 0.  Whether the records are right says frame_check().
 */
size_t		frame_parse(struct bytes, struct frame *, uint32_t seed);
/* Whether whole, records and trailer, is what was written behind crc. */
bool		frame_check(struct bytes whole, const struct frame *,
		    uint32_t crc);
/* The same as frame_parse() for a header, which is checked altogether. */
size_t		frame_parse_header(struct bytes, struct frame_header *,
		    const uint8_t uuid[FRAME_UUID]);
/* The uuid of a header of whatever journal; false if it is none. */
bool		frame_find_uuid(struct bytes, uint8_t uuid[FRAME_UUID]);

#endif
