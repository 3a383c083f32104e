/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as text, patterns, words of a line, hashes, growing memory, the
 * settings and their file, and the order of locks.
 */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/points.h"
#include "base/settings.h"
#include "base/words.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

#ifdef RESPD_SANITIZE
enum { PAIRS = 200000 };
#else
enum { PAIRS = 2000000 };
#endif

static uint64_t
draw64(uint64_t *state)
{
	uint64_t high;

	*state = *state * 6364136223846793005u + 1442695040888963407u;
	high = *state >> 32;
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (high << 32 | *state >> 32);
}

static uint32_t
draw(uint64_t *state, uint32_t below)
{
	return ((uint32_t)(draw64(state) >> 33) % below);
}

/* Bits: whole words and odd ends, against one bit after the other. */
START_TEST(bits_agree_with_single_ones)
{
	static char data[80];
	struct bytes b = bytes_make(data, sizeof(data));
	uint64_t seed = 9, from, to, i, count, set, clear, value;
	unsigned n;
	int round;

	for (round = 0; round < 20000; round++) {
		/* Long runs of equal bits, then a few that are not. */
		if (round % 100 == 0)
			memset(data, draw(&seed, 2) != 0 ? 0xff : 0,
			    sizeof(data));
		n = 1 + draw(&seed, 64);
		value = draw64(&seed);
		from = draw(&seed, sizeof(data) * 8 - 63);
		bits_put(data, from, n, value);
		ck_assert_uint_eq(bits_get(b, from, n),
		    n == 64 ? value : value & (((uint64_t)1 << n) - 1));
		from = draw(&seed, sizeof(data) * 8);
		to = from + draw(&seed, (uint32_t)(sizeof(data) * 8 - from));
		count = 0;
		set = clear = to;
		for (i = to; i > from; i--) {
			if (bits_get(b, i - 1, 1) != 0) {
				count++;
				set = i - 1;
			} else
				clear = i - 1;
		}
		ck_assert_uint_eq(bits_count(b, from, to), count);
		ck_assert_uint_eq(bits_find(b, from, to, true), set);
		ck_assert_uint_eq(bits_find(b, from, to, false), clear);
	}
	ck_assert_uint_eq(bits_get(b, sizeof(data) * 8, 64), 0);
}
END_TEST

/* Numbers. */

static const struct {
	struct bytes	text;
	bool		ok;
	int64_t		n;
} integers[] = {
	{ BYTES("0"), true, 0 }, { BYTES("1"), true, 1 },
	{ BYTES("9"), true, 9 }, { BYTES("10"), true, 10 },
	{ BYTES("42"), true, 42 }, { BYTES("-1"), true, -1 },
	{ BYTES("-2"), true, -2 }, { BYTES("-10"), true, -10 },
	{ BYTES("127"), true, 127 }, { BYTES("128"), true, 128 },
	{ BYTES("255"), true, 255 }, { BYTES("256"), true, 256 },
	{ BYTES("-128"), true, -128 }, { BYTES("-129"), true, -129 },
	{ BYTES("32767"), true, 32767 }, { BYTES("32768"), true, 32768 },
	{ BYTES("65535"), true, 65535 }, { BYTES("65536"), true, 65536 },
	{ BYTES("2147483647"), true, INT32_MAX },
	{ BYTES("2147483648"), true, 2147483648 },
	{ BYTES("-2147483648"), true, INT32_MIN },
	{ BYTES("-2147483649"), true, -2147483649 },
	{ BYTES("4294967295"), true, UINT32_MAX },
	{ BYTES("4294967296"), true, 4294967296 },
	{ BYTES("4294967297"), true, 4294967297 },
	{ BYTES("536870912"), true, 536870912 },
	{ BYTES("536870913"), true, 536870913 },
	{ BYTES("9007199254740993"), true, 9007199254740993 },
	{ BYTES("999999999999999999"), true, 999999999999999999 },
	{ BYTES("1000000000000000000"), true, 1000000000000000000 },
	{ BYTES("9223372036854775800"), true, 9223372036854775800 },
	{ BYTES("9223372036854775806"), true, 9223372036854775806 },
	{ BYTES("9223372036854775807"), true, INT64_MAX },
	{ BYTES("-9223372036854775807"), true, -INT64_MAX },
	{ BYTES("-9223372036854775808"), true, INT64_MIN },
	{ BYTES("9223372036854775808"), false, 0 },
	{ BYTES("9223372036854775809"), false, 0 },
	{ BYTES("9223372036854775810"), false, 0 },
	{ BYTES("9223372036854775817"), false, 0 },
	{ BYTES("9223372036854775900"), false, 0 },
	{ BYTES("9300000000000000000"), false, 0 },
	{ BYTES("9999999999999999999"), false, 0 },
	{ BYTES("10000000000000000000"), false, 0 },
	{ BYTES("18446744073709551615"), false, 0 },
	{ BYTES("18446744073709551616"), false, 0 },
	{ BYTES("18446744073709551617"), false, 0 },
	{ BYTES("18446744073709551619"), false, 0 },
	{ BYTES("36893488147419103233"), false, 0 },
	{ BYTES("92233720368547758070"), false, 0 },
	{ BYTES("-9223372036854775809"), false, 0 },
	{ BYTES("-9223372036854775810"), false, 0 },
	{ BYTES("-9300000000000000000"), false, 0 },
	{ BYTES("-18446744073709551615"), false, 0 },
	{ BYTES("-18446744073709551617"), false, 0 },
	{ BYTES("-99999999999999999999"), false, 0 },
	{ BYTES("340282366920938463463374607431768211456"), false, 0 },
	{ BYTES("100000000000000000000000000000000000000001"), false, 0 },
	{ BYTES(""), false, 0 }, { BYTES("-"), false, 0 },
	{ BYTES("+"), false, 0 }, { BYTES("--"), false, 0 },
	{ BYTES("--1"), false, 0 }, { BYTES("-+1"), false, 0 },
	{ BYTES("+-1"), false, 0 }, { BYTES("+1"), false, 0 },
	{ BYTES("+0"), false, 0 }, { BYTES("-0"), false, 0 },
	{ BYTES("00"), false, 0 }, { BYTES("01"), false, 0 },
	{ BYTES("03"), false, 0 }, { BYTES("-01"), false, 0 },
	{ BYTES("-00"), false, 0 }, { BYTES("000"), false, 0 },
	{ BYTES("0000000000000000000000000001"), false, 0 },
	{ BYTES(" "), false, 0 }, { BYTES(" 3"), false, 0 },
	{ BYTES("3 "), false, 0 }, { BYTES(" 3 "), false, 0 },
	{ BYTES("1 2"), false, 0 }, { BYTES("- 1"), false, 0 },
	{ BYTES("\t3"), false, 0 }, { BYTES("3\t"), false, 0 },
	{ BYTES("3\n"), false, 0 }, { BYTES("\n3"), false, 0 },
	{ BYTES("3\r"), false, 0 }, { BYTES("3\r\n"), false, 0 },
	{ BYTES("\0"), false, 0 }, { BYTES("\0003"), false, 0 },
	{ BYTES("3\0"), false, 0 }, { BYTES("1\0001"), false, 0 },
	{ BYTES("-\0001"), false, 0 }, { BYTES("\v3"), false, 0 },
	{ BYTES("3."), false, 0 }, { BYTES(".3"), false, 0 },
	{ BYTES("3.0"), false, 0 }, { BYTES("3e0"), false, 0 },
	{ BYTES("1e1"), false, 0 }, { BYTES("1E1"), false, 0 },
	{ BYTES("0x1"), false, 0 }, { BYTES("0X1"), false, 0 },
	{ BYTES("0b1"), false, 0 }, { BYTES("0o7"), false, 0 },
	{ BYTES("1a"), false, 0 }, { BYTES("a1"), false, 0 },
	{ BYTES("x"), false, 0 }, { BYTES("1l"), false, 0 },
	{ BYTES("1L"), false, 0 }, { BYTES("1u"), false, 0 },
	{ BYTES("1,000"), false, 0 }, { BYTES("1_000"), false, 0 },
	{ BYTES("1'000"), false, 0 }, { BYTES("(1)"), false, 0 },
	{ BYTES("\"1\""), false, 0 }, { BYTES("'1'"), false, 0 },
	{ BYTES("1;"), false, 0 }, { BYTES("1/1"), false, 0 },
	{ BYTES("1:"), false, 0 }, { BYTES("/"), false, 0 },
	{ BYTES(":"), false, 0 }, { BYTES("nan"), false, 0 },
	{ BYTES("inf"), false, 0 }, { BYTES("true"), false, 0 },
	{ BYTES("one"), false, 0 }, { BYTES("\377"), false, 0 },
	{ BYTES("\261"), false, 0 }, { BYTES("1\200"), false, 0 },
	{ BYTES("\357\274\221"), false, 0 },
	{ BYTES("\331\241"), false, 0 }, { BYTES("\342\210\2221"), false, 0 },
};

