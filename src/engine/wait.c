/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/wait.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "engine/plan.h"
#include "engine/session.h"
#include "net/pool.h"
#include "store/keyspace.h"
#include "store/lockset.h"

/* A key that somebody waits for; under its shard's lock. */
struct wait_key {
	struct wait		*wait;
	struct wait_key		*next, *previous;	/* by arrival */
	size_t			 arg;		/* which of the call's it is */
	struct bytes		 key;
	uint32_t		 shard;
	unsigned		 db;
	bool			 listed;
	bool			 ready;		/* is in effects->ready */
};

struct wait_list {
	struct wait_key		*first, *last;
	size_t			 reaching;	/* whose wait reaches further */
};

struct wait_list *
wait_lists_new(uint32_t shards)
{
	return (mem_zalloc(shards * sizeof(struct wait_list)));
}

void
wait_start(struct wait *w)
{
	lock_init(&w->lock, LOCK_WAIT);
	lock_init_condition(&w->release);
}

void
wait_end(struct wait *w)
{
	buf_free(&w->reply.out);
	must(pthread_cond_destroy(&w->release));
	lock_destroy(&w->lock);
}

/* Who waits has entered a list with its shard locked: seen by who locks it. */
static bool
nobody_waits(const struct engine *e)
{
	return (atomic_load_explicit(&e->blocked, memory_order_relaxed) == 0);
}

static void
enlist(struct engine *e, struct wait_key *k)
{
	struct wait_list *l = &e->waits[k->shard];

	k->previous = l->last;
	if (l->last != NULL)
		l->last->next = k;
	else
		l->first = k;
	l->last = k;
	l->reaching += k->wait->reaches;
	k->listed = true;
}

static void
unlist(struct engine *e, struct wait_key *k)
{
	struct wait_list *l = &e->waits[k->shard];

	if (k->next != NULL)
		k->next->previous = k->previous;
	else
		l->last = k->previous;
	if (k->previous != NULL)
		k->previous->next = k->next;
	else
		l->first = k->next;
	l->reaching -= k->wait->reaches;
	k->listed = false;
}

/* Its wait is over: move the state on, unless somebody else has. */
static bool
decide(struct session *s, enum wait_state state)
{
	int waiting = WAIT_WAITING;

	if (!atomic_compare_exchange_strong(&s->wait.state, &waiting,
	    (int)state))
		return (false);
	atomic_fetch_sub_explicit(&s->engine->blocked, 1,
	    memory_order_relaxed);
	return (true);
}

/* Name the shards of the waiter's other keys that the set does not cover. */
static void
name_others(const struct wait *w, const struct lockset *held,
    struct lockset *more)
{
	const struct call *c = w->call;
	uint32_t shard;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		if (!plan_has_key(c, i) || plan_waits_for(c, i))
			continue;
		shard = keyspace_shard(c->engine->keyspace, c->hashes[i]);
		if (!lockset_covers(held, shard))
			lockset_add(more, shard);
	}
}

static void
name_all_others(const struct call *c, struct lockset *more)
{
	const struct lockset *held = c->locks;
	const struct wait_list *l;
	const struct wait_key *k;
	size_t i;

	for (i = 0; i < held->count; i++) {
		l = &c->engine->waits[held->shards[i]];
		if (l->reaching == 0)
			continue;
		for (k = l->first; k != NULL; k = k->next) {
			if (k->wait->reaches)
				name_others(k->wait, held, more);
		}
	}
}

void
wait_reach(struct call *c)
{
	struct lockset more;
	size_t i, added;

	if (nobody_waits(c->engine) || c->locks->all)
		return;
	do {
		lockset_start(&more, c->engine->keyspace);
		name_all_others(c, &more);
		added = more.count;
		if (added != 0) {
			lockset_release(c->locks);
			for (i = 0; i < added; i++)
				lockset_add(c->locks, more.shards[i]);
			lockset_acquire(c->locks, true);
		}
		lockset_free(&more);
	} while (added != 0);
}

