/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From events to requests.  While the server works on one window of requests
 * the next is filled; its replies are read before that is sent, so that
 * neither side ever waits for a peer that waits for it.
 */
#include "import/send.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/tell.h"
#include "import/exchange.h"
#include "import/mark.h"

enum {
	WINDOW_REQUESTS	= 1024,
	WINDOW_BYTES	= 256 * 1024,
	BATCH_ELEMENTS	= 512,
	BATCH_BYTES	= 64 * 1024,
};

void
send_begin(struct send *s)
{
	s->now = clock_wall_us() / 1000;
	s->target = -1;
}

static struct window *
window(struct send *s)
{
	return (&s->windows[0]);
}

/* Send the window, once the replies to the one before are there. */
static bool
flush(struct send *s)
{
	struct window other;

	if (!exchange_read(s, &s->windows[1]) ||
	    !exchange_send(s, &s->windows[0]))
		return (false);
	other = s->windows[1];
	s->windows[1] = s->windows[0];
	s->windows[0] = other;
	window_clear(window(s));
	return (true);
}

/* The same, and wait for all replies. */
static bool
drain(struct send *s)
{
	return (flush(s) && flush(s));
}

static bool
flush_if_full(struct send *s)
{
	struct window *w = window(s);

	tell_progress(input_position(s->input), s->keys);
	if (w->text.failed) {
		tell("out of memory");
		s->failed = true;
		return (false);
	}
	return ((w->count < WINDOW_REQUESTS &&
	    w->text.length < WINDOW_BYTES) || flush(s));
}

/* Keys */

static size_t
this_key(struct send *s)
{
	return (window(s)->key_count - 1);
}

static void
begin(struct send *s, const char *name)
{
	struct window *w = window(s);

	window_begin(w, this_key(s));
	window_add(w, bytes_of(name));
	window_add_name(w, this_key(s));
	s->elements = s->bytes = 0;
}

static bool
on_database(void *arg, uint64_t number)
{
	struct send *s = arg;
	int64_t target;

	if (number >= DATABASES) {
		tell("there is a database %" PRIu64 ": the file is damaged",
		    number);
		return (false);
	}
	target = databases_target(s->databases, number);
	if (target != -1 && target != s->target &&
	    (!drain(s) || !exchange_select(s, target)))
		return (false);
	if (target != -1)
		s->used[target] = true;
	s->dropped = target == -1;
	s->target = target;
	return (true);
}

static bool
on_key(void *arg, struct bytes name, enum kind kind, int64_t deadline)
{
	struct send *s = arg;

	s->dropped = s->target == -1;
	if (s->dropped)
		return (true);
	s->keys++;
	if (deadline <= s->now && !s->replay) {
		s->expired++;
		s->dropped = true;
		return (true);
	}
	s->kind = kind;
	s->deadline = deadline;
	if (deadline <= s->now) {
		s->deadline = mark_deadline(deadline, s->now);
		s->marked = true;
	}
	s->begun = false;
	window_add_key(window(s), s->keys, name, true);
	return (true);
}

static void
set_string(struct send *s, struct bytes value)
{
	struct window *w = window(s);

	begin(s, "SET");
	window_add(w, value);
	if (!s->replace && !s->replay)
		window_add(w, bytes_of("NX"));
	if (s->deadline != NO_DEADLINE) {
		window_add(w, bytes_of("PXAT"));
		window_add_number(w, s->deadline);
	}
	s->begun = true;
}

/* A request that has room for another element. */
static void
begin_batch(struct send *s)
{
	static const char *const names[KINDS] = { [KIND_LIST] = "RPUSH",
	    [KIND_SET] = "SADD", [KIND_ZSET] = "ZADD", [KIND_HASH] = "HSET" };

	if (!s->begun && (s->replace || s->replay))
		begin(s, "DEL");
	begin(s, names[s->kind]);
	s->begun = true;
}

/* After a flush: the rest of the key, unless it turned out to be there. */
static bool
go_on(struct send *s)
{
	const struct window *sent = &s->windows[1];
	const struct window_key *key = &sent->keys[sent->key_count - 1];

	s->dropped = key->dropped;
	if (!s->dropped)
		window_add_key(window(s), key->number,
		    window_name(sent, key), false);
	s->elements = BATCH_ELEMENTS;
	return (true);
}

