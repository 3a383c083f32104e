/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads a server, for what redis-benchmark cannot do: it saturates before the
 * server does when nothing is pipelined, it has no percentiles beyond 99, and
 * it never looks at what comes back.
 *
 * Closed loop: each connection sends a batch of requests, waits for all of its
 * replies and sends the next; the time of a batch is what is measured.  What a
 * key holds follows from its number, so that every reply is checked.  A thread
 * with one connection sleeps in read(2), one with several in epoll_wait(2).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"

/* Arguments of one MSET or MGET, as redis-benchmark has it. */
enum { MANY = 10 };

enum operation { GET, SET, MGET, MSET, INCR, PING, MIXED, FILL, OPERATIONS };

static const char *const names[OPERATIONS] = {
	"get", "set", "mget", "mset", "incr", "ping", "mixed", "fill"
};

/* The same for all threads, and fixed once they run. */
static struct {
	int		port;
	int		connections;
	int		threads;
	int		pipeline;
	uint64_t	keys;
	size_t		size;		/* of values */
	double		seconds;	/* unless filling */
	enum operation	operation;
} options = {
	.connections = 50, .threads = 2, .pipeline = 1, .keys = 1000000,
	.size = 64, .seconds = 3,
};

struct connection {
	int		 fd;
	uint64_t	 began;		/* when the batch was sent, in ns */
	int		 answered;	/* of the batch */
	int		 asked;
	uint64_t	*keys;		/* of each request, the first */
	enum operation	*operations;	/* of each request */
	char		*out;
	size_t		 unsent;
	char		*sending;
	char		*in;
	size_t		 in_size;
	size_t		 in_length;
};

struct thread {
	pthread_t	 id;
	uint64_t	 random;
	uint64_t	 next, last;	/* keys to fill with */
	int		 count;
	int		 open;
	struct connection *connections;
	uint64_t	 done;		/* requests */
	uint64_t	 misses;	/* of GET and MGET */
	struct histogram histogram;
};

static char *pattern;			/* what values are cut from */
static uint64_t end_ns;
enum { PATTERN_STEPS = 4096 };

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

/* xorshift64* */
static uint64_t
random_next(struct thread *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return (t->random * UINT64_C(2685821657736338717));
}

static const char *
value_of(uint64_t key)
{
	return (pattern + key * 31 % PATTERN_STEPS);
}

static void
make_pattern(void)
{
	struct thread t = { .random = 42 };
	size_t i;

	pattern = malloc(options.size + PATTERN_STEPS);
	if (pattern == NULL)
		err(1, "malloc");
	for (i = 0; i < options.size + PATTERN_STEPS; i++)
		pattern[i] = (char)('a' + random_next(&t) % 26);
}

/* 16 bytes, as those of redis-benchmark. */
static char *
put_key(char *p, uint64_t key, bool counter)
{
	p += sprintf(p, "$16\r\n%s%012" PRIu64 "\r\n", counter ? "num:" :
	    "key:", key % options.keys);
	return (p);
}

static char *
put_value(char *p, uint64_t key)
{
	p += sprintf(p, "$%zu\r\n", options.size);
	memcpy(p, value_of(key % options.keys), options.size);
	memcpy(p + options.size, "\r\n", 2);
	return (p + options.size + 2);
}

static char *
put_request(char *p, enum operation operation, uint64_t key)
{
	static const char *const heads[OPERATIONS] = {
		"*2\r\n$3\r\nGET\r\n", "*3\r\n$3\r\nSET\r\n",
		"*11\r\n$4\r\nMGET\r\n", "*21\r\n$4\r\nMSET\r\n",
		"*2\r\n$4\r\nINCR\r\n", "*1\r\n$4\r\nPING\r\n",
	};
	int i, n = operation == MGET || operation == MSET ? MANY : 1;

	p = stpcpy(p, heads[operation]);
	for (i = 0; i < n && operation != PING; i++) {
		p = put_key(p, key + (uint64_t)i, operation == INCR);
		if (operation == SET || operation == MSET)
			p = put_value(p, key + (uint64_t)i);
	}
	return (p);
}

static void
make_batch(struct thread *t, struct connection *c)
{
	char *p = c->out;
	int i;

	c->asked = options.pipeline;
	c->answered = 0;
	if (options.operation == FILL && t->last - t->next <
	    (uint64_t)c->asked)
		c->asked = (int)(t->last - t->next);
	for (i = 0; i < c->asked; i++) {
		c->operations[i] = options.operation;
		if (options.operation == FILL)
			c->operations[i] = SET;
		else if (options.operation == MIXED)
			c->operations[i] = random_next(t) % 10 == 0 ? SET : GET;
		c->keys[i] = options.operation == FILL ? t->next++ :
		    random_next(t) % options.keys;
		p = put_request(p, c->operations[i], c->keys[i]);
	}
	c->sending = c->out;
	c->unsent = (size_t)(p - c->out);
}

/*
 * A bulk string that is the key's value or null.  Returns its length, 0 if it
 * has not all come.
 */
