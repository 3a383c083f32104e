/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key, its value and perhaps its deadline, in one allocation.
 */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "value/value.h"

struct entry;

/*
 * A new entry that takes the value; deadline in ms since the epoch, 0 is none.
 */
struct entry	*entry_new(struct bytes key, struct value *, int64_t deadline);
/* Free the entry and its value; NULL is fine. */
void		 entry_free(struct entry *);
/* Lent until the entry is changed or freed. */
struct bytes	 entry_key(const struct entry *);
/* A view of the value, containers included: not to be freed. */
struct value	 entry_value(const struct entry *);
/* Bytes of memory that it takes, without what its value keeps apart. */
size_t		 entry_size(const struct entry *);
enum value_type	 entry_type(const struct entry *);
/* 0 if there is none. */
int64_t		 entry_deadline(const struct entry *);
/* Whether it has one that is not after now (ms since the epoch). */
bool		 entry_expired(const struct entry *, int64_t now);
/*
 * Two bytes for when or how often it was used: 0 in a new one, kept by
 * entry_overwrite().  Readers may set them.
 */
uint16_t	 entry_access(const struct entry *);
void		 entry_set_access(struct entry *, uint16_t);
/*
 * Another entry with the key of the old one and that deadline, which gets its
 * value: the old one is then only good for entry_free().
 */
struct entry	*entry_move(struct entry *, int64_t deadline);
/* Move the value out; the entry is then only good for entry_free(). */
struct value	 entry_take_value(struct entry *);
/* The container of the entry has been changed, and perhaps moved. */
void		 entry_put_back(struct entry *, const struct value *);
/* Set the deadline, not 0, of an entry that has one. */
void		 entry_set_deadline(struct entry *, int64_t deadline);
/*
 * Put another value, which it takes, and deadline in the place of the old
 * ones if the allocation suits them; false, and nothing has changed, if not.
 */
bool		 entry_overwrite(struct entry *, struct value *,
		    int64_t deadline);
/*
 * A new entry for a string that is text and zeros behind it up to length;
 * NULL if there is no memory for it.
 */
struct entry	*entry_new_padded(struct bytes key, struct bytes text,
		    size_t length, int64_t deadline);
/*
 * Make the entry's string at least length bytes long, with zeros at its end,
 * where it stands, so that appending again and again costs what is appended;
 * false, and nothing has changed, if another entry has to take its place.
 */
bool		 entry_pad(struct entry *, size_t length);

#endif