START_TEST(integers_are_read_strictly)
{
	int64_t n = 4711;

	ck_assert_msg(number_parse(integers[_i].text, &n) == integers[_i].ok,
	    "'%.*s'", (int)integers[_i].text.length, integers[_i].text.data);
	ck_assert_int_eq(n, integers[_i].ok ? integers[_i].n : 4711);
}
END_TEST

START_TEST(integers_survive_as_text)
{
	static const int64_t special[] = { 0, 1, -1, 9, 10, -10, INT64_MAX,
	    INT64_MIN, INT64_MIN + 1, INT32_MIN, 1000000000000000000 };
	char text[NUMBER_SIZE], expected[NUMBER_SIZE];
	uint64_t seed = 1;
	int64_t n, back;
	size_t i, length;

	for (i = 0; i < PAIRS / 10 + COUNT(special); i++) {
		n = i < COUNT(special) ? special[i] :
		    (int64_t)draw64(&seed) >> draw(&seed, 64);
		length = number_format(text, n);
		snprintf(expected, sizeof(expected), "%" PRId64, n);
		SURE(strcmp(text, expected) == 0);
		SURE(length == strlen(expected));
		SURE(number_parse(bytes_make(text, length), &back));
		SURE(back == n);
	}
}
END_TEST

static const struct {
	struct bytes	text;
	bool		ok;
	double		real;
} doubles[] = {
	{ BYTES("0"), true, 0 }, { BYTES("-0"), true, -0.0 },
	{ BYTES("1"), true, 1 }, { BYTES("+1"), true, 1 },
	{ BYTES("-1.5"), true, -1.5 }, { BYTES("1."), true, 1 },
	{ BYTES(".5"), true, 0.5 }, { BYTES("1e3"), true, 1000 },
	{ BYTES("1E-3"), true, 0.001 }, { BYTES("1e+3"), true, 1000 },
	{ BYTES("inf"), true, INFINITY }, { BYTES("-inf"), true, -INFINITY },
	{ BYTES("INF"), true, INFINITY }, { BYTES("+inf"), true, INFINITY },
	{ BYTES("3.0e-324"), true, 4.9406564584124654e-324 },
	{ BYTES("1.7976931348623157e308"), true, 1.7976931348623157e308 },
	{ BYTES("9007199254740993"), true, 9007199254740992.0 },
	{ BYTES(""), false, 0 }, { BYTES("."), false, 0 },
	{ BYTES("-"), false, 0 }, { BYTES("e1"), false, 0 },
	{ BYTES("1e"), false, 0 }, { BYTES("1e+"), false, 0 },
	{ BYTES(" 1"), false, 0 }, { BYTES("1 "), false, 0 },
	{ BYTES("\t1"), false, 0 }, { BYTES("1\n"), false, 0 },
	{ BYTES("1\0"), false, 0 }, { BYTES("\0001"), false, 0 },
	{ BYTES("0x10"), false, 0 }, { BYTES("0X1p3"), false, 0 },
	{ BYTES("nan(1)"), false, 0 }, { BYTES("nan()"), false, 0 },
	{ BYTES("1,5"), false, 0 }, { BYTES("1.5.5"), false, 0 },
	{ BYTES("--1"), false, 0 }, { BYTES("1d"), false, 0 },
	{ BYTES("1f"), false, 0 }, { BYTES("in"), false, 0 },
	{ BYTES("abc"), false, 0 },
};

START_TEST(doubles_are_read_strictly)
{
	double real = 4711;

	ck_assert_msg(number_parse_double(doubles[_i].text, &real) ==
	    doubles[_i].ok, "'%.*s'", (int)doubles[_i].text.length,
	    doubles[_i].text.data);
	if (doubles[_i].ok)
		ck_assert(memcmp(&real, &doubles[_i].real, sizeof(real)) == 0);
}
END_TEST

START_TEST(nan_is_a_double)
{
	double real = 0;

	ck_assert(number_parse_double(bytes_of("nan"), &real));
	ck_assert(isnan(real));
}
END_TEST

START_TEST(long_texts_are_no_doubles)
{
	char text[300];
	double real;

	memset(text, '1', sizeof(text));
	ck_assert(number_parse_double(bytes_make(text, 255), &real));
	ck_assert(!number_parse_double(bytes_make(text, 256), &real));
	ck_assert(!number_parse_double(bytes_make(text, 300), &real));
}
END_TEST

START_TEST(doubles_survive_as_text)
{
	static const double special[] = { 0.0, -0.0, 0.1, 1.0 / 3, 1e15, 1e16,
	    1e17, 1e21, 1e22, 1e23, 123456789012345678.0, 5e-324, 2.5e-308,
	    2.2250738585072014e-308, 1.7976931348623157e308, INFINITY,
	    -INFINITY };
	char text[NUMBER_SIZE];
	uint64_t seed = 7, bits;
	double real, back;
	size_t i, length;

	for (i = 0; i < PAIRS / 10 + COUNT(special); i++) {
		bits = draw64(&seed);
		memcpy(&real, &bits, sizeof(real));
		if (i < COUNT(special))
			real = special[i];
		length = number_format_double(text, real);
		SURE(length < NUMBER_SIZE && length == strlen(text));
		SURE(number_parse_double(bytes_make(text, length), &back));
		if (isnan(real))
			ck_assert_str_eq(text, "nan");
		else if (memcmp(&real, &back, sizeof(real)) != 0)
			ck_abort_msg("%a became %s", real, text);
	}
}
END_TEST

