/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often which time was seen, as in HdrHistogram: each power of two is cut
 * into 64 buckets, so that a percentile is right to 1.6 % whatever its size.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_FINE = 64, HISTOGRAM_BUCKETS = 60 * HISTOGRAM_FINE };

struct histogram {
	uint64_t	count[HISTOGRAM_BUCKETS];
	uint64_t	total;
	uint64_t	most;		/* exact */
};

static inline void
histogram_note(struct histogram *h, uint64_t ns)
{
	unsigned shift = ns < 2 * HISTOGRAM_FINE ? 0 :
	    57 - (unsigned)__builtin_clzll(ns);

	h->count[shift * HISTOGRAM_FINE + (ns >> shift)]++;
	h->total++;
	if (ns > h->most)
		h->most = ns;
}

static inline void
histogram_add(struct histogram *to, const struct histogram *from)
{
	unsigned i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->count[i] += from->count[i];
	to->total += from->total;
	if (from->most > to->most)
		to->most = from->most;
}

/* What that share, 0 to 1, of all were not above. */
static inline uint64_t
histogram_at(const struct histogram *h, double share)
{
	uint64_t left = (uint64_t)((double)h->total * share), value;
	unsigned i, shift;

	for (i = 0; i < HISTOGRAM_BUCKETS - 1 && h->count[i] <= left; i++)
		left -= h->count[i];
	shift = i < 2 * HISTOGRAM_FINE ? 0 : i / HISTOGRAM_FINE - 1;
	value = (uint64_t)(i - shift * HISTOGRAM_FINE + 1) << shift;
	return (value < h->most ? value : h->most);
}

#endif
