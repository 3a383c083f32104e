/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of the clients say of bytes, and of values by their JSON.
 */
#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include <check.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "cli/json.h"
#include "cli/print.h"
#include "client/respc.h"

static inline void
assert_bytes(struct bytes is, struct bytes wanted)
{
	ck_assert_msg(bytes_equal(is, wanted), "got \"%.*s\", not \"%.*s\"",
	    (int)is.length, is.data, (int)wanted.length, wanted.data);
}

/* The value as JSON; it is freed. */
static inline void
assert_json(struct respc_value *v, const char *wanted)
{
	struct buf line = { 0 };

	ck_assert_ptr_nonnull(v);
	print_json(&line, v);
	assert_bytes(bytes_make(line.data, line.length - 1), bytes_of(wanted));
	buf_free(&line);
	respc_free(v);
}

static inline struct respc_value *
from_json(const char *text)
{
	const char *error;
	size_t used;

	return (json_parse(bytes_of(text), &used, &error));
}

#endif
