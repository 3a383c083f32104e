/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * relay: elements on their way through lists, from those who push them over
 * those who wait to move them to those who wait to pop them, while some are
 * unblocked by others and some hang up.  Each element must arrive exactly once,
 * and nothing be left.  It ends when all have arrived, or with status 1.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

enum { KEYS = 3 };	/* lists of each stage: in, mid, out */

static struct {
	unsigned	producers, movers, consumers, quitters;
	unsigned	elements;	/* of each producer */
	uint64_t	seed;
	uint16_t	port;
} options = { .producers = 3, .movers = 12, .consumers = 8, .quitters = 2,
    .elements = 3000 };

struct client {
	struct respc	*conn;
	unsigned	 number;	/* of its role */
	unsigned	 id;		/* of all: where its number stands in ids */
	uint64_t	 random;
};

static _Atomic int64_t *ids;		/* as CLIENT ID says; 0: not there yet */
static unsigned clients;
static _Atomic uint8_t *arrivals;	/* by element */
static unsigned total;
static _Atomic unsigned arrived;

static unsigned
pick(struct client *c, unsigned below)
{
	return (chance(&c->random, below));
}

static const char *
side(struct client *c)
{
	return (pick(c, 2) == 0 ? "LEFT" : "RIGHT");
}

/* The next reply; an error is wrong but for that of CLIENT UNBLOCK. */
static struct respc_value *
hear(struct client *c)
{
	struct respc_value *v = respc_read(c->conn);

	if (v == NULL)
		wrong("no reply: %s", respc_error(c->conn));
	if (respc_type(v) == RESPC_ERROR &&
	    strncmp(respc_string(v, NULL), "UNBLOCKED ", 10) != 0)
		wrong("%s", respc_string(v, NULL));
	return (v);
}

static void
greet(struct client *c)
{
	struct respc_value *v;

	c->conn = connect_to(options.port);
	ask(c->conn, "CLIENT ID");
	v = hear(c);
	atomic_store(&ids[c->id], respc_integer(v));
	respc_free(v);
}

static void
push(struct client *c, unsigned element)
{
	static const char *const stages[] = { "in", "mid", "out" };

	ask(c->conn, "%s %s:%u %u", pick(c, 2) == 0 ? "LPUSH" : "RPUSH",
	    stages[pick(c, 3)], pick(c, KEYS), element);
}

/* Push one or more, in one way or another; how many. */
static unsigned
produce_some(struct client *c, unsigned first, unsigned left)
{
	unsigned i, n = 1 + pick(c, left < 4 ? left : 4), replies = n;
	bool together = pick(c, 2) == 0;

	if (together)
		ask(c->conn, "MULTI");
	for (i = 0; i < n; i++) {
		if (pick(c, 4) == 0) {
			ask(c->conn, "RPUSH own:%u %u", c->number, first + i);
			ask(c->conn, "LMOVE own:%u in:%u LEFT %s", c->number,
			    pick(c, KEYS), side(c));
			replies++;
		} else
			push(c, first + i);
	}
	if (together) {
		ask(c->conn, "EXEC");
		replies += 2;
	}
	for (i = 0; i < replies; i++)
		respc_free(hear(c));
	return (n);
}

static void
produce(struct client *c)
{
	unsigned first = c->number * options.elements;
	unsigned end = first + options.elements;

	while (first < end)
		first += produce_some(c, first, end - first);
}

static void
arrive(const struct respc_value *v)
{
	unsigned element = (unsigned)strtoul(respc_string(v, NULL), NULL, 10);

	if (element >= total)
		wrong("element %u came out of nothing", element);
	if (atomic_fetch_add(&arrivals[element], 1) != 0)
		wrong("element %u arrived twice", element);
	atomic_fetch_add(&arrived, 1);
}

static bool
goes_on(void)
{
	return (atomic_load(&arrived) < total);
}

static void
move(struct client *c)
{
	bool first = pick(c, 2) == 0;
	const char *from = first ? "in" : "mid", *to = first ? "mid" : "out";
	unsigned a = pick(c, KEYS), b = pick(c, KEYS), ms = 1 + pick(c, 50);

	if (pick(c, 4) == 0)
		ask(c->conn, "BRPOPLPUSH %s:%u %s:%u 0.%03u", from, a, to, b,
		    ms);
	else
		ask(c->conn, "BLMOVE %s:%u %s:%u %s %s 0.%03u", from, a, to, b,
		    side(c), side(c), ms);
	respc_free(hear(c));
}

