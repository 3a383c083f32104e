/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as text, patterns, and the words of a line.
 */
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/glob.h"
#include "base/number.h"
#include "base/words.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

enum { PAIRS = ROUNDS(2000000) };

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
	{ BYTES("-999999999999999999"), true, -1e18 },
	{ BYTES("999999999999999999"), true, 1e18 },
	{ BYTES("9999999999999999999"), true, 1e19 },
	{ BYTES("000000012345"), true, 12345 },
	{ BYTES("-000"), true, -0.0 }, { BYTES("12:"), false, 0 },
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

	ck_assert_msg(number_parse_decimal(doubles[_i].text, &real) ==
	    doubles[_i].ok, "'%.*s'", (int)doubles[_i].text.length,
	    doubles[_i].text.data);
	if (doubles[_i].ok)
		ck_assert(memcmp(&real, &doubles[_i].real, sizeof(real)) == 0);
}
END_TEST

START_TEST(hexadecimals_are_doubles_only)
{
	double real = 0;

	ck_assert(number_parse_double(bytes_of("0x10"), &real));
	ck_assert(real == 16);
	ck_assert(number_parse_double(bytes_of("-0X1p3"), &real));
	ck_assert(real == -8);
	ck_assert(!number_parse_double(bytes_of(" 0x10"), &real));
	ck_assert(!number_parse_double(bytes_of("nan(1)"), &real));
	ck_assert(!number_parse_decimal(bytes_of("0x10"), &real));
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

int
main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, integers_are_read_strictly, 0, COUNT(integers));
	tcase_add_test(t, integers_survive_as_text);
	tcase_add_loop_test(t, doubles_are_read_strictly, 0, COUNT(doubles));
	tcase_add_test(t, hexadecimals_are_doubles_only);
	tcase_add_test(t, nan_is_a_double);
	tcase_add_test(t, long_texts_are_no_doubles);
	tcase_add_test(t, doubles_survive_as_text);
	tcase_add_test(t, doubles_look_as_written);
	tcase_add_loop_test(t, sizes_are_read_with_their_units, 0,
	    COUNT(sizes));
	tcase_add_loop_test(t, glob_knows_redis_patterns, 0, COUNT(globs));
	tcase_add_test(t, glob_agrees_with_the_definition);
	tcase_add_loop_test(t, glob_ends_on_hostile_patterns, 0, 9);
	tcase_add_test(t, glob_takes_nothing_for_empty);
	tcase_add_loop_test(t, words_are_split_as_redis_does, 0,
	    COUNT(lines));
	tcase_add_test(t, words_of_long_lines_stay_in_place);
	suite_add_tcase(s, t);
	return (suite_run(s));
}
