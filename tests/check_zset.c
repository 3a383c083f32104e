/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorted sets do what a sorted array does, whatever their size: random changes
 * to both, every answer compared; scans between the changes miss nothing that
 * stayed; and they grow in any order, shrink to nothing and can be copied.
 */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/zset.h"
#include "suite.h"

enum { NAMES = 4000, STEPS = ROUNDS(300000), MANY = ROUNDS(200000) };

struct pair {
	double		 score;
	unsigned	 name;
};

/* The model, and what a scan of the sorted set knows. */
struct model {
	struct zset	*zset;
	size_t		 length;
	struct pair	 pairs[NAMES];		/* in order */
	bool		 there[NAMES];
	bool		 stays[NAMES];		/* since the scan began */
	bool		 seen[NAMES];
	uint64_t	 cursor;
	size_t		 scans;			/* completed */
};

static struct bytes names[NAMES];
static uint64_t state;

/* The empty one, some with NULs and high bytes, some long, most short. */
static void
make_names(unsigned longest)
{
	char text[8192];
	size_t length;
	unsigned i;

	for (i = 0; i < NAMES; i++) {
		memset(text, i % 2 ? 'x' : '\xff', sizeof(text));
		length = (size_t)snprintf(text, sizeof(text), "member:%06u",
		    i);
		if (i == 0)
			length = 0;
		else if (i % 31 == 2)
			memcpy(text, "\0\xff", 2);
		else if (i % 97 == 1)
			length += draw(&state, longest);
		else if (i % 7 == 3)
			length += draw(&state, 140);
		names[i] = bytes_make(mem_copy(text, length), length);
	}
}

static double
draw_score(int mode)
{
	static const double odd[] = { 0.0, -0.0, INFINITY, -INFINITY, DBL_MAX,
	    -DBL_MAX, DBL_TRUE_MIN, -DBL_TRUE_MIN, DBL_MIN, 0.1, 0.5, 1e15,
	    FLT_MAX, 3.5e38, FLT_TRUE_MIN, 239, 240, -1, INT16_MAX, 32768,
	    INT16_MIN, -32769, INT32_MAX, 2147483648.0, INT32_MIN,
	    -2147483649.0, 9007199254740993.0 };

	switch (mode) {
	case 0:
		return (7);
	case 1:
		return ((double)draw(&state, 5));
	case 2:
		return (odd[draw(&state, COUNT(odd))]);
	default:
		return ((double)draw(&state, 1 << 20) / 8 - 1000);
	}
}

static int
compare(double score, struct bytes member, double other_score,
    struct bytes other)
{
	size_t n = member.length < other.length ? member.length :
	    other.length;
	int order;

	if (score < other_score || score > other_score)
		return (score < other_score ? -1 : 1);
	order = memcmp(member.data, other.data, n);
	return (order != 0 ? order :
	    (member.length > other.length) - (member.length < other.length));
}

/* Where the model has such a member, or would have it. */
static size_t
locate(const struct model *m, double score, struct bytes member)
{
	size_t low = 0, high = m->length, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(m->pairs[middle].score,
		    names[m->pairs[middle].name], score, member) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (low);
}

static size_t
place_of(const struct model *m, unsigned name)
{
	size_t i;

	for (i = 0; i < m->length && m->pairs[i].name != name; i++)
		;
	return (i);
}

static void
model_remove(struct model *m, size_t i)
{
	m->there[m->pairs[i].name] = m->stays[m->pairs[i].name] = false;
	m->length--;
	memmove(&m->pairs[i], &m->pairs[i + 1],
	    (m->length - i) * sizeof(m->pairs[0]));
}

static void
model_insert(struct model *m, unsigned name, double score)
{
	size_t i = locate(m, score, names[name]);

	memmove(&m->pairs[i + 1], &m->pairs[i],
	    (m->length - i) * sizeof(m->pairs[0]));
	m->pairs[i] = (struct pair){ score, name };
	m->there[name] = true;
	m->length++;
}

/* So that -0 is not 0. */
static bool
same(double a, double b)
{
	return (memcmp(&a, &b, sizeof(a)) == 0);
}

