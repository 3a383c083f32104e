/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/tell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	BAR		= 30,
	EVERY_US	= 200000,
	NAME_SHOWN	= 48,
};

static const char *program = "respd";

static struct {
	const char	*what;
	uint64_t	 total;
	int64_t		 begun, next;	/* clock_monotonic_us() */
	bool		 shown;
} bar;

void
tell_as(const char *name)
{
	program = name;
}

static void
hide(void)
{
	if (bar.shown)
		fputs("\r\033[K", stderr);
	bar.shown = false;
}

void
tell(const char *format, ...)
{
	va_list ap;

	hide();
	fprintf(stderr, "%s: ", program);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *
tell_name(struct bytes b)
{
	static char texts[2][4 * NAME_SHOWN + 8];
	static unsigned which;
	char *text = texts[which++ % 2], *to = text;
	size_t i;

	*to++ = '"';
	for (i = 0; i < b.length && i < NAME_SHOWN; i++) {
		unsigned char c = (unsigned char)b.data[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
			*to++ = (char)c;
		else
			to += sprintf(to, "\\x%02x", c);
	}
	strcpy(to, b.length > NAME_SHOWN ? "\"..." : "\"");
	return (text);
}

void
tell_begin(const char *what, uint64_t total)
{
	hide();
	bar.what = isatty(STDERR_FILENO) ? what : NULL;
	bar.total = total;
	bar.begun = clock_monotonic_us();
	bar.next = bar.begun + EVERY_US;
}

static void
show(uint64_t done, uint64_t keys, int64_t took)
{
	unsigned filled;

	done = done < bar.total ? done : bar.total;
	fprintf(stderr, "\r%s ", bar.what);
	if (bar.total != 0) {
		filled = (unsigned)((double)done / (double)bar.total * BAR);
		fprintf(stderr, "[%.*s%*s] %3u %% ", (int)filled,
		    "##############################", (int)(BAR - filled), "",
		    (unsigned)((double)done / (double)bar.total * 100));
	}
	fprintf(stderr, "%" PRIu64 " keys, %.0f a second\033[K", keys,
	    (double)keys * 1e6 / (double)took);
	fflush(stderr);
	bar.shown = true;
}

void
tell_progress(uint64_t done, uint64_t keys)
{
	int64_t now;

	if (bar.what == NULL || (now = clock_monotonic_us()) < bar.next)
		return;
	bar.next = now + EVERY_US;
	show(done, keys, now - bar.begun);
}

void
tell_end(void)
{
	hide();
	bar.what = NULL;
}
