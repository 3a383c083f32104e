/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/tracking.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/index.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/plan.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "resp/reply.h"
#include "store/keyspace.h"

#define CHANNEL	"__redis__:invalidate"

/* A session's; all but what the lock guards is its owner's. */
struct tracker {
	struct session	*session;
	unsigned	 options;	/* changed under the lock, too */
	bool		 excepts;	/* CLIENT CACHING was said */
	/* Under the lock. */
	uint64_t	 redirect;
	struct ring	 age;		/* of all */
	struct ring	 readings;
	struct ring	 prefixes;
};

/* A key that somebody may have in a cache. */
struct tracked {
	struct index_link link;		/* by name */
	struct ring	 age;
	struct ring	 readings;
	struct bytes	 name;		/* behind the struct */
};

/* That one of them may. */
struct reading {
	struct index_link link;		/* by key and tracker */
	struct ring	 here;		/* of the key */
	struct ring	 mine;		/* of the tracker */
	struct tracked	*key;
	struct tracker	*tracker;
};

struct prefix {
	struct ring	 all;
	struct ring	 mine;		/* of the tracker */
	struct tracker	*tracker;
	struct bytes	 name;		/* behind the struct */
};

struct tracking {
	_Atomic size_t	 clients;	/* a look without the lock */
	struct lock	 lock;		/* guards the rest */
	struct ring	 trackers;
	struct ring	 prefixes;	/* sorted */
	struct ring	 ages;		/* of keys */
	struct index	 keys;
	struct index	 readings;
};

struct tracking *
tracking_new(void)
{
	struct tracking *t = mem_zalloc(sizeof(*t));

	lock_init(&t->lock, LOCK_TRACKING);
	ring_start(&t->trackers);
	ring_start(&t->prefixes);
	ring_start(&t->ages);
	return (t);
}

static void
forget(struct tracking *t, struct reading *r)
{
	ring_remove(&r->here);
	ring_remove(&r->mine);
	index_remove(&t->readings, &r->link);
	mem_free(r);
}

static void
forget_key(struct tracking *t, struct tracked *key)
{
	while (!ring_is_empty(&key->readings))
		forget(t, MEMBER_OF(key->readings.next, struct reading, here));
	ring_remove(&key->age);
	index_remove(&t->keys, &key->link);
	mem_free(key);
}

static void
forget_all(struct tracking *t)
{
	while (!ring_is_empty(&t->ages))
		forget_key(t, MEMBER_OF(t->ages.next, struct tracked, age));
}

void
tracking_free(struct tracking **tracking_p)
{
	struct tracking *t = *tracking_p;

	*tracking_p = NULL;
	forget_all(t);
	index_free(&t->keys);
	index_free(&t->readings);
	lock_destroy(&t->lock);
	mem_free(t);
}

void
tracking_pause(struct engine *e)
{
	lock_take(&e->tracking->lock);
}

void
tracking_resume(struct engine *e)
{
	lock_release(&e->tracking->lock);
}

bool
tracking_is_on(const struct engine *e)
{
	return (atomic_load_explicit(&e->tracking->clients,
	    memory_order_relaxed) != 0);
}

void
tracking_begin(struct session *s, unsigned options, uint64_t redirect)
{
	struct tracking *t = s->engine->tracking;
	struct tracker *own = s->tracker;

	lock_take(&t->lock);
	if (own == NULL) {
		own = s->tracker = mem_zalloc(sizeof(*own));
		own->session = s;
		ring_add(&t->trackers, &own->age);
		ring_start(&own->readings);
		ring_start(&own->prefixes);
		atomic_fetch_add_explicit(&t->clients, 1,
		    memory_order_relaxed);
	}
	own->options = options;
	own->redirect = redirect;
	lock_release(&t->lock);
	atomic_fetch_and(&s->flags, ~(unsigned)(SESSION_TRACKING_BROKEN |
	    SESSION_TRACKING_BCAST));
	atomic_fetch_or(&s->flags, SESSION_TRACKING |
	    ((options & TRACKING_BCAST) != 0 ? SESSION_TRACKING_BCAST : 0));
	atomic_store(&s->redirect, (int64_t)redirect);
}

static int
compare(const void *a_v, const void *b_v)
{
	const struct bytes *a = a_v, *b = b_v;
	size_t least = a->length < b->length ? a->length : b->length;
	int order = least != 0 ? memcmp(a->data, b->data, least) : 0;

	return (order != 0 ? order : (a->length > b->length) -
	    (a->length < b->length));
}

