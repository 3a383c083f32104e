/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manifest: lines of "file NAME seq NUMBER type b|i|h": the base, the
 * increments in their order, and those that Redis is about to remove.
 */
#include "import/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/words.h"

struct line {
	struct bytes	 name;
	int64_t		 sequence;
	char		 type;
};

static bool
fail(struct manifest *m, const char *what, size_t line)
{
	snprintf(m->error, sizeof(m->error), "line %zu of the manifest: %s",
	    line, what);
	return (false);
}

/* A name of a file in the directory, and of none elsewhere. */
static bool
is_name(struct bytes name)
{
	return (name.length != 0 && name.length <= 255 &&
	    memchr(name.data, '/', name.length) == NULL &&
	    memchr(name.data, '\0', name.length) == NULL &&
	    !bytes_is(name, ".") && !bytes_is(name, ".."));
}

static bool
get_line(const struct words *w, struct line *line)
{
	size_t i;

	*line = (struct line){ .sequence = -1 };
	for (i = 0; i + 1 < w->count; i += 2) {
		if (bytes_is(w->word[i], "file"))
			line->name = w->word[i + 1];
		else if (bytes_is(w->word[i], "seq")) {
			if (!number_parse(w->word[i + 1], &line->sequence))
				return (false);
		} else if (bytes_is(w->word[i], "type") &&
		    w->word[i + 1].length == 1)
			line->type = *w->word[i + 1].data;
	}
	return (w->count % 2 == 0 && is_name(line->name) &&
	    line->sequence > 0 && line->type != '\0' &&
	    strchr("bih", line->type) != NULL);
}

/* The sequence of the last increment, and whether the base was there. */
struct seen {
	int64_t	increment;
	bool	base;
};

static bool
add(struct manifest *m, const struct line *line, struct seen *seen,
    size_t number)
{
	if (line->type == 'h')
		return (true);
	if (line->type == 'b' && (seen->base || m->count != 0))
		return (fail(m, "the base is not the first", number));
	if (line->type == 'i' && line->sequence <= seen->increment)
		return (fail(m, "the order is wrong", number));
	if (line->type == 'b')
		seen->base = true;
	else
		seen->increment = line->sequence;
	m->names = mem_resize(m->names, (m->count + 1) * sizeof(*m->names));
	m->names[m->count++] = mem_copy(line->name.data, line->name.length);
	return (true);
}

static bool
parse_line(struct manifest *m, struct bytes text, struct seen *seen,
    size_t number)
{
	struct words words = { 0 };
	struct line line;
	bool good = words_split(&words, text);

	if (!good || (words.count != 0 && !get_line(&words, &line)))
		good = fail(m, "this is not understood", number);
	else if (words.count != 0)
		good = add(m, &line, seen, number);
	words_free(&words);
	return (good);
}

bool
manifest_parse(struct manifest *m, struct bytes text)
{
	struct seen seen = { 0 };
	const char *at = text.data, *end = at + text.length, *stop;
	size_t number = 1;

	for (; at < end; at = stop + 1, number++) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		if (*at != '#' && !parse_line(m,
		    bytes_make(at, (size_t)(stop - at)), &seen, number))
			return (false);
	}
	return (m->count != 0 || fail(m, "it names no file", number));
}

void
manifest_free(struct manifest *m)
{
	while (m->count != 0)
		mem_free(m->names[--m->count]);
	mem_free(m->names);
}
