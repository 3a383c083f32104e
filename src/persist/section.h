/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One shard as bytes, all databases of it:
 *
 *	number of databases that have keys here, and of each
 *		its number, how many keys it has, and of each key
 *			1 byte		1: it has a deadline, else 0
 *			2 bytes		when or how often it was used
 *			[8 bytes]	the deadline, ms since the epoch
 *			bytes		length and the key
 *			value		as value/codec.h has it
 *	number of values in the due queue (in shard 0), and of each
 *		8 bytes	when, and the value
 *
 * Numbers are varints, those of fixed size have their lowest byte first.
 */
#ifndef PERSIST_SECTION_H
#define PERSIST_SECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct keyspace;
struct schedule;

/*
 * Add a shard, which is locked for reading, to the buffer; returns how many
 * keys it has.  due is NULL unless its lock is the queue's as well.  Want of
 * memory shows in the buffer.
 */
uint64_t	section_encode(struct buf *, struct keyspace *, uint32_t shard,
		    const struct schedule *due);

struct section {
	struct keyspace	*keyspace;
	struct schedule	*due;		/* NULL: the section must have none */
	/* Which shard it was, of how many: a power of two. */
	uint32_t	 number, shards;
	uint64_t	 keys;		/* out: how many there were */
};

/*
 * Put what the bytes say into a keyspace of as many shards or more, of whose
 * shards concerned no other thread knows meanwhile.  False: it is no such
 * section, and some of it may be there.
 */
bool		section_decode(struct section *, struct bytes);

#endif
