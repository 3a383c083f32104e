/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc(3) adds a word to what it gives out and rounds up to 16 bytes: an
 * entry of 40 bytes takes 48, one of 124 takes 144.  Here they take 40 and 128.
 *
 * A span is 64 KiB at a multiple of that, of pieces of one size behind a
 * header, so that a piece's address tells its span.  Each thread keeps some
 * free pieces of each size at hand, chained through themselves, and exchanges
 * them with the spans by the dozen, under the one lock.  So most calls touch
 * nothing that another thread does.  An empty span serves the next size that
 * needs one, and its memory goes back to the system if there are many.
 *
 * Measured with 5 million keys of 16 bytes and values of 16 and of 100: 9 and 16
 * bytes a key less than with malloc(3), in the same time.  AddressSanitizer is to
 * see every piece on its own: then malloc(3) does it.
 */
#include "base/slab.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/pages.h"

enum {
	MOST		= 512,		/* bytes of a piece; malloc's beyond */
	CLASSES		= MOST / 8 + 1,
	SPAN		= 64 * 1024,
	REGION		= 4 * 1024 * 1024,	/* got from the system at once */
	BATCH		= 24,		/* pieces exchanged at once */
	MOST_AT_HAND	= 2 * BATCH,
	KEPT		= 16,		/* empty spans whose memory is kept */
};

struct piece {
	struct piece	*next;
};

struct span {
	struct span	*next;		/* in a list, of one size or empty */
	struct span	*previous;
	struct piece	*free;		/* were taken once */
	uint32_t	 fresh;		/* from this byte on none was taken */
	uint32_t	 size;		/* of a piece */
	uint32_t	 taken;		/* how many threads have */
};

/* The list of a thread's free pieces of one size. */
struct hand {
	struct piece	*first;
	size_t		 count;
};

static struct {
	pthread_once_t	 once;
	pthread_key_t	 key;		/* its destructor sees threads end */
	struct lock	 lock;		/* guards the rest */
	struct span	*spans[CLASSES];	/* that have free pieces */
	struct span	*empty;
	size_t		 kept;		/* of these, not given back */
	char		*region;	/* left is untouched */
	size_t		 left;
} slab = { .once = PTHREAD_ONCE_INIT };

static _Thread_local struct {
	bool		 joined;	/* leave() will be called */
	struct hand	 hands[CLASSES];
} mine;

size_t
slab_room(size_t size)
{
	if (size <= MOST)
		return (size > 8 ? (size + 7) & ~(size_t)7 : 8);
	/* What glibc gives. */
	return (((size + 8 + 15) & ~(size_t)15) - 8);
}

static void
link_span(struct span **list, struct span *s)
{
	s->previous = NULL;
	s->next = *list;
	if (s->next != NULL)
		s->next->previous = s;
	*list = s;
}

static void
unlink_span(struct span **list, struct span *s)
{
	if (s->next != NULL)
		s->next->previous = s->previous;
	if (s->previous != NULL)
		s->previous->next = s->next;
	else
		*list = s->next;
}

/* SPAN bytes at a multiple of that, never given back. */
static struct span *
cut_span(void)
{
	struct span *s;
	size_t skip;

	if (slab.left < SPAN) {
		slab.region = pages_map(REGION);
		skip = -(uintptr_t)slab.region & (SPAN - 1);
		slab.region += skip;
		slab.left = REGION - skip;
	}
	s = (struct span *)(void *)slab.region;
	slab.region += SPAN;
	slab.left -= SPAN;
	return (s);
}

static struct span *
new_span(size_t size)
{
	struct span *s = slab.empty;

	if (s != NULL) {
		unlink_span(&slab.empty, s);
		slab.kept -= s->size != 0;
	} else
		s = cut_span();
	*s = (struct span){ .size = (uint32_t)size, .fresh = sizeof(*s) };
	link_span(&slab.spans[size / 8], s);
	return (s);
}

/* Its memory goes if there is enough without; the header comes back as 0. */
static void
end_span(struct span *s)
{
	unlink_span(&slab.spans[s->size / 8], s);
	if (slab.kept < KEPT)
		slab.kept++;
	else if (madvise(s, SPAN, MADV_DONTNEED) != 0)
		s->size = 0;
	link_span(&slab.empty, s);
}

static bool
is_used_up(const struct span *s)
{
	return (s->free == NULL && s->fresh + s->size > SPAN);
}

static struct piece *
take_from(struct span *s)
{
	struct piece *p = s->free;

	if (p != NULL)
		s->free = p->next;
	else {
		p = (struct piece *)(void *)((char *)s + s->fresh);
		s->fresh += s->size;
	}
	s->taken++;
	if (is_used_up(s))
		unlink_span(&slab.spans[s->size / 8], s);
	return (p);
}

static void
give_to(struct span *s, struct piece *p)
{
	if (is_used_up(s))
		link_span(&slab.spans[s->size / 8], s);
	p->next = s->free;
	s->free = p;
	s->taken--;
	if (s->taken == 0)
		end_span(s);
}

static void
give_back(struct hand *hand, size_t count)
{
	struct piece *p;

	lock_take(&slab.lock);
	for (; count != 0; count--) {
		p = hand->first;
		hand->first = p->next;
		hand->count--;
		give_to((struct span *)((uintptr_t)p & ~(uintptr_t)(SPAN - 1)),
		    p);
	}
	lock_release(&slab.lock);
}

static void
leave(void *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < CLASSES; i++)
		give_back(&mine.hands[i], mine.hands[i].count);
	mem_settle();
	/* Other destructors may come after this one. */
	mine.joined = false;
}

static void
start(void)
{
	lock_init(&slab.lock, LOCK_SLAB);
	must(pthread_key_create(&slab.key, leave));
}

static void __attribute__((noinline))
join(void)
{
	must(pthread_once(&slab.once, start));
	/* Any value will do but NULL. */
	must(pthread_setspecific(slab.key, &mine));
	mine.joined = true;
}

static void __attribute__((noinline))
fill_hand(struct hand *hand, size_t size)
{
	struct piece *p;

	if (!mine.joined)
		join();
	lock_take(&slab.lock);
	for (; hand->count < BATCH; hand->count++) {
		p = take_from(slab.spans[size / 8] != NULL ?
		    slab.spans[size / 8] : new_span(size));
		p->next = hand->first;
		hand->first = p;
	}
	lock_release(&slab.lock);
}

void *
slab_take(size_t size)
{
	size_t room = slab_room(size);
	struct piece *p;
	struct hand *hand;

	if (room > MOST || MEM_WATCHED)
		return (mem_alloc(room));
	hand = &mine.hands[room / 8];
	if (hand->first == NULL)
		fill_hand(hand, room);
	p = hand->first;
	hand->first = p->next;
	hand->count--;
	mem_count((int64_t)room);
	return (p);
}

void
slab_give(void *data, size_t size)
{
	size_t room = slab_room(size);
	struct piece *p = data;
	struct hand *hand;

	if (room > MOST || MEM_WATCHED) {
		mem_free(data);
		return;
	}
	if (!mine.joined)
		join();
	hand = &mine.hands[room / 8];
	if (hand->count == MOST_AT_HAND)
		give_back(hand, BATCH);
	p->next = hand->first;
	hand->first = p;
	hand->count++;
	mem_count(-(int64_t)room);
}
