/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of values in the order in which they were pushed.
 */
#ifndef VALUE_LIST_H
#define VALUE_LIST_H

#include <stddef.h>

#include "value/value.h"

struct list	*list_new(void);
/* Free the list and its elements; NULL is fine. */
void		 list_free(struct list *);
/* Take the value, making it own its bytes, as the new last element. */
void		 list_push(struct list *, struct value *);
size_t		 list_length(const struct list *);
/* Element i of [0, length), lent until the list changes. */
const struct value *list_at(const struct list *, size_t i);

#endif
