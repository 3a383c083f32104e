/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two protocols of a service manager, which are so small that a library
 * would cost more than it gives.
 */
#include "server/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3 };	/* SD_LISTEN_FDS_START */

void
notify(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path != NULL ? strlen(path) : 0;
	int fd;

	if (length < 2 || length >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

/* The number in an environment variable, 0 if there is none. */
static int64_t
number(const char *name)
{
	const char *text = getenv(name);

	return (text != NULL ? strtoll(text, NULL, 10) : 0);
}

/* Some variables are meant for one process and inherited by its children. */
static int
is_for_us(const char *name)
{
	return (getenv(name) != NULL && number(name) == getpid());
}

int64_t
notify_watchdog_us(void)
{
	if (getenv("WATCHDOG_PID") != NULL && !is_for_us("WATCHDOG_PID"))
		return (0);
	return (number("WATCHDOG_USEC"));
}

int
notify_sockets(int *first)
{
	*first = FIRST_SOCKET;
	return (is_for_us("LISTEN_PID") ? (int)number("LISTEN_FDS") : 0);
}

void
notify_socket_name(int i, char *out, size_t size)
{
	const char *names = getenv("LISTEN_FDNAMES");

	for (; names != NULL && i > 0; i--) {
		names = strchr(names, ':');
		names = names != NULL ? names + 1 : NULL;
	}
	snprintf(out, size, "%.*s", names != NULL ?
	    (int)strcspn(names, ":") : 0, names != NULL ? names : "");
}
