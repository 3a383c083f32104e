/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/session.h"

#include <inttypes.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "engine/tracking.h"
#include "persist/journal.h"

/* A reply buffer that grew beyond this is not kept. */
enum { REPLY_KEEP = 64 * 1024 };

static void
progress(void *arg)
{
	struct session *s = arg;

	peer_at(s->peer, PEER_REQUEST);
}

static bool
enter(struct session *s)
{
	struct engine *e = s->engine;
	bool may;

	lock_take(&e->sessions_lock);
	may = !e->draining;
	if (may) {
		s->id = ++e->last_session;
		e->session_count++;
		s->previous = e->newest;
		if (s->previous != NULL)
			s->previous->next = s;
		else
			e->sessions = s;
		e->newest = s;
	}
	lock_release(&e->sessions_lock);
	return (may);
}

static void
leave(struct session *s)
{
	struct engine *e = s->engine;

	lock_take(&e->sessions_lock);
	e->session_count--;
	if (s->next != NULL)
		s->next->previous = s->previous;
	else
		e->newest = s->previous;
	if (s->previous != NULL)
		s->previous->next = s->next;
	else
		e->sessions = s->next;
	lock_release(&e->sessions_lock);
}

static void
release(struct session *s)
{
	int i;

	request_free(&s->request);
	buf_free(&s->reply.out);
	buf_free(&s->parting.reply);
	for (i = 0; i < SESSION_TEXTS; i++)
		buf_free(&s->texts[i]);
	lock_destroy(&s->lock);
	outbox_end(&s->outbox);
	wait_end(&s->wait);
	mem_free(s->hashes);
	record_free(&s->record);
	mem_free(s);
}

struct session *
session_open(struct engine *engine, struct peer *peer, enum dialect dialect)
{
	struct session *s = mem_zalloc(sizeof(*s));

	s->engine = engine;
	s->peer = peer;
	s->counters = stats_mine(engine->stats);
	s->created_us = s->now_us = clock_wall_us();
	s->request.reader.in = peer->in;
	s->request.reader.max_bulk = VALUE_MAX_BYTES;
	s->request.reader.max_elements = READER_MAX_ELEMENTS;
	s->request.reader.progress = progress;
	s->request.reader.progress_arg = s;
	s->request.reader.stranger = session_has_password();
	s->first_dialect = s->reply.dialect = dialect;
	atomic_store_explicit(&s->shown_dialect, (int)dialect,
	    memory_order_relaxed);
	atomic_store_explicit(&s->active_us, s->now_us, memory_order_relaxed);
	lock_init(&s->lock, LOCK_SESSION);
	outbox_start(&s->outbox);
	wait_start(&s->wait);
	pubsub_start(s);
	atomic_store_explicit(&s->redirect, -1, memory_order_relaxed);
	stats_add(&s->counters->of[COUNTER_CONNECTIONS], 1);
	if (!enter(s)) {
		release(s);
		return (NULL);
	}
	return (s);
}

void
session_close(struct session **session_p)
{
	struct session *s = *session_p;

	*session_p = NULL;
	hold_let_go(s);
	parting_settle(s);
	pubsub_remove_all(s);
	tracking_end(s);
	multi_end(s);
	if (s->outbox.overflowed)
		log_warning("outbox was full, closed: %s", s->peer->name);
	leave(s);
	release(s);
}

/* Sleep until the disk has what the replies report; false: it never will. */
static bool
make_safe(struct session *s)
{
	lock_assert_none();
	if (!journal_wait(s->engine->journal, s->position)) {
		buf_clear(&s->reply.out, 0);
		return (false);
	}
	/* Else it may have to be more than written yet. */
	if (journal_is_strict(s->engine->journal))
		s->safe = s->position;
	return (true);
}

bool
session_flush(struct session *s)
{
	struct buf *out = &s->reply.out;
	bool sent = true;

	hold_let_go(s);
	outbox_take(s);
	if (out->length != 0) {
		stats_add(&s->counters->of[COUNTER_BYTES_OUT], out->length);
		stats_add(&s->counters->of[COUNTER_WRITES], 1);
		/* What was given away before goes before. */
		parting_settle(s);
	}
	if (s->position > s->safe) {
		meter_settle(s);
		if (parting_give(s))
			return (true);
		if (!make_safe(s))
			return (false);
	}
	meter_settle(s);
	if (out->length != 0)
		sent = peer_send(s->peer, out->data, out->length);
	outbox_sent(s);
	buf_clear(out, REPLY_KEEP);
	return (sent);
}

