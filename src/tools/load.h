/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that a data directory holds, in memory, as a server has it after its
 * start; the directory is only read, and a server may be using it meanwhile.
 */
#ifndef TOOLS_LOAD_H
#define TOOLS_LOAD_H

#include "base/buf.h"

struct engine;
struct io_dir;

/*
 * The data as it was when this was called, or somewhat later: what a server
 * is just writing may be missing.  Must be the first that hashes a key.  NULL:
 * *status is what to exit with, and why is in wrong.
 */
struct engine	*load_directory(struct io_dir *, struct buf *wrong,
		    int *status);

#endif
