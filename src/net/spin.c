/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going to sleep and being woken takes about a third of what a lone client
 * waits for its reply.  So a worker whose client answered quickly the last time
 * asks for a while whether it has done so again.  With more clients than one it
 * would only keep others from the processor: a fifth of the throughput was
 * left.
 */
#include "net/spin.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { SPIN_US = 50 };

/* With one processor the client could not answer while we ask. */
static bool
has_processors(void)
{
	static _Atomic long count;

	if (count == 0)
		count = sysconf(_SC_NPROCESSORS_ONLN);
	return (count > 1);
}

void
spin_begin(struct spin *spin, int fd)
{
	char c;

	spin->since = clock_monotonic_us();
	if (!spin->pays)
		return;
	while (recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN && clock_monotonic_us() - spin->since < SPIN_US)
		;
}

void
spin_end(struct spin *spin)
{
	spin->pays = clock_monotonic_us() - spin->since < SPIN_US &&
	    has_processors();
}
