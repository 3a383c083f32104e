/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/hold.h"

#include "engine/ahead.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "store/keyspace.h"

/* Nobody else gets the shard for that long, and one more request, in us. */
enum { LONGEST_US = 100 };

/* Whether the locks are that one shard, and nothing else. */
static bool
is_only(const struct lockset *locks, uint32_t shard)
{
	return (!locks->all && locks->count == 1 && locks->shards[0] == shard);
}

void
hold_acquire(struct call *c)
{
	struct hold *h = &c->session->hold;

	if (h->locks.held && is_only(c->locks, h->locks.shards[0]) &&
	    (h->exclusive || !c->exclusive)) {
		c->locks = &h->locks;
		return;
	}
	hold_let_go(c->session);
	lockset_acquire(c->locks, c->exclusive);
}

/* Whether the session's next request, which is here, is for that shard. */
static bool
goes_on(const struct session *s, uint32_t shard)
{
	uint64_t hash;

	return (ahead_next_hash(&s->ahead, &hash) &&
	    keyspace_shard(s->engine->keyspace, hash) == shard);
}

static bool
too_long(const struct session *s, int64_t since_us)
{
	return (s->now_us - since_us > LONGEST_US || s->now_us < since_us);
}

void
hold_release(struct call *c, bool must)
{
	struct session *s = c->session;
	struct hold *h = &s->hold;
	struct lockset *locks = c->locks;
	bool held_on = locks == &h->locks;

	must = must || locks->all || locks->count != 1 ||
	    !goes_on(s, locks->shards[0]) ||
	    (held_on && too_long(s, h->since_us));
	if (held_on) {
		if (must)
			hold_let_go(s);
	} else if (must) {
		lockset_release(locks);
		lockset_free(locks);
	} else {
		lockset_move(&h->locks, locks);
		h->exclusive = c->exclusive;
		h->since_us = s->now_us;
	}
}

void
hold_let_go(struct session *s)
{
	if (!s->hold.locks.held)
		return;
	lockset_release(&s->hold.locks);
	lockset_free(&s->hold.locks);
}
