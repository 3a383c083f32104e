/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffers that grow, arenas, and where memory comes from: pieces, pages and the rest.
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/pages.h"
#include "base/slab.h"
#include "suite.h"

START_TEST(buf_grows_at_its_end)
{
	struct buf b = { 0 };
	char *room;
	size_t i;

	for (i = 0; i < 100000; i++) {
		buf_add_char(&b, (char)i);
		SURE(b.length == i + 1);
	}
	for (i = 0; i < 100000; i++)
		SURE(b.data[i] == (char)i);
	buf_cut(&b, 3);
	buf_add_format(&b, "%s-%d", "x", 7);
	buf_add_string(&b, "!");
	buf_add(&b, NULL, 0);
	ck_assert(bytes_equal(buf_bytes(&b), bytes_make("\0\1\2x-7!", 7)));
	room = buf_reserve(&b, 5000);
	ck_assert_ptr_eq(room, b.data + b.length);
	memset(room, 1, 5000);
	buf_clear(&b, 10);
	ck_assert_uint_eq(b.size, 0);
	buf_add_string(&b, "again");
	buf_clear(&b, 1 << 20);
	ck_assert_uint_ne(b.size, 0);
	ck_assert_uint_eq(b.length, 0);
	buf_free(&b);
	ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(buf_keeps_what_it_had_when_there_is_no_room)
{
	struct buf b = { 0 };

	buf_add_string(&b, "kept");
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX / 2));
	ck_assert(b.failed);
	/* Small things are refused too, or there would be a hole. */
	buf_add_string(&b, "lost");
	buf_add_char(&b, 'x');
	buf_add_format(&b, "%d", 1);
	ck_assert(bytes_equal(buf_bytes(&b), bytes_of("kept")));
	buf_cut(&b, b.length);
	buf_add_string(&b, "+");
	ck_assert(bytes_equal(buf_bytes(&b), bytes_of("kept+")));
	buf_free(&b);
}
END_TEST

START_TEST(arena_gives_bytes_that_stay)
{
	static const size_t asked[] = { 0, 1, 7, 2000, 100, 16384, 3, 100000 };
	char *taken[2000];
	struct arena a = { 0 };
	size_t round, i, n;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < COUNT(taken); i++) {
			n = asked[i % COUNT(asked)];
			taken[i] = arena_take(&a, n);
			SURE(taken[i] != NULL);
			memset(taken[i], (int)(i % 251), n);
		}
		for (i = 0; i < COUNT(taken); i++) {
			for (n = asked[i % COUNT(asked)]; n > 0; n--)
				SURE((unsigned char)taken[i][n - 1] ==
				    i % 251);
		}
		arena_reset(&a);
	}
	/* One small request after the other allocates nothing. */
	taken[0] = arena_take(&a, 100);
	arena_reset(&a);
	ck_assert_ptr_eq(arena_take(&a, 100), taken[0]);
	arena_free(&a);
	ck_assert_ptr_null(a.block);
	ck_assert_ptr_null(arena_take(&a, SIZE_MAX / 2));
	arena_free(&a);
}
END_TEST

START_TEST(mem_is_what_was_asked)
{
	char *p = mem_zalloc(1000);
	size_t i;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(p[i], 0);
	memset(p, 'x', 1000);
	p = mem_resize(p, 100000);
	ck_assert_int_eq(p[999], 'x');
	mem_free(p);
	p = mem_copy("a\0b", 3);
	ck_assert(memcmp(p, "a\0b", 4) == 0);
	mem_free(p);
	p = mem_zalloc_aligned(64, 640);
	ck_assert_uint_eq((uintptr_t)p % 64, 0);
	mem_free(p);
	mem_free(mem_alloc(0));
	mem_free(NULL);
}
END_TEST

#ifndef RESPD_SANITIZE
/* A sanitizer's own allocator ends the process at such sizes. */
START_TEST(mem_says_when_there_is_none)
{
	char *p = mem_copy("x", 1);

	ck_assert_ptr_null(mem_try_resize(p, SIZE_MAX / 2));
	ck_assert_int_eq(p[0], 'x');
	mem_free(p);
}
END_TEST

START_TEST(no_memory_ends_the_process)
{
	volatile size_t size = SIZE_MAX / 2;

	mem_alloc(size);
}
END_TEST
#endif

/* Pieces and blocks: each has its bytes to itself until it is given back. */

enum { PIECES = 3000, LARGEST = 700, EXCHANGES = 100000 };

struct held {
	unsigned char	*data;		/* NULL: none */
	size_t		 size;
};

static void
take_piece(struct held *h, size_t size, unsigned char mark)
{
	h->size = size;
	h->data = slab_take(size);
	ck_assert_uint_eq((uintptr_t)h->data % sizeof(uint64_t), 0);
	memset(h->data, mark, size);
}

static void
give_piece(struct held *h, unsigned char mark)
{
	size_t i;

	for (i = 0; i < h->size; i++)
		SURE(h->data[i] == mark);
	slab_give(h->data, h->size);
	h->data = NULL;
}

START_TEST(slab_pieces_do_not_meet)
{
	struct held *held = mem_zalloc(PIECES * sizeof(*held));
	uint64_t state = 1;
	size_t i, k, used;

	mem_settle();
	used = mem_used();
	for (i = 0; i < 20 * PIECES; i++) {
		k = draw(&state, PIECES);
		if (held[k].data != NULL)
			give_piece(&held[k], (unsigned char)k);
		else
			take_piece(&held[k], draw(&state,
			    k % 3 == 0 ? 40 : LARGEST), (unsigned char)k);
	}
	mem_settle();
	ck_assert_uint_gt(mem_used(), used);
	for (k = 0; k < PIECES; k++) {
		if (held[k].data != NULL)
			give_piece(&held[k], (unsigned char)k);
	}
	mem_settle();
	ck_assert_uint_eq(mem_used(), used);
	mem_free(held);
}
END_TEST

