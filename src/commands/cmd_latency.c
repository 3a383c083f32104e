/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LATENCY: how long commands take.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/settings.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/latency.h"
#include "engine/stats.h"
#include "resp/reply.h"

/* How many calls took less than 1, 2, 4 ... us: as far as that says more. */
static void
reply_histogram(struct reply *r, const struct command *row,
    const struct command_counters *of)
{
	uint64_t sum = 0;
	size_t mark, i, n = 0;

	reply_string(r, row->full_name);
	reply_map(r, 2);
	reply_string(r, "calls");
	reply_integer(r, (int64_t)of->calls);
	reply_string(r, "histogram_usec");
	mark = reply_mark(r);
	for (i = 0; i < COUNTER_TIMES; i++) {
		if (of->took[i] == 0)
			continue;
		sum += of->took[i];
		reply_integer(r, (int64_t)1 << i);
		reply_integer(r, (int64_t)sum);
		n++;
	}
	reply_map_at(r, mark, n);
}

static bool
is_asked_for(struct call *c, const struct command *row)
{
	size_t i;

	for (i = 2; i < c->argc; i++) {
		if (call_arg_is(c, i, row->full_name) ||
		    call_arg_is(c, i, row->name))
			return (true);
	}
	return (c->argc == 2);
}

static void
cmd_latency_histogram(struct call *c)
{
	struct total *total = stats_new_total(c->engine->stats);
	size_t i, n = 0, mark = reply_mark(c->reply);
	const struct command *row;

	stats_sum(c->engine->stats, total);
	for (i = 0; i < command_count_all(c->engine->commands); i++) {
		row = command_at(c->engine->commands, i);
		if (total->commands[row->index].calls == 0 ||
		    !is_asked_for(c, row))
			continue;
		reply_histogram(c->reply, row, &total->commands[row->index]);
		n++;
	}
	reply_map_at(c->reply, mark, n);
	mem_free(total);
}

static void
cmd_latency_latest(struct call *c)
{
	size_t mark = reply_mark(c->reply), n = 0;
	const struct latency_sample *last;
	struct latency_history h;
	int event;

	for (event = 0; event < LATENCY_EVENTS; event++) {
		latency_get(c->engine->latency, (enum latency_event)event, &h);
		if (h.count == 0)
			continue;
		last = &h.samples[h.count - 1];
		reply_array(c->reply, 4);
		reply_string(c->reply, latency_name((enum latency_event)event));
		reply_integer(c->reply, last->time_s);
		reply_integer(c->reply, last->took_ms);
		reply_integer(c->reply, h.most_ms);
		n++;
	}
	reply_array_at(c->reply, mark, n);
}

/* Those of the event that argument 2 names: none, perhaps. */
static void
get_named(struct call *c, struct latency_history *h)
{
	enum latency_event event = latency_find(call_arg(c, 2));

	h->count = 0;
	if (event != LATENCY_EVENTS)
		latency_get(c->engine->latency, event, h);
}

static void
cmd_latency_history(struct call *c)
{
	struct latency_history h;
	size_t i;

	get_named(c, &h);
	reply_array(c->reply, h.count);
	for (i = 0; i < h.count; i++) {
		reply_array(c->reply, 2);
		reply_integer(c->reply, h.samples[i].time_s);
		reply_integer(c->reply, h.samples[i].took_ms);
	}
}

static void
cmd_latency_reset(struct call *c)
{
	enum latency_event event;
	int64_t n = 0;
	size_t i;

	for (i = 2; i < c->argc; i++) {
		event = latency_find(call_arg(c, i));
		if (event != LATENCY_EVENTS)
			n += latency_reset(c->engine->latency, event);
	}
	for (i = 0; c->argc == 2 && i < LATENCY_EVENTS; i++)
		n += latency_reset(c->engine->latency, (enum latency_event)i);
	reply_integer(c->reply, n);
}

enum { GRAPH_COLUMNS = 80, GRAPH_ROWS = 4, GRAPH_STEPS = 3 };

/* "5s", "12m", "3h", "2d": in columns, below the graph. */
static void
format_age(char out[24], int64_t seconds)
{
	static const struct { int64_t below, unit; char letter; } units[] = {
		{ 60, 1, 's' }, { 3600, 60, 'm' }, { 86400, 3600, 'h' },
		{ INT64_MAX, 86400, 'd' },
	};
	size_t i = 0;

	while (seconds >= units[i].below)
		i++;
	snprintf(out, 24, "%" PRId64 "%c", seconds / units[i].unit,
	    units[i].letter);
}

/* The column of a height in steps, at a row that begins at that step. */
static char
bar(int64_t step, int64_t from)
{
	static const char tips[GRAPH_STEPS + 1] = "_o#";

	return (step < from ? ' ' : step < from + GRAPH_STEPS ?
	    tips[step - from] : '|');
}

