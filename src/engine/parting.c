/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/parting.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "net/peer.h"
#include "persist/journal.h"

enum {
	/* Below that many clients the way over another thread is longer. */
	CLIENTS_FEWEST	= 4,
	REPLY_LONGEST	= 1024,
	/* So quick a disk waits for the processors: nobody for others. */
	SYNC_QUICK_US	= 1000,
};

void
partings_init(struct partings *p)
{
	memset(p, 0, sizeof(*p));
	lock_init(&p->lock, LOCK_PARTING);
	lock_init_condition(&p->change);
	lock_init_condition(&p->enough);
	lock_init_condition(&p->settled);
}

void
partings_destroy(struct partings *p)
{
	must(pthread_cond_destroy(&p->change));
	must(pthread_cond_destroy(&p->enough));
	must(pthread_cond_destroy(&p->settled));
	lock_destroy(&p->lock);
}

void
partings_open(struct partings *p, bool open)
{
	lock_take(&p->lock);
	atomic_store(&p->open, open);
	must(pthread_cond_broadcast(&p->change));
	lock_release(&p->lock);
}

static void
wake(struct partings *p, pthread_cond_t *sleeper)
{
	lock_take(&p->lock);
	must(pthread_cond_signal(sleeper));
	lock_release(&p->lock);
}

static bool
is_worth_it(struct session *s)
{
	return (atomic_load_explicit(&s->engine->partings.open,
	    memory_order_relaxed) &&
	    journal_is_strict(s->engine->journal) && !s->closing &&
	    s->reply.out.length != 0 && s->reply.out.length <= REPLY_LONGEST &&
	    s->outbox.taken == 0 && !wait_is_on(s) &&
	    session_count(s->engine) >= CLIENTS_FEWEST &&
	    peer_has_room(s->peer));
}

bool
parting_give(struct session *s)
{
	struct partings *p = &s->engine->partings;
	struct parting *own = &s->parting;
	struct session *before;
	struct buf empty;

	if (!is_worth_it(s))
		return (false);
	empty = own->reply;
	own->reply = s->reply.out;
	own->position = s->position;
	s->reply.out = empty;
	buf_cut(&s->reply.out, 0);
	s->safe = s->position;
	atomic_store(&own->in_line, true);
	before = atomic_load(&p->line);
	do {
		own->next = before;
	} while (!atomic_compare_exchange_weak(&p->line, &before, s));
	/* Who waits for the disk looks once more when that is done. */
	if (before == NULL && !atomic_load(&p->waiting))
		wake(p, &p->change);
	if (atomic_fetch_add(&p->count, 1) + 1 == atomic_load(&p->wanted))
		wake(p, &p->enough);
	return (true);
}

void
parting_settle(struct session *s)
{
	struct partings *p = &s->engine->partings;

	if (!atomic_load(&s->parting.in_line))
		return;
	lock_assert_none();
	atomic_fetch_add(&p->settling, 1);
	lock_take(&p->lock);
	while (atomic_load(&s->parting.in_line))
		lock_wait(&p->lock, &p->settled);
	lock_release(&p->lock);
	atomic_fetch_sub(&p->settling, 1);
}

/* Of the session nothing may be touched any more when it is out of line. */
static void
send_all(struct partings *p, struct session *s, bool safe)
{
	struct session *next;

	for (; s != NULL; s = next) {
		next = s->parting.next;
		if (!safe || !peer_send_at_once(s->peer,
		    buf_bytes(&s->parting.reply)))
			peer_shut(s->peer, SHUT_RDWR);
		atomic_store(&s->parting.in_line, false);
	}
	if (atomic_load(&p->settling) == 0)
		return;
	lock_take(&p->lock);
	must(pthread_cond_broadcast(&p->settled));
	lock_release(&p->lock);
}

/* The line, from whom came first on, how many, and for what it waits. */
static struct session *
take_line(struct partings *p, size_t *count, uint64_t *position)
{
	struct session *s = atomic_exchange(&p->line, NULL), *next;
	struct session *first = NULL;

	*position = *count = 0;
	for (; s != NULL; s = next, ++*count) {
		next = s->parting.next;
		s->parting.next = first;
		first = s;
		if (*position < s->parting.position)
			*position = s->parting.position;
	}
	return (first);
}

/* Let those come who are expected, for a while. */
static void
gather(struct partings *p)
{
	int64_t until = p->synced_us + p->sync_us / 2, left;

	if (p->sync_us < SYNC_QUICK_US)
		return;
	lock_take(&p->lock);
	atomic_store(&p->wanted, p->expected - p->expected / 8);
	while (atomic_load(&p->count) < atomic_load(&p->wanted) &&
	    (left = until - clock_monotonic_us()) > 0)
		lock_wait_us(&p->lock, &p->enough, left);
	atomic_store(&p->wanted, 0);
	lock_release(&p->lock);
}

/* Wait for the disk, for all in line; false: in vain. */
static bool
make_safe(struct engine *e, struct session **first)
{
	struct partings *p = &e->partings;
	uint64_t position;
	int64_t began;
	size_t count;
	bool safe;

	gather(p);
	began = clock_monotonic_us();
	*first = take_line(p, &count, &position);
	safe = *first == NULL || journal_wait(e->journal, position);
	p->synced_us = clock_monotonic_us();
	p->sync_us += (p->synced_us - began - p->sync_us) / 8;
	p->expected = atomic_fetch_sub(&p->count, count);
	return (safe);
}

bool
partings_next(struct engine *e)
{
	struct partings *p = &e->partings;
	struct session *first;
	bool safe;

	lock_take(&p->lock);
	while (atomic_load(&p->waiting) || atomic_load(&p->line) == NULL) {
		if (!atomic_load(&p->open) && atomic_load(&p->line) == NULL) {
			lock_release(&p->lock);
			return (false);
		}
		lock_wait(&p->lock, &p->change);
	}
	atomic_store(&p->waiting, true);
	lock_release(&p->lock);
	safe = make_safe(e, &first);
	atomic_store(&p->waiting, false);
	if (atomic_load(&p->line) != NULL || !atomic_load(&p->open))
		wake(p, &p->change);
	send_all(p, first, safe);
	return (true);
}