START_TEST(doubles_look_as_written)
{
	static const struct {
		double		 real;
		const char	*text;
	} rows[] = {
		{ 0, "0" }, { 1, "1" }, { -2.5, "-2.5" }, { 0.1, "0.1" },
		{ 3.14159, "3.14159" }, { 1e100, "1e+100" },
		{ 100000, "100000" }, { 1e-5, "1e-05" },
		{ 0.30000000000000004, "0.30000000000000004" },
		{ INFINITY, "inf" }, { -INFINITY, "-inf" },
	};
	char text[NUMBER_SIZE];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		number_format_double(text, rows[i].real);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

static const struct {
	struct bytes	text;
	int64_t		size;		/* -1: refused */
} sizes[] = {
	{ BYTES("0"), 0 }, { BYTES("1"), 1 }, { BYTES("1024"), 1024 },
	{ BYTES("1b"), 1 }, { BYTES("1B"), 1 }, { BYTES("1k"), 1000 },
	{ BYTES("1kb"), 1024 }, { BYTES("1KB"), 1024 }, { BYTES("1Kb"), 1024 },
	{ BYTES("1m"), 1000000 }, { BYTES("1mb"), 1048576 },
	{ BYTES("512mb"), 536870912 }, { BYTES("1g"), 1000000000 },
	{ BYTES("1gb"), 1073741824 },
	{ BYTES("9223372036854775807"), INT64_MAX },
	{ BYTES("8589934591gb"), 9223372035781033984 },
	{ BYTES("8589934592gb"), -1 }, { BYTES("9223372036854775807k"), -1 },
	{ BYTES("9223372036854775808"), -1 }, { BYTES(""), -1 },
	{ BYTES("b"), -1 }, { BYTES("kb"), -1 }, { BYTES("-1"), -1 },
	{ BYTES("-1kb"), -1 }, { BYTES("+1"), -1 }, { BYTES("1 kb"), -1 },
	{ BYTES("1kb "), -1 }, { BYTES(" 1kb"), -1 }, { BYTES("1tb"), -1 },
	{ BYTES("1kbb"), -1 }, { BYTES("1kk"), -1 }, { BYTES("1.5kb"), -1 },
	{ BYTES("01kb"), -1 }, { BYTES("0x1"), -1 }, { BYTES("1k\0"), -1 },
	{ BYTES("k1"), -1 },
};

START_TEST(sizes_are_read_with_their_units)
{
	int64_t size;
	bool ok = number_parse_size(sizes[_i].text, &size);

	ck_assert_msg(ok == (sizes[_i].size >= 0), "'%.*s'",
	    (int)sizes[_i].text.length, sizes[_i].text.data);
	if (ok)
		ck_assert_int_eq(size, sizes[_i].size);
}
END_TEST

/* Bytes and buffers. */

START_TEST(bytes_are_equal)
{
	static const struct {
		struct bytes	a, b;
		bool		equal;
	} rows[] = {
		{ BYTES(""), BYTES(""), true }, { BYTES("a"), BYTES("a"), true },
		{ BYTES(""), BYTES("a"), false }, { BYTES("a"), BYTES("b"), false },
		{ BYTES("a"), BYTES("ab"), false },
		{ BYTES("a\0b"), BYTES("a\0c"), false },
		{ BYTES("a"), BYTES("a\0"), false },
		{ BYTES("z"), BYTES("\377"), false },
		{ BYTES("B"), BYTES("b"), false },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_int_eq(bytes_equal(rows[i].a, rows[i].b),
		    rows[i].equal);
		ck_assert_int_eq(bytes_equal(rows[i].b, rows[i].a),
		    rows[i].equal);
	}
	ck_assert(bytes_equal(bytes_make(NULL, 0), bytes_of("")));
	ck_assert(bytes_is(bytes_of("GeT"), "get"));
	ck_assert(!bytes_is(bytes_make("get\0", 4), "get"));
	ck_assert(!bytes_is(bytes_of("ge"), "get"));
	ck_assert(!bytes_is(bytes_make("g\0t", 3), "g"));
}
END_TEST

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

/* Patterns. */

static const struct {
	struct bytes	pattern, text;
	bool		match;
} globs[] = {
	{ BYTES(""), BYTES(""), true }, { BYTES(""), BYTES("a"), false },
	{ BYTES("a"), BYTES(""), false }, { BYTES("*"), BYTES(""), true },
	{ BYTES("*"), BYTES("any"), true }, { BYTES("**"), BYTES("x"), true },
	{ BYTES("?"), BYTES(""), false }, { BYTES("?"), BYTES("\0"), true },
	{ BYTES("h?llo"), BYTES("hello"), true },
	{ BYTES("h*llo"), BYTES("hllo"), true },
	{ BYTES("h*llo"), BYTES("heeeello"), true },
	{ BYTES("h[ae]llo"), BYTES("hallo"), true },
	{ BYTES("h[ae]llo"), BYTES("hillo"), false },
	{ BYTES("h[^e]llo"), BYTES("hello"), false },
	{ BYTES("h[^e]llo"), BYTES("hbllo"), true },
	{ BYTES("h[a-b]llo"), BYTES("hbllo"), true },
	{ BYTES("h[b-a]llo"), BYTES("hallo"), true },
	{ BYTES("[a-]"), BYTES("a"), true },
	{ BYTES("\\*"), BYTES("*"), true }, { BYTES("\\*"), BYTES("x"), false },
	{ BYTES("\\"), BYTES("\\"), true },
	{ BYTES("[\\]]"), BYTES("]"), true },
	{ BYTES("[]"), BYTES("]"), false }, { BYTES("["), BYTES("["), false },
	{ BYTES("[a"), BYTES("a"), true }, { BYTES("[^"), BYTES("a"), true },
	{ BYTES("]"), BYTES("]"), true }, { BYTES("A"), BYTES("a"), false },
	{ BYTES("*a*b"), BYTES("xaxb"), true },
	{ BYTES("*ab"), BYTES("aab"), true },
	{ BYTES("*[ab]?"), BYTES("xxbz"), true },
	{ BYTES("a\0*"), BYTES("a\0b"), true },
	{ BYTES("[\200-\377]"), BYTES("\300"), true },
};

START_TEST(glob_knows_redis_patterns)
{
	ck_assert_msg(glob_match(globs[_i].pattern, globs[_i].text) ==
	    globs[_i].match, "'%.*s' and '%.*s'",
	    (int)globs[_i].pattern.length, globs[_i].pattern.data,
	    (int)globs[_i].text.length, globs[_i].text.data);
}
END_TEST

/* The bytes that a class takes; returns where it ends. */
static const char *
naive_class(const char *p, const char *end, bool takes[256])
{
	bool negated = p < end && *p == '^';
	int c, low, high;

	memset(takes, 0, 256 * sizeof(*takes));
	for (p += negated; p < end; p++) {
		if (end - p >= 2 && p[0] == '\\') {
			takes[(unsigned char)*++p] = true;
			continue;
		}
		if (*p == ']')
			break;
		low = high = (unsigned char)p[0];
		if (end - p >= 3 && p[1] == '-') {
			high = (unsigned char)p[2];
			p += 2;
		}
		for (c = low < high ? low : high;
		    c <= (low < high ? high : low); c++)
			takes[c] = true;
	}
	for (c = 0; c < 256 && negated; c++)
		takes[c] = !takes[c];
	return (p < end ? p + 1 : p);
}

/* By the definition, trying everything. */
static bool
naive_match(const char *p, const char *p_end, const char *t, const char *t_end)
{
	bool takes[256];

	if (p == p_end)
		return (t == t_end);
	if (*p == '*')
		return (naive_match(p + 1, p_end, t, t_end) ||
		    (t < t_end && naive_match(p, p_end, t + 1, t_end)));
	if (t == t_end)
		return (false);
	if (*p == '[') {
		p = naive_class(p + 1, p_end, takes);
		return (takes[(unsigned char)*t] &&
		    naive_match(p, p_end, t + 1, t_end));
	}
	if (*p == '?')
		return (naive_match(p + 1, p_end, t + 1, t_end));
	if (*p == '\\' && p_end - p >= 2)
		p++;
	return (*p == *t && naive_match(p + 1, p_end, t + 1, t_end));
}

START_TEST(glob_agrees_with_the_definition)
{
	static const char in_pattern[] = "aabbc***??[[]]^-\\", in_text[] = "aabbc]-\\";
	char pattern[12], text[12];
	uint64_t seed = 5;
	uint32_t n, m, j;
	int i, matches = 0;

	for (i = 0; i < PAIRS; i++) {
		n = draw(&seed, sizeof(pattern) + 1);
		m = draw(&seed, 8);
		for (j = 0; j < n; j++)
			pattern[j] = in_pattern[draw(&seed,
			    sizeof(in_pattern) - 1)];
		for (j = 0; j < m; j++)
			text[j] = in_text[draw(&seed, sizeof(in_text) - 1)];

		bool expected = naive_match(pattern, pattern + n, text,
		    text + m);

		matches += expected;
		if (glob_match(bytes_make(pattern, n), bytes_make(text, m)) !=
		    expected)
			ck_abort_msg("'%.*s' and '%.*s'", (int)n, pattern,
			    (int)m, text);
	}
	/* Both answers were asked for. */
	ck_assert_int_gt(matches, PAIRS / 50);
	ck_assert_int_lt(matches, PAIRS / 2);
}
END_TEST

/* Each of these took longer than anybody waits in some server once. */
START_TEST(glob_ends_on_hostile_patterns)
{
	static const struct {
		const char	*pattern;	/* repeated */
		size_t		 times;
		const char	*tail;
		const char	*text;		/* repeated */
		size_t		 length;
		bool		 match;
	} rows[] = {
		{ "a*", 500, "b", "a", 100000, false },
		{ "*a", 500, "b", "a", 100000, false },
		{ "*?", 5000, "", "a", 4999, false },
		{ "**", 50000, "b", "a", 10000, false },
		{ "[", 1 << 20, "", "[", 1, true },
		{ "[", 5000, "", "b", 5000, false },
		{ "*[", 5000, "", "b", 5000, false },
		{ "\\", 1 << 20, "", "\\", 1 << 19, true },
		{ "*a*a*b", 100, "c", "ab", 20000, false },
	};
	struct buf pattern = { 0 }, text = { 0 };
	size_t i;

	for (i = 0; i < rows[_i].times; i++)
		buf_add_string(&pattern, rows[_i].pattern);
	buf_add_string(&pattern, rows[_i].tail);
	for (i = 0; i < rows[_i].length; i++)
		buf_add_string(&text, rows[_i].text);
	ck_assert_int_eq(glob_match(buf_bytes(&pattern), buf_bytes(&text)),
	    rows[_i].match);
	buf_free(&pattern);
	buf_free(&text);
}
END_TEST

START_TEST(glob_takes_nothing_for_empty)
{
	ck_assert(glob_match(bytes_make(NULL, 0), bytes_make(NULL, 0)));
	ck_assert(!glob_match(bytes_of("a"), bytes_make(NULL, 0)));
	ck_assert(!glob_match(bytes_make(NULL, 0), bytes_of("a")));
}
END_TEST

/* Words of a line. */

static const struct {
	struct bytes	 line;
	const char	*words;		/* in <>; NULL: refused */
	const char	*unquoted;	/* without quoting */
} lines[] = {
	{ BYTES(""), "", "" },
	{ BYTES(" \t\r\n"), "", "" },
	{ BYTES("a"), "<a>", "<a>" },
	{ BYTES("  set   k1\t v \r\n"), "<set><k1><v>", "<set><k1><v>" },
	{ BYTES("a\0b"), "<a><b>", NULL },
	{ BYTES("\"\""), "<>", "<\"\">" },
	{ BYTES("''"), "<>", "<''>" },
	{ BYTES("\"a b\" c"), "<a b><c>", "<\"a><b\"><c>" },
	{ BYTES("'a b' c"), "<a b><c>", "<'a><b'><c>" },
	{ BYTES("\"\\n\\r\\t\\b\\a\\\\\\\"\""), "<\n\r\t\b\a\\\">", NULL },
	{ BYTES("\"\\x41\\x7a\\xG1\\x4\""), "<AzxG1x4>", NULL },
	{ BYTES("\"\\q\""), "<q>", NULL },
	{ BYTES("'\\n\\'x'"), "<\\n'x>", NULL },
	{ BYTES("a\"b c\""), "<ab c>", NULL },
	{ BYTES("a'b c'"), "<ab c>", NULL },
	{ BYTES("\"it's\""), "<it's>", NULL },
	{ BYTES("'say \"x\"'"), "<say \"x\">", NULL },
	{ BYTES("\\n"), "<\\n>", "<\\n>" },
	{ BYTES("\"a"), NULL, "<\"a>" },
	{ BYTES("'a"), NULL, "<'a>" },
	{ BYTES("\""), NULL, "<\">" },
	{ BYTES("\"a\\"), NULL, NULL },
	{ BYTES("\"a\\\""), NULL, NULL },
	{ BYTES("\"a\"b"), NULL, NULL },
	{ BYTES("'a'b"), NULL, NULL },
	{ BYTES("x \"a\"\"b\""), NULL, NULL },
	{ BYTES("\"a\"\tb"), "<a><b>", NULL },
};

static void
show_words(struct buf *out, const struct words *w)
{
	size_t i;

	buf_cut(out, 0);
	for (i = 0; i < w->count; i++)
		buf_add_format(out, "<%.*s>", (int)w->word[i].length,
		    w->word[i].data);
	buf_add_char(out, '\0');
}

START_TEST(words_are_split_as_redis_does)
{
	struct words w = { 0 };
	struct buf shown = { 0 };
	int round;

	/* Twice, since the list is used again and again. */
	for (round = 0; round < 2; round++) {
		if (lines[_i].words == NULL)
			ck_assert(!words_split(&w, lines[_i].line));
		else {
			ck_assert(words_split(&w, lines[_i].line));
			show_words(&shown, &w);
			ck_assert_str_eq(shown.data, lines[_i].words);
		}
		words_split_blanks(&w, lines[_i].line);
		show_words(&shown, &w);
		if (lines[_i].unquoted != NULL)
			ck_assert_str_eq(shown.data, lines[_i].unquoted);
	}
	words_free(&w);
	buf_free(&shown);
}
END_TEST

START_TEST(words_of_long_lines_stay_in_place)
{
	struct words w = { 0 };
	struct buf line = { 0 };
	char expected[16];
	size_t i;

	for (i = 0; i < 10000; i++)
		buf_add_format(&line, "\"%zu\" ", i);
	ck_assert(words_split(&w, buf_bytes(&line)));
	ck_assert_uint_eq(w.count, 10000);
	for (i = 0; i < 10000; i++) {
		snprintf(expected, sizeof(expected), "%zu", i);
		ck_assert(bytes_equal(w.word[i], bytes_of(expected)));
	}
	words_free(&w);
	buf_free(&line);
}
END_TEST

/* Hashes. */

/*
 * SipHash-1-3 of the bytes 0, 1, 2 ...: the first row as in the tests of
 * Rust's library, the others computed by CPython 3.11, whose hash() of bytes
 * this is, with PYTHONHASHSEED 0, 1 and 12345.
 */
static const struct {
	uint64_t	key[2];
	size_t		length;
	uint64_t	hash;
} hashes[] = {
	{ { 0x0706050403020100, 0x0f0e0d0c0b0a0908 }, 0,
	    0xabac0158050fc4dc },
	{ { 0x0000000000000000, 0x0000000000000000 }, 1,
	    0x68a914128e01e473 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 2,
	    0x010bac45c41e3669 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 3,
	    0x4d4c9a4a8ef6e0ad },
	{ { 0x0000000000000000, 0x0000000000000000 }, 7,
	    0x2f098ab0c751325a },
	{ { 0x0000000000000000, 0x0000000000000000 }, 8,
	    0xead411e67ebe2eea },
	{ { 0x0000000000000000, 0x0000000000000000 }, 9,
	    0x75927f9d95124362 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 15,
	    0xf30eb725bb91c9ea },
	{ { 0x0000000000000000, 0x0000000000000000 }, 16,
	    0x8972188433a5c5b7 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 17,
	    0x4883c49a2c009c1d },
	{ { 0x0000000000000000, 0x0000000000000000 }, 31,
	    0x169739443111d49b },
	{ { 0x0000000000000000, 0x0000000000000000 }, 63,
	    0x385d3e39e5f37359 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 64,
	    0x75e05fd5bbc870c6 },
	{ { 0x0000000000000000, 0x0000000000000000 }, 200,
	    0x7176378efd9e8a23 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 1,
	    0xecd3e5afcecda4b9 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 2,
	    0xbf360f1ea1745965 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 3,
	    0x8d5b20ab227ba858 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 7,
	    0xfd15e78052a69ddf },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 8,
	    0xc0b5739e7e28dd01 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 9,
	    0x208a1a5a0cbbf778 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 15,
	    0xfa87985f39e97a53 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 16,
	    0x12e9d283f9f37002 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 17,
	    0x9f5bb4237f61907f },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 31,
	    0xb8c17103f21d8810 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 63,
	    0x542052345bc68274 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 64,
	    0x7e644b6edc375dc8 },
	{ { 0xaed66ce184be2329, 0xebe9bbf1f1499052 }, 200,
	    0x1fedd3accb0915fe },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 1,
	    0xddb5fc492fbdf63a },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 2,
	    0xdaa4ac012a6e8f04 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 3,
	    0x6925b9482f3a5127 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 7,
	    0x831edfe12fee6ffd },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 8,
	    0x354edb093928c942 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 9,
	    0x09a5e47bf18abecc },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 15,
	    0xbe8dc664d017b99e },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 16,
	    0x2e932605ea370595 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 17,
	    0x76887087110a4b41 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 31,
	    0xcd12075a65e419ea },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 63,
	    0x171afa1ac779cd10 },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 64,
	    0x02bf7cdeb211db1c },
	{ { 0x25556dc46dc3dca0, 0xfc3ee4dbd06f6c90 }, 200,
	    0x10a069b689555023 },
};

