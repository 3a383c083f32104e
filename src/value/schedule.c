/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A binary heap in an array: item i comes before items 2i + 1 and 2i + 2.
 */
#include "value/schedule.h"

#include <stdlib.h>

#include "base/mem.h"

struct item {
	int64_t		time;
	uint64_t	number;		/* of those that ever came */
	struct value	value;
};

struct schedule {
	struct item	*items;
	size_t		 length;
	size_t		 size;
	uint64_t	 added;		/* ever */
};

struct schedule *
schedule_new(void)
{
	return (mem_zalloc(sizeof(struct schedule)));
}

void
schedule_free(struct schedule *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->length; i++)
		value_free(&s->items[i].value);
	mem_free(s->items);
	mem_free(s);
}

size_t
schedule_length(const struct schedule *s)
{
	return (s->length);
}

static bool
before(const struct item *a, const struct item *b)
{
	return (a->time != b->time ? a->time < b->time :
	    a->number < b->number);
}

void
schedule_add(struct schedule *s, int64_t time, struct value *v)
{
	struct item item = { .time = time, .number = s->added++ };
	size_t i, parent;

	value_own(v);
	item.value = *v;
	v->type = VALUE_NONE;
	if (s->length == s->size) {
		s->size = s->size != 0 ? 2 * s->size : 8;
		s->items = mem_resize(s->items, s->size * sizeof(item));
	}
	for (i = s->length++; i != 0; i = parent) {
		parent = (i - 1) / 2;
		if (!before(&item, &s->items[parent]))
			break;
		s->items[i] = s->items[parent];
	}
	s->items[i] = item;
}

/* The first item has gone: its place, or one that follows, is the last's. */
static void
close_gap(struct schedule *s)
{
	struct item last = s->items[--s->length];
	size_t i, child;

	for (i = 0; (child = 2 * i + 1) < s->length; i = child) {
		if (child + 1 < s->length &&
		    before(&s->items[child + 1], &s->items[child]))
			child++;
		if (!before(&s->items[child], &last))
			break;
		s->items[i] = s->items[child];
	}
	s->items[i] = last;
	if (s->size > 8 && s->length < s->size / 4) {
		s->size /= 2;
		s->items = mem_resize(s->items, s->size * sizeof(last));
	}
}

bool
schedule_take(struct schedule *s, int64_t time, struct value *v)
{
	if (s->length == 0 || s->items[0].time > time)
		return (false);
	*v = s->items[0].value;
	close_gap(s);
	return (true);
}

static int
compare(const void *a, const void *b)
{
	return (before(*(const struct item *const *)a,
	    *(const struct item *const *)b) ? -1 : 1);
}

void
schedule_walk(const struct schedule *s, schedule_visit *visit, void *arg)
{
	const struct item **sorted = mem_alloc((s->length + 1) *
	    sizeof(*sorted));
	size_t i;

	for (i = 0; i < s->length; i++)
		sorted[i] = &s->items[i];
	qsort(sorted, s->length, sizeof(*sorted), compare);
	for (i = 0; i < s->length; i++)
		visit(arg, sorted[i]->time, &sorted[i]->value);
	mem_free(sorted);
}
