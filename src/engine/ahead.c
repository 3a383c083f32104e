/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key costs three misses of the cache that depend on each other: its shard,
 * its slot, its entry.  One request alone has to wait for each; for 32 that lie
 * in the buffer together each step is asked for all of them before the next.
 * Only the last needs a look into the table, and so its lock; it is not waited
 * for.  With a million keys and pipelines of 16 the last step is worth a quarter
 * of the server's time, the two before it a fifth.
 *
 * An MGET or MSET of ten keys is such a batch by itself: that halves its time.
 *
 * A member of a large container costs as many misses again, and while a shard
 * is locked for them others wait: of HSET in pipelines of 16, to one hash of
 * 100,000, this makes twice as many a second.
 */
#include "engine/ahead.h"

#include <assert.h>

#include "base/bytes.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "net/stream.h"
#include "resp/request.h"
#include "store/keyspace.h"
#include "store/lockset.h"
#include "value/value.h"

static void
fetch_entry(struct keyspace *ks, uint64_t hash, unsigned db)
{
	uint32_t shard = keyspace_shard(ks, hash);
	const struct table *t;
	struct lockset lock;

	lockset_start(&lock, ks);
	lockset_add(&lock, shard);
	if (!lockset_try_read(&lock))
		return;
	if ((t = keyspace_table(ks, shard, db)) != NULL)
		table_prefetch_entry(t, keyspace_table_hash(hash));
	lockset_release(&lock);
}

/* Whether the request is for another key than the one before, if for any. */
static bool
is_news(const struct ahead *a, unsigned i)
{
	return (a->requests[i].args > 1 && (i == 0 ||
	    a->requests[i - 1].args <= 1 ||
	    a->requests[i - 1].hash != a->requests[i].hash));
}

/* Ask for slots, then entries: the shards are on their way already. */
static void
fetch(const struct ahead *a, struct keyspace *ks, unsigned db)
{
	unsigned i;

	for (i = 0; i < a->count; i++) {
		if (is_news(a, i))
			keyspace_prefetch_slot(ks, a->requests[i].hash);
	}
	for (i = 0; i < a->count; i++) {
		if (is_news(a, i))
			fetch_entry(ks, a->requests[i].hash, db);
	}
}

static struct bytes
argument(const struct ahead *a, const char *request, size_t span)
{
	return (bytes_make(request + a->spans[span].at, a->spans[span].length));
}

static void
look(struct ahead *a, struct bytes buffered, struct keyspace *ks, unsigned db)
{
	/* With less room than that another look does better. */
	enum { LEAST_ROOM = 16 };
	size_t length, args, used = 0;
	unsigned i;

	a->at = buffered.data;
	a->next = a->count = a->fetched = 0;
	while (a->count < AHEAD_MOST && AHEAD_ARGS - used >= LEAST_ROOM &&
	    (length = request_measure(buffered, &a->spans[used],
	    AHEAD_ARGS - used, &args)) != 0) {
		/* Perhaps it has more than there is room for now. */
		if (args == 0 && used != 0)
			break;
		i = a->count++;
		a->requests[i].length = (uint32_t)length;
		a->requests[i].first = (uint16_t)used;
		a->requests[i].args = (uint16_t)args;
		if (args > 1) {
			a->requests[i].hash = keyspace_hash(argument(a,
			    buffered.data, used + 1));
			keyspace_prefetch_shard(ks, a->requests[i].hash);
		}
		used += args;
		buffered = bytes_make(buffered.data + length,
		    buffered.length - length);
	}
	if (a->count != 0)
		a->pipelined = a->count > 1;
	if (a->count > 1)
		fetch(a, ks, db);
}

bool
ahead_look(struct ahead *a, FILE *in, struct keyspace *ks, unsigned db)
{
	if (a->next == a->count)
		look(a, stream_buffered(in), ks, db);
	return (a->next < a->count);
}

/* The next request is no more. */
static size_t
pass(struct ahead *a)
{
	unsigned i = a->next++;

	a->has_hash = a->requests[i].args > 1;
	a->hash = a->requests[i].hash;
	a->at += a->requests[i].length;
	return (a->requests[i].length);
}

size_t
ahead_take(struct ahead *a, struct request *q)
{
	unsigned i = a->next;

	if (i == a->count || a->requests[i].args == 0)
		return (0);
	assert(stream_buffered(q->reader.in).data == a->at);
	request_take(q, a->requests[i].length,
	    &a->spans[a->requests[i].first], a->requests[i].args);
	return (pass(a));
}

size_t
ahead_passed(struct ahead *a, FILE *in)
{
	a->has_hash = false;
	if (a->next == a->count)
		return (0);
	/*
	 * Whoever reads may see a request end elsewhere than the look did,
	 * which knows no dialects: then all that was seen is forgotten.
	 */
	if (stream_buffered(in).data != a->at + a->requests[a->next].length) {
		a->next = a->count = 0;
		return (0);
	}
	return (pass(a));
}

bool
ahead_next_hash(const struct ahead *a, uint64_t *hash)
{
	if (a->next == a->count || a->requests[a->next].args <= 1)
		return (false);
	*hash = a->requests[a->next].hash;
	return (true);
}

void
ahead_fetch_slots(const struct call *c, const struct command_range *keys)
{
	size_t i, last = command_range_last(keys, c->argc);

	for (i = (size_t)keys->first; i <= last; i += (size_t)keys->step)
		keyspace_prefetch_slot(c->engine->keyspace, c->hashes[i]);
}

void
ahead_fetch_entries(const struct call *c, const struct command_range *keys)
{
	size_t i, last = command_range_last(keys, c->argc);
	struct keyspace *ks = c->engine->keyspace;
	const struct table *t;

	if (keys->first == 0)
		return;
	for (i = (size_t)keys->first; i <= last; i += (size_t)keys->step) {
		t = keyspace_table(ks, keyspace_shard(ks, c->hashes[i]), c->db);
		if (t != NULL)
			table_prefetch_entry(t,
			    keyspace_table_hash(c->hashes[i]));
	}
}

/*
 * What the requests behind the call that have its argument 1 look for: of a
 * sorted set the last argument, else argument 2.
 */
static size_t
elements_behind(const struct call *c, bool last, struct bytes *keys,
    size_t room)
{
	struct ahead *a = &c->session->ahead;
	const char *at = a->at;
	size_t args, n;
	unsigned i;

	/* With `again` another thread runs it: the stream is not its own. */
	if (c->again || a->next < a->fetched)
		return (0);
	for (i = a->next, n = 0; i < a->count && n < room; i++, n++) {
		args = a->requests[i].args;
		if (args <= 2 || a->requests[i].hash != c->hashes[1])
			break;
		keys[n] = argument(a, at, a->requests[i].first +
		    (last ? args - 1 : 2));
		at += a->requests[i].length;
	}
	a->fetched = i;
	return (n);
}

void
ahead_fetch_elements(const struct call *c, const struct value *v)
{
	enum { FEWEST = 4, LONGEST = 128 };
	struct bytes keys[VALUE_PREFETCH];
	size_t i, n = 0;

	for (i = 2; i < c->argc && n < VALUE_PREFETCH; i++) {
		/* Values, perhaps long ones, may be among them. */
		if (c->args[i].type == VALUE_STRING &&
		    call_arg(c, i).length <= LONGEST)
			keys[n++] = call_arg(c, i);
	}
	n += elements_behind(c, v->type == VALUE_ZSET, keys + n,
	    VALUE_PREFETCH - n);
	if (n >= FEWEST)
		value_prefetch(v, keys, n);
}
