/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thousand tables that grow by an eighth leave a thousand holes that are just
 * too small for them: with malloc(3) 3 to 5 bytes a key of 5 million.  So those
 * of a few pages are mappings of their own, which mremap(2) makes longer without
 * a copy, and only what is added is new memory.
 *
 * Linux allows 65,530 mappings.  If there may be too many blocks all of them
 * are malloc's.  So they are for sanitizers: ThreadSanitizer does not know that
 * mremap(2) leaves addresses free, and takes the next block there for the old one.
 */
#include "base/pages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	PAGE		= 4096,
	FEWEST		= PAGE / 2,	/* bytes worth a mapping */
	MOST_BLOCKS	= 32768,
};

#ifdef RESPD_SANITIZE
enum { MAY_MAP = false };
#else
enum { MAY_MAP = true };
#endif

enum { UNDECIDED, MAP, DO_NOT_MAP };

/* Once and for all, since what a block is tells how to give it back. */
static _Atomic int policy;

void
pages_expect(size_t most)
{
	int undecided = UNDECIDED;

	atomic_compare_exchange_strong(&policy, &undecided,
	    most <= MOST_BLOCKS && MAY_MAP ? MAP : DO_NOT_MAP);
}

static bool
is_mapped(size_t size)
{
	if (size < FEWEST)
		return (false);
	if (atomic_load_explicit(&policy, memory_order_relaxed) == UNDECIDED)
		pages_expect(0);
	return (atomic_load_explicit(&policy, memory_order_relaxed) == MAP);
}

size_t
pages_room(size_t size)
{
	return (is_mapped(size) ? (size + PAGE - 1) & ~(size_t)(PAGE - 1) :
	    size);
}

static void *
sure(void *p, size_t size)
{
	if (p == MAP_FAILED)
		log_fatal("out of memory: %zu bytes were asked for", size);
	return (p);
}

void *
pages_map(size_t size)
{
	return (sure(mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size));
}

static void *
make(size_t size)
{
	if (!is_mapped(size))
		return (mem_alloc(size));
	mem_count((int64_t)pages_room(size));
	return (pages_map(size));
}

void *
pages_resize(void *p, size_t from, size_t to)
{
	void *q;

	if (!is_mapped(from) && !is_mapped(to))
		return (mem_resize(p, to));
#ifdef MREMAP_MAYMOVE
	if (is_mapped(from) && is_mapped(to)) {
		mem_count((int64_t)pages_room(to) - (int64_t)pages_room(from));
		return (sure(mremap(p, from, to, MREMAP_MAYMOVE), to));
	}
#endif
	q = make(to);
	if (from != 0)
		memcpy(q, p, from < to ? from : to);
	pages_free(p, from);
	return (q);
}

void
pages_free(void *p, size_t size)
{
	if (!is_mapped(size)) {
		mem_free(p);
		return;
	}
	must(munmap(p, size));
	mem_count(-(int64_t)pages_room(size));
}
