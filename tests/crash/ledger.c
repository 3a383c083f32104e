/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that write and keep book of what a server has acknowledged, and the
 * audit afterwards, when it was killed or its disk cut off.
 *
 *	ledger write PORT BOOK RUN		until the connection breaks
 *	ledger verify PORT BOOK RUN strict|acked|LOST_MS [LATER_BOOK]
 *
 * Client c does its numbers 1, 2, ... one after the other, several in a
 * pipeline at times; number n is one of these, by n % KINDS:
 *
 *	SET, MSET of 8 keys, RPUSH, INCR, a transaction of two keys, SADD
 *
 * so that for each kind what is there tells up to which number it has come.
 * The audit demands that there is one number that explains all of it, at most
 * what was sent, and that no MSET and no transaction is there by half; and that
 * nothing is missing that was acknowledged (acked), nor anything that another
 * client has read (strict), or nothing that was acknowledged more than LOST_MS
 * before the end of the book.  With a later copy of the book what was sent is
 * taken from that: the end was somewhere between the two.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "talk.h"

enum {
	CLIENTS		= 8,
	READERS		= 2,	/* more, who only read */
	KINDS		= 6,
	MSET_KEYS	= 8,
	MARKS		= 512,
	MARK_MS		= 10,
	DEEPEST		= 7,	/* pipeline */
};

/* How far it was at a time: a ring. */
struct mark {
	_Atomic int64_t	 ms;
	_Atomic uint64_t acked;
};

/* A client's page of the book, a file that outlives us. */
struct page {
	_Atomic uint64_t sent, acked;
	_Atomic uint64_t seen;		/* of its SET, by anybody */
	_Atomic uint64_t marks_made;
	struct mark	 marks[MARKS];
};

struct client {
	pthread_t	 thread;
	struct respc	*respc;
	struct page	*book;		/* all pages; its own is [number] */
	int		 number;
};

static const char *run;
static uint16_t port;

static struct page *
open_book(const char *path)
{
	size_t size = CLIENTS * sizeof(struct page);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct page *book;

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		wrong("%s: %s", path, strerror(errno));
	book = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (book == MAP_FAILED)
		wrong("%s: %s", path, strerror(errno));
	close(fd);
	return (book);
}

/* Writing */

/* How many replies will come, of which the last one counts. */
static int
say_number(struct client *c, uint64_t n)
{
	struct respc *r = c->respc;
	char keys[512];
	int i, length = 0;

	switch (n % KINDS) {
	case 0:
		ask(r, "SET %s:%d:string %" PRIu64, run, c->number, n);
		return (1);
	case 1:
		for (i = 0; i < MSET_KEYS; i++)
			length += snprintf(keys + length, sizeof(keys) -
			    (size_t)length, " %s:%d:m%d %" PRIu64, run,
			    c->number, i, n);
		ask(r, "MSET%s", keys);
		return (1);
	case 2:
		ask(r, "RPUSH %s:%d:list %" PRIu64, run, c->number, n);
		return (1);
	case 3:
		ask(r, "INCR %s:%d:count", run, c->number);
		return (1);
	case 4:
		ask(r, "MULTI");
		ask(r, "SET %s:%d:first %" PRIu64, run, c->number, n);
		ask(r, "HSET %s:%d:second field %" PRIu64, run, c->number, n);
		ask(r, "EXEC");
		return (4);
	default:
		ask(r, "SADD %s:%d:set %" PRIu64, run, c->number, n);
		return (1);
	}
}

static void
make_mark(struct page *p, uint64_t acked)
{
	uint64_t made = atomic_load(&p->marks_made);
	int64_t now = clock_monotonic_us() / 1000;
	struct mark *m;

	if (made != 0 &&
	    now - atomic_load(&p->marks[(made - 1) % MARKS].ms) < MARK_MS)
		return;
	m = &p->marks[made % MARKS];
	atomic_store(&m->acked, acked);
	atomic_store(&m->ms, now);
	atomic_store(&p->marks_made, made + 1);
}

/* Read so many replies; false when the server is gone or refuses to write. */
static bool
hear(struct client *c, int replies)
{
	struct respc_value *v;
	bool ok = true;

	while (replies-- != 0 && ok) {
		v = respc_read(c->respc);
		ok = v != NULL && respc_type(v) != RESPC_ERROR;
		if (v == NULL)
			fprintf(stderr, "%s\n", respc_error(c->respc));
		else if (!ok)
			fprintf(stderr, "%s\n", respc_string(v, NULL));
		respc_free(v);
	}
	return (ok);
}

