/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linear probing over an array of 32-bit hashes beside an array of pointers: a
 * search touches one or two cache lines of hashes and the entry that it finds,
 * and a resize touches no entry at all.
 *
 * An entry's home is given by the top bits of its hash, and entries stand in
 * the order of their hashes (O. Amble and D. E. Knuth, "Ordered hash tables",
 * 1974).  So a search for what is not there ends as early as one for what is,
 * and the table can be 9/10 full: 5 hashes are looked at on average, where
 * without order what is not there would take 50.  A resize is one walk through
 * both arrays, short enough, while the shard is stopped, to be done for an
 * eighth more.  And a walk can be resumed at a hash, whatever the size of the
 * table is by then.
 *
 * Nothing wraps around: behind the last home is room for what is displaced
 * beyond it, and at its end a slot that stays free, where every search ends.
 * Removal moves back what was displaced: there are no tombstones.
 */
#include "store/table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/pages.h"
#include "store/entry.h"

enum {
	FEWEST_HOMES	= 8,
	SLOT		= sizeof(struct entry *) + sizeof(uint32_t),
	AHEAD		= 8,	/* slots whose entries will be needed */
};

static size_t
bytes(uint32_t slots)
{
	return ((size_t)slots * SLOT);
}

static uint32_t
home(const struct table *t, uint32_t hash)
{
	return ((uint32_t)((uint64_t)hash * t->homes >> 32));
}

/* Whether the slot is taken by what stands before the hash, or has it. */
static bool
not_behind(const struct table *t, uint32_t slot, uint32_t hash)
{
	/* A free slot's 0 becomes the largest number. */
	return (t->hashes[slot] - 1 < hash);
}

/* Atomically, for table_prefetch() looks at them without a lock. */
static void
set_arrays(struct table *t, struct entry **entries, uint32_t homes,
    uint32_t slots)
{
	t->slots = slots;
	__atomic_store_n(&t->homes, homes, __ATOMIC_RELAXED);
	__atomic_store_n(&t->entries, entries, __ATOMIC_RELAXED);
	__atomic_store_n(&t->hashes, entries != NULL ?
	    (uint32_t *)(entries + slots) : NULL, __ATOMIC_RELAXED);
}

/* A search goes on into the next cache line about every other time. */
static void
prefetch(uintptr_t address)
{
	__builtin_prefetch((const void *)address);
	__builtin_prefetch((const void *)(address + 48));
}

void
table_prefetch(const struct table *t, uint32_t hash)
{
	uint32_t homes = __atomic_load_n(&t->homes, __ATOMIC_RELAXED);
	size_t slot = (size_t)((uint64_t)hash * homes >> 32);

	/*
	 * Should the arrays be others by now, these are addresses of nothing,
	 * which a prefetch does not mind.
	 */
	prefetch((uintptr_t)__atomic_load_n(&t->hashes, __ATOMIC_RELAXED) +
	    slot * sizeof(*t->hashes));
	prefetch((uintptr_t)__atomic_load_n(&t->entries, __ATOMIC_RELAXED) +
	    slot * sizeof(*t->entries));
}

void
table_prefetch_entry(const struct table *t, uint32_t hash)
{
	uint32_t slot;

	if (t->used == 0)
		return;
	for (slot = home(t, hash); not_behind(t, slot, hash); slot++) {
		if (t->hashes[slot] == hash) {
			/* Even reading writes to it: when it was used. */
			__builtin_prefetch(t->entries[slot], 1);
			/* Key and value rarely fit one cache line. */
			__builtin_prefetch((const char *)t->entries[slot] + 64,
			    1);
			return;
		}
	}
}

void
table_prefetch_at(const struct table *t, uint32_t slot)
{
	if (slot < t->slots && t->hashes[slot] != 0)
		__builtin_prefetch(t->entries[slot]);
}

uint32_t
table_find(const struct table *t, uint32_t hash, struct bytes key)
{
	uint32_t slot;

	if (t->used == 0)
		return (TABLE_NO_SLOT);
	for (slot = home(t, hash); not_behind(t, slot, hash); slot++) {
		if (t->hashes[slot] == hash &&
		    bytes_equal(entry_key(t->entries[slot]), key))
			return (slot);
	}
	return (TABLE_NO_SLOT);
}

/* Move what stands in [from, from + count) to another slot. */
static void
move(struct table *t, uint32_t to, uint32_t from, uint32_t count)
{
	memmove(&t->hashes[to], &t->hashes[from], count * sizeof(*t->hashes));
	memmove(&t->entries[to], &t->entries[from],
	    count * sizeof(*t->entries));
}

/* False if there is no room behind the last home. */
static bool
place(struct table *t, uint32_t hash, struct entry *e)
{
	uint32_t slot, end;

	for (slot = home(t, hash); not_behind(t, slot, hash); slot++)
		;
	for (end = slot; t->hashes[end] != 0; end++)
		;
	if (end == t->slots - 1)
		return (false);
	move(t, slot + 1, slot, end - slot);
	t->hashes[slot] = hash;
	t->entries[slot] = e;
	return (true);
}

/* Slots behind that many homes: of 5,000 tables one has no room at 9/10. */
static uint32_t
tail(uint32_t homes)
{
	return (4 + homes / 128 + 1);
}

/*
 * Move what stands in `from` and behind, as far forward as it may; nothing
 * moves back.  The end of what is taken.
 */
static uint32_t
spread(struct table *t, uint32_t from)
{
	uint32_t slot, hash, at = 0;

	for (slot = from; slot < t->slots; slot++) {
		if ((hash = t->hashes[slot]) == 0)
			continue;
		if (at < home(t, hash))
			at = home(t, hash);
		t->hashes[slot] = 0;
		t->hashes[at] = hash;
		t->entries[at++] = t->entries[slot];
	}
	return (at);
}