/* Sorted, so that what is told is too. */
static void
enter(struct tracking *t, struct prefix *p)
{
	struct ring *at;

	RING_EACH(at, &t->prefixes) {
		if (compare(&p->name, &MEMBER_OF(at, struct prefix,
		    all)->name) < 0)
			break;
	}
	ring_add(at, &p->all);
}

void
tracking_add_prefix(struct session *s, struct bytes name)
{
	struct tracking *t = s->engine->tracking;
	struct prefix *p;
	struct ring *link;

	RING_EACH(link, &s->tracker->prefixes) {
		if (bytes_equal(MEMBER_OF(link, struct prefix, mine)->name,
		    name))
			return;
	}
	p = mem_alloc(sizeof(*p) + name.length);
	if (name.length != 0)
		memcpy(p + 1, name.data, name.length);
	p->name = bytes_make(p + 1, name.length);
	p->tracker = s->tracker;
	lock_take(&t->lock);
	enter(t, p);
	ring_add(&s->tracker->prefixes, &p->mine);
	lock_release(&t->lock);
}

void
tracking_end(struct session *s)
{
	struct tracking *t = s->engine->tracking;
	struct tracker *own = s->tracker;
	struct prefix *p;
	struct ring *key;

	if (own == NULL)
		return;
	lock_take(&t->lock);
	while (!ring_is_empty(&own->readings)) {
		struct reading *r = MEMBER_OF(own->readings.next,
		    struct reading, mine);

		key = &r->key->readings;
		if (key->next == key->previous)
			forget_key(t, r->key);
		else
			forget(t, r);
	}
	while (!ring_is_empty(&own->prefixes)) {
		p = MEMBER_OF(own->prefixes.next, struct prefix, mine);
		ring_remove(&p->mine);
		ring_remove(&p->all);
		mem_free(p);
	}
	ring_remove(&own->age);
	atomic_fetch_sub_explicit(&t->clients, 1, memory_order_relaxed);
	lock_release(&t->lock);
	mem_free(own);
	s->tracker = NULL;
	atomic_store(&s->redirect, -1);
	atomic_fetch_and(&s->flags, ~(unsigned)(SESSION_TRACKING |
	    SESSION_TRACKING_BROKEN | SESSION_TRACKING_BCAST));
}

int
tracking_options(const struct session *s)
{
	return (s->tracker != NULL ? (int)s->tracker->options : -1);
}

uint64_t
tracking_redirect(const struct session *s)
{
	return (s->tracker->redirect);
}

bool
tracking_is_broken(const struct session *s)
{
	return ((atomic_load(&s->flags) & SESSION_TRACKING_BROKEN) != 0);
}

bool
tracking_prefixes_overlap(struct bytes a, struct bytes b)
{
	size_t length = a.length < b.length ? a.length : b.length;

	return (length == 0 || memcmp(a.data, b.data, length) == 0);
}

bool
tracking_overlaps(const struct session *s, struct bytes prefix,
    struct bytes *own)
{
	const struct ring *link;

	if (s->tracker == NULL)
		return (false);
	RING_EACH(link, &s->tracker->prefixes) {
		*own = MEMBER_OF(link, struct prefix, mine)->name;
		if (tracking_prefixes_overlap(prefix, *own))
			return (true);
	}
	return (false);
}

void
tracking_reply_prefixes(const struct session *s, struct reply *reply)
{
	struct bytes *names = NULL;
	const struct ring *link;
	size_t n = 0, i;

	if (s->tracker != NULL) {
		RING_EACH(link, &s->tracker->prefixes) {
			names = mem_resize(names, (n + 1) * sizeof(*names));
			names[n++] = MEMBER_OF(link, struct prefix,
			    mine)->name;
		}
	}
	if (n > 1)
		qsort(names, n, sizeof(*names), compare);
	reply_array(reply, n);
	for (i = 0; i < n; i++)
		reply_bulk(reply, names[i]);
	mem_free(names);
}

void
tracking_except(struct session *s)
{
	s->tracker->excepts = true;
}

bool
tracking_excepts(const struct session *s)
{
	return (s->tracker != NULL && s->tracker->excepts);
}

void
tracking_called(const struct call *c)
{
	/* Other words of CLIENT may stand between, and a transaction. */
	if (c->session->multi.open || (c->command != NULL &&
	    strncmp(c->command->full_name, "client|", 7) == 0))
		return;
	c->session->tracker->excepts = false;
}

