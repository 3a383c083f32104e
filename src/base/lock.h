/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All locks of the process.  LOCK_TABLE names them in the order in which they
 * may nest: who holds one may take only those further down (shards among
 * themselves by ascending number).  With --enable-lock-checks a violation
 * aborts.  A new lock is a row here and a sentence why an existing one would
 * not do.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/gate.h"

#define LOCK_TABLE(row)							\
	/* Whether an agent's thread is to end; what it sleeps on. */	\
	row(LOCK_AGENT, "agent")					\
	/* One shard of the keyspace; only store/lockset.c takes it.	\
	 * Before the rest, since EXEC runs any command with shards locked. */	\
	row(LOCK_SHARD, "shard")					\
	/* What becomes of one session's wait for a key: held while	\
	 * another serves it, which runs a body; see hand_over_note. */	\
	row(LOCK_WAIT, "wait")						\
	/* Who listens to which channel, held while a message is given to	\
	 * all: so that they get messages in one order. */		\
	row(LOCK_PUBSUB, "pubsub")					\
	/* Which clients cache which keys: not the one above, since every	\
	 * read of a client that caches takes it. */			\
	row(LOCK_TRACKING, "tracking")					\
	/* Values of the settings that are strings: read by CONFIG GET. */ \
	row(LOCK_SETTINGS, "settings")					\
	/* The list of sessions; held while CLIENT LIST, CLIENT KILL and	\
	 * the sweep of the slow walk it. */				\
	row(LOCK_SESSIONS, "sessions")					\
	/* One session's names: its owner writes, CLIENT LIST reads. */	\
	row(LOCK_SESSION, "session")					\
	/* What is pushed to one session, by anybody at any time. */	\
	row(LOCK_OUTBOX, "outbox")					\
	/* The requests that took long. */				\
	row(LOCK_SLOWLOG, "slow log")					\
	/* How long calls took, beside the slow log; neither in the other. */ \
	row(LOCK_LATENCY, "latency")					\
	/* Who waits for a worker, and which workers are idle. */	\
	row(LOCK_POOL, "pool")						\
	/* Whether somebody takes a snapshot; not held while it is taken. */ \
	row(LOCK_SAVER, "saver")					\
	/* Who syncs the journal's file or takes another one: held over	\
	 * fdatasync(2), so nobody may hold one of those above. */	\
	row(LOCK_JOURNAL_SYNC, "journal sync")				\
	/* Who writes to the journal's file; not held while it is done. */ \
	row(LOCK_JOURNAL_WRITE, "journal write")			\
	/* What has been appended to the journal; under shards. */	\
	row(LOCK_JOURNAL, "journal")					\
	/* Threads that wait for replies to send, and sessions that wait	\
	 * until that is done: woken once for many. */			\
	row(LOCK_PARTING, "parting")					\
	/* What threads that apply the journal at start wait for. */	\
	row(LOCK_REPLAY, "replay")					\
	/* Counters by error name, and the list of the workers' own. */	\
	row(LOCK_STATS, "stats")					\
	/* The pieces of memory that no thread has: anybody may need one. */ \
	row(LOCK_SLAB, "slab")

#define LOCK_RANK(id, name) id,
enum lock_rank { LOCK_TABLE(LOCK_RANK) LOCK_RANKS };
#undef LOCK_RANK

struct lock {
	pthread_mutex_t		mutex;
#ifdef LOCK_CHECKS
	enum lock_rank		rank;
#endif
};

struct rwlock {
	struct gate		gate;
#ifdef LOCK_CHECKS
	enum lock_rank		rank;
	uint32_t		order;
#endif
};

/* A call that fails only through our own mistake. */
#define must(call) do {							\
	int must_error = (call);					\
	assert(must_error == 0);					\
	(void)must_error;						\
} while (0)

void	lock_init(struct lock *, enum lock_rank);
void	lock_destroy(struct lock *);
void	lock_take(struct lock *);
void	lock_release(struct lock *);
/* Sleep on the condition, which uses CLOCK_MONOTONIC, with the lock released. */
void	lock_wait(struct lock *, pthread_cond_t *);
/* The same for at most ms milliseconds; false if they have passed. */
bool	lock_wait_ms(struct lock *, pthread_cond_t *, int ms);
bool	lock_wait_us(struct lock *, pthread_cond_t *, int64_t us);
/* A condition variable on CLOCK_MONOTONIC. */
void	lock_init_condition(pthread_cond_t *);

/* Locks of one rank nest by ascending order. */
void	rwlock_init(struct rwlock *, enum lock_rank, uint32_t order);
void	rwlock_destroy(struct rwlock *);
void	rwlock_take_read(struct rwlock *);
void	rwlock_take_write(struct rwlock *);
/* The same as rwlock_take_read() if it need not sleep, else false. */
bool	rwlock_try_read(struct rwlock *);
void	rwlock_release(struct rwlock *);

#ifdef LOCK_CHECKS
/* Abort unless this thread holds no lock at all: before it may sleep. */
void	lock_assert_none(void);
#else
#define lock_assert_none() ((void)0)
#endif

#endif
