/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call is made of stands beside: resolve.h finds its command, admit.h
 * says whether it may run, plan.h names its shards, hold.h locks them, and
 * errors.h counts what went wrong.
 */
#include "engine/call.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

#include "base/log.h"
#include "base/number.h"
#include "base/settings.h"
#include "engine/admit.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/hold.h"
#include "engine/meter.h"
#include "engine/monitor.h"
#include "engine/multi.h"
#include "engine/pause.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/resolve.h"
#include "engine/session.h"
#include "engine/slowlog.h"
#include "engine/tracking.h"
#include "engine/wait.h"
#include "persist/journal.h"
#include "store/keyspace.h"

/* The session's request as a call that has yet to find its command. */
static void
start(struct call *c, struct session *s)
{
	c->start = s->reply.out.length;
	c->engine = s->engine;
	c->session = s;
	c->command = NULL;
	c->args = s->request.args;
	c->argc = s->request.count;
	c->reply = &s->reply;
	c->now = s->now_us / 1000;
	c->db = atomic_load_explicit(&s->db, memory_order_relaxed);
	c->nested = c->again = c->exclusive = false;
	c->ready = c->located = 0;
	c->nothing = NULL;
	c->more = (struct command_range){ 0 };
}

/* In a transaction all but a few wait for EXEC. */
static bool
waits_for_exec(const struct call *c)
{
	return (c->session->multi.open &&
	    (c->command->flags & CMD_NOT_QUEUED) == 0);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return (a > b ? a : b);
}

/*
 * What the reply reports, or under always what it may have read, has to be
 * safe before it is sent.
 */
static void
observe(const struct call *c)
{
	const struct lockset *locks = c->locks;
	uint64_t position = c->effects->position;
	size_t i;

	if (journal_is_strict(c->engine->journal)) {
		/* INFO is asked when the disk does not answer. */
		if (locks->all || (c->command->flags & (CMD_EACH_SHARD |
		    CMD_READ)) == (CMD_EACH_SHARD | CMD_READ))
			position = journal_position(c->engine->journal);
		for (i = 0; !locks->all && i < locks->count; i++)
			position = later(position, keyspace_position(
			    c->engine->keyspace, locks->shards[i]));
	}
	c->session->position = later(c->session->position, position);
}

static void
run(struct call *c)
{
	bool waits;

	effects_start(c->effects, c->engine, c->session);
	lockset_start(c->locks, c->engine->keyspace);
	plan_call(c);
	hold_acquire(c);
	if (c->exclusive)
		wait_reach(c);
	if (c->locks->count > 1)
		ahead_fetch_entries(c, &c->command->keys);
	call_body(c);
	waits = c->nothing != NULL && wait_enter(c);
	wait_serve(c);
	effects_publish(c->effects, c->session->counters);
	if (c->engine->journal != NULL)
		observe(c);
	hold_release(c, waits || effects_want_no_locks(c->effects) ||
	    (c->command->flags & CMD_EXEC) != 0);
	effects_finish(c->effects);
	/* EXEC without MULTI leaves what is watched. */
	if ((c->command->flags & CMD_EXEC) != 0 && c->session->multi.open)
		multi_end(c->session);
	if (waits)
		wait_sleep(c);
}

/* CLIENT REPLY: what stands behind start may not be for sending. */
static void
hush(struct session *s, size_t start)
{
	if (!s->must_reply && s->replies != REPLIES_ON)
		buf_cut(&s->reply.out, start);
	s->must_reply = false;
	if (s->replies == REPLIES_SKIP)
		s->replies = REPLIES_ON;
	else if (s->replies == REPLIES_SKIP_NEXT)
		s->replies = REPLIES_SKIP;
}

void
call_run(struct session *s)
{
	struct effects effects;
	struct lockset locks;
	struct call c;

	outbox_take(s);
	start(&c, s);
	c.effects = &effects;
	c.locks = &locks;
	if (!resolve_command(&c) || !admit_call(&c)) {
		hold_let_go(s);
		errors_reject(&c);
	} else if (pause_holds(&c) && !pause_sleep(&c))
		s->closing = true;
	else if (waits_for_exec(&c)) {
		hold_let_go(s);
		multi_queue(&c);
	} else {
		/* Now, so that CLIENT LIST shows itself. */
		atomic_store_explicit(&s->last_command, c.command,
		    memory_order_relaxed);
		if (log_shows(LOG_LEVEL_DEBUG))
			log_debug("received %s", c.command->full_name);
		run(&c);
	}
	if (s->reply.out.failed) {
		buf_cut(&s->reply.out, c.start);
		reply_error(&s->reply, ERR_NO_MEMORY);
	}
	if (s->tracker != NULL)
		tracking_called(&c);
	hush(s, c.start);
}

