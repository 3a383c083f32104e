/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One lock for the line and the counts: it is taken twice a connection, never
 * for a request.
 */
#include "net/pool.h"

#include <errno.h>
#include <pthread.h>

#include "base/lock.h"
#include "base/mem.h"
#include "net/peer.h"

/*
 * Values nest at most 128 deep and what walks them is bounded by that, so a
 * small stack does; sanitizers need several times the room.
 */
#ifdef RESPD_SANITIZE
enum { STACK_SIZE = 2048 * 1024 };
#else
enum { STACK_SIZE = 256 * 1024 };
#endif

struct pool {
	pool_serve	*serve;
	void		*arg;
	pthread_t	*threads;

	struct lock	 lock;		/* guards the rest */
	pthread_cond_t	 work;		/* a peer waits, or closed */
	pthread_cond_t	 idle;		/* no worker is busy */
	size_t		 workers;
	size_t		 busy;
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

static void *
work(void *arg)
{
	struct pool *p = arg;
	struct peer *peer;

	lock_take(&p->lock);
	for (;;) {
		while ((peer = pop(p)) == NULL && !p->closed)
			lock_wait(&p->lock, &p->work);
		if (peer == NULL)
			break;
		p->busy++;
		lock_release(&p->lock);
		p->serve(peer, p->arg);
		peer_free(&peer);
		lock_take(&p->lock);
		if (--p->busy == 0)
			must(pthread_cond_broadcast(&p->idle));
	}
	lock_release(&p->lock);
	return (NULL);
}

/* Sets p->workers to how many there are; an errno if that is not all. */
static int
start_workers(struct pool *p, size_t workers)
{
	pthread_attr_t attr;
	int error = 0;

	must(pthread_attr_init(&attr));
	must(pthread_attr_setstacksize(&attr, STACK_SIZE));
	p->threads = mem_zalloc(workers * sizeof(*p->threads));
	while (error == 0 && p->workers < workers) {
		error = pthread_create(&p->threads[p->workers], &attr, work,
		    p);
		if (error == 0)
			p->workers++;
	}
	must(pthread_attr_destroy(&attr));
	return (error);
}

struct pool *
pool_new(size_t workers, pool_serve *serve, void *arg)
{
	struct pool *p = mem_zalloc(sizeof(*p));
	int error;

	p->serve = serve;
	p->arg = arg;
	lock_init(&p->lock, LOCK_POOL);
	lock_init_condition(&p->work);
	lock_init_condition(&p->idle);
	/* Nobody else knows the pool yet; new workers wait for the lock. */
	lock_take(&p->lock);
	error = start_workers(p, workers);
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
	given = !p->closed && (may_wait || p->busy + p->waiting < p->workers);
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
	return (given);
}

void
pool_count(struct pool *p, struct pool_counts *counts)
{
	lock_take(&p->lock);
	counts->workers = p->workers;
	counts->busy = p->busy;
	/* A peer that an idle worker is about to take does not wait. */
	counts->waiting = p->busy + p->waiting > p->workers ?
	    p->busy + p->waiting - p->workers : 0;
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
	size_t i;

	*pool_p = NULL;
	for (i = 0; i < p->workers; i++)
		must(pthread_join(p->threads[i], NULL));
	mem_free(p->threads);
	must(pthread_cond_destroy(&p->work));
	must(pthread_cond_destroy(&p->idle));
	lock_destroy(&p->lock);
	mem_free(p);
}
