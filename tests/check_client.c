/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client library against a server that says whatever a test wants, and the
 * values that programs make with it.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "client/respc.h"
#include "said.h"
#include "suite.h"

/* Bytes of a literal, with the NULs inside it. */
#define BYTES(literal)	((struct bytes){ literal, sizeof(literal) - 1 })

/* The server: one connection, one speech */

static struct server {
	pthread_t	 thread;
	int		 listener;
	uint16_t	 port;
	struct bytes	 says;
	bool		 silent;	/* keeps the connection after it */
	struct buf	 heard;		/* to be looked at after leave() */
} server;

static void *
serve(void *arg)
{
	int fd = accept(server.listener, NULL, NULL);
	char bytes[4096];
	ssize_t n;

	ck_assert_int_ne(fd, -1);
	send(fd, server.says.data, server.says.length, MSG_NOSIGNAL);
	if (!server.silent)
		shutdown(fd, SHUT_WR);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(&server.heard, bytes, (size_t)n);
	close(fd);
	return (arg);
}

static void
listen_somewhere(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(in);

	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(server.listener, (void *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(server.listener, 1), 0);
	ck_assert_int_eq(getsockname(server.listener, (void *)&in, &length), 0);
	server.port = ntohs(in.sin_port);
}

static struct respc *
meet(struct bytes says, int timeout_ms)
{
	struct respc *c;

	server.says = says;
	server.silent = timeout_ms != 0;
	buf_cut(&server.heard, 0);
	listen_somewhere();
	ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
	c = respc_connect("127.0.0.1", server.port, timeout_ms);
	ck_assert_ptr_nonnull(c);
	return (c);
}

static void
leave(struct respc *c)
{
	respc_close(&c);
	ck_assert_ptr_null(c);
	respc_close(&c);
	ck_assert_int_eq(pthread_join(server.thread, NULL), 0);
	close(server.listener);
}

static struct respc_value *
ping(struct respc *c)
{
	const char *const argv[] = { "PING" };

	return (respc_command(c, 1, argv, NULL));
}

/* Replies */

START_TEST(test_replies)
{
	static const struct {
		struct bytes	 says;
		const char	*json;
	} rows[] = {
		{ BYTES("+OK\r\n"), "\"OK\"" },
		{ BYTES(":-9223372036854775808\r\n"), "-9223372036854775808" },
		{ BYTES("$3\r\na\0b\r\n"), "\"a\\u0000b\"" },
		{ BYTES("$0\r\n\r\n"), "\"\"" },
		{ BYTES("$-1\r\n"), "null" },
		{ BYTES("*-1\r\n"), "null" },
		{ BYTES("_\r\n"), "null" },
		{ BYTES("#t\r\n"), "true" },
		{ BYTES(",3\r\n"), "3.0" },
		{ BYTES(",inf\r\n"), "\"inf\"" },
		{ BYTES("(-00123456789012345678901234567890\r\n"),
		    "-123456789012345678901234567890" },
		{ BYTES("=8\r\ntxt:a\"b\"\r\n"), "\"a\\\"b\\\"\"" },
		{ BYTES("-ERR no\r\n"), "{\"error\":\"ERR no\"}" },
		{ BYTES("!5\r\nE\r\nno\r\n"), "{\"error\":\"E\\r\\nno\"}" },
		{ BYTES("*3\r\n:1\r\n*0\r\n$1\r\nx\r\n"), "[1,[],\"x\"]" },
		{ BYTES("%2\r\n:1\r\n+a\r\n+1\r\n%0\r\n"),
		    "{\"1\":\"a\",\"1\":{}}" },
		{ BYTES("%2\r\n+k\r\n:1\r\n+k\r\n:2\r\n"), "{\"k\":2}" },
		{ BYTES("~2\r\n+a\r\n+a\r\n"), "[\"a\"]" },
		/* What comes by itself is not the reply. */
		{ BYTES(">2\r\n+message\r\n+x\r\n>0\r\n:1\r\n"), "1" },
		{ BYTES("|1\r\n+ttl\r\n:1\r\n:2\r\n"), "2" },
		{ BYTES("*1\r\n|1\r\n+ttl\r\n:1\r\n:2\r\n"), "[2]" },
		/* What cannot be held. */
		{ BYTES(":9223372036854775808\r\n"),
		    "{\"error\":\"ERR Protocol error: "
		    "integer out of range\"}" },
		{ BYTES("%1\r\n*1\r\n:1\r\n:2\r\n"),
		    "{\"error\":\"ERR unhashable key type: array\"}" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct respc *c = meet(rows[i].says, 0);

		assert_json(ping(c), rows[i].json);
		ck_assert_ptr_null(ping(c));
		ck_assert_int_eq(errno, ECONNRESET);
		leave(c);
	}
}
END_TEST

START_TEST(test_broken)
{
	static const char gone[] = "the server closed the connection";
	static const struct {
		struct bytes	 says;
		const char	*error;		/* of the protocol, but gone */
	} rows[] = {
		{ BYTES(""), gone },
		{ BYTES("$"), gone },
		{ BYTES("$5\r\nabc"), gone },
		{ BYTES("$5\r\nabcde\r"), gone },
		{ BYTES("$536870912\r\nabc"), gone },
		{ BYTES("*1\r\n"), gone },
		{ BYTES("*2147483647\r\n:1\r\n"), gone },
		{ BYTES("%2147483647\r\n:1\r\n"), gone },
		{ BYTES("%1\r\n+k\r\n"), gone },
		{ BYTES("~1\r\n"), gone },
		{ BYTES(">2\r\n:1\r\n"), gone },
		{ BYTES("|1\r\n+k\r\n+v\r\n"), gone },
		{ BYTES("*1\r\n*1\r\n$4\r\nab"), gone },
		{ BYTES("$536870913\r\n"), "invalid bulk length" },
		{ BYTES("$99999999999999999999\r\n"),
		    "invalid bulk length" },
		{ BYTES("$-2\r\n"), "invalid bulk length" },
		{ BYTES("$01\r\n"), "invalid bulk length" },
		{ BYTES("$3\r\nabcd\r\n"), "expected CRLF after bulk" },
		{ BYTES("*2147483648\r\n"), "invalid multibulk length" },
		{ BYTES("%-1\r\n"), "invalid multibulk length" },
		{ BYTES(":\r\n"), "invalid integer" },
		{ BYTES(":1x\r\n"), "invalid integer" },
		{ BYTES(",0x1\r\n"), "invalid double" },
		{ BYTES("#y\r\n"), "invalid boolean" },
		{ BYTES("_x\r\n"), "invalid null" },
		{ BYTES("(\r\n"), "invalid big number" },
		{ BYTES("=2\r\nab\r\n"), "invalid verbatim string" },
		{ BYTES("=-1\r\n"), "invalid verbatim string" },
		{ BYTES("HTTP/1.1 400 Bad Request\r\n"), "unknown type" },
		{ BYTES("\r\n"), "unknown type" },
		{ BYTES("*1\r\n>1\r\n:1\r\n"), "unknown type" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		const char *error = rows[i].error;
		struct respc *c = meet(rows[i].says, 0);
		char text[100];

		ck_assert_ptr_null(ping(c));
		ck_assert_int_eq(errno, error == gone ? ECONNRESET : EPROTO);
		snprintf(text, sizeof(text), "%s%s", error == gone ? "" :
		    "the server broke the protocol: ", error);
		ck_assert_str_eq(respc_error(c), text);
		/* It stays so. */
		ck_assert_ptr_null(ping(c));
		ck_assert_int_eq(errno, ENOTCONN);
		ck_assert_ptr_null(respc_read(c));
		ck_assert_int_eq(respc_send(c), -1);
		ck_assert_int_eq(respc_flush(c), -1);
		ck_assert_str_eq(respc_error(c), text);
		leave(c);
	}
}
END_TEST

/* n levels, and a 1 inside. */
static struct bytes
nest(struct buf *b, const char *level, size_t n)
{
	while (n-- != 0)
		buf_add_string(b, level);
	buf_add_string(b, ":1\r\n");
	return (buf_bytes(b));
}

START_TEST(test_deep)
{
	static const struct {
		const char	*level;
		size_t		 most;
	} rows[] = {
		{ "*1\r\n", 128 },
		{ "%1\r\n+k\r\n", 128 },
		{ "|1\r\n+k\r\n+v\r\n", 128 },
		{ "*1\r\n|1\r\n+k\r\n+v\r\n", 64 },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct buf says = { 0 };
		struct respc_value *v;
		struct respc *c;

		c = meet(nest(&says, rows[i].level, rows[i].most), 0);
		v = ping(c);
		ck_assert_ptr_nonnull(v);
		respc_free(v);
		leave(c);
		buf_cut(&says, 0);
		c = meet(nest(&says, rows[i].level, 100000), 0);
		ck_assert_ptr_null(ping(c));
		ck_assert_int_eq(errno, EPROTO);
		leave(c);
		buf_free(&says);
	}
}
END_TEST

START_TEST(test_long)
{
	enum { LENGTH = 3 << 20 };
	struct buf says = { 0 };
	struct respc_value *v;
	struct respc *c;
	const char *text;
	size_t i, length;

	buf_add_format(&says, "$%d\r\n", LENGTH);
	for (i = 0; i < LENGTH; i++)
		buf_add_char(&says, (char)('a' + i % 26));
	buf_add_string(&says, "\r\n");
	c = meet(buf_bytes(&says), 0);
	v = ping(c);
	text = respc_string(v, &length);
	ck_assert_uint_eq(length, LENGTH);
	ck_assert_uint_eq(strlen(text), LENGTH);
	ck_assert_mem_eq(text, strchr(says.data, '\n') + 1, LENGTH);
	respc_free(v);
	leave(c);
	/* A line has an end. */
	says.data[0] = '+';
	memset(says.data + 1, 'x', says.length - 1);
	c = meet(buf_bytes(&says), 0);
	ck_assert_ptr_null(ping(c));
	ck_assert_int_eq(errno, EPROTO);
	leave(c);
	buf_free(&says);
}
END_TEST

/* Mostly RESP, so that the garbage gets somewhere. */
static void
add_garbage(struct buf *out, uint64_t *state)
{
	static const char *const pieces[] = { "*3\r\n", "%2\r\n", "~2\r\n",
	    ">1\r\n", "|1\r\n", "$2\r\nab\r\n", ":12\r\n", "+x\r\n", "-E\r\n",
	    "_\r\n", "#t\r\n", ",1.5\r\n", "(77\r\n", "$-1\r\n",
	    "=5\r\ntxt:a\r\n",
	    "!1\r\nE\r\n", "*0\r\n" };
	size_t i, n = 1 + draw(state, 60);

	buf_cut(out, 0);
	for (i = 0; i < n; i++)
		buf_add_string(out, pieces[draw(state, COUNT(pieces))]);
	for (i = draw(state, 3); i > 0; i--)
		out->data[draw(state, out->length)] = (char)draw(state, 256);
	buf_cut(out, 1 + draw(state, out->length));
}

START_TEST(test_garbage)
{
	struct buf says = { 0 };
	struct respc_value *v;
	uint64_t state = 31337;
	struct respc *c;
	int i;

	for (i = 0; i < 1000; i++) {
		add_garbage(&says, &state);
		c = meet(buf_bytes(&says), 0);
		while ((v = respc_read(c)) != NULL)
			respc_free(v);
		leave(c);
	}
	buf_free(&says);
}
END_TEST

/* Requests */

START_TEST(test_typed_request)
{
	struct respc_value *set = respc_new_set(), *v[4];
	struct respc *c = meet(BYTES(":1\r\n"), 0);

	ck_assert_int_eq(respc_push(set, respc_new_integer(1)), 0);
	v[0] = respc_new_string("SET");
	v[1] = respc_new_bytes("\0\r\n", 3);
	v[2] = from_json("[null,-5,2.5,true,{\"a\":\"b\"},"
	    "12345678901234567890]");
	v[3] = respc_new_error("no\r\n+way");
	ck_assert_int_eq(respc_push(v[2], set), 0);
	ck_assert_int_eq(respc_push(v[2], v[3]), 0);
	assert_json(respc_commandv(c, 3, v), "1");
	leave(c);
	assert_bytes(buf_bytes(&server.heard), BYTES("*3\r\n$3\r\nSET\r\n"
	    "$3\r\n\0\r\n\r\n*8\r\n$-1\r\n:-5\r\n,2.5\r\n#t\r\n%1\r\n"
	    "$1\r\na\r\n$1\r\nb\r\n(12345678901234567890\r\n~1\r\n:1\r\n"
	    "-no  +way\r\n"));
	respc_free(v[0]);
	respc_free(v[1]);
	respc_free(v[2]);
}
END_TEST

START_TEST(test_article_calls)
{
	const char *const keys[] = { "k1", "k2" };
	struct respc_pair pairs[] = { { "k1", respc_new_string("v") },
	    { "k2", respc_new_integer(2) } };
	struct respc *c = meet(BYTES(":1\r\n:2\r\n$1\r\nv\r\n*1\r\n:2\r\n"
	    ":1\r\n:9\r\n-no\r\n+OK\r\n"), 0);

	ck_assert_int_eq(respc_set(c, "k", pairs[1].value), 1);
	ck_assert_int_eq(respc_mset(c, 2, pairs), 2);
	assert_json(respc_get(c, "k"), "\"v\"");
	assert_json(respc_mget(c, 2, keys), "[2]");
	ck_assert_int_eq(respc_delete(c, "k"), 1);
	ck_assert_int_eq(respc_flush(c), 9);
	ck_assert_int_eq(respc_delete(c, "k"), -1);
	ck_assert_str_eq(respc_error(c), "no");
	ck_assert_int_eq(respc_delete(c, "k"), -1);
	ck_assert_str_eq(respc_error(c), "the reply is no number");
	leave(c);
	assert_bytes(buf_bytes(&server.heard), bytes_of(
	    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n:2\r\n"
	    "*5\r\n$4\r\nMSET\r\n$2\r\nk1\r\n$1\r\nv\r\n$2\r\nk2\r\n:2\r\n"
	    "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
	    "*3\r\n$4\r\nMGET\r\n$2\r\nk1\r\n$2\r\nk2\r\n"
	    "*2\r\n$6\r\nDELETE\r\n$1\r\nk\r\n"
	    "*1\r\n$5\r\nFLUSH\r\n"
	    "*2\r\n$6\r\nDELETE\r\n$1\r\nk\r\n"
	    "*2\r\n$6\r\nDELETE\r\n$1\r\nk\r\n"));
	respc_free(pairs[0].value);
	respc_free(pairs[1].value);
}
END_TEST

START_TEST(test_pipeline)
{
	const char *const argv[] = { "ECHO", "a\0b" };
	const size_t length[] = { 4, 3 };
	struct respc_value *none[] = { NULL };
	struct respc *c = meet(BYTES("+1\r\n>1\r\n+p\r\n+2\r\n+3\r\n"
	    ">0\r\n"), 0);

	ck_assert_int_eq(respc_append(c, 2, argv, length), 0);
	ck_assert_int_eq(respc_append(c, 1, argv, NULL), 0);
	/* A refused request leaves no trace. */
	ck_assert_int_eq(respc_appendv(c, 1, none), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(respc_append(c, 0, argv, NULL), -1);
	ck_assert_ptr_null(ping(c));
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(respc_send(c), 0);
	assert_json(respc_read(c), "\"1\"");
	ck_assert(!respc_pushed(c));
	assert_json(respc_read(c), "[\"p\"]");
	ck_assert(respc_pushed(c));
	ck_assert_ptr_null(ping(c));
	ck_assert_int_eq(errno, EBUSY);
	assert_json(respc_read(c), "\"2\"");
	assert_json(ping(c), "\"3\"");
	assert_json(respc_read(c), "[]");
	ck_assert(respc_pushed(c));
	leave(c);
	assert_bytes(buf_bytes(&server.heard), BYTES("*2\r\n$4\r\nECHO\r\n"
	    "$3\r\na\0b\r\n*1\r\n$4\r\nECHO\r\n*1\r\n$4\r\nPING\r\n"));
}
END_TEST

START_TEST(test_timeout)
{
	struct respc *c = meet(BYTES("*2\r\n:1\r\n"), 300);

	ck_assert_ptr_null(ping(c));
	ck_assert_int_eq(errno, ETIMEDOUT);
	leave(c);
}
END_TEST

/* No SIGPIPE, however often. */
START_TEST(test_gone)
{
	struct respc *c;
	int i;

	listen_somewhere();
	c = respc_connect("127.0.0.1", server.port, 0);
	ck_assert_ptr_nonnull(c);
	close(accept(server.listener, NULL, NULL));
	close(server.listener);
	for (i = 0; i < 3; i++)
		ck_assert_ptr_null(ping(c));
	respc_close(&c);
}
END_TEST

START_TEST(test_connect)
{
	char path[200];

	listen_somewhere();
	close(server.listener);
	ck_assert_ptr_null(respc_connect("127.0.0.1", server.port, 1000));
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_str_eq(respc_error(NULL), strerror(ECONNREFUSED));
	ck_assert_ptr_null(respc_connect("256.256.256.256", 1, 1000));
	ck_assert_ptr_null(respc_connect_unix("/nowhere/at/all", 0));
	ck_assert_int_eq(errno, ENOENT);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_ptr_null(respc_connect_unix(path, 0));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_str_eq(respc_error(NULL), strerror(ENAMETOOLONG));
}
END_TEST

/* Values */

START_TEST(test_looking)
{
	struct respc_value *v = respc_new_dictionary();
	const struct respc_value *item;
	size_t length = 1;

	ck_assert_int_eq(respc_put(v, respc_new_integer(7),
	    respc_new_double(0.5)), 0);
	ck_assert_int_eq(respc_put(v, respc_new_string("s"),
	    respc_new_big_number("-12")), 0);
	ck_assert_uint_eq(respc_length(v), 2);
	ck_assert_int_eq(respc_integer(respc_key(v, 0)), 7);
	ck_assert_double_eq(respc_double(respc_key(v, 0)), 7.0);
	ck_assert_double_eq(respc_double(respc_item(v, 0)), 0.5);
	item = respc_find(v, "s");
	ck_assert_ptr_eq(item, respc_item(v, 1));
	ck_assert_int_eq(respc_type(item), RESPC_BIG_NUMBER);
	ck_assert_str_eq(respc_string(item, NULL), "-12");
	ck_assert_ptr_null(respc_find(v, "7"));
	ck_assert_ptr_null(respc_item(v, 2));
	ck_assert_ptr_null(respc_key(v, 2));
	/* Of another type, of none. */
	ck_assert_ptr_null(respc_key(item, 0));
	ck_assert_ptr_null(respc_item(item, 0));
	ck_assert_ptr_null(respc_find(item, "s"));
	ck_assert_int_eq(respc_integer(item), 0);
	ck_assert_ptr_null(respc_string(v, &length));
	ck_assert_uint_eq(length, 0);
	ck_assert(!respc_boolean(v));
	ck_assert_int_eq(respc_type(NULL), RESPC_NONE);
	ck_assert_uint_eq(respc_length(NULL), 0);
	ck_assert_ptr_null(respc_item(NULL, 0));
	respc_free(v);
	respc_free(NULL);
}
END_TEST

START_TEST(test_making)
{
	struct respc_value *array = respc_new_array(), *set = respc_new_set(),
	    *dict = respc_new_dictionary(), *integer = respc_new_integer(1);

	ck_assert_ptr_null(respc_new_big_number(""));
	ck_assert_ptr_null(respc_new_big_number("-"));
	ck_assert_ptr_null(respc_new_big_number("1e5"));
	ck_assert_ptr_null(respc_new_bytes("", (512U << 20) + 1));
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(respc_push(array, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(respc_push(NULL, respc_new_null()), -1);
	ck_assert_int_eq(respc_push(integer, respc_new_null()), -1);
	ck_assert_int_eq(respc_push(dict, respc_new_null()), -1);
	ck_assert_int_eq(respc_push(set, respc_new_array()), -1);
	ck_assert_int_eq(respc_push(array, array), -1);
	ck_assert_int_eq(respc_put(dict, respc_new_null(), NULL), -1);
	ck_assert_int_eq(respc_put(dict, NULL, respc_new_null()), -1);
	ck_assert_int_eq(respc_put(dict, respc_new_set(), respc_new_null()),
	    -1);
	ck_assert_int_eq(respc_put(dict, respc_new_null(), dict), -1);
	ck_assert_int_eq(respc_put(array, respc_new_null(), respc_new_null()),
	    -1);
	ck_assert_uint_eq(respc_length(array) + respc_length(set) +
	    respc_length(dict), 0);
	ck_assert_int_eq(respc_push(set, respc_new_null()), 0);
	ck_assert_int_eq(respc_push(array, set), 0);
	ck_assert_int_eq(respc_put(dict, integer, array), 0);
	assert_json(dict, "{\"1\":[[null]]}");
}
END_TEST

START_TEST(test_making_deep)
{
	struct respc_value *v = respc_new_array(), *outer;
	int i;

	for (i = 1; i < 128; i++) {
		outer = respc_new_array();
		ck_assert_int_eq(respc_push(outer, v), 0);
		v = outer;
	}
	outer = respc_new_dictionary();
	ck_assert_int_eq(respc_put(outer, respc_new_null(), v), -1);
	ck_assert_int_eq(errno, ELOOP);
	respc_free(outer);
}
END_TEST

/* A point is a point, in German too. */
START_TEST(test_locale)
{
	struct respc_value *v;
	struct respc *c;

	if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL)
		ck_assert_str_eq(localeconv()->decimal_point, ",");
	c = meet(BYTES(",0.5\r\n:1\r\n"), 0);
	v = respc_get(c, "k");
	ck_assert_double_eq(respc_double(v), 0.5);
	ck_assert_int_eq(respc_set(c, "k", v), 1);
	leave(c);
	assert_bytes(buf_bytes(&server.heard), bytes_of("*2\r\n$3\r\nGET\r\n"
	    "$1\r\nk\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n,0.5\r\n"));
	respc_free(v);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client");
	TCase *tests = tcase_create("client");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_replies);
	tcase_add_test(tests, test_broken);
	tcase_add_test(tests, test_deep);
	tcase_add_test(tests, test_long);
	tcase_add_test(tests, test_garbage);
	tcase_add_test(tests, test_typed_request);
	tcase_add_test(tests, test_article_calls);
	tcase_add_test(tests, test_pipeline);
	tcase_add_test(tests, test_timeout);
	tcase_add_test(tests, test_gone);
	tcase_add_test(tests, test_connect);
	tcase_add_test(tests, test_looking);
	tcase_add_test(tests, test_making);
	tcase_add_test(tests, test_making_deep);
	tcase_add_test(tests, test_locale);
	return (suite_run(suite));
}
