/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each kind of request has a function that asks and one that looks at the
 * reply; the table of them all is at the end.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "storm.h"
#include "talk.h"

enum {
	GROUPS	= 3,		/* of keys that are written together */
	MEMBERS	= 5,
};

struct storm_found storm_found;

/* Requests */

static void
append(struct client *c, size_t argc, struct respc_value *args[])
{
	size_t i;

	if (respc_appendv(c->conn, argc, args) != 0)
		storm_wrong(c, "cannot ask: %s", respc_error(c->conn));
	for (i = 0; i < argc; i++)
		respc_free(args[i]);
}

/* A request of strings; NULL ends them. */
static void __attribute__((sentinel))
request(struct client *c, ...)
{
	struct respc_value *args[2 * MEMBERS + 2];
	const char *text;
	size_t n = 0;
	va_list ap;

	va_start(ap, c);
	while ((text = va_arg(ap, const char *)) != NULL)
		args[n++] = respc_new_string(text);
	va_end(ap);
	append(c, n, args);
}

static const char *
name_own(const struct client *c, char name[32])
{
	snprintf(name, 32, "own:%u", c->id);
	return (name);
}

static const char *
name_hot(unsigned which, char name[32])
{
	snprintf(name, 32, "hot:%u", which);
	return (name);
}

static const char *
name_member(unsigned group, unsigned member, char name[32])
{
	snprintf(name, 32, "group:%u:%u", group, member);
	return (name);
}

/* Replies */

static void
check_string(struct client *c, const struct respc_value *v, const char *wanted)
{
	if (respc_type(v) != RESPC_STRING ||
	    strcmp(respc_string(v, NULL), wanted) != 0)
		storm_wrong(c, "got %s, not %s", respc_string(v, NULL) != NULL ?
		    respc_string(v, NULL) : "no string", wanted);
}

/* What SET and MSET of n keys say. */
static void
check_written(struct client *c, const struct respc_value *v, int64_t n)
{
	if (c->dialect != ARTICLE)
		check_string(c, v, "OK");
	else if (respc_type(v) != RESPC_INTEGER || respc_integer(v) != n)
		storm_wrong(c, "not %" PRId64 " but %" PRId64 " %s", n,
		    respc_integer(v), respc_string(v, NULL));
}

static bool
is_null(const struct respc_value *v)
{
	return (respc_type(v) == RESPC_NULL);
}

/* An integer that is one of two. */
static void
check_either(struct client *c, const struct respc_value *v, int64_t one,
    int64_t other)
{
	int64_t n = respc_integer(v);

	if (respc_type(v) != RESPC_INTEGER || (n != one && n != other))
		storm_wrong(c, "neither %" PRId64 " nor %" PRId64 " but %" PRId64
		    " %s", one, other, n, respc_string(v, NULL));
}

/* What stands in the own key. */
static void
check_own_value(struct client *c, const struct respc_value *v)
{
	char name[32];
	uint64_t seq;
	unsigned id;

	if (is_null(v)) {
		c->own = 0;
		return;
	}
	storm_read_tagged(c, v, name_own(c, name), &id, &seq);
	if (id != c->id || seq != c->own)
		storm_wrong(c, "wrote %" PRIu64 " and finds %u's %" PRIu64, c->own,
		    id, seq);
	atomic_fetch_add(&storm_found.own_values, 1);
}

/* What a hot key has, or had until now. */
static void
check_hot_value(struct client *c, unsigned which, const struct respc_value *v)
{
	char name[32];
	uint64_t seq;
	unsigned id;

	if (is_null(v))
		return;
	storm_read_text(c, v, name_hot(which, name), &id, &seq);
	if (seq < c->seen[which][id])
		storm_wrong(c, "%s has %u's %" PRIu64 " after %" PRIu64, name, id,
		    seq, c->seen[which][id]);
	c->seen[which][id] = seq;
	atomic_fetch_add(&storm_found.hot_values, 1);
}

/* Kinds */

static void
ask_echo(struct client *c, unsigned which)
{
	char text[64];

	(void)which;
	snprintf(text, sizeof(text), "%u:%" PRIu64, c->id, c->seq);
	request(c, "ECHO", text, NULL);
}

static void
check_echo(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	char text[64];

	(void)which;
	snprintf(text, sizeof(text), "%u:%" PRIu64, c->id, seq);
	check_string(c, v, text);
}