static void
consume(struct client *c)
{
	unsigned a = pick(c, KEYS), b = pick(c, KEYS), ms = 1 + pick(c, 50);
	const struct respc_value *items;
	struct respc_value *v;
	size_t i;
	bool many = pick(c, 3) == 0;

	if (many)
		ask(c->conn, "BLMPOP 0.%03u 2 out:%u out:%u %s COUNT 3", ms, a,
		    b, side(c));
	else
		ask(c->conn, "%s out:%u out:%u out:%u 0.%03u", pick(c, 2) == 0 ?
		    "BLPOP" : "BRPOP", a, b, a, ms);
	v = hear(c);
	items = respc_item(v, 1);
	if (respc_type(v) == RESPC_ARRAY && many) {
		for (i = 0; i < respc_length(items); i++)
			arrive(respc_item(items, i));
	} else if (respc_type(v) == RESPC_ARRAY)
		arrive(items);
	respc_free(v);
}

/* What it moves, perhaps, when it is gone already, stays in the lists. */
static void
quit(struct client *c)
{
	ask(c->conn, "BLMOVE in:%u mid:%u %s %s 0", pick(c, KEYS),
	    pick(c, KEYS), side(c), side(c));
	respc_send(c->conn);
	usleep(pick(c, 3000));
	respc_close(&c->conn);
	greet(c);
}

static void
unblock(struct client *c)
{
	ask(c->conn, "CLIENT UNBLOCK %lld %s",
	    (long long)atomic_load(&ids[pick(c, clients)]),
	    pick(c, 2) == 0 ? "TIMEOUT" : "ERROR");
	respc_free(hear(c));
	usleep(pick(c, 2000));
}

static void *
run(void *arg)
{
	const struct {
		unsigned	count;
		void		(*act)(struct client *);
	} roles[] = {
		{ options.producers, produce },
		{ options.movers, move },
		{ options.consumers, consume },
		{ options.quitters, quit },
		{ 1, unblock },
	};
	struct client *c = arg;
	size_t role = 0;

	greet(c);
	for (c->number = c->id; c->number >= roles[role].count; role++)
		c->number -= roles[role].count;
	do
		roles[role].act(c);
	while (role != 0 && goes_on());
	respc_close(&c->conn);
	return (NULL);
}

static void
check_rest(struct client *c)
{
	struct respc_value *v;
	unsigned i;

	for (i = 0; i < total; i++) {
		if (arrivals[i] != 1)
			wrong("element %u did not arrive", i);
	}
	greet(c);
	ask(c->conn, "DBSIZE");
	v = hear(c);
	if (respc_integer(v) != 0)
		wrong("%lld keys are left", (long long)respc_integer(v));
	respc_free(v);
	respc_close(&c->conn);
}

static unsigned
number(const char *text, unsigned most)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (*text < '0' || *text > '9' || *rest != '\0' || n > most) {
		fprintf(stderr, "usage: relay [-p producers] [-m movers] "
		    "[-c consumers] [-q quitters] [-n elements of each] "
		    "[-S seed] port\n");
		exit(2);
	}
	return ((unsigned)n);
}

static void
read_options(int argc, char **argv)
{
	int option;

	options.seed = (uint64_t)time(NULL);
	while ((option = getopt(argc, argv, "p:m:c:q:n:S:")) != -1) {
		if (option == 'p')
			options.producers = number(optarg, 1000);
		else if (option == 'm')
			options.movers = number(optarg, 1000);
		else if (option == 'c')
			options.consumers = number(optarg, 1000);
		else if (option == 'q')
			options.quitters = number(optarg, 1000);
		else if (option == 'n')
			options.elements = number(optarg, 1000000);
		else if (option == 'S')
			options.seed = number(optarg, UINT32_MAX);
		else
			number("", 0);
	}
	options.port = (uint16_t)number(optind < argc ? argv[optind] : "",
	    UINT16_MAX);
}

int
main(int argc, char **argv)
{
	struct client *list;
	pthread_t *threads;
	unsigned i;

	read_options(argc, argv);
	clients = options.producers + options.movers + options.consumers +
	    options.quitters + 1;
	total = options.producers * options.elements;
	fprintf(stderr, "relay: seed %llu\n",
	    (unsigned long long)options.seed);
	list = calloc(clients, sizeof(*list));
	threads = calloc(clients, sizeof(*threads));
	ids = calloc(clients, sizeof(*ids));
	arrivals = calloc(total, sizeof(*arrivals));
	for (i = 0; i < clients; i++) {
		list[i].id = i;
		list[i].random = options.seed * 1000 + i + 1;
		if (pthread_create(&threads[i], NULL, run, &list[i]) != 0)
			wrong("no thread");
	}
	for (i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	check_rest(&list[0]);
	printf("relay: %u elements arrived\n", total);
	free(list);
	free(threads);
	free(ids);
	free(arrivals);
	return (0);
}
