/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Positions on the earth: which are near.  GEOSEARCH and the older GEORADIUS
 * are one search with two ways of saying it.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "commands/geo.h"
#include "commands/geohash.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/zset.h"

enum flag {
	OLD		= 1 << 0,	/* GEORADIUS and its like */
	BY_MEMBER	= 1 << 1,	/* old: around a member */
	MAY_STORE	= 1 << 2,	/* old: STORE and STOREDIST */
	STORES		= 1 << 3,	/* GEOSEARCHSTORE */
	WITH_DISTANCE	= 1 << 4,
	WITH_HASH	= 1 << 5,
	WITH_POINT	= 1 << 6,
	ANY		= 1 << 7,	/* COUNT of the first that come */
	STORE_DISTANCE	= 1 << 8,
	HAS_CENTER	= 1 << 9,
	HAS_SHAPE	= 1 << 10,
};

struct found {
	struct bytes		member;
	struct geo_point	point;
	double			score;
	double			distance;	/* m */
};

struct search {
	struct call		*call;
	const struct zset	*zset;		/* NULL: absent */
	unsigned		 flags;
	size_t			 store;		/* argument; 0: answer */
	struct geo_shape	 shape;
	double			 metres;	/* of the unit */
	int64_t			 count;		/* 0: all */
	int			 sort;		/* 1 nearest first, -1 last */
	struct found		*found;
	size_t			 found_count, found_size;
};

/* Argument i as a length that is not negative; false: answered. */
static bool
read_length(struct search *s, size_t i, const char *what, double *length)
{
	if (number_parse_double(call_arg(s->call, i), length) &&
	    !isnan(*length))
		return (true);
	reply_error(s->call->reply, "ERR need numeric %s", what);
	return (false);
}

static bool
read_radius(struct search *s, size_t i)
{
	struct geo_shape *shape = &s->shape;

	if (!read_length(s, i, "radius", &shape->radius))
		return (false);
	if (shape->radius < 0) {
		reply_error(s->call->reply, "ERR radius cannot be negative");
		return (false);
	}
	if (!geo_read_unit(s->call, i + 1, &s->metres))
		return (false);
	shape->radius *= s->metres;
	s->flags |= HAS_SHAPE;
	return (true);
}

static bool
read_box(struct search *s, size_t i)
{
	struct geo_shape *shape = &s->shape;

	if (!read_length(s, i, "width", &shape->width) ||
	    !read_length(s, i + 1, "height", &shape->height))
		return (false);
	if (shape->width < 0 || shape->height < 0) {
		reply_error(s->call->reply,
		    "ERR height or width cannot be negative");
		return (false);
	}
	if (!geo_read_unit(s->call, i + 2, &s->metres))
		return (false);
	shape->width *= s->metres;
	shape->height *= s->metres;
	shape->is_box = true;
	s->flags |= HAS_SHAPE;
	return (true);
}

static bool
read_member(struct search *s, size_t i)
{
	double score;

	s->flags |= HAS_CENTER;
	/* Without a key there may be other errors, but not this one. */
	if (s->zset == NULL)
		return (true);
	if (!zset_score(s->zset, call_arg(s->call, i), &score)) {
		reply_error(s->call->reply,
		    "ERR could not decode requested zset member");
		return (false);
	}
	s->shape.center = geo_point_of(score);
	return (true);
}

static bool
read_center(struct search *s, size_t i)
{
	s->flags |= HAS_CENTER;
	return (geo_read_point(s->call, i, &s->shape.center));
}

static bool
read_count(struct search *s, size_t i)
{
	if (!call_integer(s->call, i, &s->count))
		return (false);
	if (s->count > 0)
		return (true);
	reply_error(s->call->reply, "ERR COUNT must be > 0");
	return (false);
}

