/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the journal at start: frame by frame along the chain of checksums,
 * from the segment that the manifest names to the end of the last one.
 *
 * Where it is broken off there are two cases.  If something behind, or the
 * manifest, says that this position was on the disk already, the disk has lost
 * what it had: damage, and the server must not start as if nothing were.
 * Otherwise it is the end of what was being written when the power went: it is
 * cut there, what followed goes to quarantine/, and life goes on.
 */
#ifndef PERSIST_RECOVER_H
#define PERSIST_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "persist/io.h"
#include "persist/journal.h"
#include "persist/manifest.h"

enum recover_status {
	RECOVER_OK,
	RECOVER_DAMAGED,	/* report->text says what, where, and what to do */
	RECOVER_REFUSED,	/* apply() or finish() said no */
	RECOVER_ERROR,		/* the disk or memory fails; text with strerror */
};

struct recover_options {
	struct io_dir		*dir;
	const struct manifest	*manifest;	/* with has_journal */
	bool			 only_look;	/* change no file */
	bool			 repair;	/* cut where there is damage */
	/*
	 * Each record in order, as RESP (request_parse() reads it) in memory
	 * that lives during the call; false ends it.  May be NULL.
	 */
	bool			(*apply)(void *arg, uint64_t position,
				    unsigned db, struct bytes record);
	/*
	 * Behind the last record and before a file is changed: whether all
	 * are applied, for an apply() that takes its time.  May be NULL.
	 */
	bool			(*finish)(void *arg);
	/* Now and then: so many bytes of all are done.  May be NULL. */
	void			(*progress)(void *arg, uint64_t done,
				    uint64_t total);
	void			*arg;
};

struct recover_report {
	struct journal_end	 end;		/* for journal_open() */
	uint64_t		 segments, frames, records, bytes;
	/* What was cut (or would be, if only looked at); bytes 0: nothing. */
	uint64_t		 cut_segment, cut_offset, cut_bytes;
	uint64_t		 cut_last;	/* last position seen there, or 0 */
	char			 text[512];	/* DAMAGED, ERROR, or what was cut */
};

enum recover_status	recover_journal(const struct recover_options *,
			    struct recover_report *);

#endif
