/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/points.h"
#include "base/words.h"

static struct {
	_Atomic int64_t	 number;
	char		*text;		/* texts and lists; under texts_lock */
	void		(*changed)(int64_t number, void *arg);
	void		*arg;
} values[SETTINGS];

static struct lock texts_lock;

/* What settings_format() says of the initial values. */
static char *initials[SETTINGS];

static bool
row_is_text(const struct setting *row)
{
	return (row->type == SETTING_IS_TEXT || row->type == SETTING_IS_LIST);
}

void
settings_init(void)
{
	struct buf text = { 0 };
	int id;

	lock_init(&texts_lock, LOCK_SETTINGS);
	for (id = 0; id < SETTINGS; id++) {
		bool ok = settings_set((enum setting_id)id,
		    bytes_of(settings_row(id)->initial), NULL);

		assert(ok);
		(void)ok;
		buf_cut(&text, 0);
		settings_format((enum setting_id)id, &text);
		initials[id] = mem_copy(text.data, text.length);
	}
	buf_free(&text);
}

void
settings_free(void)
{
	int id;

	for (id = 0; id < SETTINGS; id++) {
		mem_free(values[id].text);
		values[id].text = NULL;
		mem_free(initials[id]);
		initials[id] = NULL;
	}
	lock_destroy(&texts_lock);
}

enum setting_id
settings_find(struct bytes name)
{
	int id;

	for (id = 0; id < SETTINGS; id++) {
		if (bytes_is(name, settings_row(id)->name))
			break;
	}
	return ((enum setting_id)id);
}

/* Levenshtein's distance of two short words; large for long ones. */
static size_t
distance(struct bytes a, struct bytes b)
{
	size_t row[64], i, j, before, above, best;

	if (a.length >= 64 || b.length >= 64)
		return (SIZE_MAX);
	for (j = 0; j <= b.length; j++)
		row[j] = j;
	for (i = 1; i <= a.length; i++) {
		before = row[0];
		row[0] = i;
		for (j = 1; j <= b.length; j++) {
			above = row[j];
			best = before + (tolower((unsigned char)a.data[i - 1]) !=
			    tolower((unsigned char)b.data[j - 1]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			before = above;
			row[j] = best;
		}
	}
	return (row[b.length]);
}

const char *
settings_nearest(struct bytes name)
{
	size_t best = 4, d;
	const char *found = NULL;
	int id;

	for (id = 0; id < SETTINGS; id++) {
		d = distance(name, bytes_of(settings_row(id)->name));
		/* Something must be left of the word. */
		if (d < best && d < name.length) {
			best = d;
			found = settings_row(id)->name;
		}
	}
	return (found);
}

static bool
parse_mode(struct bytes text, int64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '7' || *out > 0777)
			return (false);
		*out = *out * 8 + (text.data[i] - '0');
	}
	return (text.length != 0);
}

static bool
parse_choice(const struct setting *row, struct bytes text, int64_t *out)
{
	int i;

	for (i = 0; i < SETTING_CHOICES && row->choices[i].word != NULL; i++) {
		if (bytes_is(text, row->choices[i].word)) {
			*out = row->choices[i].value;
			return (true);
		}
	}
	return (false);
}

static bool
parse_boolean(struct bytes text, int64_t *out)
{
	*out = bytes_is(text, "yes");
	return (*out == 1 || bytes_is(text, "no"));
}

static bool
parse_letters(const struct setting *row, struct bytes text, int64_t *out)
{
	const char *at;
	size_t i;

	*out = 0;
	for (i = 0; i < text.length; i++) {
		at = memchr(row->letters, text.data[i], strlen(row->letters));
		if (at == NULL && text.data[i] != 'A')
			return (false);
		*out |= at != NULL ? 1 << (at - row->letters) : row->high;
	}
	return (true);
}

static void
format_letters(const struct setting *row, int64_t bits, struct buf *out)
{
	int i;

	if ((bits & row->high) == row->high) {
		buf_add_char(out, 'A');
		bits &= ~row->high;
	}
	for (i = 0; row->letters[i] != '\0'; i++) {
		if ((bits & 1 << i) != 0)
			buf_add_char(out, row->letters[i]);
	}
}

/* What the text means to a row that is not a text itself. */
static bool
parse_number(const struct setting *row, struct bytes text, int64_t *out)
{
	switch (row->type) {
	case SETTING_IS_CHOICE:
		return (parse_choice(row, text, out));
	case SETTING_IS_BOOLEAN:
		return (parse_boolean(text, out));
	case SETTING_IS_MODE:
		return (parse_mode(text, out) && *out <= row->high);
	case SETTING_IS_LETTERS:
		return (parse_letters(row, text, out));
	case SETTING_IS_SIZE:
		return (number_parse_size(text, out) && *out >= row->low &&
		    *out <= row->high);
	default:
		return (number_parse(text, out) && *out >= row->low &&
		    *out <= row->high &&
		    (!row->power_of_two || (*out & (*out - 1)) == 0));
	}
}

