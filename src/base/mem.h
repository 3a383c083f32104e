/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is there or ends the process.  Everything of a size we chose
 * comes from here; only what a client sized (a bulk, a reply) asks with
 * mem_try_resize() and answers -OOM.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Whether AddressSanitizer is to see each piece of memory on its own. */
#if defined(__SANITIZE_ADDRESS__)
#define MEM_WATCHED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_WATCHED	1
#endif
#endif
#ifndef MEM_WATCHED
#define MEM_WATCHED	0
#endif

/*
 * Before there are threads: malloc(3) keeps no long lists of small pieces, which
 * it would go through all at once, with everybody waiting, some day.
 */
void	 mem_start(void);
/* Return size bytes to be given to mem_free(); never NULL. */
void	*mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* The same, all zero. */
void	*mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
/* The same, all zero, at an address that is a multiple of alignment. */
void	*mem_zalloc_aligned(size_t alignment, size_t size)
	    __attribute__((malloc, returns_nonnull));
/* Change the size of p (or NULL) keeping its bytes; never NULL. */
void	*mem_resize(void *p, size_t size) __attribute__((returns_nonnull));
/* The same, but NULL when there is no memory: p is then as it was. */
void	*mem_try_resize(void *p, size_t size);
/* A copy of length bytes with a NUL behind them. */
void	*mem_copy(const void *data, size_t length)
	    __attribute__((malloc, returns_nonnull));
/* Give back what the above returned; NULL is fine. */
void	 mem_free(void *p);
/* Give the system back what is free, which takes a while. */
void	 mem_trim(void);
/* What malloc(3) says of its heaps, in XML; mem_free() it. */
char	*mem_describe(void);
/*
 * How many bytes the functions above have given out and not got back, with
 * what malloc(3) needs for them; wrong by a few KiB a thread.
 */
size_t	 mem_used(void);
/* How many of them are p's, which may be NULL. */
size_t	 mem_size(void *p);
/* What the caller got from the system, or gave back, counts as used, too. */
void	 mem_count(int64_t bytes);
/* At the end of a thread: what it has counted is for all to see. */
void	 mem_settle(void);
/* How many bytes of memory the process occupies; 0 if it cannot be told. */
size_t	 mem_resident(void);

#endif
