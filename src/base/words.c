/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/words.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

static bool
is_blank(char c)
{
	return (isspace((unsigned char)c) || c == '\0');
}

/*
 * No word is longer than the line and they do not overlap, so one reservation
 * holds them all and pointers into it stay good.
 */
static void
start(struct words *w, struct bytes line)
{
	w->count = 0;
	buf_cut(&w->text, 0);
	if (buf_reserve(&w->text, line.length + 1) == NULL)
		log_fatal("out of memory for a line of %zu bytes", line.length);
}

static void
begin_word(struct words *w)
{
	if (w->count == w->size) {
		w->size = w->size != 0 ? 2 * w->size : 8;
		w->word = mem_resize(w->word, w->size * sizeof(*w->word));
	}
	w->word[w->count++] = bytes_make(w->text.data + w->text.length, 0);
}

static void
add(struct words *w, char c)
{
	w->text.data[w->text.length++] = c;
	w->word[w->count - 1].length++;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	c = (char)tolower((unsigned char)c);
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* What stands after a backslash in double quotes; returns where it ends. */
static const char *
add_escaped(struct words *w, const char *p, const char *end)
{
	static const char letters[] = "nrtba", meant[] = "\n\r\t\b\a";
	int i;

	if (end - p >= 3 && *p == 'x' && hex_digit(p[1]) >= 0 &&
	    hex_digit(p[2]) >= 0) {
		add(w, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
		return (p + 3);
	}
	for (i = 0; letters[i] != '\0' && letters[i] != *p; i++)
		;
	add(w, letters[i] != '\0' ? meant[i] : *p);
	return (p + 1);
}

/* The inside of quotes; returns behind the closing one, NULL if there is none. */
static const char *
add_quoted(struct words *w, const char *p, const char *end, char quote)
{
	while (p < end && *p != quote) {
		if (quote == '"' && *p == '\\' && end - p >= 2)
			p = add_escaped(w, p + 1, end);
		else if (quote == '\'' && end - p >= 2 && p[0] == '\\' &&
		    p[1] == '\'') {
			add(w, '\'');
			p += 2;
		} else
			add(w, *p++);
	}
	if (p == end || (p + 1 < end && !is_blank(p[1])))
		return (NULL);
	return (p + 1);
}

bool
words_split(struct words *w, struct bytes line)
{
	const char *p, *end;

	start(w, line);
	if (line.length == 0)
		return (true);
	p = line.data;
	end = p + line.length;
	for (;;) {
		while (p < end && is_blank(*p))
			p++;
		if (p == end)
			return (true);
		begin_word(w);
		while (p < end && !is_blank(*p)) {
			if (*p != '"' && *p != '\'') {
				add(w, *p++);
				continue;
			}
			p = add_quoted(w, p + 1, end, *p);
			if (p == NULL)
				return (false);
		}
	}
}

void
words_split_blanks(struct words *w, struct bytes line)
{
	size_t i;
	bool inside = false;

	start(w, line);
	for (i = 0; i < line.length; i++) {
		if (isspace((unsigned char)line.data[i])) {
			inside = false;
			continue;
		}
		if (!inside)
			begin_word(w);
		inside = true;
		add(w, line.data[i]);
	}
}

void
words_escape(struct buf *out, struct bytes text)
{
	static const char plain[] = "\\\"\n\r\t\a\b", letters[] = "\\\"nrtab";
	const char *at;
	size_t i;

	for (i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c != '\0' && (at = strchr(plain, c)) != NULL) {
			buf_add_char(out, '\\');
			buf_add_char(out, letters[at - plain]);
		} else if (c >= ' ' && c <= '~')
			buf_add_char(out, (char)c);
		else
			buf_add_format(out, "\\x%02x", c);
	}
}

void
words_free(struct words *w)
{
	mem_free(w->word);
	buf_free(&w->text);
	*w = (struct words){ 0 };
}
