/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linear probing over an array of 32-bit hashes beside an array of pointers: a
 * search touches one cache line of hashes and the entry that it finds, and a
 * resize touches no entry at all, so that stopping a shard for it costs well
 * under a millisecond (measured: 0.49 ms at worst with 1024 shards).  Removal
 * closes the gap (Knuth, "The Art of Computer Programming" 3, 6.4, algorithm
 * R): there are no tombstones.
 *
 * An entry's home is given by the top bits of its hash: the slots are nearly in
 * the order of hashes, whatever the size of the table, so that a walk can be
 * resumed at a hash after the table has grown.
 */
#include "store/table.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "store/entry.h"

enum { FEWEST_SLOTS = 8 };

static uint32_t
home(const struct table *t, uint32_t hash)
{
	return ((uint32_t)((uint64_t)hash * t->slots >> 32));
}

/* Atomically, for table_prefetch() looks at them without a lock. */
static void
set_arrays(struct table *t, struct entry **entries, uint32_t slots)
{
	__atomic_store_n(&t->slots, slots, __ATOMIC_RELAXED);
	__atomic_store_n(&t->entries, entries, __ATOMIC_RELAXED);
	__atomic_store_n(&t->hashes, entries != NULL ?
	    (uint32_t *)(entries + slots) : NULL, __ATOMIC_RELAXED);
}

void
table_prefetch(const struct table *t, uint32_t hash)
{
	uint32_t slots = __atomic_load_n(&t->slots, __ATOMIC_RELAXED);
	size_t slot = (size_t)((uint64_t)hash * slots >> 32);

	/*
	 * Should the arrays be others by now, these are addresses of nothing,
	 * which a prefetch does not mind.
	 */
	__builtin_prefetch((const void *)((uintptr_t)__atomic_load_n(
	    &t->hashes, __ATOMIC_RELAXED) + slot * sizeof(*t->hashes)));
	__builtin_prefetch((const void *)((uintptr_t)__atomic_load_n(
	    &t->entries, __ATOMIC_RELAXED) + slot * sizeof(*t->entries)));
}

void
table_prefetch_entry(const struct table *t, uint32_t hash)
{
	uint32_t slot;

	if (t->used == 0)
		return;
	for (slot = home(t, hash); t->hashes[slot] != 0;
	    slot = (slot + 1) & (t->slots - 1)) {
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

uint32_t
table_find(const struct table *t, uint32_t hash, struct bytes key)
{
	uint32_t mask = t->slots - 1, slot;

	if (t->used == 0)
		return (TABLE_NO_SLOT);
	for (slot = home(t, hash); t->hashes[slot] != 0;
	    slot = (slot + 1) & mask) {
		if (t->hashes[slot] == hash &&
		    bytes_equal(entry_key(t->entries[slot]), key))
			return (slot);
	}
	return (TABLE_NO_SLOT);
}

static void
place(struct table *t, uint32_t hash, struct entry *e)
{
	uint32_t slot = home(t, hash);

	while (t->hashes[slot] != 0)
		slot = (slot + 1) & (t->slots - 1);
	t->hashes[slot] = hash;
	t->entries[slot] = e;
}

/* One allocation for both arrays. */
static void
resize(struct table *t, uint32_t slots)
{
	struct table old = *t;
	uint32_t slot;

	set_arrays(t, mem_alloc(slots * (sizeof(*t->entries) +
	    sizeof(*t->hashes))), slots);
	memset(t->hashes, 0, slots * sizeof(*t->hashes));
	for (slot = 0; slot < old.slots; slot++) {
		if (old.hashes[slot] != 0)
			place(t, old.hashes[slot], old.entries[slot]);
	}
	mem_free(old.entries);
}

void
table_insert(struct table *t, uint32_t hash, struct entry *e)
{
	assert(hash != 0);
	/* At 4/5 a search for what is not there looks at 13 hashes. */
	if (t->used >= t->slots / 5 * 4)
		resize(t, t->slots != 0 ? 2 * t->slots : FEWEST_SLOTS);
	place(t, hash, e);
	t->used++;
	t->volatiles += entry_deadline(e) != 0;
}

void
table_reserve(struct table *t, uint32_t count)
{
	uint32_t slots = t->slots != 0 ? t->slots : FEWEST_SLOTS;

	while (count > slots / 5 * 4 && slots <= UINT32_MAX / 4)
		slots *= 2;
	if (count != 0 && slots != t->slots)
		resize(t, slots);
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
	uint32_t mask = t->slots - 1, gap = slot, next;
	struct entry *e = t->entries[slot];

	assert(t->hashes[slot] != 0);
	for (next = (gap + 1) & mask; t->hashes[next] != 0;
	    next = (next + 1) & mask) {
		/* What is at home between gap and next must stay behind gap. */
		if (((next - home(t, t->hashes[next])) & mask) <
		    ((next - gap) & mask))
			continue;
		t->hashes[gap] = t->hashes[next];
		t->entries[gap] = t->entries[next];
		gap = next;
	}
	t->hashes[gap] = 0;
	t->used--;
	t->volatiles -= entry_deadline(e) != 0;
	return (e);
}

void
table_shrink(struct table *t)
{
	uint32_t slots = t->slots;

	if (t->used == 0) {
		table_free(t);
		return;
	}
	while (slots > FEWEST_SLOTS && t->used < slots / 8)
		slots /= 2;
	if (slots != t->slots)
		resize(t, slots);
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

	set_arrays(t, NULL, 0);
	t->used = t->volatiles = 0;
	return (taken);
}

void
table_free(struct table *t)
{
	uint32_t slot;

	for (slot = 0; slot < t->slots; slot++)
		entry_free(table_at(t, slot));
	mem_free(table_take(t).entries);
}

/*
 * Entries that are at home in [first, last) stand from first on up to the
 * first free slot that is not before last, among others that are not.
 */
uint32_t
table_scan(const struct table *t, uint32_t from, size_t count,
    table_visit *visit, void *arg)
{
	uint32_t first, last, i, slot, slots = t->slots;

	if (t->used == 0)
		return (0);
	first = home(t, from);
	last = count < slots - first ? first + (uint32_t)count : slots;
	for (i = first; i < first + slots; i++) {
		slot = i & (slots - 1);
		if (t->hashes[slot] == 0) {
			if (i >= last)
				break;
			continue;
		}
		if (t->hashes[slot] >= from && home(t, t->hashes[slot]) < last)
			visit(t->entries[slot], arg);
	}
	/* The lowest hash that is at home in last; 0 if that is the end. */
	return ((uint32_t)(((uint64_t)last << 32) / slots));
}
