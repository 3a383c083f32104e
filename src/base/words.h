/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line cut into words, with Redis's quoting: "..." knows \n \r \t \b \a \\
 * \" and \xHH, '...' knows \' only.  Inline requests, the configuration file
 * and the command-line client all read lines this way.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/bytes.h"

/* All zero is an empty list. */
struct words {
	struct bytes	*word;		/* point into text */
	size_t		 count;
	size_t		 size;		/* of word, in elements */
	struct buf	 text;
};

/*
 * Replace the list by the words of the line, which must not have more than
 * a few MiB.  False: a quote is not closed, or not followed by a blank.
 */
bool	words_split(struct words *, struct bytes line);
/* The same without quoting: whatever stands between blanks. */
void	words_split_blanks(struct words *, struct bytes line);
/* Add what, between double quotes, words_split() reads as the text. */
void	words_escape(struct buf *, struct bytes text);
/* Give back the memory: an empty list again. */
void	words_free(struct words *);

#endif
