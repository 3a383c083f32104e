/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The half of respc.h that makes values and looks at them.  The depth of
 * whatever is made is bounded here, as the reader bounds that of replies, so
 * that freeing and sending may recurse.
 */
#include "client/values.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "client/node.h"
#include "resp/reader.h"

static_assert((int)RESPC_NULL == VALUE_NULL && (int)RESPC_SET == VALUE_SET &&
    (int)RESPC_STRING == VALUE_STRING && (int)RESPC_ARRAY == VALUE_LIST,
    "respc_type() is a cast");

void
values_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, hash_seed);
}

/* Give it a place of its own. */
static struct respc_value *
place(struct respc_value v)
{
	struct respc_value *made = mem_alloc(sizeof(*made));

	*made = v;
	return (made);
}

struct respc_value *
values_make(struct value v)
{
	if (v.type == VALUE_NONE) {
		errno = EINVAL;
		return (NULL);
	}
	return (place(node_make(&v)));
}

void
respc_free(struct respc_value *v)
{
	if (v != NULL)
		node_clear(v);
	mem_free(v);
}

/* Looking */

/* What it is; of NULL, of type VALUE_NONE. */
static const struct value *
look(const struct respc_value *v)
{
	static const struct value none;

	return (v != NULL ? &v->value : &none);
}

enum respc_type
respc_type(const struct respc_value *v)
{
	return ((enum respc_type)look(v)->type);
}

bool
respc_boolean(const struct respc_value *v)
{
	return (respc_type(v) == RESPC_BOOLEAN && v->value.boolean);
}

int64_t
respc_integer(const struct respc_value *v)
{
	return (respc_type(v) == RESPC_INTEGER ? v->value.integer : 0);
}

double
respc_double(const struct respc_value *v)
{
	return (respc_type(v) == RESPC_DOUBLE ? v->value.real :
	    (double)respc_integer(v));
}

const char *
respc_string(const struct respc_value *v, size_t *length)
{
	bool is_bytes = value_is_bytes(look(v));

	if (length != NULL)
		*length = is_bytes ? v->value.length : 0;
	return (is_bytes ? v->value.data : NULL);
}

size_t
respc_length(const struct respc_value *v)
{
	if (value_is_container(look(v)))
		return (node_count(v));
	return (value_is_bytes(look(v)) ? v->value.length : 0);
}

const struct respc_value *
respc_item(const struct respc_value *v, size_t i)
{
	if (!value_is_container(look(v)) || i >= node_count(v))
		return (NULL);
	return (node_at(v, i) + (respc_type(v) == RESPC_DICTIONARY));
}

const struct respc_value *
respc_key(const struct respc_value *v, size_t i)
{
	if (respc_type(v) != RESPC_DICTIONARY || i >= node_count(v))
		return (NULL);
	return (node_at(v, i));
}

const struct respc_value *
respc_find(const struct respc_value *v, const char *key)
{
	struct value wanted = value_view(VALUE_STRING, bytes_of(key));
	struct respc_value *found = NULL;

	if (respc_type(v) == RESPC_DICTIONARY)
		found = node_find(v, &wanted);
	return (found != NULL ? found + 1 : NULL);
}

/* Making */

struct respc_value *
respc_new_null(void)
{
	return (values_make(value_null()));
}

struct respc_value *
respc_new_boolean(bool boolean)
{
	return (values_make(value_boolean(boolean)));
}

struct respc_value *
respc_new_integer(int64_t integer)
{
	return (values_make(value_integer(integer)));
}

struct respc_value *
respc_new_double(double real)
{
	return (values_make(value_double(real)));
}

static struct respc_value *
new_bytes(enum value_type type, struct bytes b)
{
	if (b.length > VALUE_MAX_BYTES) {
		errno = EFBIG;
		return (NULL);
	}
	return (values_make(value_copy(type, b)));
}

struct respc_value *
respc_new_string(const char *string)
{
	return (new_bytes(VALUE_STRING, bytes_of(string)));
}

struct respc_value *
respc_new_bytes(const void *data, size_t length)
{
	return (new_bytes(VALUE_STRING, bytes_make(data, length)));
}

struct respc_value *
respc_new_big_number(const char *digits)
{
	const char *first = digits + (*digits == '-');

	if (*first == '\0' || first[strspn(first, "0123456789")] != '\0') {
		errno = EINVAL;
		return (NULL);
	}
	return (new_bytes(VALUE_BIG_NUMBER, bytes_of(digits)));
}

struct respc_value *
respc_new_error(const char *text)
{
	return (new_bytes(VALUE_ERROR, bytes_of(text)));
}

struct respc_value *
respc_new_array(void)
{
	return (place(node_empty(VALUE_LIST)));
}

struct respc_value *
respc_new_dictionary(void)
{
	values_start();
	return (place(node_empty(VALUE_DICT)));
}

struct respc_value *
respc_new_set(void)
{
	values_start();
	return (place(node_empty(VALUE_SET)));
}

/* How many containers are inside one another.  Every value was bounded once. */
static int
height(const struct respc_value *v)
{
	size_t i, n = respc_length(v);
	int most = 0, h;

	if (respc_type(v) < RESPC_ARRAY)
		return (0);
	for (i = 0; i < n; i++) {
		h = height(respc_item(v, i));
		most = h > most ? h : most;
	}
	return (most + 1);
}

static int
refuse(int number, struct respc_value *key, struct respc_value *value)
{
	respc_free(key);
	respc_free(value);
	errno = number;
	return (-1);
}

int
respc_push(struct respc_value *to, struct respc_value *item)
{
	bool is_set = respc_type(to) == RESPC_SET;

	/* What is pushed into itself is still the caller's. */
	if (item == to)
		return (refuse(EINVAL, NULL, NULL));
	if (item == NULL || (respc_type(to) != RESPC_ARRAY && !is_set) ||
	    (is_set && respc_type(item) >= RESPC_ARRAY))
		return (refuse(EINVAL, item, NULL));
	if (height(item) >= READER_MAX_DEPTH)
		return (refuse(ELOOP, item, NULL));
	if (is_set)
		node_put(to, item, NULL);
	else
		node_push(to, item);
	mem_free(item);
	return (0);
}

int
respc_put(struct respc_value *to, struct respc_value *key,
    struct respc_value *value)
{
	if (value == to || key == to)
		return (refuse(EINVAL, key == to ? NULL : key,
		    value == to ? NULL : value));
	if (key == NULL || value == NULL || respc_type(key) >= RESPC_ARRAY ||
	    respc_type(to) != RESPC_DICTIONARY)
		return (refuse(EINVAL, key, value));
	if (height(value) >= READER_MAX_DEPTH)
		return (refuse(ELOOP, key, value));
	node_put(to, key, value);
	mem_free(key);
	mem_free(value);
	return (0);
}
