/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_REWRITE_H
#define BASE_REWRITE_H

#include "base/buf.h"
#include "base/bytes.h"

/*
 * Write the settings that hold into the configuration file: 0 or an errno, and
 * the file is as it was.  Under no lock.
 */
int	rewrite_file(const char *path);
/* What that makes of the old text, added to out. */
void	rewrite_text(struct bytes old, struct buf *out);

#endif
