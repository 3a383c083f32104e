/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/number.h"
#include "base/words.h"

/* Each number for itself: who reads during a change sees some of both. */
static struct {
	_Atomic int64_t	hard, soft, seconds;
} now[LIMITS_CLASSES];

static const char *const names[LIMITS_CLASSES] = { "normal", "slave",
    "pubsub" };

void
limits_get(enum limits_class class, struct limits *out)
{
	out->hard = atomic_load_explicit(&now[class].hard,
	    memory_order_relaxed);
	out->soft = atomic_load_explicit(&now[class].soft,
	    memory_order_relaxed);
	out->seconds = atomic_load_explicit(&now[class].seconds,
	    memory_order_relaxed);
}

static bool
find_class(struct bytes word, enum limits_class *out)
{
	int class;

	for (class = 0; class < LIMITS_CLASSES; class++) {
		if (bytes_is(word, names[class]) ||
		    (class == LIMITS_REPLICA && bytes_is(word, "replica"))) {
			*out = (enum limits_class)class;
			return (true);
		}
	}
	return (false);
}

/* Four words; NULL, or what is wrong with them, in Redis's words. */
static const char *
read_one(const struct bytes word[4], enum limits_class *class,
    struct limits *limits)
{
	if (!find_class(word[0], class))
		return ("Invalid client class specified in buffer limit "
		    "configuration.");
	if (!number_parse_size(word[1], &limits->hard) ||
	    !number_parse_size(word[2], &limits->soft) ||
	    !number_parse(word[3], &limits->seconds) ||
	    limits->seconds < 0 || limits->seconds > INT32_MAX)
		return ("Error in hard, soft or soft_seconds setting in "
		    "buffer limit configuration.");
	return (NULL);
}

static bool
read_all(struct bytes text, bool apply, struct buf *why)
{
	struct words words = { 0 };
	const char *wrong = NULL;
	enum limits_class class;
	struct limits limits;
	size_t i;

	words_split_blanks(&words, text);
	if (words.count % 4 != 0)
		wrong = "Wrong number of arguments in buffer limit "
		    "configuration.";
	for (i = 0; wrong == NULL && i < words.count; i += 4) {
		wrong = read_one(words.word + i, &class, &limits);
		if (wrong != NULL || !apply)
			continue;
		atomic_store_explicit(&now[class].hard, limits.hard,
		    memory_order_relaxed);
		atomic_store_explicit(&now[class].soft, limits.soft,
		    memory_order_relaxed);
		atomic_store_explicit(&now[class].seconds, limits.seconds,
		    memory_order_relaxed);
	}
	words_free(&words);
	if (wrong != NULL && why != NULL)
		buf_add_string(why, wrong);
	return (wrong == NULL);
}

bool
limits_check(struct bytes text, struct buf *why)
{
	return (read_all(text, false, why));
}

bool
limits_set(struct bytes text, struct buf *why)
{
	return (limits_check(text, why) && read_all(text, true, why));
}

void
limits_format(struct buf *out)
{
	struct limits limits;
	int class;

	for (class = 0; class < LIMITS_CLASSES; class++) {
		limits_get((enum limits_class)class, &limits);
		buf_add_format(out, "%s%s %" PRId64 " %" PRId64 " %" PRId64,
		    class != 0 ? " " : "", names[class], limits.hard,
		    limits.soft, limits.seconds);
	}
}
