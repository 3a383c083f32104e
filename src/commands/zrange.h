/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of sorted sets: what the arguments say, and which ranks that is.
 */
#ifndef COMMANDS_ZRANGE_H
#define COMMANDS_ZRANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "value/value.h"

struct call;
struct zset;
struct zset_iter;

enum zrange_by { ZRANGE_BY_RANK, ZRANGE_BY_SCORE, ZRANGE_BY_LEX };

/* One end of a range. */
struct zbound {
	int64_t		rank;		/* from the end if negative */
	double		score;
	struct bytes	member;
	bool		exclusive;
	int		infinite;	/* by lex: -1 is "-", 1 is "+" */
};

struct zrange {
	enum zrange_by	by;
	struct zbound	low, high;
};

/* Ranks [start, start + count). */
struct zranks {
	size_t	start, count;
};

/* Arguments low and high as the ends of a range; false: answered. */
bool		zrange_read(struct call *, enum zrange_by, size_t low,
		    size_t high, struct zrange *);
/* The ranks of the range. */
struct zranks	zrange_ranks(const struct zrange *, const struct zset *);
/* The same with low and high counted from the highest, if reversed. */
struct zranks	zrange_ranks_reversed(const struct zrange *,
		    const struct zset *);
/*
 * Answer with one member, and with its score if that is wanted: in RESP3, or
 * if pairs is set, as an array of the two.
 */
void		zrange_reply_one(struct call *, struct bytes member,
		    double score, bool with_score, bool pairs);
/* The header for n of these. */
void		zrange_reply_header(struct call *, size_t n, bool with_scores);

#endif
