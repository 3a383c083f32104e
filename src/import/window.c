/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/window.h"

#include "base/mem.h"
#include "base/number.h"

enum {
	FIRST		= 64,
	TEXT_KEPT	= 1 << 20,
};

/* An array with room for one more. */
static void *
grow(void *array, size_t count, size_t *size, size_t element)
{
	if (count < *size)
		return (array);
	*size = *size != 0 ? 2 * *size : FIRST;
	return (mem_resize(array, *size * element));
}

static void
add(struct window *w, struct bytes arg)
{
	w->ends = grow(w->ends, w->args, &w->args_size, sizeof(*w->ends));
	buf_add(&w->text, arg.data, arg.length);
	w->ends[w->args++] = w->text.length;
}

void
window_add_key(struct window *w, uint64_t number, struct bytes name,
    bool begins)
{
	w->keys = grow(w->keys, w->key_count, &w->keys_size,
	    sizeof(*w->keys));
	w->keys[w->key_count++] = (struct window_key){ .number = number,
	    .offset = w->text.length, .length = name.length,
	    .begins = begins };
	/* The name stands among the arguments, as one that no request has. */
	add(w, name);
}

void
window_begin(struct window *w, size_t key)
{
	w->requests = grow(w->requests, w->count, &w->requests_size,
	    sizeof(*w->requests));
	w->requests[w->count++] = (struct window_request){ .first = w->args,
	    .key = key };
}

void
window_add(struct window *w, struct bytes arg)
{
	add(w, arg);
	w->requests[w->count - 1].count++;
}

void
window_add_name(struct window *w, size_t key)
{
	/* So that the name, which is in text too, stays where it is. */
	if (buf_reserve(&w->text, w->keys[key].length) != NULL)
		window_add(w, window_name(w, &w->keys[key]));
}

void
window_add_number(struct window *w, int64_t number)
{
	char digits[NUMBER_SIZE];

	window_add(w, bytes_make(digits, number_format(digits, number)));
}

struct bytes
window_arg(const struct window *w, const struct window_request *r, size_t i)
{
	size_t at = r->first + i, begin = at != 0 ? w->ends[at - 1] : 0;

	return (bytes_make(w->text.data + begin, w->ends[at] - begin));
}

struct bytes
window_name(const struct window *w, const struct window_key *k)
{
	return (bytes_make(w->text.data + k->offset, k->length));
}

void
window_clear(struct window *w)
{
	buf_clear(&w->text, TEXT_KEPT);
	w->args = w->count = w->key_count = 0;
}

void
window_free(struct window *w)
{
	buf_free(&w->text);
	mem_free(w->ends);
	mem_free(w->requests);
	mem_free(w->keys);
}