bool
session_has_password(void)
{
	struct buf password = { 0 };
	bool is_set;

	settings_format(SETTING_REQUIREPASS, &password);
	is_set = password.length != 0;
	buf_free(&password);
	return (is_set);
}

/* In a time that tells nothing of where they differ. */
static bool
same_secret(struct bytes a, struct bytes b)
{
	unsigned char differ = a.length != b.length;
	size_t i;

	for (i = 0; i < a.length; i++)
		differ |= (unsigned char)(a.data[i] ^
		    (b.length != 0 ? b.data[i % b.length] : 0));
	return (differ == 0);
}

bool
session_authenticate(struct session *s, struct bytes user,
    struct bytes password)
{
	struct buf wanted = { 0 };
	bool right;

	settings_format(SETTING_REQUIREPASS, &wanted);
	right = bytes_equal(user, bytes_of("default")) &&
	    (wanted.length == 0 || same_secret(password, buf_bytes(&wanted)));
	buf_free(&wanted);
	if (right)
		s->request.reader.stranger = false;
	return (right);
}

bool
session_is_known(const struct session *s)
{
	return (!s->request.reader.stranger);
}

void
session_speak(struct session *s, enum dialect dialect)
{
	/* What is pushed speaks like the replies around it. */
	pubsub_pause(s->engine);
	tracking_pause(s->engine);
	if (s->replies == REPLIES_ON)
		outbox_take(s);
	s->reply.dialect = dialect;
	atomic_store_explicit(&s->shown_dialect, (int)dialect,
	    memory_order_relaxed);
	tracking_resume(s->engine);
	pubsub_resume(s->engine);
}

void
session_reset(struct session *s)
{
	tracking_end(s);
	pubsub_remove_all(s);
	if (s->reply.dialect == DIALECT_RESP3)
		session_speak(s, DIALECT_RESP2);
	/* The reply to RESET may be the one that is skipped. */
	if (s->replies != REPLIES_SKIP)
		s->replies = REPLIES_ON;
	multi_end(s);
	s->request.reader.stranger = session_has_password();
	atomic_store_explicit(&s->db, 0, memory_order_relaxed);
	atomic_store_explicit(&s->flags, 0, memory_order_relaxed);
	session_set_text(s, SESSION_NAME, bytes_make(NULL, 0));
}

bool
session_text_fits(struct bytes text)
{
	size_t i;

	for (i = 0; i < text.length; i++) {
		if (text.data[i] < '!' || text.data[i] > '~')
			return (false);
	}
	return (true);
}

void
session_set_text(struct session *s, enum session_text which,
    struct bytes text)
{
	lock_take(&s->lock);
	buf_cut(&s->texts[which], 0);
	buf_add(&s->texts[which], text.data, text.length);
	lock_release(&s->lock);
}

void
session_format_text(struct session *s, enum session_text which,
    struct buf *out)
{
	lock_take(&s->lock);
	buf_add(out, s->texts[which].data, s->texts[which].length);
	lock_release(&s->lock);
}

static void
format_texts(struct session *s, enum session_text which, const char *label,
    struct buf *out)
{
	buf_add_string(out, label);
	session_format_text(s, which, out);
}

/* In Redis's order. */
static void
format_flags(const struct session *s, struct buf *out)
{
	unsigned flags = atomic_load(&s->flags);
	const struct {
		bool	holds;
		char	letter;
	} letters[] = {
		{ pubsub_count(s, PUBSUB_MONITOR) != 0, 'O' },
		{ pubsub_subscribed(s), 'P' },
		{ wait_is_on(s) || atomic_load(&s->paused), 'b' },
		{ (flags & SESSION_TRACKING) != 0, 't' },
		{ (flags & SESSION_TRACKING_BROKEN) != 0, 'R' },
		{ (flags & SESSION_TRACKING_BCAST) != 0, 'B' },
		{ (flags & SESSION_NO_EVICT) != 0, 'e' },
		{ (flags & SESSION_NO_TOUCH) != 0, 'T' },
	};
	size_t i, length = out->length;

	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i].holds)
			buf_add_char(out, letters[i].letter);
	}
	if (out->length == length)
		buf_add_char(out, 'N');
}

