/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/call.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/settings.h"
#include "engine/ahead.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/evict.h"
#include "engine/hold.h"
#include "engine/meter.h"
#include "engine/monitor.h"
#include "engine/multi.h"
#include "engine/pause.h"
#include "engine/record.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "engine/tracking.h"
#include "engine/wait.h"
#include "persist/journal.h"
#include "store/keyspace.h"
#include "value/dict.h"

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
call_timeout(struct call *c, size_t i, int64_t *ms)
{
	double seconds;

	if (!number_parse_double(call_arg(c, i), &seconds) ||
	    !(seconds * 1000 < (double)(INT64_MAX / 2000))) {
		reply_error(c->reply, ERR_TIMEOUT_NOT_FLOAT);
		return (false);
	}
	if (seconds < 0) {
		reply_error(c->reply, ERR_TIMEOUT_NEGATIVE);
		return (false);
	}
	*ms = (int64_t)ceil(seconds * 1000);
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

/*
 * The command does not exist.  The article's word for it is not Redis's;
 * Redis shows the arguments as well, up to 128 bytes of them.
 */
static void
unknown_command(struct call *c)
{
	struct bytes name = call_arg(c, 0), arg;
	struct buf text = { 0 };
	size_t i, left;

	left = name.length < 128 ? name.length : 128;
	if (c->reply->dialect == DIALECT_ARTICLE) {
		for (i = 0; i < left; i++)
			buf_add_char(&text,
			    (char)toupper((unsigned char)name.data[i]));
		reply_error(c->reply, "Unrecognized command: %.*s",
		    (int)text.length, text.data);
	} else {
		for (i = 1; i < c->argc && text.length < 128; i++) {
			if (!value_is_bytes(&c->args[i]))
				continue;
			arg = call_arg(c, i);
			left = 128 - text.length;
			buf_add_format(&text, "'%.*s' ", (int)(arg.length <
			    left ? arg.length : left), arg.data);
		}
		reply_error(c->reply, "ERR unknown command '%.*s', with args "
		    "beginning with: %.*s", (int)(name.length < 128 ?
		    name.length : 128), name.data, (int)text.length,
		    text.data);
	}
	buf_free(&text);
}

static void
unknown_subcommand(struct call *c)
{
	struct bytes name = call_arg(c, 1);
	char upper[32];
	size_t i;

	for (i = 0; i < sizeof(upper) - 1 && c->command->name[i] != '\0'; i++)
		upper[i] = (char)toupper((unsigned char)c->command->name[i]);
	upper[i] = '\0';
	reply_error(c->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
	    (int)(name.length < 128 ? name.length : 128), name.data, upper);
}

/* A number where the command wants a string: its digits. */
static bool
to_string(struct call *c, struct value *v)
{
	char text[NUMBER_SIZE], *copy;
	size_t length;

	if (v->type == VALUE_BIG_NUMBER) {
		v->type = VALUE_STRING;
		return (true);
	}
	if (v->type == VALUE_INTEGER)
		length = number_format(text, v->integer);
	else if (v->type == VALUE_DOUBLE)
		length = number_format_double(text, v->real);
	else
		return (false);
	copy = arena_take(&c->session->request.arena, length);
	if (copy == NULL)
		log_fatal("out of memory for an argument");
	memcpy(copy, text, length);
	*v = value_view(VALUE_STRING, bytes_make(copy, length));
	return (true);
}

/*
 * Bodies get strings, except where their row says that any type will do.
 * False: answered.
 */
static bool
normalize(struct call *c)
{
	const struct command *row = c->command;
	const char *type;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		struct value *v = &c->args[i];

		if (v->type == VALUE_STRING ||
		    command_range_has(&row->values, c->argc, i) ||
		    to_string(c, v))
			continue;
		type = value_type_name((enum value_type)v->type);
		if (command_range_has(&row->keys, c->argc, i))
			reply_error(c->reply, "ERR unhashable key type: %s",
			    type);
		else
			reply_error(c->reply,
			    "ERR argument %zu of '%s' must be a string, "
			    "not of type %s", i, row->full_name, type);
		return (false);
	}
	return (true);
}

/* Find the row, down to the subcommand; false: answered. */
static bool
find_command(struct call *c)
{
	const struct command *sub;

	if (c->args[0].type != VALUE_STRING) {
		reply_error(c->reply, "First parameter must be command name.");
		return (false);
	}
	c->command = command_find(c->engine->commands, call_arg(c, 0));
	if (c->command == NULL) {
		unknown_command(c);
		return (false);
	}
	if ((c->command->flags & CMD_ANNOUNCES) != 0 &&
	    c->reply->dialect == DIALECT_ARTICLE)
		session_speak(c->session, DIALECT_RESP2);
	if (c->command->subcommands == NULL || c->argc < 2)
		return (true);
	if (!normalize(c))
		return (false);
	sub = command_find_sub(c->command, call_arg(c, 1));
	if (sub == NULL) {
		unknown_subcommand(c);
		return (false);
	}
	c->command = sub;
	return (true);
}

