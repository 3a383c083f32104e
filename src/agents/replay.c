/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measured with a million SETs on 2 cores: a batch that stays in the cache of
 * the second level is as good as any, and larger ones are worse.
 */
#include "agents/replay.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/call.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "store/keyspace.h"

enum {
	BATCH		= 4096,		/* records */
	BATCH_BYTES	= 256 * 1024,
	LANES		= 64,
	MOST_THREADS	= 64,
	/* How many records before its own a slot, an entry is fetched. */
	SLOT_AHEAD	= 8,
	ENTRY_AHEAD	= 4,
};

struct item {
	uint64_t	position;
	uint64_t	hash;		/* of its key, if it has one */
	bool		has_hash;
	uint16_t	db;
	uint16_t	lane;
	uint32_t	length;
	size_t		at;		/* in the batch's bytes */
};

struct batch {
	struct buf	 bytes;
	struct item	 items[BATCH];
	unsigned	 count;
	uint16_t	 order[BATCH];	/* of items, by lane */
	unsigned	 ends[LANES];	/* where in it each lane ends */
};

/* A thread that applies; the first one is the caller's. */
struct applier {
	struct replay	*replay;
	struct session	 session;	/* its clock stands at 0 */
	pthread_t	 thread;
};

struct replay {
	struct engine	*engine;
	struct applier	*appliers[MOST_THREADS];
	unsigned	 count;
	struct batch	*gathered, *applied;
	const struct command *command;	/* the last one that was met */
	_Atomic unsigned lane;		/* the next of `applied` to be taken */
	_Atomic bool	 failed;	/* give up */

	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 wake;		/* there is a batch, or an end of it */
	pthread_cond_t	 done;		/* nobody is busy */
	unsigned	 given;		/* batches so far */
	unsigned	 busy;		/* threads that are not through */
	bool		 stop;
	uint64_t	 wrong_at;	/* the first one that was wrong, or 0 */
	struct buf	 wrong;
};

/* Say which one it is and, if it came to that, what the answer was. */
static bool
fail(struct replay *r, struct session *s, uint64_t position, const char *why)
{
	const struct request *q = &s->request;
	const struct buf *out = &s->reply.out;
	struct buf *to = &r->wrong;

	atomic_store(&r->failed, true);
	lock_take(&r->lock);
	if (r->wrong_at == 0 || position < r->wrong_at) {
		r->wrong_at = position;
		buf_cut(to, 0);
		buf_add_format(to, "record %" PRIu64, position);
		if (q->count != 0 && value_is_bytes(&q->args[0]))
			buf_add_format(to, " (%.*s)", (int)(
			    q->args[0].length < 32 ? q->args[0].length : 32),
			    q->args[0].data);
		if (out->length > 3 && out->data[0] == '-')
			buf_add_format(to, ": %.*s", (int)out->length - 3,
			    out->data + 1);
		else
			buf_add_format(to, ": %s", why);
	}
	lock_release(&r->lock);
	return (false);
}

static bool
run(struct replay *r, struct session *s, const struct item *i,
    struct bytes record)
{
	bool ok;

	if (request_parse(&s->request, record) != REQUEST_OK)
		return (fail(r, s, i->position, "it is not a request"));
	s->ahead.has_hash = i->has_hash;
	s->ahead.hash = i->hash;
	atomic_store_explicit(&s->db, i->db, memory_order_relaxed);
	ok = call_replay(s, i->position) ||
	    fail(r, s, i->position, "it is no command that writes");
	buf_clear(&s->reply.out, 64 * 1024);
	request_clear(&s->request);
	return (ok);
}

/* The processor asks for the entry: only this thread changes its table. */
static void
fetch_entry(struct keyspace *ks, const struct item *i)
{
	const struct table *t = keyspace_table(ks,
	    keyspace_shard(ks, i->hash), i->db);

	if (t != NULL)
		table_prefetch_entry(t, keyspace_table_hash(i->hash));
}

static void
apply_lane(struct replay *r, struct session *s, unsigned lane)
{
	const struct batch *b = r->applied;
	struct keyspace *ks = r->engine->keyspace;
	unsigned i = lane != 0 ? b->ends[lane - 1] : 0, end = b->ends[lane];
	const struct item *item;

	for (; i < end && !atomic_load_explicit(&r->failed,
	    memory_order_relaxed); i++) {
		if (i + SLOT_AHEAD < end)
			keyspace_prefetch_slot(ks,
			    b->items[b->order[i + SLOT_AHEAD]].hash);
		if (i + ENTRY_AHEAD < end)
			fetch_entry(ks, &b->items[b->order[i + ENTRY_AHEAD]]);
		item = &b->items[b->order[i]];
		run(r, s, item, bytes_make(b->bytes.data + item->at,
		    item->length));
	}
}