static void
draw(struct buf *out, const struct latency_sample *s, size_t n, int64_t low,
    int64_t high, int64_t now_s)
{
	enum { STEPS = GRAPH_ROWS * GRAPH_STEPS };
	int64_t range = high > low ? high - low : 1, step;
	char ages[GRAPH_COLUMNS][24];
	size_t i, line, left = 1;
	int row;

	for (row = GRAPH_ROWS - 1; row >= 0; row--) {
		for (i = 0; i < n; i++) {
			step = (s[i].took_ms - low) * STEPS / range;
			buf_add_char(out, bar(step < STEPS ? step : STEPS - 1,
			    row * GRAPH_STEPS));
		}
		buf_add_char(out, '\n');
	}
	for (i = 0; i < n; i++)
		format_age(ages[i], now_s - s[i].time_s);
	buf_add_format(out, "%*s\n", (int)n, "");
	for (line = 0; left != 0; line++) {
		for (i = left = 0; i < n; i++) {
			buf_add_char(out, line < strlen(ages[i]) ?
			    ages[i][line] : ' ');
			left += line + 1 < strlen(ages[i]);
		}
		buf_add_char(out, '\n');
	}
}

static void
cmd_latency_graph(struct call *c)
{
	int64_t low = INT64_MAX, high = 0;
	struct latency_history h;
	struct buf text = { 0 };
	size_t i, n;

	get_named(c, &h);
	if (h.count == 0) {
		reply_error(c->reply, "ERR No samples available for event "
		    "'%.*s'", (int)call_arg(c, 2).length, call_arg(c, 2).data);
		return;
	}
	for (i = 0; i < h.count; i++) {
		low = h.samples[i].took_ms < low ? h.samples[i].took_ms : low;
		high = h.samples[i].took_ms > high ? h.samples[i].took_ms :
		    high;
	}
	buf_add_format(&text, "%.*s - high %" PRId64 " ms, low %" PRId64
	    " ms (all time high %" PRId64 " ms)\n", (int)call_arg(c, 2).length,
	    call_arg(c, 2).data, high, low, h.most_ms);
	for (i = 0; i < GRAPH_COLUMNS; i++)
		buf_add_char(&text, '-');
	buf_add_char(&text, '\n');
	for (i = 0; i < h.count; i += n) {
		if (i != 0)
			buf_add_char(&text, '\n');
		n = h.count - i < GRAPH_COLUMNS ? h.count - i : GRAPH_COLUMNS;
		draw(&text, h.samples + i, n, low, high, c->now / 1000);
	}
	reply_verbatim(c->reply, "txt", buf_bytes(&text));
	buf_free(&text);
}

/* How often an event was, and how long it took. */
static void
describe(struct buf *out, enum latency_event event,
    const struct latency_history *h, int64_t now_s)
{
	int64_t sum = 0, deviation = 0, average, n = (int64_t)h->count;
	size_t i;

	for (i = 0; i < h->count; i++)
		sum += h->samples[i].took_ms;
	average = sum / n;
	for (i = 0; i < h->count; i++)
		deviation += h->samples[i].took_ms > average ?
		    h->samples[i].took_ms - average :
		    average - h->samples[i].took_ms;
	buf_add_format(out, "%s: %zu times in the last %" PRId64 " s, %" PRId64
	    " ms on average, with a mean deviation of %" PRId64 " ms, and %"
	    PRId64 " ms at most.\n", latency_name(event), h->count,
	    now_s - h->samples[0].time_s, average, deviation / n, h->most_ms);
}

static void
cmd_latency_doctor(struct call *c)
{
	struct latency_history h;
	struct buf text = { 0 };
	int event;

	for (event = 0; event < LATENCY_EVENTS; event++) {
		latency_get(c->engine->latency, (enum latency_event)event, &h);
		if (h.count != 0)
			describe(&text, (enum latency_event)event, &h,
			    c->now / 1000);
	}
	if (text.length != 0)
		buf_add_string(&text, "SLOWLOG GET says which calls these "
		    "were, if slowlog-log-slower-than is low enough.\n");
	else if (latency_watches())
		buf_add_string(&text, "Nothing took as long as "
		    "latency-monitor-threshold.\n");
	else
		buf_add_string(&text, "Nothing is watched: CONFIG SET "
		    "latency-monitor-threshold says how many milliseconds are "
		    "long.\n");
	reply_verbatim(c->reply, "txt", buf_bytes(&text));
	buf_free(&text);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_arity, a_run) {	\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "server",						\
	.cost    = "O(N) where N is the number of entries",		\
	.arity   = a_arity,						\
	.flags   = CMD_ADMIN | CMD_LOADING | CMD_NO_SCRIPT,		\
	.run     = a_run,						\
}

static struct command latency_rows[] = {
	ROW("histogram", "[command [command ...]]",
	    "Returns how many calls of commands took how long.", "7.0.0", -2,
	    cmd_latency_histogram),
	ROW("latest", "", "Returns the latest calls that took long.",
	    "2.8.13", 2, cmd_latency_latest),
	ROW("history", "event", "Returns when calls took long.", "2.8.13", 3,
	    cmd_latency_history),
	ROW("graph", "event", "Draws how long they took.", "2.8.13", 3,
	    cmd_latency_graph),
	ROW("doctor", "", "Says how often calls took long.", "2.8.13", 2,
	    cmd_latency_doctor),
	ROW("reset", "[event [event ...]]",
	    "Forgets which calls took long.", "2.8.13", -2,
	    cmd_latency_reset),
	HELP_ROW("2.8.13", "server"),
	{ .name = NULL },
};

struct command cmd_latency_rows[] = {
	CONTAINER_ROW("latency", "Commands on how long commands take.",
	    "2.8.13", "server", latency_rows),
	{ .name = NULL },
};
