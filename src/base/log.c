/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No lock: a line is put together on the stack and leaves in one write(2),
 * which the kernel keeps whole for pipes and files.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Atomic int level_shown = LOG_LEVEL_NOTICE;

static const char *const names[] = {
	[LOG_LEVEL_ERROR]	= "error",
	[LOG_LEVEL_WARNING]	= "warning",
	[LOG_LEVEL_NOTICE]	= "notice",
	[LOG_LEVEL_INFO]	= "info",
	[LOG_LEVEL_DEBUG]	= "debug",
};

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&level_shown, (int)level, memory_order_relaxed);
}

bool
log_shows(enum log_level level)
{
	return ((int)level <= atomic_load_explicit(&level_shown,
	    memory_order_relaxed));
}

/* "<6>" for the journal (sd-daemon(3)), else "2026-01-31 23:59:59.999 info ". */
static int
write_prefix(char *line, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm local;
	char when[32];

	if (getenv("JOURNAL_STREAM") != NULL)
		return (snprintf(line, size, "<%d>", level));
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	return (snprintf(line, size, "%s.%03ld %s ", when,
	    now.tv_nsec / 1000000, names[level]));
}

static void __attribute__((format(printf, 2, 0)))
write_line(enum log_level level, const char *format, va_list ap)
{
	char line[1024];
	int i, start, n;

	start = write_prefix(line, sizeof(line), level);
	n = vsnprintf(line + start, sizeof(line) - 1 - (size_t)start, format,
	    ap);
	n = n < 0 ? start : start + n;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (i = start; i < n; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[n++] = '\n';
	/* Whether the log can be written or not, the server goes on. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

void
log_line(enum log_level level, const char *format, ...)
{
	va_list ap;

	if (!log_shows(level))
		return;
	va_start(ap, format);
	write_line(level, format, ap);
	va_end(ap);
}

void
log_fatal(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_line(LOG_LEVEL_ERROR, format, ap);
	va_end(ap);
	abort();
}