START_TEST(hash_is_siphash_1_3)
{
	char data[201];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)i;
	ck_assert_uint_eq(hash_bytes_with(hashes[_i].key,
	    bytes_make(data, hashes[_i].length)), hashes[_i].hash);
	/* Wherever the bytes stand. */
	memmove(data + 1, data, sizeof(data) - 1);
	ck_assert_uint_eq(hash_bytes_with(hashes[_i].key,
	    bytes_make(data + 1, hashes[_i].length)), hashes[_i].hash);
}
END_TEST

START_TEST(hash_keys_are_drawn)
{
	uint64_t first = hash_bytes(bytes_of("key")), second;
	uint64_t a[4] = { 0 }, b[4] = { 0 };

	hash_seed();
	second = hash_bytes(bytes_of("key"));
	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(second, hash_bytes(bytes_of("key")));
	hash_random(a, sizeof(a));
	hash_random(b, sizeof(b));
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
}
END_TEST

/* Settings. */

START_TEST(settings_show_what_they_take)
{
	enum setting_id id = (enum setting_id)_i;
	struct buf shown = { 0 }, again = { 0 };

	settings_init();
	ck_assert_ptr_nonnull(settings_row(id)->name);
	ck_assert_ptr_nonnull(settings_row(id)->summary);
	ck_assert_int_eq(settings_find(bytes_of(settings_row(id)->name)), id);
	settings_format(id, &shown);
	ck_assert(settings_set(id, buf_bytes(&shown), NULL));
	settings_format(id, &again);
	ck_assert(bytes_equal(buf_bytes(&shown), buf_bytes(&again)));
	buf_free(&shown);
	buf_free(&again);
	settings_free();
}
END_TEST