static void
step_put(struct model *m, int mode)
{
	unsigned name = (unsigned)draw(&state, NAMES);
	double score = draw_score(mode);
	bool stays = m->stays[name];
	enum zset_outcome outcome = zset_put(&m->zset, names[name], score);
	size_t i;

	SURE((outcome == ZSET_ADDED) == !m->there[name]);
	if (m->there[name]) {
		i = place_of(m, name);
		SURE((outcome == ZSET_KEPT) == (m->pairs[i].score == score));
		if (outcome == ZSET_UPDATED) {
			model_remove(m, i);
			model_insert(m, name, score);
			m->stays[name] = stays;
		}
	} else {
		model_insert(m, name, score);
	}
}

static void
step_remove(struct model *m)
{
	unsigned name = (unsigned)draw(&state, NAMES);

	SURE(zset_remove(&m->zset, names[name]) == m->there[name]);
	if (m->there[name])
		model_remove(m, place_of(m, name));
}

static void
step_remove_ranks(struct model *m, size_t most)
{
	size_t rank = draw(&state, m->length + 1), count, i;

	count = draw(&state, most) + 1;
	if (count > m->length - rank)
		count = m->length - rank;
	zset_remove_ranks(&m->zset, rank, count);
	for (i = 0; i < count; i++)
		model_remove(m, rank);
}

static void
step_look(const struct model *m)
{
	unsigned name = (unsigned)draw(&state, NAMES);
	double score = 0;
	size_t rank = 0, i;

	SURE(zset_score(m->zset, names[name], &score) == m->there[name]);
	SURE(zset_rank(m->zset, names[name], &rank, &score) ==
	    m->there[name]);
	if (m->there[name]) {
		i = place_of(m, name);
		SURE(rank == i && same(score, m->pairs[i].score));
	}
}

static void
step_seek(const struct model *m, int mode)
{
	double score = draw_score(mode);
	unsigned name = (unsigned)draw(&state, NAMES);
	bool above = draw(&state, 2);
	size_t i;

	for (i = 0; i < m->length && (above ? m->pairs[i].score <= score :
	    m->pairs[i].score < score); i++)
		;
	SURE(zset_rank_of_score(m->zset, score, above) == i);
	if (mode == 0) {
		i = locate(m, score, names[name]);
		i += above && m->there[name];
		SURE(zset_rank_of_bytes(m->zset, names[name], above) == i);
	}
}

static void
step_walk(const struct model *m, size_t most)
{
	size_t rank = draw(&state, m->length + 1), n = draw(&state, most) + 1;
	bool backwards = draw(&state, 2);
	struct zset_iter it;

	zset_start(&it, m->zset, rank, backwards);
	for (; n > 0 && rank < m->length; n--) {
		SURE(zset_next(&it));
		SURE(same(it.score, m->pairs[rank].score));
		SURE(bytes_equal(it.member, names[m->pairs[rank].name]));
		rank = backwards ? rank - 1 : rank + 1;
	}
	if (rank >= m->length)
		SURE(!zset_next(&it) && !zset_next(&it));
}

static void
visit(struct bytes member, double score, void *arg)
{
	struct model *m = arg;
	size_t i = locate(m, score, member);

	SURE(i < m->length && same(m->pairs[i].score, score));
	SURE(bytes_equal(names[m->pairs[i].name], member));
	m->seen[m->pairs[i].name] = true;
}

static void
step_scan(struct model *m)
{
	unsigned i;

	if (m->cursor == 0) {
		memset(m->seen, 0, sizeof(m->seen));
		memcpy(m->stays, m->there, sizeof(m->stays));
	}
	m->cursor = zset_scan(m->zset, m->cursor, draw(&state, 30), visit, m);
	if (m->cursor != 0)
		return;
	for (i = 0; i < NAMES; i++)
		SURE(m->seen[i] || !m->stays[i]);
	m->scans++;
}

static void
step_copy(struct model *m)
{
	struct zset *copy = zset_copy(m->zset);

	SURE(zset_size(copy) == zset_size(m->zset));
	SURE(zset_length(copy) == m->length);
	zset_free(m->zset);
	m->zset = copy;
}

