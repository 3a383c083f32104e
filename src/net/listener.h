/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets we listen on and the thread that accepts from them.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct listener;
struct peer;

/* Called in the acceptor thread with a new peer, which it takes. */
typedef void listener_accept(struct peer *, void *arg);

struct listener	*listener_new(int backlog);
/*
 * Listen on all addresses that host names, on the TCP port; peers from there
 * carry the tag.  False, with what failed in wrong.
 */
bool		 listener_add_tcp(struct listener *, const char *host,
		    uint16_t port, int tag, struct buf *wrong);
/*
 * Listen on a Unix socket at the path with these permissions from the first
 * moment on.  A socket nobody listens on is replaced, anything else is not.
 */
bool		 listener_add_unix(struct listener *, const char *path,
		    unsigned mode, int tag, struct buf *wrong);
/* Take over a listening socket, as from systemd. */
bool		 listener_add_fd(struct listener *, int fd, int tag,
		    struct buf *wrong);
/* How many sockets there are. */
size_t		 listener_count(const struct listener *);
/*
 * Start the acceptor thread.  New connections get keepalive as the setting of
 * that name says when they come.
 */
bool		 listener_start(struct listener *, listener_accept *,
		    void *arg, struct buf *wrong);
/* End the thread if it runs, close the sockets, free; clears the pointer. */
void		 listener_free(struct listener **);

#endif
