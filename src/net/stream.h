/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdio.h>

#include "base/bytes.h"

/*
 * What an input stream has read from its descriptor and not yet handed out:
 * the bytes that can be had without sleeping.  Good until the next read.
 * Empty also where the C library does not tell.
 */
struct bytes	stream_buffered(FILE *in);
/*
 * The next n bytes, which are read by this; they stay there until the next
 * read that finds nothing buffered.  NULL, and nothing is read, if not all of
 * them are buffered.
 */
char		*stream_take(FILE *in, size_t n);

#endif
