/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/zrange.h"

#include <ctype.h>
#include <string.h>

#include "engine/call.h"
#include "engine/errors.h"
#include "resp/reply.h"
#include "value/zset.h"

/* "1.5", or "(1.5" without that score. */
static bool
read_score(struct bytes text, struct zbound *bound)
{
	const char *nul = text.length != 0 ?
	    memchr(text.data, '\0', text.length) : NULL;

	/* Redis looks at it as at a C string. */
	if (nul != NULL)
		text.length = (size_t)(nul - text.data);
	bound->exclusive = text.length != 0 && *text.data == '(';
	if (bound->exclusive)
		text = bytes_make(text.data + 1, text.length - 1);
	/* Blanks before, and nothing for 0, since strtod(3) takes them. */
	while (text.length != 0 && isspace((unsigned char)*text.data))
		text = bytes_make(text.data + 1, text.length - 1);
	bound->score = 0;
	return (text.length == 0 || (number_parse_double(text, &bound->score) &&
	    bound->score == bound->score));
}

/* "[a", or "(a" without that member; "-" and "+" are beyond all. */
static bool
read_member(struct bytes text, struct zbound *bound)
{
	*bound = (struct zbound){ 0 };
	if (text.length == 1 && (*text.data == '-' || *text.data == '+')) {
		bound->infinite = *text.data == '-' ? -1 : 1;
		return (true);
	}
	if (text.length == 0 || (*text.data != '(' && *text.data != '['))
		return (false);
	bound->exclusive = *text.data == '(';
	bound->member = bytes_make(text.data + 1, text.length - 1);
	return (true);
}

bool
zrange_read(struct call *c, enum zrange_by by, size_t low, size_t high,
    struct zrange *r)
{
	struct bytes from = call_arg(c, low), to = call_arg(c, high);

	r->by = by;
	switch (by) {
	case ZRANGE_BY_RANK:
		return (call_integer(c, low, &r->low.rank) &&
		    call_integer(c, high, &r->high.rank));
	case ZRANGE_BY_SCORE:
		if (read_score(from, &r->low) && read_score(to, &r->high))
			return (true);
		reply_error(c->reply, "ERR min or max is not a float");
		return (false);
	case ZRANGE_BY_LEX:
		if (read_member(from, &r->low) && read_member(to, &r->high))
			return (true);
		reply_error(c->reply,
		    "ERR min or max not valid string range item");
		return (false);
	}
	return (false);
}

/* The first rank that is not below the bound, or not above it. */
static size_t
rank_of(const struct zrange *r, const struct zset *z, const struct zbound *b,
    bool above)
{
	if (r->by == ZRANGE_BY_SCORE)
		return (zset_rank_of_score(z, b->score, above));
	if (b->infinite != 0)
		return (b->infinite < 0 ? 0 : zset_length(z));
	return (zset_rank_of_bytes(z, b->member, above));
}

/* As in Python: negative counts from the end, and what is too far is cut. */
static struct zranks
between(int64_t first, int64_t last, size_t length)
{
	int64_t n = (int64_t)length;

	if (first < 0)
		first += n;
	if (last < 0)
		last += n;
	if (first < 0)
		first = 0;
	if (first > last || first >= n)
		return ((struct zranks){ 0, 0 });
	if (last >= n)
		last = n - 1;
	return ((struct zranks){ (size_t)first, (size_t)(last - first + 1) });
}

struct zranks
zrange_ranks(const struct zrange *r, const struct zset *z)
{
	size_t first, end;

	if (r->by == ZRANGE_BY_RANK)
		return (between(r->low.rank, r->high.rank, zset_length(z)));
	first = rank_of(r, z, &r->low, r->low.exclusive);
	end = rank_of(r, z, &r->high, !r->high.exclusive);
	return ((struct zranks){ first, end > first ? end - first : 0 });
}

struct zranks
zrange_ranks_reversed(const struct zrange *r, const struct zset *z)
{
	struct zranks ranks = zrange_ranks(r, z);

	if (r->by == ZRANGE_BY_RANK && ranks.count != 0)
		ranks.start = zset_length(z) - ranks.start - ranks.count;
	return (ranks);
}

void
zrange_reply_one(struct call *c, struct bytes member, double score,
    bool with_score, bool pairs)
{
	if (with_score && (pairs || c->reply->dialect == DIALECT_RESP3))
		reply_array(c->reply, 2);
	reply_bulk(c->reply, member);
	if (with_score)
		reply_score(c->reply, score);
}

void
zrange_reply_header(struct call *c, size_t n, bool with_scores)
{
	reply_array(c->reply, with_scores &&
	    c->reply->dialect != DIALECT_RESP3 ? 2 * n : n);
}
