/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The due queue of the article's successor: ADD, READ and their like.  Its
 * times are text, which says nothing of time zones: they are taken as UTC.
 */
#include <stdint.h>

#include "base/clock.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/due.h"
#include "engine/record.h"
#include "resp/reply.h"
#include "value/value.h"

/* Its own words. */
#define ERR_TIMESTAMP "Timestamp must be formatted Y-m-d H:M:S"

/* Take a number of up to `most` digits in [low, high] off the text. */
static bool
take_number(struct bytes *text, size_t most, int low, int high, int *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < most && i < text->length && text->data[i] >= '0' &&
	    text->data[i] <= '9'; i++)
		*n = *n * 10 + text->data[i] - '0';
	*text = bytes_make(text->data + i, text->length - i);
	return (i != 0 && *n >= low && *n <= high);
}

static bool
take_char(struct bytes *text, char c)
{
	if (text->length == 0 || *text->data != c)
		return (false);
	*text = bytes_make(text->data + 1, text->length - 1);
	return (true);
}

static bool
take_date(struct bytes *text, int *year, int *month, int *day)
{
	size_t left = text->length;

	return (take_number(text, 4, 1, 9999, year) &&
	    left - text->length == 4 && take_char(text, '-') &&
	    take_number(text, 2, 1, 12, month) && take_char(text, '-') &&
	    take_number(text, 2, 1, 31, day));
}

/* Y-m-d H:M:S, and perhaps a fraction of up to six digits. */
static bool
take_time(struct bytes *text, int *hour, int *minute, int *second, int *us)
{
	size_t left;

	*us = 0;
	if (!take_number(text, 2, 0, 23, hour) || !take_char(text, ':') ||
	    !take_number(text, 2, 0, 59, minute) || !take_char(text, ':') ||
	    !take_number(text, 2, 0, 59, second))
		return (false);
	if (!take_char(text, '.'))
		return (true);
	left = text->length;
	if (!take_number(text, 6, 0, 999999, us))
		return (false);
	for (left -= text->length; left < 6; left++)
		*us *= 10;
	return (true);
}

/* Days since the first of January 1970; false if there is no such day. */
static bool
count_days(int year, int month, int day, int64_t *days)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
	    273, 304, 334, 365 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	int past = year - 1;

	if (day > before[month] - before[month - 1] + (leap && month == 2))
		return (false);
	*days = 365 * past + past / 4 - past / 100 + past / 400 - 719162 +
	    before[month - 1] + (leap && month > 2) + day - 1;
	return (true);
}

/* Argument i as a time in us since the epoch; false: answered. */
static bool
read_timestamp(struct call *c, size_t i, int64_t *time_us)
{
	int year, month, day, hour, minute, second, us;
	struct bytes text = call_arg(c, i);
	int64_t days;

	if (!take_date(&text, &year, &month, &day) || !take_char(&text, ' '))
		goto bad;
	while (take_char(&text, ' '))
		;
	if (!take_time(&text, &hour, &minute, &second, &us) ||
	    text.length != 0 || !count_days(year, month, day, &days))
		goto bad;
	*time_us = (((days * 24 + hour) * 60 + minute) * 60 + second) *
	    INT64_C(1000000) + us;
	return (true);
bad:
	reply_error(c->reply, ERR_TIMESTAMP);
	return (false);
}

static void
cmd_add(struct call *c)
{
	int64_t time_us;

	if (!read_timestamp(c, 1, &time_us))
		return;
	due_add(c, time_us, &c->args[2]);
	reply_integer(c->reply, 1);
}

/* To the journal, which needs to know when it was. */
static void
say_read(struct call *c, int64_t time_us)
{
	char text[CLOCK_TEXT];
	struct value v;

	clock_format(text, time_us);
	v = value_view(VALUE_STRING, bytes_of(text));
	record_say(c, 0, "READ", &v, 1);
}

static void
cmd_read(struct call *c)
{
	size_t mark = reply_mark(c->reply), n = 0;
	int64_t time_us = c->now * 1000;
	struct value v;

	if (c->argc > 2) {
		call_wrong_arity(c);
		return;
	}
	if (c->argc == 2 && !read_timestamp(c, 1, &time_us))
		return;
	for (; due_take(c, time_us, &v); n++) {
		reply_value(c->reply, &v);
		value_free(&v);
	}
	reply_array_at(c->reply, mark, n);
	if (n != 0)
		say_read(c, time_us);
}

static void
cmd_flush_schedule(struct call *c)
{
	reply_integer(c->reply, (int64_t)due_flush(c));
}

static void
cmd_length_schedule(struct call *c)
{
	reply_integer(c->reply, (int64_t)due_length(c));
}

#define ROW(a_name, a_syntax, a_summary, a_cost, a_arity, a_flags, a_run, \
    ...) {								\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = "0.1.0",						\
	.group   = "schedule",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = CMD_DUE | CMD_OURS | (a_flags),			\
	.run     = a_run,						\
	.values  = { __VA_ARGS__ },					\
}

#define N "where N is the number of values"

struct command cmd_schedule_rows[] = {
	ROW("add", "timestamp value", "Puts a value into the due queue.",
	    "O(log(N)) " N, 3, CMD_WRITE | CMD_DENY_OOM | CMD_FAST, cmd_add,
	    2, 2, 1),
	ROW("read", "[timestamp]",
	    "Returns and removes the values that are due.",
	    "O(M*log(N)) " N " and M of those returned", -1, CMD_WRITE,
	    cmd_read, 0),
	ROW("flush_schedule", "",
	    "Empties the due queue and returns how many values there were.",
	    "O(N) " N, 1, CMD_WRITE, cmd_flush_schedule, 0),
	ROW("length_schedule", "",
	    "Returns how many values are in the due queue.", "O(1)", 1,
	    CMD_READ | CMD_FAST, cmd_length_schedule, 0),
	{ .name = NULL },
};
