/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dictionary from values that are no containers to values, in the order in
 * which the keys first came; what a hash is.  A set is a dictionary without
 * values (value/set.h).  The integer 7 and the string "7" are two keys; who
 * has only text for a key finds the string or, if there is none, the integer.
 *
 * A dictionary is one allocation while it is small, so that functions that
 * change it may move it: they take a pointer to the pointer.
 */
#ifndef VALUE_DICT_H
#define VALUE_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "value/value.h"

struct dict	*dict_new(void);
/* Free the dictionary and all in it; NULL is fine. */
void		 dict_free(struct dict *);
/* A copy of it and all in it, in the same order. */
struct dict	*dict_copy(const struct dict *);
size_t		 dict_length(const struct dict *);
/* Bytes of memory that it takes, without containers inside it. */
size_t		 dict_size(const struct dict *);

/*
 * Take key and value.  A key that is there, of the same type and content,
 * keeps its place and gets the new value.  Whether it was new.
 */
bool		 dict_put(struct dict **, struct value *key,
		    struct value *value);
/* The same for a key of which only the text is known, copied if it is new. */
bool		 dict_put_text(struct dict **, struct bytes key,
		    struct value *value);
/* Remove the key of that text; whether it was there. */
bool		 dict_remove(struct dict **, struct bytes key);
/*
 * The value of the key of that text, lent until the dictionary changes; of
 * type VALUE_NONE if there is none.  A string of digits may be stored as a
 * number: then its text is put into digits.
 */
struct value	 dict_get(const struct dict *, struct bytes key,
		    char digits[NUMBER_SIZE]);
bool		 dict_has(const struct dict *, struct bytes key);
/* As value_prefetch(), for as many as that takes. */
void		 dict_prefetch(const struct dict *, const struct bytes *keys,
		    size_t count);

/*
 * A walk over the pairs in order:
 *	for (dict_start(&it, d); dict_next(&it); )
 *		use(&it.key, &it.value);
 * The dictionary must not change meanwhile; key and value live until the next
 * step.
 */
struct dict_iter {
	struct value		 key;
	struct value		 value;		/* VALUE_NULL in a set */
	/* dict.c's. */
	const struct dict	*dict;
	uint64_t		 position;
	size_t			 chosen;	/* by dict_random() */
	char			 digits[2][NUMBER_SIZE];
};
void		 dict_start(struct dict_iter *, const struct dict *);
bool		 dict_next(struct dict_iter *);
/*
 * Set key and value of the iterator to a pair chosen by the random number,
 * each about as likely; the dictionary is not empty.
 */
void		 dict_random(struct dict_iter *, const struct dict *,
		    uint64_t random);
/* Remove that pair, of a dictionary that has not changed since. */
void		 dict_remove_chosen(struct dict **, const struct dict_iter *);
/*
 * Go on with a scan: call visit for about count pairs (more if they belong
 * together) from the cursor on, 0 at first; returns the next cursor, 0 when
 * all are through.  Every pair that is there from the first to the last call
 * is visited, some perhaps twice, whatever changes in between.
 */
typedef void	 dict_visit(const struct value *key, const struct value *value,
		    void *arg);
uint64_t	 dict_scan(const struct dict *, uint64_t cursor, size_t count,
		    dict_visit *, void *arg);

#endif
