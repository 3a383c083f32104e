/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/geohash.h"

#include <math.h>

#define EARTH_RADIUS	6372797.560856		/* m */
#define MERCATOR_MOST	20037726.37		/* m, half way round */

enum { STEPS = 26 };

/* One of 2^step by 2^step cells of the map. */
struct cell {
	uint32_t	x, y;		/* from the west, from the south */
	int		step;
};

struct area {
	double	west, east, south, north;
};

static double
radians(double degrees)
{
	return (degrees * (M_PI / 180));
}

static double
degrees(double radians)
{
	return (radians / (M_PI / 180));
}

bool
geo_valid(struct geo_point p)
{
	return (p.longitude >= -GEO_LONGITUDE_MOST &&
	    p.longitude <= GEO_LONGITUDE_MOST &&
	    p.latitude >= -GEO_LATITUDE_MOST &&
	    p.latitude <= GEO_LATITUDE_MOST);
}

static struct cell
cell_of(struct geo_point p, double latitude_most, int step)
{
	double cells = (double)(1ULL << step);
	double x = (p.longitude + GEO_LONGITUDE_MOST) /
	    (2 * GEO_LONGITUDE_MOST);
	double y = (p.latitude + latitude_most) / (2 * latitude_most);

	return ((struct cell){ (uint32_t)(x * cells), (uint32_t)(y * cells),
	    step });
}

/* Latitude in the even bits, longitude in the odd ones. */
static uint64_t
interleave(struct cell c)
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < 32; i++)
		bits |= (uint64_t)(c.y >> i & 1) << 2 * i |
		    (uint64_t)(c.x >> i & 1) << (2 * i + 1);
	return (bits);
}

static struct cell
deinterleave(uint64_t bits)
{
	struct cell c = { .step = STEPS };
	int i;

	for (i = 0; i < 32; i++) {
		c.y |= (uint32_t)(bits >> 2 * i & 1) << i;
		c.x |= (uint32_t)(bits >> (2 * i + 1) & 1) << i;
	}
	return (c);
}

static double
edge(double most, uint32_t i, int step)
{
	return (-most + (i * 1.0 / (double)(1ULL << step)) * (2 * most));
}

static struct area
area_of(struct cell c)
{
	return ((struct area){
	    .west = edge(GEO_LONGITUDE_MOST, c.x, c.step),
	    .east = edge(GEO_LONGITUDE_MOST, c.x + 1, c.step),
	    .south = edge(GEO_LATITUDE_MOST, c.y, c.step),
	    .north = edge(GEO_LATITUDE_MOST, c.y + 1, c.step) });
}

double
geo_score(struct geo_point p)
{
	return ((double)interleave(cell_of(p, GEO_LATITUDE_MOST, STEPS)));
}

static double
clamp(double x, double most)
{
	return (x > most ? most : x < -most ? -most : x);
}

struct geo_point
geo_point_of(double score)
{
	struct area a = area_of(deinterleave(score >= 0 && score < 0x1p64 ?
	    (uint64_t)score : 0));

	return ((struct geo_point){
	    clamp((a.west + a.east) / 2, GEO_LONGITUDE_MOST),
	    clamp((a.south + a.north) / 2, GEO_LATITUDE_MOST) });
}

/* There the latitude goes up to the pole; 52 bits are ten characters. */
void
geo_text(struct geo_point p, char out[GEO_TEXT + 1])
{
	static const char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
	uint64_t bits = interleave(cell_of(p, 90, STEPS));
	int i;

	for (i = 0; i < GEO_TEXT - 1; i++)
		out[i] = letters[bits >> (52 - (i + 1) * 5) & 31];
	out[i++] = letters[0];
	out[i] = '\0';
}

static double
distance_along_meridian(double a, double b)
{
	return (EARTH_RADIUS * fabs(radians(b) - radians(a)));
}

double
geo_distance(struct geo_point a, struct geo_point b)
{
	double u, v, h, x, y;

	v = sin((radians(b.longitude) - radians(a.longitude)) / 2);
	if (v == 0)
		return (distance_along_meridian(a.latitude, b.latitude));
	x = radians(a.latitude);
	y = radians(b.latitude);
	u = sin((y - x) / 2);
	h = u * u + cos(x) * cos(y) * v * v;
	return (2 * EARTH_RADIUS * asin(sqrt(h)));
}

