/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be imported: a dump, an append-only file, or the files that an
 * append-only directory is made of, one after the other.
 */
#ifndef IMPORT_INPUT_H
#define IMPORT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/events.h"
#include "import/source.h"

struct input_file {
	char		*name;
	int		 fd;
	uint64_t	 size;
	uint64_t	 whole;		/* bytes that are to be read */
};

struct input {
	struct input_file *files;
	size_t		 count;
	uint64_t	 total;		/* bytes of all files */
	bool		 once;		/* of a pipe: it can be read once only */
	bool		 unsummed;	/* a dump in it had no checksum */
	char		 writer[24];	/* of which Redis, or "" */
	/* While it is read. */
	struct source	 source;
	uint64_t	 before;	/* bytes of the files before */
};

/* Open what the path stands for; false: it was told why not. */
bool		input_open(struct input *, const char *path);
/*
 * Read all from the begin, telling the events; false: it was told why not,
 * unless an event wanted to stop.  A torn end is told too, and is not read the
 * next time; *torn is then true.
 */
bool		input_read(struct input *, const struct events *, void *arg,
		    bool *torn);
/* How many bytes were read by now. */
uint64_t	input_position(const struct input *);
void		input_close(struct input *);

#endif
