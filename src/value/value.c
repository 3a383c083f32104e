/* SPDX-License-Identifier: BSD-2-Clause */
#include "value/value.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/set.h"
#include "value/zset.h"

struct value
value_view(enum value_type type, struct bytes b)
{
	assert(b.length <= VALUE_MAX_BYTES);
	return ((struct value){ .type = (uint8_t)type,
	    .length = (uint32_t)b.length,
	    .data = (char *)(uintptr_t)b.data });
}

struct value
value_copy(enum value_type type, struct bytes b)
{
	struct value v = value_view(type, b);

	value_own(&v);
	return (v);
}

struct value
value_integer(int64_t integer)
{
	return ((struct value){ .type = VALUE_INTEGER, .integer = integer });
}

struct value
value_double(double real)
{
	return ((struct value){ .type = VALUE_DOUBLE, .real = real });
}

struct value
value_boolean(bool boolean)
{
	return ((struct value){ .type = VALUE_BOOLEAN, .boolean = boolean });
}

struct value
value_null(void)
{
	return ((struct value){ .type = VALUE_NULL });
}

struct value
value_new(enum value_type type)
{
	struct value v = { .type = (uint8_t)type };

	assert(value_is_container(&v));
	if (type == VALUE_LIST)
		v.list = list_new();
	else if (type == VALUE_ZSET)
		v.zset = zset_new();
	else
		v.dict = type == VALUE_SET ? set_new() : dict_new();
	return (v);
}

size_t
value_count(const struct value *v)
{
	assert(value_is_container(v));
	if (v->type == VALUE_LIST)
		return (list_length(v->list));
	return (v->type == VALUE_ZSET ? zset_length(v->zset) :
	    dict_length(v->dict));
}

size_t
value_size(const struct value *v)
{
	switch (v->type) {
	case VALUE_LIST:
		return (list_size(v->list));
	case VALUE_DICT:
	case VALUE_SET:
		return (dict_size(v->dict));
	case VALUE_ZSET:
		return (zset_size(v->zset));
	default:
		return (value_is_bytes(v) && v->owned ? mem_size(v->data) : 0);
	}
}

void
value_prefetch(const struct value *v, const struct bytes *keys, size_t count)
{
	if (count > VALUE_PREFETCH)
		count = VALUE_PREFETCH;
	if (v->type == VALUE_DICT || v->type == VALUE_SET)
		dict_prefetch(v->dict, keys, count);
	else if (v->type == VALUE_ZSET)
		zset_prefetch(v->zset, keys, count);
}

struct value
value_clone(const struct value *v)
{
	struct value copy = *v;

	switch (v->type) {
	case VALUE_LIST:
		copy.list = list_copy(v->list);
		break;
	case VALUE_DICT:
	case VALUE_SET:
		copy.dict = dict_copy(v->dict);
		break;
	case VALUE_ZSET:
		copy.zset = zset_copy(v->zset);
		break;
	default:
		copy.owned = false;
		value_own(&copy);
		break;
	}
	return (copy);
}

/*
 * Recursion through list_free() and dict_free(): who builds values bounds
 * their depth (128 by the reader), and a level takes about 100 bytes of stack.
 */
void
value_free(struct value *v)
{
	switch (v->type) {
	case VALUE_STRING:
	case VALUE_BIG_NUMBER:
	case VALUE_ERROR:
		if (v->owned)
			mem_free(v->data);
		break;
	case VALUE_LIST:
		list_free(v->list);
		break;
	case VALUE_DICT:
	case VALUE_SET:
		dict_free(v->dict);
		break;
	case VALUE_ZSET:
		zset_free(v->zset);
		break;
	default:
		break;
	}
	v->type = VALUE_NONE;
}

void
value_own(struct value *v)
{
	if (!value_is_bytes(v) || v->owned)
		return;
	v->data = mem_copy(v->data, v->length);
	v->owned = true;
}

bool
value_is_bytes(const struct value *v)
{
	return (v->type >= VALUE_STRING && v->type <= VALUE_ERROR);
}

bool
value_is_container(const struct value *v)
{
	return (v->type >= VALUE_LIST);
}

struct bytes
value_bytes(const struct value *v)
{
	assert(value_is_bytes(v));
	return (bytes_make(v->data, v->length));
}

bool
value_text(const struct value *v, struct bytes *text, char digits[NUMBER_SIZE])
{
	switch (v->type) {
	case VALUE_STRING:
	case VALUE_BIG_NUMBER:
		*text = value_bytes(v);
		return (true);
	case VALUE_INTEGER:
		*text = bytes_make(digits, number_format(digits, v->integer));
		return (true);
	case VALUE_DOUBLE:
		*text = bytes_make(digits, number_format_double(digits,
		    v->real));
		return (true);
	case VALUE_BOOLEAN:
		*text = bytes_of(v->boolean ? "1" : "0");
		return (true);
	default:
		return (false);
	}
}

const char *
value_type_name(enum value_type type)
{
	static const char *const names[VALUE_TYPES] = {
		[VALUE_NONE]		= "none",
		[VALUE_NULL]		= "null",
		[VALUE_BOOLEAN]		= "boolean",
		[VALUE_INTEGER]		= "integer",
		[VALUE_DOUBLE]		= "double",
		[VALUE_STRING]		= "string",
		[VALUE_BIG_NUMBER]	= "big number",
		[VALUE_ERROR]		= "error",
		[VALUE_LIST]		= "array",
		[VALUE_DICT]		= "dictionary",
		[VALUE_SET]		= "set",
		[VALUE_ZSET]		= "sorted set",
	};

	return (names[type]);
}

const char *
value_redis_type(enum value_type type)
{
	switch (type) {
	case VALUE_NONE:
		return ("none");
	case VALUE_LIST:
		return ("list");
	case VALUE_DICT:
		return ("hash");
	case VALUE_SET:
		return ("set");
	case VALUE_ZSET:
		return ("zset");
	default:
		return ("string");
	}
}

/* What is compared and hashed: bytes themselves, else the eight of the union. */
static struct bytes
content(const struct value *v, int64_t *eight)
{
	if (value_is_bytes(v))
		return (value_bytes(v));
	*eight = v->type == VALUE_NULL ? 0 :
	    v->type == VALUE_BOOLEAN ? v->boolean : v->integer;
	return (bytes_make(eight, sizeof(*eight)));
}

bool
value_equal(const struct value *a, const struct value *b)
{
	int64_t a_eight, b_eight;

	return (a->type == b->type && !value_is_container(a) &&
	    bytes_equal(content(a, &a_eight), content(b, &b_eight)));
}

uint64_t
value_hash(const struct value *v)
{
	int64_t eight;

	assert(!value_is_container(v));
	return (hash_bytes(content(v, &eight)) + v->type);
}