bool
geo_contains(const struct geo_shape *s, struct geo_point p, double *distance)
{
	struct geo_point beside = { s->center.longitude, p.latitude };

	if (s->is_box && (distance_along_meridian(s->center.latitude,
	    p.latitude) > s->height / 2 ||
	    geo_distance(p, beside) > s->width / 2))
		return (false);
	*distance = geo_distance(s->center, p);
	return (s->is_box || *distance <= s->radius);
}

/* How many steps make cells that are about as large as the radius. */
static int
estimate_steps(double radius, double latitude)
{
	int step = 1;

	if (radius == 0)
		return (STEPS);
	for (; radius < MERCATOR_MOST; radius *= 2)
		step++;
	step -= 2;
	/* Cells are narrower near the poles. */
	if (fabs(latitude) > 66)
		step--;
	if (fabs(latitude) > 80)
		step--;
	return (step < 1 ? 1 : step > STEPS ? STEPS : step);
}

static struct cell
beside(struct cell c, int x, int y)
{
	uint32_t mask = (uint32_t)((1ULL << c.step) - 1);

	return ((struct cell){ (c.x + (uint32_t)x) & mask,
	    (c.y + (uint32_t)y) & mask, c.step });
}

/* Whether the cells around the center's reach as far as the radius. */
static bool
reach(struct cell c, struct geo_point center, double radius)
{
	struct geo_point north = center, south = center, east = center,
	    west = center;

	north.latitude = area_of(beside(c, 0, 1)).north;
	south.latitude = area_of(beside(c, 0, -1)).south;
	east.longitude = area_of(beside(c, 1, 0)).east;
	west.longitude = area_of(beside(c, -1, 0)).west;
	return (geo_distance(center, north) >= radius &&
	    geo_distance(center, south) >= radius &&
	    geo_distance(center, east) >= radius &&
	    geo_distance(center, west) >= radius);
}

/* The smallest area that has the shape in it. */
static struct area
bounds(const struct geo_shape *s)
{
	double x = s->is_box ? s->width / 2 : s->radius;
	double y = s->is_box ? s->height / 2 : s->radius;
	double up = degrees(y / EARTH_RADIUS), away;
	const struct geo_point *p = &s->center;

	/* At the side that is nearer to the pole a degree is shorter. */
	away = degrees(x / EARTH_RADIUS / cos(radians(p->latitude < 0 ?
	    p->latitude - up : p->latitude + up)));
	return ((struct area){ .west = p->longitude - away,
	    .east = p->longitude + away, .south = p->latitude - up,
	    .north = p->latitude + up });
}

static double
radius_of(const struct geo_shape *s)
{
	return (s->is_box ? sqrt(s->width / 2 * (s->width / 2) +
	    s->height / 2 * (s->height / 2)) : s->radius);
}

/* The center's cell and those around it, in Redis's order. */
size_t
geo_cover(const struct geo_shape *s, struct geo_range out[GEO_RANGES])
{
	static const struct {
		int	x, y;
	} around[GEO_RANGES] = {
		{ 0, 0 }, { 0, 1 }, { 0, -1 }, { 1, 0 }, { -1, 0 },
		{ 1, 1 }, { -1, 1 }, { 1, -1 }, { -1, -1 },
	};
	double radius = radius_of(s);
	int step = estimate_steps(radius, s->center.latitude);
	struct cell center, c, last = { 0 };
	struct area box = bounds(s), own;
	uint64_t bits;
	size_t i, n = 0;

	center = cell_of(s->center, GEO_LATITUDE_MOST, step);
	if (step > 1 && !reach(center, s->center, radius))
		center = cell_of(s->center, GEO_LATITUDE_MOST, --step);
	own = area_of(center);
	for (i = 0; i < GEO_RANGES; i++) {
		if (step >= 2 &&
		    ((around[i].y < 0 && own.south < box.south) ||
		    (around[i].y > 0 && own.north > box.north) ||
		    (around[i].x < 0 && own.west < box.west) ||
		    (around[i].x > 0 && own.east > box.east)))
			continue;
		/* At 180 degrees the center is just outside of the map. */
		c = i == 0 ? center :
		    beside(center, around[i].x, around[i].y);
		/* With few cells the neighbours are the same. */
		if (n != 0 && c.x == last.x && c.y == last.y)
			continue;
		last = c;
		bits = interleave(c);
		out[n++] = (struct geo_range){
		    (double)(bits << (52 - 2 * step)),
		    (double)((bits + 1) << (52 - 2 * step)) };
	}
	return (n);
}