/*
 * The fields of Redis 7.2, in its order.  What another's buffers hold is not
 * known without stopping it, and libraries fail where there is no number: so
 * the sizes are those of a client between two requests.
 */
void
session_format(struct session *s, struct buf *out)
{
	const struct command *last = atomic_load(&s->last_command);
	int64_t now = clock_wall_us();

	buf_add_format(out, "id=%" PRIu64 " addr=%s laddr=%s fd=%d", s->id,
	    s->peer->name, s->peer->local, s->peer->fd);
	format_texts(s, SESSION_NAME, " name=", out);
	buf_add_format(out, " age=%" PRId64 " idle=%" PRId64 " flags=",
	    (now - s->created_us) / 1000000,
	    (now - atomic_load(&s->active_us)) / 1000000);
	format_flags(s, out);
	buf_add_format(out, " db=%u sub=%zu psub=%zu ssub=%zu multi=-1 qbuf=0 "
	    "qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 "
	    "omem=0 tot-mem=%zu events=r cmd=%s user=default redir=%" PRId64
	    " resp=%d",
	    atomic_load(&s->db), pubsub_count(s, PUBSUB_CHANNEL),
	    pubsub_count(s, PUBSUB_PATTERN), pubsub_count(s, PUBSUB_SHARD),
	    sizeof(*s), last != NULL ? last->full_name :
	    "NULL", atomic_load(&s->redirect), atomic_load(&s->shown_dialect) == DIALECT_RESP3 ? 3 : 2);
	format_texts(s, SESSION_LIB_NAME, " lib-name=", out);
	format_texts(s, SESSION_LIB_VER, " lib-ver=", out);
	buf_add_char(out, '\n');
}

void
session_kill(struct session *s, bool own)
{
	if (own) {
		s->closing = true;
		return;
	}
	atomic_store(&s->killed, true);
	peer_shut(s->peer, SHUT_RDWR);
}

void
session_each(struct engine *e, session_visit *visit, void *arg)
{
	struct session *s;

	lock_take(&e->sessions_lock);
	for (s = e->sessions; s != NULL && visit(s, arg); s = s->next)
		;
	lock_release(&e->sessions_lock);
}

size_t
session_count(struct engine *e)
{
	return (atomic_load_explicit(&e->session_count, memory_order_relaxed));
}

bool
session_is_alone(const struct session *s)
{
	return (session_count(s->engine) == 1);
}

struct sweep {
	int64_t	now;
	int64_t	limits[PEER_PHASES];
};

static bool
sweep_one(struct session *s, void *arg)
{
	struct sweep *sweep = arg;

	if (peer_check(s->peer, sweep->now, sweep->limits)) {
		atomic_store(&s->killed, true);
		log_info("client was too slow: %s", s->peer->name);
	}
	return (true);
}

void
session_sweep(struct engine *e)
{
	static const struct {
		enum peer_phase		phase;
		enum setting_id		setting;
	} which[] = {
		{ PEER_IDLE, SETTING_TIMEOUT },
		{ PEER_REQUEST, SETTING_REQUEST_TIMEOUT },
		{ PEER_REPLY, SETTING_REPLY_TIMEOUT },
	};
	struct sweep sweep = { .now = clock_monotonic_us() };
	size_t i;

	for (i = 0; i < sizeof(which) / sizeof(which[0]); i++)
		sweep.limits[which[i].phase] =
		    settings_number(which[i].setting) * 1000000;
	session_each(e, sweep_one, &sweep);
}

static bool
drain_one(struct session *s, void *arg)
{
	const bool *force = arg;

	atomic_store(&s->killed, true);
	/* What has come already can still be read, then the stream ends. */
	peer_shut(s->peer, *force ? SHUT_RDWR : SHUT_RD);
	return (true);
}

void
session_drain(struct engine *e, bool force)
{
	lock_take(&e->sessions_lock);
	e->draining = true;
	lock_release(&e->sessions_lock);
	session_each(e, drain_one, &force);
}
