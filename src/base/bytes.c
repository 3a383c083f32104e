/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"

#include <string.h>

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

/* The same letter of ASCII, or the same byte. */
static bool
alike(unsigned char a, unsigned char b)
{
	return (a == b || ((a ^ b) == 0x20 && (unsigned)(a | 0x20) - 'a' < 26));
}

bool
bytes_is(struct bytes a, const char *word)
{
	size_t i;

	/* Words are short: this takes a third of strlen() and strncasecmp(). */
	for (i = 0; i < a.length; i++) {
		if (word[i] == '\0' || !alike((unsigned char)a.data[i],
		    (unsigned char)word[i]))
			return (false);
	}
	return (word[i] == '\0');
}
