/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/watch.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/key.h"
#include "engine/session.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"

struct watch {
	struct session	*session;
	struct watch	*next;		/* of the session */
	uint64_t	 hash;
	uint32_t	 shard;
	unsigned	 db;
	bool		 had_expired;	/* when it was first watched */
	/* Under the shard's lock. */
	struct watch	*next_here;
	struct watch	**link;		/* what points to this one */
	struct bytes	 key;		/* behind the struct */
};

static struct entry *
find(struct keyspace *ks, const struct watch *w, unsigned db)
{
	struct table *t = keyspace_table(ks, w->shard, db);
	uint32_t slot;

	if (t == NULL)
		return (NULL);
	slot = table_find(t, keyspace_table_hash(w->hash), w->key);
	return (slot != TABLE_NO_SLOT ? table_at(t, slot) : NULL);
}

static bool
expired(struct keyspace *ks, const struct watch *w, int64_t now)
{
	struct entry *e = find(ks, w, w->db);

	return (e != NULL && entry_expired(e, now));
}

void
watch_add(struct call *c, size_t arg)
{
	struct session *s = c->session;
	struct bytes key = call_arg(c, arg);
	struct watch *w, **list;

	for (w = s->watches; w != NULL; w = w->next) {
		if (w->db == c->db && bytes_equal(w->key, key))
			return;
	}
	w = mem_zalloc(sizeof(*w) + key.length);
	w->session = s;
	w->hash = c->hashes[arg];
	w->shard = keyspace_shard(c->engine->keyspace, w->hash);
	w->db = c->db;
	memcpy(w + 1, key.data, key.length);
	w->key = bytes_make(w + 1, key.length);
	w->had_expired = expired(c->engine->keyspace, w, c->now);
	w->next = s->watches;
	s->watches = w;
	list = &c->engine->watches[w->shard];
	w->next_here = *list;
	if (w->next_here != NULL)
		w->next_here->link = &w->next_here;
	w->link = list;
	*list = w;
}

static void
remove_one(struct engine *e, struct watch *w)
{
	struct lockset lock;

	lockset_start(&lock, e->keyspace);
	lockset_add(&lock, w->shard);
	lockset_acquire(&lock, true);
	*w->link = w->next_here;
	if (w->next_here != NULL)
		w->next_here->link = w->link;
	lockset_release(&lock);
	mem_free(w);
}

void
watch_clear(struct session *s)
{
	struct watch *w;

	while ((w = s->watches) != NULL) {
		s->watches = w->next;
		remove_one(s->engine, w);
	}
	atomic_store_explicit(&s->watched_changed, false,
	    memory_order_relaxed);
}

void
watch_plan(const struct session *s, struct lockset *locks)
{
	const struct watch *w;

	for (w = s->watches; w != NULL; w = w->next)
		lockset_add(locks, w->shard);
}

bool
watch_fails(const struct session *s, int64_t now)
{
	const struct watch *w;

	/* Set under locks that we hold now. */
	if (atomic_load_explicit(&s->watched_changed, memory_order_relaxed))
		return (true);
	for (w = s->watches; w != NULL; w = w->next) {
		if (!w->had_expired && expired(s->engine->keyspace, w, now))
			return (true);
	}
	return (false);
}

static void
touch(struct watch *w)
{
	atomic_store_explicit(&w->session->watched_changed, true,
	    memory_order_relaxed);
}

void
watch_changed(struct engine *e, uint32_t shard, unsigned db, struct bytes key)
{
	struct watch *w;

	for (w = e->watches[shard]; w != NULL; w = w->next_here) {
		if (w->db == db && bytes_equal(w->key, key))
			touch(w);
	}
}

void
watch_expired(struct engine *e, uint32_t shard, unsigned db, struct bytes key)
{
	struct watch *w;

	for (w = e->watches[shard]; w != NULL; w = w->next_here) {
		if (w->db != db || !bytes_equal(w->key, key))
			continue;
		/* Who watched an expired key watched one that is absent. */
		if (!w->had_expired)
			touch(w);
		w->had_expired = false;
	}
}

void
watch_flushed(struct engine *e, uint32_t shard, unsigned db)
{
	struct watch *w;

	for (w = e->watches[shard]; w != NULL; w = w->next_here) {
		if (w->db == db && find(e->keyspace, w, db) != NULL)
			touch(w);
	}
}

/* Changed is what was there or will be. */
void
watch_swapped(struct engine *e, uint32_t shard, unsigned a, unsigned b)
{
	struct watch *w;

	for (w = e->watches[shard]; w != NULL; w = w->next_here) {
		if ((w->db == a || w->db == b) &&
		    (find(e->keyspace, w, a) != NULL ||
		    find(e->keyspace, w, b) != NULL))
			touch(w);
	}
}
