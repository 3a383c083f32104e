/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packed lists of Redis up to 6.2: each item has the length of the one
 * before it in front.
 */
#ifndef IMPORT_ZIPLIST_H
#define IMPORT_ZIPLIST_H

#include "import/packed.h"

/* Begin to read the string, which is lent; false: it is none. */
bool	ziplist_open(struct packed *, struct bytes);

#endif
