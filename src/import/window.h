/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that are sent in one go, and the keys that they are about.
 */
#ifndef IMPORT_WINDOW_H
#define IMPORT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct window_key {
	uint64_t	number;		/* of the key, counted from 1 */
	size_t		offset, length;	/* of its name in text */
	bool		begins;		/* no window before has a part of it */
	bool		dropped;	/* its requests are not to be sent */
};

struct window_request {
	size_t		first, count;	/* of args */
	size_t		key;		/* of keys, or WINDOW_NO_KEY */
};

#define WINDOW_NO_KEY	((size_t)-1)

/* All zero is an empty window. */
struct window {
	struct buf		 text;		/* of names and arguments */
	size_t			*ends;		/* where each ends in text */
	size_t			 args, args_size;
	struct window_request	*requests;
	size_t			 count, requests_size;
	struct window_key	*keys;
	size_t			 key_count, keys_size;
};

/* From now on requests are about this key. */
void		 window_add_key(struct window *, uint64_t number,
		    struct bytes name, bool begins);
/* Begin a request, and add to it. */
void		 window_begin(struct window *, size_t key);
void		 window_add_name(struct window *, size_t key);
void		 window_add(struct window *, struct bytes arg);
void		 window_add_number(struct window *, int64_t);
/* Argument i of a request; the name of a key; until something is added. */
struct bytes	 window_arg(const struct window *,
		    const struct window_request *, size_t i);
struct bytes	 window_name(const struct window *,
		    const struct window_key *);
/* Forget all, but keep memory for as much. */
void		 window_clear(struct window *);
void		 window_free(struct window *);

#endif
