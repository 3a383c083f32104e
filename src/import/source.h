/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a file or of memory, in order, with their checksum.  What wants
 * many bytes gets memory for them only as they come.
 */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct source {
	int		 fd;		/* -1: all is in memory */
	int		 error;		/* errno of a failed read(2), or 0 */
	unsigned char	*buffer;	/* of a file */
	/* start <= summed <= at <= end */
	const unsigned char *start, *summed, *at, *end;
	uint64_t	 before;	/* bytes that came before start */
	uint64_t	 limit;		/* bytes after which it ends */
	uint64_t	 crc;		/* of the bytes before summed */
};

/* The descriptor and the bytes are lent until source_close(). */
void		 source_of_file(struct source *, int fd, uint64_t limit);
void		 source_of_bytes(struct source *, struct bytes);
void		 source_close(struct source *);

/* The next byte, which source_peek() leaves there; -1: the end, or an error. */
int		 source_byte(struct source *);
int		 source_peek(struct source *);
/*
 * The next n bytes: to memory, behind what is in a buffer, nowhere.  False:
 * there are less, or no memory for them, and what is there is taken.
 */
bool		 source_read(struct source *, void *to, size_t n);
bool		 source_add(struct source *, struct buf *, uint64_t n);
bool		 source_skip(struct source *, uint64_t n);
/* How many bytes were taken; their checksum since the begin, or a restart. */
uint64_t	 source_position(const struct source *);
uint64_t	 source_crc(struct source *);
void		 source_restart_crc(struct source *);

/* Little-endian integers in the files. */
static inline uint64_t
source_little(const void *bytes, unsigned n)
{
	const unsigned char *p = bytes;
	uint64_t value = 0;

	while (n-- != 0)
		value = value << 8 | p[n];
	return (value);
}

/* The same with a sign. */
static inline int64_t
source_signed(const void *bytes, unsigned n)
{
	uint64_t sign = UINT64_C(1) << (8 * n - 1);

	return ((int64_t)((source_little(bytes, n) ^ sign) - sign));
}

#endif
