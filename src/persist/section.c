/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encoding happens under a shard's lock, so it is made for speed: entries lie
 * anywhere in memory, and most of the time would be spent waiting for them,
 * were those ahead not asked for.  Decoding makes each entry straight from the
 * file's bytes, in tables that have room for all.  The bytes have passed a
 * checksum, but who wrote them may have meant ill: nothing is believed.
 */
#include "persist/section.h"

#include <string.h>

#include "store/entry.h"
#include "store/keyspace.h"
#include "store/table.h"
#include "value/codec.h"
#include "value/schedule.h"

enum {
	AHEAD		= 16,	/* slots */
	FEWEST_BYTES	= 5,	/* of an entry */
	HAS_DEADLINE	= 1,
};

static void
put_fixed(struct buf *out, uint64_t n, size_t size)
{
	char bytes[8];
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (char)(n >> 8 * i);
	buf_add(out, bytes, size);
}

static bool
take_fixed(struct bytes *b, size_t size, uint64_t *n)
{
	size_t i;

	if (b->length < size)
		return (false);
	for (*n = i = 0; i < size; i++)
		*n |= (uint64_t)(unsigned char)b->data[i] << 8 * i;
	*b = bytes_make(b->data + size, b->length - size);
	return (true);
}

static void
encode_entry(struct buf *out, const struct entry *e)
{
	int64_t deadline = entry_deadline(e);
	struct value value = entry_value(e);
	struct bytes key = entry_key(e);

	buf_add_char(out, deadline != 0 ? HAS_DEADLINE : 0);
	put_fixed(out, entry_access(e), 2);
	if (deadline != 0)
		put_fixed(out, (uint64_t)deadline, 8);
	codec_put_number(out, key.length);
	buf_add(out, key.data, key.length);
	codec_encode(out, &value);
}

static void
encode_table(struct buf *out, const struct table *t)
{
	const struct entry *e;
	uint32_t slot;

	for (slot = 0; slot < t->slots; slot++) {
		if (slot + AHEAD < t->slots &&
		    (e = table_at(t, slot + AHEAD)) != NULL) {
			__builtin_prefetch(e);
			__builtin_prefetch((const char *)e + 64);
		}
		if ((e = table_at(t, slot)) != NULL)
			encode_entry(out, e);
	}
}

static void
encode_due(void *arg, int64_t time, const struct value *v)
{
	put_fixed(arg, (uint64_t)time, 8);
	codec_encode(arg, v);
}

uint64_t
section_encode(struct buf *out, struct keyspace *ks, uint32_t shard,
    const struct schedule *due)
{
	unsigned db, databases = keyspace_databases(ks), used = 0;
	const struct table *t;
	uint64_t keys = 0;

	for (db = 0; db < databases; db++) {
		t = keyspace_table(ks, shard, db);
		used += t != NULL && t->used != 0;
	}
	codec_put_number(out, used);
	for (db = 0; db < databases; db++) {
		t = keyspace_table(ks, shard, db);
		if (t == NULL || t->used == 0)
			continue;
		codec_put_number(out, db);
		codec_put_number(out, t->used);
		encode_table(out, t);
		keys += t->used;
	}
	codec_put_number(out, due != NULL ? schedule_length(due) : 0);
	if (due != NULL)
		schedule_walk(due, encode_due, out);
	return (keys);
}

static bool
take_key(struct bytes *b, struct bytes *key)
{
	uint64_t length;

	if (!codec_take_number(b, &length) || length > b->length ||
	    length > VALUE_MAX_BYTES)
		return (false);
	*key = bytes_make(b->data, length);
	*b = bytes_make(b->data + length, b->length - length);
	return (true);
}

/* Whether a key of that hash was in this section's shard. */
static bool
belongs(const struct section *s, uint64_t hash)
{
	unsigned bits = (unsigned)__builtin_ctz(s->shards);

	return (hash >> 1 >> (63 - bits) == s->number);
}

/* Put the pair into its table, unless the key is there already. */
static bool
insert(struct section *s, unsigned db, struct bytes key, struct value *v,
    int64_t deadline, uint16_t access)
{
	uint64_t hash = keyspace_hash(key);
	uint32_t shard = keyspace_shard(s->keyspace, hash);
	uint32_t slot_hash = keyspace_table_hash(hash);
	struct table *t = NULL;
	struct entry *e;

	/* Another section's shards are another thread's. */
	if (belongs(s, hash))
		t = keyspace_make_table(s->keyspace, shard, db);
	if (t == NULL || table_find(t, slot_hash, key) != TABLE_NO_SLOT) {
		value_free(v);
		return (false);
	}
	e = entry_new(key, v, deadline);
	entry_set_access(e, access);
	table_insert(t, slot_hash, e);
	if (deadline != 0)
		keyspace_note_deadline(s->keyspace, shard, deadline);
	s->keys++;
	return (true);
}

static bool
decode_entry(struct section *s, unsigned db, struct bytes *b)
{
	uint64_t flags, access, deadline = 0;
	struct bytes key;
	struct value v;

	if (!take_fixed(b, 1, &flags) || flags > HAS_DEADLINE ||
	    !take_fixed(b, 2, &access) ||
	    (flags != 0 && (!take_fixed(b, 8, &deadline) || deadline == 0 ||
	    deadline > INT64_MAX)) ||
	    !take_key(b, &key) || !codec_take(b, &v))
		return (false);
	return (insert(s, db, key, &v, (int64_t)deadline, (uint16_t)access));
}

/* Room for all at once, if they can only be in one shard. */
static void
reserve(struct section *s, unsigned db, uint64_t count)
{
	if (keyspace_shards(s->keyspace) == s->shards)
		table_reserve(keyspace_make_table(s->keyspace, s->number, db),
		    (uint32_t)count);
}

static bool
decode_database(struct section *s, struct bytes *b)
{
	uint64_t db, count;

	if (!codec_take_number(b, &db) ||
	    db >= keyspace_databases(s->keyspace) ||
	    !codec_take_number(b, &count) ||
	    count > b->length / FEWEST_BYTES || count > UINT32_MAX / 8)
		return (false);
	reserve(s, (unsigned)db, count);
	for (; count != 0; count--) {
		if (!decode_entry(s, (unsigned)db, b))
			return (false);
	}
	return (true);
}

static bool
decode_due(struct section *s, struct bytes *b)
{
	uint64_t time;
	struct value v;

	if (!take_fixed(b, 8, &time) || !codec_take(b, &v))
		return (false);
	schedule_add(s->due, (int64_t)time, &v);
	return (true);
}

bool
section_decode(struct section *s, struct bytes b)
{
	uint64_t n;

	s->keys = 0;
	if (!codec_take_number(&b, &n))
		return (false);
	for (; n != 0; n--) {
		if (!decode_database(s, &b))
			return (false);
	}
	if (!codec_take_number(&b, &n) || (n != 0 && s->due == NULL))
		return (false);
	for (; n != 0; n--) {
		if (!decode_due(s, &b))
			return (false);
	}
	return (b.length == 0);
}
