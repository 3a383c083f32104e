/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dictionary from values that are no containers to values, in the order in
 * which the keys first came.  The integer 7 and the string "7" are two keys.
 */
#ifndef VALUE_DICT_H
#define VALUE_DICT_H

#include <stdbool.h>
#include <stddef.h>

#include "value/value.h"

struct dict_pair {
	struct value	key;
	struct value	value;
};

struct dict	*dict_new(void);
/* Free the dictionary and all in it; NULL is fine. */
void		 dict_free(struct dict *);
/*
 * Take key and value, making them own their bytes.  A key that is there keeps
 * its place and gets the new value.
 */
void		 dict_put(struct dict *, struct value *key,
		    struct value *value);
size_t		 dict_length(const struct dict *);
/* Pair i of [0, length) in order, lent until the dictionary changes. */
const struct dict_pair *dict_at(const struct dict *, size_t i);
/* The value of a key, lent until the dictionary changes; NULL without it. */
const struct value *dict_get(const struct dict *, const struct value *key);

/*
 * Move pair i out into key and value, which are the caller's to free; the
 * dictionary is then good for more of this, and for dict_free().
 */
void		 dict_take(struct dict *, size_t i, struct value *key,
		    struct value *value);

#endif