/* Waves: it grows, stays, and shrinks, often to nothing. */
static void
step(struct model *m, int mode, unsigned i)
{
	unsigned wave = i / 10000 % 4, chance = (unsigned)draw(&state, 100);

	if (chance < (wave < 2 ? 40 : wave < 3 ? 25 : 8))
		step_put(m, mode);
	else if (chance < 60)
		step_remove(m);
	else if (chance < 70)
		step_look(m);
	else if (chance < 80)
		step_seek(m, mode);
	else if (chance < 89)
		step_walk(m, 50);
	else if (chance < 99)
		step_scan(m);
	else if (draw(&state, 10) == 0)
		step_copy(m);
	else if (wave == 3)
		step_remove_ranks(m, 300);
	else if (draw(&state, 20) == 0)
		step_remove_ranks(m, 1000);
	SURE(zset_length(m->zset) == m->length);
}

static const struct {
	int		mode;
	unsigned	longest;
} runs[] = { { 0, 1 }, { 1, 300 }, { 2, 2000 }, { 3, 8000 }, { 3, 1 } };

START_TEST(it_does_what_an_array_does)
{
	struct model *m = mem_zalloc(sizeof(*m));
	size_t most = 0;
	unsigned i;

	make_names(runs[_i].longest);
	m->zset = zset_new();
	for (i = 0; i < STEPS; i++) {
		step(m, runs[_i].mode, i);
		if (m->length > most)
			most = m->length;
		if (i % 1000 == 0)
			step_walk(m, NAMES);
	}
	ck_assert_uint_ge(most, 1000);
	ck_assert_uint_ge(m->scans, ROUNDS(50));
	step_remove_ranks(m, 1);
	while (m->length != 0)
		step_remove_ranks(m, NAMES);
	ck_assert_uint_eq(zset_length(m->zset), 0);
	zset_free(m->zset);
	for (i = 0; i < NAMES; i++)
		mem_free((void *)(uintptr_t)names[i].data);
	mem_free(m);
}
END_TEST

static struct bytes
number_text(char text[32], size_t i)
{
	return (bytes_make(text, (size_t)snprintf(text, 32, "member:%06zu",
	    i)));
}

/* The i-th of MANY in one of some orders, each once. */
static size_t
in_order(int order, size_t i)
{
	switch (order) {
	case 0:
		return (i);
	case 1:
		return (MANY - 1 - i);
	case 2:
		/* From both ends to the middle. */
		return (i % 2 ? MANY - 1 - i / 2 : i / 2);
	default:
		return (i * 77773 % MANY);
	}
}

static void
check_ranks(const struct zset *z, size_t first, size_t length)
{
	struct zset_iter it;
	char text[32];
	double score;
	size_t i, rank;

	ck_assert_uint_eq(zset_length(z), length);
	zset_start(&it, z, 0, false);
	for (i = 0; i < length; i++) {
		SURE(zset_next(&it));
		SURE(bytes_equal(it.member, number_text(text, first + i)));
		SURE(same(it.score, (double)(first + i) / 2));
		SURE(zset_rank(z, it.member, &rank, &score));
		SURE(rank == i && same(score, it.score));
		SURE(zset_rank_of_score(z, score, false) == i);
	}
	SURE(!zset_next(&it));
	zset_start(&it, z, length - 1, true);
	for (i = length; i-- > 0; ) {
		SURE(zset_next(&it));
		SURE(same(it.score, (double)(first + i) / 2));
	}
	SURE(!zset_next(&it));
}

static void
count_visits(struct bytes member, double score, void *arg)
{
	(void)member;
	(void)score;
	++*(size_t *)arg;
}

