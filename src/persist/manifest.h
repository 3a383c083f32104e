/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file MANIFEST of a data directory: which snapshot and which segment of
 * the journal the data begins with.  Lines of text, the last one a checksum;
 * replaced whole by rename.
 */
#ifndef PERSIST_MANIFEST_H
#define PERSIST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "persist/frame.h"
#include "persist/io.h"

enum { MANIFEST_SEED = 16 };

struct manifest {
	uint8_t		uuid[FRAME_UUID];	/* of this directory's data */
	uint8_t		seed[MANIFEST_SEED];	/* of the hash of keys */
	char		snapshot[IO_NAME_SIZE];	/* its file; "": none */
	uint32_t	shards;		/* that the snapshot was taken of */
	bool		has_journal;
	uint64_t	journal;	/* where its first segment starts */
	/* This position was on the disk when the manifest was written. */
	uint64_t	durable;
};

enum manifest_status {
	MANIFEST_OK,
	MANIFEST_NONE,		/* there is no file: nothing was ever saved */
	MANIFEST_DAMAGED,	/* not what was written; nothing can be said */
	MANIFEST_ERROR,		/* cannot be read: errno */
};

enum manifest_status	manifest_read(struct io_dir *, struct manifest *);
/* Whether the bytes are a manifest, whole. */
bool			manifest_parse(struct bytes, struct manifest *);
/* Put the manifest in the place of the old one, safe on the disk; -1 with
 * errno: the old or the new one is there, whole. */
int			manifest_write(struct io_dir *,
			    const struct manifest *);

#endif
