/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packed hashes of Redis up to 2.4.
 */
#ifndef IMPORT_ZIPMAP_H
#define IMPORT_ZIPMAP_H

#include "import/packed.h"

/* Begin to read the string, which is lent; false: it is none. */
bool	zipmap_open(struct packed *, struct bytes);

#endif
