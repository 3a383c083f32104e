/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/exchange.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/tell.h"
#include "import/mark.h"

enum { TOLD = 20 };	/* of the errors of single keys */

/* Single requests */

static bool
fail(struct send *s, const char *what, const char *error)
{
	tell("%s%s%s", what, *what != '\0' ? ": " : "", error);
	s->failed = true;
	return (false);
}

/* The reply, to be freed, unless it is an error or none: that was told. */
static struct respc_value *
ask(struct send *s, const char *what, size_t argc, const char *const argv[])
{
	struct respc_value *v = respc_command(s->respc, argc, argv, NULL);

	if (v == NULL)
		fail(s, "the server", respc_error(s->respc));
	else if (respc_type(v) == RESPC_ERROR) {
		fail(s, what, respc_string(v, NULL));
		respc_free(v);
		v = NULL;
	}
	return (v);
}

static bool
did(struct respc_value *v)
{
	bool good = v != NULL;

	respc_free(v);
	return (good);
}

bool
exchange_login(struct send *s, const char *user, const char *password)
{
	const char *const argv[] = { "AUTH", user != NULL ? user : password,
	    password };

	return (did(ask(s, "the password", user != NULL ? 3 : 2, argv)));
}

bool
exchange_select(struct send *s, int64_t database)
{
	char digits[NUMBER_SIZE], what[NUMBER_SIZE + 16];
	const char *const argv[] = { "SELECT", digits };

	number_format(digits, database);
	snprintf(what, sizeof(what), "database %s", digits);
	return (did(ask(s, what, 2, argv)));
}

bool
exchange_size(struct send *s, int64_t database, int64_t *keys)
{
	const char *const argv[] = { "DBSIZE" };
	struct respc_value *v;

	if (!exchange_select(s, database) ||
	    (v = ask(s, "DBSIZE", 1, argv)) == NULL)
		return (false);
	*keys = respc_integer(v);
	respc_free(v);
	return (true);
}

/* Many requests */

/* The arguments of a request, for respc_append(). */
struct arguments {
	const char	**data;
	size_t		 *length;
	size_t		  count, size;
};

static void
add(struct arguments *a, struct bytes b)
{
	if (a->count == a->size) {
		a->size = a->size != 0 ? 2 * a->size : 64;
		a->data = mem_resize(a->data, a->size * sizeof(*a->data));
		a->length = mem_resize(a->length,
		    a->size * sizeof(*a->length));
	}
	a->data[a->count] = b.data;
	a->length[a->count++] = b.length;
}

static void
free_arguments(struct arguments *a)
{
	mem_free(a->data);
	mem_free(a->length);
}

static bool
append(struct send *s, struct arguments *a)
{
	int status = respc_append(s->respc, a->count, a->data, a->length);

	a->count = 0;
	return (status == 0 || fail(s, "the server", respc_error(s->respc)));
}

static struct respc_value *
read_reply(struct send *s)
{
	struct respc_value *v;

	while ((v = respc_read(s->respc)) != NULL && respc_pushed(s->respc))
		respc_free(v);
	if (v == NULL)
		fail(s, "the server", respc_error(s->respc));
	return (v);
}

/* Ask for each key of a window alone. */
static bool
find_each(struct send *s, struct window *w, struct arguments *a)
{
	struct respc_value *v;
	size_t i;

	for (i = 0; i < w->key_count; i++) {
		if (!w->keys[i].begins)
			continue;
		add(a, bytes_of("EXISTS"));
		add(a, window_name(w, &w->keys[i]));
		if (!append(s, a))
			return (false);
	}
	for (i = 0; i < w->key_count; i++) {
		if (!w->keys[i].begins)
			continue;
		if ((v = read_reply(s)) == NULL)
			return (false);
		if (respc_type(v) != RESPC_INTEGER) {
			fail(s, "EXISTS", respc_type(v) == RESPC_ERROR ?
			    respc_string(v, NULL) : "the reply is no number");
			respc_free(v);
			return (false);
		}
		w->keys[i].dropped = respc_integer(v) != 0;
		s->existing += w->keys[i].dropped;
		respc_free(v);
	}
	return (true);
}

/* Mostly none is there, which one request for all can tell. */
static bool
find_existing(struct send *s, struct window *w, struct arguments *a)
{
	struct respc_value *v;
	bool none;
	size_t i;

	add(a, bytes_of("EXISTS"));
	for (i = 0; i < w->key_count; i++)
		if (w->keys[i].begins)
			add(a, window_name(w, &w->keys[i]));
	if (a->count == 1) {
		a->count = 0;
		return (true);
	}
	if (!append(s, a) || (v = read_reply(s)) == NULL)
		return (false);
	none = respc_type(v) == RESPC_INTEGER && respc_integer(v) == 0;
	respc_free(v);
	return (none || find_each(s, w, a));
}

static bool
is_sent(const struct window *w, const struct window_request *r)
{
	return (r->key == WINDOW_NO_KEY || !w->keys[r->key].dropped);
}

