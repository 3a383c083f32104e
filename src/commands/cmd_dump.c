/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DUMP and RESTORE.  What they exchange is the value as value/codec.h has it,
 * one byte for the version of that, and the CRC-32C of all before, lowest byte
 * first.  It is not Redis's.
 */
#include "base/crc32c.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/codec.h"

enum { FORMAT = 1, FOOTER = 5 };

static void
cmd_dump(struct call *c)
{
	struct value v = key_get_any(c, 1);
	struct buf out = { 0 };
	uint32_t crc;
	int i;

	if (v.type == VALUE_NONE) {
		reply_null(c->reply);
		return;
	}
	codec_encode(&out, &v);
	buf_add_char(&out, FORMAT);
	crc = crc32c(0, buf_bytes(&out));
	for (i = 0; i < 4; i++)
		buf_add_char(&out, (char)(crc >> 8 * i));
	if (out.failed)
		reply_error(c->reply, ERR_NO_MEMORY);
	else
		reply_bulk(c->reply, buf_bytes(&out));
	buf_free(&out);
}

/* The value that DUMP told; false: answered. */
static bool
read_payload(struct call *c, struct bytes payload, struct value *v)
{
	uint32_t crc = 0;
	size_t body;
	int i;

	if (payload.length >= FOOTER) {
		body = payload.length - FOOTER;
		for (i = 0; i < 4; i++)
			crc |= (uint32_t)(unsigned char)payload.data[body + 1 +
			    (size_t)i] << 8 * i;
		if (payload.data[body] == FORMAT &&
		    crc == crc32c(0, bytes_make(payload.data, body + 1))) {
			if (codec_decode(bytes_make(payload.data, body), v))
				return (true);
			reply_error(c->reply, "ERR Bad data format");
			return (false);
		}
	}
	reply_error(c->reply,
	    "ERR DUMP payload version or checksum are wrong");
	return (false);
}

struct restore_options {
	bool	replace;
	bool	absolute;
	int64_t	idle;			/* seconds; -1: not given */
	int64_t	frequency;		/* -1: not given */
};

static bool
read_number(struct call *c, size_t i, const char *name, int64_t most,
    const char *range, int64_t *out)
{
	if (!call_integer(c, i, out))
		return (false);
	if (*out >= 0 && *out <= most)
		return (true);
	reply_error(c->reply, "ERR Invalid %s value, must be %s", name, range);
	return (false);
}

static bool
read_options(struct call *c, struct restore_options *o)
{
	size_t i;

	*o = (struct restore_options){ .idle = -1, .frequency = -1 };
	for (i = 4; i < c->argc; i++) {
		if (call_arg_is(c, i, "replace"))
			o->replace = true;
		else if (call_arg_is(c, i, "absttl"))
			o->absolute = true;
		else if (call_arg_is(c, i, "idletime") && i + 1 < c->argc &&
		    o->frequency == -1) {
			if (!read_number(c, ++i, "IDLETIME", INT64_MAX,
			    ">= 0", &o->idle))
				return (false);
		} else if (call_arg_is(c, i, "freq") && i + 1 < c->argc &&
		    o->idle == -1) {
			if (!read_number(c, ++i, "FREQ", 255,
			    ">= 0 and <= 255", &o->frequency))
				return (false);
		} else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

static void
cmd_restore(struct call *c)
{
	struct restore_options o;
	struct value v;
	int64_t ttl;

	if (!read_options(c, &o))
		return;
	if (!o.replace && key_exists(c, 1)) {
		reply_error(c->reply,
		    "BUSYKEY Target key name already exists.");
		return;
	}
	if (!call_integer(c, 2, &ttl))
		return;
	if (ttl < 0) {
		reply_error(c->reply,
		    "ERR Invalid TTL value, must be >= 0");
		return;
	}
	if (!read_payload(c, call_arg(c, 3), &v))
		return;
	if (ttl != 0 && !o.absolute &&
	    __builtin_add_overflow(ttl, c->now, &ttl))
		ttl = INT64_MAX;
	if (ttl != 0 && ttl <= c->now) {
		value_free(&v);
		if (key_delete(c, 1))
			call_event(c, EVENT_GENERIC, "del", 1);
		reply_ok(c->reply);
		return;
	}
	key_set_new(c, 1, &v, ttl);
	if (o.idle >= 0)
		key_set_idle(c, 1, o.idle);
	if (o.frequency >= 0)
		key_set_frequency(c, 1, (int)o.frequency);
	call_event(c, EVENT_GENERIC, "restore", 1);
	reply_ok(c->reply);
}

struct command cmd_dump_rows[] = {
	{
		.name    = "dump",
		.syntax  = "key",
		.summary = "Returns the value of a key as bytes for RESTORE.",
		.since   = "2.6.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of elements",
		.arity   = 2,
		.flags   = CMD_READ,
		.keys    = { 1, 1, 1 },
		.run     = cmd_dump,
	},
	{
		.name    = "restore",
		.syntax  = "key ttl serialized-value [REPLACE] [ABSTTL] "
		    "[IDLETIME seconds] [FREQ frequency]",
		.summary = "Creates a key from what DUMP returned.",
		.since   = "2.6.0",
		.group   = "generic",
		.cost    = "O(N) where N is the number of elements",
		.arity   = -4,
		.flags   = CMD_WRITE | CMD_DENY_OOM | CMD_DANGEROUS,
		.keys    = { 1, 1, 1 },
		.run     = cmd_restore,
	},
	{ .name = NULL },
};
