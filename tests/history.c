/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history: 32 clients move things between few keys, and look whether all is
 * still there.  What must hold at any moment, whoever looks:
 *
 *  - money: transfers with WATCH, MULTI and EXEC between accounts leave the sum;
 *  - logs: what EXEC appends to two lists stands in both in the same order, and
 *    in the end all that was acknowledged stands there once, each client's in
 *    its order;
 *  - tokens and rings: SMOVE and LMOVE lose and double nothing;
 *  - the cup: RENAME and RENAMENX leave one of the names, COPY and DEL within
 *    EXEC too;
 *  - MSET's keys are equal, and MSETNX does nothing where one is there.
 *
 *	history SECONDS PORT
 *
 * on the Redis port.  Status 1 at the first thing that is not so.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "talk.h"

enum {
	CLIENTS	 = 32,
	KEYS	 = 3,		/* accounts, sets, lists, names: of each */
	BALANCE	 = 1000,	/* of each account in the beginning */
	THINGS	 = 30,		/* tokens, and beads on the rings */
};

struct client {
	struct respc	*conn;
	unsigned	 id;
	uint64_t	 random;
	unsigned	 appended;	/* how often, acknowledged */
};

static time_t end;
static _Atomic unsigned long transfers, conflicts, steps;

static unsigned
pick(struct client *c, unsigned below)
{
	return (chance(&c->random, below));
}

/* The next reply, to be freed, which is no error. */
static struct respc_value *
reply(struct client *c)
{
	struct respc_value *v = respc_read(c->conn);

	if (v == NULL)
		wrong("%s", respc_error(c->conn));
	if (respc_type(v) == RESPC_ERROR)
		wrong("refused: %s", respc_string(v, NULL));
	return (v);
}

static void
skip(struct client *c, unsigned n)
{
	while (n-- != 0)
		respc_free(reply(c));
}

static int64_t
integer(struct client *c)
{
	struct respc_value *v = reply(c);
	int64_t n = respc_type(v) == RESPC_INTEGER ? respc_integer(v) :
	    respc_type(v) == RESPC_STRING ?
	    atoll(respc_string(v, NULL)) : -1;

	respc_free(v);
	return (n);
}

/* EXEC's reply, behind those of MULTI and of so many that were queued. */
static struct respc_value *
exec(struct client *c, unsigned queued)
{
	ask(c->conn, "EXEC");
	skip(c, 1 + queued);
	return (reply(c));
}

static void
transfer(struct client *c)
{
	unsigned from = pick(c, KEYS), to = (from + 1 + pick(c, KEYS - 1)) %
	    KEYS;
	int64_t amount = 1 + pick(c, 20), source, target;
	struct respc_value *v;

	ask(c->conn, "WATCH money%u money%u", from, to);
	ask(c->conn, "GET money%u", from);
	ask(c->conn, "GET money%u", to);
	skip(c, 1);
	source = integer(c);
	target = integer(c);
	if (source < amount)
		amount = 0;
	ask(c->conn, "MULTI");
	ask(c->conn, "SET money%u %" PRId64, from, source - amount);
	ask(c->conn, "SET money%u %" PRId64, to, target + amount);
	v = exec(c, 2);
	atomic_fetch_add(respc_type(v) == RESPC_NULL ? &conflicts : &transfers,
	    1);
	respc_free(v);
}

/* The sum of numbers in a reply. */
static int64_t
sum(const struct respc_value *v)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < respc_length(v); i++)
		total += respc_type(respc_item(v, i)) == RESPC_INTEGER ?
		    respc_integer(respc_item(v, i)) :
		    atoll(respc_string(respc_item(v, i), NULL));
	return (total);
}

static void
expect_sum(struct respc_value *v, int64_t wanted, const char *what)
{
	if (sum(v) != wanted)
		wrong("%s: %" PRId64 " altogether, not %" PRId64, what, sum(v),
		    wanted);
	respc_free(v);
}

/* One after the other under EXEC, or all by one command. */
static void
audit(struct client *c)
{
	unsigned i;

	if (pick(c, 2) == 0) {
		ask(c->conn, "MGET money0 money1 money2");
		expect_sum(reply(c), KEYS * BALANCE, "money");
		return;
	}
	ask(c->conn, "MULTI");
	for (i = 0; i < KEYS; i++)
		ask(c->conn, "GET money%u", i);
	expect_sum(exec(c, KEYS), KEYS * BALANCE, "money");
}