START_TEST(slab_room_is_what_it_says)
{
	size_t size;

	for (size = 0; size < LARGEST; size++) {
		ck_assert_uint_ge(slab_room(size), size);
		ck_assert_uint_le(slab_room(size), size + 16);
		ck_assert_uint_eq(slab_room(slab_room(size)),
		    slab_room(size));
	}
}
END_TEST

/* What one thread takes another gives back. */
static _Atomic(uint64_t *) shared_pieces[64];

static void *
exchange_pieces(void *arg)
{
	uint64_t state = (uintptr_t)arg, *p, *q, size;
	size_t i, k;

	for (i = 0; i < EXCHANGES; i++) {
		k = draw(&state, COUNT(shared_pieces));
		size = 16 + 8 * draw(&state, 10);
		p = slab_take(size);
		p[0] = p[size / 8 - 1] = size;
		q = atomic_exchange(&shared_pieces[k], p);
		if (q == NULL)
			continue;
		SURE(q[0] == q[q[0] / 8 - 1]);
		slab_give(q, q[0]);
	}
	return (NULL);
}

START_TEST(slab_pieces_change_hands)
{
	pthread_t threads[4];
	uint64_t *p;
	size_t i;

	for (i = 0; i < COUNT(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
		    exchange_pieces, (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < COUNT(shared_pieces); i++) {
		p = atomic_load(&shared_pieces[i]);
		if (p != NULL)
			slab_give(p, p[0]);
	}
}
END_TEST

#ifndef RESPD_SANITIZE
/* The address of a piece of 512 bytes; half of the threads give it back. */
static void *
touch_slab(void *arg)
{
	void *p = slab_take(512);

	if (arg != NULL)
		slab_give(p, 512);
	return (p);
}

START_TEST(slab_gets_what_a_thread_had)
{
	uintptr_t first = UINTPTR_MAX, last = 0;
	pthread_t thread;
	void *p;
	size_t i;

	for (i = 0; i < 200; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, touch_slab,
		    i % 2 == 0 ? &first : NULL), 0);
		pthread_join(thread, &p);
		if ((uintptr_t)p < first)
			first = (uintptr_t)p;
		if ((uintptr_t)p > last)
			last = (uintptr_t)p;
	}
	/* A hundred are taken, and not a batch for each of the threads. */
	ck_assert_uint_lt(last - first, 200 * 512);
}
END_TEST

/* Many pieces, given back: the memory is the system's again. */
START_TEST(slab_gives_memory_back)
{
	enum { MANY = 400000 };
	void **pieces = mem_alloc(MANY * sizeof(*pieces));
	size_t i, before = mem_resident();

	for (i = 0; i < MANY; i++)
		memset(pieces[i] = slab_take(100), 1, 100);
	ck_assert_uint_gt(mem_resident(), before + MANY * (size_t)100);
	for (i = 0; i < MANY; i++)
		slab_give(pieces[i], 100);
	ck_assert_uint_lt(mem_resident(), before + MANY * (size_t)20);
	mem_free(pieces);
}
END_TEST
#endif

START_TEST(pages_keep_their_bytes)
{
	static const size_t steps[] = { 1, 500, 2047, 2048, 5000, 4096, 70000,
	    69632, 1000000, 3000, 100, 300000, 300000 };
	unsigned char *p = NULL;
	size_t i, k, size = 0, kept, used;

	if (_i != 0)
		pages_expect(SIZE_MAX);
	mem_settle();
	used = mem_used();
	for (i = 0; i < COUNT(steps); i++) {
		ck_assert_uint_ge(pages_room(steps[i]), steps[i]);
		p = pages_resize(p, size, steps[i]);
		kept = size < steps[i] ? size : steps[i];
		for (k = 0; k < kept; k++)
			SURE(p[k] == (unsigned char)(k * 7));
		size = steps[i];
		for (k = kept; k < size; k++)
			p[k] = (unsigned char)(k * 7);
		mem_settle();
		ck_assert_uint_ge(mem_used(), used + size);
	}
	pages_free(p, size);
	pages_free(NULL, 0);
	mem_settle();
	ck_assert_uint_eq(mem_used(), used);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("memory");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, buf_grows_at_its_end);
	tcase_add_test(t, buf_keeps_what_it_had_when_there_is_no_room);
	tcase_add_test(t, arena_gives_bytes_that_stay);
	tcase_add_test(t, mem_is_what_was_asked);
	tcase_add_test(t, slab_pieces_do_not_meet);
	tcase_add_test(t, slab_room_is_what_it_says);
	tcase_add_test(t, slab_pieces_change_hands);
	tcase_add_loop_test(t, pages_keep_their_bytes, 0, 2);
#ifndef RESPD_SANITIZE
	tcase_add_test(t, slab_gets_what_a_thread_had);
	tcase_add_test(t, slab_gives_memory_back);
	tcase_add_test(t, mem_says_when_there_is_none);
	tcase_add_test_raise_signal(t, no_memory_ends_the_process, SIGABRT);
#endif
	suite_add_tcase(s, t);
	return (suite_run(s));
}