/* What is to be sent: the keys as an array of n bulks, or NULL for a null. */
struct message {
	struct tracker	*to;
	const struct bytes *keys;
	size_t		 n;
	bool		 found;
};

static enum dialect
dialect_of(const struct session *s)
{
	return ((enum dialect)atomic_load_explicit(&s->shown_dialect,
	    memory_order_relaxed));
}

/*
 * In RESP2 only a listener understands it: it is a message then.  As in Redis
 * a null is the tracker's, even if it goes to a client of another dialect.
 */
static void
say(struct session *s, const struct message *m)
{
	struct reply r = { .dialect = dialect_of(s) };
	size_t i;

	if (r.dialect == DIALECT_RESP3) {
		reply_push(&r, 2);
		reply_string(&r, "invalidate");
	} else if (m->to->redirect != 0 && pubsub_subscribed(s)) {
		reply_push(&r, 3);
		reply_string(&r, "message");
		reply_string(&r, CHANNEL);
	} else
		return;
	if (m->keys == NULL) {
		r.dialect = dialect_of(m->to->session);
		reply_null(&r);
	} else
		reply_array(&r, m->n);
	for (i = 0; i < m->n; i++)
		reply_bulk(&r, m->keys[i]);
	if (!r.out.failed)
		outbox_push(s, buf_bytes(&r.out));
	buf_free(&r.out);
}

static bool
say_redirected(struct session *s, void *arg)
{
	struct message *m = arg;

	if (s->id != m->to->redirect)
		return (true);
	say(s, m);
	m->found = true;
	return (false);
}

/* Where the messages should go is gone: it hears that itself. */
static void
say_broken(struct tracker *to)
{
	struct session *s = to->session;
	struct reply r = { .dialect = dialect_of(s) };

	atomic_fetch_or(&s->flags, SESSION_TRACKING_BROKEN);
	if (r.dialect != DIALECT_RESP3)
		return;
	reply_push(&r, 2);
	reply_string(&r, "tracking-redir-broken");
	reply_integer(&r, (int64_t)to->redirect);
	outbox_push(s, buf_bytes(&r.out));
	buf_free(&r.out);
}

static void
tell(struct tracker *to, const struct bytes *keys, size_t n)
{
	struct message m = { .to = to, .keys = keys, .n = n };

	if (to->redirect == 0) {
		say(to->session, &m);
		return;
	}
	session_each(to->session->engine, say_redirected, &m);
	if (!m.found)
		say_broken(to);
}

static struct tracked *
find_key(const struct tracking *t, struct bytes name, uint64_t hash)
{
	struct index_link *link;
	struct tracked *key;

	for (link = index_first(&t->keys, hash); link != NULL;
	    link = index_next(link)) {
		key = MEMBER_OF(link, struct tracked, link);
		if (bytes_equal(key->name, name))
			return (key);
	}
	return (NULL);
}

/* Tell all who know the key, but by if it does not want that. */
static void
invalidate(struct tracking *t, struct tracked *key, const struct session *by)
{
	const struct ring *link;
	struct tracker *to;

	RING_EACH(link, &key->readings) {
		to = MEMBER_OF(link, struct reading, here)->tracker;
		if ((to->options & TRACKING_NOLOOP) == 0 || to->session != by)
			tell(to, &key->name, 1);
	}
	forget_key(t, key);
}

static uint64_t
pair_hash(const struct tracker *own, uint64_t key_hash)
{
	return (key_hash + own->session->id * 0x9e3779b97f4a7c15);
}

static bool
remembers(const struct tracking *t, const struct tracker *own,
    const struct tracked *key)
{
	const struct index_link *link;
	const struct reading *r;

	for (link = index_first(&t->readings, pair_hash(own, key->link.hash));
	    link != NULL; link = index_next(link)) {
		r = MEMBER_OF(link, struct reading, link);
		if (r->key == key && r->tracker == own)
			return (true);
	}
	return (false);
}

static struct tracked *
make_key(struct tracking *t, struct bytes name, uint64_t hash)
{
	struct tracked *key = mem_alloc(sizeof(*key) + name.length);

	if (name.length != 0)
		memcpy(key + 1, name.data, name.length);
	key->name = bytes_make(key + 1, name.length);
	ring_start(&key->readings);
	ring_add(&t->ages, &key->age);
	index_add(&t->keys, &key->link, hash);
	return (key);
}

