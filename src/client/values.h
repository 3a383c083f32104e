/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's values: a client/node.h alone on the heap or lent from within
 * another.
 */
#ifndef CLIENT_VALUES_H
#define CLIENT_VALUES_H

#include "client/respc.h"
#include "value/value.h"

/* Draw the key of the dictionaries' hash; before the first dictionary. */
void			 values_start(void);
/* Take v (unless VALUE_NONE) as a value to be freed with respc_free(). */
struct respc_value	*values_make(struct value v);

#endif
