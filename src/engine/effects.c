/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/effects.h"

#include <string.h>

#include "base/mem.h"
#include "engine/stats.h"
#include "store/entry.h"
#include "store/keyspace.h"

void
effects_start(struct effects *e)
{
	e->changes = e->expired = 0;
	e->shards = e->few_shards;
	e->dead = e->few_dead;
	e->shard_size = e->dead_size = EFFECTS_FEW;
	e->shard_count = e->dead_count = 0;
	e->dead_tables = NULL;
	e->dead_table_count = 0;
}

/* Twice the room for n elements of that size; few are not an allocation. */
static void *
grow(void *list, const void *few, size_t n, size_t size)
{
	void *larger;

	if (list != few)
		return (mem_resize(list, 2 * n * size));
	larger = mem_alloc(2 * n * size);
	return (memcpy(larger, few, n * size));
}

void
effects_changed(struct effects *e, uint32_t shard)
{
	effects_changed_many(e, shard, 1);
}

void
effects_changed_many(struct effects *e, uint32_t shard, uint64_t n)
{
	e->changes += n;
	if (e->shard_count == e->shard_size) {
		e->shards = grow(e->shards, e->few_shards, e->shard_size,
		    sizeof(*e->shards));
		e->shard_size *= 2;
	}
	e->shards[e->shard_count++] = shard;
}

void
effects_bury(struct effects *e, struct entry *entry)
{
	if (entry == NULL)
		return;
	if (e->dead_count == e->dead_size) {
		e->dead = grow(e->dead, e->few_dead, e->dead_size,
		    sizeof(struct entry *));
		e->dead_size *= 2;
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
effects_publish(struct effects *e, struct keyspace *ks,
    struct counters *counters)
{
	size_t i;

	if (e->changes == 0)
		return;
	for (i = 0; i < e->shard_count; i++)
		keyspace_changed(ks, e->shards[i]);
	stats_add(&counters->of[COUNTER_CHANGES], e->changes);
	stats_add(&counters->of[COUNTER_EXPIRED], e->expired);
}

void
effects_finish(struct effects *e)
{
	size_t i;

	for (i = 0; i < e->dead_count; i++)
		entry_free(e->dead[i]);
	for (i = 0; i < e->dead_table_count; i++)
		table_free(&e->dead_tables[i]);
	if (e->dead_table_count != 0)
		mem_trim();
	if (e->shards != e->few_shards)
		mem_free(e->shards);
	if (e->dead != e->few_dead)
		mem_free(e->dead);
	mem_free(e->dead_tables);
}