static void
ask_own_set(struct client *c, unsigned which)
{
	char name[32];
	struct respc_value *args[] = { respc_new_string("SET"),
	    respc_new_string(name_own(c, name)), storm_new_tagged(c, name) };

	(void)which;
	append(c, 3, args);
}

static void
check_own_set(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)which;
	check_written(c, v, 1);
	c->own = seq;
}

/* The deadline may pass at any time: it is as if somebody flushed. */
static void
ask_own_expire(struct client *c, unsigned which)
{
	char name[32];
	struct respc_value *args[] = { respc_new_string("SET"),
	    respc_new_string(name_own(c, name)), storm_new_text(c, name),
	    respc_new_string("PX"), respc_new_string("5") };

	(void)which;
	append(c, 5, args);
}

static void
check_own_expire(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)which;
	check_string(c, v, "OK");
	c->own = seq;
}

static void
ask_own_get(struct client *c, unsigned which)
{
	char name[32];

	request(c, which != 0 ? "GET" : "POP", name_own(c, name), NULL);
}

static void
check_own_get(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)seq;
	check_own_value(c, v);
	if (which == 0)
		c->own = 0;
}

static void
ask_own_exists(struct client *c, unsigned which)
{
	char name[32];

	request(c, which == 0 ? "EXISTS" : "DEL", name_own(c, name), NULL);
}

static void
check_own_exists(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)seq;
	check_either(c, v, 0, c->own != 0);
	if (which != 0 || respc_integer(v) == 0)
		c->own = 0;
}

static void
ask_own_keys(struct client *c, unsigned which)
{
	char name[32];

	(void)which;
	request(c, "KEYS", name_own(c, name), NULL);
}

static void
check_own_keys(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	char name[32];

	(void)which;
	(void)seq;
	if (respc_type(v) != RESPC_ARRAY || respc_length(v) > (c->own != 0))
		storm_wrong(c, "there are %zu", respc_length(v));
	if (respc_length(v) == 1)
		check_string(c, respc_item(v, 0), name_own(c, name));
	else
		c->own = 0;
}

static void
ask_hot_set(struct client *c, unsigned which)
{
	char name[32];
	struct respc_value *args[] = { respc_new_string("SET"),
	    respc_new_string(name_hot(which, name)),
	    storm_new_text(c, name) };

	append(c, 3, args);
}

static void
check_hot_set(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	check_written(c, v, 1);
	c->seen[which][c->id] = seq;
}

static void
ask_hot_get(struct client *c, unsigned which)
{
	char name[32];

	request(c, which < 3 * HOT ? "GET" : "POP", name_hot(which % HOT, name),
	    NULL);
}

static void
check_hot_get(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)seq;
	check_hot_value(c, which % HOT, v);
}

/* SET with GET: the value before ours, and then ours. */
static void
ask_hot_swap(struct client *c, unsigned which)
{
	char name[32];
	struct respc_value *args[] = { respc_new_string("SET"),
	    respc_new_string(name_hot(which, name)),
	    storm_new_text(c, name), respc_new_string("GET") };

	append(c, 4, args);
}

static void
check_hot_swap(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	check_hot_value(c, which, v);
	c->seen[which][c->id] = seq;
}

static void
ask_group_mset(struct client *c, unsigned which)
{
	struct respc_value *args[2 * MEMBERS + 1];
	uint64_t random;
	char name[32];
	unsigned i, first = chance(&c->random, MEMBERS);

	args[0] = respc_new_string("MSET");
	random = c->random;
	for (i = 0; i < MEMBERS; i++) {
		name_member(which, (first + i) % MEMBERS, name);
		args[2 * i + 1] = respc_new_string(name);
		/* The same value each time. */
		c->random = random;
		args[2 * i + 2] = storm_new_tagged(c, "group");
	}
	append(c, 2 * MEMBERS + 1, args);
}

static void
check_group_mset(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)which;
	(void)seq;
	check_written(c, v, MEMBERS);
}

/* A request on all members, in an order that changes. */
static void
ask_group(struct client *c, const char *what, unsigned group)
{
	struct respc_value *args[MEMBERS + 1];
	unsigned i, first = chance(&c->random, MEMBERS);
	char name[32];

	args[0] = respc_new_string(what);
	for (i = 0; i < MEMBERS; i++)
		args[i + 1] = respc_new_string(name_member(group,
		    (first + i) % MEMBERS, name));
	append(c, MEMBERS + 1, args);
}

