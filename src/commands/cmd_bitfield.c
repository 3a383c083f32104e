/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BITFIELD and BITFIELD_RO: integers of any width, anywhere in a string.
 */
#include "base/bits.h"
#include "base/number.h"
#include "commands/bit_offset.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

enum field_verb { FIELD_GET, FIELD_SET, FIELD_INCRBY, FIELD_OVERFLOW };
enum overflow { OVERFLOW_WRAP, OVERFLOW_SAT, OVERFLOW_FAIL };

/* One operation, and what holds until the next OVERFLOW. */
struct field {
	enum field_verb	 verb;
	enum overflow	 overflow;
	bool		 negative;	/* it may be: type i */
	unsigned	 width;
	uint64_t	 at;
	int64_t		 operand;
};

/* "u8", "i64". */
static bool
read_type(struct call *c, size_t i, struct field *f)
{
	struct bytes text = call_arg(c, i);
	int64_t width;

	f->negative = text.length != 0 && text.data[0] == 'i';
	if ((f->negative || (text.length != 0 && text.data[0] == 'u')) &&
	    number_parse(bytes_make(text.data + 1, text.length - 1), &width) &&
	    width >= 1 && width <= (f->negative ? 64 : 63)) {
		f->width = (unsigned)width;
		return (true);
	}
	reply_error(c->reply, "ERR Invalid bitfield type. Use something like "
	    "i16 u8. Note that u64 is not supported but i64 is.");
	return (false);
}

static bool
read_overflow(struct call *c, size_t i, struct field *f)
{
	if (call_arg_is(c, i, "wrap"))
		f->overflow = OVERFLOW_WRAP;
	else if (call_arg_is(c, i, "sat"))
		f->overflow = OVERFLOW_SAT;
	else if (call_arg_is(c, i, "fail"))
		f->overflow = OVERFLOW_FAIL;
	else {
		reply_error(c->reply, "ERR Invalid OVERFLOW type specified");
		return (false);
	}
	return (true);
}

/* The operation at argument *i, which moves behind it; false: answered. */
static bool
read_field(struct call *c, size_t *i, struct field *f)
{
	static const struct {
		const char	*word;
		size_t		 args;
	} verbs[] = {
		[FIELD_GET] = { "get", 2 }, [FIELD_SET] = { "set", 3 },
		[FIELD_INCRBY] = { "incrby", 3 },
		[FIELD_OVERFLOW] = { "overflow", 1 },
	};
	size_t k, first = *i + 1;

	for (k = 0; k <= FIELD_OVERFLOW; k++) {
		if (call_arg_is(c, *i, verbs[k].word) &&
		    c->argc - first >= verbs[k].args)
			break;
	}
	if (k > FIELD_OVERFLOW) {
		reply_error(c->reply, ERR_SYNTAX);
		return (false);
	}
	f->verb = (enum field_verb)k;
	*i = first + verbs[k].args;
	if (f->verb == FIELD_OVERFLOW)
		return (read_overflow(c, first, f));
	return (read_type(c, first, f) &&
	    bit_offset_read(c, first + 1, f->width, &f->at) &&
	    (f->verb == FIELD_GET || call_integer(c, first + 2, &f->operand)));
}

/* Look at all operations: how many replies, how long a string they write. */
static bool
read_fields(struct call *c, size_t *replies, uint64_t *bits)
{
	struct field f = { 0 };
	size_t i = 2;

	*replies = 0;
	*bits = 0;
	while (i < c->argc) {
		if (!read_field(c, &i, &f))
			return (false);
		if (f.verb == FIELD_OVERFLOW)
			continue;
		++*replies;
		if (f.verb != FIELD_GET && f.at + f.width > *bits)
			*bits = f.at + f.width;
	}
	return (true);
}

static int64_t
get(struct bytes text, const struct field *f)
{
	uint64_t value = bits_get(text, f->at, f->width);

	if (f->negative && (value >> (f->width - 1) & 1) != 0)
		value |= -(uint64_t)1 << (f->width - 1);
	return ((int64_t)value);
}

