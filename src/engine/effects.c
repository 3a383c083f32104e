/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/effects.h"

#include "base/mem.h"
#include "base/settings.h"
#include "engine/engine.h"
#include "engine/pubsub.h"
#include "engine/record.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "engine/tracking.h"
#include "engine/wait.h"
#include "engine/watch.h"
#include "store/entry.h"

void
effects_start(struct effects *e, struct engine *engine, struct session *session)
{
	e->engine = engine;
	e->session = session;
	e->record = NULL;
	e->position = 0;
	if (engine->journal != NULL) {
		e->record = session != NULL ? &session->record :
		    mem_zalloc(sizeof(*e->record));
		record_start(e->record);
	}
	e->changes = e->expired = e->evicted = 0;
	e->events = NULL;
	e->event_count = 0;
	e->ready = NULL;
	e->ready_count = 0;
	e->served = NULL;
	e->keys = NULL;
	e->key_count = e->key_size = 0;
	e->emptied = false;
	grave_start(&e->grave);
	e->frees_now = false;
}

static void
note_key(struct effects *e, struct bytes key)
{
	if (!tracking_is_on(e->engine))
		return;
	if (e->key_count == e->key_size) {
		e->key_size = e->key_size != 0 ? 2 * e->key_size : 4;
		e->keys = mem_resize(e->keys, e->key_size * sizeof(key));
	}
	e->keys[e->key_count++] = key;
}

void
effects_changed(struct effects *e, uint32_t shard, unsigned db,
    struct bytes key)
{
	e->changes++;
	watch_changed(e->engine, shard, db, key);
	note_key(e, key);
}

void
effects_appeared(struct effects *e, uint32_t shard, unsigned db,
    struct bytes key)
{
	wait_appeared(e, shard, db, key);
}

void
effects_expired(struct effects *e, uint32_t shard, unsigned db,
    struct bytes key)
{
	e->changes++;
	e->expired++;
	if (e->record != NULL)
		record_delete(e->record, shard, db, key);
	watch_expired(e->engine, shard, db, key);
	note_key(e, key);
	effects_event(e, EVENT_EXPIRED, "expired", db, key);
}

void
effects_evicted(struct effects *e, uint32_t shard, unsigned db,
    struct bytes key)
{
	effects_changed(e, shard, db, key);
	e->evicted++;
	if (e->record != NULL)
		record_delete(e->record, shard, db, key);
	effects_event(e, EVENT_EVICTED, "evicted", db, key);
}

void
effects_flushed(struct effects *e, uint32_t shard, unsigned db, uint64_t n)
{
	e->changes += n;
	watch_flushed(e->engine, shard, db);
}

void
effects_emptied(struct effects *e)
{
	e->emptied = true;
}

void
effects_swapped(struct effects *e, uint32_t shard, unsigned a, unsigned b)
{
	e->changes++;
	watch_swapped(e->engine, shard, a, b);
	wait_swapped(e, shard, a, b);
}

void
effects_due(struct effects *e, uint64_t n)
{
	e->changes += n;
}

/* Rarely more than one, so doubling would be for nobody. */
static struct event *
add_event(struct effects *e)
{
	if (e->event_count % 8 == 0)
		e->events = mem_resize(e->events, (e->event_count + 8) *
		    sizeof(*e->events));
	return (&e->events[e->event_count++]);
}

void
effects_event(struct effects *e, enum event_class class, const char *name,
    unsigned db, struct bytes key)
{
	int64_t wanted = settings_number(SETTING_NOTIFY_KEYSPACE_EVENTS);

	if ((wanted & class) == 0)
		return;
	add_event(e)[0] = (struct event){ .class = class, .name = name,
	    .key = key, .db = db };
}

void
effects_message(struct effects *e, enum pubsub_kind kind, struct bytes channel,
    struct bytes message)
{
	add_event(e)[0] = (struct event){ .key = channel, .message = message,
	    .kind = kind };
}

void
effects_bury(struct effects *e, struct entry *entry)
{
	grave_add_entry(&e->grave, entry);
}

/* To the key's channel, then to the event's. */
static void
publish_event(struct effects *e, const struct event *event)
{
	int64_t wanted = settings_number(SETTING_NOTIFY_KEYSPACE_EVENTS);
	struct buf channel = { 0 };

	if ((wanted & EVENT_KEYSPACE) != 0) {
		buf_add_format(&channel, "__keyspace@%u__:", event->db);
		buf_add(&channel, event->key.data, event->key.length);
		pubsub_publish(e->engine, PUBSUB_CHANNEL, buf_bytes(&channel),
		    bytes_of(event->name));
	}
	if ((wanted & EVENT_KEYEVENT) != 0) {
		buf_cut(&channel, 0);
		buf_add_format(&channel, "__keyevent@%u__:%s", event->db,
		    event->name);
		pubsub_publish(e->engine, PUBSUB_CHANNEL, buf_bytes(&channel),
		    event->key);
	}
	buf_free(&channel);
}

void
effects_publish(struct effects *e, struct counters *counters)
{
	size_t i;

	if (e->record != NULL)
		e->position = record_append(e->record, e->engine->journal,
		    e->engine->keyspace);
	else if (e->engine->journal != NULL && (e->changes != 0 || e->emptied))
		atomic_fetch_add(&e->engine->unrecorded, 1);
	if (e->changes == 0 && e->event_count == 0 && !e->emptied)
		return;
	stats_add(&counters->of[COUNTER_CHANGES], e->changes);
	if (e->expired != 0)
		stats_add(&counters->of[COUNTER_EXPIRED], e->expired);
	if (e->evicted != 0)
		stats_add(&counters->of[COUNTER_EVICTED], e->evicted);
	for (i = 0; i < e->event_count; i++) {
		if (e->events[i].name != NULL)
			publish_event(e, &e->events[i]);
		else
			pubsub_publish(e->engine, e->events[i].kind,
			    e->events[i].key, e->events[i].message);
	}
	if (e->emptied && tracking_is_on(e->engine))
		tracking_flushed(e->engine);
	if (e->key_count != 0)
		tracking_changed(e->engine, e->session, e->keys, e->key_count);
}

bool
effects_want_no_locks(const struct effects *e)
{
	return (!grave_is_empty(&e->grave) || e->served != NULL);
}

/*
 * Whether what is buried has to be given back at once, since memory is short:
 * what an agent will free later counts as used until then.
 */
static bool
memory_is_short(void)
{
	uint64_t limit = (uint64_t)settings_number(SETTING_MAXMEMORY);

	return (limit != 0 && mem_used() > limit / 4 * 3);
}

void
effects_finish(struct effects *e)
{
	wait_release(e);
	if (!grave_is_empty(&e->grave))
		graves_give(&e->engine->graves, &e->grave,
		    e->frees_now || memory_is_short());
	mem_free(e->events);
	mem_free(e->ready);
	mem_free(e->keys);
	if (e->record != NULL && e->session == NULL) {
		record_free(e->record);
		mem_free(e->record);
	}
}
