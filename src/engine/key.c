/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/key.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "engine/access.h"
#include "engine/ahead.h"
#include "engine/call.h"
#include "engine/command.h"
#include "engine/effects.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/lockset.h"
#include "store/table.h"

static void
locate_named(const struct call *c, struct bytes key, uint64_t hash,
    struct place *p)
{
	struct keyspace *ks = c->engine->keyspace;

	p->key = key;
	p->hash = hash;
	p->shard = keyspace_shard(ks, hash);
	assert(lockset_covers(c->locks, p->shard));
	p->table = keyspace_table(ks, p->shard, c->db);
	p->slot = TABLE_NO_SLOT;
	p->entry = NULL;
	if (p->table != NULL)
		p->slot = table_find(p->table, keyspace_table_hash(hash), key);
	if (p->slot != TABLE_NO_SLOT)
		p->entry = table_at(p->table, p->slot);
}

/*
 * Most bodies look at a key before they change it: it is searched once, and
 * again only after a table has changed.
 */
static struct place *
locate(struct call *c, size_t arg)
{
#ifdef LOCK_CHECKS
	assert(plan_has_key(c, arg));
#endif
	if (c->located != arg || c->located_db != c->db) {
		locate_named(c, call_arg(c, arg), c->hashes[arg], &c->place);
		c->located = arg;
		c->located_db = c->db;
	}
	return (&c->place);
}

/* Entries are about to stand elsewhere. */
static void
forget_place(struct call *c)
{
	c->located = 0;
}

/* Who waited for several keys is served from the one that changed. */
static bool
hidden(const struct call *c, size_t arg)
{
	return (c->ready != 0 && arg != c->ready && plan_waits_for(c, arg));
}

/* The entry of a key that is there for clients; NULL if it is not. */
static struct entry *
look(struct call *c, size_t arg)
{
	struct place *p;

	if (hidden(c, arg))
		return (NULL);
	p = locate(c, arg);
	return (p->entry != NULL && !entry_expired(p->entry, c->now) ?
	    p->entry : NULL);
}

/* Somebody uses it, unless who does wants that not to count. */
static void
note_use(const struct call *c, struct entry *e)
{
	unsigned flags = atomic_load_explicit(&c->session->flags,
	    memory_order_relaxed);

	if ((flags & SESSION_NO_TOUCH) == 0)
		access_note(e, c->now);
}

/* Count a reader's hit or, and then it returns true, miss. */
static bool
count_look(struct call *c, const struct entry *e)
{
	if ((c->command->flags & (CMD_READ | CMD_LOOKS)) == 0)
		return (false);
	stats_add(&c->session->counters->of[e != NULL ? COUNTER_HITS :
	    COUNTER_MISSES], 1);
	return (e == NULL);
}

static struct entry *
look_counted(struct call *c, size_t arg)
{
	struct entry *e = look(c, arg);

	if (count_look(c, e))
		call_event(c, EVENT_MISS, "keymiss", arg);
	return (e);
}

/* What is in the entry, which somebody uses; NULL is fine. */
static struct value
use(const struct call *c, struct entry *e)
{
	if (e == NULL)
		return ((struct value){ .type = VALUE_NONE });
	note_use(c, e);
	return (entry_value(e));
}

struct value
key_peek(struct call *c, size_t arg)
{
	const struct entry *e = look_counted(c, arg);

	return (e != NULL ? entry_value(e) :
	    (struct value){ .type = VALUE_NONE });
}

struct value
key_look(struct call *c, size_t arg)
{
	const struct entry *e = look(c, arg);

	count_look(c, e);
	return (e != NULL ? entry_value(e) :
	    (struct value){ .type = VALUE_NONE });
}

struct value
key_get_any(struct call *c, size_t arg)
{
	return (use(c, look_counted(c, arg)));
}

static bool
is_empty(const struct value *v)
{
	return (value_is_container(v) && value_count(v) == 0);
}

struct value
key_get(struct call *c, size_t arg)
{
	struct value v = key_get_any(c, arg);

	if (is_empty(&v))
		v.type = VALUE_NONE;
	return (v);
}

/* The name has to live as long as the event: it goes beside the arguments. */
static void
miss_named(struct call *c, struct bytes key)
{
	char *copy;

	if ((settings_number(SETTING_NOTIFY_KEYSPACE_EVENTS) & EVENT_MISS) == 0)
		return;
	copy = arena_take(&c->session->request.arena, key.length + 1);
	if (copy == NULL)
		log_fatal("out of memory for an event");
	if (key.length != 0)
		memcpy(copy, key.data, key.length);
	effects_event(c->effects, EVENT_MISS, "keymiss", c->db,
	    bytes_make(copy, key.length));
}

