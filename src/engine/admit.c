/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/admit.h"

#include <string.h>

#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/evict.h"
#include "engine/hold.h"
#include "engine/resolve.h"
#include "engine/session.h"
#include "persist/journal.h"
#include "value/dict.h"

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

static bool
debug_allowed(const struct call *c)
{
	int64_t enabled = settings_number(SETTING_ENABLE_DEBUG_COMMAND);

	return (enabled == DEBUG_COMMAND_YES ||
	    (enabled == DEBUG_COMMAND_LOCAL && c->session->peer->loopback));
}

/* Whether it may change keys, or EXEC's do. */
static bool
writes(const struct call *c)
{
	unsigned flags = c->command->flags;

	return ((flags & CMD_WRITE) != 0 || ((flags & CMD_EXEC) != 0 &&
	    multi_has(&c->session->multi, CMD_WRITE)));
}

/*
 * Who changes something may not when the journal could not tell, and waits
 * when it has fallen behind; false: answered.
 */
static bool
find_journal(struct call *c)
{
	struct journal *j = c->engine->journal;

	if (journal_is_at_ease(j) || !writes(c))
		return (true);
	hold_let_go(c->session);
	if (journal_may_write(j))
		return (true);
	reply_error(c->reply, ERR_JOURNAL, strerror(journal_error(j)));
	return (false);
}

bool
admit_call(struct call *c)
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
	if ((row->flags & CMD_DEBUG) != 0 && !debug_allowed(c)) {
		reply_error(c->reply, ERR_DEBUG);
		return (false);
	}
	if (!session_is_known(c->session) && (row->flags & CMD_NO_AUTH) == 0) {
		reply_error(c->reply, "NOAUTH Authentication required.");
		return (false);
	}
	if (atomic_load_explicit(&c->engine->loading, memory_order_relaxed)) {
		if ((row->flags & CMD_LOADING) == 0) {
			reply_error(c->reply, ERR_LOADING);
			return (false);
		}
	} else if (settings_number(SETTING_MAXMEMORY) != 0 && !find_memory(c))
		return (false);
	if (c->engine->journal != NULL && !find_journal(c))
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
	    (row->flags & CMD_ANNOUNCES) == 0) || resolve_arguments(c));
}
