/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The settings, and the file that they are read from and written back to.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/points.h"
#include "base/rewrite.h"
#include "base/settings.h"
#include "suite.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

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
		{ "", NULL }, { "aclfile", NULL },
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
	char name[] = "check_settings.XXXXXX", expected[200];
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

static char reload_name[] = "check_settings.XXXXXX";

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
	suite_capture(reload, logged, sizeof(logged));
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

/* What becomes of a file. */

/* A file, and what is to become of it with timeout 7, requirepass and workers 5. */
static const struct {
	const char	*old, *new;
} rewrites[] = {
	{ "", "# Generated by CONFIG REWRITE\nrequirepass \"a \\\"b\\n\"\n"
	    "workers 5\ntimeout 7\n" },
	{ "# mine\n\n \tTIMEOUT 7 \nworkers 5\nrequirepass x\n# end",
	    "# mine\n\n \tTIMEOUT 7 \nworkers 5\nrequirepass \"a \\\"b\\n\"\n"
	    "# end\n" },
	{ "unknown thing\ntimeout 1\n# Generated by CONFIG REWRITE\n"
	    "workers '5'\ntimeout 7\nworkers 5\n",
	    "unknown thing\ntimeout 7\n# Generated by CONFIG REWRITE\n"
	    "workers '5'\nrequirepass \"a \\\"b\\n\"\n" },
	{ "port 31337\ntimeout \"7\nworkers\nrequirepass 'a \"b\n'",
	    "port 31337\ntimeout \"7\nworkers 5\nrequirepass 'a \"b\n'\n"
	    "# Generated by CONFIG REWRITE\nrequirepass \"a \\\"b\\n\"\n"
	    "timeout 7\n" },
	{ "save 1 1\nsave 2 2\nclient-output-buffer-limit normal 1 1 1\n"
	    "client-output-buffer-limit pubsub 1 1 1\n# Generated by CONFIG REWRITE\n",
	    "save 3600 1 300 100 60 10000\nclient-output-buffer-limit normal 0 0 0 "
	    "slave 268435456 67108864 60 pubsub 33554432 8388608 60\n"
	    "# Generated by CONFIG REWRITE\nrequirepass \"a \\\"b\\n\"\nworkers 5\n"
	    "timeout 7\n" },
};

START_TEST(a_rewritten_file_keeps_what_it_can)
{
	struct buf new = { 0 }, again = { 0 };

	settings_init();
	SURE(settings_set(SETTING_TIMEOUT, bytes_of("7"), NULL));
	SURE(settings_set(SETTING_WORKERS, bytes_of("5"), NULL));
	SURE(settings_set(SETTING_REQUIREPASS, bytes_of("a \"b\n"), NULL));
	rewrite_text(bytes_of(rewrites[_i].old), &new);
	buf_add_char(&new, '\0');
	ck_assert_str_eq(new.data, rewrites[_i].new);
	buf_cut(&new, new.length - 1);
	rewrite_text(buf_bytes(&new), &again);
	ck_assert(bytes_equal(buf_bytes(&again), buf_bytes(&new)));
	buf_free(&new);
	buf_free(&again);
	settings_free();
}
END_TEST

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

int
main(void)
{
	Suite *s = suite_create("settings");
	TCase *t = tcase_create("settings");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, a_rewritten_file_keeps_what_it_can, 0,
	    COUNT(rewrites));
	tcase_add_loop_test(t, settings_show_what_they_take, 0, SETTINGS);
	tcase_add_loop_test(t, settings_take_what_fits, 0, COUNT(values));
	tcase_add_test(t, settings_know_what_was_meant);
	tcase_add_loop_test(t, settings_file_is_taken_whole_or_not, 0,
	    COUNT(files));
	tcase_add_test(t, settings_come_from_a_pipe_too);
	tcase_add_test(t, settings_say_what_cannot_be_read);
	tcase_add_test(t, settings_reload_changes_what_may);
	tcase_add_test(t, save_points_are_redis_s);
	suite_add_tcase(s, t);
	return (suite_run(s));
}
