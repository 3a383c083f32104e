/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets for tests, on 127.0.0.1.
 */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK_MS = 60000 };

static inline void
nap(void)
{
	poll(NULL, 0, 1);
}

/* A socket that listens on some port of 127.0.0.1. */
static inline int
listen_anywhere(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address,
	    &length), 0);
	*port = ntohs(address.sin_port);
	return (fd);
}

static inline uint16_t
free_port(void)
{
	uint16_t port;

	close(listen_anywhere(&port));
	return (port);
}

static inline int
connect_socket(int fd, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return (connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static inline int
connect_to(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect_socket(fd, port), 0);
	return (fd);
}

/* One byte of the other end within a minute; EOF, also by a reset. */
static inline int
read_byte(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char byte;

	ck_assert_int_eq(poll(&p, 1, LOOPBACK_MS), 1);
	return (read(fd, &byte, 1) == 1 ? byte : EOF);
}

#endif
