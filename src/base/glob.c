/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two pointers and one place to go back to: after a mismatch only the last
 * star may take one byte more (the greedy matcher of R. Cox, "Glob Matching
 * Can Be Simple And Fast Too", 2017).  Redis's own recursed and was
 * exponential (CVE-2022-36021, CVE-2024-31228).
 */
#include "base/glob.h"

/* The class at p, just behind its '['; *end is set behind the ']'. */
static bool
class_match(const char *p, const char *limit, unsigned char c,
    const char **end)
{
	bool negated = p < limit && *p == '^', found = false;
	unsigned char low, high, swap;

	if (negated)
		p++;
	for (; p < limit && *p != ']'; p++) {
		if (*p == '\\' && limit - p >= 2) {
			p++;
			found |= (unsigned char)*p == c;
		} else if (limit - p >= 3 && p[1] == '-') {
			low = (unsigned char)p[0];
			high = (unsigned char)p[2];
			if (low > high) {
				swap = low;
				low = high;
				high = swap;
			}
			found |= low <= c && c <= high;
			p += 2;
		} else
			found |= (unsigned char)*p == c;
	}
	*end = p < limit ? p + 1 : p;
	return (found != negated);
}

/* Whether the one item at p takes c; *next is set behind the item. */
static bool
item_match(const char *p, const char *limit, char c, const char **next)
{
	if (*p == '[')
		return (class_match(p + 1, limit, (unsigned char)c, next));
	if (*p == '\\' && limit - p >= 2)
		p++;
	else if (*p == '?') {
		*next = p + 1;
		return (true);
	}
	*next = p + 1;
	return (*p == c);
}

bool
glob_match(struct bytes pattern, struct bytes text)
{
	/* Nothing may stand at no address. */
	const char *p = pattern.length != 0 ? pattern.data : "";
	const char *t = text.length != 0 ? text.data : "";
	const char *p_end = p + pattern.length, *t_end = t + text.length;
	const char *star = NULL, *star_t = NULL, *next;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			star_t = t;
		} else if (p < p_end && item_match(p, p_end, *t, &next)) {
			p = next;
			t++;
		} else if (star != NULL) {
			p = star;
			t = ++star_t;
		} else
			return (false);
	}
	while (p < p_end && *p == '*')
		p++;
	return (p == p_end);
}
