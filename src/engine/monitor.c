/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/monitor.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/words.h"
#include "engine/call.h"
#include "engine/pubsub.h"
#include "engine/session.h"

bool
monitor_wants(const struct call *c)
{
	return (pubsub_monitored(c->engine) && !c->again &&
	    (c->command->flags & (CMD_ADMIN | CMD_NO_MONITOR)) == 0);
}

/*
 * Of calls that may come before AUTH, user and password behind that word are
 * not shown: they are AUTH's and HELLO's.
 */
static bool
is_secret(const struct call *c, size_t i)
{
	return ((c->command->flags & CMD_NO_AUTH) != 0 &&
	    ((i >= 1 && value_is_bytes(&c->args[i - 1]) &&
	    call_arg_is(c, i - 1, "auth")) ||
	    (i >= 2 && value_is_bytes(&c->args[i - 2]) &&
	    call_arg_is(c, i - 2, "auth"))));
}

void
monitor_write(const struct call *c, struct buf *line)
{
	char digits[NUMBER_SIZE];
	struct bytes text;
	size_t i;

	for (i = 0; i < c->argc; i++) {
		if (i != 0)
			buf_add_char(line, ' ');
		if (is_secret(c, i))
			buf_add_string(line, "\"(redacted)\"");
		else if (value_text(&c->args[i], &text, digits)) {
			buf_add_char(line, '"');
			words_escape(line, text);
			buf_add_char(line, '"');
		} else
			buf_add_format(line, "(%s)", value_type_name(
			    (enum value_type)c->args[i].type));
	}
	buf_add_string(line, "\r\n");
}

/* "127.0.0.1:1234", "unix:/run/respd.sock" */
static void
add_address(const struct peer *peer, struct buf *line)
{
	if (peer->name[0] == '/')
		buf_add_format(line, "unix:%.*s", (int)strlen(peer->name) - 2,
		    peer->name);
	else
		buf_add_string(line, peer->name);
}

/* The database is the one that it has left behind. */
void
monitor_tell(const struct call *c, struct buf *arguments)
{
	int64_t now = clock_wall_us();
	struct buf line = { 0 };

	buf_add_format(&line, "+%" PRId64 ".%06" PRId64 " [%u ", now / 1000000,
	    now % 1000000, atomic_load_explicit(&c->session->db,
	    memory_order_relaxed));
	add_address(c->session->peer, &line);
	buf_add_string(&line, "] ");
	buf_add(&line, arguments->data, arguments->length);
	line.failed |= arguments->failed;
	if (!line.failed)
		pubsub_tell_monitors(c->engine, buf_bytes(&line));
	buf_free(&line);
	buf_free(arguments);
}