START_TEST(many_come_and_go)
{
	struct zset *z = zset_new(), *copy;
	char text[32];
	size_t i, n, seen = 0;
	uint64_t cursor = 0;

	for (i = 0; i < MANY; i++) {
		n = in_order(_i, i);
		SURE(zset_put(&z, number_text(text, n), (double)n / 2));
	}
	check_ranks(z, 0, MANY);
	/* Alone and with its copy, it takes what it says. */
	ck_assert_uint_le(zset_size(z), (size_t)MANY * 70);
	copy = zset_copy(z);
	do
		cursor = zset_scan(z, cursor, 10, count_visits, &seen);
	while (cursor != 0);
	ck_assert_uint_eq(seen, MANY);
	zset_remove_ranks(&z, 0, MANY / 4);
	zset_remove_ranks(&z, MANY / 2, MANY / 4);
	check_ranks(z, MANY / 4, MANY / 2);
	for (i = 0; i < MANY; i++) {
		n = in_order(_i, i);
		SURE(zset_remove(&z, number_text(text, n)) ==
		    (n >= MANY / 4 && n < MANY / 4 + MANY / 2));
		if (zset_length(z) == 1000)
			ck_assert_uint_le(zset_size(z), 200000);
	}
	ck_assert_uint_eq(zset_length(z), 0);
	ck_assert_uint_le(zset_size(z), 24);
	zset_free(z);
	check_ranks(copy, 0, MANY);
	zset_free(copy);
}
END_TEST

/* Members as large as many leaves, and small ones between them. */
START_TEST(large_members_stand_between_small_ones)
{
	enum { LARGE = 1 << 20, N = 300 };
	struct zset *z = zset_new();
	char *large = mem_zalloc(LARGE), text[32];
	struct zset_iter it;
	size_t rank;
	double score;
	int i, n;

	for (i = 0; i < N; i++) {
		n = i * 7 % N;
		if (n % 10 == 5) {
			memcpy(large, &n, sizeof(n));
			SURE(zset_put(&z, bytes_make(large, LARGE), n));
		} else {
			SURE(zset_put(&z, number_text(text, (size_t)n), n));
		}
	}
	zset_start(&it, z, 0, false);
	for (i = 0; zset_next(&it); i++) {
		SURE(it.score == i);
		SURE(it.member.length == (i % 10 == 5 ? LARGE : 13));
		SURE(zset_rank(z, it.member, &rank, &score));
		SURE(rank == (size_t)i);
	}
	ck_assert_int_eq(i, N);
	zset_remove_ranks(&z, 6, N - 7);
	ck_assert_uint_eq(zset_length(z), 7);
	ck_assert_uint_ge(zset_size(z), LARGE);
	zset_remove_ranks(&z, 5, 2);
	ck_assert_uint_le(zset_size(z), 128);
	zset_free(z);
	mem_free(large);
}
END_TEST

START_TEST(nothing_is_there_at_first)
{
	struct zset *z = zset_new(), *copy = zset_copy(z);
	struct zset_iter it;
	size_t rank, seen = 0;
	double score;

	ck_assert_uint_eq(zset_length(z), 0);
	ck_assert(!zset_score(z, bytes_of("a"), &score));
	ck_assert(!zset_rank(z, bytes_of(""), &rank, &score));
	ck_assert(!zset_remove(&z, bytes_of("")));
	ck_assert_uint_eq(zset_rank_of_score(z, -INFINITY, false), 0);
	ck_assert_uint_eq(zset_rank_of_bytes(z, bytes_of("a"), true), 0);
	zset_remove_ranks(&z, 0, 0);
	zset_start(&it, z, 0, false);
	ck_assert(!zset_next(&it));
	zset_start(&it, z, (size_t)-1, true);
	ck_assert(!zset_next(&it));
	ck_assert_uint_eq(zset_scan(z, 0, 10, count_visits, &seen), 0);
	ck_assert_uint_eq(seen, 0);
	zset_free(copy);
	zset_free(z);
	zset_free(NULL);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("zset");
	TCase *t = tcase_create("zset");

	tcase_set_timeout(t, 240);
	tcase_add_test(t, nothing_is_there_at_first);
	tcase_add_loop_test(t, it_does_what_an_array_does, 0,
	    (int)COUNT(runs));
	tcase_add_loop_test(t, many_come_and_go, 0, 4);
	tcase_add_test(t, large_members_stand_between_small_ones);
	suite_add_tcase(s, t);
	return (s);
}

int
main(void)
{
	const char *seed = getenv("CHECK_SEED");

	state = seed != NULL ? strtoull(seed, NULL, 10) : 88172645463325252;
	hash_seed();
	return (suite_run(suite()));
}
