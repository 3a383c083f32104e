/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/grave.h"

#include <string.h>

#include "base/mem.h"
#include "store/entry.h"
#include "value/schedule.h"

enum {
	/* Elements from which on it is worth waking another thread. */
	LARGE		= 1000,
	/* Graves in line; those who come when it is full fill them in. */
	MOST		= 1000,
	/* Keys, or elements of one, whose memory the system should get back. */
	TRIM		= 100000
};

void
grave_start(struct grave *g)
{
	g->entries = NULL;
	g->count = 0;
	g->size = GRAVE_FEW;
	g->tables = NULL;
	g->table_count = 0;
	g->schedule = NULL;
}

bool
grave_is_empty(const struct grave *g)
{
	return (g->count == 0 && g->table_count == 0 && g->schedule == NULL);
}

static struct entry **
entries(struct grave *g)
{
	return (g->entries != NULL ? g->entries : g->few);
}

void
grave_add_entry(struct grave *g, struct entry *entry)
{
	if (entry == NULL)
		return;
	if (g->count == g->size) {
		g->size *= 2;
		if (g->entries == NULL) {
			g->entries = mem_alloc(g->size * sizeof(entry));
			memcpy(g->entries, g->few, sizeof(g->few));
		} else
			g->entries = mem_resize(g->entries, g->size *
			    sizeof(entry));
	}
	entries(g)[g->count++] = entry;
}

void
grave_add_table(struct grave *g, struct table t)
{
	if (t.slots == 0)
		return;
	/* Only FLUSHALL comes here, so doubling would be for nobody. */
	if (g->table_count % 64 == 0)
		g->tables = mem_resize(g->tables, (g->table_count + 64) *
		    sizeof(t));
	g->tables[g->table_count++] = t;
}

void
grave_add_schedule(struct grave *g, struct schedule *s)
{
	/* A second one comes from the same EXEC, so it is small. */
	if (g->schedule != NULL)
		schedule_free(s);
	else
		g->schedule = s;
}

/* How many keys, and elements of containers, are in it. */
static size_t
weigh(struct grave *g)
{
	size_t weight = g->count, i;
	struct value v;

	for (i = 0; i < g->count; i++) {
		v = entry_value(entries(g)[i]);
		if (value_is_container(&v))
			weight += value_count(&v);
	}
	for (i = 0; i < g->table_count; i++)
		weight += g->tables[i].used;
	return (weight + (g->schedule != NULL ? schedule_length(g->schedule) :
	    0));
}

static uint64_t
count_keys(const struct grave *g)
{
	uint64_t n = g->count;
	size_t i;

	for (i = 0; i < g->table_count; i++)
		n += g->tables[i].used;
	return (n);
}

void
grave_fill(struct grave *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		entry_free(entries(g)[i]);
	for (i = 0; i < g->table_count; i++)
		table_free(&g->tables[i]);
	schedule_free(g->schedule);
	mem_free(g->entries);
	mem_free(g->tables);
	grave_start(g);
}

void
graves_init(struct graves *all)
{
	memset(all, 0, sizeof(*all));
	lock_init(&all->lock, LOCK_AGENT);
	lock_init_condition(&all->change);
}

void
graves_destroy(struct graves *all)
{
	struct grave *g;

	while ((g = all->first) != NULL) {
		all->first = g->next;
		grave_fill(g);
		mem_free(g);
	}
	must(pthread_cond_destroy(&all->change));
	lock_destroy(&all->lock);
}

void
graves_open(struct graves *all, bool open)
{
	lock_take(&all->lock);
	all->open = open;
	must(pthread_cond_signal(&all->change));
	lock_release(&all->lock);
}

/* False if there is no room, or nobody who would take it. */
static bool
put_in_line(struct graves *all, const struct grave *grave)
{
	struct grave *g = mem_copy(grave, sizeof(*grave));
	bool fits;

	g->next = NULL;
	lock_take(&all->lock);
	fits = all->open && all->count < MOST;
	if (fits) {
		if (all->first == NULL)
			all->first = g;
		else
			all->last->next = g;
		all->last = g;
		all->count++;
		atomic_fetch_add(&all->pending, count_keys(g));
		must(pthread_cond_signal(&all->change));
	}
	lock_release(&all->lock);
	if (!fits)
		mem_free(g);
	return (fits);
}

void
graves_give(struct graves *all, struct grave *g, bool now)
{
	if (now || weigh(g) < LARGE || !put_in_line(all, g))
		grave_fill(g);
	else
		grave_start(g);
}

bool
graves_next(struct graves *all)
{
	struct grave *g;
	uint64_t keys;
	bool trim;

	lock_take(&all->lock);
	while (all->open && all->first == NULL)
		lock_wait(&all->lock, &all->change);
	if ((g = all->first) != NULL) {
		all->first = g->next;
		all->count--;
	}
	lock_release(&all->lock);
	if (g == NULL)
		return (false);
	keys = count_keys(g);
	trim = weigh(g) >= TRIM;
	grave_fill(g);
	mem_free(g);
	if (trim)
		mem_trim();
	mem_settle();
	atomic_fetch_sub(&all->pending, keys);
	atomic_fetch_add(&all->filled, keys);
	return (true);
}
