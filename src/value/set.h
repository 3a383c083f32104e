/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set is a dictionary that stores no values: what value/dict.h says holds,
 * and its functions that walk, count, copy, scan and free serve for both.
 */
#ifndef VALUE_SET_H
#define VALUE_SET_H

#include "value/dict.h"

struct dict	*set_new(void);
/* Take the member, of any type but a container; whether it was new. */
bool		 set_add(struct dict **, struct value *member);
/* The same for a member of which only the text is known, copied if new. */
bool		 set_add_text(struct dict **, struct bytes member);

#endif
