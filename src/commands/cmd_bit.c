/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits of strings: SETBIT, BITCOUNT, BITOP and their like.
 */
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "commands/bit_offset.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

static void
cmd_setbit(struct call *c)
{
	char digits[NUMBER_SIZE], *data;
	struct bytes text, bit = call_arg(c, 3);
	uint64_t at, old;

	if (!bit_offset_read(c, 2, 0, &at))
		return;
	if (!bytes_is(bit, "0") && !bytes_is(bit, "1")) {
		reply_error(c->reply,
		    "ERR bit is not an integer or out of range");
		return;
	}
	if (!key_text(c, 1, &text, digits))
		return;
	old = bits_get(text, at, 1);
	if (at / 8 >= text.length || old != bytes_is(bit, "1")) {
		data = key_edit(c, 1, at / 8 + 1);
		if (data == NULL)
			return;
		bits_put(data, at, 1, bytes_is(bit, "1"));
		call_event(c, EVENT_STRING, "setbit", 1);
	}
	reply_integer(c->reply, (int64_t)old);
}

static void
cmd_getbit(struct call *c)
{
	char digits[NUMBER_SIZE];
	struct bytes text;
	uint64_t at;

	if (bit_offset_read(c, 2, 0, &at) && key_text(c, 1, &text, digits))
		reply_integer(c->reply, (int64_t)bits_get(text, at, 1));
}

/* Bits [from, to) of a string; to is smaller if there are none. */
struct range {
	int64_t	from, to;
};

