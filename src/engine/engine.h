/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all sessions share.  Made once by the server, before any thread.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "engine/grave.h"
#include "engine/parting.h"

/* The Redis whose replies these are: what HELLO and INFO report. */
#define REDIS_VERSION	"7.2.4"

struct command_table;
struct journal;
struct keyspace;
struct latency;
struct pool;
struct pubsub;
struct saver;
struct schedule;
struct session;
struct slowlog;
struct stats;
struct tracking;
struct wait_list;
struct watch;

struct engine {
	struct keyspace		*keyspace;
	struct command_table	*commands;
	struct stats		*stats;
	struct slowlog		*slowlog;
	struct journal *_Atomic	 journal;	/* NULL: nothing is recorded */
	/* Calls that ended with a journal, and had begun without one. */
	_Atomic uint64_t	 unrecorded;
	struct latency		*latency;
	/*
	 * While the journal is replayed, the position of the record that is:
	 * what is done to all shards passes over those that have had it.
	 */
	uint64_t		 replaying;
	struct pool		*pool;		/* for INFO; NULL until it runs */
	int64_t			 started_us;	/* wall clock */
	char			 run_id[41];	/* random, new each start */
	struct saver		*saver;		/* NULL: no data directory */
	_Atomic bool		 loading;	/* its data, and not all is there */
	const char		*config_path;	/* NULL: none was given */
	_Atomic uint64_t	 rejected;	/* connections turned away */
	_Atomic bool		 reaping;	/* expired keys are removed */
	struct pubsub		*pubsub;
	struct tracking		*tracking;
	struct schedule		*due;		/* due.c's */
	struct graves		 graves;
	struct partings		 partings;
	/* By shard, whose lock guards the list. */
	struct watch		**watches;
	struct wait_list	*waits;
	_Atomic size_t		 blocked;	/* sessions in a wait */
	_Atomic int64_t		 pause;		/* pause.c's */
	_Atomic size_t		 paused;	/* sessions that it holds */

	struct lock		 sessions_lock;	/* guards the rest */
	struct session		*sessions;	/* oldest first */
	struct session		*newest;
	_Atomic size_t		 session_count;	/* may be looked at without */
	uint64_t		 last_session;	/* id of the newest */
	bool			 draining;	/* no session may begin */
};

/* A store without keys, of that many shards, with the commands given. */
struct engine	*engine_new(struct command_table *, uint32_t shards);
/* Free it, commands included, when no thread uses it; clears the pointer. */
void		 engine_free(struct engine **);

#endif
