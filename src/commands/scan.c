/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/scan.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/glob.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "resp/reply.h"

bool
scan_read_cursor(struct call *c, size_t i, struct scan *scan)
{
	struct bytes text = call_arg(c, i);
	bool sign = text.length > 1 &&
	    (*text.data == '-' || *text.data == '+');
	size_t k;

	/* As strtoul(3) has it, Redis's way: -1 is the last one there is. */
	*scan = (struct scan){ .count = 10 };
	for (k = sign; k < text.length; k++) {
		unsigned digit = (unsigned)(unsigned char)text.data[k] - '0';

		if (digit > 9 || __builtin_mul_overflow(scan->cursor, 10,
		    &scan->cursor) || __builtin_add_overflow(scan->cursor,
		    digit, &scan->cursor))
			break;
	}
	if (k == text.length) {
		if (sign && *text.data == '-')
			scan->cursor = -scan->cursor;
		return (true);
	}
	reply_error(c->reply, ERR_INVALID_CURSOR);
	return (false);
}

static bool
read_count(struct call *c, size_t i, struct scan *scan)
{
	int64_t count;

	if (!call_integer(c, i, &count))
		return (false);
	if (count < 1) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	scan->count = (size_t)count;
	return (true);
}

bool
scan_read_options(struct call *c, size_t i, unsigned also, struct scan *scan)
{
	for (; i < c->argc; i++) {
		bool more = i + 1 < c->argc;

		if (call_arg_is(c, i, "count") && more) {
			if (!read_count(c, ++i, scan))
				return (false);
		} else if (call_arg_is(c, i, "match") && more)
			scan->pattern = call_arg(c, ++i);
		else if (call_arg_is(c, i, "type") && more &&
		    (also & SCAN_TYPE) != 0)
			scan->type = call_arg(c, ++i);
		else if (call_arg_is(c, i, "novalues") &&
		    (also & SCAN_NO_VALUES) != 0)
			scan->no_values = true;
		else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

bool
scan_matches(const struct scan *scan, struct bytes text)
{
	return (scan->pattern.data == NULL ||
	    glob_match(scan->pattern, text));
}

void
scan_reply(struct call *c, size_t mark, uint64_t cursor, size_t n)
{
	char text[32];

	/* From the innermost header to the outermost. */
	reply_array_at(c->reply, mark, n);
	snprintf(text, sizeof(text), "%" PRIu64, cursor);
	reply_string_at(c->reply, mark, text);
	reply_array_at(c->reply, mark, 2);
}
