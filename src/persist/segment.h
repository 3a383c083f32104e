/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal's files in a directory: "log-<position>.rsp", where the position
 * is the last one before the segment.
 */
#ifndef PERSIST_SEGMENT_H
#define PERSIST_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "persist/frame.h"
#include "persist/io.h"

struct segments {
	uint64_t	*start;		/* count of them, ascending */
	size_t		 count;
};

void	segment_name(char out[IO_NAME_SIZE], uint64_t start);
/* Whether that is a segment's name. */
bool	segment_parse_name(const char *name, uint64_t *start);
/* All there are, to be given to segment_list_free(); -1 with errno. */
int	segment_list(struct io_dir *, struct segments *);
void	segment_list_free(struct segments *);
/*
 * Make the segment that header->start says, safe on the disk with its first
 * frame; sets header->crc and *length, where the next frame goes.  A
 * descriptor to be given to io_close(), or -1 with errno.
 */
int	segment_create(struct io_dir *, struct frame_header *,
	    const uint8_t uuid[FRAME_UUID], uint64_t *length);
/* Remove those that hold only positions up to before, but not `except`. */
void	segment_unlink(struct io_dir *, uint64_t before, uint64_t except);
/* Remove them all; -1 with errno. */
int	segment_unlink_all(struct io_dir *);
/* The bytes in all but that one, as far as they can be told. */
uint64_t segment_total(struct io_dir *, uint64_t except);

#endif
