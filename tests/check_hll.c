/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HyperLogLogs: sparse and dense ones against a plain array of registers, how
 * good the counts are, and that rubbish does no harm.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "value/hll.h"
#include "suite.h"

enum { HEADER = 16, DENSE_SIZE = 12304 };

static void
assert_same(const struct buf *b, const uint8_t plain[HLL_REGISTERS])
{
	uint8_t registers[HLL_REGISTERS] = { 0 };

	ck_assert(hll_begins(buf_bytes(b)));
	ck_assert(hll_merge(registers, buf_bytes(b)));
	SURE(memcmp(registers, plain, HLL_REGISTERS) == 0);
}

static const size_t limits[] = { 0, 100, 3000, 65536 };

START_TEST(registers_agree_with_a_plain_array)
{
	uint8_t plain[HLL_REGISTERS] = { 0 };
	struct hll_mark mark;
	struct buf b = { 0 };
	uint64_t seed = 1;
	int step, want;

	hll_start(&b);
	for (step = 0; step < ROUNDS(6000); step++) {
		/* Neighbours and equal ranks are what runs are made of. */
		mark.index = draw(&seed, 2) != 0 ? draw(&seed, 64) :
		    draw(&seed, HLL_REGISTERS);
		mark.rank = (uint8_t)(1 + draw(&seed,
		    step < ROUNDS(5000) ? 4 : 51));
		want = mark.rank > plain[mark.index];
		ck_assert_int_eq(hll_raise(&b, mark, limits[_i]), want);
		if (want)
			plain[mark.index] = mark.rank;
		if (hll_is_dense(buf_bytes(&b)))
			ck_assert_uint_eq(b.length, DENSE_SIZE);
		if (step % 100 == 0)
			assert_same(&b, plain);
	}
	ck_assert(hll_make_dense(&b));
	assert_same(&b, plain);
	buf_free(&b);
}
END_TEST

/* The standard error is 0.81 %; these elements are always the same. */
START_TEST(counts_are_near)
{
	uint8_t registers[HLL_REGISTERS] = { 0 };
	struct buf b = { 0 };
	uint64_t i, next = 10, count;

	ck_assert_uint_eq(hll_count(registers), 0);
	hll_start(&b);
	for (i = 1; i <= 1000000; i++) {
		hll_raise(&b, hll_mark(bytes_make(&i, sizeof(i))), 3000);
		if (i != next)
			continue;
		next *= 10;
		memset(registers, 0, sizeof(registers));
		ck_assert(hll_merge(registers, buf_bytes(&b)));
		count = hll_count(registers);
		ck_assert_double_le(fabs((double)count - (double)i),
		    0.025 * (double)i);
	}
	memset(registers, 51, sizeof(registers));
	hll_count(registers);
	buf_free(&b);
}
END_TEST

START_TEST(last_count_is_kept)
{
	struct buf b = { 0 };
	uint64_t count;

	hll_start(&b);
	ck_assert(hll_last_count(buf_bytes(&b), &count));
	ck_assert_uint_eq(count, 0);
	hll_set_last_count(b.data, 0x123456789abcde);
	ck_assert(hll_last_count(buf_bytes(&b), &count));
	ck_assert_uint_eq(count, 0x123456789abcde);
	hll_forget_count(b.data);
	ck_assert(!hll_last_count(buf_bytes(&b), &count));
	buf_free(&b);
}
END_TEST

/* Each in a block of its own size, so that sanitizers see what is beyond. */
START_TEST(rubbish_does_no_harm)
{
	uint8_t registers[HLL_REGISTERS] = { 0 };
	struct hll_mark mark;
	uint64_t seed = 2;
	size_t i, length;
	int round;

	for (round = 0; round < ROUNDS(20000); round++) {
		struct buf b = { 0 };

		hll_start(&b);
		buf_cut(&b, HEADER);
		length = draw(&seed, 40);
		for (i = 0; i < length; i++)
			buf_add_char(&b, (char)draw(&seed, 256));
		char *exact = malloc(b.length);
		memcpy(exact, b.data, b.length);
		hll_merge(registers, bytes_make(exact, b.length));
		free(exact);
		mark.index = draw(&seed, HLL_REGISTERS);
		mark.rank = (uint8_t)(1 + draw(&seed, 51));
		hll_raise(&b, mark, 30);
		hll_make_dense(&b);
		buf_free(&b);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hll");
	TCase *t = tcase_create("hll");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, registers_agree_with_a_plain_array, 0,
	    COUNT(limits));
	tcase_add_test(t, counts_are_near);
	tcase_add_test(t, last_count_is_kept);
	tcase_add_test(t, rubbish_does_no_harm);
	suite_add_tcase(s, t);
	return (suite_run(s));
}