static size_t
check_bulk(struct thread *t, const char *p, size_t length, uint64_t key)
{
	char head[32];
	size_t n = (size_t)sprintf(head, "$%zu\r\n", options.size);

	if (length >= 5 && memcmp(p, "$-1\r\n", 5) == 0) {
		t->misses++;
		return (5);
	}
	if (memcmp(p, head, length < n ? length : n) != 0 &&
	    memcmp(p, "$-1\r\n", length < 5 ? length : 5) != 0)
		errx(1, "wrong reply: %.*s", (int)length, p);
	if (length < n + options.size + 2)
		return (0);
	if (memcmp(p + n, value_of(key % options.keys), options.size) != 0)
		errx(1, "wrong value of key %" PRIu64, key);
	return (n + options.size + 2);
}

static size_t
check_line(const char *p, size_t length, const char *start)
{
	const char *end = memchr(p, '\n', length);

	if (end == NULL)
		return (0);
	if (strncmp(p, start, strlen(start)) != 0)
		errx(1, "wrong reply: %.*s", (int)(end - p), p);
	return ((size_t)(end - p) + 1);
}

/* The length of the reply to request i at p; 0 if it has not all come. */
static size_t
check_reply(struct thread *t, const struct connection *c, int i,
    const char *p, size_t length)
{
	uint64_t misses = t->misses;
	size_t used, n;
	int k;

	switch (c->operations[i]) {
	case GET:
		return (check_bulk(t, p, length, c->keys[i]));
	case MGET:
		if ((used = check_line(p, length, "*10\r\n")) == 0)
			return (0);
		for (k = 0; k < MANY; k++, used += n) {
			n = check_bulk(t, p + used, length - used,
			    c->keys[i] + (uint64_t)k);
			if (n == 0) {
				t->misses = misses;
				return (0);
			}
		}
		return (used);
	case INCR:
		return (check_line(p, length, ":"));
	case PING:
		return (check_line(p, length, "+PONG\r\n"));
	default:
		return (check_line(p, length, "+OK\r\n"));
	}
}

/* Look through what has come; whether that is all of the batch. */
static bool
check_replies(struct thread *t, struct connection *c)
{
	size_t at = 0, n;

	while (c->answered < c->asked && at < c->in_length &&
	    (n = check_reply(t, c, c->answered, c->in + at,
	    c->in_length - at)) != 0) {
		at += n;
		c->answered++;
	}
	c->in_length -= at;
	memmove(c->in, c->in + at, c->in_length);
	if (c->answered < c->asked)
		return (false);
	if (c->in_length != 0)
		errx(1, "more replies than requests");
	return (true);
}

static bool
would_block(ssize_t n)
{
	if (n < 0 && errno == EAGAIN)
		return (true);
	if (n < 0)
		err(1, "connection");
	if (n == 0)
		errx(1, "the server closed the connection");
	return (false);
}

/* Send as much as goes; of what is long the server wants its replies read. */
static void
send_batch(struct connection *c, int flags)
{
	ssize_t n;

	while (c->unsent != 0) {
		n = send(c->fd, c->sending, c->unsent, flags | MSG_NOSIGNAL);
		if (would_block(n))
			return;
		c->sending += n;
		c->unsent -= (size_t)n;
	}
}

/* The next batch; false: there is none. */
static bool
start_batch(struct thread *t, struct connection *c, int flags)
{
	c->began = now_ns();
	if (options.operation != FILL && c->began >= end_ns)
		return (false);
	make_batch(t, c);
	if (c->asked == 0)
		return (false);
	c->began = now_ns();
	send_batch(c, flags);
	return (true);
}

static void
end_batch(struct thread *t, struct connection *c)
{
	histogram_note(&t->histogram, now_ns() - c->began);
	t->done += (uint64_t)c->asked;
}

/* What has come; whether the batch is over. */
static bool
receive(struct thread *t, struct connection *c, int flags)
{
	ssize_t n;

	send_batch(c, flags);
	n = recv(c->fd, c->in + c->in_length, c->in_size - c->in_length, flags);
	if (would_block(n))
		return (false);
	c->in_length += (size_t)n;
	return (check_replies(t, c));
}

static void
run_one(struct thread *t, struct connection *c)
{
	while (start_batch(t, c, 0)) {
		while (!receive(t, c, 0))
			;
		end_batch(t, c);
	}
}

static void
run_some(struct thread *t)
{
	struct epoll_event events[64], event;
	int set = epoll_create1(0), i, n;
	struct connection *c;

	if (set < 0)
		err(1, "epoll_create1");
	for (i = 0; i < t->count; i++) {
		c = &t->connections[i];
		/* Edges: a buffer has room for all replies of a batch. */
		event.events = EPOLLIN | EPOLLOUT | EPOLLET;
		event.data.ptr = c;
		if (epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &event) != 0)
			err(1, "epoll_ctl");
		t->open += start_batch(t, c, MSG_DONTWAIT);
	}
	while (t->open != 0) {
		if ((n = epoll_wait(set, events, 64, -1)) < 0)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++) {
			c = events[i].data.ptr;
			if (!receive(t, c, MSG_DONTWAIT))
				continue;
			end_batch(t, c);
			if (!start_batch(t, c, MSG_DONTWAIT))
				t->open--;
		}
	}
	close(set);
}