/* MSET {a: 1, b: 2} becomes MSET a 1 b 2. */
static void
spread(struct call *c)
{
	struct request *q = &c->session->request;
	struct value dict, key, value;
	struct dict_iter it;

	if (c->argc != 2 || c->args[1].type != VALUE_DICT)
		return;
	dict = q->args[1];
	q->count = 1;
	for (dict_start(&it, dict.dict); dict_next(&it); ) {
		key = value_clone(&it.key);
		value = value_clone(&it.value);
		request_add(q, &key);
		request_add(q, &value);
	}
	value_free(&dict);
	c->args = q->args;
	c->argc = q->count;
}

/* Keys evicted by one call at most; the reaper does the rest. */
enum { EVICT_MOST = 64 };

/* Who may need more memory may not run when there is none; false: answered. */
static bool
find_memory(struct call *c)
{
	hold_let_go(c->session);
	if (evict(c->engine, EVICT_MOST, c->now) ||
	    (c->command->flags & CMD_DENY_OOM) == 0)
		return (true);
	reply_error(c->reply, ERR_OOM);
	return (false);
}

/* Whether the call may run at all; false: answered. */
static bool
admit(struct call *c)
{
	const struct command *row = c->command;
	bool bare;

	if ((row->flags & CMD_SPREADS) != 0)
		spread(c);
	bare = c->argc == 1 && (row->flags & CMD_MAY_BE_BARE) != 0 &&
	    c->reply->dialect == DIALECT_ARTICLE;
	if (!bare && !command_arity_fits(row, c->argc)) {
		call_wrong_arity(c);
		return (false);
	}
	if (!session_is_known(c->session) && (row->flags & CMD_NO_AUTH) == 0) {
		reply_error(c->reply, "NOAUTH Authentication required.");
		return (false);
	}
	if (settings_number(SETTING_MAXMEMORY) != 0 && !find_memory(c))
		return (false);
	if (c->session->multi.open && (row->flags & CMD_NO_MULTI) != 0) {
		reply_error(c->reply, ERR_NO_MULTI);
		return (false);
	}
	if ((row->flags & CMD_SUBSCRIBED) == 0 &&
	    c->reply->dialect != DIALECT_RESP3 &&
	    pubsub_subscribed(c->session)) {
		reply_error(c->reply, ERR_SUBSCRIBED, row->full_name);
		return (false);
	}
	if ((row->flags & (CMD_READ | CMD_WRITE)) != 0 &&
	    pubsub_count(c->session, PUBSUB_MONITOR) != 0) {
		reply_error(c->reply, ERR_MONITORS);
		return (false);
	}
	/* Who announces itself may have done so with typed arguments. */
	return ((c->reply->dialect == DIALECT_RESP2 &&
	    (row->flags & CMD_ANNOUNCES) == 0) || normalize(c));
}

/* Room for the hashes of as many keys as there are arguments. */
static void
make_room(struct call *c)
{
	struct session *s = c->session;

	c->hashes = c->few_hashes;
	if (c->argc <= CALL_FEW_ARGS)
		return;
	if (s->hashes_size < c->argc || s->hashes_size > 1024) {
		mem_free(s->hashes);
		s->hashes = mem_alloc(c->argc * sizeof(*s->hashes));
		s->hashes_size = c->argc;
	}
	c->hashes = s->hashes;
}

bool
call_has_key(const struct call *c, size_t arg)
{
	return (command_range_has(&c->command->keys, c->argc, arg) ||
	    command_range_has(&c->more, c->argc, arg));
}

bool
call_waits_for(const struct call *c, size_t arg)
{
	const struct command_range *waits = &c->command->waits;

	return (waits->first != 0 ? command_range_has(waits, c->argc, arg) :
	    call_has_key(c, arg));
}

bool
call_find_more_keys(struct call *c)
{
	return (c->command->more_keys != NULL &&
	    c->command->more_keys(c->args, c->argc, &c->more));
}

static void
plan_range(struct call *c, const struct command_range *keys)
{
	const struct ahead *ahead = &c->session->ahead;
	struct keyspace *ks = c->engine->keyspace;
	size_t i, last;

	if (keys->first == 0)
		return;
	last = command_range_last(keys, c->argc);
	for (i = (size_t)keys->first; i <= last; i += (size_t)keys->step) {
		c->hashes[i] = i == 1 && ahead->has_hash && !c->nested ?
		    ahead->hash : keyspace_hash(call_arg(c, i));
		lockset_add(c->locks, keyspace_shard(ks, c->hashes[i]));
	}
	if (last > (size_t)keys->first)
		ahead_fetch_slots(c, keys);
}

void
call_plan(struct call *c)
{
	unsigned flags = c->command->flags;
	bool all = call_find_more_keys(c);

	c->exclusive |= (flags & (CMD_WRITE | CMD_EXCLUSIVE)) != 0;
	if (all || (flags & CMD_ALL_KEYS) != 0 ||
	    (c->nested && (flags & CMD_EACH_SHARD) != 0))
		lockset_add_all(c->locks);
	if ((flags & CMD_DUE) != 0)
		lockset_add(c->locks, DUE_SHARD);
	plan_range(c, &c->command->keys);
	plan_range(c, &c->more);
	if ((flags & CMD_EXEC) != 0)
		multi_plan(c);
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
		if (locks->all || (c->command->flags & CMD_EACH_SHARD) != 0)
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
	make_room(c);
	call_plan(c);
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
	if ((c->command->flags & CMD_EXEC) != 0)
		multi_end(c->session);
	if (waits)
		wait_sleep(c);
}

