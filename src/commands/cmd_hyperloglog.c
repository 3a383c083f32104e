/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PFADD, PFCOUNT and PFMERGE: how many different elements there were, about.
 * A key with such a thing is a string, for all the other commands.
 */
#include "base/settings.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/hll.h"

#define ERR_NOT_HLL	"WRONGTYPE Key is not a valid HyperLogLog string value."
#define ERR_CORRUPT_HLL	"INVALIDOBJ Corrupted HLL object detected"

/* The key's, whose data is NULL if it is absent; false: answered. */
static bool
find(struct call *c, size_t arg, struct bytes *text)
{
	char digits[NUMBER_SIZE];

	if (!key_text(c, arg, text, digits))
		return (false);
	if (text->data == NULL || hll_begins(*text))
		return (true);
	reply_error(c->reply, ERR_NOT_HLL);
	return (false);
}

/* Set the key to what has been worked out in a copy, and free that. */
static bool
store(struct call *c, struct buf *work)
{
	struct value v;

	if (work->failed) {
		reply_error(c->reply, ERR_NO_MEMORY_STRING);
		return (false);
	}
	hll_forget_count(work->data);
	v = value_view(VALUE_STRING, buf_bytes(work));
	key_set(c, 1, &v, KEY_KEEP_DEADLINE);
	call_event(c, EVENT_STRING, "pfadd", 1);
	return (true);
}

/* Most elements change nothing, and the rest one register where it stands. */
static void
add_to_dense(struct call *c, struct bytes text)
{
	bool raised = false;
	struct hll_mark mark;
	char *data = NULL;
	size_t i;

	for (i = 2; i < c->argc; i++) {
		mark = hll_mark(call_arg(c, i));
		if (!hll_is_below(text, mark))
			continue;
		if (!raised) {
			data = key_edit(c, 1, text.length);
			if (data == NULL)
				return;
			text.data = data;
			raised = true;
		}
		hll_put(data, mark);
	}
	if (raised) {
		hll_forget_count(data);
		call_event(c, EVENT_STRING, "pfadd", 1);
	}
	reply_integer(c->reply, raised);
}

static void
add_to_copy(struct call *c, struct buf *work, bool raised)
{
	size_t i, longest = (size_t)settings_number(
	    SETTING_HLL_SPARSE_MAX_BYTES);
	int result;

	for (i = 2; i < c->argc; i++) {
		result = hll_raise(work, hll_mark(call_arg(c, i)), longest);
		if (result < 0) {
			reply_error(c->reply, work->failed ?
			    ERR_NO_MEMORY_STRING : ERR_CORRUPT_HLL);
			return;
		}
		raised |= result != 0;
	}
	if (!raised || store(c, work))
		reply_integer(c->reply, raised);
}

static void
cmd_pfadd(struct call *c)
{
	struct buf work = { 0 };
	struct bytes text;

	if (!find(c, 1, &text))
		return;
	if (text.data != NULL && hll_is_dense(text)) {
		add_to_dense(c, text);
		return;
	}
	if (text.data == NULL)
		hll_start(&work);
	else
		buf_add(&work, text.data, text.length);
	if (work.failed)
		reply_error(c->reply, ERR_NO_MEMORY_STRING);
	else
		add_to_copy(c, &work, text.data == NULL);
	buf_free(&work);
}

/* The highest of the registers, for each; false: answered. */
static bool
merge_text(struct call *c, uint8_t registers[HLL_REGISTERS], struct bytes text)
{
	if (text.data == NULL || hll_merge(registers, text))
		return (true);
	reply_error(c->reply, ERR_CORRUPT_HLL);
	return (false);
}

/* The same of all keys from argument 1 on. */
static bool
merge(struct call *c, uint8_t registers[HLL_REGISTERS], bool *dense)
{
	struct bytes text;
	size_t i;

	*dense = false;
	for (i = 1; i < c->argc; i++) {
		if (!find(c, i, &text))
			return (false);
		*dense |= text.data != NULL && hll_is_dense(text);
		if (!merge_text(c, registers, text))
			return (false);
	}
	return (true);
}

/*
 * The count of a single key is kept in it, as Redis does, since to work it out
 * takes long; that is why this command locks for writing.
 */
static void
cmd_pfcount(struct call *c)
{
	uint8_t registers[HLL_REGISTERS] = { 0 };
	struct bytes text;
	uint64_t count;
	bool dense;
	char *data;

	if (c->argc == 2) {
		if (!find(c, 1, &text))
			return;
		if (text.data != NULL && hll_last_count(text, &count)) {
			reply_integer(c->reply, (int64_t)count);
			return;
		}
		if (!merge_text(c, registers, text))
			return;
	} else if (!merge(c, registers, &dense))
		return;
	count = hll_count(registers);
	if (c->argc == 2 && text.data != NULL) {
		data = key_edit(c, 1, text.length);
		if (data == NULL)
			return;
		hll_set_last_count(data, count);
	}
	reply_integer(c->reply, (int64_t)count);
}

static void
cmd_pfmerge(struct call *c)
{
	char digits[NUMBER_SIZE];
	uint8_t registers[HLL_REGISTERS] = { 0 };
	size_t longest = (size_t)settings_number(SETTING_HLL_SPARSE_MAX_BYTES);
	struct buf work = { 0 };
	struct hll_mark mark;
	struct bytes text;
	bool dense;

	if (!merge(c, registers, &dense) ||
	    !key_text_uncounted(c, 1, &text, digits))
		return;
	if (text.data == NULL)
		hll_start(&work);
	else
		buf_add(&work, text.data, text.length);
	if (dense && !work.failed)
		hll_make_dense(&work);
	for (mark.index = 0; mark.index < HLL_REGISTERS && !work.failed;
	    mark.index++) {
		mark.rank = registers[mark.index];
		if (mark.rank != 0)
			hll_raise(&work, mark, longest);
	}
	if (store(c, &work))
		reply_ok(c->reply);
	buf_free(&work);
}

struct command cmd_hyperloglog_rows[] = {
	{
		.name    = "pfadd",
		.syntax  = "key [element [element ...]]",
		.summary = "Adds elements to those that a HyperLogLog has "
		    "seen.",
		.since   = "2.8.9",
		.group   = "hyperloglog",
		.cost    = "O(1) for each element",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_FAST,
		.keys    = { 1, 1, 1 },
		.run     = cmd_pfadd,
	},
	{
		.name    = "pfcount",
		.syntax  = "key [key ...]",
		.summary = "Tells how many different elements HyperLogLogs "
		    "have seen, about.",
		.since   = "2.8.9",
		.group   = "hyperloglog",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_READ | CMD_EXCLUSIVE | CMD_PAUSES,
		.keys    = { 1, -1, 1 },
		.run     = cmd_pfcount,
	},
	{
		.name    = "pfmerge",
		.syntax  = "destkey [sourcekey [sourcekey ...]]",
		.summary = "Merges HyperLogLogs into one.",
		.since   = "2.8.9",
		.group   = "hyperloglog",
		.cost    = "O(N) where N is the number of keys",
		.arity   = -2,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS,
		.keys    = { 1, -1, 1 },
		.run     = cmd_pfmerge,
	},
	{ .name = NULL },
};
