/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer to a request, put together in memory in the words of the
 * client's dialect and sent by the session when no lock is held.
 */
#ifndef RESP_REPLY_H
#define RESP_REPLY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/number.h"
#include "resp/dialect.h"
#include "value/value.h"

/* All zero but for the dialect is an empty reply. */
struct reply {
	struct buf	out;
	enum dialect	dialect;
	uint64_t	errors;		/* how many error replies, ever */
	size_t		error_at;	/* where the last one stands in out */
};

/* +text: only for words of our own. */
void	reply_status(struct reply *, const char *text);
void	reply_ok(struct reply *);
/*
 * -text, printf(3) style, beginning with its code ("ERR ...") where it has
 * one.  Control bytes become blanks, so user data cannot forge a reply.
 */
void	reply_error(struct reply *, const char *format, ...)
	    __attribute__((format(printf, 2, 3)));
void	reply_integer(struct reply *, int64_t);
void	reply_bulk(struct reply *, struct bytes);
void	reply_string(struct reply *, const char *);
void	reply_null(struct reply *);
/* A null where Redis 2 had "*-1". */
void	reply_null_array(struct reply *);
void	reply_double(struct reply *, double);
/*
 * A score of a sorted set or the like: up to 17 digits, as Redis 7.0 says it,
 * and no more than that where it is a whole number.
 */
void	reply_score(struct reply *, double);
/* The text of that; its length. */
size_t	reply_format_score(char out[NUMBER_SIZE], double score);
/* A number with up to 17 decimals and no exponent. */
void	reply_decimal(struct reply *, double);
void	reply_boolean(struct reply *, bool);
/* Text of a format ("txt"), in RESP3 with its name, else a bulk. */
void	reply_verbatim(struct reply *, const char format[3], struct bytes);
/* Headers: n elements, n pairs, n members follow. */
void	reply_array(struct reply *, size_t n);
void	reply_map(struct reply *, size_t n);
void	reply_set(struct reply *, size_t n);
/* Of a message nobody asked for; in RESP2 an array. */
void	reply_push(struct reply *, size_t n);
/*
 * Where the reply stands now, and the header, at such a mark, of the elements
 * that have been added since, when their number is known only then.
 */
size_t	reply_mark(const struct reply *);
void	reply_array_at(struct reply *, size_t mark, size_t n);
void	reply_set_at(struct reply *, size_t mark, size_t n);
void	reply_map_at(struct reply *, size_t mark, size_t n);
/* A bulk, at such a mark, before what has been added since. */
void	reply_string_at(struct reply *, size_t mark, const char *);
/* A stored value whole; VALUE_NONE is a null. */
void	reply_value(struct reply *, const struct value *);
/* Whether the dialect can say a value of that type; if not, it is WRONGTYPE. */
bool	reply_can_say(const struct reply *, enum value_type);

#endif
