/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/points.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/number.h"
#include "base/words.h"

enum { MOST = 32 };

/* Each number for itself: who looks during a change sees some of both. */
static struct {
	_Atomic int64_t	seconds, changes;
} points[MOST];
static _Atomic size_t count;

static bool
read_number(struct bytes word, int64_t low, int64_t *out)
{
	return (number_parse(word, out) && *out >= low && *out <= INT32_MAX);
}

static bool
read_all(struct bytes text, size_t at, bool apply, struct buf *why)
{
	struct words words = { 0 };
	int64_t seconds, changes;
	bool ok;
	size_t i;

	words_split_blanks(&words, text);
	ok = words.count % 2 == 0 && at + words.count / 2 <= MOST;
	for (i = 0; ok && i < words.count; i += 2) {
		ok = read_number(words.word[i], 1, &seconds) &&
		    read_number(words.word[i + 1], 0, &changes);
		if (!ok || !apply)
			continue;
		atomic_store(&points[at].seconds, seconds);
		atomic_store(&points[at].changes, changes);
		at++;
	}
	words_free(&words);
	if (ok && apply)
		atomic_store(&count, at);
	if (!ok && why != NULL)
		buf_add_string(why, "Invalid save parameters");
	return (ok);
}

bool
points_check(struct bytes text, struct buf *why)
{
	return (read_all(text, 0, false, why));
}

bool
points_set(struct bytes text, bool add, struct buf *why)
{
	size_t at = add && text.length != 0 ? atomic_load(&count) : 0;

	return (read_all(text, at, false, why) &&
	    read_all(text, at, true, why));
}

void
points_format(struct buf *out)
{
	size_t i, n = atomic_load(&count);

	for (i = 0; i < n; i++)
		buf_add_format(out, "%s%" PRId64 " %" PRId64, i != 0 ? " " : "",
		    atomic_load(&points[i].seconds),
		    atomic_load(&points[i].changes));
}

bool
points_any(void)
{
	return (atomic_load(&count) != 0);
}

bool
points_reached(uint64_t changes, int64_t seconds)
{
	size_t i, n = atomic_load(&count);

	for (i = 0; i < n; i++) {
		if (changes >= (uint64_t)atomic_load(&points[i].changes) &&
		    seconds > atomic_load(&points[i].seconds))
			return (true);
	}
	return (false);
}