static void
apply_lanes(struct replay *r, struct session *s)
{
	unsigned lane;

	while ((lane = atomic_fetch_add(&r->lane, 1)) < LANES)
		apply_lane(r, s, lane);
}

static void *
work(void *arg)
{
	struct applier *a = arg;
	struct replay *r = a->replay;
	unsigned seen = 0;

	a->session.counters = stats_mine(r->engine->stats);
	lock_take(&r->lock);
	for (;;) {
		while (!r->stop && r->given == seen)
			lock_wait(&r->lock, &r->wake);
		if (r->stop)
			break;
		seen++;
		lock_release(&r->lock);
		apply_lanes(r, &a->session);
		lock_take(&r->lock);
		if (--r->busy == 0)
			must(pthread_cond_signal(&r->done));
	}
	lock_release(&r->lock);
	mem_settle();
	return (NULL);
}

/* Until the batch that was given is applied. */
static void
wait_for_others(struct replay *r)
{
	apply_lanes(r, &r->appliers[0]->session);
	lock_take(&r->lock);
	while (r->busy != 0)
		lock_wait(&r->lock, &r->done);
	lock_release(&r->lock);
}

/* By lane, in order within each. */
static void
sort(struct batch *b)
{
	unsigned starts[LANES] = { 0 }, i, sum = 0;

	for (i = 0; i < b->count; i++)
		starts[b->items[i].lane]++;
	for (i = 0; i < LANES; i++) {
		sum += starts[i];
		b->ends[i] = sum;
		starts[i] = sum - starts[i];
	}
	for (i = 0; i < b->count; i++)
		b->order[starts[b->items[i].lane]++] = (uint16_t)i;
}

/* Have the gathered batch applied, when the one before is, and gather anew. */
static void
give(struct replay *r)
{
	struct batch *b = r->gathered;

	sort(b);
	wait_for_others(r);
	r->gathered = r->applied;
	r->gathered->count = 0;
	buf_cut(&r->gathered->bytes, 0);
	lock_take(&r->lock);
	r->applied = b;
	atomic_store(&r->lane, 0);
	r->given++;
	r->busy = r->count - 1;
	must(pthread_cond_broadcast(&r->wake));
	lock_release(&r->lock);
}

bool
replay_finish(void *arg)
{
	struct replay *r = arg;

	if (r->gathered->count != 0)
		give(r);
	wait_for_others(r);
	return (!atomic_load(&r->failed));
}

static struct applier *
new_applier(struct replay *r)
{
	struct applier *a = mem_zalloc(sizeof(*a));

	a->replay = r;
	a->session.engine = r->engine;
	a->session.reply.dialect = DIALECT_RESP3;
	return (a);
}

static void
free_applier(struct applier *a)
{
	request_free(&a->session.request);
	buf_free(&a->session.reply.out);
	mem_free(a->session.hashes);
	mem_free(a);
}

/* As many as there is room for. */
static void
start_others(struct replay *r, unsigned threads)
{
	struct applier *a;

	while (r->count < threads && r->count < MOST_THREADS) {
		a = new_applier(r);
		if (thread_start(&a->thread, work, a) != 0) {
			free_applier(a);
			break;
		}
		r->appliers[r->count++] = a;
	}
}

struct replay *
replay_new(struct engine *e, unsigned threads)
{
	struct replay *r = mem_zalloc(sizeof(*r));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (threads == 0)
		threads = processors > 0 ? (unsigned)processors : 1;
	r->engine = e;
	r->gathered = mem_zalloc(sizeof(*r->gathered));
	r->applied = mem_zalloc(sizeof(*r->applied));
	lock_init(&r->lock, LOCK_REPLAY);
	lock_init_condition(&r->wake);
	lock_init_condition(&r->done);
	r->appliers[r->count++] = new_applier(r);
	r->appliers[0]->session.counters = stats_mine(e->stats);
	start_others(r, threads);
	return (r);
}

