/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Its thread is as nice as can be: who waits for a reply goes first.
 */
#include "agents/undertaker.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/engine.h"

struct undertaker {
	struct engine	*engine;
	pthread_t	 thread;
};

static void *
work(void *arg)
{
	struct undertaker *u = arg;

#ifdef __linux__
	/* There, it is the thread's alone. */
	setpriority(PRIO_PROCESS, 0, 19);
#endif
	while (graves_next(&u->engine->graves))
		;
	return (NULL);
}

struct undertaker *
undertaker_new(struct engine *e)
{
	struct undertaker *u = mem_zalloc(sizeof(*u));
	int error;

	u->engine = e;
	graves_open(&e->graves, true);
	error = thread_start(&u->thread, work, u);
	if (error == 0)
		return (u);
	graves_open(&e->graves, false);
	mem_free(u);
	errno = error;
	return (NULL);
}

void
undertaker_free(struct undertaker **undertaker_p)
{
	struct undertaker *u = *undertaker_p;

	*undertaker_p = NULL;
	if (u == NULL)
		return;
	graves_open(&u->engine->graves, false);
	must(pthread_join(u->thread, NULL));
	mem_free(u);
}
