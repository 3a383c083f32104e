/* SPDX-License-Identifier: BSD-2-Clause */
#include "agents/sender.h"

#include <errno.h>
#include <pthread.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/engine.h"

/* One waits for the disk while the other sends. */
enum { THREADS = 2 };

struct sender {
	struct engine	*engine;
	pthread_t	 threads[THREADS];
	int		 count;
};

static void *
work(void *arg)
{
	struct sender *s = arg;

	while (partings_next(s->engine))
		;
	mem_settle();
	return (NULL);
}

struct sender *
sender_new(struct engine *e)
{
	struct sender *s = mem_zalloc(sizeof(*s));
	int error = 0;

	s->engine = e;
	partings_open(&e->partings, true);
	while (s->count < THREADS && error == 0) {
		error = thread_start(&s->threads[s->count], work, s);
		s->count += error == 0;
	}
	if (error == 0)
		return (s);
	sender_free(&s);
	errno = error;
	return (NULL);
}

void
sender_free(struct sender **sender_p)
{
	struct sender *s = *sender_p;

	*sender_p = NULL;
	if (s == NULL)
		return;
	partings_open(&s->engine->partings, false);
	while (s->count > 0)
		must(pthread_join(s->threads[--s->count], NULL));
	mem_free(s);
}
