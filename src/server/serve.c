/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection's loop: read a request, run it, and send the replies when
 * reading on would mean to sleep.  A pipeline of 100 requests that arrived
 * together is answered by one write; a request of which only a part has come
 * never holds back the replies before it.
 */
#include "server/serve.h"

#include <sched.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "net/peer.h"
#include "net/pool.h"
#include "net/stream.h"

/* Replies are sent before they grow beyond this, whatever is buffered. */
enum { REPLIES_MOST = 256 * 1024 };

static const char denied[] = "-DENIED respd runs in protected mode: only "
    "clients on this machine are served. Set 'protected-mode no' if every "
    "machine that reaches this port is trusted.\r\n";

/* The peer was waited for: from here on it is the server's time. */
static void
resume(struct session *s)
{
	peer_at(s->peer, PEER_BUSY);
	s->now_us = clock_wall_us();
}

/*
 * Send what others push to the peer until it says something itself; false if
 * it is gone.  Without input that has been read, but not yet looked at.
 */
static bool
send_pushes(struct session *s, enum peer_phase phase)
{
	for (;;) {
		peer_at(s->peer, phase);
		if (outbox_sleep(s, true, 0) == PEER_READABLE)
			return (true);
		if (!session_flush(s))
			return (false);
	}
}

/*
 * The same for one who listens: it may be silent as long as it likes, and does
 * not count as taking a worker, unless too many do that.
 */
static bool
send_pushes_to_listener(struct session *s)
{
	struct pool *pool = s->engine->pool;
	bool there, lent = pool_lend(pool,
	    (size_t)settings_number(SETTING_MAX_BLOCKED));

	if (lent)
		pool_relieve(pool);
	there = send_pushes(s, PEER_BUSY);
	if (lent)
		pool_return(pool);
	return (there);
}

static bool
wait_for_input(struct session *s)
{
	if (!outbox_may_fill(s) || stream_buffered(s->peer->in).length != 0)
		return (true);
	if (pubsub_subscribed(s) || pubsub_count(s, PUBSUB_MONITOR) != 0)
		return (send_pushes_to_listener(s));
	return (send_pushes(s, PEER_IDLE));
}

/*
 * Send what is collected and sleep until the peer says something; false if
 * it is gone.
 */
static bool
await(struct session *s)
{
	bool spins;
	int c;

	if (!session_flush(s))
		return (false);
	/* It may have been set anew since. */
	s->request.reader.max_bulk =
	    (uint32_t)settings_number(SETTING_PROTO_MAX_BULK_LEN);
	if (!wait_for_input(s))
		return (false);
	peer_at(s->peer, PEER_IDLE);
	spins = session_is_alone(s);
	if (spins)
		spin_begin(&s->spin, s->peer->fd);
	else if (s->ahead.pipelined)
		/* Often the next batch is there when it is our turn again. */
		sched_yield();
	if ((c = getc_unlocked(s->peer->in)) == EOF)
		return (false);
	if (spins)
		spin_end(&s->spin);
	ungetc(c, s->peer->in);
	stats_add(&s->counters->of[COUNTER_READS], 1);
	return (true);
}

/* Whether there is a next request, whole or in part. */
static bool
next(struct session *s)
{
	struct keyspace *ks = s->engine->keyspace;
	unsigned db = atomic_load_explicit(&s->db, memory_order_relaxed);
	bool whole = ahead_look(&s->ahead, s->peer->in, ks, db);

	if (whole && s->reply.out.length > REPLIES_MOST) {
		if (!session_flush(s))
			return (false);
		resume(s);
	} else if (!whole) {
		if (atomic_load_explicit(&s->killed, memory_order_relaxed) ||
		    !await(s))
			return (false);
		whole = ahead_look(&s->ahead, s->peer->in, ks, db);
		if (whole)
			resume(s);
		else
			peer_at(s->peer, PEER_REQUEST);
	}
	s->request.reader.in_place = whole;
	return (true);
}

/* How many bytes a request took that was not seen whole: by its arguments. */
static size_t
length_of(const struct request *q)
{
	size_t i, length = 0;

	for (i = 0; i < q->count; i++) {
		if (value_is_bytes(&q->args[i]))
			length += q->args[i].length;
	}
	return (length);
}

/* Read the request that comes next. */
static enum request_status
read_next(struct session *s)
{
	enum request_status status = REQUEST_OK;
	size_t length = 0;

	/* Of a stranger the reader takes less. */
	if (!s->request.reader.stranger)
		length = ahead_take(&s->ahead, &s->request);
	if (length == 0) {
		status = request_read(&s->request, s->reply.dialect);
		length = ahead_passed(&s->ahead, s->peer->in);
		if (length == 0) {
			resume(s);
			length = length_of(&s->request);
		}
	}
	stats_add(&s->counters->of[COUNTER_BYTES_IN], length);
	return (status);
}

/* Read and answer one request; false if it was the last. */
static bool
answer(struct session *s)
{
	switch (read_next(s)) {
	case REQUEST_OK:
		call_run(s);
		return (!s->closing);
	case REQUEST_EMPTY:
		return (true);
	case REQUEST_WRONG:
		call_refuse(s, s->request.error);
		return (true);
	case REQUEST_BROKEN:
		call_refuse(s, s->request.error);
		return (false);
	case REQUEST_FOREIGN:
		log_warning("possible cross-protocol attack, closed: %s",
		    s->peer->name);
		return (false);
	case REQUEST_END:
		break;
	}
	return (false);
}

static void
converse(struct engine *engine, struct peer *peer)
{
	struct session *s = session_open(engine, peer,
	    peer->tag == SERVE_ARTICLE ? DIALECT_ARTICLE : DIALECT_RESP2);

	bool finish;

	if (s == NULL)
		return;
	while (next(s) && answer(s))
		;
	/* A peer that ended it by itself waits for nothing more. */
	finish = session_flush(s) && (!feof_unlocked(peer->in) ||
	    atomic_load_explicit(&s->killed, memory_order_relaxed));
	/* First, since to finish may take a while, and nobody is there. */
	session_close(&s);
	if (finish)
		peer_finish(peer);
}

void
serve(struct peer *peer, void *arg)
{
	if (!peer_open(peer)) {
		log_warning("cannot serve %s: %m", peer->name);
		return;
	}
	log_info("connection received: %s", peer->name);
	if (!peer->loopback && settings_number(SETTING_PROTECTED_MODE) != 0 &&
	    !session_has_password()) {
		if (peer_send(peer, denied, sizeof(denied) - 1))
			peer_finish(peer);
	} else
		converse(arg, peer);
	log_info("client went away: %s", peer->name);
}