bool
call_replay(struct session *s, uint64_t position)
{
	struct effects effects;
	struct lockset locks;
	struct call c = { .effects = &effects, .locks = &locks };
	uint64_t errors = s->reply.errors;

	start(&c, s);
	if (!resolve_command(&c) ||
	    (c.command->flags & (CMD_WRITE | CMD_EXCLUSIVE)) == 0 ||
	    !command_arity_fits(c.command, c.argc) || !resolve_arguments(&c))
		return (false);
	effects_start(&effects, c.engine, s);
	lockset_start(&locks, c.engine->keyspace);
	plan_call(&c);
	lockset_acquire(&locks, true);
	if (locks.all)
		c.command->run(&c);
	else if (locks.count == 1 && keyspace_position(c.engine->keyspace,
	    locks.shards[0]) < position) {
		c.command->run(&c);
		keyspace_note_position(c.engine->keyspace, locks.shards[0],
		    position);
	}
	lockset_release(&locks);
	lockset_free(&locks);
	effects_finish(&effects);
	return (s->reply.errors == errors);
}

void
call_refuse(struct session *s, const char *error)
{
	hold_let_go(s);
	reply_error(&s->reply, "%s", error);
	errors_count(s, &s->reply);
	log_info("bad request: %s: %s", s->peer->name, error);
}

void
call_body(struct call *c)
{
	struct session *s = c->session;
	uint64_t errors = c->reply->errors;
	int64_t began_us = meter_begin(c);
	bool shown = monitor_wants(c);
	struct slowlog_args kept;
	struct buf line = { 0 };

	if (c->effects->record != NULL)
		record_request(c->effects->record, c);
	if (shown)
		monitor_write(c, &line);
	slowlog_keep(&kept, c);
	/* Until the body is done, and nobody looks later. */
	/* cppcheck-suppress autoVariables */
	c->kept = &kept;
	c->command->run(c);
	if (shown)
		monitor_tell(c, &line);
	if (s->tracker != NULL)
		tracking_read(c);
	if (c->reply->errors != errors)
		errors_note(c, s);
	meter_end(c, began_us, c->reply->errors != errors);
	slowlog_drop(&kept);
}

void
call_serve(struct call *c, struct session *server)
{
	uint64_t errors = c->reply->errors;

	if (c->effects->record != NULL)
		record_request(c->effects->record, c);
	c->command->run(c);
	if (c->reply->errors != errors)
		errors_note(c, server);
}

/* What bodies ask of their call, and say to it. */

struct bytes
call_arg(const struct call *c, size_t i)
{
	assert(i < c->argc);
	return (value_bytes(&c->args[i]));
}

bool
call_arg_is(const struct call *c, size_t i, const char *word)
{
	return (bytes_is(call_arg(c, i), word));
}

bool
call_integer(struct call *c, size_t i, int64_t *out)
{
	if (number_parse(call_arg(c, i), out))
		return (true);
	reply_error(c->reply, ERR_NOT_INTEGER);
	return (false);
}

bool
call_count(struct call *c, size_t i, int64_t *out)
{
	if (number_parse(call_arg(c, i), out) && *out >= 0)
		return (true);
	reply_error(c->reply, ERR_NOT_POSITIVE);
	return (false);
}

bool
call_double(struct call *c, size_t i, double *out)
{
	errno = 0;
	if (number_parse_double(call_arg(c, i), out) && !isnan(*out) &&
	    (errno != ERANGE || (!isinf(*out) && *out != 0)))
		return (true);
	reply_error(c->reply, ERR_NOT_FLOAT);
	return (false);
}

bool
call_may_repeat(struct call *c, uint64_t left)
{
	enum { SHORTEST = 4 };	/* ":1\r\n" */
	uint64_t limit = (uint64_t)settings_number(SETTING_PROTO_MAX_BULK_LEN);
	struct buf *out = &c->reply->out;

	out->failed |= out->length - c->start > limit ||
	    left > limit / SHORTEST;
	return (!out->failed);
}

/* Can be added to times in us, and nobody sees the end of it. */
#define FOREVER_MS (INT64_MAX / 2000)

bool
call_timeout(struct call *c, size_t i, int64_t *ms)
{
	long double x;

	if (!number_parse_long_double(call_arg(c, i), &x) ||
	    !((x = ceill(x * 1000)) < (long double)INT64_MAX)) {
		reply_error(c->reply, ERR_TIMEOUT_NOT_FLOAT);
		return (false);
	}
	if (x < 0) {
		reply_error(c->reply, ERR_TIMEOUT_NEGATIVE);
		return (false);
	}
	*ms = x < FOREVER_MS ? (int64_t)x : FOREVER_MS;
	return (true);
}

void
call_wait(struct call *c, int64_t timeout_ms, void (*nothing)(struct reply *))
{
	if (c->nested) {
		nothing(c->reply);
		return;
	}
	c->wait_ms = timeout_ms;
	c->nothing = nothing;
}

void
call_event(struct call *c, enum event_class class, const char *name,
    size_t arg)
{
	effects_event(c->effects, class, name, c->db, call_arg(c, arg));
}

void
call_wrong_arity(struct call *c)
{
	reply_error(c->reply, ERR_ARITY, c->command->full_name);
}