static void
append(struct client *c)
{
	struct respc_value *v;

	c->appended++;
	ask(c->conn, "MULTI");
	ask(c->conn, "RPUSH log0 %u:%u", c->id, c->appended);
	ask(c->conn, "RPUSH log1 %u:%u", c->id, c->appended);
	v = exec(c, 2);
	if (respc_integer(respc_item(v, 0)) != respc_integer(respc_item(v, 1)))
		wrong("logs: one is longer");
	respc_free(v);
}

static void
same_lists(const struct respc_value *a, const struct respc_value *b)
{
	size_t i;

	if (respc_length(a) != respc_length(b))
		wrong("logs: %zu and %zu elements", respc_length(a),
		    respc_length(b));
	for (i = 0; i < respc_length(a); i++) {
		if (strcmp(respc_string(respc_item(a, i), NULL),
		    respc_string(respc_item(b, i), NULL)) != 0)
			wrong("logs: %s beside %s",
			    respc_string(respc_item(a, i), NULL),
			    respc_string(respc_item(b, i), NULL));
	}
}

static void
read_logs(struct client *c)
{
	struct respc_value *v;

	ask(c->conn, "MULTI");
	ask(c->conn, "LRANGE log0 -20 -1");
	ask(c->conn, "LRANGE log1 -20 -1");
	v = exec(c, 2);
	same_lists(respc_item(v, 0), respc_item(v, 1));
	respc_free(v);
}

static void
move_token(struct client *c)
{
	ask(c->conn, "SMOVE token%u token%u %u", pick(c, KEYS),
	    pick(c, KEYS), pick(c, THINGS));
	skip(c, 1);
}

static void
move_bead(struct client *c)
{
	static const char *const sides[] = { "LEFT", "RIGHT" };
	unsigned from = pick(c, KEYS), to = pick(c, KEYS);

	switch (pick(c, 3)) {
	case 0:
		ask(c->conn, "RPOPLPUSH ring%u ring%u", from, to);
		break;
	case 1:
		ask(c->conn, "BLMOVE ring%u ring%u %s %s 0.01", from, to,
		    sides[pick(c, 2)], sides[pick(c, 2)]);
		break;
	default:
		ask(c->conn, "LMOVE ring%u ring%u %s %s", from, to,
		    sides[pick(c, 2)], sides[pick(c, 2)]);
	}
	skip(c, 1);
}

static void
count_things(struct client *c)
{
	unsigned i, which = pick(c, 2);

	ask(c->conn, "MULTI");
	for (i = 0; i < KEYS; i++)
		ask(c->conn, which == 0 ? "SCARD token%u" : "LLEN ring%u", i);
	expect_sum(exec(c, KEYS), THINGS, which == 0 ? "tokens" : "rings");
}

/* The cup may be under another name: that is the one error here. */
static void
move_cup(struct client *c)
{
	unsigned from = pick(c, KEYS), to = (from + 1 + pick(c, KEYS - 1)) %
	    KEYS, way = pick(c, 3);
	struct respc_value *v;

	if (way == 2) {
		/* Without it there is nothing to copy, and nothing to delete. */
		ask(c->conn, "MULTI");
		ask(c->conn, "COPY cup%u cup%u", from, to);
		ask(c->conn, "DEL cup%u", from);
		respc_free(exec(c, 2));
		return;
	}
	ask(c->conn, "%s cup%u cup%u", way == 0 ? "RENAME" : "RENAMENX",
	    from, to);
	v = respc_read(c->conn);
	if (v == NULL || (respc_type(v) == RESPC_ERROR &&
	    strcmp(respc_string(v, NULL), "ERR no such key") != 0))
		wrong("RENAME: %s", v != NULL ? respc_string(v, NULL) :
		    respc_error(c->conn));
	respc_free(v);
}

static void
find_cup(struct client *c)
{
	int64_t n;

	ask(c->conn, "EXISTS cup0 cup1 cup2");
	n = integer(c);
	if (n != 1)
		wrong("cups: %" PRId64, n);
}

static void
write_equal(struct client *c)
{
	unsigned n = pick(c, 1000);

	if (pick(c, 4) == 0) {
		ask(c->conn, "MSETNX equal0 %u other %u equal2 %u", n, n, n);
		if (integer(c) != 0)
			wrong("MSETNX over a key that is there");
		return;
	}
	ask(c->conn, "MSET equal0 %u equal1 %u equal2 %u", n, n, n);
	skip(c, 1);
}