static void
remember(struct tracking *t, struct tracker *own, struct bytes name,
    uint64_t hash)
{
	struct tracked *key = find_key(t, name, hash);
	struct reading *r;

	if (key == NULL)
		key = make_key(t, name, hash);
	else if (remembers(t, own, key))
		return;
	r = mem_alloc(sizeof(*r));
	r->key = key;
	r->tracker = own;
	ring_add(&key->readings, &r->here);
	ring_add(&own->readings, &r->mine);
	index_add(&t->readings, &r->link, pair_hash(own, hash));
}

/* No more keys than the setting allows: the oldest go, as if changed. */
static void
limit(struct tracking *t)
{
	size_t most = (size_t)settings_number(SETTING_TRACKING_TABLE_MAX_KEYS);

	while (most != 0 && t->keys.count > most)
		invalidate(t, MEMBER_OF(t->ages.next, struct tracked, age),
		    NULL);
}

void
tracking_read(const struct call *c)
{
	struct tracking *t = c->engine->tracking;
	struct tracker *own = c->session->tracker;
	unsigned options = own->options;
	size_t i;

	if ((c->command->flags & CMD_READ) == 0 ||
	    (options & TRACKING_BCAST) != 0 ||
	    ((options & TRACKING_OPTIN) != 0 && !own->excepts) ||
	    ((options & TRACKING_OPTOUT) != 0 && own->excepts))
		return;
	lock_take(&t->lock);
	for (i = 1; i < c->argc; i++) {
		if (plan_has_key(c, i))
			remember(t, own, call_arg(c, i), c->hashes[i]);
	}
	limit(t);
	lock_release(&t->lock);
}

/* To one in broadcast mode: those of the keys that begin with its prefix. */
static void
broadcast(struct prefix *p, const struct bytes *keys, size_t n,
    struct bytes *matching)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++) {
		if (keys[i].length >= p->name.length &&
		    tracking_prefixes_overlap(keys[i], p->name) &&
		    (found == 0 || !bytes_equal(matching[found - 1], keys[i])))
			matching[found++] = keys[i];
	}
	if (found != 0)
		tell(p->tracker, matching, found);
}

static void
broadcast_all(struct tracking *t, const struct session *by,
    struct bytes *keys, size_t n)
{
	struct bytes *matching;
	struct ring *link;
	struct prefix *p;

	if (ring_is_empty(&t->prefixes))
		return;
	qsort(keys, n, sizeof(*keys), compare);
	matching = mem_alloc(n * sizeof(*matching));
	RING_EACH(link, &t->prefixes) {
		p = MEMBER_OF(link, struct prefix, all);
		if ((p->tracker->options & TRACKING_NOLOOP) == 0 ||
		    p->tracker->session != by)
			broadcast(p, keys, n, matching);
	}
	mem_free(matching);
}

void
tracking_changed(struct engine *e, const struct session *by,
    struct bytes *keys, size_t n)
{
	struct tracking *t = e->tracking;
	struct tracked *key;
	size_t i;

	lock_take(&t->lock);
	for (i = 0; i < n; i++) {
		key = find_key(t, keys[i], keyspace_hash(keys[i]));
		if (key != NULL)
			invalidate(t, key, by);
	}
	broadcast_all(t, by, keys, n);
	lock_release(&t->lock);
}

void
tracking_flushed(struct engine *e)
{
	struct tracking *t = e->tracking;
	const struct ring *link;

	lock_take(&t->lock);
	RING_EACH(link, &t->trackers)
		tell(MEMBER_OF(link, struct tracker, age), NULL, 0);
	forget_all(t);
	lock_release(&t->lock);
}

/* Redis counts different ones. */
static size_t
count_prefixes(const struct tracking *t)
{
	const struct ring *link, *other;
	size_t n = 0;

	RING_EACH(link, &t->prefixes) {
		RING_EACH(other, &t->prefixes) {
			if (bytes_equal(MEMBER_OF(link, struct prefix,
			    all)->name, MEMBER_OF(other, struct prefix,
			    all)->name))
				break;
		}
		n += other == link;
	}
	return (n);
}

void
tracking_count(struct engine *e, struct tracking_counts *counts)
{
	struct tracking *t = e->tracking;

	lock_take(&t->lock);
	counts->clients = t->clients;
	counts->keys = t->keys.count;
	counts->items = t->readings.count;
	counts->prefixes = count_prefixes(t);
	lock_release(&t->lock);
}
