/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm: many clients, few keys.  Each thread has several connections of all
 * dialects, sends each a pipeline of random requests, and then compares the
 * replies with what must hold whatever the others did meanwhile:
 *
 *  - a reply belongs to its request, in order;
 *  - a key that one client alone writes has what it wrote last, or nothing,
 *    since anybody may say FLUSHALL, and nothing until it is written again;
 *  - a key that all write has a whole value of one of them, and of each writer
 *    never an older one than was seen before;
 *  - keys that are always written, and always removed, by one request are all
 *    there and equal, or all absent.
 *
 * It ends after so many seconds, or with status 1 at the first thing that is
 * not so.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/respc.h"

enum {
	HOT	= 4,		/* keys that all write */
	GROUPS	= 3,		/* of keys that are written together */
	MEMBERS	= 5,
	DEPTH	= 24,		/* requests in one pipeline, at most */
	LONG	= 40000,	/* bytes of a long value, at most */
	TIMEOUT	= 60000,	/* ms until a reply is missed */
};

enum dialect { ARTICLE, RESP2, RESP3 };

struct client;

/* One thing to ask, how often, and what its reply must be. */
struct kind {
	const char	*name;
	unsigned	 weight;
	unsigned	 ways;		/* `which` is below that */
	void		(*ask)(struct client *, unsigned which);
	void		(*check)(struct client *, unsigned which, uint64_t seq,
			    const struct respc_value *);
};

struct client {
	struct respc	*conn;
	unsigned	 id;
	enum dialect	 dialect;
	uint64_t	 random;
	uint64_t	 seq;		/* of the last request */
	uint64_t	 own;		/* which wrote the own key; 0: none */
	/* Of each writer, the last request seen in each hot key. */
	uint64_t	*seen[HOT];
	struct {
		const struct kind	*kind;
		unsigned		 which;
		uint64_t		 seq;
	}		 asked[DEPTH];
	unsigned	 count;		/* of asked */
	const char	*doing;
};

static struct {
	unsigned	 threads, connections, seconds;
	uint64_t	 requests;	/* of each connection, at most */
	uint64_t	 seed;
	uint16_t	 port, redis_port;
} options = { .threads = 4, .connections = 6, .seconds = 5,
    .requests = UINT64_MAX };

static int64_t end;		/* in now()'s milliseconds */
static _Atomic uint64_t asked_total, full_groups, hot_values, own_values;

