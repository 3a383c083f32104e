/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LCS: the longest common subsequence of two strings, by the textbook's table
 * of the lengths for all their beginnings.
 */
#include <string.h>

#include "base/mem.h"
#include "base/settings.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"

enum { LCS_LEN = 1 << 0, LCS_IDX = 1 << 1, LCS_WITHMATCHLEN = 1 << 2 };

struct lcs {
	unsigned	 flags;
	int64_t		 shortest;	/* MINMATCHLEN */
	struct bytes	 a, b;
	/*
	 * (a.length + 1) rows of b.length + 1: the length for the first i
	 * bytes of a and the first j of b.
	 */
	uint32_t	*table;
};

static bool
read_options(struct call *c, struct lcs *l)
{
	size_t i;

	for (i = 3; i < c->argc; i++) {
		if (call_arg_is(c, i, "len"))
			l->flags |= LCS_LEN;
		else if (call_arg_is(c, i, "idx"))
			l->flags |= LCS_IDX;
		else if (call_arg_is(c, i, "withmatchlen"))
			l->flags |= LCS_WITHMATCHLEN;
		else if (call_arg_is(c, i, "minmatchlen") && i + 1 < c->argc) {
			if (!call_integer(c, ++i, &l->shortest))
				return (false);
		} else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	if ((l->flags & LCS_LEN) == 0 || (l->flags & LCS_IDX) == 0)
		return (true);
	reply_error(c->reply, "ERR If you want both the length and indexes, "
	    "please just use IDX.");
	return (false);
}

static uint32_t *
at(const struct lcs *l, size_t i, size_t j)
{
	return (&l->table[i * (l->b.length + 1) + j]);
}

static bool
make_table(struct call *c, struct lcs *l)
{
	uint64_t size = (uint64_t)(l->a.length + 1) * (l->b.length + 1) *
	    sizeof(uint32_t);
	size_t i, j;

	if (size > (uint64_t)settings_number(SETTING_PROTO_MAX_BULK_LEN)) {
		reply_error(c->reply, "ERR Insufficient memory, transient "
		    "memory for LCS exceeds proto-max-bulk-len");
		return (false);
	}
	l->table = mem_try_resize(NULL, size);
	if (l->table == NULL) {
		reply_error(c->reply, "ERR Insufficient memory, failed "
		    "allocating transient memory for LCS");
		return (false);
	}
	for (j = 0; j <= l->b.length; j++)
		*at(l, 0, j) = 0;
	for (i = 1; i <= l->a.length; i++) {
		uint32_t *above = at(l, i - 1, 0), *here = at(l, i, 0);
		char byte = l->a.data[i - 1];

		here[0] = 0;
		for (j = 1; j <= l->b.length; j++) {
			uint32_t most = above[j] > here[j - 1] ? above[j] :
			    here[j - 1];

			here[j] = byte == l->b.data[j - 1] ?
			    above[j - 1] + 1 : most;
		}
	}
	return (true);
}

/*
 * The last run of bytes that both have, before positions *i and *j: how long
 * it is, 0 if there is none.  The positions move to where it begins.
 */
static size_t
last_run(const struct lcs *l, size_t *i, size_t *j)
{
	size_t length = 0;

	while (*i > 0 && *j > 0) {
		if (l->a.data[*i - 1] == l->b.data[*j - 1]) {
			length++;
			--*i;
			--*j;
		} else if (length != 0)
			break;
		else if (*at(l, *i - 1, *j) > *at(l, *i, *j - 1))
			--*i;
		else
			--*j;
	}
	return (length);
}

static void
reply_range(struct reply *r, size_t from, size_t length)
{
	reply_array(r, 2);
	reply_integer(r, (int64_t)from);
	reply_integer(r, (int64_t)(from + length - 1));
}

static void
reply_matches(struct call *c, const struct lcs *l)
{
	size_t i = l->a.length, j = l->b.length, n = 0, length, mark;
	bool with = (l->flags & LCS_WITHMATCHLEN) != 0;

	reply_map(c->reply, 2);
	reply_string(c->reply, "matches");
	mark = reply_mark(c->reply);
	while ((length = last_run(l, &i, &j)) != 0) {
		if ((int64_t)length < l->shortest)
			continue;
		reply_array(c->reply, (size_t)2 + with);
		reply_range(c->reply, i, length);
		reply_range(c->reply, j, length);
		if (with)
			reply_integer(c->reply, (int64_t)length);
		n++;
	}
	reply_array_at(c->reply, mark, n);
	reply_string(c->reply, "len");
	reply_integer(c->reply, *at(l, l->a.length, l->b.length));
}

static void
reply_subsequence(struct call *c, const struct lcs *l)
{
	size_t i = l->a.length, j = l->b.length, left = *at(l, i, j), n;
	char *text = mem_alloc(left + 1);
	struct bytes whole = bytes_make(text, left);

	while ((n = last_run(l, &i, &j)) != 0) {
		left -= n;
		memcpy(text + left, l->a.data + i, n);
	}
	reply_bulk(c->reply, whole);
	mem_free(text);
}

static void
cmd_lcs(struct call *c)
{
	char a_digits[NUMBER_SIZE], b_digits[NUMBER_SIZE];
	struct value a = key_get(c, 1), b = key_get(c, 2);
	struct lcs l = { .a = bytes_of(""), .b = bytes_of("") };

	if ((a.type != VALUE_NONE && !value_text(&a, &l.a, a_digits)) ||
	    (b.type != VALUE_NONE && !value_text(&b, &l.b, b_digits))) {
		reply_error(c->reply,
		    "ERR The specified keys must contain string values");
		return;
	}
	if (!read_options(c, &l) || !make_table(c, &l))
		return;
	if ((l.flags & LCS_IDX) != 0)
		reply_matches(c, &l);
	else if ((l.flags & LCS_LEN) != 0)
		reply_integer(c->reply, *at(&l, l.a.length, l.b.length));
	else
		reply_subsequence(c, &l);
	mem_free(l.table);
}

struct command cmd_lcs_rows[] = {
	{
		.name    = "lcs",
		.syntax  = "key1 key2 [LEN] [IDX] [MINMATCHLEN "
		    "min-match-len] [WITHMATCHLEN]",
		.summary = "Finds the longest common subsequence of two "
		    "strings.",
		.since   = "7.0.0",
		.group   = "string",
		.cost    = "O(N*M) where N and M are the lengths of the "
		    "strings",
		.arity   = -3,
		.flags   = CMD_READ,
		.keys    = { 1, 2, 1 },
		.run     = cmd_lcs,
	},
	{ .name = NULL },
};
