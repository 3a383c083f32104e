/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of memory that grow a little at a time.  There is always enough, or
 * the process ends, and mem_used() counts them.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* At the start: how many blocks there may be at once. */
void	 pages_expect(size_t most);
/* How many bytes of room who asks for so many gets. */
size_t	 pages_room(size_t size);
/*
 * Change the size of a block, from NULL and 0 on and not to 0, keeping its
 * bytes.
 */
void	*pages_resize(void *, size_t from, size_t to)
	    __attribute__((returns_nonnull));
/* Give back a block of that size. */
void	 pages_free(void *, size_t size);
/* As many bytes of zeros, to be kept and not counted. */
void	*pages_map(size_t size) __attribute__((malloc, returns_nonnull));

#endif
