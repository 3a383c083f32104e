/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MONITOR: a line about every call, to all who want to see them.  They are
 * listed with the listeners of channels (engine/pubsub.h).
 */
#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

#include <stdbool.h>

#include "base/buf.h"

struct call;

/* Whether somebody wants to see the call, and may. */
bool	monitor_wants(const struct call *);
/* Add its arguments to the line, before it runs: it may take them. */
void	monitor_write(const struct call *, struct buf *line);
/* It has run: tell all who monitor, and free the line. */
void	monitor_tell(const struct call *, struct buf *line);

#endif
