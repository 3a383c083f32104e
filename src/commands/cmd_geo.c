/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Positions on the earth: members of sorted sets, whose scores they are.
 */
#include <stdio.h>

#include "base/mem.h"
#include "commands/geo.h"
#include "commands/geohash.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/key.h"
#include "resp/reply.h"
#include "value/zset.h"

bool
geo_read_point(struct call *c, size_t i, struct geo_point *p)
{
	if (!call_double(c, i, &p->longitude) ||
	    !call_double(c, i + 1, &p->latitude))
		return (false);
	if (geo_valid(*p))
		return (true);
	reply_error(c->reply, "ERR invalid longitude,latitude pair %f,%f",
	    p->longitude, p->latitude);
	return (false);
}

bool
geo_read_unit(struct call *c, size_t i, double *metres)
{
	static const struct {
		const char	*name;
		double		 metres;
	} units[] = {
		{ "m", 1 }, { "km", 1000 }, { "ft", 0.3048 },
		{ "mi", 1609.34 },
	};
	size_t k;

	for (k = 0; k < sizeof(units) / sizeof(units[0]); k++) {
		if (call_arg_is(c, i, units[k].name)) {
			*metres = units[k].metres;
			return (true);
		}
	}
	reply_error(c->reply, "ERR unsupported unit provided. please use M, "
	    "KM, FT, MI");
	return (false);
}

void
geo_reply_distance(struct call *c, double distance)
{
	char text[64];

	reply_bulk(c->reply, bytes_make(text, (size_t)snprintf(text,
	    sizeof(text), "%.4f", distance)));
}

void
geo_reply_point(struct call *c, struct geo_point p)
{
	reply_array(c->reply, 2);
	reply_decimal(c->reply, p.longitude);
	reply_decimal(c->reply, p.latitude);
}

struct add {
	bool	nx, xx, ch;		/* as ZADD's */
	size_t	first;			/* argument: longitude, latitude, member */
	size_t	count;
};

static bool
read_add(struct call *c, struct add *a)
{
	size_t i;

	*a = (struct add){ .nx = false };
	for (i = 2; i < c->argc; i++) {
		if (call_arg_is(c, i, "nx"))
			a->nx = true;
		else if (call_arg_is(c, i, "xx"))
			a->xx = true;
		else if (call_arg_is(c, i, "ch"))
			a->ch = true;
		else
			break;
	}
	a->first = i;
	a->count = (c->argc - i) / 3;
	if (a->count != 0 && a->count * 3 == c->argc - i &&
	    !(a->nx && a->xx))
		return (true);
	reply_error(c->reply, ERR_SYNTAX);
	return (false);
}

static void
add(struct call *c, const struct add *a, const double *scores)
{
	int64_t added = 0, updated = 0;
	struct bytes member;
	struct value v;
	double was;
	size_t i;

	if (!key_make(c, 1, VALUE_ZSET, &v))
		return;
	for (i = 0; i < a->count; i++) {
		member = call_arg(c, a->first + 3 * i + 2);
		if (!zset_score(v.zset, member, &was)) {
			if (a->xx)
				continue;
			added++;
		} else if (a->nx || was == scores[i])
			continue;
		else
			updated++;
		zset_put(&v.zset, member, scores[i]);
	}
	key_store(c, 1, &v);
	if (added + updated != 0)
		call_event(c, EVENT_ZSET, "zadd", 1);
	reply_integer(c->reply, a->ch ? added + updated : added);
}

/* A ZADD whose scores are computed. */
static void
cmd_geoadd(struct call *c)
{
	struct geo_point p;
	double *scores;
	struct add a;
	size_t i;

	if (!read_add(c, &a))
		return;
	scores = mem_alloc(a.count * sizeof(*scores));
	for (i = 0; i < a.count; i++) {
		if (!geo_read_point(c, a.first + 3 * i, &p))
			break;
		scores[i] = geo_score(p);
	}
	if (i == a.count)
		add(c, &a, scores);
	mem_free(scores);
}

static bool
point_of(const struct value *v, struct bytes member, struct geo_point *p)
{
	double score;

	if (v->type == VALUE_NONE || !zset_score(v->zset, member, &score))
		return (false);
	*p = geo_point_of(score);
	return (true);
}

static void
cmd_geopos(struct call *c)
{
	struct geo_point p;
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++) {
		if (point_of(&v, call_arg(c, i), &p))
			geo_reply_point(c, p);
		else
			reply_null_array(c->reply);
	}
}

static void
cmd_geohash(struct call *c)
{
	char text[GEO_TEXT + 1];
	struct geo_point p;
	struct value v;
	size_t i;

	if (!key_typed(c, 1, VALUE_ZSET, &v))
		return;
	reply_array(c->reply, c->argc - 2);
	for (i = 2; i < c->argc; i++) {
		if (point_of(&v, call_arg(c, i), &p)) {
			geo_text(p, text);
			reply_string(c->reply, text);
		} else
			reply_null(c->reply);
	}
}

static void
cmd_geodist(struct call *c)
{
	struct geo_point a, b;
	double metres = 1;
	struct value v;

	if (c->argc > 5) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if ((c->argc == 5 && !geo_read_unit(c, 4, &metres)) ||
	    !key_typed(c, 1, VALUE_ZSET, &v))
		return;
	if (point_of(&v, call_arg(c, 2), &a) &&
	    point_of(&v, call_arg(c, 3), &b))
		geo_reply_distance(c, geo_distance(a, b) / metres);
	else
		reply_null(c->reply);
}

#define ROW(a_name, a_syntax, a_summary, a_since, a_cost, a_arity, a_flags, \
    a_run) {								\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = a_since,						\
	.group   = "geo",						\
	.cost    = a_cost,						\
	.arity   = a_arity,						\
	.flags   = a_flags,						\
	.keys    = { 1, 1, 1 },						\
	.run     = a_run,						\
}

struct command cmd_geo_rows[] = {
	ROW("geoadd", "key [NX | XX] [CH] longitude latitude member "
	    "[longitude latitude member ...]", "Gives members a position.",
	    "3.2.0", "O(log(N)) for each, where N is the number of members",
	    -5, CMD_WRITE | CMD_DENY_OOM, cmd_geoadd),
	ROW("geopos", "key [member [member ...]]",
	    "Returns members' positions.", "3.2.0", "O(1) for each", -2,
	    CMD_READ, cmd_geopos),
	ROW("geohash", "key [member [member ...]]",
	    "Returns members' positions as text of geohash.org.", "3.2.0",
	    "O(1) for each", -2, CMD_READ, cmd_geohash),
	ROW("geodist", "key member1 member2 [M | KM | FT | MI]",
	    "Returns how far two members are from each other.", "3.2.0",
	    "O(1)", -4, CMD_READ, cmd_geodist),
	{ .name = NULL },
};