struct value
key_get_named(struct call *c, struct bytes key)
{
	struct place p;

	locate_named(c, key, keyspace_hash(key), &p);
	if (p.entry != NULL && entry_expired(p.entry, c->now))
		p.entry = NULL;
	if (count_look(c, p.entry))
		miss_named(c, key);
	return (use(c, p.entry));
}

bool
key_typed(struct call *c, size_t arg, enum value_type type, struct value *v)
{
	*v = key_get(c, arg);
	if (v->type != VALUE_NONE && v->type != type) {
		reply_error(c->reply, ERR_WRONG_TYPE);
		return (false);
	}
	if (arg == 1 && v->type != VALUE_NONE && v->type != VALUE_LIST)
		ahead_fetch_elements(c, v);
	return (true);
}

static bool
text_of(struct call *c, const struct value *v, struct bytes *text,
    char digits[NUMBER_SIZE])
{
	*text = bytes_make(NULL, 0);
	if (v->type == VALUE_NONE || is_empty(v) ||
	    value_text(v, text, digits))
		return (true);
	reply_error(c->reply, ERR_WRONG_TYPE);
	return (false);
}

bool
key_text(struct call *c, size_t arg, struct bytes *text,
    char digits[NUMBER_SIZE])
{
	struct value v = key_get(c, arg);

	return (text_of(c, &v, text, digits));
}

bool
key_text_uncounted(struct call *c, size_t arg, struct bytes *text,
    char digits[NUMBER_SIZE])
{
	struct value v = use(c, look(c, arg));

	return (text_of(c, &v, text, digits));
}

bool
key_whole(struct call *c, size_t arg, struct value *v)
{
	*v = key_get_any(c, arg);
	if (reply_can_say(c->reply, (enum value_type)v->type))
		return (true);
	reply_error(c->reply, ERR_WRONG_TYPE);
	return (false);
}

void
key_make_new(struct call *c, size_t arg, enum value_type type, struct value *v)
{
	/* Perhaps an empty one, of whatever type, is in the way. */
	key_delete(c, arg);
	*v = value_new(type);
}

bool
key_make(struct call *c, size_t arg, enum value_type type, struct value *v)
{
	if (!key_typed(c, arg, type, v))
		return (false);
	if (v->type == VALUE_NONE)
		key_make_new(c, arg, type, v);
	return (true);
}

bool
key_exists(struct call *c, size_t arg)
{
	return (look(c, arg) != NULL);
}

int64_t
key_deadline(struct call *c, size_t arg)
{
	const struct entry *e = look(c, arg);

	return (e != NULL ? entry_deadline(e) : 0);
}

size_t
key_size(struct call *c, size_t arg)
{
	const struct entry *e = look(c, arg);
	struct value v = entry_value(e);

	/* A slot of the table has a hash and a pointer. */
	return (entry_size(e) + value_size(&v) + sizeof(uint32_t) +
	    sizeof(void *));
}

int64_t
key_idle(struct call *c, size_t arg)
{
	return (access_idle(look(c, arg), c->now));
}

int
key_frequency(struct call *c, size_t arg)
{
	return (access_frequency(look(c, arg), c->now));
}

void
key_set_idle(struct call *c, size_t arg, int64_t seconds)
{
	if (!access_counts())
		access_set_idle(look(c, arg), seconds, c->now);
}

void
key_set_frequency(struct call *c, size_t arg, int frequency)
{
	if (access_counts())
		access_set_frequency(look(c, arg), frequency, c->now);
}

/* Tell that the key at the place is another, or gone, from now on. */
static void
changed(struct call *c, const struct place *p)
{
	assert((c->command->flags & (CMD_WRITE | CMD_EXCLUSIVE)) != 0);
	effects_changed(c->effects, p->shard, c->db, p->key);
}

/* The same of a value that stands where it stood. */
static void
changed_in_place(struct call *c, const struct place *p)
{
	changed(c, p);
	if (c->effects->record != NULL)
		record_changed(c->effects->record, p->shard, c->db);
}

static void
removed(struct call *c, const struct place *p)
{
	changed(c, p);
	if (c->effects->record != NULL)
		record_delete(c->effects->record, p->shard, c->db, p->key);
}

/* Take the entry of the place out of its table. */
static struct entry *
take_out(struct call *c, struct place *p)
{
	struct entry *e = table_remove(p->table, p->slot);

	forget_place(c);
	table_shrink(p->table);
	p->slot = TABLE_NO_SLOT;
	p->entry = NULL;
	return (e);
}

/* An entry whose time has come is in the way: it goes as the reaper's do. */
static void
clear_expired(struct call *c, struct place *p)
{
	if (p->entry == NULL || !entry_expired(p->entry, c->now))
		return;
	effects_expired(c->effects, p->shard, c->db, p->key);
	effects_bury(c->effects, take_out(c, p));
}

