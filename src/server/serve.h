/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

struct peer;

/* Which of our doors a peer came through: its tag. */
enum serve_door {
	SERVE_ARTICLE,
	SERVE_REDIS,
};

/*
 * Serve one peer until it goes, is told to, or the server drains; called in a
 * worker of the pool.  arg is the struct engine.
 */
void	serve(struct peer *, void *arg);

#endif
