/* SPDX-License-Identifier: BSD-2-Clause */
#include "crash/lossy.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

enum { SECTOR = 512 };

/* Bytes at an offset; or, without any, a length of the file. */
struct change {
	uint64_t	 offset;
	struct buf	 bytes;
};

static struct directory now[LOSSY_DIRECTORIES], safe[LOSSY_DIRECTORIES];
static struct move *moves;
static size_t move_count;
static uint64_t chance;

/* Chance */

unsigned
lossy_draw(unsigned below)
{
	chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((unsigned)(chance >> 33) % below);
}

/* Of things like these, as many in a hundred are kept as was drawn before. */
static bool
keeps(unsigned percent)
{
	return (lossy_draw(100) < percent);
}

static unsigned
draw_percent(void)
{
	static const unsigned likely[] = { 0, 10, 50, 90, 100 };

	return (likely[lossy_draw(5)]);
}

void
lossy_seed(uint64_t seed)
{
	chance = seed;
}

/* Files */

/* With zeros up to there, or cut. */
static void
set_length(struct buf *b, uint64_t length)
{
	size_t more = length > b->length ? length - b->length : 0;
	char *p = buf_reserve(b, more + 1);

	assert(p != NULL);
	memset(p, 0, more);
	b->length = length;
}

static void
put_bytes(struct buf *b, const char *bytes, size_t length, uint64_t offset)
{
	if (offset + length > b->length)
		set_length(b, offset + length);
	memcpy(b->data + offset, bytes, length);
}

static void
apply(struct buf *b, const struct change *c)
{
	if (c->bytes.length == 0)
		set_length(b, c->offset);
	else
		put_bytes(b, c->bytes.data, c->bytes.length, c->offset);
}

/* Those of the change's sectors that are lucky. */
static void
apply_some(struct buf *b, const struct change *c, unsigned percent)
{
	uint64_t at = c->offset, end = at + c->bytes.length, next;

	if (c->bytes.length == 0) {
		if (keeps(percent))
			set_length(b, c->offset);
		return;
	}
	for (; at < end; at = next) {
		next = (at / SECTOR + 1) * SECTOR;
		next = next < end ? next : end;
		if (keeps(percent))
			put_bytes(b, c->bytes.data + (at - c->offset),
			    next - at, at);
	}
}

static void
forget_changes(struct file *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		buf_free(&f->changes[i].bytes);
	f->count = 0;
}

void
lossy_change(struct file *f, const char *bytes, size_t length, uint64_t offset)
{
	struct change *c;

	f->changes = mem_resize(f->changes, (f->count + 1) * sizeof(*c));
	c = &f->changes[f->count++];
	*c = (struct change){ .offset = offset };
	if (length != 0)
		buf_add(&c->bytes, bytes, length);
	apply(&f->now, c);
}

void
lossy_lose(struct file *f)
{
	unsigned percent = draw_percent();
	size_t i;

	for (i = 0; i < f->count; i++)
		apply_some(&f->safe, &f->changes[i], percent);
	/* The length is written apart from what is in it. */
	if (f->now.length > f->safe.length && keeps(percent))
		set_length(&f->safe, f->now.length);
	forget_changes(f);
}

void
lossy_sync(struct file *f)
{
	size_t i;

	/* Not from `now`: what an earlier sync has lost stays lost. */
	for (i = 0; i < f->count; i++)
		apply(&f->safe, &f->changes[i]);
	forget_changes(f);
}

void
lossy_restore(struct file *f)
{
	buf_cut(&f->now, 0);
	buf_add(&f->now, f->safe.data, f->safe.length);
}

void
lossy_free(struct file *f)
{
	forget_changes(f);
	buf_free(&f->now);
	buf_free(&f->safe);
	mem_free(f->changes);
	mem_free(f);
}

/* Names */

static struct name *
place_of(struct directory *d, const char *text)
{
	int i;

	for (i = 0; i < LOSSY_FILES; i++) {
		if (strcmp(d->names[i].text, text) == 0)
			return (&d->names[i]);
	}
	return (NULL);
}

static void
put_name(struct directory *d, const struct name *n)
{
	struct name *place = place_of(d, n->text);

	if (place == NULL)
		place = place_of(d, "");
	assert(place != NULL);
	*place = *n;
}

static void
clear_name(struct directory *d, const char *text)
{
	struct name *n = place_of(d, text);

	if (n != NULL)
		*n->text = '\0';
}

static void
apply_move(struct directory *d, const struct move *m)
{
	if (*m->clear.text != '\0')
		clear_name(&d[m->clear_in], m->clear.text);
	if (*m->set.text != '\0')
		put_name(&d[m->set_in], &m->set);
}

void
lossy_move(const struct move *m)
{
	moves = mem_resize(moves, (move_count + 1) * sizeof(*moves));
	moves[move_count++] = *m;
	apply_move(now, m);
}

static bool
concerns(const struct move *m, int number)
{
	return ((*m->set.text != '\0' && m->set_in == number) ||
	    (*m->clear.text != '\0' && m->clear_in == number));
}

void
lossy_sync_names(int number)
{
	size_t i, n = 0;

	for (i = 0; i < move_count; i++) {
		if (concerns(&moves[i], number))
			apply_move(safe, &moves[i]);
		else
			moves[n++] = moves[i];
	}
	move_count = n;
}

void
lossy_lose_names(void)
{
	unsigned percent = draw_percent();
	/* A file system's journal keeps it; but none has to have one. */
	bool in_order = lossy_draw(2) == 0;
	size_t i;

	for (i = 0; i < move_count; i++) {
		if (keeps(percent))
			apply_move(safe, &moves[i]);
		else if (in_order)
			break;
	}
	move_count = 0;
	memcpy(now, safe, sizeof(now));
}

struct name *
lossy_find(int directory, const char *text)
{
	return (place_of(&now[directory], text));
}

const char *
lossy_name_of(const struct file *f)
{
	int d, i;

	for (d = 0; d < LOSSY_DIRECTORIES; d++)
		for (i = 0; i < LOSSY_FILES; i++)
			if (*now[d].names[i].text != '\0' &&
			    now[d].names[i].file == f)
				return (now[d].names[i].text);
	return ("?");
}

struct directory
lossy_names(int directory)
{
	return (now[directory]);
}

void
lossy_forget_names(void)
{
	mem_free(moves);
	moves = NULL;
	move_count = 0;
	memset(now, 0, sizeof(now));
	memset(safe, 0, sizeof(safe));
}
