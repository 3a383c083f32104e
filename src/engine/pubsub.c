/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/pubsub.h"

#include <string.h>

#include "base/glob.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/ring.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/session.h"
#include "resp/reply.h"

/* There is one as long as somebody listens. */
struct channel {
	struct index_link	 link;
	struct ring		 age;		/* of the kind */
	struct ring		 subscriptions;
	size_t			 count;
	struct bytes		 name;		/* behind the struct */
};

struct subscription {
	struct index_link	 link;		/* by channel and session */
	struct ring		 here;		/* of the channel */
	struct ring		 mine;		/* of the session */
	struct session		*session;
	struct channel		*channel;
};

struct kind {
	struct index		 channels;	/* by name */
	struct ring		 ages;
	_Atomic size_t		 count;		/* a look without the lock */
};

struct pubsub {
	struct lock		 lock;		/* guards the rest */
	struct kind		 kinds[PUBSUB_KINDS];
	struct index		 subscriptions;
};

struct pubsub *
pubsub_new(void)
{
	struct pubsub *p = mem_zalloc(sizeof(*p));
	int i;

	for (i = 0; i < PUBSUB_KINDS; i++)
		ring_start(&p->kinds[i].ages);
	lock_init(&p->lock, LOCK_PUBSUB);
	return (p);
}

void
pubsub_free(struct pubsub **pubsub_p)
{
	struct pubsub *p = *pubsub_p;
	int i;

	*pubsub_p = NULL;
	for (i = 0; i < PUBSUB_KINDS; i++)
		index_free(&p->kinds[i].channels);
	index_free(&p->subscriptions);
	lock_destroy(&p->lock);
	mem_free(p);
}

static struct channel *
find_channel(const struct kind *k, struct bytes name, uint64_t hash)
{
	struct index_link *link;
	struct channel *c;

	for (link = index_first(&k->channels, hash); link != NULL;
	    link = index_next(link)) {
		c = MEMBER_OF(link, struct channel, link);
		if (bytes_equal(c->name, name))
			return (c);
	}
	return (NULL);
}

static struct channel *
make_channel(struct kind *k, struct bytes name, uint64_t hash)
{
	struct channel *c = mem_zalloc(sizeof(*c) + name.length);

	if (name.length != 0)
		memcpy(c + 1, name.data, name.length);
	c->name = bytes_make(c + 1, name.length);
	index_add(&k->channels, &c->link, hash);
	ring_add(&k->ages, &c->age);
	ring_start(&c->subscriptions);
	atomic_fetch_add_explicit(&k->count, 1, memory_order_relaxed);
	return (c);
}

static void
free_channel(struct kind *k, struct channel *c)
{
	index_remove(&k->channels, &c->link);
	ring_remove(&c->age);
	atomic_fetch_sub_explicit(&k->count, 1, memory_order_relaxed);
	mem_free(c);
}

/* Of one session's subscription to a channel; kinds may share it. */
static uint64_t
pair_hash(const struct session *s, uint64_t channel_hash)
{
	return (channel_hash + s->id * 0x9e3779b97f4a7c15);
}

static struct subscription *
find(const struct pubsub *p, const struct session *s, const struct channel *c)
{
	struct index_link *link;
	struct subscription *sub;

	if (c == NULL)
		return (NULL);
	for (link = index_first(&p->subscriptions, pair_hash(s, c->link.hash));
	    link != NULL; link = index_next(link)) {
		sub = MEMBER_OF(link, struct subscription, link);
		if (sub->session == s && sub->channel == c)
			return (sub);
	}
	return (NULL);
}

void
pubsub_start(struct session *s)
{
	int i;

	for (i = 0; i < PUBSUB_KINDS; i++)
		ring_start(&s->subscriptions[i].ring);
}

void
pubsub_pause(struct engine *e)
{
	lock_take(&e->pubsub->lock);
}

void
pubsub_resume(struct engine *e)
{
	lock_release(&e->pubsub->lock);
}

