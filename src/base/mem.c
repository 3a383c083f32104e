/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's memory.  A server that cannot get a few hundred bytes cannot
 * do anything sensible with the error either, so that ends it (as in tmux's
 * xmalloc.c); maxmemory refuses long before.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void *
sure(void *p, size_t size)
{
	if (p == NULL)
		log_fatal("out of memory: %zu bytes were asked for", size);
	return (p);
}

void *
mem_alloc(size_t size)
{
	return (sure(malloc(size != 0 ? size : 1), size));
}

void *
mem_zalloc(size_t size)
{
	return (sure(calloc(1, size != 0 ? size : 1), size));
}

void *
mem_zalloc_aligned(size_t alignment, size_t size)
{
	void *p;

	if (posix_memalign(&p, alignment, size) != 0)
		p = NULL;
	return (memset(sure(p, size), 0, size));
}

void *
mem_resize(void *p, size_t size)
{
	return (sure(mem_try_resize(p, size), size));
}

void *
mem_try_resize(void *p, size_t size)
{
	return (realloc(p, size != 0 ? size : 1));
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
	free(p);
}

void
mem_trim(void)
{
	malloc_trim(0);
}

size_t
mem_used(void)
{
	struct mallinfo2 info = mallinfo2();

	return (info.uordblks + info.hblkhd);
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
