/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the readers of Redis's files find, and tell whoever asked.  Each answers
 * whether to go on.  All bytes are lent until the return.
 */
#ifndef IMPORT_EVENTS_H
#define IMPORT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum kind {
	KIND_STRING,
	KIND_LIST,
	KIND_SET,
	KIND_ZSET,
	KIND_HASH,
	KINDS
};

/* The deadline of keys that have none. */
#define NO_DEADLINE	INT64_MAX

struct events {
	/* What follows belongs to that database; 0 at first. */
	bool	(*database)(void *, uint64_t number);
	/*
	 * A key, which element() and then end() are about: a string has one
	 * element, of others there may be any number.  The second is the value
	 * of a hash's field; for a zset it is the member, its score the first.
	 */
	bool	(*key)(void *, struct bytes name, enum kind, int64_t deadline);
	bool	(*element)(void *, struct bytes, struct bytes second);
	bool	(*end)(void *);
	/* A thing that has no events. */
	bool	(*unsupported)(void *, const char *what, struct bytes name);
	/* A command of an append-only file, its name first; but no SELECT. */
	bool	(*command)(void *, const struct bytes *args, size_t count);
};

#endif
