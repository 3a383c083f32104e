/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tell the service manager ("READY=1" and the like, sd_notify(3)); nothing
 * happens where there is none.
 */
void	notify(const char *state);
/* How often it wants to hear "WATCHDOG=1", in us; 0: not at all. */
int64_t	notify_watchdog_us(void);
/*
 * How many listening sockets it passed, from descriptor *first on
 * (sd_listen_fds(3)).
 */
int	notify_sockets(int *first);
/* Copy the name of passed socket i to out; "" if it has none. */
void	notify_socket_name(int i, char *out, size_t size);

#endif
