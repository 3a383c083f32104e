/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLIENT_DIAL_H
#define CLIENT_DIAL_H

#include <stdint.h>

/*
 * A connected socket; timeout_ms, unless 0, bounds the connect to each of the
 * host's addresses and each read and write later.  -1 with errno and a text,
 * good until the thread's next strerror(3).
 */
int	dial_host(const char *host, uint16_t port, int timeout_ms,
	    const char **error);
int	dial_unix(const char *path, int timeout_ms, const char **error);

#endif
