/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All data in one file, made while the server serves: each shard in turn is
 * locked for reading, encoded into memory, unlocked, and then written.  So a
 * key is as it was at its shard's moment, which the section's position tells.
 *
 *	header, a section a shard in their order, footer
 *
 * Each carries a CRC-32C that goes on from the header's, so that nothing of
 * one file passes in another.
 */
#ifndef PERSIST_SNAPSHOT_H
#define PERSIST_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "persist/frame.h"
#include "persist/io.h"

struct keyspace;
struct schedule;

struct snapshot_header {
	uint32_t	shards;		/* a power of two */
	uint32_t	databases;
	int64_t		created_us;	/* wall clock */
	uint64_t	start;		/* the journal goes on after it */
	uint8_t		seed[HASH_SEED]; /* of the hash that chose the shards */
	uint8_t		uuid[FRAME_UUID];	/* of the data directory */
};

/* What others may look at while it is made or loaded. */
struct snapshot_progress {
	_Atomic uint32_t	sections;	/* that are through */
	_Atomic uint64_t	keys, bytes;
	atomic_bool		stop;		/* give up: ECANCELED */
};

/* The name that belongs to the header: snap-<start>-<created_us>.rsp. */
void	snapshot_name(char out[IO_NAME_SIZE], const struct snapshot_header *);
/* Remove all files that are named like snapshots but the one to keep. */
void	snapshot_remove_others(struct io_dir *, const char *keep);

/*
 * Make a file of that name, complete and on the disk when this returns 0; else
 * -1 with errno, and the file is gone again.  The header's shards, databases
 * and seed are filled in.  *due is guarded by shard 0's lock.
 */
int	snapshot_save(struct io_dir *, const char *name, struct keyspace *,
	    struct schedule *const *due, struct snapshot_header *,
	    struct snapshot_progress *);

/*
 * Load the file into a keyspace and queue that are empty and nobody else's,
 * with as many threads; false, and why in wrong, if something is the matter
 * with it.  The process's hash must have the header's seed: see
 * snapshot_read_header().  The keyspace must have as many shards as the
 * header or more: each gets the position that is its own.
 */
bool	snapshot_load(struct io_dir *, const char *name, struct keyspace *,
	    struct schedule *due, unsigned threads, struct snapshot_header *,
	    struct snapshot_progress *, struct buf *wrong);
/* What is missing of a snapshot that is damaged. */
struct snapshot_loss {
	uint32_t	sections;	/* that are lost */
	uint32_t	unknown;	/* of these: without even their heads */
	uint64_t	keys;		/* of the others */
};

/*
 * Load what is whole of a file that snapshot_load() refuses, into as many
 * shards as it was taken of.  A shard whose section is lost has the position
 * UINT64_MAX: no record of the journal would make its keys what they were.
 * False: not even its first bytes are good.
 */
bool	snapshot_salvage(struct io_dir *, const char *name, struct keyspace *,
	    struct schedule *due, struct snapshot_header *,
	    struct snapshot_loss *);
/* Only what the file's first bytes say; false as above. */
bool	snapshot_read_header(struct io_dir *, const char *name,
	    struct snapshot_header *, struct buf *wrong);

#endif