/* The key of argument i, unless it is among them already. */
static void
add_key(struct call *c, struct wait *w, size_t i)
{
	struct bytes key = call_arg(c, i);
	struct wait_key *k;
	size_t n;

	for (n = 0; n < w->count; n++) {
		if (bytes_equal(w->keys[n].key, key))
			return;
	}
	k = &w->keys[w->count++];
	*k = (struct wait_key){ .wait = w, .arg = i, .key = key, .db = c->db,
	    .shard = keyspace_shard(c->engine->keyspace, c->hashes[i]) };
}

static void
find_keys(struct call *c, struct wait *w)
{
	size_t i;

	w->count = 0;
	w->reaches = false;
	w->keys = mem_alloc(c->argc * sizeof(*w->keys));
	for (i = 1; i < c->argc; i++) {
		if (plan_waits_for(c, i))
			add_key(c, w, i);
		else if (plan_has_key(c, i))
			w->reaches = true;
	}
}

/* Whether its worker may sleep and can be woken; false: answered. */
static bool
may_sleep(struct call *c)
{
	size_t most = (size_t)settings_number(SETTING_MAX_BLOCKED);

	if (!peer_wakes(c->session->peer))
		reply_error(c->reply, ERR_NO_DESCRIPTOR);
	else if (c->engine->pool != NULL && !pool_lend(c->engine->pool, most))
		reply_error(c->reply, ERR_MAX_BLOCKED);
	else
		return (true);
	return (false);
}

bool
wait_enter(struct call *c)
{
	struct wait *w = &c->session->wait;
	size_t i;

	if (!may_sleep(c))
		return (false);
	w->call = c;
	w->until = c->wait_ms == 0 ? 0 :
	    clock_monotonic_us() + c->wait_ms * 1000;
	w->released = false;
	w->position = 0;
	w->reply.dialect = c->reply->dialect;
	find_keys(c, w);
	for (i = 0; i < w->count; i++)
		enlist(c->engine, &w->keys[i]);
	atomic_store(&w->state, WAIT_WAITING);
	atomic_fetch_add_explicit(&c->engine->blocked, 1,
	    memory_order_relaxed);
	return (true);
}

static void
note_ready(struct effects *e, struct wait_key *k)
{
	if (k->ready)
		return;
	k->ready = true;
	/* Rarely more than one, so doubling would be for nobody. */
	if (e->ready_count % 8 == 0)
		e->ready = mem_resize(e->ready, (e->ready_count + 8) *
		    sizeof(struct wait_key *));
	e->ready[e->ready_count++] = k;
}

void
wait_appeared(struct effects *e, uint32_t shard, unsigned db, struct bytes key)
{
	struct wait_key *k;

	if (nobody_waits(e->engine))
		return;
	for (k = e->engine->waits[shard].first; k != NULL; k = k->next) {
		if (k->db == db && bytes_equal(k->key, key)) {
			/* The first stands for all of that key. */
			note_ready(e, k);
			return;
		}
	}
}

void
wait_swapped(struct effects *e, uint32_t shard, unsigned a, unsigned b)
{
	struct wait_key *k;

	for (k = e->engine->waits[shard].first; k != NULL; k = k->next) {
		if (k->db == a || k->db == b)
			note_ready(e, k);
	}
}

/*
 * Let the waiter have of the key what it wants, if it is still there and its
 * client too: what is given to one that has hung up would be lost.  False: the
 * key has nothing for anybody.
 */
static bool
serve(struct call *c, struct wait_key *k)
{
	struct wait *w = k->wait;
	struct call call = *w->call;
	struct session *s = call.session;

	call.now = c->now;
	call.again = true;
	call.ready = k->arg;
	call.located = 0;
	call.nothing = NULL;
	call.locks = c->locks;
	call.effects = c->effects;
	call.reply = &w->reply;
	if (!key_exists(&call, k->arg))
		return (false);
	lock_take(&w->lock);
	if (wait_is_on(s) && !peer_gone(s->peer)) {
		call_serve(&call, c->session);
		if (call.nothing == NULL && decide(s, WAIT_SERVED)) {
			w->next_served = c->effects->served;
			c->effects->served = w;
			unlist(c->engine, k);
		}
	}
	lock_release(&w->lock);
	return (true);
}