/* What the field would become; false if that is too much for it. */
static bool
compute(const struct field *f, int64_t old, int64_t *value)
{
	int64_t most = (int64_t)(((uint64_t)1 << (f->width - f->negative)) - 1);
	int64_t least = f->negative ? -most - 1 : 0;
	bool above = false, below = false;

	*value = f->operand;
	if (f->verb == FIELD_INCRBY &&
	    __builtin_add_overflow(old, f->operand, value)) {
		above = f->operand > 0;
		below = !above;
	} else {
		above = *value > most;
		below = *value < least;
	}
	if ((!above && !below) || f->overflow == OVERFLOW_WRAP)
		return (true);
	/* To SET, a negative number is a huge one where there are none. */
	if (f->verb == FIELD_SET && !f->negative)
		above = true;
	*value = above ? most : least;
	return (f->overflow == OVERFLOW_SAT);
}

/* A SET or INCRBY; whether it has changed the string, which may have grown. */
static bool
change(struct call *c, char *data, struct bytes text, bool grown,
    const struct field *f)
{
	int64_t old = get(text, f), value;

	if (!compute(f, old, &value)) {
		reply_null(c->reply);
		return (false);
	}
	bits_put(data, f->at, f->width, (uint64_t)value);
	value = get(text, f);
	reply_integer(c->reply, f->verb == FIELD_SET ? old : value);
	return (grown || value != old);
}

static void
run(struct call *c, char *data, struct bytes text, bool grown)
{
	struct field f = { 0 };
	bool changed = false;
	size_t i = 2;

	while (i < c->argc && read_field(c, &i, &f)) {
		if (f.verb == FIELD_GET)
			reply_integer(c->reply, get(text, &f));
		else if (f.verb != FIELD_OVERFLOW)
			changed |= change(c, data, text, grown, &f);
	}
	if (changed)
		call_event(c, EVENT_STRING, "setbit", 1);
}

/* BITFIELD and BITFIELD_RO. */
static void
cmd_bitfield(struct call *c)
{
	char digits[NUMBER_SIZE], *data = NULL;
	size_t replies, length;
	struct bytes text;
	uint64_t bits;
	bool grown;

	if (!read_fields(c, &replies, &bits))
		return;
	length = (size_t)((bits + 7) / 8);
	if (length != 0 && (c->command->flags & CMD_WRITE) == 0) {
		reply_error(c->reply,
		    "ERR BITFIELD_RO only supports the GET subcommand");
		return;
	}
	/* What only reads looks for the key as a reader does. */
	if (!(length != 0 ? key_text_uncounted : key_text)(c, 1, &text, digits))
		return;
	if (length > VALUE_MAX_BYTES) {
		reply_error(c->reply, ERR_STRING_TOO_LONG);
		return;
	}
	grown = length > text.length;
	if (length != 0) {
		data = key_edit(c, 1, length);
		if (data == NULL)
			return;
		text = bytes_make(data, grown ? length : text.length);
	}
	reply_array(c->reply, replies);
	run(c, data, text, grown);
}

struct command cmd_bitfield_rows[] = {
	{
		.name    = "bitfield",
		.syntax  = "key [GET encoding offset | SET encoding offset "
		    "value | INCRBY encoding offset increment | OVERFLOW "
		    "<WRAP | SAT | FAIL> ...]",
		.summary = "Reads and changes integers within a string.",
		.since   = "3.2.0",
		.group   = "bitmap",
		.cost    = "O(1) for each operation",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 1, 1, 1 },
		.run     = cmd_bitfield,
	},
	{
		.name    = "bitfield_ro",
		.syntax  = "key [GET encoding offset ...]",
		.summary = "Reads integers within a string.",
		.since   = "6.0.0",
		.group   = "bitmap",
		.cost    = "O(1) for each operation",
		.arity   = -2,
		.flags   = CMD_READ | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_bitfield,
	},
	{ .name = NULL },
};
