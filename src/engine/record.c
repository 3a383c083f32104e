/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/record.h"

#include <assert.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "engine/call.h"
#include "engine/due.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "persist/journal.h"
#include "store/keyspace.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/zset.h"

enum {
	/* Elements that one command adds at most to a container. */
	ELEMENTS_MOST	= 1024,
	/* A buffer that grew beyond this is not kept. */
	KEEP		= 64 * 1024,
};

void
record_start(struct record *r)
{
	r->commands.dialect = r->request.dialect = DIALECT_RESP3;
	r->count = 0;
	r->said = r->requested = false;
	r->shard_count = 0;
	r->all = false;
	buf_clear(&r->commands.out, KEEP);
}

void
record_free(struct record *r)
{
	buf_free(&r->commands.out);
	buf_free(&r->request.out);
	mem_free(r->shards);
}

static void
say_number(struct reply *to, int64_t n)
{
	char text[NUMBER_SIZE];

	reply_bulk(to, bytes_make(text, number_format(text, n)));
}

static void
turn_to(struct record *r, unsigned db)
{
	reply_array(&r->commands, 2);
	reply_string(&r->commands, "SELECT");
	say_number(&r->commands, db);
	r->db = db;
}

/* One more command, of the database, with n words. */
static struct reply *
begin(struct record *r, unsigned db, const char *name, size_t n)
{
	if (r->count == 0)
		r->first_db = r->db = db;
	if (r->db != db)
		turn_to(r, db);
	r->count++;
	reply_array(&r->commands, n);
	reply_string(&r->commands, name);
	return (&r->commands);
}

static void
note_shard(struct record *r, uint32_t shard)
{
	if (r->shard_count != 0 && r->shards[r->shard_count - 1] == shard)
		return;
	if (r->shard_count == r->shard_size) {
		r->shard_size = r->shard_size != 0 ? 2 * r->shard_size : 8;
		r->shards = mem_resize(r->shards, r->shard_size *
		    sizeof(*r->shards));
	}
	r->shards[r->shard_count++] = shard;
}

/* Whether the request, run again, does the same and to nothing else. */
static bool
is_about_one(const struct call *c)
{
	const struct command_range *keys = &c->command->keys;

	return ((c->command->flags & CMD_DUE) != 0 || (keys->first == 1 &&
	    command_range_last(keys, c->argc) == 1 && !c->again));
}

void
record_request(struct record *r, const struct call *c)
{
	const struct request *q = &c->session->request;
	size_t i;

	r->said = r->requested = r->as_requested = false;
	r->text.length = 0;
	if ((c->command->flags & (CMD_WRITE | CMD_EXCLUSIVE)) == 0 ||
	    !is_about_one(c))
		return;
	if (q->text.length != 0 && c->args == q->args) {
		r->text = q->text;
		return;
	}
	buf_clear(&r->request.out, KEEP);
	reply_array(&r->request, c->argc);
	for (i = 0; i < c->argc; i++)
		reply_value(&r->request, &c->args[i]);
	r->text = buf_bytes(&r->request.out);
}

void
record_changed(struct record *r, uint32_t shard, unsigned db)
{
	note_shard(r, shard);
	if (r->said || r->requested) {
		r->said = false;
		return;
	}
	/* Else the body should have said it: record_say(). */
	assert(r->text.length != 0);
	if (r->count == 0)
		r->first_db = r->db = db;
	if (r->db != db)
		turn_to(r, db);
	r->count++;
	buf_add(&r->commands.out, r->text.data, r->text.length);
	r->requested = true;
}

void
record_delete(struct record *r, uint32_t shard, unsigned db, struct bytes key)
{
	note_shard(r, shard);
	reply_bulk(begin(r, db, "DEL", 2), key);
}

void
record_deadline(struct record *r, uint32_t shard, unsigned db,
    struct bytes key, int64_t deadline)
{
	struct reply *to = begin(r, db, deadline != 0 ? "PEXPIREAT" :
	    "PERSIST", deadline != 0 ? 3 : 2);

	note_shard(r, shard);
	reply_bulk(to, key);
	if (deadline != 0)
		say_number(to, deadline);
}

/* SET: a string, or anything at all as a typed value. */
static void
set_whole(struct record *r, unsigned db, struct bytes key,
    const struct value *v, int64_t deadline)
{
	struct reply *to = begin(r, db, "SET", deadline != 0 ? 5 : 3);

	reply_bulk(to, key);
	reply_value(to, v);
	if (deadline == 0)
		return;
	reply_string(to, "PXAT");
	say_number(to, deadline);
}

/* Whether there are strings in it and nothing else, and not nothing. */
static bool
is_plain(const struct value *v)
{
	struct list_iter item;
	struct dict_iter pair;

	if (value_count(v) == 0)
		return (false);
	if (v->type == VALUE_LIST) {
		for (list_start(&item, v->list, 0, false); list_next(&item); )
			if (item.value.type != VALUE_STRING)
				return (false);
	} else if (v->type != VALUE_ZSET) {
		for (dict_start(&pair, v->dict); dict_next(&pair); )
			if (pair.key.type != VALUE_STRING ||
			    (v->type == VALUE_DICT &&
			    pair.value.type != VALUE_STRING))
				return (false);
	}
	return (true);
}

