/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/stats.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/lock.h"
#include "base/mem.h"

/* A client can make up codes (EVAL may, later), so there is a limit. */
enum { ERROR_CODES = 128, ERROR_CODE_SIZE = 32 };

struct error_count {
	char		code[ERROR_CODE_SIZE];
	uint64_t	count;
};

struct stats {
	size_t			 commands;
	struct lock		 lock;		/* guards the rest */
	struct counters		*threads;	/* all threads' own */
	struct total		*base;		/* the sum at the last reset */
	size_t			 codes;
	struct error_count	 errors[ERROR_CODES];
};

static _Thread_local struct {
	const struct stats	*stats;
	struct counters		*counters;
} mine;

/* Its destructor sees threads end. */
static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

/* What the thread has counted stays; another may count on. */
static void
leave(void *arg)
{
	struct counters *c = arg;

	atomic_store_explicit(&c->unused, true, memory_order_release);
}

static void
make_key(void)
{
	must(pthread_key_create(&key, leave));
}

struct stats *
stats_new(size_t commands)
{
	struct stats *s = mem_zalloc(sizeof(*s));

	s->commands = commands;
	lock_init(&s->lock, LOCK_STATS);
	s->base = stats_new_total(s);
	must(pthread_once(&key_made, make_key));
	return (s);
}

void
stats_free(struct stats **stats_p)
{
	struct stats *s = *stats_p;
	struct counters *c;
	size_t i;

	*stats_p = NULL;
	while ((c = s->threads) != NULL) {
		s->threads = c->next;
		for (i = 0; i < s->commands; i++)
			mem_free(c->commands[i]);
		mem_free(c);
	}
	mine.stats = NULL;
	must(pthread_setspecific(key, NULL));
	mem_free(s->base);
	lock_destroy(&s->lock);
	mem_free(s);
}

/* Counters that nobody uses, in the list. */
static struct counters *
find_counters(struct stats *s)
{
	struct counters *c;

	lock_take(&s->lock);
	for (c = s->threads; c != NULL && !atomic_load_explicit(&c->unused,
	    memory_order_acquire); c = c->next)
		;
	if (c != NULL)
		atomic_store(&c->unused, false);
	else {
		c = mem_zalloc(sizeof(*c) + s->commands *
		    sizeof(c->commands[0]));
		c->next = s->threads;
		s->threads = c;
	}
	lock_release(&s->lock);
	return (c);
}

struct counters *
stats_mine(struct stats *s)
{
	if (mine.stats != s) {
		mine.stats = s;
		mine.counters = find_counters(s);
		must(pthread_setspecific(key, mine.counters));
	}
	return (mine.counters);
}

struct command_counters *
stats_command(struct counters *c, size_t index)
{
	struct command_counters *of = atomic_load_explicit(&c->commands[index],
	    memory_order_relaxed);

	if (of == NULL) {
		of = mem_zalloc(sizeof(*of));
		atomic_store_explicit(&c->commands[index], of,
		    memory_order_release);
	}
	return (of);
}

struct total *
stats_new_total(const struct stats *s)
{
	return (mem_zalloc(sizeof(struct total) +
	    s->commands * sizeof(struct command_counters)));
}

/* to += sign * from */
static void
add(_Atomic uint64_t *to, const _Atomic uint64_t *from, uint64_t sign)
{
	*to += sign * atomic_load_explicit(from, memory_order_relaxed);
}

static void
add_command(struct command_counters *to, const struct command_counters *from,
    uint64_t sign)
{
	size_t i;

	add(&to->calls, &from->calls, sign);
	add(&to->us, &from->us, sign);
	add(&to->rejected, &from->rejected, sign);
	add(&to->failed, &from->failed, sign);
	for (i = 0; i < COUNTER_TIMES; i++)
		to->took[i] += (uint32_t)sign * from->took[i];
}

static void
sum_locked(struct stats *s, struct total *total)
{
	const struct command_counters *of;
	const struct counters *c;
	size_t i;

	for (c = s->threads; c != NULL; c = c->next) {
		for (i = 0; i < COUNTERS; i++)
			add(&total->of[i], &c->of[i], 1);
		for (i = 0; i < s->commands; i++) {
			of = atomic_load_explicit(&c->commands[i],
			    memory_order_acquire);
			if (of != NULL)
				add_command(&total->commands[i], of, 1);
		}
	}
}

void
stats_sum(struct stats *s, struct total *total)
{
	size_t i;

	lock_take(&s->lock);
	sum_locked(s, total);
	for (i = 0; i < COUNTERS; i++)
		add(&total->of[i], &s->base->of[i], UINT64_MAX);
	for (i = 0; i < s->commands; i++)
		add_command(&total->commands[i], &s->base->commands[i],
		    UINT64_MAX);
	lock_release(&s->lock);
}

uint64_t
stats_changes(struct stats *s)
{
	const struct counters *c;
	uint64_t changes = 0;

	lock_take(&s->lock);
	for (c = s->threads; c != NULL; c = c->next)
		changes += atomic_load_explicit(&c->of[COUNTER_CHANGES],
		    memory_order_relaxed);
	lock_release(&s->lock);
	return (changes);
}

void
stats_reset(struct stats *s)
{
	lock_take(&s->lock);
	mem_free(s->base);
	s->base = stats_new_total(s);
	sum_locked(s, s->base);
	s->codes = 0;
	lock_release(&s->lock);
}

static bool
code_is(const struct error_count *e, struct bytes code)
{
	return (bytes_equal(bytes_of(e->code), code));
}

void
stats_error(struct stats *s, struct bytes code)
{
	struct error_count *e;
	size_t i;

	if (code.length >= ERROR_CODE_SIZE)
		return;
	lock_take(&s->lock);
	for (i = 0; i < s->codes && !code_is(&s->errors[i], code); i++)
		;
	if (i < ERROR_CODES) {
		e = &s->errors[i];
		if (i == s->codes) {
			s->codes++;
			*e = (struct error_count){ .count = 0 };
			memcpy(e->code, code.data, code.length);
		}
		e->count++;
	}
	lock_release(&s->lock);
}

void
stats_format_errors(struct stats *s, struct buf *out)
{
	size_t i;

	lock_take(&s->lock);
	for (i = 0; i < s->codes; i++)
		buf_add_format(out, "errorstat_%s:count=%" PRIu64 "\r\n",
		    s->errors[i].code, s->errors[i].count);
	lock_release(&s->lock);
}
