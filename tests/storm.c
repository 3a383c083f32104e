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
#include <assert.h>
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

#include "storm.h"
#include "talk.h"

static struct {
	unsigned	 threads, connections, seconds;
	uint64_t	 requests;	/* of each connection, at most */
	uint64_t	 seed;
	uint16_t	 port, redis_port;
} options = { .threads = 4, .connections = 6, .seconds = 5,
    .requests = UINT64_MAX };

static int64_t end;		/* in now()'s milliseconds */
static _Atomic uint64_t asked_total;

void
storm_wrong(const struct client *c, const char *format, ...)
{
	static const char *const names[] = { "article", "RESP2", "RESP3" };
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	wrong("storm: seed %" PRIu64 ", client %u (%s), %s: %s", c->seed,
	    c->id, names[c->dialect], c->doing, text);
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static const struct kind *
pick_kind(struct client *c)
{
	unsigned i, all = 0, n;

	for (i = 0; storm_kinds[i].name != NULL; i++)
		all += storm_kinds[i].weight;
	assert(all != 0);
	n = chance(&c->random, all);
	for (i = 0; n >= storm_kinds[i].weight; i++)
		n -= storm_kinds[i].weight;
	return (&storm_kinds[i]);
}

static void
send_some(struct client *c)
{
	unsigned i;

	c->count = 1 + chance(&c->random, DEPTH);
	for (i = 0; i < c->count; i++) {
		c->asked[i].kind = pick_kind(c);
		c->asked[i].which = chance(&c->random, c->asked[i].kind->ways);
		c->asked[i].seq = ++c->seq;
		c->doing = c->asked[i].kind->name;
		c->asked[i].kind->ask(c, c->asked[i].which);
	}
	if (respc_send(c->conn) != 0)
		storm_wrong(c, "cannot send: %s", respc_error(c->conn));
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
			storm_wrong(c, "no reply: %s", respc_error(c->conn));
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
	c->all = options.threads * options.connections;
	c->seed = options.seed;
	c->dialect = dialects[id % 4];
	c->random = options.seed * 1000003 + id + 1;
	c->doing = "connect";
	c->conn = connect_to(c->dialect == ARTICLE ? options.port :
	    options.redis_port);
	for (i = 0; i < HOT; i++)
		c->seen[i] = calloc(c->all, sizeof(*c->seen[i]));
	if (c->dialect == RESP3) {
		ask(c->conn, "HELLO 3");
		v = respc_read(c->conn);
		if (respc_type(v) != RESPC_DICTIONARY)
			storm_wrong(c, "HELLO 3: %s", respc_string(v, NULL));
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
	return (storm_found.full_groups != 0 && storm_found.hot_values != 0 &&
	    storm_found.own_values != 0);
}

/* Whether it is not over yet: where little is done a second, it takes longer. */
static bool
goes_on(void)
{
	int64_t at = now();

	return (at < end || (!found_all() && at < end + TALK_MS));
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
			wrong("no thread");
	}
	for (i = 0; i < options.threads; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	free(numbers);
	printf("seed %" PRIu64 ": %" PRIu64 " requests; found %" PRIu64
	    " whole groups, %" PRIu64 " values of all and %" PRIu64
	    " own ones\n", options.seed, asked_total,
	    storm_found.full_groups, storm_found.hot_values,
	    storm_found.own_values);
	if (!found_all())
		wrong("a storm that finds nothing proves nothing");
	return (0);
}