static void *
run(void *arg)
{
	struct thread *t = arg;

	if (t->count == 1)
		run_one(t, t->connections);
	else
		run_some(t);
	return (NULL);
}

static void
open_connection(struct connection *c)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)options.port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;
	bool many = options.operation == MGET || options.operation == MSET;
	size_t batch = (size_t)options.pipeline,
	    most = (options.size + 64) * (many ? MANY : 1) + 64;

	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		err(1, "connect to port %d", options.port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->keys = calloc(batch, sizeof(*c->keys));
	c->operations = calloc(batch, sizeof(*c->operations));
	c->out = malloc(batch * most);
	c->in_size = batch * most;
	c->in = malloc(c->in_size);
	if (c->keys == NULL || c->operations == NULL || c->out == NULL ||
	    c->in == NULL)
		err(1, "malloc");
}

static struct thread *
make_threads(void)
{
	struct thread *threads = calloc((size_t)options.threads,
	    sizeof(*threads)), *t;
	uint64_t share = options.keys / (uint64_t)options.threads;
	int i, k;

	if (threads == NULL)
		err(1, "malloc");
	for (i = 0; i < options.threads; i++) {
		t = &threads[i];
		t->random = (uint64_t)i + 1 + now_ns();
		t->next = share * (uint64_t)i;
		t->last = i == options.threads - 1 ? options.keys :
		    t->next + share;
		t->count = options.connections / options.threads +
		    (i < options.connections % options.threads);
		t->connections = calloc((size_t)t->count,
		    sizeof(*t->connections));
		if (t->connections == NULL)
			err(1, "malloc");
		for (k = 0; k < t->count; k++)
			open_connection(&t->connections[k]);
	}
	return (threads);
}

static void
free_threads(struct thread *threads)
{
	struct connection *c;
	int i, k;

	for (i = 0; i < options.threads; i++) {
		for (k = 0; k < threads[i].count; k++) {
			c = &threads[i].connections[k];
			close(c->fd);
			free(c->keys);
			free(c->operations);
			free(c->out);
			free(c->in);
		}
		free(threads[i].connections);
	}
	free(threads);
}

static void
report(const struct histogram *h, uint64_t done, uint64_t misses, double s)
{
	static const double shares[] = { .5, .99, .999 };
	size_t i;

	printf("requests=%" PRIu64 " seconds=%.3f rps=%.0f", done, s,
	    (double)done / s);
	for (i = 0; i < 3; i++)
		printf(" p%g=%.1f", shares[i] * 100,
		    (double)histogram_at(h, shares[i]) / 1000);
	printf(" worst=%.1f misses=%" PRIu64 "\n", (double)h->most / 1000,
	    misses);
}

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "usage: load -p port [-c connections] [-t threads] "
	    "[-P pipeline] [-k keys] [-d size]\n            [-s seconds] "
	    "get|set|mget|mset|incr|ping|mixed|fill\n"
	    "Times are those of a batch, in microseconds.\n");
	exit(2);
}

static double
number(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (*text == '\0' || *end != '\0' || !(n > 0 && n < 1e12))
		usage();
	return (n);
}

static void
read_options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "p:c:t:P:k:d:s:")) != -1) {
		switch (o) {
		case 'p': options.port = (int)number(optarg); break;
		case 'c': options.connections = (int)number(optarg); break;
		case 't': options.threads = (int)number(optarg); break;
		case 'P': options.pipeline = (int)number(optarg); break;
		case 'k': options.keys = (uint64_t)number(optarg); break;
		case 'd': options.size = (size_t)number(optarg); break;
		case 's': options.seconds = number(optarg); break;
		default: usage();
		}
	}
	if (optind != argc - 1 || options.port == 0)
		usage();
	while (options.operation < OPERATIONS &&
	    strcmp(argv[optind], names[options.operation]) != 0)
		options.operation++;
	if (options.operation == OPERATIONS)
		usage();
	if (options.threads > options.connections)
		options.threads = options.connections;
}

int
main(int argc, char **argv)
{
	struct histogram *sum = calloc(1, sizeof(*sum));
	uint64_t began, done = 0, misses = 0;
	struct thread *threads;
	int i;

	read_options(argc, argv);
	make_pattern();
	threads = make_threads();
	began = now_ns();
	end_ns = began + (uint64_t)(options.seconds * 1e9);
	for (i = 0; i < options.threads; i++) {
		if ((errno = pthread_create(&threads[i].id, NULL, run,
		    &threads[i])) != 0)
			err(1, "pthread_create");
	}
	for (i = 0; i < options.threads; i++) {
		pthread_join(threads[i].id, NULL);
		if (sum != NULL)
			histogram_add(sum, &threads[i].histogram);
		done += threads[i].done;
		misses += threads[i].misses;
	}
	if (sum == NULL)
		err(1, "malloc");
	report(sum, done, misses, (double)(now_ns() - began) / 1e9);
	free_threads(threads);
	free(pattern);
	free(sum);
	return (0);
}
