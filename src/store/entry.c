/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Behind a header of 8 bytes stand, as far as they are needed: the deadline,
 * the length of a key of 255 bytes or more, one cell (a number, or a pointer to
 * what is kept apart), the key, and the bytes of a string.  A key and value of
 * 16 bytes take 40, with their share of the table and of the rest 56; malloc
 * (base/slab.c) would make that 60, key and value apart 121.
 */
#include "store/entry.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"

enum {
	HAS_DEADLINE	= 1,
	HAS_WIDE_KEY	= 2,
	HAS_CELL	= 4,
	/* What is kept apart has the room that with_slack() says. */
	HAS_SLACK	= 8,
	/* Owned strings beyond this keep their allocation: no copy. */
	APART		= 4096,
	WIDE		= UINT8_MAX,
};

struct entry {
	uint32_t	length;		/* of a value that is bytes */
	_Atomic uint16_t access;	/* readers write it, under a read lock */
	uint8_t		key_length;	/* if not HAS_WIDE_KEY */
	uint8_t		type : 4;	/* enum value_type */
	uint8_t		has : 4;
	int64_t		fields[];	/* deadline, wide key length, cell */
};

/* Which fields an entry for such a key, value and deadline has. */
static uint8_t
needs(size_t key_length, const struct value *v, int64_t deadline)
{
	bool here = value_is_bytes(v) && (!v->owned || v->length <= APART);

	return ((uint8_t)((deadline != 0 ? HAS_DEADLINE : 0) |
	    (key_length >= WIDE ? HAS_WIDE_KEY : 0) | (here ? 0 : HAS_CELL)));
}

static size_t
field_count(uint8_t has)
{
	return ((size_t)((has & 1) + (has >> 1 & 1) + (has >> 2 & 1)));
}

/* The cell is the last field. */
static int64_t *
cell(const struct entry *e)
{
	return ((int64_t *)(uintptr_t)&e->fields[field_count(e->has) - 1]);
}

static char *
key_data(const struct entry *e)
{
	return ((char *)(uintptr_t)&e->fields[field_count(e->has)]);
}

static size_t
size_of(uint8_t has, size_t key_length, size_t length)
{
	return (sizeof(struct entry) + field_count(has) * sizeof(int64_t) +
	    key_length + ((has & HAS_CELL) == 0 ? length : 0));
}

/* What was asked for it, or something of the same room. */
static size_t
size_now(const struct entry *e)
{
	return (size_of(e->has, entry_key(e).length, e->length));
}

/* Fill everything but the key; takes the value. */
static void
fill(struct entry *e, size_t key_length, struct value *v, int64_t deadline)
{
	e->type = v->type & 15;
	e->length = value_is_bytes(v) ? v->length : 0;
	if (deadline != 0)
		e->fields[0] = deadline;
	if ((e->has & HAS_CELL) != 0) {
		/* Number or pointer: the union's eight bytes as they are. */
		if (v->type == VALUE_BOOLEAN)
			*cell(e) = v->boolean;
		else
			memcpy(cell(e), &v->integer, sizeof(int64_t));
		v->type = VALUE_NONE;
		return;
	}
	if (v->length != 0)
		memcpy(key_data(e) + key_length, v->data, v->length);
	if (v->owned)
		value_free(v);
	v->type = VALUE_NONE;
}

_Static_assert(VALUE_TYPES <= 16, "four bits for the type");

struct entry *
entry_new(struct bytes key, struct value *v, int64_t deadline)
{
	uint8_t has;
	struct entry *e;

	has = needs(key.length, v, deadline);
	e = slab_take(size_of(has, key.length, v->length));
	e->has = has & 15;
	atomic_init(&e->access, 0);
	if ((has & HAS_WIDE_KEY) != 0) {
		e->fields[(has & HAS_DEADLINE) != 0] = (int64_t)key.length;
		e->key_length = 0;
	} else
		e->key_length = (uint8_t)key.length;
	if (key.length != 0)
		memcpy(key_data(e), key.data, key.length);
	fill(e, key.length, v, deadline);
	return (e);
}

struct bytes
entry_key(const struct entry *e)
{
	size_t length = e->key_length;

	if ((e->has & HAS_WIDE_KEY) != 0)
		length = (size_t)e->fields[(e->has & HAS_DEADLINE) != 0];
	return (bytes_make(key_data(e), length));
}

struct value
entry_value(const struct entry *e)
{
	struct value v = { .type = e->type, .length = e->length };

	if ((e->has & HAS_CELL) == 0) {
		struct bytes key = entry_key(e);

		v.data = (char *)(uintptr_t)key.data + key.length;
	} else if (e->type == VALUE_BOOLEAN)
		v.boolean = *cell(e) != 0;
	else
		memcpy(&v.integer, cell(e), sizeof(int64_t));
	return (v);
}

