/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One lock for the line and the counts: it is taken twice a connection, and
 * for a request only if that sleeps.
 *
 * Threads are joined by one another: one that ends joins the one that ended
 * before, and pool_free() the last.
 */
#include "net/pool.h"

#include <errno.h>
#include <pthread.h>

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "net/peer.h"

/* How long a spare thread waits for somebody to serve. */
enum { SPARE_MS = 1000 };

struct pool {
	pool_serve	*serve;
	void		*arg;
	size_t		 workers;	/* how many may be awake and busy */

	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 work;		/* a peer waits, or closed */
	pthread_cond_t	 idle;		/* no thread is busy, or one ended */
	size_t		 threads;
	size_t		 busy;		/* of these, serve a peer */
	size_t		 lent;		/* of these, sleep for it */
	pthread_t	 ended;		/* not joined yet, */
	bool		 has_ended;	/* if there is one */
	size_t		 waiting;	/* length of first..last */
	struct peer	*first;
	struct peer	*last;
	bool		 closed;
};

static struct peer *
pop(struct pool *p)
{
	struct peer *peer = p->first;

	if (peer == NULL)
		return (NULL);
	p->first = peer->next;
	if (p->first == NULL)
		p->last = NULL;
	peer->next = NULL;
	p->waiting--;
	return (peer);
}

/* Somebody to serve who may be served now; NULL: nobody. */
static struct peer *
next(struct pool *p)
{
	return (p->busy - p->lent < p->workers ? pop(p) : NULL);
}

/* Whether there are more threads than can come to serve somebody. */
static bool
too_many(const struct pool *p)
{
	return (p->threads - p->lent > p->workers);
}

/* Somebody to serve; NULL: this thread is to end. */
static struct peer *
wait_for_peer(struct pool *p)
{
	struct peer *peer;
	bool in_time = true;

	while ((peer = next(p)) == NULL && !p->closed) {
		if (!too_many(p)) {
			lock_wait(&p->lock, &p->work);
			in_time = true;
		} else if (in_time)
			in_time = lock_wait_ms(&p->lock, &p->work, SPARE_MS);
		else
			break;
	}
	return (peer);
}

/* The thread is about to end: it is the next one's to join. */
static void
end(struct pool *p)
{
	pthread_t before = p->ended;
	bool joins = p->has_ended;

	p->ended = pthread_self();
	p->has_ended = true;
	p->threads--;
	must(pthread_cond_broadcast(&p->idle));
	/* Another may be one too many as well. */
	if (too_many(p))
		must(pthread_cond_signal(&p->work));
	lock_release(&p->lock);
	if (joins)
		must(pthread_join(before, NULL));
}

static void *
work(void *arg)
{
	struct pool *p = arg;
	struct peer *peer;

	lock_take(&p->lock);
	while ((peer = wait_for_peer(p)) != NULL) {
		p->busy++;
		lock_release(&p->lock);
		p->serve(peer, p->arg);
		peer_free(&peer);
		lock_take(&p->lock);
		if (--p->busy == 0)
			must(pthread_cond_broadcast(&p->idle));
	}
	end(p);
	return (NULL);
}

/* One thread more, which waits for the pool's lock; an errno if it cannot be. */
static int
start_thread(struct pool *p)
{
	pthread_t thread;
	int error = thread_start(&thread, work, p);

	if (error == 0)
		p->threads++;
	return (error);
}

struct pool *
pool_new(size_t workers, pool_serve *serve, void *arg)
{
	struct pool *p = mem_zalloc(sizeof(*p));
	int error = 0;

	p->serve = serve;
	p->arg = arg;
	p->workers = workers;
	lock_init(&p->lock, LOCK_POOL);
	lock_init_condition(&p->work);
	lock_init_condition(&p->idle);
	lock_take(&p->lock);
	while (error == 0 && p->threads < workers)
		error = start_thread(p);
	lock_release(&p->lock);
	if (error != 0) {
		pool_close(p);
		pool_free(&p);
		errno = error;
	}
	return (p);
}

bool
pool_give(struct pool *p, struct peer *peer, bool may_wait)
{
	bool given;

	lock_take(&p->lock);
	given = !p->closed && (may_wait ||
	    p->busy - p->lent + p->waiting < p->workers);
	if (given) {
		if (p->last != NULL)
			p->last->next = peer;
		else
			p->first = peer;
		p->last = peer;
		p->waiting++;
		must(pthread_cond_signal(&p->work));
	}
	lock_release(&p->lock);
	if (given)
		pool_relieve(p);
	return (given);
}

bool
pool_lend(struct pool *p, size_t most)
{
	bool may;

	lock_take(&p->lock);
	may = p->lent < most;
	p->lent += may;
	/* An idle thread may be there for whoever waits. */
	if (may && p->waiting != 0)
		must(pthread_cond_signal(&p->work));
	lock_release(&p->lock);
	return (may);
}

void
pool_return(struct pool *p)
{
	lock_take(&p->lock);
	p->lent--;
	/* Too many are idle now, perhaps: one looks. */
	if (too_many(p) && p->threads > p->busy)
		must(pthread_cond_signal(&p->work));
	lock_release(&p->lock);
}

/* Whether somebody in line has a place but no thread. */
static bool
thread_lacks(const struct pool *p)
{
	size_t idle = p->threads - p->busy;

	return (!p->closed && p->waiting > idle &&
	    p->threads - p->lent < p->workers);
}

void
pool_relieve(struct pool *p)
{
	int error = 0;

	lock_take(&p->lock);
	while (error == 0 && thread_lacks(p))
		error = start_thread(p);
	lock_release(&p->lock);
	if (error != 0) {
		errno = error;
		log_warning("no spare thread for a client in line: %m");
	}
}

void
pool_count(struct pool *p, struct pool_counts *counts)
{
	lock_take(&p->lock);
	counts->workers = p->workers;
	counts->busy = p->busy - p->lent;
	counts->lent = p->lent;
	/* A peer that an idle worker is about to take does not wait. */
	counts->waiting = counts->busy + p->waiting > p->workers ?
	    counts->busy + p->waiting - p->workers : 0;
	lock_release(&p->lock);
}

void
pool_close(struct pool *p)
{
	struct peer *peer;

	lock_take(&p->lock);
	p->closed = true;
	while ((peer = pop(p)) != NULL)
		peer_free(&peer);
	must(pthread_cond_broadcast(&p->work));
	lock_release(&p->lock);
}

bool
pool_wait_idle(struct pool *p, int ms)
{
	bool idle, in_time = true;

	lock_take(&p->lock);
	while (p->busy != 0 && in_time)
		in_time = lock_wait_ms(&p->lock, &p->idle, ms);
	idle = p->busy == 0;
	lock_release(&p->lock);
	return (idle);
}

void
pool_free(struct pool **pool_p)
{
	struct pool *p = *pool_p;

	*pool_p = NULL;
	lock_take(&p->lock);
	while (p->threads != 0)
		lock_wait(&p->lock, &p->idle);
	lock_release(&p->lock);
	if (p->has_ended)
		must(pthread_join(p->ended, NULL));
	must(pthread_cond_destroy(&p->work));
	must(pthread_cond_destroy(&p->idle));
	lock_destroy(&p->lock);
	mem_free(p);
}