static void __attribute__((noreturn, format(printf, 2, 3)))
wrong(const struct client *c, const char *format, ...)
{
	static const char *const names[] = { "article", "RESP2", "RESP3" };
	va_list ap;

	flockfile(stderr);
	fprintf(stderr, "storm: seed %" PRIu64 ", ", options.seed);
	if (c != NULL)
		fprintf(stderr, "client %u (%s), %s: ", c->id,
		    names[c->dialect], c->doing);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	_exit(1);
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* xorshift64*: each client has its own, so that a seed says what it does. */
static unsigned
pick(struct client *c, unsigned below)
{
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return ((unsigned)((c->random * UINT64_C(2685821657736338717)) >> 33) %
	    below);
}

/* Requests */

static void
append(struct client *c, size_t argc, struct respc_value *args[])
{
	size_t i;

	if (respc_appendv(c->conn, argc, args) != 0)
		wrong(c, "cannot ask: %s", respc_error(c->conn));
	for (i = 0; i < argc; i++)
		respc_free(args[i]);
}

/* A request of strings; NULL ends them. */
static void __attribute__((sentinel))
ask(struct client *c, ...)
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

/* "label client seq length " and a filling that depends on them all. */
static struct respc_value *
new_text(struct client *c, const char *label)
{
	size_t length = pick(c, 50) == 0 ? pick(c, LONG) : pick(c, 100), n;
	char *text = malloc(length + 128);
	struct respc_value *v;

	n = (size_t)snprintf(text, 128, "%s %u %" PRIu64 " %zu ", label, c->id,
	    c->seq, length);
	memset(text + n, 'a' + (int)((c->id + c->seq) % 26), length);
	v = respc_new_bytes(text, n + length);
	free(text);
	return (v);
}

/* A text as it is or, where one can say that, among other things. */
static struct respc_value *
new_tagged(struct client *c, const char *label)
{
	struct respc_value *list, *dict;

	if (c->dialect == RESP2 || pick(c, 2) == 0)
		return (new_text(c, label));
	list = respc_new_array();
	respc_push(list, respc_new_integer((int64_t)c->seq));
	respc_push(list, respc_new_null());
	respc_push(list, respc_new_integer(-(int64_t)c->id));
	dict = respc_new_dictionary();
	respc_put(dict, respc_new_string("list"), list);
	respc_put(dict, respc_new_string("tag"), new_text(c, label));
	return (dict);
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

/* Reads what new_text() made with this label; whose and which of theirs. */
static void
read_text(struct client *c, const struct respc_value *v, const char *label,
    unsigned *id, uint64_t *seq)
{
	size_t length, wanted, i, n = strlen(label);
	const char *text = respc_string(v, &length);
	int used;

	if (text == NULL || length < n || memcmp(text, label, n) != 0 ||
	    sscanf(text + n, " %u %" SCNu64 " %zu%n", id, seq, &wanted,
	    &used) != 3 || *id >= options.threads * options.connections)
		wrong(c, "not a value of %s: %.100s", label,
		    text != NULL ? text : "no string");
	n += (size_t)used + 1;
	if (length != n + wanted)
		wrong(c, "%zu bytes, not %zu: %.100s", length, n + wanted,
		    text);
	for (i = n; i < length; i++) {
		if (text[i] != 'a' + (char)((*id + *seq) % 26))
			wrong(c, "byte %zu is %c: %.100s", i, text[i], text);
	}
}

/* The same for new_tagged(). */
static void
read_tagged(struct client *c, const struct respc_value *v, const char *label,
    unsigned *id, uint64_t *seq)
{
	const struct respc_value *list = respc_find(v, "list");

	if (respc_type(v) != RESPC_DICTIONARY) {
		read_text(c, v, label, id, seq);
		return;
	}
	read_text(c, respc_find(v, "tag"), label, id, seq);
	if (respc_length(v) != 2 || respc_length(list) != 3 ||
	    respc_integer(respc_item(list, 0)) != (int64_t)*seq ||
	    respc_type(respc_item(list, 1)) != RESPC_NULL ||
	    respc_integer(respc_item(list, 2)) != -(int64_t)*id)
		wrong(c, "the list is not that of %u's %" PRIu64, *id, *seq);
}

static void
check_string(struct client *c, const struct respc_value *v, const char *wanted)
{
	if (respc_type(v) != RESPC_STRING ||
	    strcmp(respc_string(v, NULL), wanted) != 0)
		wrong(c, "got %s, not %s", respc_string(v, NULL) != NULL ?
		    respc_string(v, NULL) : "no string", wanted);
}

/* What SET and MSET of n keys say. */
static void
check_written(struct client *c, const struct respc_value *v, int64_t n)
{
	if (c->dialect != ARTICLE)
		check_string(c, v, "OK");
	else if (respc_type(v) != RESPC_INTEGER || respc_integer(v) != n)
		wrong(c, "not %" PRId64 " but %" PRId64 " %s", n,
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
		wrong(c, "neither %" PRId64 " nor %" PRId64 " but %" PRId64
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
	read_tagged(c, v, name_own(c, name), &id, &seq);
	if (id != c->id || seq != c->own)
		wrong(c, "wrote %" PRIu64 " and finds %u's %" PRIu64, c->own,
		    id, seq);
	atomic_fetch_add(&own_values, 1);
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
	read_text(c, v, name_hot(which, name), &id, &seq);
	if (seq < c->seen[which][id])
		wrong(c, "%s has %u's %" PRIu64 " after %" PRIu64, name, id,
		    seq, c->seen[which][id]);
	c->seen[which][id] = seq;
	atomic_fetch_add(&hot_values, 1);
}

/* Kinds */

static void
ask_echo(struct client *c, unsigned which)
{
	char text[64];

	(void)which;
	snprintf(text, sizeof(text), "%u:%" PRIu64, c->id, c->seq);
	ask(c, "ECHO", text, NULL);
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
	    respc_new_string(name_own(c, name)), new_tagged(c, name) };

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
	    respc_new_string(name_own(c, name)), new_text(c, name),
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

	ask(c, which != 0 ? "GET" : "POP", name_own(c, name), NULL);
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

	ask(c, which == 0 ? "EXISTS" : "DEL", name_own(c, name), NULL);
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
	ask(c, "KEYS", name_own(c, name), NULL);
}

static void
check_own_keys(struct client *c, unsigned which, uint64_t seq,
    const struct respc_value *v)
{
	char name[32];

	(void)which;
	(void)seq;
	if (respc_type(v) != RESPC_ARRAY || respc_length(v) > (c->own != 0))
		wrong(c, "there are %zu", respc_length(v));
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
	    new_text(c, name) };

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

	ask(c, which < 3 * HOT ? "GET" : "POP", name_hot(which % HOT, name),
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
	    new_text(c, name), respc_new_string("GET") };

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
	unsigned i, first = pick(c, MEMBERS);

	args[0] = respc_new_string("MSET");
	random = c->random;
	for (i = 0; i < MEMBERS; i++) {
		name_member(which, (first + i) % MEMBERS, name);
		args[2 * i + 1] = respc_new_string(name);
		/* The same value each time. */
		c->random = random;
		args[2 * i + 2] = new_tagged(c, "group");
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
	unsigned i, first = pick(c, MEMBERS);
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
		wrong(c, "%zu members: %s", respc_length(v),
		    respc_string(v, NULL));
	for (i = 0; i < MEMBERS; i++) {
		if (is_null(respc_item(v, i)))
			continue;
		read_tagged(c, respc_item(v, i), "group", &id, &seq);
		if (there++ == 0) {
			first_id = id;
			first_seq = seq;
		} else if (id != first_id || seq != first_seq)
			wrong(c, "%u's %" PRIu64 " beside %u's %" PRIu64, id,
			    seq, first_id, first_seq);
	}
	if (there != 0 && there != MEMBERS)
		wrong(c, "%u of %d are there", there, MEMBERS);
	atomic_fetch_add(&full_groups, there != 0);
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
	ask(c, "KEYS", "*", NULL);
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
	    GROUPS * MEMBERS + options.threads * options.connections)
		wrong(c, "there are %zu", respc_length(v));
	for (i = 0; i < respc_length(v); i++) {
		name = respc_string(respc_item(v, i), NULL);
		if (name == NULL || (strncmp(name, "own:", 4) != 0 &&
		    strncmp(name, "hot:", 4) != 0 &&
		    strncmp(name, "group:", 6) != 0))
			wrong(c, "there is a key %s", name);
	}
}

static void
ask_flush(struct client *c, unsigned which)
{
	ask(c, which == 0 ? "FLUSHALL" : "FLUSHDB", NULL);
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

static const struct kind kinds[] = {
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
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct kind *
pick_kind(struct client *c)
{
	unsigned i, all = 0, n;

	for (i = 0; i < KINDS; i++)
		all += kinds[i].weight;
	n = pick(c, all);
	for (i = 0; n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	return (&kinds[i]);
}

static void
send_some(struct client *c)
{
	unsigned i;

	c->count = 1 + pick(c, DEPTH);
	for (i = 0; i < c->count; i++) {
		c->asked[i].kind = pick_kind(c);
		c->asked[i].which = pick(c, c->asked[i].kind->ways);
		c->asked[i].seq = ++c->seq;
		c->doing = c->asked[i].kind->name;
		c->asked[i].kind->ask(c, c->asked[i].which);
	}
	if (respc_send(c->conn) != 0)
		wrong(c, "cannot send: %s", respc_error(c->conn));
}

static void
read_all(struct client *c)
{
	struct respc_value *v;
	unsigned i;

	for (i = 0; i < c->count; i++) {
		c->doing = c->asked[i].kind->name;
		v = respc_read(c->conn);
		if (v == NULL)
			wrong(c, "no reply: %s", respc_error(c->conn));
		c->asked[i].kind->check(c, c->asked[i].which,
		    c->asked[i].seq, v);
		respc_free(v);
	}
	atomic_fetch_add(&asked_total, c->count);
}

static void
greet(struct client *c, unsigned id)
{
	static const enum dialect dialects[] = { ARTICLE, RESP2, ARTICLE,
	    RESP3 };
	struct respc_value *v;
	int i;

	c->id = id;
	c->dialect = dialects[id % 4];
	c->random = options.seed * 1000003 + id + 1;
	c->doing = "connect";
	c->conn = respc_connect("127.0.0.1", c->dialect == ARTICLE ?
	    options.port : options.redis_port, TIMEOUT);
	if (c->conn == NULL)
		wrong(c, "%s", respc_error(NULL));
	for (i = 0; i < HOT; i++)
		c->seen[i] = calloc((size_t)options.threads *
		    options.connections, sizeof(*c->seen[i]));
	if (c->dialect == RESP3) {
		ask(c, "HELLO", "3", NULL);
		v = respc_read(c->conn);
		if (respc_type(v) != RESPC_DICTIONARY)
			wrong(c, "HELLO 3: %s", respc_string(v, NULL));
		respc_free(v);
	}
}

static void
leave(struct client *c)
{
	int i;

	respc_close(&c->conn);
	for (i = 0; i < HOT; i++)
		free(c->seen[i]);
}

static bool
found_all(void)
{
	return (full_groups != 0 && hot_values != 0 && own_values != 0);
}

/* Whether it is not over yet: where little is done a second, it takes longer. */
static bool
goes_on(void)
{
	int64_t at = now();

	return (at < end || (!found_all() && at < end + TIMEOUT));
}

/* All connections of a thread have a pipeline under way at once. */
static void *
run(void *arg)
{
	unsigned first = *(unsigned *)arg * options.connections, i;
	struct client *clients = calloc(options.connections, sizeof(*clients));

	for (i = 0; i < options.connections; i++)
		greet(&clients[i], first + i);
	while (goes_on() && clients[0].seq < options.requests) {
		for (i = 0; i < options.connections; i++)
			send_some(&clients[i]);
		for (i = 0; i < options.connections; i++)
			read_all(&clients[i]);
	}
	for (i = 0; i < options.connections; i++)
		leave(&clients[i]);
	free(clients);
	return (NULL);
}

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "usage: storm [-t threads] [-c connections of each] "
	    "[-s seconds] [-n requests of each] [-S seed] port redis-port\n");
	exit(2);
}

static uint64_t
number(const char *text, uint64_t most)
{
	char *rest;
	uint64_t n = strtoull(text, &rest, 10);

	if (*text < '0' || *text > '9' || *rest != '\0' || n == 0 || n > most)
		usage();
	return (n);
}

static void
read_options(int argc, char **argv)
{
	int option;

	options.seed = (uint64_t)time(NULL);
	while ((option = getopt(argc, argv, "t:c:s:n:S:")) != -1) {
		switch (option) {
		case 't':
			options.threads = (unsigned)number(optarg, 1000);
			break;
		case 'c':
			options.connections = (unsigned)number(optarg, 1000);
			break;
		case 's':
			options.seconds = (unsigned)number(optarg, 1000000);
			break;
		case 'n':
			options.requests = number(optarg, UINT64_MAX);
			break;
		case 'S':
			options.seed = number(optarg, UINT32_MAX);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2)
		usage();
	options.port = (uint16_t)number(argv[optind], UINT16_MAX);
	options.redis_port = (uint16_t)number(argv[optind + 1], UINT16_MAX);
}

int
main(int argc, char **argv)
{
	pthread_t *threads;
	unsigned i, *numbers;

	read_options(argc, argv);
	threads = calloc(options.threads, sizeof(*threads));
	numbers = calloc(options.threads, sizeof(*numbers));
	end = now() + (int64_t)options.seconds * 1000;
	for (i = 0; i < options.threads; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, run, &numbers[i]) != 0)
			wrong(NULL, "no thread");
	}
	for (i = 0; i < options.threads; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	free(numbers);
	printf("seed %" PRIu64 ": %" PRIu64 " requests; found %" PRIu64
	    " whole groups, %" PRIu64 " values of all and %" PRIu64
	    " own ones\n", options.seed, asked_total, full_groups, hot_values,
	    own_values);
	if (!found_all())
		wrong(NULL, "a storm that finds nothing proves nothing");
	return (0);
}
