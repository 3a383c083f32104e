/* SPDX-License-Identifier: BSD-2-Clause */
#include "agents/replay.h"

#include <inttypes.h>

#include "base/mem.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "store/keyspace.h"

struct replay {
	struct engine	*engine;
	struct session	*session;	/* its clock stands at 0 */
	struct buf	 wrong;
};

struct replay *
replay_new(struct engine *e)
{
	struct replay *r = mem_zalloc(sizeof(*r));

	r->engine = e;
	r->session = mem_zalloc(sizeof(*r->session));
	r->session->engine = e;
	r->session->counters = stats_mine(e->stats);
	r->session->reply.dialect = DIALECT_RESP3;
	return (r);
}

void
replay_free(struct replay **replay_p)
{
	struct replay *r = *replay_p;

	*replay_p = NULL;
	if (r == NULL)
		return;
	r->engine->replaying = 0;
	request_free(&r->session->request);
	buf_free(&r->session->reply.out);
	mem_free(r->session->hashes);
	mem_free(r->session);
	buf_free(&r->wrong);
	mem_free(r);
}

/* Say which one it is and, if it came to that, what the answer was. */
static bool
fail(struct replay *r, uint64_t position, const char *why)
{
	const struct request *q = &r->session->request;
	const struct buf *out = &r->session->reply.out;

	buf_add_format(&r->wrong, "record %" PRIu64, position);
	if (q->count != 0 && value_is_bytes(&q->args[0]))
		buf_add_format(&r->wrong, " (%.*s)", (int)(q->args[0].length <
		    32 ? q->args[0].length : 32), q->args[0].data);
	if (out->length > 3 && out->data[0] == '-')
		buf_add_format(&r->wrong, ": %.*s", (int)out->length - 3,
		    out->data + 1);
	else
		buf_add_format(&r->wrong, ": %s", why);
	return (false);
}

bool
replay_apply(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct replay *r = arg;
	struct session *s = r->session;
	bool ok;

	if (db >= keyspace_databases(r->engine->keyspace))
		return (fail(r, position, "there are not so many databases"));
	if (request_parse(&s->request, record) != REQUEST_OK)
		return (fail(r, position, "it is not a request"));
	r->engine->replaying = position;
	atomic_store_explicit(&s->db, db, memory_order_relaxed);
	ok = call_replay(s, position) ||
	    fail(r, position, "it is no command that writes");
	buf_clear(&s->reply.out, 64 * 1024);
	request_clear(&s->request);
	return (ok);
}

struct bytes
replay_wrong(const struct replay *r)
{
	return (buf_bytes(&r->wrong));
}
