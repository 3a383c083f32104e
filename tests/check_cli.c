/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command-line client's JSON, read and written, and its printing.
 */
#include <check.h>
#include <string.h>

#include "base/buf.h"
#include "cli/json.h"
#include "cli/print.h"
#include "client/respc.h"
#include "said.h"
#include "suite.h"

/* JSON */

START_TEST(test_json)
{
	static const struct {
		const char	*in;
		const char	*out;		/* NULL: as it came */
	} rows[] = {
		{ "null", NULL }, { "true", NULL }, { "false", NULL },
		{ "0", NULL }, { "-1", NULL },
		{ "9223372036854775807", NULL },
		{ "-9223372036854775808", NULL },
		{ "9223372036854775808", NULL },
		{ "-123456789012345678901234567890", NULL },
		{ "-0", "-0.0" }, { "1.0", NULL }, { "0.1", NULL },
		{ "1e5", "100000.0" }, { "1E-2", "0.01" },
		{ "1.5e+300", "1.5e+300" },
		{ "[]", NULL }, { "{}", NULL }, { "\"\"", NULL },
		{ " [ 1 ,\t2 , [ ] ]\r\n", "[1,2,[]]" },
		{ "{\"a\" : {\"b\":[null]} , \"\":0}",
		    "{\"a\":{\"b\":[null]},\"\":0}" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		    "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
		{ "\"\\u0000\\u001F\\u007f\"", "\"\\u0000\\u001f\\u007f\"" },
		{ "\"\\u00e9\\u20AC\\ud83d\\uDE00\"",
		    "\"\303\251\342\202\254\360\237\230\200\"" },
		{ "\"\303\251\"", NULL },
		/* No UTF-8: stray, overlong, surrogate, too large, cut off. */
		{ "\"\200\"", "\"\\u0080\"" },
		{ "\"\300\257\"", "\"\\u00c0\\u00af\"" },
		{ "\"\355\240\200\"", "\"\\u00ed\\u00a0\\u0080\"" },
		{ "\"\364\220\200\200\"",
		    "\"\\u00f4\\u0090\\u0080\\u0080\"" },
		{ "\"\342\202\"", "\"\\u00e2\\u0082\"" },
		{ "\"\377\"", "\"\\u00ff\"" },
		/* A control character that terminals obey. */
		{ "\"\302\233m\"", "\"\\u009bm\"" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		assert_json(from_json(rows[i].in),
		    rows[i].out != NULL ? rows[i].out : rows[i].in);
	}
}
END_TEST

START_TEST(test_json_wrong)
{
	static const struct {
		const char	*in;
		size_t		 at;
		const char	*error;
	} rows[] = {
		{ "", 0, "expected a value" },
		{ "nul", 0, "expected a value" },
		{ "True", 0, "expected a value" },
		{ "+1", 0, "expected a value" },
		{ ".5", 0, "expected a value" },
		{ "NaN", 0, "expected a value" },
		{ "-", 1, "expected a digit" },
		{ "1.", 2, "expected a digit" },
		{ "1.e5", 2, "expected a digit" },
		{ "1e", 2, "expected a digit" },
		{ "1e+", 3, "expected a digit" },
		{ "1e999", 5, "number out of range" },
		{ "01", 1, "expected nothing more" },
		{ "1 2", 2, "expected nothing more" },
		{ "nullx", 4, "expected nothing more" },
		{ "[1", 2, "expected ',' or ']'" },
		{ "[1 2]", 3, "expected ',' or ']'" },
		{ "[1,]", 3, "expected a value" },
		{ "[,1]", 1, "expected a value" },
		{ "{", 1, "expected a string" },
		{ "{1:2}", 1, "expected a string" },
		{ "{\"a\"}", 4, "expected ':'" },
		{ "{\"a\":}", 5, "expected a value" },
		{ "{\"a\":1,}", 7, "expected a string" },
		{ "{\"a\":1]", 6, "expected ',' or '}'" },
		{ "\"abc", 4, "string without an end" },
		{ "\"a\nb\"", 2, "control character in a string" },
		{ "\"\\x\"", 2, "no such escape" },
		{ "\"\\u12g4\"", 5, "expected four hexadecimal digits" },
		{ "\"\\ud800\"", 7, "expected a low surrogate" },
		{ "\"\\ud800\\u0041\"", 13, "expected a low surrogate" },
		{ "\"\\udc00\"", 7, "surrogate without a high one before" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		const char *error = NULL;
		size_t used;

		ck_assert_ptr_null(json_parse(bytes_of(rows[i].in), &used,
		    &error));
		ck_assert_str_eq(error, rows[i].error);
		ck_assert_uint_eq(used, rows[i].at);
	}
}
END_TEST

START_TEST(test_json_deep)
{
	char text[2 * JSON_MAX_DEPTH + 2];
	const char *error;
	size_t used, n = JSON_MAX_DEPTH;

	memset(text, '[', n + 1);
	memset(text + n, ']', n);
	text[2 * n] = '\0';
	assert_json(from_json(text), text);
	text[n] = '[';
	ck_assert_ptr_null(json_parse(bytes_of(text), &used, &error));
	ck_assert_str_eq(error, "nesting too deep");
	ck_assert_uint_eq(used, n);
}
END_TEST

/* The first value of many, as in a line. */
START_TEST(test_json_read)
{
	const char *error;
	size_t used;

	assert_json(json_read(bytes_of("  [1, 2] [3]"), &used, &error),
	    "[1,2]");
	ck_assert_uint_eq(used, 9);
}
END_TEST

/* Printing */

START_TEST(test_print)
{
	static const struct {
		const char	*json;
		const char	*text;
	} rows[] = {
		{ "null", "(nil)\n" },
		{ "true", "true\n" },
		{ "-7", "(integer) -7\n" },
		{ "0.5", "(double) 0.5\n" },
		{ "98765432109876543210",
		    "(big number) 98765432109876543210\n" },
		{ "\"a \\\"\\\\\\n\\u001b\303\251\"",
		    "\"a \\\"\\\\\\n\\x1b\\xc3\\xa9\"\n" },
		{ "[]", "(empty array)\n" },
		{ "{}", "(empty dictionary)\n" },
		{ "[1,\"b\"]", "1) (integer) 1\n2) \"b\"\n" },
		{ "[[1,[2,[]]],3]",
		    "1) 1) (integer) 1\n"
		    "   2) 1) (integer) 2\n"
		    "      2) (empty array)\n"
		    "2) (integer) 3\n" },
		{ "{\"k\":\"v\",\"d\":{\"l\":[1,2],\"e\":{}}}",
		    "1) \"k\" => \"v\"\n"
		    "2) \"d\" =>\n"
		    "   1) \"l\" =>\n"
		    "      1) (integer) 1\n"
		    "      2) (integer) 2\n"
		    "   2) \"e\" => (empty dictionary)\n" },
		{ "[0,0,0,0,0,0,0,0,0,[1,2]]",
		    " 1) (integer) 0\n 2) (integer) 0\n 3) (integer) 0\n"
		    " 4) (integer) 0\n 5) (integer) 0\n 6) (integer) 0\n"
		    " 7) (integer) 0\n 8) (integer) 0\n 9) (integer) 0\n"
		    "10) 1) (integer) 1\n    2) (integer) 2\n" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct respc_value *v = from_json(rows[i].json);
		struct buf text = { 0 };

		print_value(&text, v);
		assert_bytes(buf_bytes(&text), bytes_of(rows[i].text));
		buf_free(&text);
		respc_free(v);
	}
}
END_TEST

START_TEST(test_print_others)
{
	struct respc_value *error = respc_new_error("ERR \033[2J"),
	    *set = respc_new_set(), *string = respc_new_string("a\n\033");
	struct buf text = { 0 };

	print_raw(&text, error);
	print_raw(&text, set);
	ck_assert_int_eq(respc_push(set, respc_new_string("m")), 0);
	print_raw(&text, set);
	print_raw(&text, string);
	assert_bytes(buf_bytes(&text), bytes_of("(error) ERR \\x1b[2J\n"
	    "(empty set)\n1) \"m\"\na\n\033\n"));
	buf_free(&text);
	respc_free(error);
	respc_free(set);
	respc_free(string);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli");
	TCase *tests = tcase_create("cli");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, test_json);
	tcase_add_test(tests, test_json_wrong);
	tcase_add_test(tests, test_json_deep);
	tcase_add_test(tests, test_json_read);
	tcase_add_test(tests, test_print);
	tcase_add_test(tests, test_print_others);
	return (suite_run(suite));
}