static const struct {
	enum setting_id	 id;
	struct bytes	 text;
	const char	*shown;		/* NULL: refused */
	const char	*expected;
} values[] = {
	{ SETTING_PORT, BYTES("0"), "0", NULL },
	{ SETTING_PORT, BYTES("65535"), "65535", NULL },
	{ SETTING_PORT, BYTES("65536"), NULL,
	    "expected a number from 0 to 65535" },
	{ SETTING_PORT, BYTES("-1"), NULL,
	    "expected a number from 0 to 65535" },
	{ SETTING_PORT, BYTES(""), NULL, "expected a number from 0 to 65535" },
	{ SETTING_PORT, BYTES("80 81"), NULL,
	    "expected a number from 0 to 65535" },
	{ SETTING_PORT, BYTES("99999999999999999999"), NULL,
	    "expected a number from 0 to 65535" },
	{ SETTING_WORKERS, BYTES("0"), NULL,
	    "expected a number from 1 to 16384" },
	{ SETTING_SHARDS, BYTES("64"), "64", NULL },
	{ SETTING_SHARDS, BYTES("65"), NULL,
	    "expected a power of two from 1 to 65536" },
	{ SETTING_POOL_FULL, BYTES("reject"), "reject", NULL },
	{ SETTING_POOL_FULL, BYTES("REJECT"), "reject", NULL },
	{ SETTING_POOL_FULL, BYTES("rejec"), NULL, "expected wait | reject" },
	{ SETTING_PROTECTED_MODE, BYTES("no"), "no", NULL },
	{ SETTING_PROTECTED_MODE, BYTES("YES"), "yes", NULL },
	{ SETTING_PROTECTED_MODE, BYTES("1"), NULL, "expected yes | no" },
	{ SETTING_PROTO_MAX_BULK_LEN, BYTES("1mb"), "1048576", NULL },
	{ SETTING_PROTO_MAX_BULK_LEN, BYTES("536870912"), "536870912", NULL },
	{ SETTING_PROTO_MAX_BULK_LEN, BYTES("513mb"), NULL,
	    "expected a size from 1mb to 512mb" },
	{ SETTING_PROTO_MAX_BULK_LEN, BYTES("9999999999gb"), NULL,
	    "expected a size from 1mb to 512mb" },
	{ SETTING_UNIXSOCKETPERM, BYTES("755"), "0755", NULL },
	{ SETTING_UNIXSOCKETPERM, BYTES("0600"), "0600", NULL },
	{ SETTING_UNIXSOCKETPERM, BYTES("1000"), NULL,
	    "expected octal permissions up to 0777" },
	{ SETTING_UNIXSOCKETPERM, BYTES("8"), NULL,
	    "expected octal permissions up to 0777" },
	{ SETTING_UNIXSOCKETPERM, BYTES(""), NULL,
	    "expected octal permissions up to 0777" },
	{ SETTING_UNIXSOCKET, BYTES("/tmp/a b"), "/tmp/a b", NULL },
	{ SETTING_UNIXSOCKET, BYTES(""), "", NULL },
	{ SETTING_UNIXSOCKET, BYTES("a\0b"), NULL,
	    "expected path without NUL bytes" },
	{ SETTING_BIND, BYTES("127.0.0.1 -::1"), "127.0.0.1 -::1", NULL },
	{ SETTING_LOG_LEVEL, BYTES("info"), "info", NULL },
	{ SETTING_LOG_LEVEL, BYTES("loud"), NULL,
	    "expected error | warning | notice | info | debug" },
};

