/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small files whole: the configuration file, which others write as well.  Those
 * of the data directory are persist/io.h's.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/bytes.h"

/* Add all of the file to text; 0 or an errno. */
int	file_read(const char *path, struct buf *text);
/*
 * Put the text into the place of the file, or make it: whoever opens it, even
 * after a power cut, finds the old or the new text.  Mode and owner stay, and
 * a symbolic link one.  0 or an errno, and the file is as it was.
 */
int	file_replace(const char *path, struct bytes text);

#endif
