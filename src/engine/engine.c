/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/engine.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/command.h"
#include "engine/latency.h"
#include "engine/pubsub.h"
#include "engine/slowlog.h"
#include "engine/stats.h"
#include "engine/tracking.h"
#include "engine/wait.h"
#include "store/keyspace.h"
#include "value/schedule.h"

struct engine *
engine_new(struct command_table *commands, uint32_t shards)
{
	struct engine *e = mem_zalloc(sizeof(*e));
	unsigned char random[20];
	size_t i;

	e->keyspace = keyspace_new(shards,
	    (unsigned)settings_number(SETTING_DATABASES));
	e->watches = mem_zalloc(keyspace_shards(e->keyspace) *
	    sizeof(struct watch *));
	e->pubsub = pubsub_new();
	e->waits = wait_lists_new(keyspace_shards(e->keyspace));
	e->tracking = tracking_new();
	e->due = schedule_new();
	e->commands = commands;
	atomic_init(&e->reaping, true);
	e->slowlog = slowlog_new();
	e->latency = latency_new();
	e->stats = stats_new(command_count_all(commands));
	e->started_us = clock_wall_us();
	hash_random(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++)
		snprintf(e->run_id + 2 * i, 3, "%02x", random[i]);
	graves_init(&e->graves);
	partings_init(&e->partings);
	lock_init(&e->sessions_lock, LOCK_SESSIONS);
	return (e);
}

void
engine_free(struct engine **engine_p)
{
	struct engine *e = *engine_p;

	*engine_p = NULL;
	graves_destroy(&e->graves);
	partings_destroy(&e->partings);
	keyspace_free(&e->keyspace);
	pubsub_free(&e->pubsub);
	tracking_free(&e->tracking);
	schedule_free(e->due);
	mem_free(e->watches);
	mem_free(e->waits);
	command_table_free(&e->commands);
	stats_free(&e->stats);
	slowlog_free(&e->slowlog);
	latency_free(&e->latency);
	lock_destroy(&e->sessions_lock);
	mem_free(e);
}
