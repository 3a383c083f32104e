/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run of bytes that somebody else owns: no terminator, any content.
 * Passed by value; lives as long as its owner says.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
	const char	*data;
	size_t		 length;
};

/* The bytes of a C string without its NUL. */
struct bytes	bytes_of(const char *string);
/* Same length, same content. */
bool		bytes_equal(struct bytes a, struct bytes b);
/* The same word in any case of ASCII letters. */
bool		bytes_is(struct bytes a, const char *word);

/* The bytes [data, data + length). */
static inline struct bytes
bytes_make(const void *data, size_t length)
{
	return ((struct bytes){ data, length });
}

#endif