/* An option that is one word; false if it is none. */
static bool
read_word(struct search *s, size_t i)
{
	static const struct {
		const char	*word;
		unsigned	 flag;
		int		 sort;
	} words[] = {
		{ "withdist", WITH_DISTANCE, 0 }, { "withhash", WITH_HASH, 0 },
		{ "withcoord", WITH_POINT, 0 }, { "any", ANY, 0 },
		{ "asc", 0, 1 }, { "desc", 0, -1 },
	};
	size_t k;

	for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
		if (!call_arg_is(s->call, i, words[k].word))
			continue;
		s->flags |= words[k].flag;
		if (words[k].sort != 0)
			s->sort = words[k].sort;
		return (true);
	}
	if ((s->flags & STORES) == 0 || !call_arg_is(s->call, i, "storedist"))
		return (false);
	s->flags |= STORE_DISTANCE;
	return (true);
}

/* The option at argument i; moves i to its last argument. */
static bool
read_option(struct search *s, size_t *i)
{
	struct call *c = s->call;
	size_t at = *i, left = c->argc - at - 1;
	bool old = (s->flags & OLD) != 0;

	if (read_word(s, at))
		return (true);
	if (call_arg_is(c, at, "count") && left >= 1) {
		*i += 1;
		return (read_count(s, at + 1));
	}
	if ((s->flags & MAY_STORE) != 0 && left >= 1 &&
	    (call_arg_is(c, at, "store") || call_arg_is(c, at, "storedist"))) {
		s->store = ++*i;
		s->flags &= ~(unsigned)STORE_DISTANCE;
		if (call_arg_is(c, at, "storedist"))
			s->flags |= STORE_DISTANCE;
		return (true);
	}
	if (!old && call_arg_is(c, at, "frommember") && left >= 1 &&
	    (s->flags & HAS_CENTER) == 0) {
		*i += 1;
		return (read_member(s, at + 1));
	}
	if (!old && call_arg_is(c, at, "fromlonlat") && left >= 2 &&
	    (s->flags & HAS_CENTER) == 0) {
		*i += 2;
		return (read_center(s, at + 1));
	}
	if (!old && call_arg_is(c, at, "byradius") && left >= 2 &&
	    (s->flags & HAS_SHAPE) == 0) {
		*i += 2;
		return (read_radius(s, at + 1));
	}
	if (!old && call_arg_is(c, at, "bybox") && left >= 3 &&
	    (s->flags & HAS_SHAPE) == 0) {
		*i += 3;
		return (read_box(s, at + 1));
	}
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

/* Whether the options go together; false: answered. */
static bool
options_fit(struct search *s)
{
	struct reply *r = s->call->reply;
	struct bytes name = call_arg(s->call, 0);

	if (s->store != 0 &&
	    (s->flags & (WITH_DISTANCE | WITH_HASH | WITH_POINT)) != 0)
		reply_error(r, "ERR %s is not compatible with WITHDIST, "
		    "WITHHASH and WITHCOORD options", (s->flags & STORES) != 0 ?
		    "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
	else if ((s->flags & (OLD | HAS_CENTER)) == 0)
		reply_error(r, "ERR exactly one of FROMMEMBER or FROMLONLAT "
		    "can be specified for %.*s", (int)name.length, name.data);
	else if ((s->flags & (OLD | HAS_SHAPE)) == 0)
		reply_error(r, "ERR exactly one of BYRADIUS and BYBOX can be "
		    "specified for %.*s", (int)name.length, name.data);
	else if ((s->flags & ANY) != 0 && s->count == 0)
		reply_error(r, "ERR the ANY argument requires COUNT argument");
	else
		return (true);
	return (false);
}

/* GEORADIUS's center and radius, which have no names. */
static bool
read_old(struct search *s, size_t *next)
{
	if ((s->flags & BY_MEMBER) == 0) {
		*next = 6;
		return (read_center(s, 2) && read_radius(s, 4));
	}
	*next = 5;
	return (s->zset == NULL || (read_member(s, 2) && read_radius(s, 3)));
}

static bool
read_search(struct search *s)
{
	size_t i = (s->flags & STORES) != 0 ? 3 : 2;

	if ((s->flags & OLD) != 0 && !read_old(s, &i))
		return (false);
	for (; i < s->call->argc; i++) {
		if (!read_option(s, &i))
			return (false);
	}
	/* So many of which, if not of the nearest? */
	if (s->count != 0 && (s->flags & ANY) == 0 && s->sort == 0)
		s->sort = 1;
	return (options_fit(s));
}

static bool
enough(const struct search *s)
{
	return ((s->flags & ANY) != 0 && s->found_count >= (uint64_t)s->count);
}

static void
look_at(struct search *s, const struct zset_iter *it)
{
	struct found f = { .member = it->member, .score = it->score,
	    .point = geo_point_of(it->score) };

	if (!geo_contains(&s->shape, f.point, &f.distance))
		return;
	if (s->found_count == s->found_size) {
		s->found_size = s->found_size != 0 ? 2 * s->found_size : 16;
		s->found = mem_resize(s->found, s->found_size *
		    sizeof(*s->found));
	}
	s->found[s->found_count++] = f;
}

static int
compare(const void *x, const void *y)
{
	const struct found *a = x, *b = y;

	return (a->distance < b->distance ? -1 : a->distance > b->distance);
}

static int
compare_reversed(const void *x, const void *y)
{
	return (compare(y, x));
}

static void
find(struct search *s)
{
	struct geo_range ranges[GEO_RANGES];
	size_t i, n = geo_cover(&s->shape, ranges);
	struct zset_iter it;

	for (i = 0; i < n && !enough(s); i++) {
		zset_start(&it, s->zset, zset_rank_of_score(s->zset,
		    ranges[i].low, false), false);
		while (!enough(s) && zset_next(&it) &&
		    it.score < ranges[i].high)
			look_at(s, &it);
	}
	if (s->sort != 0 && s->found_count > 1)
		qsort(s->found, s->found_count, sizeof(*s->found),
		    s->sort > 0 ? compare : compare_reversed);
	if (s->count != 0 && s->found_count > (uint64_t)s->count)
		s->found_count = (size_t)s->count;
}

static void
answer(struct search *s)
{
	struct reply *r = s->call->reply;
	unsigned with = s->flags & (WITH_DISTANCE | WITH_HASH | WITH_POINT);
	const struct found *f;
	size_t i;

	reply_array(r, s->found_count);
	for (i = 0; i < s->found_count; i++) {
		f = &s->found[i];
		if (with != 0)
			reply_array(r, 1 +
			    (size_t)__builtin_popcount(with));
		reply_bulk(r, f->member);
		if ((with & WITH_DISTANCE) != 0)
			geo_reply_distance(s->call, f->distance / s->metres);
		if ((with & WITH_HASH) != 0)
			reply_integer(r, (int64_t)f->score);
		if ((with & WITH_POINT) != 0)
			geo_reply_point(s->call, f->point);
	}
}

static void
store(struct search *s)
{
	struct call *c = s->call;
	struct value v = value_new(VALUE_ZSET);
	const struct found *f;
	size_t i;

	for (i = 0; i < s->found_count; i++) {
		f = &s->found[i];
		zset_put(&v.zset, f->member, (s->flags & STORE_DISTANCE) != 0 ?
		    f->distance / s->metres : f->score);
	}
	if (s->found_count != 0) {
		key_set(c, s->store, &v, 0);
		call_event(c, EVENT_ZSET, (s->flags & STORES) != 0 ?
		    "geosearchstore" : "georadiusstore", s->store);
	} else {
		value_free(&v);
		if (key_delete(c, s->store))
			call_event(c, EVENT_GENERIC, "del", s->store);
	}
	reply_integer(c->reply, (int64_t)s->found_count);
}

static void
run(struct call *c, unsigned flags)
{
	struct search s = { .call = c, .flags = flags, .metres = 1 };
	struct value v;

	s.store = (flags & STORES) != 0 ? 1 : 0;
	if (!key_typed(c, s.store + 1, VALUE_ZSET, &v))
		return;
	s.zset = v.type != VALUE_NONE ? v.zset : NULL;
	if (!read_search(&s))
		return;
	if (s.zset != NULL)
		find(&s);
	if (s.store != 0)
		store(&s);
	else
		answer(&s);
	mem_free(s.found);
}

static void
cmd_geosearch(struct call *c)
{
	run(c, 0);
}

static void
cmd_geosearchstore(struct call *c)
{
	run(c, STORES);
}

static void
cmd_georadius(struct call *c)
{
	run(c, OLD | MAY_STORE);
}

static void
cmd_georadius_ro(struct call *c)
{
	run(c, OLD);
}

static void
cmd_georadiusbymember(struct call *c)
{
	run(c, OLD | BY_MEMBER | MAY_STORE);
}

static void
cmd_georadiusbymember_ro(struct call *c)
{
	run(c, OLD | BY_MEMBER);
}

/* STORE key, or STOREDIST key, behind the first `skip` arguments. */
static bool
store_key(const struct value *args, size_t argc, size_t skip,
    struct command_range *keys)
{
	size_t i;

	for (i = skip; i + 1 < argc; i++) {
		if (value_is_bytes(&args[i]) && value_is_bytes(&args[i + 1]) &&
		    (bytes_is(value_bytes(&args[i]), "store") ||
		    bytes_is(value_bytes(&args[i]), "storedist"))) {
			i++;
			*keys = (struct command_range){ (int)i, (int)i, 1 };
		}
	}
	return (false);
}

static bool
georadius_keys(const struct value *args, size_t argc,
    struct command_range *keys)
{
	return (store_key(args, argc, 6, keys));
}

static bool
georadiusbymember_keys(const struct value *args, size_t argc,
    struct command_range *keys)
{
	return (store_key(args, argc, 5, keys));
}

#define COST "O(N+log(M)) where N is the number of members near by and M " \
	"that of all"

#define ROW(a_name, a_syntax, a_summary, a_since, a_arity, a_flags, a_last, \
    a_more, a_run) {							\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "geo",						\
	.cost    = COST,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, a_last, 1 },					\
	.more_keys = a_more,						\
	.run     = a_run,						\
}

