/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a struct rwlock is made of: many readers or one writer, who goes first.
 * Not recursive in any way.  Use base/lock.h.
 */
#ifndef BASE_GATE_H
#define BASE_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
#ifdef __linux__
	_Atomic uint32_t	 state;		/* see gate.c */
	_Atomic uint32_t	 wakes;
#else
	pthread_rwlock_t	 rwlock;
#endif
};

void	gate_init(struct gate *);
void	gate_destroy(struct gate *);
void	gate_enter_read(struct gate *);
/* The same if it need not sleep, else false. */
bool	gate_enter_read_now(struct gate *);
void	gate_enter_write(struct gate *);
bool	gate_enter_write_now(struct gate *);
/* Leave it, whichever way it was entered. */
void	gate_leave(struct gate *);

#endif
