/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an address to a connected socket, for respc.c.
 */
#include "client/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int
set_timeout(int fd, int timeout_ms)
{
	struct timeval time = { .tv_sec = timeout_ms / 1000,
	    .tv_usec = timeout_ms % 1000 * 1000 };

	if (timeout_ms <= 0)
		return (0);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == -1)
		return (-1);
	return (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)));
}

static int
dial(const struct sockaddr *to, socklen_t length, int timeout_ms)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), number;

	if (fd == -1)
		return (-1);
	if (set_timeout(fd, timeout_ms) == 0 && connect(fd, to, length) == 0)
		return (fd);
	/* What connect(2) says when SO_SNDTIMEO has passed. */
	number = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = number;
	return (-1);
}

int
dial_host(const char *host, uint16_t port, int timeout_ms, const char **error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *one;
	int fd = -1, number, on = 1, status;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	status = getaddrinfo(host, service, &hints, &all);
	if (status != 0) {
		errno = status == EAI_SYSTEM ? errno : EHOSTUNREACH;
		*error = status == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(status);
		return (-1);
	}
	for (one = all; one != NULL && fd == -1; one = one->ai_next)
		fd = dial(one->ai_addr, one->ai_addrlen, timeout_ms);
	number = errno;
	freeaddrinfo(all);
	errno = number;
	if (fd == -1)
		*error = strerror(number);
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return (fd);
}

int
dial_unix(const char *path, int timeout_ms, const char **error)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd = -1;

	errno = ENAMETOOLONG;
	if (length < sizeof(to.sun_path)) {
		memcpy(to.sun_path, path, length);
		fd = dial((const void *)&to, sizeof(to), timeout_ms);
	}
	if (fd == -1)
		*error = strerror(errno);
	return (fd);
}