void
replay_free(struct replay **replay_p)
{
	struct replay *r = *replay_p;
	unsigned i;

	*replay_p = NULL;
	if (r == NULL)
		return;
	atomic_store(&r->failed, true);
	lock_take(&r->lock);
	r->stop = true;
	must(pthread_cond_broadcast(&r->wake));
	lock_release(&r->lock);
	for (i = 1; i < r->count; i++)
		must(pthread_join(r->appliers[i]->thread, NULL));
	for (i = 0; i < r->count; i++)
		free_applier(r->appliers[i]);
	buf_free(&r->gathered->bytes);
	buf_free(&r->applied->bytes);
	mem_free(r->gathered);
	mem_free(r->applied);
	buf_free(&r->wrong);
	must(pthread_cond_destroy(&r->wake));
	must(pthread_cond_destroy(&r->done));
	lock_destroy(&r->lock);
	mem_free(r);
}

/* "$5\r\nhello\r\n" at *p, which moves behind it; data NULL: it is not that. */
static struct bytes
take_string(const char **p, const char *end)
{
	const char *at = *p, *start;
	size_t n = 0;

	if (at == end || *at++ != '$')
		return (bytes_make(NULL, 0));
	for (start = at; at < end && at - start < 9 && *at >= '0' &&
	    *at <= '9'; at++)
		n = 10 * n + (size_t)(*at - '0');
	if (at == start || end - at < 4 || (size_t)(end - at - 4) < n)
		return (bytes_make(NULL, 0));
	*p = at + 2 + n + 2;
	return (bytes_make(at + 2, n));
}

/* The row of that name; most records have that of the one before. */
static const struct command *
find_row(struct replay *r, struct bytes name)
{
	if (r->command == NULL || !bytes_is(name, r->command->name))
		r->command = name.data == NULL ? NULL :
		    command_find(r->engine->commands, name);
	return (r->command);
}

/* Whether it is about one key, or about the queue in one shard; its lane. */
static bool
find_lane(struct replay *r, struct item *i, struct bytes record)
{
	const char *p = record.data, *end = p + record.length;
	const struct command *row;
	struct bytes name, key;
	size_t words = 0;

	for (p++; p < end && *p >= '0' && *p <= '9' && words < BATCH; p++)
		words = 10 * words + (size_t)(*p - '0');
	if (end - p < 2)
		return (false);
	p += 2;
	name = take_string(&p, end);
	row = find_row(r, name);
	if (row == NULL || row->subcommands != NULL ||
	    row->more_keys != NULL || (row->flags & CMD_ALL_KEYS) != 0)
		return (false);
	if (row->keys.first == 0 && (row->flags & CMD_DUE) != 0) {
		i->lane = DUE_SHARD % LANES;
		return (true);
	}
	if (row->keys.first != 1 || (row->flags & CMD_DUE) != 0 ||
	    command_range_last(&row->keys, words) != 1 ||
	    (key = take_string(&p, end)).data == NULL)
		return (false);
	i->has_hash = true;
	i->hash = keyspace_hash(key);
	i->lane = (uint16_t)(keyspace_shard(r->engine->keyspace, i->hash) %
	    LANES);
	return (true);
}

static bool
run_alone(struct replay *r, const struct item *i, struct bytes record)
{
	bool ok;

	if (!replay_finish(r))
		return (false);
	r->engine->replaying = i->position;
	ok = run(r, &r->appliers[0]->session, i, record);
	r->engine->replaying = 0;
	return (ok);
}

bool
replay_apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct replay *r = arg;
	struct item item = { .position = position, .db = (uint16_t)db,
	    .length = (uint32_t)record.length };
	struct batch *b;

	if (atomic_load_explicit(&r->failed, memory_order_relaxed))
		return (false);
	if (db >= keyspace_databases(r->engine->keyspace))
		return (fail(r, &r->appliers[0]->session, position,
		    "there are not so many databases"));
	if (record.length > BATCH_BYTES || !find_lane(r, &item, record)) {
		item.has_hash = false;
		return (run_alone(r, &item, record));
	}
	if (r->gathered->count == BATCH ||
	    r->gathered->bytes.length > BATCH_BYTES)
		give(r);
	b = r->gathered;
	item.at = b->bytes.length;
	buf_add(&b->bytes, record.data, record.length);
	if (b->bytes.failed)
		return (fail(r, &r->appliers[0]->session, position,
		    "no memory"));
	b->items[b->count++] = item;
	return (true);
}

struct bytes
replay_wrong(struct replay *r)
{
	wait_for_others(r);
	return (buf_bytes(&r->wrong));
}