START_TEST(settings_take_what_fits)
{
	struct buf before = { 0 }, shown = { 0 }, expected = { 0 };
	bool ok;

	settings_init();
	settings_format(values[_i].id, &before);
	ck_assert_int_eq(settings_check(values[_i].id, values[_i].text, NULL),
	    values[_i].shown != NULL);
	ok = settings_set(values[_i].id, values[_i].text, &expected);
	ck_assert_int_eq(ok, values[_i].shown != NULL);
	settings_format(values[_i].id, &shown);
	if (ok)
		ck_assert(bytes_equal(buf_bytes(&shown),
		    bytes_of(values[_i].shown)));
	else {
		ck_assert(bytes_equal(buf_bytes(&shown), buf_bytes(&before)));
		buf_add_char(&expected, '\0');
		ck_assert_str_eq(expected.data, values[_i].expected);
	}
	buf_free(&before);
	buf_free(&shown);
	buf_free(&expected);
	settings_free();
}
END_TEST

START_TEST(settings_know_what_was_meant)
{
	static const struct {
		const char	*name, *nearest;
	} rows[] = {
		{ "prot", "port" }, { "Port", "port" }, { "ports", "port" },
		{ "redisport", "redis-port" }, { "worker", "workers" },
		{ "loglevel", "log-level" }, { "pool-ful", "pool-full" },
		{ "time-out", "timeout" }, { "unixsocketperms",
		    "unixsocketperm" }, { "completely-different", NULL },
		{ "", NULL }, { "appendfsync", NULL },
		{ "a-name-that-is-much-longer-than-any-setting-there-could-"
		    "ever-be-in-this-program", NULL },
	};
	const char *nearest;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		nearest = settings_nearest(bytes_of(rows[i].name));
		if (rows[i].nearest == NULL)
			ck_assert_msg(nearest == NULL, "%s: %s", rows[i].name,
			    nearest);
		else
			ck_assert_str_eq(nearest, rows[i].nearest);
		ck_assert(settings_find(bytes_of(rows[i].name)) == SETTINGS ||
		    i == 1);
	}
}
END_TEST

/* A file of its own for each test, open and without a name. */
static int
write_file(const char *name, struct bytes text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text.data, text.length),
	    (ssize_t)text.length);
	return (fd);
}

static const struct {
	struct bytes	 text;
	const char	*wrong;		/* behind the file's name; NULL: fine */
} files[] = {
	{ BYTES(""), NULL },
	{ BYTES("port 1234\n"), NULL },
	{ BYTES("port 1234"), NULL },
	{ BYTES("PORT 1234\r\n\r\n# port 5\n  # x\n\n"), NULL },
	{ BYTES("  port \t \"1234\"  \n"), NULL },
	{ BYTES("port 1\nport 1234\n"), NULL },
	{ BYTES("port 1234\nbind 127.0.0.1 ::1\nunixsocket \"\"\n"), NULL },
	{ BYTES("port 1234\n\0\n\0\0\n"), NULL },
	{ BYTES("port 1234\nport 70000\n"),
	    ":2: port '70000': expected a number from 0 to 65535" },
	{ BYTES("port 1234\n\n\nprot 1\n"),
	    ":4: unknown setting 'prot', did you mean 'port'?" },
	{ BYTES("port 1234\nfar-from-anything x\n"),
	    ":2: unknown setting 'far-from-anything'" },
	{ BYTES("port 1234\nport\n"),
	    ":2: port: expected a number from 0 to 65535" },
	{ BYTES("port 1234 5\n"),
	    ":1: port: expected a number from 0 to 65535" },
	{ BYTES("port \"1234\n"), ":1: unbalanced quotes" },
	{ BYTES("port 1234\nworkers many\nprot 1\n"),
	    ":2: workers 'many': expected a number from 1 to 16384" },
};

START_TEST(settings_file_is_taken_whole_or_not)
{
	char name[] = "check_base.XXXXXX", expected[200];
	struct buf wrong = { 0 };
	bool ok;
	int fd = mkstemp(name);

	settings_init();
	close(fd);
	close(write_file(name, files[_i].text));
	ok = settings_load(name, false, &wrong);
	unlink(name);
	buf_add_char(&wrong, '\0');
	if (files[_i].wrong == NULL) {
		ck_assert_str_eq(wrong.data, "");
		ck_assert(ok);
		ck_assert_int_eq(settings_number(SETTING_PORT),
		    files[_i].text.length == 0 ? 31337 : 1234);
	} else {
		ck_assert(!ok);
		snprintf(expected, sizeof(expected), "%s%s", name,
		    files[_i].wrong);
		ck_assert_str_eq(wrong.data, expected);
		ck_assert_int_eq(settings_number(SETTING_PORT), 31337);
	}
	buf_free(&wrong);
	settings_free();
}
END_TEST

