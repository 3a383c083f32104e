/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/plan.h"

#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/call.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "engine/multi.h"
#include "engine/session.h"
#include "store/keyspace.h"

/* Room for the hashes of as many keys as there are arguments. */
static void
make_room(struct call *c)
{
	struct session *s = c->session;

	c->hashes = c->few_hashes;
	if (c->argc <= CALL_FEW_ARGS)
		return;
	if (s->hashes_size < c->argc || s->hashes_size > 1024) {
		mem_free(s->hashes);
		s->hashes = mem_alloc(c->argc * sizeof(*s->hashes));
		s->hashes_size = c->argc;
	}
	c->hashes = s->hashes;
}

bool
plan_has_key(const struct call *c, size_t arg)
{
	return (command_range_has(&c->command->keys, c->argc, arg) ||
	    command_range_has(&c->more, c->argc, arg));
}

bool
plan_waits_for(const struct call *c, size_t arg)
{
	const struct command_range *waits = &c->command->waits;

	return (waits->first != 0 ? command_range_has(waits, c->argc, arg) :
	    plan_has_key(c, arg));
}

bool
plan_more_keys(struct call *c)
{
	return (c->command->more_keys != NULL &&
	    c->command->more_keys(c->args, c->argc, &c->more));
}

/* Of argument 1 it may be known already. */
static uint64_t
hash_of(const struct call *c, size_t arg)
{
	const struct ahead *ahead = &c->session->ahead;

	return (arg == 1 && ahead->has_hash && !c->nested ? ahead->hash :
	    keyspace_hash(call_arg(c, arg)));
}

static void
plan_range(struct call *c, const struct command_range *keys)
{
	struct keyspace *ks = c->engine->keyspace;
	size_t i, last;

	if (keys->first == 0)
		return;
	last = command_range_last(keys, c->argc);
	for (i = (size_t)keys->first; i <= last; i += (size_t)keys->step) {
		c->hashes[i] = hash_of(c, i);
		lockset_add(c->locks, keyspace_shard(ks, c->hashes[i]));
	}
	if (last > (size_t)keys->first)
		ahead_fetch_slots(c, keys);
}

void
plan_shards(struct call *c)
{
	unsigned flags = c->command->flags;
	bool all;

	c->exclusive |= (flags & (CMD_WRITE | CMD_EXCLUSIVE)) != 0;
	/* As most do. */
	if (c->command->one_key) {
		c->hashes[1] = hash_of(c, 1);
		lockset_add(c->locks, keyspace_shard(c->engine->keyspace,
		    c->hashes[1]));
		return;
	}
	all = plan_more_keys(c);
	if (all || (flags & CMD_ALL_KEYS) != 0 ||
	    (c->nested && (flags & CMD_EACH_SHARD) != 0))
		lockset_add_all(c->locks);
	if ((flags & CMD_DUE) != 0)
		lockset_add(c->locks, DUE_SHARD);
	plan_range(c, &c->command->keys);
	plan_range(c, &c->more);
	if ((flags & CMD_EXEC) != 0)
		multi_plan(c);
}

void
plan_call(struct call *c)
{
	make_room(c);
	plan_shards(c);
}
