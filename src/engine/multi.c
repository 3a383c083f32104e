/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/multi.h"

#include "base/mem.h"
#include "engine/call.h"
#include "engine/command.h"
#include "engine/errors.h"
#include "engine/plan.h"
#include "engine/session.h"
#include "engine/watch.h"

void
multi_queue(struct call *c)
{
	struct multi *m = &c->session->multi;
	struct queued *q;
	size_t i;

	if (m->count == m->size) {
		m->size = m->size != 0 ? 2 * m->size : 8;
		m->queue = mem_resize(m->queue, m->size * sizeof(*q));
	}
	q = &m->queue[m->count++];
	*q = (struct queued){ .command = c->command, .argc = c->argc,
	    .args = mem_alloc(c->argc * sizeof(*q->args)),
	    .hashes = mem_alloc(c->argc * sizeof(*q->hashes)) };
	for (i = 0; i < c->argc; i++) {
		q->args[i] = c->args[i];
		value_own(&q->args[i]);
		c->args[i].type = VALUE_NONE;
	}
	reply_status(c->reply, "QUEUED");
}

void
multi_end(struct session *s)
{
	struct multi *m = &s->multi;
	size_t i, k;

	for (i = 0; i < m->count; i++) {
		for (k = 0; k < m->queue[i].argc; k++)
			value_free(&m->queue[i].args[k]);
		mem_free(m->queue[i].args);
		mem_free(m->queue[i].hashes);
	}
	mem_free(m->queue);
	*m = (struct multi){ 0 };
	watch_clear(s);
}

/* The call of a queued request within EXEC's. */
static void
start(struct call *sub, struct call *exec, struct queued *q)
{
	sub->start = exec->reply->out.length;
	sub->engine = exec->engine;
	sub->session = exec->session;
	sub->command = q->command;
	sub->args = q->args;
	sub->argc = q->argc;
	sub->reply = exec->reply;
	sub->now = exec->now;
	sub->db = atomic_load_explicit(&exec->session->db,
	    memory_order_relaxed);
	sub->nested = true;
	sub->again = false;
	sub->ready = sub->located = 0;
	sub->nothing = NULL;
	sub->exclusive = false;
	sub->more = (struct command_range){ 0 };
	sub->locks = exec->locks;
	sub->effects = exec->effects;
	sub->hashes = q->hashes;
}

bool
multi_has(const struct multi *m, unsigned flags)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		if ((m->queue[i].command->flags & flags) != 0)
			return (true);
	}
	return (false);
}

void
multi_plan(struct call *c)
{
	struct multi *m = &c->session->multi;
	struct call sub;
	size_t i;

	if (m->failed)
		return;
	watch_plan(c->session, c->locks);
	for (i = 0; i < m->count; i++) {
		start(&sub, c, &m->queue[i]);
		plan_shards(&sub);
		c->exclusive |= sub.exclusive;
	}
}

void
multi_run(struct call *c)
{
	struct multi *m = &c->session->multi;
	struct call sub;
	size_t i;

	if (m->failed) {
		reply_error(c->reply, ERR_EXEC_ABORT);
		return;
	}
	if (watch_fails(c->session, c->now)) {
		reply_null_array(c->reply);
		return;
	}
	reply_array(c->reply, m->count);
	for (i = 0; i < m->count; i++) {
		start(&sub, c, &m->queue[i]);
		plan_more_keys(&sub);
		call_body(&sub);
	}
}
