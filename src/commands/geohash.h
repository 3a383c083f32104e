/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Positions on the earth as numbers: 26 bits of longitude and 26 of latitude,
 * interleaved, so that what is near has mostly near numbers (G. Morton, "A
 * computer oriented geodetic data base", 1966; geohash.org).  Bits, limits and
 * the radius of the earth are Redis's, so that scores and distances are.
 */
#ifndef COMMANDS_GEOHASH_H
#define COMMANDS_GEOHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEO_LONGITUDE_MOST	180.0
#define GEO_LATITUDE_MOST	85.05112878	/* of Mercator's projection */

struct geo_point {
	double	longitude, latitude;	/* degrees */
};

/* What is looked for: a circle, or a box if width is not 0. */
struct geo_shape {
	struct geo_point	center;
	double			radius;		/* m; of a box: unused */
	double			width, height;	/* m */
	bool			is_box;
};

/* Scores [low, high). */
struct geo_range {
	double	low, high;
};

enum { GEO_RANGES = 9, GEO_TEXT = 11 };

/* Whether it is on the map. */
bool			geo_valid(struct geo_point);
/* The score of a valid point. */
double			geo_score(struct geo_point);
/* The point in the middle of those that have the score. */
struct geo_point	geo_point_of(double score);
/* The eleven characters of geohash.org, and a NUL. */
void			geo_text(struct geo_point, char out[GEO_TEXT + 1]);
/* How far it is, in m (the haversine formula). */
double			geo_distance(struct geo_point, struct geo_point);
/* Whether the shape has the point in it; how far that is from its center. */
bool			geo_contains(const struct geo_shape *,
			    struct geo_point, double *distance);
/* Ranges of scores that have all points of the shape in them; how many. */
size_t			geo_cover(const struct geo_shape *,
			    struct geo_range out[GEO_RANGES]);

#endif
