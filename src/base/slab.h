/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small pieces of memory without a header each, in sizes that are multiples of
 * 8.  There is always enough, or the process ends, and mem_used() counts them.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

/*
 * How many bytes of room who asks for so many gets: sizes of the same room can
 * take each other's place.
 */
size_t	 slab_room(size_t size);
/* At least size bytes, aligned for a number of 64 bits. */
void	*slab_take(size_t size) __attribute__((malloc, returns_nonnull));
/* Give back what was taken with that size, or one of the same room. */
void	 slab_give(void *, size_t size);
#endif
