/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in a snapshot around its sections' bytes.  Numbers have their
 * lowest byte first.
 *
 *	header	72	"RESPDSNP" version:4 shards:4 databases:4 created:8
 *			start:8 seed:16 uuid:16 crc:4
 *	section	40	"SECT" number:4 keys:8 position:8 length:8 crc of the
 *			bytes:4 crc of the above:4, and then the bytes
 *	footer	32	"RESPDEND" sections:4 keys:8 size of all before:8
 *			crc:4
 */
#ifndef PERSIST_SNAPSHOT_FORM_H
#define PERSIST_SNAPSHOT_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "persist/snapshot.h"

enum {
	SNAPSHOT_HEADER		= 72,
	SNAPSHOT_SECTION	= 40,
	SNAPSHOT_FOOTER		= 32,
	SNAPSHOT_VERSION	= 1,
};

struct snapshot_section {
	uint32_t	number;
	uint32_t	crc;		/* of the bytes, from the header's on */
	uint64_t	keys, position, length;
};

struct snapshot_footer {
	uint32_t	sections;
	uint64_t	keys, size;
};

/* Write each to where there is room; crc is the header's, which is returned. */
uint32_t snapshot_put_header(char *, const struct snapshot_header *);
void	snapshot_put_section(char *, const struct snapshot_section *,
	    uint32_t crc);
void	snapshot_put_footer(char *, const struct snapshot_footer *,
	    uint32_t crc);
/* Read each; false if it is none. */
bool	snapshot_get_header(const char *, struct snapshot_header *,
	    uint32_t *crc, struct buf *wrong);
bool	snapshot_get_section(const char *, struct snapshot_section *,
	    uint32_t crc);
bool	snapshot_get_footer(const char *, struct snapshot_footer *,
	    uint32_t crc);

#endif
