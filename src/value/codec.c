/* SPDX-License-Identifier: BSD-2-Clause */
#include "value/codec.h"

#include <string.h>

#include "value/dict.h"
#include "value/list.h"
#include "value/set.h"
#include "value/zset.h"

/* Never to change: files have them. */
enum {
	CODE_NULL, CODE_FALSE, CODE_TRUE, CODE_INTEGER, CODE_DOUBLE,
	CODE_STRING, CODE_BIG_NUMBER, CODE_ERROR,
	CODE_LIST, CODE_DICT, CODE_SET, CODE_ZSET,
};

/* As deep as a client can nest values; the decoder recurses. */
enum { MAX_DEPTH = 128 };

void
codec_put_number(struct buf *out, uint64_t n)
{
	char digits[10];
	size_t i = 0;

	for (; n > 127; n >>= 7)
		digits[i++] = (char)(n | 128);
	digits[i++] = (char)n;
	buf_add(out, digits, i);
}

static void
put_double(struct buf *out, double real)
{
	char digits[8];
	uint64_t bits;
	int i;

	memcpy(&bits, &real, sizeof(bits));
	for (i = 0; i < 8; i++)
		digits[i] = (char)(bits >> 8 * i);
	buf_add(out, digits, sizeof(digits));
}

static void
put_bytes(struct buf *out, struct bytes b)
{
	codec_put_number(out, b.length);
	buf_add(out, b.data, b.length);
}

static void
put_list(struct buf *out, const struct list *list)
{
	struct list_iter it;

	for (list_start(&it, list, 0, false); list_next(&it); )
		codec_encode(out, &it.value);
}

static void
put_dict(struct buf *out, const struct dict *dict, bool is_set)
{
	struct dict_iter it;

	for (dict_start(&it, dict); dict_next(&it); ) {
		codec_encode(out, &it.key);
		if (!is_set)
			codec_encode(out, &it.value);
	}
}

static void
put_zset(struct buf *out, const struct zset *zset)
{
	struct zset_iter it;

	for (zset_start(&it, zset, 0, false); zset_next(&it); ) {
		put_bytes(out, it.member);
		put_double(out, it.score);
	}
}

static char
code_of(const struct value *v)
{
	static const char codes[VALUE_TYPES] = {
		[VALUE_NULL]		= CODE_NULL,
		[VALUE_BOOLEAN]		= CODE_FALSE,
		[VALUE_INTEGER]		= CODE_INTEGER,
		[VALUE_DOUBLE]		= CODE_DOUBLE,
		[VALUE_STRING]		= CODE_STRING,
		[VALUE_BIG_NUMBER]	= CODE_BIG_NUMBER,
		[VALUE_ERROR]		= CODE_ERROR,
		[VALUE_LIST]		= CODE_LIST,
		[VALUE_DICT]		= CODE_DICT,
		[VALUE_SET]		= CODE_SET,
		[VALUE_ZSET]		= CODE_ZSET,
	};

	return (v->type == VALUE_BOOLEAN && v->boolean ? CODE_TRUE :
	    codes[v->type]);
}

void
codec_encode(struct buf *out, const struct value *v)
{
	buf_add_char(out, code_of(v));
	if (value_is_bytes(v))
		put_bytes(out, value_bytes(v));
	else if (v->type == VALUE_INTEGER)
		codec_put_number(out, (uint64_t)v->integer << 1 ^
		    (v->integer < 0 ? UINT64_MAX : 0));
	else if (v->type == VALUE_DOUBLE)
		put_double(out, v->real);
	if (!value_is_container(v))
		return;
	codec_put_number(out, value_count(v));
	if (v->type == VALUE_LIST)
		put_list(out, v->list);
	else if (v->type == VALUE_ZSET)
		put_zset(out, v->zset);
	else
		put_dict(out, v->dict, v->type == VALUE_SET);
}

/* What is left of the bytes; each taker moves it on. */

bool
codec_take_number(struct bytes *b, uint64_t *n)
{
	unsigned shift;
	uint64_t byte;

	for (*n = shift = 0; shift < 64 && b->length != 0; shift += 7) {
		byte = (unsigned char)*b->data++;
		b->length--;
		*n |= (byte & 127) << shift;
		if (byte < 128)
			return (shift < 63 || byte < 2);
	}
	return (false);
}

static bool
take_double(struct bytes *b, double *real)
{
	uint64_t bits = 0;
	int i;

	if (b->length < 8)
		return (false);
	for (i = 0; i < 8; i++)
		bits |= (uint64_t)(unsigned char)b->data[i] << 8 * i;
	memcpy(real, &bits, sizeof(bits));
	*b = bytes_make(b->data + 8, b->length - 8);
	return (true);
}

