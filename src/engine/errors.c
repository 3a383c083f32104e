/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/errors.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/stats.h"

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

struct bytes
errors_count(struct session *s, const struct reply *r)
{
	struct bytes code = error_code(r);

	stats_add(&s->counters->of[COUNTER_ERRORS], 1);
	stats_error(s->engine->stats, code);
	return (code);
}

void
errors_note(struct call *c, struct session *counting)
{
	struct bytes code = errors_count(counting, c->reply);

	log_info("command error: %s: %.*s", c->command != NULL ?
	    c->command->full_name : "unknown command", (int)code.length,
	    code.data);
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

void
errors_reject(struct call *c)
{
	struct session *s = c->session;

	if (c->command != NULL &&
	    (c->command->flags & CMD_EXEC) != 0)
		abort_exec(c);
	errors_note(c, s);
	s->multi.failed = s->multi.open;
	stats_add(&s->counters->of[COUNTER_COMMANDS], 1);
	if (c->command != NULL)
		stats_add(&stats_command(s->counters,
		    c->command->index)->rejected, 1);
}