static void
insert(struct call *c, const struct place *p, struct entry *e)
{
	struct value v = entry_value(e);

	if (value_is_container(&v))
		effects_appeared(c->effects, p->shard, c->db, p->key);
	access_start(e, c->now);
	forget_place(c);
	table_insert(keyspace_make_table(c->engine->keyspace, p->shard,
	    c->db), keyspace_table_hash(p->hash), e);
	effects_event(c->effects, EVENT_NEW, "new", c->db, p->key);
}

/* Another entry in the place of the one that is there, and as often used. */
static void
replace(struct call *c, const struct place *p, struct entry *e)
{
	entry_set_access(e, entry_access(p->entry));
	forget_place(c);
	effects_bury(c->effects, table_replace(p->table, p->slot, e));
}

void
key_set(struct call *c, size_t arg, struct value *v, int64_t deadline)
{
	struct place *p = locate(c, arg);

	clear_expired(c, p);
	changed(c, p);
	if (deadline == KEY_KEEP_DEADLINE)
		deadline = p->entry != NULL ? entry_deadline(p->entry) : 0;
	else if (deadline != 0)
		keyspace_note_deadline(c->engine->keyspace, p->shard, deadline);
	if (c->effects->record != NULL)
		record_set(c->effects->record, p->shard, c->db, p->key, v,
		    deadline);
	if (p->entry == NULL)
		insert(c, p, entry_new(p->key, v, deadline));
	else {
		if (value_is_container(v))
			effects_appeared(c->effects, p->shard, c->db, p->key);
		note_use(c, p->entry);
		if (!entry_overwrite(p->entry, v, deadline))
			replace(c, p, entry_new(p->key, v, deadline));
	}
}

void
key_set_new(struct call *c, size_t arg, struct value *v, int64_t deadline)
{
	if (look(c, arg) != NULL)
		call_event(c, EVENT_NEW, "new", arg);
	key_set(c, arg, v, deadline);
}

bool
key_store(struct call *c, size_t arg, struct value *v)
{
	struct place *p = locate(c, arg);

	clear_expired(c, p);
	if (value_count(v) == 0) {
		if (p->entry == NULL) {
			value_free(v);
			return (false);
		}
		entry_put_back(p->entry, v);
		changed_in_place(c, p);
		effects_bury(c->effects, take_out(c, p));
		return (false);
	}
	changed_in_place(c, p);
	if (p->entry == NULL)
		insert(c, p, entry_new(p->key, v, 0));
	else
		entry_put_back(p->entry, v);
	return (true);
}

char *
key_edit(struct call *c, size_t arg, size_t length)
{
	struct place *p = locate(c, arg);
	struct bytes text = bytes_make(NULL, 0);
	char digits[NUMBER_SIZE];
	int64_t deadline = 0;
	struct value v;
	struct entry *e;

	clear_expired(c, p);
	if (p->entry == NULL || !entry_pad(p->entry, length)) {
		if (p->entry != NULL) {
			v = entry_value(p->entry);
			value_text(&v, &text, digits);
			deadline = entry_deadline(p->entry);
		}
		e = entry_new_padded(p->key, text, text.length > length ?
		    text.length : length, deadline);
		if (e == NULL) {
			reply_error(c->reply, ERR_NO_MEMORY_STRING);
			return (NULL);
		}
		if (p->entry == NULL)
			insert(c, p, e);
		else
			replace(c, p, e);
		p->entry = e;
	}
	changed_in_place(c, p);
	return (entry_value(p->entry).data);
}

void
key_set_deadline(struct call *c, size_t arg, int64_t deadline)
{
	struct place *p = locate(c, arg);
	bool had = entry_deadline(p->entry) != 0;

	changed(c, p);
	if (c->effects->record != NULL)
		record_deadline(c->effects->record, p->shard, c->db, p->key,
		    deadline);
	if (deadline != 0)
		keyspace_note_deadline(c->engine->keyspace, p->shard, deadline);
	if (had && deadline != 0)
		entry_set_deadline(p->entry, deadline);
	else if (had || deadline != 0)
		replace(c, p, entry_move(p->entry, deadline));
}

bool
key_delete(struct call *c, size_t arg)
{
	struct place *p = locate(c, arg);

	clear_expired(c, p);
	if (p->entry == NULL)
		return (false);
	removed(c, p);
	effects_bury(c->effects, take_out(c, p));
	return (true);
}

bool
key_take(struct call *c, size_t arg, struct value *v, int64_t *deadline)
{
	struct place *p = locate(c, arg);
	struct entry *e;

	clear_expired(c, p);
	if (p->entry == NULL)
		return (false);
	removed(c, p);
	e = take_out(c, p);
	*deadline = entry_deadline(e);
	*v = entry_take_value(e);
	effects_bury(c->effects, e);
	return (true);
}
