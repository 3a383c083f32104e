/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members with their scores, packed one behind the other in their order: what
 * a small sorted set is, and each leaf of a large one.  A record is
 *
 *	tag	1 byte		low bits of the member's hash
 *	length	1 to 5 bytes	seven bits a byte, the lowest first
 *	score	1 to 9 bytes	see zpack.c
 *	member	its bytes
 *
 * and is named by the offset of its first byte.  Who holds the pack gives it
 * memory, of which zpack_memory() says how much.
 */
#ifndef VALUE_ZPACK_H
#define VALUE_ZPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct zpack {
	uint32_t	 count;
	uint32_t	 used;		/* bytes of data */
	char		 data[];
};

struct zrecord {
	struct bytes	 member;
	double		 score;
	uint32_t	 size;		/* of the record: the next one follows */
};

/*
 * A place in the order: before the member of that score or, above, behind it.
 * Without a member, before or behind all of that score.
 */
struct zbound {
	double			 score;
	const struct bytes	*member;
	bool			 above;
};

/* The hash of a member, whose low bits are the tag. */
uint32_t	zpack_hash(struct bytes member);
/* As memcmp(), the shorter first. */
int		zpack_compare(struct bytes a, struct bytes b);
/* Whether that member of that score stands before the bound. */
bool		zpack_before(const struct zbound *, double score,
		    struct bytes member);

/* How much to allocate for this many bytes: a little more, full chunks. */
size_t		zpack_memory(size_t bytes);
/* The bytes of a record. */
size_t		zpack_need(struct bytes member, double score);

struct zrecord	zpack_record(const struct zpack *, uint32_t offset);
/* The offset of record i, or the end's. */
uint32_t	zpack_offset(const struct zpack *, uint32_t i);
/* How many records there are before the offset. */
uint32_t	zpack_index(const struct zpack *, uint32_t offset);
/* Ask the processor for the records, whose number it has. */
void		zpack_prefetch(const struct zpack *);
/* The offset of the member's record; whether it is there. */
bool		zpack_find(const struct zpack *, uint32_t hash,
		    struct bytes member, uint32_t *offset);
/* The offset of the first record that is not before the bound. */
uint32_t	zpack_seek(const struct zpack *, const struct zbound *);

/* Insert a record at the offset; the memory is there. */
void		zpack_insert(struct zpack *, uint32_t offset, uint32_t hash,
		    struct bytes member, double score);
/* Remove count records, which take size bytes, at the offset. */
void		zpack_remove(struct zpack *, uint32_t offset, uint32_t size,
		    uint32_t count);
/* Move such records to another pack, which has the memory. */
void		zpack_move(struct zpack *to, uint32_t at, struct zpack *from,
		    uint32_t offset, uint32_t size, uint32_t count);

#endif
