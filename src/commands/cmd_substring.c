/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of strings: APPEND, GETRANGE, SETRANGE and their like.
 */
#include <string.h>

#include "base/settings.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

/*
 * Put bytes at an offset of the key, whose string has that length until now,
 * and answer with the new length.
 */
static void
put(struct call *c, size_t length, uint64_t offset, struct bytes part,
    const char *event)
{
	uint64_t end = offset + part.length;
	char *data;

	if (end > (uint64_t)settings_number(SETTING_PROTO_MAX_BULK_LEN)) {
		reply_error(c->reply, ERR_STRING_TOO_LONG);
		return;
	}
	data = key_edit(c, 1, end);
	if (data == NULL)
		return;
	if (part.length != 0)
		memcpy(data + offset, part.data, part.length);
	call_event(c, EVENT_STRING, event, 1);
	reply_integer(c->reply, (int64_t)(end > length ? end : length));
}

static void
cmd_append(struct call *c)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	if (key_text(c, 1, &text, digits))
		put(c, text.length, text.length, call_arg(c, 2), "append");
}

static void
cmd_setrange(struct call *c)
{
	struct bytes text, part = call_arg(c, 3);
	char digits[NUMBER_SIZE];
	int64_t offset;

	if (!call_integer(c, 2, &offset))
		return;
	if (offset < 0) {
		reply_error(c->reply, "ERR offset is out of range");
		return;
	}
	if (!key_text(c, 1, &text, digits))
		return;
	if (part.length == 0)
		reply_integer(c->reply, (int64_t)text.length);
	else
		put(c, text.length, (uint64_t)offset, part, "setrange");
}

static void
cmd_strlen(struct call *c)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	if (key_text(c, 1, &text, digits))
		reply_integer(c->reply, (int64_t)text.length);
}

/* GETRANGE and SUBSTR. */
static void
cmd_getrange(struct call *c)
{
	char digits[NUMBER_SIZE];
	int64_t first, last, length;
	struct bytes text;

	if (!call_integer(c, 2, &first) || !call_integer(c, 3, &last) ||
	    !key_text(c, 1, &text, digits))
		return;
	length = (int64_t)text.length;
	/* Both before the first byte is nothing; only one is that byte. */
	if (first < 0 && last < 0 && first > last)
		length = 0;
	if (first < 0)
		first = first + length > 0 ? first + length : 0;
	if (last < 0)
		last = last + length > 0 ? last + length : 0;
	if (last >= length)
		last = length - 1;
	if (first > last)
		reply_string(c->reply, "");
	else
		reply_bulk(c->reply, bytes_make(text.data + first,
		    (size_t)(last - first + 1)));
}

struct command cmd_substring_rows[] = {
	{
		.name    = "append",
		.syntax  = "key value",
		.summary = "Appends to a string.",
		.since   = "2.0.0",
		.group   = "string",
		.cost    = "O(N) where N is the length of what is appended",
		.arity   = 3,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_append,
	},
	{
		.name    = "setrange",
		.syntax  = "key offset value",
		.summary = "Overwrites part of a string.",
		.since   = "2.2.0",
		.group   = "string",
		.cost    = "O(N) where N is the length of the part",
		.arity   = 4,
		.flags   = CMD_WRITE | CMD_DENY_OOM,
		.keys    = { 1, 1, 1 },
		.run     = cmd_setrange,
	},
	{
		.name    = "strlen",
		.syntax  = "key",
		.summary = "Returns the length of a string.",
		.since   = "2.2.0",
		.group   = "string",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_strlen,
	},
	{
		.name    = "getrange",
		.syntax  = "key start end",
		.summary = "Returns part of a string.",
		.since   = "2.4.0",
		.group   = "string",
		.cost    = "O(N) where N is the length of the returned string",
		.arity   = 4,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.run     = cmd_getrange,
	},
	{
		.name    = "substr",
		.syntax  = "key start end",
		.summary = "Returns part of a string; an old name of "
		    "GETRANGE.",
		.since   = "1.0.0",
		.group   = "string",
		.cost    = "O(N) where N is the length of the returned string",
		.arity   = 4,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.run     = cmd_getrange,
	},
	{ .name = NULL },
};
