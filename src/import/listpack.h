/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis 7's packed lists: each item has its own length behind it.
 */
#ifndef IMPORT_LISTPACK_H
#define IMPORT_LISTPACK_H

#include "import/packed.h"

/* Begin to read the string, which is lent; false: it is none. */
bool	listpack_open(struct packed *, struct bytes);

#endif