/* "expected yes or no", "expected a number from 0 to 65535" ... */
static void
say_expected(const struct setting *row, struct buf *out)
{
	switch (row->type) {
	case SETTING_IS_CHOICE:
	case SETTING_IS_BOOLEAN:
		buf_add_format(out, "expected %s", row->argument);
		break;
	case SETTING_IS_MODE:
		buf_add_format(out, "expected octal permissions up to 0777");
		break;
	case SETTING_IS_SIZE:
		buf_add_format(out, "expected a size from %lldmb to %lldmb",
		    (long long)row->low >> 20, (long long)row->high >> 20);
		break;
	case SETTING_IS_NUMBER:
		buf_add_format(out, "expected a %s from %lld to %lld",
		    row->power_of_two ? "power of two" : "number",
		    (long long)row->low, (long long)row->high);
		break;
	case SETTING_IS_LETTERS:
		buf_add_string(out, row->wrong_letter);
		break;
	case SETTING_IS_LIMITS:
		break;
	case SETTING_IS_POINTS:
		buf_add_format(out, "expected %s", row->argument);
		break;
	case SETTING_IS_TEXT:
	case SETTING_IS_LIST:
		buf_add_format(out, "expected %s without NUL bytes",
		    row->argument);
		break;
	}
}

bool
settings_check(enum setting_id id, struct bytes text, struct buf *expected)
{
	int64_t number;
	bool ok;

	if (settings_row(id)->type == SETTING_IS_LIMITS)
		return (limits_check(text, expected));
	if (settings_row(id)->type == SETTING_IS_POINTS)
		return (points_check(text, expected));
	if (row_is_text(settings_row(id)))
		ok = text.length == 0 ||
		    memchr(text.data, '\0', text.length) == NULL;
	else
		ok = parse_number(settings_row(id), text, &number);
	if (!ok && expected != NULL)
		say_expected(settings_row(id), expected);
	return (ok);
}

bool
settings_set(enum setting_id id, struct bytes text, struct buf *expected)
{
	int64_t number;

	if (!settings_check(id, text, expected))
		return (false);
	if (settings_row(id)->type == SETTING_IS_LIMITS)
		return (limits_set(text, expected));
	if (settings_row(id)->type == SETTING_IS_POINTS)
		return (points_set(text, false, expected));
	if (row_is_text(settings_row(id))) {
		lock_take(&texts_lock);
		mem_free(values[id].text);
		values[id].text = mem_copy(text.data, text.length);
		lock_release(&texts_lock);
		return (true);
	}
	parse_number(settings_row(id), text, &number);
	atomic_store_explicit(&values[id].number, number,
	    memory_order_relaxed);
	if (id == SETTING_LOG_LEVEL)
		log_set_level((enum log_level)number);
	if (values[id].changed != NULL)
		values[id].changed(number, values[id].arg);
	return (true);
}

void
settings_on_change(enum setting_id id, void (*changed)(int64_t, void *),
    void *arg)
{
	values[id].arg = arg;
	values[id].changed = changed;
}

/* Several words of a line are one text, in lists and limits alone. */
static bool
join_words(const struct words *words, const struct setting *row,
    struct buf *out)
{
	size_t i;

	if (words->count < 2 ||
	    (words->count > 2 && row->type != SETTING_IS_LIST &&
	    row->type != SETTING_IS_LIMITS && row->type != SETTING_IS_POINTS))
		return (false);
	for (i = 1; i < words->count; i++) {
		if (i > 1)
			buf_add_char(out, ' ');
		buf_add(out, words->word[i].data, words->word[i].length);
	}
	return (true);
}

/* Whether the setting has the value that the text stands for. */
static bool
is_set_to(enum setting_id id, struct bytes text)
{
	struct buf now = { 0 };
	int64_t number;
	bool same;

	if (!row_is_text(settings_row(id)))
		return (parse_number(settings_row(id), text, &number) &&
		    number == settings_number(id));
	settings_format(id, &now);
	same = bytes_equal(buf_bytes(&now), text);
	buf_free(&now);
	return (same);
}

/* The file has named some: more are added to them.  Under no lock: main's. */
static bool points_read;

static void
apply_line(enum setting_id id, struct bytes text, bool live_only)
{
	if (settings_row(id)->type == SETTING_IS_POINTS) {
		points_set(text, points_read, NULL);
		points_read = true;
	} else if (!live_only || settings_row(id)->live)
		settings_set(id, text, NULL);
	else if (!is_set_to(id, text))
		log_warning("%s changes at the next start only",
		    settings_row(id)->name);
}

/* Without the blanks before it; nothing if it is a comment. */
static struct bytes
trim(struct bytes line)
{
	while (line.length != 0 && isspace((unsigned char)line.data[0]))
		line = bytes_make(line.data + 1, line.length - 1);
	if (line.length != 0 && line.data[0] == '#')
		line.length = 0;
	return (line);
}

