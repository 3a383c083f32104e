/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a command's body touches data.  Keys are named by the number of the
 * argument that is the key, which the command's row must have declared:
 * its shard is then locked.  A key whose deadline has passed is absent.
 */
#ifndef ENGINE_KEY_H
#define ENGINE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/number.h"
#include "value/value.h"

struct call;

/*
 * The value of the key, lent until the key changes or the call ends; of type
 * VALUE_NONE if the key is absent, or holds an empty container: a client may
 * have set it to one, but none of Redis's commands knows such a thing.
 */
struct value	key_get(struct call *, size_t arg);
/* The same, empty containers included: for commands on any value whole. */
struct value	key_get_any(struct call *, size_t arg);
/* The same, but it does not count as a use. */
struct value	key_peek(struct call *, size_t arg);
/* The same, and nobody hears of a miss, though it is counted. */
struct value	key_look(struct call *, size_t arg);
/*
 * As key_get(), of a key that must be of that type or absent, which of these v
 * tells; false, and answered WRONGTYPE, if it is not.
 */
bool		key_typed(struct call *, size_t arg, enum value_type,
		    struct value *v);
/*
 * The same of a key that must hold a string, a number or a boolean: its text,
 * perhaps written into digits; text->data is NULL if the key is absent.
 */
bool		key_text(struct call *, size_t arg, struct bytes *text,
		    char digits[NUMBER_SIZE]);
/*
 * The same of a key that the call has looked at already, or only writes, where
 * its row has CMD_LOOKS or CMD_READ: it is no hit or miss.
 */
bool		key_text_uncounted(struct call *, size_t arg,
		    struct bytes *text, char digits[NUMBER_SIZE]);
/*
 * The same of a key that is to be told whole, whatever its type; false, and
 * answered WRONGTYPE, if the client's dialect cannot say it.
 */
bool		key_whole(struct call *, size_t arg, struct value *v);
/*
 * Like key_typed(), but an absent key gives an empty container of that type,
 * which key_store() puts into the key.
 */
bool		key_make(struct call *, size_t arg, enum value_type,
		    struct value *v);
/* The same of a key that key_typed() has just found absent. */
void		key_make_new(struct call *, size_t arg, enum value_type,
		    struct value *v);
/*
 * A container that key_typed() or key_make() gave has been changed: the key
 * keeps it and its deadline; an empty one goes, and the key with it.  Returns
 * whether the key is there now.  Nothing need be called if nothing changed,
 * but for a container of key_make()'s.
 */
bool		key_store(struct call *, size_t arg, struct value *v);
/* Whether it is there; does not count as a hit or miss. */
bool		key_exists(struct call *, size_t arg);
/* Its deadline in ms since the epoch; 0 if it has none or is absent. */
int64_t		key_deadline(struct call *, size_t arg);
/*
 * How long ago it was used, in seconds, and how often, 0 to 255, which of them
 * the policy of eviction counts; the key is there.
 */
int64_t		key_idle(struct call *, size_t arg);
int		key_frequency(struct call *, size_t arg);
void		key_set_idle(struct call *, size_t arg, int64_t seconds);
void		key_set_frequency(struct call *, size_t arg, int frequency);
/* How many bytes the key, which is there, and its value take. */
size_t		key_size(struct call *, size_t arg);
/* Give the key, which is there, that deadline (0: none). */
void		key_set_deadline(struct call *, size_t arg, int64_t deadline);
enum { KEY_KEEP_DEADLINE = -1 };	/* in place of a deadline */
/*
 * Set the key to the value, which this takes, with that deadline (0: none),
 * replacing whatever was there.
 */
void		key_set(struct call *, size_t arg, struct value *,
		    int64_t deadline);
/* The same, but it is a new key to those who listen, whatever was there. */
void		key_set_new(struct call *, size_t arg, struct value *,
		    int64_t deadline);
/*
 * The bytes of a key that key_text() has told of, for the body to change in
 * place: a string of at least that length, with zeros where it was shorter or
 * absent.  Its deadline stays.  NULL, and answered, if there is no memory.
 */
char		*key_edit(struct call *, size_t arg, size_t length);
/* Remove the key; whether it was there. */
bool		key_delete(struct call *, size_t arg);
/*
 * Remove the key, but its value is the caller's to free, and its deadline to
 * know; whether it was there.
 */
bool		key_take(struct call *, size_t arg, struct value *v,
		    int64_t *deadline);
/*
 * The value of a key that no argument names (SORT ... BY): as key_get(), with
 * all shards locked.
 */
struct value	key_get_named(struct call *, struct bytes key);

#endif
