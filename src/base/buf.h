/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string that grows at its end.  All zero is an empty buffer.
 * A buffer whose growth failed keeps what it had, ignores what is added and
 * says so in `failed` until buf_cut() or buf_free(): the caller checks once.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct buf {
	char	*data;		/* size bytes, length of them in use */
	size_t	 length;
	size_t	 size;
	bool	 failed;	/* an addition was refused for want of memory */
};

/* Room for n more bytes at data + length; NULL (and failed) if there is none. */
char		*buf_reserve(struct buf *, size_t n);
/* Add length bytes, one byte, a C string, printf(3) text. */
void		 buf_add(struct buf *, const void *data, size_t length);
void		 buf_add_char(struct buf *, char c);
void		 buf_add_string(struct buf *, const char *string);
void		 buf_add_format(struct buf *, const char *format, ...)
		    __attribute__((format(printf, 2, 3)));
void		 buf_add_format_list(struct buf *, const char *format, va_list)
		    __attribute__((format(printf, 2, 0)));
/* Add bytes with ASCII's capital letters made small. */
void		 buf_add_lower(struct buf *, struct bytes);
/* Forget all bytes from length on; clears failed. */
void		 buf_cut(struct buf *, size_t length);
/* Forget all bytes, and the memory too if it is more than keep bytes. */
void		 buf_clear(struct buf *, size_t keep);
/* Give back the memory: an empty buffer again. */
void		 buf_free(struct buf *);
/* What the buffer holds, until it changes. */
struct bytes	 buf_bytes(const struct buf *);

#endif
