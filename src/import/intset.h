/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of integers: all of one width, in ascending order.
 */
#ifndef IMPORT_INTSET_H
#define IMPORT_INTSET_H

#include "import/packed.h"

/* Begin to read the string, which is lent; false: it is none. */
bool	intset_open(struct packed *, struct bytes);

#endif
