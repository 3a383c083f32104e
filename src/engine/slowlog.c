/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/slowlog.h"

#include <inttypes.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/settings.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"

/* As Redis: so many arguments, and so much of each. */
enum { MOST_ARGS = SLOWLOG_ARGS, MOST_BYTES = 128 };

struct slowlog {
	struct lock	 lock;		/* guards the rest */
	struct slow	*newest;
	size_t		 length;
	uint64_t	 next_id;
};

struct slowlog *
slowlog_new(void)
{
	struct slowlog *log = mem_zalloc(sizeof(*log));

	lock_init(&log->lock, LOCK_SLOWLOG);
	return (log);
}

static void
free_one(struct slow *s)
{
	size_t i;

	for (i = 0; i < s->argc; i++)
		buf_free(&s->args[i]);
	mem_free(s->args);
	buf_free(&s->peer);
	buf_free(&s->name);
	mem_free(s);
}

static void
free_all(struct slow *s)
{
	struct slow *next;

	for (; s != NULL; s = next) {
		next = s->next;
		free_one(s);
	}
}

void
slowlog_free(struct slowlog **log_p)
{
	struct slowlog *log = *log_p;

	*log_p = NULL;
	free_all(log->newest);
	lock_destroy(&log->lock);
	mem_free(log);
}

static void
keep_arg(struct buf *out, const struct value *v)
{
	char digits[NUMBER_SIZE];
	struct bytes text;

	if (!value_text(v, &text, digits))
		text = bytes_of(value_type_name((enum value_type)v->type));
	if (text.length <= MOST_BYTES) {
		buf_add(out, text.data, text.length);
		return;
	}
	buf_add(out, text.data, MOST_BYTES);
	buf_add_format(out, "... (%zu more bytes)", text.length - MOST_BYTES);
}

/* Its length stays what it was: that is shown. */
static void
keep_beginning(struct value *v)
{
	v->data = mem_copy(v->data, v->length < MOST_BYTES ? v->length :
	    MOST_BYTES);
}

void
slowlog_keep(struct slowlog_args *kept, const struct call *c)
{
	const struct command_range *values = &c->command->values;
	size_t i;

	kept->first = kept->end = (size_t)values->first;
	if (values->first == 0 ||
	    settings_number(SETTING_SLOWLOG_LOG_SLOWER_THAN) < 0)
		return;
	kept->end = command_range_last(values, c->argc) + 1;
	if (kept->end > MOST_ARGS)
		kept->end = MOST_ARGS;
	for (i = kept->first; i < kept->end; i++) {
		kept->of[i] = c->args[i];
		if (value_is_bytes(&kept->of[i]) && kept->of[i].owned)
			keep_beginning(&kept->of[i]);
	}
}

void
slowlog_drop(struct slowlog_args *kept)
{
	size_t i;

	for (i = kept->first; i < kept->end; i++) {
		if (value_is_bytes(&kept->of[i]) && kept->of[i].owned)
			mem_free(kept->of[i].data);
	}
}

static struct slow *
make(struct call *c, int64_t took_us)
{
	struct slow *s = mem_zalloc(sizeof(*s));
	size_t i;

	s->began_s = c->now / 1000;
	s->took_us = took_us;
	s->argc = c->argc < MOST_ARGS ? c->argc : MOST_ARGS;
	s->args = mem_zalloc(s->argc * sizeof(*s->args));
	for (i = 0; i < s->argc; i++) {
		if (i == MOST_ARGS - 1 && c->argc > MOST_ARGS)
			buf_add_format(&s->args[i], "... (%zu more arguments)",
			    c->argc - MOST_ARGS + 1);
		else
			keep_arg(&s->args[i], i >= c->kept->first &&
			    i < c->kept->end ? &c->kept->of[i] : &c->args[i]);
	}
	buf_add_string(&s->peer, c->session->peer->name);
	session_format_text(c->session, SESSION_NAME, &s->name);
	return (s);
}

/* Forget those that are more than slowlog-max-len; returns them. */
static struct slow *
cut(struct slowlog *log)
{
	size_t most = (size_t)settings_number(SETTING_SLOWLOG_MAX_LEN), i;
	struct slow **s = &log->newest, *rest;

	if (log->length <= most)
		return (NULL);
	for (i = 0; i < most; i++)
		s = &(*s)->next;
	rest = *s;
	*s = NULL;
	log->length = most;
	return (rest);
}

void
slowlog_note(struct call *c, int64_t took_us)
{
	int64_t limit = settings_number(SETTING_SLOWLOG_LOG_SLOWER_THAN);
	struct slowlog *log = c->engine->slowlog;
	struct slow *s, *rest;

	if (limit < 0 || took_us < limit ||
	    (c->command->flags & CMD_NO_SLOWLOG) != 0)
		return;
	s = make(c, took_us);
	lock_take(&log->lock);
	s->id = log->next_id++;
	s->next = log->newest;
	log->newest = s;
	log->length++;
	rest = cut(log);
	lock_release(&log->lock);
	free_all(rest);
}

size_t
slowlog_length(struct slowlog *log)
{
	size_t n;

	lock_take(&log->lock);
	n = log->length;
	lock_release(&log->lock);
	return (n);
}

void
slowlog_each(struct slowlog *log, slowlog_visit *visit, void *arg)
{
	const struct slow *s;

	lock_take(&log->lock);
	for (s = log->newest; s != NULL && visit(s, arg); s = s->next)
		;
	lock_release(&log->lock);
}

void
slowlog_reset(struct slowlog *log)
{
	struct slow *all;

	lock_take(&log->lock);
	all = log->newest;
	log->newest = NULL;
	log->length = 0;
	lock_release(&log->lock);
	free_all(all);
}