/* "ERR" of "-ERR text"; an error of the article's has no code. */
static struct bytes
error_code(const struct reply *r)
{
	const char *p = r->out.data + r->error_at + 1;
	const char *end = r->out.data + r->out.length, *q;

	for (q = p; q < end && isupper((unsigned char)*q); q++)
		;
	if (q == p || q == end || *q != ' ')
		return (bytes_of("ERR"));
	return (bytes_make(p, (size_t)(q - p)));
}

/* Count the last reply, an error; returns its code. */
static struct bytes
count_error(struct session *s, const struct reply *r)
{
	struct bytes code = error_code(r);

	stats_add(&s->counters->of[COUNTER_ERRORS], 1);
	stats_error(s->engine->stats, code);
	return (code);
}

void
call_refuse(struct session *s, const char *error)
{
	hold_let_go(s);
	reply_error(&s->reply, "%s", error);
	count_error(s, &s->reply);
	log_info("bad request: %s: %s", s->peer->name, error);
}

/* Count it among those of the session whose thread this is. */
static void
note_error(struct call *c, struct session *counting)
{
	struct bytes code = count_error(counting, c->reply);

	log_info("command error: %s: %.*s", c->command != NULL ?
	    c->command->full_name : "unknown command", (int)code.length,
	    code.data);
}

void
call_body(struct call *c)
{
	struct session *s = c->session;
	uint64_t errors = c->reply->errors;
	int64_t began_us = meter_begin(c);
	bool shown = monitor_wants(c);
	struct buf line = { 0 };

	if (c->effects->record != NULL)
		record_request(c->effects->record, c);
	if (shown)
		monitor_write(c, &line);
	c->command->run(c);
	if (shown)
		monitor_tell(c, &line);
	if (s->tracker != NULL)
		tracking_read(c);
	if (c->reply->errors != errors)
		note_error(c, s);
	meter_end(c, began_us, c->reply->errors != errors);
}

void
call_serve(struct call *c, struct session *server)
{
	uint64_t errors = c->reply->errors;

	if (c->effects->record != NULL)
		record_request(c->effects->record, c);
	c->command->run(c);
	if (c->reply->errors != errors)
		note_error(c, server);
}

/* The error just answered is that of an EXEC, which ends its transaction. */
static void
abort_exec(struct call *c)
{
	struct reply *r = c->reply;
	struct buf text = { 0 };

	/* Without "-" and, as in Redis, without "ERR ". */
	buf_add(&text, r->out.data + r->error_at + 1,
	    r->out.length - r->error_at - 3);
	buf_add_char(&text, '\0');
	buf_cut(&r->out, r->error_at);
	if (text.data != NULL)
		reply_error(r, "EXECABORT Transaction discarded because of: "
		    "%s", text.data + (strncmp(text.data, "ERR ", 4) == 0 ?
		    4 : 0));
	buf_free(&text);
	multi_end(c->session);
}

/* It was not admitted, and answered; a transaction cannot be run any more. */
static void
reject(struct call *c)
{
	struct session *s = c->session;

	if (c->command != NULL &&
	    (c->command->flags & CMD_EXEC) != 0)
		abort_exec(c);
	note_error(c, s);
	s->multi.failed = s->multi.open;
	stats_add(&s->counters->of[COUNTER_COMMANDS], 1);
	if (c->command != NULL)
		stats_add(&s->counters->commands[c->command->index].rejected,
		    1);
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

/* In a transaction all but a few wait for EXEC. */
static bool
waits_for_exec(const struct call *c)
{
	return (c->session->multi.open &&
	    (c->command->flags & CMD_NOT_QUEUED) == 0);
}

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
	c->ready = 0;
	c->nothing = NULL;
	c->more = (struct command_range){ 0 };
}

bool
call_replay(struct session *s, uint64_t position)
{
	struct effects effects;
	struct lockset locks;
	struct call c = { .effects = &effects, .locks = &locks };
	uint64_t errors = s->reply.errors;

	start(&c, s);
	if (!find_command(&c) || 
	    (c.command->flags & (CMD_WRITE | CMD_EXCLUSIVE)) == 0 ||
	    !command_arity_fits(c.command, c.argc) || !normalize(&c))
		return (false);
	effects_start(&effects, c.engine, s);
	lockset_start(&locks, c.engine->keyspace);
	make_room(&c);
	call_plan(&c);
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
call_run(struct session *s)
{
	struct effects effects;
	struct lockset locks;
	struct call c;

	outbox_take(s);
	start(&c, s);
	c.effects = &effects;
	c.locks = &locks;
	if (!find_command(&c) || !admit(&c)) {
		hold_let_go(s);
		reject(&c);
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