static bool
take_bytes(struct bytes *b, struct bytes *out)
{
	uint64_t n;

	if (!codec_take_number(b, &n) || n > b->length || n > VALUE_MAX_BYTES)
		return (false);
	*out = bytes_make(b->data, n);
	*b = bytes_make(b->data + n, b->length - n);
	return (true);
}

static bool	take_value(struct bytes *, int depth, struct value *);

static bool
take_list(struct bytes *b, uint64_t n, int depth, struct list **list)
{
	struct value item;

	for (; n != 0; n--) {
		if (!take_value(b, depth, &item))
			return (false);
		list_push(list, &item);
	}
	return (true);
}

/* A key or member: no container, and not there yet. */
static bool
take_key(struct bytes *b, int depth, struct value *key)
{
	if (!take_value(b, depth, key))
		return (false);
	if (!value_is_container(key))
		return (true);
	value_free(key);
	return (false);
}

static bool
take_dict(struct bytes *b, uint64_t n, int depth, struct dict **dict)
{
	struct value key, value;

	for (; n != 0; n--) {
		if (!take_key(b, depth, &key))
			return (false);
		if (!take_value(b, depth, &value)) {
			value_free(&key);
			return (false);
		}
		if (!dict_put(dict, &key, &value))
			return (false);
	}
	return (true);
}

static bool
take_set(struct bytes *b, uint64_t n, int depth, struct dict **set)
{
	struct value member;

	for (; n != 0; n--) {
		if (!take_key(b, depth, &member) || !set_add(set, &member))
			return (false);
	}
	return (true);
}

static bool
take_zset(struct bytes *b, uint64_t n, struct zset **zset)
{
	struct bytes member;
	double score;

	for (; n != 0; n--) {
		if (!take_bytes(b, &member) || !take_double(b, &score) ||
		    score != score ||
		    zset_put(zset, member, score) != ZSET_ADDED)
			return (false);
	}
	return (true);
}

static bool
take_container(struct bytes *b, enum value_type type, int depth,
    struct value *out)
{
	uint64_t n;

	/* An element takes a byte at least. */
	if (depth == MAX_DEPTH || !codec_take_number(b, &n) || n > b->length)
		return (false);
	*out = value_new(type);
	if (type == VALUE_LIST)
		return (take_list(b, n, depth + 1, &out->list));
	if (type == VALUE_ZSET)
		return (take_zset(b, n, &out->zset));
	if (type == VALUE_SET)
		return (take_set(b, n, depth + 1, &out->dict));
	return (take_dict(b, n, depth + 1, &out->dict));
}

static bool
take_text(struct bytes *b, enum value_type type, struct value *out)
{
	struct bytes text;

	if (!take_bytes(b, &text))
		return (false);
	*out = value_view(type, text);
	return (true);
}

/*
 * By its code, which has been taken; out may be half a container then.  What is
 * put into a container is copied there: views will do.
 */
static bool
take_coded(struct bytes *b, int code, int depth, struct value *out)
{
	uint64_t n;

	switch (code) {
	case CODE_NULL:
		*out = value_null();
		return (true);
	case CODE_FALSE:
	case CODE_TRUE:
		*out = value_boolean(code == CODE_TRUE);
		return (true);
	case CODE_INTEGER:
		if (!codec_take_number(b, &n))
			return (false);
		*out = value_integer((int64_t)(n >> 1 ^ -(n & 1)));
		return (true);
	case CODE_DOUBLE:
		*out = value_double(0);
		return (take_double(b, &out->real));
	case CODE_STRING:
		return (take_text(b, VALUE_STRING, out));
	case CODE_BIG_NUMBER:
		return (take_text(b, VALUE_BIG_NUMBER, out));
	case CODE_ERROR:
		return (take_text(b, VALUE_ERROR, out));
	case CODE_LIST:
		return (take_container(b, VALUE_LIST, depth, out));
	case CODE_DICT:
		return (take_container(b, VALUE_DICT, depth, out));
	case CODE_SET:
		return (take_container(b, VALUE_SET, depth, out));
	case CODE_ZSET:
		return (take_container(b, VALUE_ZSET, depth, out));
	default:
		return (false);
	}
}

static bool
take_value(struct bytes *b, int depth, struct value *out)
{
	int code;

	out->type = VALUE_NONE;
	if (b->length == 0)
		return (false);
	code = *b->data;
	*b = bytes_make(b->data + 1, b->length - 1);
	if (take_coded(b, code, depth, out))
		return (true);
	value_free(out);
	return (false);
}

bool
codec_take(struct bytes *b, struct value *out)
{
	return (take_value(b, 0, out));
}

bool
codec_decode(struct bytes b, struct value *out)
{
	if (!take_value(&b, 0, out))
		return (false);
	if (b.length == 0) {
		value_own(out);
		return (true);
	}
	value_free(out);
	return (false);
}
