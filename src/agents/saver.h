/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the data directory: loads its snapshot at start and takes new ones,
 * when asked and when the setting save says so.
 */
#ifndef AGENTS_SAVER_H
#define AGENTS_SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct engine;
struct saver;

/*
 * Take the directory, as its only user, and its hash seed as the process's:
 * before any key is hashed.  NULL: why, and *status is what to exit with.
 */
struct saver	*saver_open(const char *path, struct buf *wrong, int *status);
/* Load the snapshot, if there is one, into the empty engine, and become its
 * saver; false as above. */
bool		 saver_load(struct saver *, struct engine *, struct buf *wrong,
		    int *status);
/* Start the thread; false with errno if there is no room for one. */
bool		 saver_start(struct saver *);
/* End the thread, when it has finished what it is at, and free; NULL inside
 * is fine. */
void		 saver_free(struct saver **);

enum saver_result {
	SAVER_OK,
	SAVER_BUSY,		/* a snapshot is being taken */
	SAVER_FAILED,		/* with errno */
};

/* Take a snapshot; the caller holds no lock. */
enum saver_result saver_save(struct saver *);
/* Have the thread take one. */
enum saver_result saver_begin(struct saver *);
/* Without the thread, at the end: whether what should be saved is. */
bool		 saver_finish(struct saver *);
/* At the end save, or do not, whatever the setting save says. */
void		 saver_at_end(struct saver *, bool save);

struct saver_status {
	uint64_t	changes;	/* since the last snapshot began */
	uint64_t	saves;		/* since the start */
	int64_t		saved_us;	/* when the last was done, or the start */
	int64_t		took_us;	/* the last, -1: none yet */
	int64_t		taking_us;	/* since it began, -1: none is */
	uint64_t	keys_done;	/* of the one that is being taken */
	bool		ok;		/* the last one succeeded */
};

void		 saver_status(struct saver *, struct saver_status *);

#endif