/* What client number i has set, as it can be seen. */
static bool
look(struct client *c, int i)
{
	struct respc_value *v;
	uint64_t n = 0, seen = atomic_load(&c->book[i].seen);
	bool ok;

	ask(c->respc, "GET %s:%d:string", run, i);
	respc_send(c->respc);
	v = respc_read(c->respc);
	ok = v != NULL && respc_type(v) != RESPC_ERROR;
	if (respc_type(v) == RESPC_STRING)
		n = strtoull(respc_string(v, NULL), NULL, 10);
	respc_free(v);
	while (n > seen && !atomic_compare_exchange_weak(&c->book[i].seen,
	    &seen, n))
		;
	return (ok);
}

static void *
read_main(void *arg)
{
	struct client *c = arg;
	int i = 0;

	while (look(c, i++ % CLIENTS))
		;
	return (NULL);
}

static void *
write_main(void *arg)
{
	struct client *c = arg;
	struct page *p = &c->book[c->number];
	int replies[DEEPEST], depth, i;
	uint64_t n = 1;
	bool ok = true;

	while (ok) {
		depth = n % 5 == 0 ? 1 + (int)(n % DEEPEST) : 1;
		atomic_store(&p->sent, n + (uint64_t)depth - 1);
		for (i = 0; i < depth; i++)
			replies[i] = say_number(c, n + (uint64_t)i);
		ok = respc_send(c->respc) == 0;
		for (i = 0; i < depth && ok; i++) {
			if (!(ok = hear(c, replies[i])))
				break;
			make_mark(p, n);
			atomic_store(&p->acked, n++);
		}
		ok = ok && (n % 3 != 0 || look(c, (c->number + 1) % CLIENTS));
	}
	return (NULL);
}

static int
write_all(struct page *book)
{
	struct client clients[CLIENTS + READERS];
	int i;

	memset(book, 0, CLIENTS * sizeof(*book));
	for (i = 0; i < CLIENTS + READERS; i++)
		clients[i] = (struct client){ .respc = connect_to(port),
		    .book = book, .number = i };
	for (i = 0; i < CLIENTS + READERS; i++)
		if (pthread_create(&clients[i].thread, NULL, i < CLIENTS ?
		    write_main : read_main, &clients[i]) != 0)
			wrong("no thread");
	for (i = 0; i < CLIENTS + READERS; i++) {
		pthread_join(clients[i].thread, NULL);
		respc_close(&clients[i].respc);
	}
	return (0);
}

/* Verifying */

/* A reply of any type as a number; 0 for null. */
static uint64_t
number(const struct respc_value *v)
{
	if (respc_type(v) == RESPC_INTEGER)
		return ((uint64_t)respc_integer(v));
	return (respc_type(v) == RESPC_STRING ?
	    strtoull(respc_string(v, NULL), NULL, 10) : 0);
}

static struct respc_value *
answer(struct respc *r)
{
	struct respc_value *v;

	if (respc_send(r) != 0 || (v = respc_read(r)) == NULL)
		wrong("cannot ask: %s", respc_error(r));
	if (respc_type(v) == RESPC_ERROR)
		wrong("cannot ask: %s", respc_string(v, NULL));
	return (v);
}

static uint64_t
ask_number(struct respc *r)
{
	struct respc_value *v = answer(r);
	uint64_t n = number(v);

	respc_free(v);
	return (n);
}

/* The last number of the kind of which there are so many. */
static uint64_t
last_of(int kind, uint64_t count)
{
	return (count == 0 ? 0 : (count - (kind != 0)) * KINDS +
	    (uint64_t)kind);
}

/* The numbers of the kind are all there, each once; the last one. */
static uint64_t
check_elements(struct respc *r, const char *what, int c, int kind,
    bool in_order)
{
	struct respc_value *v = answer(r);
	uint64_t count = respc_length(v), last = last_of(kind, count), n;
	size_t i;

	for (i = 0; i < count; i++) {
		n = number(respc_item(v, i));
		if (in_order ? n != last_of(kind, i + 1) :
		    n > last || n % KINDS != (uint64_t)kind)
			wrong("client %d: %s has %" PRIu64 " at %zu of %" PRIu64,
			    c, what, n, i, count);
	}
	respc_free(v);
	return (last);
}