/*
 * Where it stands, so that only what is added is new memory: all goes to the
 * end and from there forward to its places, which are not behind that, since
 * no home moves by more slots than are added.
 */
static void
grow(struct table *t, uint32_t homes, uint32_t added)
{
	uint32_t slots = t->slots + added;
	struct entry **entries = pages_resize(t->entries, bytes(t->slots),
	    bytes(slots));
	uint32_t *hashes = (uint32_t *)(entries + slots);

	assert(homes - t->homes <= added);
	memmove(hashes + added, entries + t->slots,
	    t->slots * sizeof(*hashes));
	memset(hashes, 0, added * sizeof(*hashes));
	memmove(entries + added, entries, t->slots * sizeof(*entries));
	set_arrays(t, entries, homes, slots);
	spread(t, added);
}

static void
grow_to(struct table *t, uint32_t homes)
{
	uint32_t slots = homes + tail(homes), more;

	/* Not less behind the last home than it turned out to need. */
	if (slots < t->slots + (homes - t->homes))
		slots = t->slots + (homes - t->homes);
	more = (uint32_t)(pages_room(bytes(slots)) / SLOT) - slots;
	grow(t, homes + more, slots + more - t->slots);
}

static void
shrink_to(struct table *t, uint32_t homes)
{
	struct entry **entries = t->entries;
	uint32_t slots;

	set_arrays(t, entries, homes, t->slots);
	slots = spread(t, 0);
	slots = (slots > homes ? slots : homes) + tail(homes);
	if (slots >= t->slots)
		return;
	memmove(entries + slots, t->hashes, slots * sizeof(*t->hashes));
	set_arrays(t, pages_resize(entries, bytes(t->slots),
	    bytes(slots)), homes, slots);
}

/* How many entries may have that many homes. */
static uint32_t
room(uint32_t homes)
{
	return (homes - homes / 10);
}

void
table_insert(struct table *t, uint32_t hash, struct entry *e)
{
	assert(hash != 0);
	if (t->used >= room(t->homes))
		grow_to(t, t->homes + t->homes / 8 + FEWEST_HOMES);
	while (!place(t, hash, e))
		grow(t, t->homes, FEWEST_HOMES);
	t->used++;
	t->volatiles += entry_deadline(e) != 0;
}

void
table_reserve(struct table *t, uint32_t count)
{
	if (count > room(t->homes))
		grow_to(t, count + count / 9 + FEWEST_HOMES);
}

void
table_absorb(struct table *t, struct table *from)
{
	uint32_t slot;

	for (slot = 0; slot < from->slots; slot++) {
		table_prefetch_at(from, slot + AHEAD);
		if (from->hashes[slot] != 0)
			table_insert(t, from->hashes[slot],
			    from->entries[slot]);
	}
	pages_free(from->entries, bytes(from->slots));
	table_take(from);
}

struct entry *
table_replace(struct table *t, uint32_t slot, struct entry *e)
{
	struct entry *old = t->entries[slot];

	t->entries[slot] = e;
	t->volatiles += entry_deadline(e) != 0;
	t->volatiles -= entry_deadline(old) != 0;
	return (old);
}

struct entry *
table_remove(struct table *t, uint32_t slot)
{
	struct entry *e = t->entries[slot];
	uint32_t end;

	assert(t->hashes[slot] != 0);
	/* Up to the first that is at home. */
	for (end = slot + 1; t->hashes[end] != 0 &&
	    home(t, t->hashes[end]) != end; end++)
		;
	move(t, slot, slot + 1, end - slot - 1);
	t->hashes[end - 1] = 0;
	t->used--;
	t->volatiles -= entry_deadline(e) != 0;
	return (e);
}

void
table_shrink(struct table *t)
{
	if (t->used == 0)
		table_free(t);
	else if (t->homes > 4 * FEWEST_HOMES && t->used < t->homes / 4)
		shrink_to(t, 2 * t->used + FEWEST_HOMES);
}

struct entry *
table_at(const struct table *t, uint32_t slot)
{
	return (t->hashes[slot] != 0 ? t->entries[slot] : NULL);
}

struct table
table_take(struct table *t)
{
	struct table taken = *t;

	set_arrays(t, NULL, 0, 0);
	t->used = t->volatiles = 0;
	return (taken);
}

void
table_swap(struct table *a, struct table *b)
{
	struct table t = *a;

	set_arrays(a, b->entries, b->homes, b->slots);
	a->used = b->used;
	a->volatiles = b->volatiles;
	set_arrays(b, t.entries, t.homes, t.slots);
	b->used = t.used;
	b->volatiles = t.volatiles;
}

void
table_free(struct table *t)
{
	uint32_t slot;

	for (slot = 0; slot < t->slots; slot++)
		entry_free(table_at(t, slot));
	pages_free(t->entries, bytes(t->slots));
	table_take(t);
}

/*
 * Entries that are at home in [first, last) stand from first on, before all
 * that are at home behind.
 */
uint32_t
table_scan(const struct table *t, uint32_t from, size_t count,
    table_visit *visit, void *arg)
{
	uint32_t first, last, slot, homes = t->homes;

	if (t->used == 0)
		return (0);
	first = home(t, from);
	last = count < homes - first ? first + (uint32_t)count : homes;
	for (slot = first; slot < last || t->hashes[slot] != 0; slot++) {
		if (t->hashes[slot] == 0)
			continue;
		if (home(t, t->hashes[slot]) >= last)
			break;
		if (t->hashes[slot] >= from)
			visit(t->entries[slot], arg);
	}
	/* The lowest hash that is at home in last; 0 if that is the end. */
	return ((uint32_t)((((uint64_t)last << 32) + homes - 1) / homes));
}
