/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of a dump, however Redis has written them, as elements.
 */
#include "import/rdb_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "import/intset.h"
#include "import/listpack.h"
#include "import/ziplist.h"
#include "import/zipmap.h"

static bool
tell(struct rdb *r, struct bytes first, struct bytes second)
{
	return (r->events->element(r->arg, first, second));
}

/* A score in Redis's words; NaN is none. */
static bool
tell_scored(struct rdb *r, struct bytes member, double score)
{
	char text[NUMBER_SIZE];

	if (isnan(score))
		return (rdb_fail(r, "a score is no number"));
	return (tell(r, bytes_make(text, number_format_double(text, score)),
	    member));
}

/* Strings one after the other */

static bool
get_strings(struct rdb *r, bool pairs)
{
	uint64_t n;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--) {
		if (!rdb_get_string(r, &r->first) ||
		    (pairs && !rdb_get_string(r, &r->second)) ||
		    !tell(r, buf_bytes(&r->first), pairs ?
		    buf_bytes(&r->second) : bytes_of("")))
			return (false);
	}
	return (true);
}

static bool
get_binary_double(struct rdb *r, double *out)
{
	unsigned char bytes[8];
	uint64_t bits;

	if (!rdb_get(r, bytes, sizeof(bytes)))
		return (false);
	bits = source_little(bytes, 8);
	memcpy(out, &bits, sizeof(*out));
	return (true);
}

/* As text, but some lengths stand for what is no number of digits. */
static bool
get_text_double(struct rdb *r, double *out)
{
	unsigned char length;
	char text[256];

	if (!rdb_get(r, &length, 1))
		return (false);
	*out = length == 253 ? NAN : length == 254 ? INFINITY : -INFINITY;
	if (length >= 253)
		return (true);
	return (rdb_get(r, text, length) &&
	    (number_parse_double(bytes_make(text, length), out) ||
	    rdb_fail(r, "a score is no number")));
}

static bool
get_zset(struct rdb *r, bool (*get_double)(struct rdb *, double *))
{
	uint64_t n;
	double score;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--) {
		if (!rdb_get_string(r, &r->first) || !get_double(r, &score) ||
		    !tell_scored(r, buf_bytes(&r->first), score))
			return (false);
	}
	return (true);
}

/* Containers in one string */

/* One element: an item, a field and its value, or a member and its score. */
static bool
tell_items(struct rdb *r, enum kind kind, const struct packed_item *one,
    const struct packed_item *two)
{
	double score;

	if (kind != KIND_ZSET)
		return (tell(r, one->text, two->text));
	if (!number_parse_double(two->text, &score))
		return (rdb_fail(r, "a score is no number"));
	return (tell_scored(r, one->text, score));
}

static bool
tell_packed(struct rdb *r, enum kind kind, struct packed *p)
{
	struct packed_item one, two = { .text = { "", 0 } };
	enum packed_status status;

	while ((status = packed_next(p, &one)) == PACKED_ITEM) {
		if ((kind == KIND_HASH || kind == KIND_ZSET) &&
		    packed_next(p, &two) != PACKED_ITEM) {
			status = PACKED_WRONG;
			break;
		}
		if (!tell_items(r, kind, &one, &two))
			return (false);
	}
	return (status == PACKED_END ||
	    rdb_fail(r, "the string that holds a container is damaged"));
}

static bool
get_packed(struct rdb *r, enum kind kind,
    bool (*open)(struct packed *, struct bytes))
{
	struct packed p;

	if (!rdb_get_string(r, &r->first))
		return (false);
	if (!open(&p, buf_bytes(&r->first)))
		return (rdb_fail(r,
		    "the string that should hold a container does not"));
	return (tell_packed(r, kind, &p));
}

static bool
get_quicklist(struct rdb *r)
{
	uint64_t n;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--)
		if (!get_packed(r, KIND_LIST, ziplist_open))
			return (false);
	return (true);
}