static uint64_t
check_mset(struct respc *r, int c)
{
	uint64_t first = 0, n;
	int i;

	for (i = 0; i < MSET_KEYS; i++) {
		ask(r, "GET %s:%d:m%d", run, c, i);
		n = ask_number(r);
		first = i == 0 ? n : first;
		if (n != first)
			wrong("client %d: half of an MSET: %" PRIu64 " and %"
			    PRIu64, c, first, n);
	}
	return (first);
}

/* The range of numbers up to which client c may have come. */
static void
find_range(struct respc *r, int c, uint64_t *low, uint64_t *high)
{
	uint64_t last[KINDS], next, second;
	int k;

	ask(r, "GET %s:%d:string", run, c);
	last[0] = ask_number(r);
	last[1] = check_mset(r, c);
	ask(r, "LRANGE %s:%d:list 0 -1", run, c);
	last[2] = check_elements(r, "the list", c, 2, true);
	ask(r, "GET %s:%d:count", run, c);
	last[3] = last_of(3, ask_number(r));
	ask(r, "GET %s:%d:first", run, c);
	last[4] = ask_number(r);
	ask(r, "HGET %s:%d:second field", run, c);
	second = ask_number(r);
	if (second != last[4])
		wrong("client %d: half of a transaction: %" PRIu64 " and %"
		    PRIu64, c, last[4], second);
	ask(r, "SMEMBERS %s:%d:set", run, c);
	last[5] = check_elements(r, "the set", c, 5, false);
	*low = 0;
	*high = UINT64_MAX;
	for (k = 0; k < KINDS; k++) {
		next = last[k] != 0 ? last[k] + KINDS :
		    (uint64_t)(k != 0 ? k : KINDS);
		*low = last[k] > *low ? last[k] : *low;
		*high = next - 1 < *high ? next - 1 : *high;
	}
	if (*low > *high)
		wrong("client %d: number %" PRIu64 " is there and %" PRIu64
		    " is not", c, *low, *high + 1);
}

/* The latest time in the book. */
static int64_t
end_of(struct page *book)
{
	int64_t ms, end = 0;
	uint64_t made;
	int c;

	for (c = 0; c < CLIENTS; c++) {
		made = atomic_load(&book[c].marks_made);
		if (made == 0)
			continue;
		ms = atomic_load(&book[c].marks[(made - 1) % MARKS].ms);
		end = ms > end ? ms : end;
	}
	return (end);
}

/* What was acknowledged by then. */
static uint64_t
acked_at(struct page *p, int64_t ms)
{
	uint64_t made = atomic_load(&p->marks_made), i, acked = 0;
	uint64_t first = made > MARKS ? made - MARKS : 0;

	for (i = first; i < made; i++) {
		if (atomic_load(&p->marks[i % MARKS].ms) <= ms)
			acked = atomic_load(&p->marks[i % MARKS].acked);
	}
	return (acked);
}

static int
verify_all(struct page *book, const char *policy, struct page *later)
{
	bool strict = strcmp(policy, "strict") == 0;
	bool all = strict || strcmp(policy, "acked") == 0;
	struct respc *r = connect_to(port);
	uint64_t low, high, acked, seen, total = 0;
	int64_t end = end_of(book);
	int c;

	for (c = 0; c < CLIENTS; c++) {
		find_range(r, c, &low, &high);
		acked = all ? atomic_load(&book[c].acked) :
		    acked_at(&book[c], end - atoll(policy));
		seen = strict ? atomic_load(&book[c].seen) : 0;
		if (high < acked)
			wrong("client %d: lost: %" PRIu64 " was acknowledged, "
			    "%" PRIu64 " is there", c, acked, high);
		if (high < seen)
			wrong("client %d: lost: %" PRIu64 " was seen, %" PRIu64
			    " is there", c, seen, high);
		if (low > atomic_load(&later[c].sent))
			wrong("client %d: %" PRIu64 " is there, %" PRIu64
			    " was sent", c, low,
			    (uint64_t)atomic_load(&later[c].sent));
		total += acked;
	}
	respc_close(&r);
	printf("%" PRIu64 "\n", total);
	return (0);
}

int
main(int argc, char *argv[])
{
	struct page *book;

	if (argc < 5)
		wrong("usage: ledger write|verify PORT BOOK RUN "
		    "[strict|acked|LOST_MS [LATER_BOOK]]");
	port = (uint16_t)atoi(argv[2]);
	book = open_book(argv[3]);
	run = argv[4];
	if (strcmp(argv[1], "write") == 0)
		return (write_all(book));
	return (verify_all(book, argc > 5 ? argv[5] : "strict",
	    argc > 6 ? open_book(argv[6]) : book));
}
