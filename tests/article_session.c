/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session that the article shows, through librespc, on an empty server on
 * the port given; it says where the server thinks otherwise.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/respc.h"

#define check(what)	((what) ? (void)0 : fail(__LINE__, #what))

static struct respc *c;

static void __attribute__((noreturn))
fail(int line, const char *what)
{
	fprintf(stderr, "article_session:%d: not so: %s (%s)\n", line, what,
	    respc_error(c));
	exit(1);
}

static bool
is_string(const struct respc_value *v, const char *wanted)
{
	return (respc_type(v) == RESPC_STRING &&
	    strcmp(respc_string(v, NULL), wanted) == 0);
}

static bool
is_integer(const struct respc_value *v, int64_t wanted)
{
	return (respc_type(v) == RESPC_INTEGER && respc_integer(v) == wanted);
}

static struct respc_value *
new_array(size_t n, struct respc_value *const items[])
{
	struct respc_value *array = respc_new_array();
	size_t i;

	for (i = 0; i < n; i++)
		check(respc_push(array, items[i]) == 0);
	return (array);
}

static void
set_many(void)
{
	struct respc_value *const items[] = { respc_new_string("v2-0"),
	    respc_new_integer(1), respc_new_string("v2-2") };
	struct respc_pair pairs[] = {
		{ "k1", respc_new_string("v1") },
		{ "k2", new_array(3, items) },
		{ "k3", respc_new_string("v3") },
	};
	size_t i;

	check(respc_mset(c, 3, pairs) == 3);
	for (i = 0; i < 3; i++)
		respc_free(pairs[i].value);
}

static void
get_many(void)
{
	const char *const keys[] = { "k3", "k1" };
	struct respc_value *v = respc_get(c, "k2");

	check(respc_type(v) == RESPC_ARRAY && respc_length(v) == 3);
	check(is_string(respc_item(v, 0), "v2-0"));
	check(is_integer(respc_item(v, 1), 1));
	check(is_string(respc_item(v, 2), "v2-2"));
	respc_free(v);
	v = respc_mget(c, 2, keys);
	check(respc_type(v) == RESPC_ARRAY && respc_length(v) == 2);
	check(is_string(respc_item(v, 0), "v3"));
	check(is_string(respc_item(v, 1), "v1"));
	respc_free(v);
}

static void
delete_twice(void)
{
	struct respc_value *v;

	check(respc_delete(c, "k1") == 1);
	v = respc_get(c, "k1");
	check(respc_type(v) == RESPC_NULL);
	respc_free(v);
	check(respc_delete(c, "k1") == 0);
}

/* {vx: {vy: 0, vz: [1, 2, 3]}} */
static void
set_nested(void)
{
	struct respc_value *const items[] = { respc_new_integer(1),
	    respc_new_integer(2), respc_new_integer(3) };
	struct respc_value *inner = respc_new_dictionary(),
	    *outer = respc_new_dictionary();

	check(respc_put(inner, respc_new_string("vy"),
	    respc_new_integer(0)) == 0);
	check(respc_put(inner, respc_new_string("vz"),
	    new_array(3, items)) == 0);
	check(respc_put(outer, respc_new_string("vx"), inner) == 0);
	check(respc_set(c, "kx", outer) == 1);
	respc_free(outer);
}

static void
get_nested(void)
{
	struct respc_value *v = respc_get(c, "kx");
	const struct respc_value *vx = respc_find(v, "vx"),
	    *vz = respc_find(vx, "vz");
	size_t i;

	check(respc_type(v) == RESPC_DICTIONARY && respc_length(v) == 1);
	check(respc_type(vx) == RESPC_DICTIONARY && respc_length(vx) == 2);
	check(is_integer(respc_find(vx, "vy"), 0));
	check(respc_type(vz) == RESPC_ARRAY && respc_length(vz) == 3);
	for (i = 0; i < 3; i++)
		check(is_integer(respc_item(vz, i), (int64_t)i + 1));
	respc_free(v);
}

int
main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: article_session port\n");
		return (2);
	}
	c = respc_connect("127.0.0.1", (uint16_t)atoi(argv[1]), 10000);
	check(c != NULL);
	set_many();
	get_many();
	delete_twice();
	set_nested();
	get_nested();
	/* The page prints 2, but k2, k3 and kx are left. */
	check(respc_flush(c) == 3);
	respc_close(&c);
	return (0);
}