/* The commands that fill a container, each with some of its elements. */
struct filling {
	struct record	*record;
	unsigned	 db;
	struct bytes	 key;
	const char	*name;
	size_t		 words;		/* an element */
	size_t		 left;		/* elements to come */
	size_t		 here;		/* of these, in this command */
};

static struct reply *
next_element(struct filling *f)
{
	if (f->here == 0) {
		f->here = f->left < ELEMENTS_MOST ? f->left : ELEMENTS_MOST;
		reply_bulk(begin(f->record, f->db, f->name,
		    2 + f->here * f->words), f->key);
	}
	f->left--;
	f->here--;
	return (&f->record->commands);
}

static void
fill_from_dict(struct filling *f, const struct value *v)
{
	struct dict_iter it;
	struct reply *to;

	for (dict_start(&it, v->dict); dict_next(&it); ) {
		to = next_element(f);
		reply_value(to, &it.key);
		if (v->type == VALUE_DICT)
			reply_value(to, &it.value);
	}
}

static void
fill_from_zset(struct filling *f, const struct zset *z)
{
	char score[NUMBER_SIZE];
	struct zset_iter it;
	struct reply *to;
	size_t length;

	for (zset_start(&it, z, 0, false); zset_next(&it); ) {
		to = next_element(f);
		length = reply_format_score(score, it.score);
		reply_bulk(to, bytes_make(score, length));
		reply_bulk(to, it.member);
	}
}

static void
set_container(struct record *r, unsigned db, struct bytes key,
    const struct value *v)
{
	static const char *const names[VALUE_TYPES] = {
		[VALUE_LIST] = "RPUSH", [VALUE_DICT] = "HSET",
		[VALUE_SET] = "SADD", [VALUE_ZSET] = "ZADD" };
	struct filling f = { .record = r, .db = db, .key = key,
	    .name = names[v->type], .left = value_count(v),
	    .words = v->type == VALUE_DICT || v->type == VALUE_ZSET ? 2 : 1 };
	struct list_iter it;

	reply_bulk(begin(r, db, "DEL", 2), key);
	if (v->type == VALUE_LIST) {
		for (list_start(&it, v->list, 0, false); list_next(&it); )
			reply_value(next_element(&f), &it.value);
	} else if (v->type == VALUE_ZSET)
		fill_from_zset(&f, v->zset);
	else
		fill_from_dict(&f, v);
}

void
record_set(struct record *r, uint32_t shard, unsigned db, struct bytes key,
    const struct value *v, int64_t deadline)
{
	if (r->as_requested && r->text.length != 0) {
		record_changed(r, shard, db);
		return;
	}
	note_shard(r, shard);
	if (!value_is_container(v) || !is_plain(v)) {
		set_whole(r, db, key, v, deadline);
		return;
	}
	set_container(r, db, key, v);
	if (deadline != 0)
		record_deadline(r, shard, db, key, deadline);
}

void
record_flushed(struct record *r, unsigned db)
{
	begin(r, db, "FLUSHDB", 1);
	r->all = true;
}

void
record_swapped(struct record *r, unsigned a, unsigned b)
{
	struct reply *to = begin(r, 0, "SWAPDB", 3);

	say_number(to, a);
	say_number(to, b);
	r->all = true;
}

void
record_say(struct call *c, size_t arg, const char *name,
    const struct value *args, size_t n)
{
	struct record *r = c->effects->record;
	struct reply *to;
	size_t i;

	if (r == NULL)
		return;
	to = begin(r, c->db, name, (arg != 0 ? 2 : 1) + n);
	note_shard(r, arg != 0 ? keyspace_shard(c->engine->keyspace,
	    c->hashes[arg]) : DUE_SHARD);
	if (arg != 0)
		reply_bulk(to, call_arg(c, arg));
	for (i = 0; i < n; i++)
		reply_value(to, &args[i]);
	r->said = true;
}

void
record_say_count(struct call *c, size_t arg, const char *name, size_t n)
{
	char text[NUMBER_SIZE];
	struct value count;

	if (c->effects->record == NULL)
		return;
	count = value_view(VALUE_STRING, bytes_make(text,
	    number_format(text, (int64_t)n)));
	record_say(c, arg, name, &count, 1);
}

void
record_as_requested(struct call *c)
{
	if (c->effects->record != NULL)
		c->effects->record->as_requested = true;
}

uint64_t
record_append(struct record *r, struct journal *j, struct keyspace *ks)
{
	uint64_t position;
	size_t i;

	if (r->count == 0)
		return (0);
	if (r->db != r->first_db)
		turn_to(r, r->first_db);
	if (r->commands.out.failed)
		log_fatal("out of memory for the journal");
	position = journal_append(j, r->first_db,
	    buf_bytes(&r->commands.out), r->count);
	for (i = 0; !r->all && i < r->shard_count; i++)
		keyspace_note_position(ks, r->shards[i], position);
	for (i = 0; r->all && i < keyspace_shards(ks); i++)
		keyspace_note_position(ks, (uint32_t)i, position);
	return (position);
}