/* "respd -c <(generate)" cannot be read twice. */
START_TEST(settings_come_from_a_pipe_too)
{
	struct buf wrong = { 0 };
	char name[32];
	int fds[2];

	settings_init();
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "port 1234\n", 10), 10);
	close(fds[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
	ck_assert(settings_load(name, false, &wrong));
	ck_assert_int_eq(settings_number(SETTING_PORT), 1234);
	close(fds[0]);
	buf_free(&wrong);
	settings_free();
}
END_TEST

START_TEST(settings_say_what_cannot_be_read)
{
	struct buf wrong = { 0 };

	settings_init();
	ck_assert(!settings_load("/nonexistent/file", false, &wrong));
	buf_add_char(&wrong, '\0');
	ck_assert_str_eq(wrong.data,
	    "/nonexistent/file: No such file or directory");
	buf_cut(&wrong, 0);
	ck_assert(!settings_load("/", false, &wrong));
	ck_assert_uint_gt(wrong.length, 0);
	buf_free(&wrong);
	settings_free();
}
END_TEST

/* What was written to stderr by the function. */
static void
capture(void (*function)(void), char *out, size_t size)
{
	int fds[2], old = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	function();
	dup2(old, STDERR_FILENO);
	close(fds[1]);
	close(old);
	n = read(fds[0], out, size - 1);
	close(fds[0]);
	ck_assert_int_ge(n, 0);
	out[n] = '\0';
}

static char reload_name[] = "check_base.XXXXXX";

static void
reload(void)
{
	struct buf wrong = { 0 };

	ck_assert(settings_load(reload_name, true, &wrong));
	ck_assert_uint_eq(wrong.length, 0);
	buf_free(&wrong);
}

START_TEST(settings_reload_changes_what_may)
{
	char logged[1000];

	settings_init();
	close(mkstemp(reload_name));
	close(write_file(reload_name, bytes_of("timeout 7\nport 99\n"
	    "unixsocketperm 700\nbind 127.0.0.1 -::1\nworkers 64\n"
	    "tcp-keepalive 5\n")));
	capture(reload, logged, sizeof(logged));
	unlink(reload_name);
	ck_assert_int_eq(settings_number(SETTING_TIMEOUT), 7);
	ck_assert_int_eq(settings_number(SETTING_TCP_KEEPALIVE), 5);
	ck_assert_int_eq(settings_number(SETTING_PORT), 31337);
	ck_assert_ptr_nonnull(strstr(logged,
	    "port changes at the next start only"));
	/* Written differently is not different. */
	ck_assert_ptr_null(strstr(logged, "unixsocketperm"));
	ck_assert_ptr_null(strstr(logged, "bind"));
	ck_assert_ptr_null(strstr(logged, "workers"));
	settings_free();
}
END_TEST

/* Logs. */

static void
log_forged(void)
{
	log_set_level(LOG_LEVEL_NOTICE);
	log_info("not shown");
	log_notice("peer %s", "x\n2026-01-01 error forged\x1b[0m\x7f");
}

START_TEST(log_lines_cannot_be_forged)
{
	char logged[3000];

	unsetenv("JOURNAL_STREAM");
	capture(log_forged, logged, sizeof(logged));
	ck_assert_ptr_null(strstr(logged, "not shown"));
	ck_assert_ptr_nonnull(strstr(logged,
	    " notice peer x?2026-01-01 error forged?[0m?\n"));
	ck_assert_ptr_eq(strchr(logged, '\n'), logged + strlen(logged) - 1);
	setenv("JOURNAL_STREAM", "1:2", 1);
	capture(log_forged, logged, sizeof(logged));
	ck_assert_str_eq(logged, "<5>peer x?2026-01-01 error forged?[0m?\n");
}
END_TEST

static void
log_long(void)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
}

START_TEST(log_cuts_long_lines)
{
	char logged[4000];

	capture(log_long, logged, sizeof(logged));
	ck_assert_uint_gt(strlen(logged), 900);
	ck_assert_uint_le(strlen(logged), 1024);
	ck_assert_ptr_eq(strchr(logged, '\n'), logged + strlen(logged) - 1);
}
END_TEST

START_TEST(log_fatal_ends_the_process)
{
	log_fatal("the end");
}
END_TEST

/* Clocks. */

START_TEST(clock_stands_when_told)
{
	int64_t before = clock_monotonic_us();

	clock_stop_at(12345678);
	ck_assert_int_eq(clock_wall_us(), 12345678);
	ck_assert_int_eq(clock_wall_us(), 12345678);
	clock_stop_at(0);
	/* It is after the year 2020. */
	ck_assert_int_gt(clock_wall_us(), 1577836800000000);
	ck_assert_int_ge(clock_monotonic_us(), before);
}
END_TEST

/* Locks. */

static struct {
	struct lock	lock;
	pthread_cond_t	condition;
	int		turn;
} relay;

static void *
run_relay(void *arg)
{
	int i, mine = *(int *)arg;

	for (i = 0; i < 1000; i++) {
		lock_take(&relay.lock);
		while (relay.turn % 3 != mine)
			lock_wait(&relay.lock, &relay.condition);
		relay.turn++;
		must(pthread_cond_broadcast(&relay.condition));
		lock_release(&relay.lock);
	}
	return (NULL);
}

START_TEST(locks_keep_others_out)
{
	pthread_t threads[3];
	int numbers[3] = { 0, 1, 2 }, i;

	lock_init(&relay.lock, LOCK_POOL);
	lock_init_condition(&relay.condition);
	for (i = 0; i < 3; i++)
		must(pthread_create(&threads[i], NULL, run_relay,
		    &numbers[i]));
	for (i = 0; i < 3; i++)
		must(pthread_join(threads[i], NULL));
	ck_assert_int_eq(relay.turn, 3000);
	must(pthread_cond_destroy(&relay.condition));
	lock_destroy(&relay.lock);
}
END_TEST

/* RFC 3720, B.4, and every length and place against the plain way. */
START_TEST(save_points_are_redis_s)
{
	static const char *const bad[] = { "1", "1 2 3", "0 1", "1 -1", "x 1",
	    "1 x", "2147483648 1" };
	struct buf text = { 0 }, why = { 0 };
	size_t i;

	ck_assert(points_set(bytes_of("900 1 300 10"), false, NULL));
	ck_assert(points_set(bytes_of("60 10000"), true, NULL));
	points_format(&text);
	ck_assert(bytes_equal(buf_bytes(&text),
	    bytes_of("900 1 300 10 60 10000")));
	for (i = 0; i < COUNT(bad); i++)
		ck_assert(!points_set(bytes_of(bad[i]), false, &why));
	ck_assert(points_reached(1, 901));
	ck_assert(!points_reached(0, 901));
	ck_assert(!points_reached(9, 900));
	ck_assert(points_reached(10, 301));
	ck_assert(points_reached(10000, 61));
	ck_assert(!points_reached(10000, 60));
	ck_assert(points_set(bytes_of(""), true, NULL));
	ck_assert(!points_any());
	ck_assert(!points_reached(UINT64_MAX, INT64_MAX));
	buf_free(&text);
	buf_free(&why);
}
END_TEST

START_TEST(crc32c_is_castagnolis)
{
	char bytes[100];
	size_t i, n;

	ck_assert_uint_eq(crc32c(0, bytes_of("123456789")), 0xe3069283);
	ck_assert_uint_eq(crc32c_plain(0, bytes_of("123456789")), 0xe3069283);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37);
	for (i = 0; i < 9; i++) {
		for (n = 0; n + i <= sizeof(bytes); n++)
			SURE(crc32c(77, bytes_make(bytes + i, n)) ==
			    crc32c_plain(77, bytes_make(bytes + i, n)));
	}
	ck_assert_uint_eq(crc32c(crc32c(0, bytes_of("12345")),
	    bytes_of("6789")), 0xe3069283);
}
END_TEST

enum { CROWD = 6, CROWD_TURNS = 20000 };

/* Two numbers that are the same whenever nobody writes. */
static struct {
	struct rwlock	lock;
	long		first, second;
} crowd;

static void *
run_crowd(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	int i;

	for (i = 0; i < CROWD_TURNS; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % 3 == 0) {
			rwlock_take_write(&crowd.lock);
			crowd.first++;
			if (i % 100 == 0)
				sched_yield();
			crowd.second++;
		} else {
			rwlock_take_read(&crowd.lock);
			ck_assert_int_eq(crowd.first, crowd.second);
			if (i % 100 == 0)
				sched_yield();
		}
		rwlock_release(&crowd.lock);
	}
	return (NULL);
}

static void *
try_read(void *arg)
{
	bool *got = arg;

	*got = rwlock_try_read(&crowd.lock);
	if (*got)
		rwlock_release(&crowd.lock);
	return (NULL);
}

