/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_FIRST = 512 };

/* Apart from buf_reserve() so that the usual case is inlined everywhere. */
static bool __attribute__((noinline))
grow(struct buf *b, size_t n)
{
	size_t size = b->size != 0 ? b->size : BUF_FIRST;
	char *data;

	if (b->failed || n > SIZE_MAX / 4 - b->length) {
		b->failed = true;
		return (false);
	}
	while (size - b->length < n)
		size *= 2;
	data = mem_try_resize(b->data, size);
	if (data == NULL) {
		b->failed = true;
		return (false);
	}
	b->data = data;
	b->size = size;
	return (true);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if ((b->size - b->length < n || b->failed) && !grow(b, n))
		return (NULL);
	return (b->data + b->length);
}

void
buf_add(struct buf *b, const void *data, size_t length)
{
	char *to;

	if (length == 0 || (to = buf_reserve(b, length)) == NULL)
		return;
	memcpy(to, data, length);
	b->length += length;
}

void
buf_add_char(struct buf *b, char c)
{
	char *to = buf_reserve(b, 1);

	if (to == NULL)
		return;
	*to = c;
	b->length++;
}

void
buf_add_string(struct buf *b, const char *string)
{
	buf_add(b, string, strlen(string));
}

void
buf_add_format(struct buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_add_format_list(b, format, ap);
	va_end(ap);
}

void
buf_add_format_list(struct buf *b, const char *format, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0 || (to = buf_reserve(b, (size_t)n + 1)) == NULL)
		return;
	vsnprintf(to, (size_t)n + 1, format, ap);
	b->length += (size_t)n;
}

void
buf_add_lower(struct buf *b, struct bytes text)
{
	size_t i;

	for (i = 0; i < text.length; i++)
		buf_add_char(b, (char)tolower((unsigned char)text.data[i]));
}

void
buf_cut(struct buf *b, size_t length)
{
	if (length < b->length)
		b->length = length;
	b->failed = false;
}

void
buf_clear(struct buf *b, size_t keep)
{
	if (b->size > keep)
		buf_free(b);
	buf_cut(b, 0);
}

void
buf_free(struct buf *b)
{
	mem_free(b->data);
	*b = (struct buf){ 0 };
}

struct bytes
buf_bytes(const struct buf *b)
{
	return (bytes_make(b->data, b->length));
}