bool
exchange_send(struct send *s, struct window *w)
{
	struct arguments a = { 0 };
	bool good = s->replace || s->replay || find_existing(s, w, &a);
	size_t i, j;

	for (i = 0; i < w->count && good; i++) {
		if (!is_sent(w, &w->requests[i]))
			continue;
		for (j = 0; j < w->requests[i].count; j++)
			add(&a, window_arg(w, &w->requests[i], j));
		good = append(s, &a);
	}
	free_arguments(&a);
	if (good && respc_send(s->respc) == -1)
		return (fail(s, "the server", respc_error(s->respc)));
	return (good);
}

/* What the server will say of all keys to come. */
static bool
is_final(const char *error)
{
	static const char *const codes[] = { "OOM ", "MISCONF ", "READONLY ",
	    "LOADING ", "NOAUTH ", "NOPERM ", "NOREPLICAS ", "MASTERDOWN " };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (strncmp(error, codes[i], strlen(codes[i])) == 0)
			return (true);
	return (false);
}

static bool
refuse(struct send *s, const struct window *w, const struct window_request *r,
    const char *error)
{
	if (r->key == WINDOW_NO_KEY)
		s->refused++;
	else if (w->keys[r->key].number != s->last_refused) {
		s->last_refused = w->keys[r->key].number;
		s->refused++;
	}
	if (++s->told <= TOLD)
		tell("refused: %s %s: %s", tell_name(window_arg(w, r, 0)),
		    r->count > 1 ? tell_name(window_arg(w, r, 1)) : "", error);
	else if (s->told == TOLD + 1)
		tell("refused: and more");
	if (!is_final(error))
		return (true);
	return (fail(s, "the server wants no more", error));
}

static bool
judge(struct send *s, struct window *w, const struct window_request *r,
    const struct respc_value *v)
{
	const struct respc_value *item;
	size_t i;

	if (respc_type(v) == RESPC_ERROR)
		return (refuse(s, w, r, respc_string(v, NULL)));
	if (respc_type(v) == RESPC_NULL && r->key != WINDOW_NO_KEY) {
		/* SET NX: somebody was faster. */
		s->existing++;
		return (true);
	}
	/* Of a transaction. */
	for (i = 0; respc_type(v) == RESPC_ARRAY && i < respc_length(v); i++) {
		item = respc_item(v, i);
		if (respc_type(item) == RESPC_ERROR &&
		    !refuse(s, w, r, respc_string(item, NULL)))
			return (false);
	}
	return (true);
}

bool
exchange_read(struct send *s, struct window *w)
{
	struct respc_value *v;
	bool good = true;
	size_t i;

	for (i = 0; i < w->count && good; i++) {
		if (!is_sent(w, &w->requests[i]))
			continue;
		if ((v = read_reply(s)) == NULL)
			return (false);
		good = judge(s, w, &w->requests[i], v);
		respc_free(v);
	}
	return (good);
}

/* Put-off deadlines */

/* Whether the key of each reply to PTTL is to go. */
static bool
delete_marked(struct send *s, const struct respc_value *keys,
    struct arguments *a)
{
	struct respc_value *v;
	struct bytes name;
	size_t i;

	add(a, bytes_of("DEL"));
	for (i = 0; i < respc_length(keys); i++) {
		if ((v = read_reply(s)) == NULL)
			return (false);
		name.data = respc_string(respc_item(keys, i), &name.length);
		if (mark_is_set(respc_integer(v)))
			add(a, name);
		respc_free(v);
	}
	if (a->count == 1) {
		a->count = 0;
		return (true);
	}
	s->expired += a->count - 1;
	return (append(s, a) && did(read_reply(s)));
}

static bool
sweep(struct send *s, const struct respc_value *keys, struct arguments *a)
{
	struct bytes name;
	size_t i;

	for (i = 0; i < respc_length(keys); i++) {
		name.data = respc_string(respc_item(keys, i), &name.length);
		if (name.data == NULL)
			return (fail(s, "SCAN", "a key is no string"));
		add(a, bytes_of("PTTL"));
		add(a, name);
		if (!append(s, a))
			return (false);
	}
	return (delete_marked(s, keys, a));
}

bool
exchange_sweep(struct send *s, int64_t database)
{
	char cursor[NUMBER_SIZE] = "0";
	const char *const argv[] = { "SCAN", cursor, "COUNT", "1000" };
	struct arguments a = { 0 };
	struct respc_value *v;
	bool good = exchange_select(s, database);

	while (good) {
		const char *next;

		if ((v = ask(s, "SCAN", 4, argv)) == NULL)
			good = false;
		else {
			next = respc_string(respc_item(v, 0), NULL);
			snprintf(cursor, sizeof(cursor), "%s",
			    next != NULL ? next : "0");
			good = sweep(s, respc_item(v, 1), &a);
			respc_free(v);
		}
		if (strcmp(cursor, "0") == 0)
			break;
	}
	free_arguments(&a);
	return (good);
}
