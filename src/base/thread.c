/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/thread.h"

#include "base/lock.h"

/* Sanitizers need several times the room. */
#ifdef RESPD_SANITIZE
enum { STACK_SIZE = 2048 * 1024 };
#else
enum { STACK_SIZE = 256 * 1024 };
#endif

int
thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	int error;

	must(pthread_attr_init(&attr));
	must(pthread_attr_setstacksize(&attr, STACK_SIZE));
	error = pthread_create(thread, &attr, run, arg);
	must(pthread_attr_destroy(&attr));
	return (error);
}