static void
ask_group_mget(struct client *c, unsigned which)
{
	ask_group(c, which < 2 * GROUPS ? "MGET" : "MPOP", which % GROUPS);
}

static void
check_group_mget(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	uint64_t first_seq = 0;
	unsigned id, first_id = 0, i, there = 0;

	(void)seq;
	/* MPOP removes nothing if there is something it could not tell. */
	if (which >= 2 * GROUPS && c->dialect == RESP2 &&
	    respc_type(v) == RESPC_ERROR &&
	    strncmp(respc_string(v, NULL), "WRONGTYPE", 9) == 0)
		return;
	if (respc_type(v) != RESPC_ARRAY || respc_length(v) != MEMBERS)
		storm_wrong(c, "%zu members: %s", respc_length(v),
		    respc_string(v, NULL));
	for (i = 0; i < MEMBERS; i++) {
		if (is_null(respc_item(v, i)))
			continue;
		storm_read_tagged(c, respc_item(v, i), "group", &id, &seq);
		if (there++ == 0) {
			first_id = id;
			first_seq = seq;
		} else if (id != first_id || seq != first_seq)
			storm_wrong(c, "%u's %" PRIu64 " beside %u's %" PRIu64, id,
			    seq, first_id, first_seq);
	}
	if (there != 0 && there != MEMBERS)
		storm_wrong(c, "%u of %d are there", there, MEMBERS);
	atomic_fetch_add(&storm_found.full_groups, there != 0);
}

static void
ask_group_count(struct client *c, unsigned which)
{
	static const char *const names[] = { "EXISTS", "DEL", "UNLINK" };

	ask_group(c, names[which / GROUPS % 3], which % GROUPS);
}

static void
check_group_count(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)which;
	(void)seq;
	check_either(c, v, 0, MEMBERS);
}

static void
ask_keys(struct client *c, unsigned which)
{
	(void)which;
	request(c, "KEYS", "*", NULL);
}

static void
check_keys(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	const char *name;
	size_t i;

	(void)which;
	(void)seq;
	if (respc_type(v) != RESPC_ARRAY || respc_length(v) > HOT +
	    GROUPS * MEMBERS + c->all)
		storm_wrong(c, "there are %zu", respc_length(v));
	for (i = 0; i < respc_length(v); i++) {
		name = respc_string(respc_item(v, i), NULL);
		if (name == NULL || (strncmp(name, "own:", 4) != 0 &&
		    strncmp(name, "hot:", 4) != 0 &&
		    strncmp(name, "group:", 6) != 0))
			storm_wrong(c, "there is a key %s", name);
	}
}

static void
ask_flush(struct client *c, unsigned which)
{
	request(c, which == 0 ? "FLUSHALL" : "FLUSHDB", NULL);
}

static void
check_flush(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	(void)which;
	(void)seq;
	check_string(c, v, "OK");
	c->own = 0;
}

const struct kind storm_kinds[] = {
	{ "ECHO", 4, 1, ask_echo, check_echo },
	{ "SET of the own key", 8, 1, ask_own_set, check_own_set },
	{ "SET PX of the own key", 1, 1, ask_own_expire, check_own_expire },
	{ "GET or POP of the own key", 10, 4, ask_own_get, check_own_get },
	{ "EXISTS or DEL of the own key", 4, 2, ask_own_exists,
	    check_own_exists },
	{ "KEYS with the own key", 1, 1, ask_own_keys, check_own_keys },
	{ "SET of a key of all", 10, HOT, ask_hot_set, check_hot_set },
	{ "GET or POP of a key of all", 10, 4 * HOT, ask_hot_get,
	    check_hot_get },
	{ "SET GET of a key of all", 3, HOT, ask_hot_swap, check_hot_swap },
	{ "MSET of a group", 12, GROUPS, ask_group_mset, check_group_mset },
	{ "MGET or MPOP of a group", 15, 3 * GROUPS, ask_group_mget,
	    check_group_mget },
	{ "EXISTS, DEL or UNLINK of a group", 4, 3 * GROUPS, ask_group_count,
	    check_group_count },
	{ "KEYS *", 1, 1, ask_keys, check_keys },
	{ "FLUSHALL or FLUSHDB", 1, 2, ask_flush, check_flush },
	{ .name = NULL },
};
