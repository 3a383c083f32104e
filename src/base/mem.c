/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's memory.  A server that cannot get a few hundred bytes cannot
 * do anything sensible with the error either, so that ends it (as in tmux's
 * xmalloc.c); maxmemory refuses long before.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_JEMALLOC
#include <jemalloc/jemalloc.h>
/* Only the server links it. */
#pragma weak mallctl
#pragma weak malloc_stats_print
#endif

#include "base/log.h"

/*
 * How much is in use is counted, since maxmemory asks often and malloc(3) would
 * have to look through its heaps: each thread adds up what it takes and gives
 * back, and hands over the sum when that has grown to a few KiB.
 */
enum { HAND_OVER = 4096 };

static _Atomic int64_t in_use;
static _Thread_local int64_t mine;

void
mem_start(void)
{
#ifdef M_MXFAST
	/* With ten million pieces that would take a second. */
	mallopt(M_MXFAST, 0);
#endif
}

/* malloc's own header counts, too. */
static int64_t
size_of(void *p)
{
	return ((int64_t)(malloc_usable_size(p) + sizeof(size_t)));
}

void
mem_count(int64_t n)
{
	mine += n;
	if (mine > HAND_OVER || mine < -HAND_OVER)
		mem_settle();
}

void
mem_settle(void)
{
	atomic_fetch_add_explicit(&in_use, mine, memory_order_relaxed);
	mine = 0;
}

static void *
sure(void *p, size_t size)
{
	if (p == NULL)
		log_fatal("out of memory: %zu bytes were asked for", size);
	return (p);
}

static void *
counted(void *p, size_t size)
{
	mem_count(size_of(sure(p, size)));
	return (p);
}

void *
mem_alloc(size_t size)
{
	return (counted(malloc(size != 0 ? size : 1), size));
}

void *
mem_zalloc(size_t size)
{
	return (counted(calloc(1, size != 0 ? size : 1), size));
}

void *
mem_zalloc_aligned(size_t alignment, size_t size)
{
	void *p;

	if (posix_memalign(&p, alignment, size) != 0)
		p = NULL;
	return (memset(counted(p, size), 0, size));
}

void *
mem_resize(void *p, size_t size)
{
	return (sure(mem_try_resize(p, size), size));
}

void *
mem_try_resize(void *p, size_t size)
{
	int64_t before = p != NULL ? size_of(p) : 0;
	void *q = realloc(p, size != 0 ? size : 1);

	if (q != NULL)
		mem_count(size_of(q) - before);
	return (q);
}

void *
mem_copy(const void *data, size_t length)
{
	char *p = mem_alloc(length + 1);

	if (length != 0)
		memcpy(p, data, length);
	p[length] = '\0';
	return (p);
}

void
mem_free(void *p)
{
	if (p == NULL)
		return;
	mem_count(-size_of(p));
	free(p);
}

size_t
mem_size(void *p)
{
	return (p != NULL ? (size_t)size_of(p) : 0);
}

void
mem_trim(void)
{
#ifdef HAVE_JEMALLOC
	/* Of all arenas. */
	if (mallctl != NULL)
		mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
#endif
	malloc_trim(0);
}

#ifdef HAVE_JEMALLOC
static void
print(void *file, const char *text)
{
	fputs(text, file);
}
#endif

char *
mem_describe(void)
{
	char *text = NULL, *copy;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	if (file != NULL) {
#ifdef HAVE_JEMALLOC
		if (malloc_stats_print != NULL)
			malloc_stats_print(print, file, "");
		else
#endif
		malloc_info(0, file);
		fclose(file);
	}
	copy = mem_copy(text != NULL ? text : "", length);
	free(text);
	return (copy);
}

size_t
mem_used(void)
{
	int64_t n = atomic_load_explicit(&in_use, memory_order_relaxed);

	return (n > 0 ? (size_t)n : 0);
}

size_t
mem_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file == NULL)
		return (0);
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (pages * (size_t)sysconf(_SC_PAGESIZE));
}
