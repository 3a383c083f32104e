/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data directory for each test of what is kept in one, and a journal in it.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "persist/frame.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "suite.h"

extern const uint8_t	 folder_uuid[FRAME_UUID];
extern const struct journal_end folder_fresh;	/* nothing is there yet */

/* The one of the test that runs. */
extern char		 folder_path[SUITE_PATH];
extern struct io_dir	*folder;

/* Fixtures: a new one, and its end. */
void		folder_setup(void);
void		folder_teardown(void);
/* Remove it with all that is in it. */
void		folder_clear(void);
/* Put the bytes in the place of a file, or segment; NULL data removes it. */
void		folder_put(const char *name, struct bytes);
void		folder_put_segment(uint64_t start, struct bytes);
/* The bytes of the segment that starts there, to be freed. */
struct buf	folder_segment(uint64_t start);

/* A journal in it that goes on behind end. */
struct journal	*folder_journal(enum journal_mode, uint64_t segment_size,
		    const struct journal_end *end);
/* Append SET key value. */
uint64_t	folder_append(struct journal *, unsigned db, const char *key,
		    const char *value);
/* Three segments, from 0, 2 and 4, of which the last ends at 6. */
void		folder_make_three(struct buf *all);

/* A manifest with a journal from there on. */
struct manifest	folder_manifest(uint64_t start);
/* Recover: what came is in seen, as text. */
enum recover_status folder_recover(const struct manifest *, bool repair,
		    struct buf *seen, struct recover_report *);
/* The same where all has to come back, and nothing has to be cut. */
struct journal_end folder_recover_whole(uint64_t start, struct buf *seen);
/* Whether part is what whole begins with. */
bool		folder_is_prefix(const struct buf *part,
		    const struct buf *whole);

#endif
