/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams and what modules have written: named, and passed over.
 */
#include "import/rdb_parts.h"

#include <string.h>

/* What a module's value is made of. */
enum {
	MODULE_END,
	MODULE_SIGNED,
	MODULE_UNSIGNED,
	MODULE_FLOAT,
	MODULE_DOUBLE,
	MODULE_STRING,
};

static bool
skip(struct rdb *r, uint64_t n)
{
	return (source_skip(r->source, n) || rdb_fail_end(r));
}

static bool
skip_numbers(struct rdb *r, unsigned n)
{
	uint64_t ignored;

	while (n-- != 0)
		if (!rdb_get_number(r, &ignored))
			return (false);
	return (true);
}

static bool
skip_strings(struct rdb *r, unsigned n)
{
	while (n-- != 0)
		if (!rdb_skip_string(r))
			return (false);
	return (true);
}

/* Entries that were delivered: id, time, and how often. */
static bool
skip_pending(struct rdb *r)
{
	uint64_t n;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!skip(r, 16 + 8) || !skip_numbers(r, 1))
			return (false);
	return (true);
}

static bool
skip_consumer(struct rdb *r, int type)
{
	uint64_t n;

	if (!rdb_skip_string(r) || !skip(r, type == RDB_STREAM_3 ? 16 : 8) ||
	    !rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!skip(r, 16))
			return (false);
	return (true);
}

static bool
skip_group(struct rdb *r, int type)
{
	uint64_t n;

	if (!rdb_skip_string(r) ||
	    !skip_numbers(r, type == RDB_STREAM ? 2 : 3) ||
	    !skip_pending(r) || !rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!skip_consumer(r, type))
			return (false);
	return (true);
}

static bool
skip_stream(struct rdb *r, int type)
{
	uint64_t n;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!skip_strings(r, 2))
			return (false);
	/* Length and last id; first id, id of deleted, how many there were. */
	if (!skip_numbers(r, type == RDB_STREAM ? 3 : 3 + 5) ||
	    !rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!skip_group(r, type))
			return (false);
	return (true);
}

/* Parts, each of which says what it is. */
static bool
skip_module(struct rdb *r)
{
	uint64_t part;

	while (rdb_get_number(r, &part)) {
		switch (part) {
		case MODULE_END:
			return (true);
		case MODULE_SIGNED:
		case MODULE_UNSIGNED:
			if (!skip_numbers(r, 1))
				return (false);
			break;
		case MODULE_FLOAT:
		case MODULE_DOUBLE:
			if (!skip(r, part == MODULE_FLOAT ? 4 : 8))
				return (false);
			break;
		case MODULE_STRING:
			if (!rdb_skip_string(r))
				return (false);
			break;
		default:
			return (rdb_fail(r, "the value of a module has parts "
			    "of an unknown kind"));
		}
	}
	return (false);
}

/* The name of a module's type: nine letters of six bits. */
static bool
get_module(struct rdb *r, char name[sizeof("module type 123456789")])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint64_t id;
	unsigned i;

	if (!rdb_get_number(r, &id))
		return (false);
	strcpy(name, "module type 123456789");
	id >>= 10;
	for (i = 9; i-- != 0; id >>= 6)
		name[sizeof("module type ") - 1 + i] = letters[id & 63];
	return (true);
}

bool
rdb_foreign(struct rdb *r, int type)
{
	char name[sizeof("module type 123456789")] = "stream";

	if (type == RDB_STREAM || type == RDB_STREAM_2 ||
	    type == RDB_STREAM_3) {
		if (!skip_stream(r, type))
			return (false);
	} else if (type == RDB_MODULE_2) {
		if (!get_module(r, name) || !skip_module(r))
			return (false);
	} else if (type == RDB_MODULE)
		return (rdb_fail(r, "a module's value of a kind that cannot "
		    "be passed over"));
	else
		return (rdb_fail(r, "a value is of the unknown type %d",
		    type));
	return (r->events->unsupported(r->arg, name, buf_bytes(&r->key)));
}

bool
rdb_foreign_aux(struct rdb *r)
{
	char name[sizeof("module type 123456789")];

	return (get_module(r, name) && skip_numbers(r, 2) && skip_module(r) &&
	    r->events->unsupported(r->arg, name, bytes_of("")));
}