/* "BIT" or "BYTE" at argument i, if it is there: how many bits it counts. */
static bool
read_unit(struct call *c, size_t i, int64_t *unit)
{
	*unit = 8;
	if (i >= c->argc || call_arg_is(c, i, "byte"))
		return (true);
	*unit = 1;
	if (call_arg_is(c, i, "bit"))
		return (true);
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

/* First and last of length bytes, negative ones from the end, as bits. */
static struct range
range_of(int64_t first, int64_t last, size_t length, int64_t unit)
{
	int64_t units = (int64_t)length * 8 / unit;

	if (first < 0)
		first = first + units > 0 ? first + units : 0;
	if (last < 0)
		last = last + units > 0 ? last + units : 0;
	if (last >= units)
		last = units - 1;
	if (first > last)
		return ((struct range){ 0, -1 });
	return ((struct range){ first * unit, (last + 1) * unit });
}

static void
cmd_bitcount(struct call *c)
{
	char digits[NUMBER_SIZE];
	int64_t first = 0, last = -1, unit = 8;
	struct bytes text;
	struct range range;

	if (!key_text(c, 1, &text, digits))
		return;
	/* As in Redis: an absent key and such a range ask no more questions. */
	if (text.data == NULL) {
		reply_integer(c->reply, 0);
		return;
	}
	if (c->argc == 3 || c->argc > 5) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (c->argc > 3 && (!call_integer(c, 2, &first) ||
	    !call_integer(c, 3, &last)))
		return;
	if (first < 0 && last < 0 && first > last) {
		reply_integer(c->reply, 0);
		return;
	}
	if (!read_unit(c, 4, &unit))
		return;
	range = range_of(first, last, text.length, unit);
	reply_integer(c->reply, range.from > range.to ? 0 :
	    (int64_t)bits_count(text, (uint64_t)range.from,
	    (uint64_t)range.to));
}

/* The bit, and the range behind it; false: answered. */
static bool
read_bitpos(struct call *c, size_t length, struct range *range)
{
	int64_t first = 0, last = -1, unit = 8;

	if (c->argc > 6) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	if ((c->argc > 3 && !call_integer(c, 3, &first)) ||
	    !read_unit(c, 5, &unit) ||
	    (c->argc > 4 && !call_integer(c, 4, &last)))
		return (false);
	*range = range_of(first, last, length, unit);
	return (true);
}

/* Without an end the string goes on with zeros for ever. */
static void
cmd_bitpos(struct call *c)
{
	char digits[NUMBER_SIZE];
	struct range range;
	struct bytes text;
	int64_t bit, at;

	if (!call_integer(c, 2, &bit))
		return;
	if (bit != 0 && bit != 1) {
		reply_error(c->reply, "ERR The bit argument must be 1 or 0.");
		return;
	}
	if (!key_text(c, 1, &text, digits))
		return;
	if (text.data == NULL) {
		reply_integer(c->reply, bit == 1 ? -1 : 0);
		return;
	}
	if (!read_bitpos(c, text.length, &range))
		return;
	at = -1;
	if (range.from <= range.to) {
		at = (int64_t)bits_find(text, (uint64_t)range.from,
		    (uint64_t)range.to, bit == 1);
		if (at == range.to && (bit == 1 || c->argc > 4))
			at = -1;
	}
	reply_integer(c->reply, at);
}

enum operation { BITOP_AND, BITOP_OR, BITOP_XOR, BITOP_NOT, BITOPS };

static enum operation
read_operation(const struct call *c)
{
	static const char *const words[BITOPS] = { "and", "or", "xor", "not" };
	unsigned i;

	for (i = 0; i < BITOPS && !call_arg_is(c, 1, words[i]); i++)
		;
	return ((enum operation)i);
}

static uint64_t
combine_words(enum operation how, uint64_t a, uint64_t b)
{
	switch (how) {
	case BITOP_AND:
		return (a & b);
	case BITOP_OR:
		return (a | b);
	case BITOP_XOR:
		return (a ^ b);
	default:
		return (~b);
	}
}

/* Combine the bytes at `to` with those of b, which goes on with zeros. */
static void
combine(enum operation how, char *to, size_t length, struct bytes b)
{
	uint64_t x, y;
	size_t i;

	for (i = 0; i + sizeof(x) <= b.length; i += sizeof(x)) {
		memcpy(&x, to + i, sizeof(x));
		memcpy(&y, b.data + i, sizeof(x));
		x = combine_words(how, x, y);
		memcpy(to + i, &x, sizeof(x));
	}
	for (; i < b.length; i++)
		to[i] = (char)combine_words(how, (unsigned char)to[i],
		    (unsigned char)b.data[i]);
	if (how == BITOP_AND)
		memset(to + b.length, 0, length - b.length);
}

/* The longest of the strings; false: answered. */
static bool
find_longest(struct call *c, size_t *longest)
{
	char digits[NUMBER_SIZE];
	struct bytes text;
	size_t i;

	*longest = 0;
	for (i = 3; i < c->argc; i++) {
		if (!key_text(c, i, &text, digits))
			return (false);
		if (text.length > *longest)
			*longest = text.length;
	}
	return (true);
}

static void
cmd_bitop(struct call *c)
{
	enum operation how = read_operation(c);
	struct value v = { .type = VALUE_STRING, .owned = true };
	char digits[NUMBER_SIZE];
	struct bytes text;
	size_t i, length;

	if (how == BITOPS) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if (how == BITOP_NOT && c->argc != 4) {
		reply_error(c->reply, "ERR BITOP NOT must be called with a "
		    "single source key.");
		return;
	}
	if (!find_longest(c, &length))
		return;
	if (length == 0) {
		if (key_delete(c, 2))
			call_event(c, EVENT_GENERIC, "del", 2);
		reply_integer(c->reply, 0);
		return;
	}
	v.data = mem_try_resize(NULL, length);
	if (v.data == NULL) {
		reply_error(c->reply, ERR_NO_MEMORY_STRING);
		return;
	}
	v.length = (uint32_t)length;
	memset(v.data, 0, length);
	for (i = 3; i < c->argc; i++) {
		key_text_uncounted(c, i, &text, digits);
		/* The first one is the string that the others change. */
		combine(i == 3 && how != BITOP_NOT ? BITOP_OR : how, v.data,
		    length, text);
	}
	key_set(c, 2, &v, 0);
	call_event(c, EVENT_STRING, "set", 2);
	reply_integer(c->reply, (int64_t)length);
}

struct command cmd_bit_rows[] = {
	{
		.name    = "setbit",
		.syntax  = "key offset value",
		.summary = "Sets or clears a bit of a string.",
		.since   = "2.2.0",
		.group   = "bitmap",
		.cost    = "O(1)",
		.arity   = 4,
		.flags   = CMD_WRITE | CMD_DENY_OOM,
		.keys    = { 1, 1, 1 },
		.run     = cmd_setbit,
	},
	{
		.name    = "getbit",
		.syntax  = "key offset",
		.summary = "Returns a bit of a string.",
		.since   = "2.2.0",
		.group   = "bitmap",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_getbit,
	},
	{
		.name    = "bitcount",
		.syntax  = "key [start end [BYTE | BIT]]",
		.summary = "Counts the bits of a string that are set.",
		.since   = "2.6.0",
		.group   = "bitmap",
		.cost    = "O(N) where N is the length of the string",
		.arity   = -2,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.run     = cmd_bitcount,
	},
	{
		.name    = "bitpos",
		.syntax  = "key bit [start [end [BYTE | BIT]]]",
		.summary = "Finds the first bit of a string that is set or "
		    "clear.",
		.since   = "2.8.7",
		.group   = "bitmap",
		.cost    = "O(N) where N is the length of the string",
		.arity   = -3,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.run     = cmd_bitpos,
	},
	{
		.name    = "bitop",
		.syntax  = "<AND | OR | XOR | NOT> destkey key [key ...]",
		.summary = "Combines strings bit by bit.",
		.since   = "2.6.0",
		.group   = "bitmap",
		.cost    = "O(N) where N is the length of the longest string",
		.arity   = -4,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 2, -1, 1 },
		.run     = cmd_bitop,
	},
	{ .name = NULL },
};