bool
pubsub_add(struct session *s, enum pubsub_kind kind, struct bytes name)
{
	struct pubsub *p = s->engine->pubsub;
	struct kind *k = &p->kinds[kind];
	uint64_t hash = hash_bytes(name);
	struct subscription *sub;
	struct channel *c;
	bool added;

	lock_take(&p->lock);
	c = find_channel(k, name, hash);
	added = find(p, s, c) == NULL;
	if (added) {
		if (c == NULL)
			c = make_channel(k, name, hash);
		sub = mem_zalloc(sizeof(*sub));
		sub->session = s;
		sub->channel = c;
		index_add(&p->subscriptions, &sub->link, pair_hash(s, hash));
		ring_add(&c->subscriptions, &sub->here);
		c->count++;
		ring_add(&s->subscriptions[kind].ring, &sub->mine);
		atomic_fetch_add_explicit(&s->subscriptions[kind].count, 1,
		    memory_order_relaxed);
	}
	lock_release(&p->lock);
	return (added);
}

static void
drop(struct pubsub *p, enum pubsub_kind kind, struct subscription *sub)
{
	struct channel *c = sub->channel;

	index_remove(&p->subscriptions, &sub->link);
	ring_remove(&sub->here);
	ring_remove(&sub->mine);
	atomic_fetch_sub_explicit(&sub->session->subscriptions[kind].count, 1,
	    memory_order_relaxed);
	if (--c->count == 0)
		free_channel(&p->kinds[kind], c);
	mem_free(sub);
}

bool
pubsub_remove(struct session *s, enum pubsub_kind kind, struct bytes name)
{
	struct pubsub *p = s->engine->pubsub;
	struct subscription *sub;

	lock_take(&p->lock);
	sub = find(p, s, find_channel(&p->kinds[kind], name,
	    hash_bytes(name)));
	if (sub != NULL)
		drop(p, kind, sub);
	lock_release(&p->lock);
	outbox_take(s);
	return (sub != NULL);
}

static struct subscription *
oldest(const struct ring *mine)
{
	return (MEMBER_OF(mine->next, struct subscription, mine));
}

bool
pubsub_oldest(const struct session *s, enum pubsub_kind kind,
    struct bytes *name)
{
	const struct ring *ring = &s->subscriptions[kind].ring;

	if (ring_is_empty(ring))
		return (false);
	*name = oldest(ring)->channel->name;
	return (true);
}

void
pubsub_remove_all(struct session *s)
{
	struct pubsub *p = s->engine->pubsub;
	struct ring *mine;
	int kind;

	if (!pubsub_subscribed(s) && pubsub_count(s, PUBSUB_MONITOR) == 0)
		return;
	lock_take(&p->lock);
	for (kind = 0; kind < PUBSUB_KINDS; kind++) {
		mine = &s->subscriptions[kind].ring;
		while (!ring_is_empty(mine))
			drop(p, (enum pubsub_kind)kind, oldest(mine));
	}
	lock_release(&p->lock);
	outbox_take(s);
}

size_t
pubsub_count(const struct session *s, enum pubsub_kind kind)
{
	return (atomic_load_explicit(&s->subscriptions[kind].count,
	    memory_order_relaxed));
}

bool
pubsub_subscribed(const struct session *s)
{
	return (pubsub_count(s, PUBSUB_CHANNEL) != 0 ||
	    pubsub_count(s, PUBSUB_PATTERN) != 0 ||
	    pubsub_count(s, PUBSUB_SHARD) != 0);
}

/*
 * A message in both dialects: they differ in the first byte, which says array
 * or push.
 */
static void
write_message(struct reply *r, const char *type, const struct bytes *pattern,
    struct bytes channel, struct bytes message)
{
	buf_cut(&r->out, 0);
	reply_push(r, pattern != NULL ? 4 : 3);
	reply_string(r, type);
	if (pattern != NULL)
		reply_bulk(r, *pattern);
	reply_bulk(r, channel);
	reply_bulk(r, message);
}

static void
deliver(const struct channel *c, struct reply *r)
{
	const struct subscription *sub;
	const struct ring *link;

	/* No memory for it: then nobody gets it. */
	if (r->out.failed)
		return;
	RING_EACH(link, &c->subscriptions) {
		sub = MEMBER_OF(link, struct subscription, here);
		r->out.data[0] = atomic_load_explicit(
		    &sub->session->shown_dialect, memory_order_relaxed) ==
		    DIALECT_RESP3 ? '>' : '*';
		outbox_push(sub->session, buf_bytes(&r->out));
	}
}

