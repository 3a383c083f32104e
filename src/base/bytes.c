/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"

#include <string.h>
#include <strings.h>

struct bytes
bytes_of(const char *string)
{
	return (bytes_make(string, strlen(string)));
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return (a.length == b.length &&
	    (a.length == 0 || memcmp(a.data, b.data, a.length) == 0));
}

bool
bytes_is(struct bytes a, const char *word)
{
	/* The length first: strncasecmp() would stop at a NUL in a. */
	return (a.length == strlen(word) &&
	    strncasecmp(a.data, word, a.length) == 0);
}
