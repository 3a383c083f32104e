/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands on positions have in common.
 */
#ifndef COMMANDS_GEO_H
#define COMMANDS_GEO_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/geohash.h"

struct call;

/* Arguments i and i + 1 as a point on the map; false: answered. */
bool	geo_read_point(struct call *, size_t i, struct geo_point *);
/* Argument i as a unit of length; false: answered. */
bool	geo_read_unit(struct call *, size_t i, double *metres);
void	geo_reply_distance(struct call *, double distance);
void	geo_reply_point(struct call *, struct geo_point);

#endif
