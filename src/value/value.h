/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One value: what a client sends, a key holds, a reply shows.  Small enough
 * to be passed around by copy; the copy that is `owned` (or any container)
 * must be given to value_free() or to something that takes it, exactly once.
 * A value that is not owned is a view of bytes that live elsewhere.
 */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/number.h"

struct dict;
struct list;
struct zset;

enum value_type {
	VALUE_NONE,		/* no value at all: an absent key */
	VALUE_NULL,
	VALUE_BOOLEAN,
	VALUE_INTEGER,
	VALUE_DOUBLE,
	VALUE_STRING,		/* from here bytes ... */
	VALUE_BIG_NUMBER,	/* decimal digits of any number */
	VALUE_ERROR,		/* ... to here */
	VALUE_LIST,		/* from here containers */
	VALUE_DICT,
	VALUE_SET,		/* a dictionary without values */
	VALUE_ZSET,
	VALUE_TYPES
};

/* The longest string, and so what `length` can hold. */
#define VALUE_MAX_BYTES	(512U << 20)

struct value {
	uint8_t		 type;		/* enum value_type */
	bool		 owned;		/* bytes: data is ours to free */
	uint32_t	 length;	/* bytes: how many */
	union {
		bool		 boolean;
		int64_t		 integer;
		double		 real;
		char		*data;
		struct list	*list;
		struct dict	*dict;	/* also of a set */
		struct zset	*zset;
	};
};

/* A view of bytes; the type is one of the three that are bytes. */
struct value	 value_view(enum value_type, struct bytes);
/* The same with a copy of its own. */
struct value	 value_copy(enum value_type, struct bytes);
struct value	 value_integer(int64_t);
struct value	 value_double(double);
struct value	 value_boolean(bool);
struct value	 value_null(void);
/* An empty container of that type. */
struct value	 value_new(enum value_type);
/* How many elements a container has. */
size_t		 value_count(const struct value *);
/*
 * Bytes of memory that a stored value takes besides its cell, those of the
 * containers inside it not counted.
 */
size_t		 value_size(const struct value *);
/*
 * Ask the processor for what finding these keys or members, of which the first
 * VALUE_PREFETCH count, in a container will touch: for all together, instead
 * of one by one.
 */
enum { VALUE_PREFETCH = 32 };
void		 value_prefetch(const struct value *, const struct bytes *keys,
		    size_t count);
/* A copy of the value and all in it, which owns what it needs. */
struct value	 value_clone(const struct value *);

/* Give back what the value owns, whatever its depth; it is VALUE_NONE then. */
void		 value_free(struct value *);
/* Make a view own its bytes: what is stored must. */
void		 value_own(struct value *);

bool		 value_is_bytes(const struct value *);
bool		 value_is_container(const struct value *);
/* The bytes of a value that is bytes. */
struct bytes	 value_bytes(const struct value *);
/*
 * The text of a string, number or boolean, perhaps written into digits; false
 * for other types, which have none.
 */
bool		 value_text(const struct value *, struct bytes *text,
		    char digits[NUMBER_SIZE]);
/* "string", "array", "dictionary" ...: the words of our error texts. */
const char	*value_type_name(enum value_type);
/* What TYPE says of a key with such a value: Redis's words. */
const char	*value_redis_type(enum value_type);
/* Same type and same content; containers are never equal. */
bool		 value_equal(const struct value *, const struct value *);
/* A hash in agreement with value_equal(), for values that are no containers. */
uint64_t	 value_hash(const struct value *);

#endif
