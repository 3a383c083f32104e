/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/effects.h"

#include <string.h>

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
#include "value/schedule.h"

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
	e->dead = e->few_dead;
	e->dead_size = EFFECTS_FEW;
	e->dead_count = 0;
	e->dead_tables = NULL;
	e->dead_table_count = 0;
	e->dead_schedule = NULL;
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

void
effects_event(struct effects *e, enum event_class class, const char *name,
    unsigned db, struct bytes key)
{
	int64_t wanted = settings_number(SETTING_NOTIFY_KEYSPACE_EVENTS);

	if ((wanted & class) == 0)
		return;
	/* Rarely more than one, so doubling would be for nobody. */
	if (e->event_count % 8 == 0)
		e->events = mem_resize(e->events, (e->event_count + 8) *
		    sizeof(*e->events));
	e->events[e->event_count++] = (struct event){ class, name, key, db };
}

void
effects_bury(struct effects *e, struct entry *entry)
{
	if (entry == NULL)
		return;
	if (e->dead_count == e->dead_size) {
		e->dead_size *= 2;
		if (e->dead == e->few_dead) {
			e->dead = mem_alloc(e->dead_size *
			    sizeof(struct entry *));
			memcpy(e->dead, e->few_dead, sizeof(e->few_dead));
		} else
			e->dead = mem_resize(e->dead, e->dead_size *
			    sizeof(struct entry *));
	}
	e->dead[e->dead_count++] = entry;
}

void
effects_bury_table(struct effects *e, struct table t)
{
	if (t.slots == 0)
		return;
	/* Only FLUSHALL comes here, so doubling would be for nobody. */
	if (e->dead_table_count % 64 == 0)
		e->dead_tables = mem_resize(e->dead_tables,
		    (e->dead_table_count + 64) * sizeof(t));
	e->dead_tables[e->dead_table_count++] = t;
}

void
effects_bury_schedule(struct effects *e, struct schedule *s)
{
	/* A second one comes from the same EXEC, so it is small. */
	if (e->dead_schedule != NULL)
		schedule_free(s);
	else
		e->dead_schedule = s;
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
	if (e->changes != 0)
		stats_add(&counters->of[COUNTER_CHANGES], e->changes);
	if (e->expired != 0)
		stats_add(&counters->of[COUNTER_EXPIRED], e->expired);
	if (e->evicted != 0)
		stats_add(&counters->of[COUNTER_EVICTED], e->evicted);
	for (i = 0; i < e->event_count; i++)
		publish_event(e, &e->events[i]);
	if (e->key_count != 0)
		tracking_changed(e->engine, e->session, e->keys, e->key_count);
	if (e->emptied && tracking_is_on(e->engine))
		tracking_flushed(e->engine);
}

bool
effects_want_no_locks(const struct effects *e)
{
	return (e->dead_count != 0 || e->dead_table_count != 0 ||
	    e->served != NULL);
}

void
effects_finish(struct effects *e)
{
	size_t i;

	wait_release(e);
	for (i = 0; i < e->dead_count; i++)
		entry_free(e->dead[i]);
	for (i = 0; i < e->dead_table_count; i++)
		table_free(&e->dead_tables[i]);
	schedule_free(e->dead_schedule);
	if (e->dead_table_count != 0)
		mem_trim();
	if (e->dead != e->few_dead)
		mem_free(e->dead);
	mem_free(e->dead_tables);
	mem_free(e->events);
	mem_free(e->ready);
	mem_free(e->keys);
	if (e->record != NULL && e->session == NULL) {
		record_free(e->record);
		mem_free(e->record);
	}
}
