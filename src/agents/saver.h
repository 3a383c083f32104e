/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the data directory: loads what is in it at start, opens its journal,
 * and takes snapshots, when asked, when the setting save says so, and when the
 * journal has become long or has failed.
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
/* How many shards the engine must be made of: see restore_shards(). */
uint32_t	 saver_shards(const struct saver *);
/* Become the saver of the empty engine, which is loading from now on. */
void		 saver_attach(struct saver *, struct engine *);
/*
 * Load what there is, in whatever thread, and let the engine have its journal;
 * then it is loading no more.  False as above; EX_OK if it was to stop.
 */
bool		 saver_load(struct saver *, struct buf *wrong, int *status);
/* For other threads: have that stop early. */
void		 saver_stop_loading(struct saver *);

struct saver_loading {
	int64_t		began_us;	/* wall clock */
	uint64_t	total, done;	/* bytes */
};

void		 saver_loading(struct saver *, struct saver_loading *);
/* Start the thread; false with errno if there is no room for one. */
bool		 saver_start(struct saver *);
/* End the thread, when it has finished what it is at, and free; NULL inside
 * is fine. */
void		 saver_free(struct saver **);

enum saver_result {
	SAVER_OK,
	SAVER_BUSY,		/* a snapshot is being taken */
	SAVER_LATER,		/* the same, and another one afterwards */
	SAVER_FAILED,		/* with errno */
};

/* Take a snapshot; the caller holds no lock. */
enum saver_result saver_save(struct saver *);
/* Have the thread take one, or, if it takes one now, one more afterwards. */
enum saver_result saver_begin(struct saver *, bool later);
/*
 * Without the thread, at the end, when nobody changes anything any more: whether
 * what should survive is safe.
 */
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
	uint64_t	snapshot_bytes;	/* of the one in use */
	bool		wanted;		/* another one is about to begin */
	bool		ok;		/* the last one succeeded */
};

void		 saver_status(struct saver *, struct saver_status *);

#endif