int64_t
entry_deadline(const struct entry *e)
{
	return ((e->has & HAS_DEADLINE) != 0 ? e->fields[0] : 0);
}

bool
entry_expired(const struct entry *e, int64_t now)
{
	return ((e->has & HAS_DEADLINE) != 0 && e->fields[0] <= now);
}

enum value_type
entry_type(const struct entry *e)
{
	return ((enum value_type)e->type);
}

uint16_t
entry_access(const struct entry *e)
{
	return (atomic_load_explicit(&e->access, memory_order_relaxed));
}

void
entry_set_access(struct entry *e, uint16_t access)
{
	atomic_store_explicit(&e->access, access, memory_order_relaxed);
}

struct value
entry_take_value(struct entry *e)
{
	struct value v = entry_value(e);

	if ((e->has & HAS_CELL) == 0)
		value_own(&v);
	else if (value_is_bytes(&v))
		v.owned = true;
	e->type = VALUE_NONE;
	return (v);
}

struct entry *
entry_move(struct entry *old, int64_t deadline)
{
	struct value v = entry_value(old);
	struct entry *e;

	v.owned = value_is_bytes(&v) && (old->has & HAS_CELL) != 0;
	e = entry_new(entry_key(old), &v, deadline);
	entry_set_access(e, entry_access(old));
	old->type = VALUE_NONE;
	return (e);
}

void
entry_put_back(struct entry *e, const struct value *v)
{
	assert(e->type == v->type && value_is_container(v));
	memcpy(cell(e), &v->integer, sizeof(int64_t));
}

void
entry_set_deadline(struct entry *e, int64_t deadline)
{
	assert((e->has & HAS_DEADLINE) != 0 && deadline != 0);
	e->fields[0] = deadline;
}

void
entry_free(struct entry *e)
{
	struct value v;

	if (e == NULL)
		return;
	if ((e->has & HAS_CELL) != 0 && e->type != VALUE_NONE) {
		v = entry_value(e);
		v.owned = true;
		value_free(&v);
	}
	slab_give(e, size_now(e));
}

bool
entry_overwrite(struct entry *e, struct value *v, int64_t deadline)
{
	size_t key_length = entry_key(e).length;
	uint8_t has = needs(key_length, v, deadline);

	/* A pointer may be to what must not be freed under a lock. */
	if (has != e->has || ((has & HAS_CELL) != 0 &&
	    (e->type >= VALUE_STRING || v->type >= VALUE_STRING)))
		return (false);
	if (v->length != e->length &&
	    slab_room(size_of(has, key_length, v->length)) !=
	    slab_room(size_now(e)))
		return (false);
	fill(e, key_length, v, deadline);
	return (true);
}

/* Room for a string that grows: quarters of powers of two. */
static size_t
with_slack(size_t length)
{
	size_t step = 64;

	while (step * 8 <= length)
		step *= 2;
	return ((length + step - 1) & ~(step - 1));
}

struct entry *
entry_new_padded(struct bytes key, struct bytes text, size_t length,
    int64_t deadline)
{
	struct value v = { .type = VALUE_STRING, .owned = true,
	    .length = (uint32_t)length };
	struct entry *e;

	assert(text.length <= length && length <= VALUE_MAX_BYTES);
	v.data = mem_try_resize(NULL, with_slack(length));
	if (v.data == NULL)
		return (NULL);
	if (text.length != 0)
		memcpy(v.data, text.data, text.length);
	memset(v.data + text.length, 0, length - text.length);
	e = entry_new(key, &v, deadline);
	if ((e->has & HAS_CELL) != 0)
		e->has |= HAS_SLACK;
	return (e);
}

bool
entry_pad(struct entry *e, size_t length)
{
	struct value v = entry_value(e);

	if (e->type != VALUE_STRING)
		return (false);
	if (length <= v.length)
		return (true);
	if ((e->has & HAS_CELL) == 0)
		return (false);
	if ((e->has & HAS_SLACK) == 0 || length > with_slack(v.length)) {
		v.data = mem_try_resize(v.data, with_slack(length));
		if (v.data == NULL)
			return (false);
		memcpy(cell(e), &v.data, sizeof(v.data));
		e->has |= HAS_SLACK;
	}
	memset(v.data + v.length, 0, length - v.length);
	e->length = (uint32_t)length;
	return (true);
}

size_t
entry_size(const struct entry *e)
{
	return (slab_room(size_now(e)));
}