static bool
get_quicklist_2(struct rdb *r)
{
	enum { PLAIN = 1, PACKED = 2 };
	uint64_t n, container;

	if (!rdb_get_number(r, &n))
		return (false);
	for (; n != 0; n--) {
		if (!rdb_get_number(r, &container))
			return (false);
		if (container == PLAIN) {
			if (!rdb_get_string(r, &r->first) ||
			    !tell(r, buf_bytes(&r->first), bytes_of("")))
				return (false);
		} else if (container == PACKED) {
			if (!get_packed(r, KIND_LIST, listpack_open))
				return (false);
		} else
			return (rdb_fail(r, "a list has nodes of the unknown "
			    "kind %" PRIu64, container));
	}
	return (true);
}

static bool
get_plain(struct rdb *r)
{
	return (rdb_get_string(r, &r->first) &&
	    tell(r, buf_bytes(&r->first), bytes_of("")));
}

static bool
get_elements(struct rdb *r, int type)
{
	switch (type) {
	case RDB_STRING:
		return (get_plain(r));
	case RDB_LIST:
	case RDB_SET:
		return (get_strings(r, false));
	case RDB_HASH:
		return (get_strings(r, true));
	case RDB_ZSET:
		return (get_zset(r, get_text_double));
	case RDB_ZSET_2:
		return (get_zset(r, get_binary_double));
	case RDB_HASH_ZIPMAP:
		return (get_packed(r, KIND_HASH, zipmap_open));
	case RDB_LIST_ZIPLIST:
		return (get_packed(r, KIND_LIST, ziplist_open));
	case RDB_SET_INTSET:
		return (get_packed(r, KIND_SET, intset_open));
	case RDB_ZSET_ZIPLIST:
		return (get_packed(r, KIND_ZSET, ziplist_open));
	case RDB_HASH_ZIPLIST:
		return (get_packed(r, KIND_HASH, ziplist_open));
	case RDB_LIST_QUICKLIST:
		return (get_quicklist(r));
	case RDB_HASH_LISTPACK:
		return (get_packed(r, KIND_HASH, listpack_open));
	case RDB_ZSET_LISTPACK:
		return (get_packed(r, KIND_ZSET, listpack_open));
	case RDB_LIST_QUICKLIST_2:
		return (get_quicklist_2(r));
	default:
		return (get_packed(r, KIND_SET, listpack_open));
	}
}

bool
rdb_value(struct rdb *r, int type)
{
	static const signed char kinds[] = {
		[RDB_STRING] = KIND_STRING, [RDB_LIST] = KIND_LIST,
		[RDB_SET] = KIND_SET, [RDB_ZSET] = KIND_ZSET,
		[RDB_HASH] = KIND_HASH, [RDB_ZSET_2] = KIND_ZSET,
		[RDB_MODULE] = -1, [RDB_MODULE_2] = -1, [8] = -1,
		[RDB_HASH_ZIPMAP] = KIND_HASH, [RDB_LIST_ZIPLIST] = KIND_LIST,
		[RDB_SET_INTSET] = KIND_SET, [RDB_ZSET_ZIPLIST] = KIND_ZSET,
		[RDB_HASH_ZIPLIST] = KIND_HASH,
		[RDB_LIST_QUICKLIST] = KIND_LIST, [RDB_STREAM] = -1,
		[RDB_HASH_LISTPACK] = KIND_HASH,
		[RDB_ZSET_LISTPACK] = KIND_ZSET,
		[RDB_LIST_QUICKLIST_2] = KIND_LIST, [RDB_STREAM_2] = -1,
		[RDB_SET_LISTPACK] = KIND_SET, [RDB_STREAM_3] = -1,
	};
	int kind = type <= RDB_STREAM_3 ? kinds[type] : -1;

	if (kind == -1)
		return (rdb_foreign(r, type));
	return (r->events->key(r->arg, buf_bytes(&r->key), (enum kind)kind,
	    r->deadline) && get_elements(r, type) && r->events->end(r->arg));
}