static void
read_equal(struct client *c)
{
	struct respc_value *v;
	const char *first;
	size_t i;

	ask(c->conn, "MGET equal0 equal1 equal2 other");
	v = reply(c);
	first = respc_string(respc_item(v, 0), NULL);
	for (i = 1; i < KEYS; i++) {
		if (strcmp(first, respc_string(respc_item(v, i), NULL)) != 0)
			wrong("MSET: %s beside %s", first,
			    respc_string(respc_item(v, i), NULL));
	}
	if (respc_type(respc_item(v, KEYS)) != RESPC_NULL)
		wrong("MSETNX left something");
	respc_free(v);
}

static void *
run(void *arg)
{
	static void (*const kinds[])(struct client *) = {
		transfer, transfer, audit, append, read_logs, move_token,
		move_token, move_bead, move_bead, count_things, move_cup,
		find_cup, write_equal, read_equal,
	};
	struct client *c = arg;

	while (time(NULL) < end) {
		kinds[pick(c, sizeof(kinds) / sizeof(kinds[0]))](c);
		atomic_fetch_add(&steps, 1);
	}
	return (NULL);
}

static void
begin(struct client *c)
{
	unsigned i;

	ask(c->conn, "FLUSHALL");
	ask(c->conn, "MSET equal0 0 equal1 0 equal2 0 cup0 pea");
	skip(c, 2);
	for (i = 0; i < KEYS; i++) {
		ask(c->conn, "SET money%u %d", i, BALANCE);
		skip(c, 1);
	}
	for (i = 0; i < THINGS; i++) {
		ask(c->conn, "SADD token%u %u", i % KEYS, i);
		ask(c->conn, "RPUSH ring%u %u", i % KEYS, i);
		skip(c, 2);
	}
}

/* All that was acknowledged, once, in each client's order. */
static void
check_logs(struct client *clients)
{
	struct respc_value *a, *b;
	unsigned seen[CLIENTS] = { 0 }, id, number;
	size_t i;

	ask(clients[0].conn, "LRANGE log0 0 -1");
	ask(clients[0].conn, "LRANGE log1 0 -1");
	a = reply(&clients[0]);
	b = reply(&clients[0]);
	same_lists(a, b);
	for (i = 0; i < respc_length(a); i++) {
		if (sscanf(respc_string(respc_item(a, i), NULL), "%u:%u", &id,
		    &number) != 2 || id >= CLIENTS || number != ++seen[id])
			wrong("logs: %s out of order",
			    respc_string(respc_item(a, i), NULL));
	}
	for (id = 0; id < CLIENTS; id++) {
		if (seen[id] != clients[id].appended)
			wrong("logs: %u of client %u's %u", seen[id], id,
			    clients[id].appended);
	}
	respc_free(a);
	respc_free(b);
}

/* Each bead is there once. */
static void
check_rings(struct client *c)
{
	bool seen[THINGS] = { false };
	struct respc_value *v;
	unsigned key, bead;
	size_t i;

	for (key = 0; key < KEYS; key++) {
		ask(c->conn, "LRANGE ring%u 0 -1", key);
		v = reply(c);
		for (i = 0; i < respc_length(v); i++) {
			bead = (unsigned)atoi(respc_string(respc_item(v, i),
			    NULL));
			if (bead >= THINGS || seen[bead])
				wrong("rings: %u is there twice", bead);
			seen[bead] = true;
		}
		respc_free(v);
	}
}

int
main(int argc, char **argv)
{
	static struct client clients[CLIENTS];
	pthread_t threads[CLIENTS];
	uint16_t port;
	unsigned i;

	if (argc != 3) {
		fprintf(stderr, "usage: history SECONDS PORT\n");
		return (64);
	}
	port = (uint16_t)atoi(argv[2]);
	for (i = 0; i < CLIENTS; i++) {
		clients[i].id = i;
		clients[i].random = 4711 + i;
		clients[i].conn = connect_to(port);
	}
	begin(&clients[0]);
	end = time(NULL) + atoi(argv[1]);
	for (i = 0; i < CLIENTS; i++) {
		if (pthread_create(&threads[i], NULL, run, &clients[i]) != 0)
			wrong("no thread");
	}
	for (i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	check_logs(clients);
	check_rings(&clients[0]);
	printf("history: %lu steps, %lu transfers, %lu refused by WATCH\n",
	    atomic_load(&steps), atomic_load(&transfers),
	    atomic_load(&conflicts));
	if (atomic_load(&transfers) == 0 || atomic_load(&conflicts) == 0)
		wrong("clients did not meet");
	for (i = 0; i < CLIENTS; i++)
		respc_close(&clients[i].conn);
	return (0);
}