static bool
another_can_read(void)
{
	pthread_t thread;
	bool got;

	must(pthread_create(&thread, NULL, try_read, &got));
	must(pthread_join(thread, NULL));
	return (got);
}

START_TEST(rwlocks_let_readers_share)
{
	rwlock_init(&crowd.lock, LOCK_SHARD, 0);
	rwlock_take_read(&crowd.lock);
	ck_assert(another_can_read());
	rwlock_release(&crowd.lock);
	rwlock_take_write(&crowd.lock);
	ck_assert(!another_can_read());
	rwlock_release(&crowd.lock);
	ck_assert(another_can_read());
	rwlock_destroy(&crowd.lock);
}
END_TEST

/* Nobody is forgotten asleep, and nobody is there beside a writer. */
START_TEST(rwlocks_keep_writers_apart)
{
	unsigned seeds[CROWD], i;
	pthread_t threads[CROWD];

	rwlock_init(&crowd.lock, LOCK_SHARD, 0);
	for (i = 0; i < CROWD; i++) {
		seeds[i] = i;
		must(pthread_create(&threads[i], NULL, run_crowd, &seeds[i]));
	}
	for (i = 0; i < CROWD; i++)
		must(pthread_join(threads[i], NULL));
	ck_assert_int_eq(crowd.first, crowd.second);
	ck_assert_int_gt(crowd.first, CROWD * CROWD_TURNS / 4);
	rwlock_destroy(&crowd.lock);
}
END_TEST

START_TEST(locks_in_order_are_fine)
{
	struct lock settings, pool, stats;
	struct rwlock shards[3];
	uint32_t i;

	lock_init(&settings, LOCK_SETTINGS);
	lock_init(&pool, LOCK_POOL);
	lock_init(&stats, LOCK_STATS);
	lock_assert_none();
	for (i = 0; i < 3; i++) {
		rwlock_init(&shards[i], LOCK_SHARD, i);
		rwlock_take_write(&shards[i]);
	}
	lock_take(&settings);
	lock_take(&pool);
	lock_take(&stats);
	lock_release(&stats);
	lock_release(&pool);
	lock_release(&settings);
	for (i = 3; i > 0; i--)
		rwlock_release(&shards[i - 1]);
	lock_assert_none();
	/* And the lower one again, now that the higher are free. */
	rwlock_take_read(&shards[0]);
	rwlock_release(&shards[0]);
}
END_TEST

#ifdef LOCK_CHECKS
enum { WRONG_ORDERS = 6 };

START_TEST(locks_out_of_order_end_the_process)
{
	struct lock sessions, pool;
	struct rwlock shards[2];

	lock_init(&sessions, LOCK_SESSIONS);
	lock_init(&pool, LOCK_POOL);
	rwlock_init(&shards[0], LOCK_SHARD, 0);
	rwlock_init(&shards[1], LOCK_SHARD, 1);
	switch (_i) {
	case 0:
		lock_take(&pool);
		lock_take(&sessions);
		break;
	case 1:
		rwlock_take_read(&shards[1]);
		rwlock_take_read(&shards[0]);
		break;
	case 2:
		rwlock_take_read(&shards[1]);
		rwlock_take_read(&shards[1]);
		break;
	case 3:
		lock_take(&pool);
		rwlock_take_write(&shards[0]);
		break;
	case 4:
		lock_take(&pool);
		lock_assert_none();
		break;
	default:
		lock_release(&pool);
		break;
	}
}
END_TEST
#endif

static TCase *
case_of(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 300);
	suite_add_tcase(s, t);
	return (t);
}

static void
add_numbers(TCase *t)
{
	tcase_add_test(t, bits_agree_with_single_ones);
	tcase_add_loop_test(t, integers_are_read_strictly, 0, COUNT(integers));
	tcase_add_test(t, integers_survive_as_text);
	tcase_add_loop_test(t, doubles_are_read_strictly, 0, COUNT(doubles));
	tcase_add_test(t, nan_is_a_double);
	tcase_add_test(t, long_texts_are_no_doubles);
	tcase_add_test(t, doubles_survive_as_text);
	tcase_add_test(t, doubles_look_as_written);
	tcase_add_loop_test(t, sizes_are_read_with_their_units, 0,
	    COUNT(sizes));
}

static void
add_memory(TCase *t)
{
	tcase_add_test(t, bytes_are_equal);
	tcase_add_test(t, buf_grows_at_its_end);
	tcase_add_test(t, buf_keeps_what_it_had_when_there_is_no_room);
	tcase_add_test(t, arena_gives_bytes_that_stay);
	tcase_add_test(t, mem_is_what_was_asked);
	tcase_add_test_raise_signal(t, log_fatal_ends_the_process, SIGABRT);
#ifndef RESPD_SANITIZE
	tcase_add_test(t, mem_says_when_there_is_none);
	tcase_add_test_raise_signal(t, no_memory_ends_the_process, SIGABRT);
#endif
}

static void
add_text(TCase *t)
{
	tcase_add_loop_test(t, glob_knows_redis_patterns, 0, COUNT(globs));
	tcase_add_test(t, glob_agrees_with_the_definition);
	tcase_add_loop_test(t, glob_ends_on_hostile_patterns, 0, 9);
	tcase_add_test(t, glob_takes_nothing_for_empty);
	tcase_add_loop_test(t, words_are_split_as_redis_does, 0,
	    COUNT(lines));
	tcase_add_test(t, words_of_long_lines_stay_in_place);
	tcase_add_loop_test(t, hash_is_siphash_1_3, 0, COUNT(hashes));
	tcase_add_test(t, hash_keys_are_drawn);
}

static void
add_settings(TCase *t)
{
	tcase_add_loop_test(t, settings_show_what_they_take, 0, SETTINGS);
	tcase_add_loop_test(t, settings_take_what_fits, 0, COUNT(values));
	tcase_add_test(t, settings_know_what_was_meant);
	tcase_add_loop_test(t, settings_file_is_taken_whole_or_not, 0,
	    COUNT(files));
	tcase_add_test(t, settings_come_from_a_pipe_too);
	tcase_add_test(t, settings_say_what_cannot_be_read);
	tcase_add_test(t, settings_reload_changes_what_may);
	tcase_add_test(t, log_lines_cannot_be_forged);
	tcase_add_test(t, log_cuts_long_lines);
	tcase_add_test(t, clock_stands_when_told);
}

static void
add_locks(TCase *t)
{
	tcase_add_test(t, locks_keep_others_out);
	tcase_add_test(t, crc32c_is_castagnolis);
	tcase_add_test(t, save_points_are_redis_s);
	tcase_add_test(t, rwlocks_let_readers_share);
	tcase_add_test(t, rwlocks_keep_writers_apart);
	tcase_add_test(t, locks_in_order_are_fine);
#ifdef LOCK_CHECKS
	tcase_add_loop_test_raise_signal(t, locks_out_of_order_end_the_process,
	    SIGABRT, 0, WRONG_ORDERS);
#endif
}

int
main(void)
{
	Suite *s = suite_create("base");

	add_numbers(case_of(s, "number"));
	add_memory(case_of(s, "memory"));
	add_text(case_of(s, "text"));
	add_settings(case_of(s, "settings"));
	add_locks(case_of(s, "locks"));
	hash_seed();
	return (suite_run(s));
}
