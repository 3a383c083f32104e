/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and their names on a disk that may forget.  A file has what programs
 * see of it (now), what a power cut leaves in any case (safe), and the changes
 * in between, in order.  So have the directories.  A sync makes all changes
 * safe; a cut some, as chance has it.  There is no lock: disk.c has it.
 */
#ifndef TESTS_CRASH_LOSSY_H
#define TESTS_CRASH_LOSSY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "persist/io.h"

enum { LOSSY_DIRECTORIES = 2, LOSSY_FILES = 64 };

struct change;

/* All zero is an empty one. */
struct file {
	struct buf	 now, safe;
	struct change	*changes;
	size_t		 count;
};

struct name {
	char		 text[IO_NAME_SIZE];	/* "": a free place */
	struct file	*file;
};

struct directory {
	struct name	 names[LOSSY_FILES];
};

/* A name appears or (file NULL) goes; in a rename both, at once. */
struct move {
	struct name	 set, clear;	/* text "": nothing */
	int		 set_in, clear_in;
};

/* The same seed loses the same. */
void		 lossy_seed(uint64_t);
/* By chance, from 0 on. */
unsigned	 lossy_draw(unsigned below);

/* Write bytes; or, without any, let the file be that long. */
void		 lossy_change(struct file *, const char *bytes, size_t length,
		    uint64_t offset);
/* All changes are safe. */
void		 lossy_sync(struct file *);
/* Of its changes some are safe, and the others lost, though still seen. */
void		 lossy_lose(struct file *);
/* What is safe is what is seen. */
void		 lossy_restore(struct file *);
void		 lossy_free(struct file *);

/* A name that is seen, lent until it changes; NULL if it is not there. */
struct name	*lossy_find(int directory, const char *text);
/* The file's name, "?" if it has none. */
const char	*lossy_name_of(const struct file *);
/* All that are seen. */
struct directory lossy_names(int directory);
void		 lossy_move(const struct move *);
/* All moves in or out of it are safe. */
void		 lossy_sync_names(int directory);
/* Of all moves some are, and what is safe is what is seen. */
void		 lossy_lose_names(void);
/* There are none. */
void		 lossy_forget_names(void);

#endif