/* How many that are; r NULL: they get nothing. */
static size_t
deliver_to_patterns(const struct kind *k, struct bytes channel,
    struct bytes message, struct reply *r)
{
	const struct channel *c;
	const struct ring *link;
	size_t count = 0;

	RING_EACH(link, &k->ages) {
		c = MEMBER_OF(link, struct channel, age);
		if (!glob_match(c->name, channel))
			continue;
		if (r != NULL) {
			write_message(r, "pmessage", &c->name, channel,
			    message);
			deliver(c, r);
		}
		count += c->count;
	}
	return (count);
}

static size_t
count_of(const struct pubsub *p, enum pubsub_kind kind)
{
	return (atomic_load_explicit(&p->kinds[kind].count,
	    memory_order_relaxed));
}

/* Of the channel by that name alone. */
static size_t
listeners(const struct kind *k, struct bytes channel)
{
	const struct channel *c = find_channel(k, channel,
	    hash_bytes(channel));

	return (c != NULL ? c->count : 0);
}

size_t
pubsub_reach(struct engine *e, enum pubsub_kind kind, struct bytes channel)
{
	struct pubsub *p = e->pubsub;
	size_t count;

	lock_take(&p->lock);
	count = listeners(&p->kinds[kind], channel);
	if (kind == PUBSUB_CHANNEL)
		count += deliver_to_patterns(&p->kinds[PUBSUB_PATTERN],
		    channel, bytes_make(NULL, 0), NULL);
	lock_release(&p->lock);
	return (count);
}

size_t
pubsub_publish(struct engine *e, enum pubsub_kind kind, struct bytes channel,
    struct bytes message)
{
	struct pubsub *p = e->pubsub;
	struct reply r = { .dialect = DIALECT_RESP3 };
	const struct channel *c;
	size_t count = 0;

	/* Whoever was told of its subscription before this is counted. */
	if (count_of(p, kind) == 0 &&
	    (kind == PUBSUB_SHARD || count_of(p, PUBSUB_PATTERN) == 0))
		return (0);
	lock_take(&p->lock);
	c = find_channel(&p->kinds[kind], channel, hash_bytes(channel));
	if (c != NULL) {
		write_message(&r, kind == PUBSUB_SHARD ? "smessage" :
		    "message", NULL, channel, message);
		deliver(c, &r);
		count = c->count;
	}
	if (kind == PUBSUB_CHANNEL)
		count += deliver_to_patterns(&p->kinds[PUBSUB_PATTERN],
		    channel, message, &r);
	lock_release(&p->lock);
	buf_free(&r.out);
	return (count);
}

bool
pubsub_monitored(const struct engine *e)
{
	return (count_of(e->pubsub, PUBSUB_MONITOR) != 0);
}

void
pubsub_tell_monitors(struct engine *e, struct bytes line)
{
	struct pubsub *p = e->pubsub;
	const struct ring *channels = &p->kinds[PUBSUB_MONITOR].ages;
	const struct channel *c;
	const struct ring *link;

	lock_take(&p->lock);
	/* There is one or none. */
	if (!ring_is_empty(channels)) {
		c = MEMBER_OF(channels->next, struct channel, age);
		RING_EACH(link, &c->subscriptions)
			outbox_push(MEMBER_OF(link, struct subscription,
			    here)->session, line);
	}
	lock_release(&p->lock);
}

size_t
pubsub_channels(struct engine *e, enum pubsub_kind kind)
{
	return (count_of(e->pubsub, kind));
}

size_t
pubsub_listeners(struct engine *e, enum pubsub_kind kind, struct bytes channel)
{
	struct pubsub *p = e->pubsub;
	size_t count;

	lock_take(&p->lock);
	count = listeners(&p->kinds[kind], channel);
	lock_release(&p->lock);
	return (count);
}

void
pubsub_each(struct engine *e, enum pubsub_kind kind, pubsub_visit *visit,
    void *arg)
{
	struct pubsub *p = e->pubsub;
	const struct ring *link;

	lock_take(&p->lock);
	RING_EACH(link, &p->kinds[kind].ages)
		visit(MEMBER_OF(link, struct channel, age)->name, arg);
	lock_release(&p->lock);
}