/* One line of the file; wrong says what is the matter with it. */
static bool
read_line(struct bytes line, bool apply, bool live_only, struct buf *wrong)
{
	struct words words = { 0 };
	struct buf text = { 0 };
	const char *nearest;
	enum setting_id id;
	bool ok = false;

	line = trim(line);
	if (line.length == 0)
		return (true);
	if (!words_split(&words, line)) {
		buf_add_string(wrong, "unbalanced quotes");
		goto done;
	}
	if (words.count == 0) {
		/* NUL bytes are blanks too. */
		ok = true;
		goto done;
	}
	id = settings_find(words.word[0]);
	if (id == SETTINGS) {
		nearest = settings_nearest(words.word[0]);
		buf_add_format(wrong, "unknown setting '%.*s'",
		    (int)words.word[0].length, words.word[0].data);
		if (nearest != NULL)
			buf_add_format(wrong, ", did you mean '%s'?", nearest);
		goto done;
	}
	if (!join_words(&words, settings_row(id), &text)) {
		buf_add_format(wrong, "%s: ", settings_row(id)->name);
		say_expected(settings_row(id), wrong);
		goto done;
	}
	if (!settings_check(id, buf_bytes(&text), NULL)) {
		buf_add_format(wrong, "%s '%.*s': ", settings_row(id)->name,
		    (int)text.length, text.data);
		say_expected(settings_row(id), wrong);
		goto done;
	}
	if (apply)
		apply_line(id, buf_bytes(&text), live_only);
	ok = true;
done:
	words_free(&words);
	buf_free(&text);
	return (ok);
}

enum setting_id
settings_of_line(struct bytes line, bool *holds)
{
	enum setting_id id = SETTINGS;
	struct words words = { 0 };
	struct buf text = { 0 };

	line = trim(line);
	if (words_split(&words, line) && words.count != 0)
		id = settings_find(words.word[0]);
	*holds = id != SETTINGS &&
	    join_words(&words, settings_row(id), &text) &&
	    is_set_to(id, buf_bytes(&text));
	words_free(&words);
	buf_free(&text);
	return (id);
}

/* All lines; the first that is wrong ends it, with "file:line: " before. */
static bool
read_lines(const char *path, struct bytes text, bool apply, bool live_only,
    struct buf *wrong)
{
	struct buf what = { 0 };
	const char *newline;
	size_t length;
	int number = 0;
	bool ok = true;

	points_read = false;
	while (ok && text.length != 0) {
		number++;
		newline = memchr(text.data, '\n', text.length);
		length = newline != NULL ? (size_t)(newline + 1 - text.data) :
		    text.length;
		ok = read_line(bytes_make(text.data, length), apply, live_only,
		    &what);
		text = bytes_make(text.data + length, text.length - length);
	}
	if (!ok)
		buf_add_format(wrong, "%s:%d: %.*s", path, number,
		    (int)what.length, what.data);
	buf_free(&what);
	return (ok);
}

/* Read once and looked at twice: it may be a pipe, or change meanwhile. */
bool
settings_load(const char *path, bool live_only, struct buf *wrong)
{
	struct buf text = { 0 };
	int error = file_read(path, &text);
	bool ok;

	if (error != 0)
		buf_add_format(wrong, "%s: %s", path, strerror(error));
	ok = error == 0 &&
	    read_lines(path, buf_bytes(&text), false, live_only, wrong) &&
	    read_lines(path, buf_bytes(&text), true, live_only, wrong);
	buf_free(&text);
	return (ok);
}

bool
settings_is_initial(enum setting_id id)
{
	struct buf now = { 0 };
	bool same;

	settings_format(id, &now);
	same = bytes_equal(buf_bytes(&now), bytes_of(initials[id]));
	buf_free(&now);
	return (same);
}

int64_t
settings_number(enum setting_id id)
{
	return (atomic_load_explicit(&values[id].number,
	    memory_order_relaxed));
}

const char *
settings_text(enum setting_id id)
{
	assert(row_is_text(settings_row(id)) && !settings_row(id)->live);
	return (values[id].text);
}

void
settings_format(enum setting_id id, struct buf *out)
{
	const struct setting *row = settings_row(id);
	int64_t number = settings_number(id);
	int i;

	switch (row->type) {
	case SETTING_IS_TEXT:
	case SETTING_IS_LIST:
		lock_take(&texts_lock);
		buf_add_string(out, values[id].text);
		lock_release(&texts_lock);
		break;
	case SETTING_IS_BOOLEAN:
		buf_add_string(out, number != 0 ? "yes" : "no");
		break;
	case SETTING_IS_CHOICE:
		for (i = 0; row->choices[i].value != number; i++)
			;
		buf_add_string(out, row->choices[i].word);
		break;
	case SETTING_IS_LETTERS:
		format_letters(row, number, out);
		break;
	case SETTING_IS_LIMITS:
		limits_format(out);
		break;
	case SETTING_IS_POINTS:
		points_format(out);
		break;
	case SETTING_IS_MODE:
		buf_add_format(out, "0%llo", (unsigned long long)number);
		break;
	case SETTING_IS_NUMBER:
	case SETTING_IS_SIZE:
		buf_add_format(out, "%lld", (long long)number);
		break;
	}
}