static void
serve_all(struct call *c, struct wait_key *ready)
{
	struct wait_key *k, *next;

	ready->ready = false;
	for (k = c->engine->waits[ready->shard].first; k != NULL; k = next) {
		next = k->next;
		if (k->db == ready->db && bytes_equal(k->key, ready->key) &&
		    !serve(c, k))
			break;
	}
}

void
wait_serve(struct call *c)
{
	size_t i;

	/* More may become ready by this. */
	for (i = 0; i < c->effects->ready_count; i++)
		serve_all(c, c->effects->ready[i]);
}

void
wait_release(struct effects *e)
{
	struct wait *w, *next;

	for (w = e->served; w != NULL; w = next) {
		next = w->next_served;
		lock_take(&w->lock);
		w->released = true;
		w->position = e->position;
		peer_wake(w->call->session->peer);
		must(pthread_cond_signal(&w->release));
		lock_release(&w->lock);
	}
}

bool
wait_unblock(struct session *s, bool error)
{
	if (!decide(s, error ? WAIT_FAILED : WAIT_UNBLOCKED))
		return (false);
	peer_wake(s->peer);
	return (true);
}

bool
wait_is_on(const struct session *s)
{
	return (atomic_load(&s->wait.state) == WAIT_WAITING);
}

/* Whether it is over and nobody else is at it. */
static bool
is_over(struct wait *w)
{
	int state = atomic_load(&w->state);
	bool over;

	lock_take(&w->lock);
	over = state != WAIT_WAITING && (state != WAIT_SERVED || w->released);
	lock_release(&w->lock);
	return (over);
}

/* The owner wants to wait no longer. */
static void
leave(struct session *s)
{
	struct wait *w = &s->wait;

	lock_take(&w->lock);
	if (!decide(s, WAIT_LEFT) && atomic_load(&w->state) == WAIT_SERVED) {
		while (!w->released)
			lock_wait(&w->lock, &w->release);
	}
	lock_release(&w->lock);
}

/* Sleep until it is over; false if the client has gone. */
static bool
sleep_on(struct session *s)
{
	struct wait *w = &s->wait;
	bool there = session_flush(s);

	while (there && !is_over(w)) {
		switch (outbox_sleep(s, false, w->until)) {
		case PEER_TIMED_OUT:
			leave(s);
			break;
		case PEER_WOKEN:
			there = session_flush(s);
			break;
		case PEER_HUNG_UP:
		case PEER_READABLE:
			there = false;
		}
	}
	if (!there)
		leave(s);
	return (there);
}

/* Take the wait out of all lists: from now on nobody else knows it. */
static void
unlist_all(struct engine *e, struct wait *w)
{
	struct lockset lock;
	size_t i;

	for (i = 0; i < w->count; i++) {
		lockset_start(&lock, e->keyspace);
		lockset_add(&lock, w->keys[i].shard);
		lockset_acquire(&lock, true);
		if (w->keys[i].listed)
			unlist(e, &w->keys[i]);
		lockset_release(&lock);
	}
	mem_free(w->keys);
}

static void
answer(struct call *c)
{
	struct wait *w = &c->session->wait;
	struct buf *out = &c->reply->out;

	switch (atomic_load(&w->state)) {
	case WAIT_SERVED:
		if (c->session->position < w->position)
			c->session->position = w->position;
		buf_add(out, w->reply.out.data, w->reply.out.length);
		out->failed |= w->reply.out.failed;
		break;
	case WAIT_FAILED:
		reply_error(c->reply, ERR_UNBLOCKED);
		break;
	default:
		c->nothing(c->reply);
	}
}

void
wait_sleep(struct call *c)
{
	struct session *s = c->session;
	struct engine *e = c->engine;
	bool there;

	if (e->pool != NULL)
		pool_relieve(e->pool);
	there = sleep_on(s);
	unlist_all(e, &s->wait);
	if (e->pool != NULL)
		pool_return(e->pool);
	outbox_take(s);
	c->start = c->reply->out.length;
	if (there)
		answer(c);
	s->closing |= !there;
	buf_free(&s->wait.reply.out);
	atomic_store(&s->wait.state, WAIT_NONE);
}