#define CENTER "<FROMMEMBER member | FROMLONLAT longitude latitude> "	\
	"<BYRADIUS radius <M | KM | FT | MI> | "			\
	"BYBOX width height <M | KM | FT | MI>> "			\
	"[ASC | DESC] [COUNT count [ANY]]"
#define WITH " [WITHCOORD] [WITHDIST] [WITHHASH]"
#define OLD_WITH " radius <M | KM | FT | MI>" WITH " [COUNT count [ANY]] "  \
	"[ASC | DESC]"
#define OLD_STORE " [STORE key] [STOREDIST key]"

struct command cmd_geo_search_rows[] = {
	ROW("geosearch", "key " CENTER WITH,
	    "Returns the members in a circle or a box.", "6.2.0", -7,
	    CMD_READ, 1, NULL, cmd_geosearch),
	ROW("geosearchstore", "destination source " CENTER " [STOREDIST]",
	    "Stores the members in a circle or a box.", "6.2.0", -8,
	    CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, 2, NULL, cmd_geosearchstore),
	ROW("georadius", "key longitude latitude" OLD_WITH OLD_STORE,
	    "Returns or stores the members in a circle.", "3.2.0", -6,
	    CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, 1, georadius_keys,
	    cmd_georadius),
	ROW("georadius_ro", "key longitude latitude" OLD_WITH,
	    "Returns the members in a circle.", "3.2.10", -6, CMD_READ, 1,
	    NULL, cmd_georadius_ro),
	ROW("georadiusbymember", "key member" OLD_WITH OLD_STORE,
	    "Returns or stores the members around one.", "3.2.0", -5,
	    CMD_WRITE | CMD_DENY_OOM | CMD_LOOKS, 1, georadiusbymember_keys,
	    cmd_georadiusbymember),
	ROW("georadiusbymember_ro", "key member" OLD_WITH,
	    "Returns the members around one.", "3.2.10", -5, CMD_READ, 1,
	    NULL, cmd_georadiusbymember_ro),
	{ .name = NULL },
};
