/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads with a stack of our size.  Values nest at most 128 deep and what walks
 * them is bounded by that, so a small one does.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* Run the function in a new thread, to be joined; else an errno. */
int	thread_start(pthread_t *, void *(*)(void *), void *arg);

#endif
