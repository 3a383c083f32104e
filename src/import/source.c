/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the parsers take their bytes from.  The checksum is made of whole
 * buffers, when they are left, since bytes one by one cost too much.
 */
#include "import/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "import/crc64.h"

enum {
	BUFFER	= 256 * 1024,
	STEP	= 64 * 1024,	/* what is asked for before bytes are there */
};

static void
start_at(struct source *s, const void *data, size_t length)
{
	s->start = s->summed = s->at = data;
	s->end = s->start + length;
}

void
source_of_file(struct source *s, int fd, uint64_t limit)
{
	*s = (struct source){ .fd = fd, .limit = limit };
	s->buffer = mem_alloc(BUFFER);
	start_at(s, s->buffer, 0);
}

void
source_of_bytes(struct source *s, struct bytes b)
{
	*s = (struct source){ .fd = -1, .limit = b.length };
	start_at(s, b.length != 0 ? b.data : "", b.length);
}

void
source_close(struct source *s)
{
	mem_free(s->buffer);
	*s = (struct source){ .fd = -1 };
}

uint64_t
source_position(const struct source *s)
{
	return (s->before + (uint64_t)(s->at - s->start));
}

uint64_t
source_crc(struct source *s)
{
	if (s->at != s->summed)
		s->crc = crc64(s->crc, s->summed, (size_t)(s->at - s->summed));
	s->summed = s->at;
	return (s->crc);
}

void
source_restart_crc(struct source *s)
{
	s->crc = 0;
	s->summed = s->at;
}

/* With an empty buffer: read on; false at the end. */
static bool
fill(struct source *s)
{
	uint64_t left = s->limit - source_position(s);
	ssize_t n;

	if (s->fd == -1 || s->error != 0 || left == 0)
		return (false);
	source_crc(s);
	s->before = source_position(s);
	start_at(s, s->buffer, 0);
	do
		n = read(s->fd, s->buffer, left < BUFFER ? (size_t)left : BUFFER);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		s->error = errno;
	else
		s->end = s->start + n;
	return (n > 0);
}

int
source_peek(struct source *s)
{
	return (s->at != s->end || fill(s) ? *s->at : -1);
}

int
source_byte(struct source *s)
{
	return (s->at != s->end || fill(s) ? *s->at++ : -1);
}

bool
source_read(struct source *s, void *to, size_t n)
{
	unsigned char *out = to;
	size_t part;

	while (n != 0 && (s->at != s->end || fill(s))) {
		part = (size_t)(s->end - s->at);
		part = part < n ? part : n;
		memcpy(out, s->at, part);
		s->at += part;
		out += part;
		n -= part;
	}
	return (n == 0);
}

bool
source_add(struct source *s, struct buf *to, uint64_t n)
{
	size_t part;
	char *out;

	while (n != 0) {
		part = n < STEP ? (size_t)n : STEP;
		out = buf_reserve(to, part);
		if (out == NULL || !source_read(s, out, part))
			return (false);
		to->length += part;
		n -= part;
	}
	return (true);
}

bool
source_skip(struct source *s, uint64_t n)
{
	uint64_t part;

	while (n != 0 && (s->at != s->end || fill(s))) {
		part = (uint64_t)(s->end - s->at);
		part = part < n ? part : n;
		s->at += part;
		n -= part;
	}
	return (n == 0);
}