static bool
on_element(void *arg, struct bytes first, struct bytes second)
{
	struct send *s = arg;

	if (s->dropped)
		return (true);
	if (s->kind == KIND_STRING) {
		set_string(s, first);
		return (true);
	}
	if (!s->begun || s->elements >= BATCH_ELEMENTS ||
	    s->bytes >= BATCH_BYTES)
		begin_batch(s);
	window_add(window(s), first);
	if (s->kind == KIND_HASH || s->kind == KIND_ZSET)
		window_add(window(s), second);
	s->elements++;
	s->bytes += first.length + second.length;
	if (window(s)->text.length < WINDOW_BYTES)
		return (true);
	return (flush_if_full(s) && go_on(s));
}

static bool
on_end(void *arg)
{
	struct send *s = arg;

	if (s->dropped)
		return (true);
	if (!s->begun)
		s->empty++;
	else if (s->kind != KIND_STRING && s->deadline != NO_DEADLINE) {
		begin(s, "PEXPIREAT");
		window_add_number(window(s), s->deadline);
	}
	return (flush_if_full(s));
}

/* What is no key */

static bool
on_unsupported(void *arg, const char *what, struct bytes name)
{
	struct send *s = arg;

	if (s->target == -1)
		return (true);
	s->unsupported++;
	if (s->pass_over)
		return (true);
	tell("not supported: %s %s", what, tell_name(name));
	s->failed = true;
	return (false);
}

/* All databases that were written to, since there may be others. */
static bool
flush_all(struct send *s)
{
	int64_t i, target = s->target;

	if (!drain(s))
		return (false);
	for (i = 0; i < DATABASES; i++) {
		if (!s->used[i])
			continue;
		if (!exchange_select(s, i))
			return (false);
		window_begin(window(s), WINDOW_NO_KEY);
		window_add(window(s), bytes_of("FLUSHDB"));
		if (!drain(s))
			return (false);
	}
	return (exchange_select(s, target));
}

/* An argument that names a database of the file names one of the server. */
static bool
route(struct send *s, struct bytes *arg, char digits[NUMBER_SIZE])
{
	int64_t number;

	if (!number_parse(*arg, &number) || number < 0 ||
	    (number = databases_target(s->databases,
	    (uint64_t)number)) == -1)
		return (false);
	if (number < DATABASES)
		s->used[number] = true;
	*arg = bytes_make(digits, number_format(digits, number));
	return (true);
}

/* MOVE, COPY ... DB and SWAPDB; false: into what is not wanted, or from it. */
static bool
route_command(struct send *s, struct bytes *args, size_t count,
    char digits[2][NUMBER_SIZE])
{
	size_t i;

	if (bytes_is(args[0], "move") && count >= 3)
		return (route(s, &args[2], digits[0]));
	if (bytes_is(args[0], "swapdb") && count >= 3)
		return (route(s, &args[1], digits[0]) &&
		    route(s, &args[2], digits[1]));
	if (bytes_is(args[0], "copy"))
		for (i = 3; i + 1 < count; i++)
			if (bytes_is(args[i], "db"))
				return (route(s, &args[i + 1], digits[0]));
	return (true);
}

static bool
replay(struct send *s, struct bytes *args, size_t count)
{
	char digits[2][NUMBER_SIZE];
	struct window *w = window(s);
	size_t i;

	if (!route_command(s, args, count, digits)) {
		tell("refused: a %.*s between databases of which one is not "
		    "wanted", (int)args[0].length, args[0].data);
		s->refused++;
		return (true);
	}
	if (mark_command(args, &count, s->now, digits[0]))
		s->marked = true;
	window_begin(w, WINDOW_NO_KEY);
	for (i = 0; i < count; i++)
		window_add(w, args[i]);
	return (flush_if_full(s));
}

static bool
on_command(void *arg, const struct bytes *lent, size_t count)
{
	struct send *s = arg;
	struct bytes *args;
	bool good;

	if (!s->replay) {
		tell("commands can be imported from a file only");
		s->failed = true;
		return (false);
	}
	if (s->target == -1)
		return (true);
	s->commands++;
	if (bytes_is(lent[0], "flushall"))
		return (flush_all(s));
	args = mem_copy(lent, count * sizeof(*args));
	good = replay(s, args, count);
	mem_free(args);
	return (good);
}

bool
send_end(struct send *s)
{
	int64_t i;

	if (!drain(s))
		return (false);
	for (i = 0; s->marked && i < DATABASES; i++)
		if (s->used[i] && !exchange_sweep(s, i))
			return (false);
	return (true);
}

void
send_free(struct send *s)
{
	window_free(&s->windows[0]);
	window_free(&s->windows[1]);
}

const struct events send_events = {
	.database = on_database,
	.key = on_key,
	.element = on_element,
	.end = on_end,
	.unsupported = on_unsupported,
	.command = on_command,
};
