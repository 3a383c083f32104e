/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory, linked in the place of persist/io.c, whose power can go at
 * any call.  It is as forgetful as a disk may be: of what was written since a
 * file's last sync each sector is there or not, on its own, in any order, and
 * the file's length as well; and of what was created, renamed and removed since
 * a directory's last sync, each is.  Or the process dies and all is there.
 *
 * Nothing of it is what is done with a file: that is persist/io.h.
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_end {
	DISK_CUT,		/* the power goes */
	DISK_KILLED,		/* the process does: what is not safe stays so */
};

/* An empty disk. */
void	 disk_new(void);
/*
 * At call number n from now on (from 0), of those that change something or
 * sync, it ends; that one is done in part, and all after it fail with EIO.
 * The same seed loses the same.
 */
void	 disk_end_at(unsigned n, enum disk_end, uint64_t seed);
/* Whether it has come to that; and at which call: "rename MANIFEST.tmp". */
bool	 disk_is_off(void);
const char *disk_last(void);
/* Power again: what is left is on the disk.  The directory is nobody's. */
void	 disk_restart(void);
/*
 * Sync number n of a file from now on fails with EIO, and what it should have
 * made safe may be lost: a second sync would succeed and lie.
 */
void	 disk_fail_sync_at(unsigned n, uint64_t seed);
/* Each sync of a file takes that long at least. */
void	 disk_sync_takes(unsigned us);
/*
 * Remember that up to there all was said to be safe, unless the power has gone
 * before; disk_promised() is the highest.
 */
void	 disk_promise(uint64_t position);
uint64_t disk_promised(void);

#endif
