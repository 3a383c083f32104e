/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a client without sleeping: for the only one there is.
 */
#ifndef NET_SPIN_H
#define NET_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* All zero at first. */
struct spin {
	bool	pays;		/* the last wait was short */
	int64_t	since;		/* when this one began, in us */
};

/* Wait for input on the socket, if that pays, for some 50 us at most. */
void	spin_begin(struct spin *, int fd);
/* Input is there, whether that took sleeping or not. */
void	spin_end(struct spin *);

#endif
