/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs share that talk to a server with many clients, and end with
 * status 1 at the first thing that is wrong.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/respc.h"

enum {
	TALK_WORDS	= 24,		/* of a request, at most */
	TALK_LINE	= 1024,
	TALK_MS		= 60000,	/* until a reply is missed */
};

static inline void __attribute__((noreturn, format(printf, 1, 2)))
wrong(const char *format, ...)
{
	va_list list;

	flockfile(stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	_exit(1);
}

static inline struct respc *
connect_to(uint16_t port)
{
	struct respc *r = respc_connect("127.0.0.1", port, TALK_MS);

	if (r == NULL)
		wrong("no connection: %s", respc_error(NULL));
	return (r);
}

/* xorshift64*: each client has its own, so that a seed says what it does. */
static inline unsigned
chance(uint64_t *random, unsigned below)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return ((unsigned)((*random * UINT64_C(2685821657736338717)) >> 33) %
	    below);
}

/*
 * Add a request, of words that blanks part, to what will be sent.  If that
 * cannot be, reading its reply will say so.
 */
static inline void __attribute__((format(printf, 2, 3)))
ask(struct respc *r, const char *format, ...)
{
	char text[TALK_LINE], *save = NULL, *word;
	const char *words[TALK_WORDS];
	size_t n = 0;
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	for (word = strtok_r(text, " ", &save); word != NULL && n < TALK_WORDS;
	    word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	respc_append(r, n, words, NULL);
}

#endif
