/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much may wait to be sent to a client: the setting
 * client-output-buffer-limit, which is a class, three numbers, and so on.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum limits_class {
	LIMITS_NORMAL,
	LIMITS_REPLICA,			/* there are none yet */
	LIMITS_PUBSUB,
	LIMITS_CLASSES
};

struct limits {
	int64_t	hard;			/* bytes at once; 0: no limit */
	int64_t	soft;			/* bytes for longer than ... */
	int64_t	seconds;
};

/* What holds for the class now. */
void	limits_get(enum limits_class, struct limits *);
/* Set those classes that the text names; false, and nothing set: why. */
bool	limits_set(struct bytes text, struct buf *why);
/* Whether limits_set() would. */
bool	limits_check(struct bytes text, struct buf *why);
/* All classes, as CONFIG GET shows them. */
void	limits_format(struct buf *out);

#endif
