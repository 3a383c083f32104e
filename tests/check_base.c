/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits, bytes, hashes and sums, logs and clocks.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/sha256.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

/* Bits: whole words and odd ends, against one bit after the other. */
START_TEST(bits_agree_with_single_ones)
{
	static char data[80];
	struct bytes b = bytes_make(data, sizeof(data));
	uint64_t seed = 9, from, to, i, count, set, clear, value;
	unsigned n;
	int round;

	for (round = 0; round < ROUNDS(20000); round++) {
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

/* Bytes. */

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

/* Of "abc", and of so many times "a": around the ends of blocks. */
static const struct {
	size_t		 length;
	const char	*hash;
} digests[] = {
	{ 0, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ 3, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ 55, "9f4390f8d30c2dd92ec9f095b65e2b9a"
	    "e9b0a925a5258e241c9f1e910f734318" },
	{ 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f"
	    "590ce20f1bde7090ef7970686ec6738a" },
	{ 63, "7d3e74a05d7db15bce4ad9ec0658ea98"
	    "e3f06eeecf16b4c6fff2da457ddc2f34" },
	{ 64, "ffe054fe7ae0cb6dc65c3af9b61d5209"
	    "f439851db43d0ba5997337df154668eb" },
	{ 65, "635361c48bb9eab14198e76ea8ab7f1a"
	    "41685d6ad62aa9146d301d4f17eb0ae0" },
	{ 119, "31eba51c313a5c08226adf18d4a359cf"
	    "dfd8d2e816b13f4af952f7ea6584dcfb" },
	{ 120, "2f3d335432c70b580af0e8e1b3674a7c"
	    "020d683aa5f73aaaedfdc55af904c21c" },
	{ 1000, "41edece42d63e8d9bf515a9ba6932e1c"
	    "20cbc9f5a5d134645adb5db1b9737ea3" },
};

START_TEST(sha256_is_that_of_fips_180_4)
{
	char text[1000], hash[SHA256_TEXT];
	size_t length = digests[_i].length;

	memset(text, 'a', sizeof(text));
	if (length == 3)
		memcpy(text, "abc", 3);
	sha256_text(bytes_make(text, length), hash);
	ck_assert_str_eq(hash, digests[_i].hash);
}
END_TEST

/* RFC 3720, B.4, and every length and place against the plain way. */
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
	suite_capture(log_forged, logged, sizeof(logged));
	ck_assert_ptr_null(strstr(logged, "not shown"));
	ck_assert_ptr_nonnull(strstr(logged,
	    " notice peer x?2026-01-01 error forged?[0m?\n"));
	ck_assert_ptr_eq(strchr(logged, '\n'), logged + strlen(logged) - 1);
	setenv("JOURNAL_STREAM", "1:2", 1);
	suite_capture(log_forged, logged, sizeof(logged));
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

	suite_capture(log_long, logged, sizeof(logged));
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

START_TEST(times_are_written_out)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00.000000" },
		{ -1, "1969-12-31 23:59:59.999999" },
		{ 951782400000001, "2000-02-29 00:00:00.000001" },
		{ 253402300799999999, "9999-12-31 23:59:59.999999" },
	};
	char text[CLOCK_TEXT];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		clock_format(text, rows[i].us);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, bits_agree_with_single_ones);
	tcase_add_loop_test(t, sha256_is_that_of_fips_180_4, 0, COUNT(digests));
	tcase_add_test(t, bytes_are_equal);
	tcase_add_test_raise_signal(t, log_fatal_ends_the_process, SIGABRT);
	tcase_add_loop_test(t, hash_is_siphash_1_3, 0, COUNT(hashes));
	tcase_add_test(t, hash_keys_are_drawn);
	tcase_add_test(t, log_lines_cannot_be_forged);
	tcase_add_test(t, log_cuts_long_lines);
	tcase_add_test(t, clock_stands_when_told);
	tcase_add_test(t, times_are_written_out);
	tcase_add_test(t, crc32c_is_castagnolis);
	suite_add_tcase(s, t);
	hash_seed();
	return (suite_run(s));
}
