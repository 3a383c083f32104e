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
#include "resp/reader.h"
#include "value/dict.h"
#include "value/list.h"

static_assert((int)RESPC_NULL == VALUE_NULL && (int)RESPC_SET == VALUE_SET &&
    (int)RESPC_STRING == VALUE_STRING && (int)RESPC_ARRAY == VALUE_LIST,
    "respc_type() is a cast");

void
values_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, hash_seed);
}

struct respc_value *
values_make(struct value v)
{
	struct value *made;

	if (v.type == VALUE_NONE) {
		errno = EINVAL;
		return (NULL);
	}
	made = mem_alloc(sizeof(*made));
	*made = v;
	return ((void *)made);
}

const struct value *
values_look(const struct respc_value *v)
{
	static const struct value none;

	return (v != NULL ? (const void *)v : &none);
}

void
respc_free(struct respc_value *opaque)
{
	struct value *v = (void *)opaque;

	if (v != NULL)
		value_free(v);
	mem_free(v);
}

/* Looking */

enum respc_type
respc_type(const struct respc_value *v)
{
	return ((enum respc_type)values_look(v)->type);
}

bool
respc_boolean(const struct respc_value *opaque)
{
	const struct value *v = values_look(opaque);

	return (v->type == VALUE_BOOLEAN && v->boolean);
}

int64_t
respc_integer(const struct respc_value *opaque)
{
	const struct value *v = values_look(opaque);

	return (v->type == VALUE_INTEGER ? v->integer : 0);
}

double
respc_double(const struct respc_value *opaque)
{
	const struct value *v = values_look(opaque);

	return (v->type == VALUE_DOUBLE ? v->real :
	    (double)respc_integer(opaque));
}

const char *
respc_string(const struct respc_value *opaque, size_t *length)
{
	const struct value *v = values_look(opaque);

	if (length != NULL)
		*length = value_is_bytes(v) ? v->length : 0;
	return (value_is_bytes(v) ? v->data : NULL);
}

size_t
respc_length(const struct respc_value *opaque)
{
	const struct value *v = values_look(opaque);

	if (v->type == VALUE_LIST)
		return (list_length(v->list));
	if (value_is_container(v))
		return (dict_length(v->dict));
	return (value_is_bytes(v) ? v->length : 0);
}

const struct respc_value *
respc_item(const struct respc_value *opaque, size_t i)
{
	const struct value *v = values_look(opaque);

	if (!value_is_container(v) || i >= respc_length(opaque))
		return (NULL);
	if (v->type == VALUE_LIST)
		return ((const void *)list_at(v->list, i));
	return (v->type == VALUE_SET ?
	    (const void *)&dict_at(v->dict, i)->key :
	    (const void *)&dict_at(v->dict, i)->value);
}

const struct respc_value *
respc_key(const struct respc_value *opaque, size_t i)
{
	const struct value *v = values_look(opaque);

	if (v->type != VALUE_DICT || i >= dict_length(v->dict))
		return (NULL);
	return ((const void *)&dict_at(v->dict, i)->key);
}

const struct respc_value *
respc_find(const struct respc_value *opaque, const char *key)
{
	const struct value *v = values_look(opaque);
	struct value wanted = value_view(VALUE_STRING, bytes_of(key));

	if (v->type != VALUE_DICT)
		return (NULL);
	return ((const void *)dict_get(v->dict, &wanted));
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
	return (values_make(value_new_list()));
}

struct respc_value *
respc_new_dictionary(void)
{
	values_start();
	return (values_make(value_new_dict()));
}

struct respc_value *
respc_new_set(void)
{
	values_start();
	return (values_make(value_new_set()));
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

/* Take what is in the value, but not its place on the heap. */
static struct value
open_up(struct respc_value *opaque)
{
	struct value v = *values_look(opaque);

	mem_free(opaque);
	return (v);
}

static int
refuse(int number, struct respc_value *key, struct respc_value *value)
{
	respc_free(key);
	respc_free(value);
	errno = number;
	return (-1);
}

static void
add_pair(struct respc_value *to, struct respc_value *key, struct value value)
{
	struct value opened = open_up(key);

	dict_put(values_look(to)->dict, &opened, &value);
}

int
respc_push(struct respc_value *to, struct respc_value *item)
{
	struct value opened;
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
		add_pair(to, item, value_null());
	else {
		opened = open_up(item);
		list_push(values_look(to)->list, &opened);
	}
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
	add_pair(to, key, open_up(value));
	return (0);
}
