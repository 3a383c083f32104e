/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/outbox.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "net/peer.h"
#include "persist/journal.h"

enum { LOOK_US = 100000, WAITING_KEEP = 16 * 1024 };

void
outbox_start(struct outbox *o)
{
	lock_init(&o->lock, LOCK_OUTBOX);
}

void
outbox_end(struct outbox *o)
{
	buf_free(&o->waiting);
	lock_destroy(&o->lock);
}

static size_t
outbox_length(const struct outbox *o)
{
	return (o->waiting.length + o->taken);
}

/* The limits that hold, and note since when it is above; under the lock. */
static struct limits
look(const struct session *s, struct outbox *o)
{
	enum limits_class class = pubsub_subscribed(s) ||
	    pubsub_count(s, PUBSUB_MONITOR) != 0 ? LIMITS_PUBSUB :
	    LIMITS_NORMAL;
	struct limits limits;

	limits_get(class, &limits);
	if (limits.soft == 0 || outbox_length(o) < (uint64_t)limits.soft)
		o->above_since = 0;
	else if (o->above_since == 0)
		o->above_since = clock_monotonic_us();
	return (limits);
}

/* Whether it has become too much; under the lock. */
static bool
overflows(const struct session *s, struct outbox *o)
{
	struct limits limits = look(s, o);

	return (o->waiting.failed || (limits.hard != 0 &&
	    outbox_length(o) >= (uint64_t)limits.hard) ||
	    (o->above_since != 0 && clock_monotonic_us() - o->above_since >
	    limits.seconds * 1000000));
}

void
outbox_push(struct session *s, struct bytes bytes)
{
	struct journal *j = s->engine->journal;
	struct outbox *o = &s->outbox;
	bool wake;

	lock_take(&o->lock);
	if (o->overflowed) {
		lock_release(&o->lock);
		return;
	}
	buf_add(&o->waiting, bytes.data, bytes.length);
	if (j != NULL && journal_is_strict(j))
		o->position = journal_position(j);
	if (overflows(s, o)) {
		/* The owner will log it: we may hold any lock. */
		o->overflowed = true;
		buf_free(&o->waiting);
		atomic_store(&s->killed, true);
		peer_shut(s->peer, SHUT_RDWR);
	}
	atomic_store_explicit(&o->filled, true, memory_order_relaxed);
	wake = o->asleep;
	o->asleep = false;
	lock_release(&o->lock);
	if (wake)
		peer_wake(s->peer);
}

void
outbox_take(struct session *s)
{
	struct outbox *o = &s->outbox;
	struct buf *out = &s->reply.out, all;

	if (!atomic_load_explicit(&o->filled, memory_order_relaxed))
		return;
	lock_take(&o->lock);
	if (s->position < o->position)
		s->position = o->position;
	o->taken += o->waiting.length;
	if (out->length == 0 && !out->failed) {
		all = *out;
		*out = o->waiting;
		o->waiting = all;
	} else
		buf_add(out, o->waiting.data, o->waiting.length);
	buf_clear(&o->waiting, WAITING_KEEP);
	atomic_store_explicit(&o->filled, false, memory_order_relaxed);
	lock_release(&o->lock);
}

void
outbox_sent(struct session *s)
{
	struct outbox *o = &s->outbox;

	/* Nobody else sets it. */
	if (o->taken == 0)
		return;
	lock_take(&o->lock);
	o->taken = 0;
	look(s, o);
	lock_release(&o->lock);
}

bool
outbox_may_fill(const struct session *s)
{
	return (s->reply.dialect == DIALECT_RESP3 || pubsub_subscribed(s) ||
	    pubsub_count(s, PUBSUB_MONITOR) != 0);
}

enum peer_event
outbox_sleep(struct session *s, bool for_input, int64_t deadline)
{
	struct outbox *o = &s->outbox;
	enum peer_event event;
	bool empty;

	/* No descriptor is left: then it looks from time to time. */
	if (!peer_wakes(s->peer) && deadline == 0)
		deadline = clock_monotonic_us() + LOOK_US;

	lock_take(&o->lock);
	empty = !atomic_load_explicit(&o->filled, memory_order_relaxed);
	o->asleep = empty;
	lock_release(&o->lock);
	if (!empty)
		return (PEER_WOKEN);
	event = peer_wait(s->peer, for_input, deadline);
	lock_take(&o->lock);
	o->asleep = false;
	lock_release(&o->lock);
	return (event);
}
