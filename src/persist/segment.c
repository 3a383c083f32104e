/* SPDX-License-Identifier: BSD-2-Clause */
#include "persist/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

void
segment_name(char out[IO_NAME_SIZE], uint64_t start)
{
	snprintf(out, IO_NAME_SIZE, "log-%020" PRIu64 ".rsp", start);
}

bool
segment_parse_name(const char *name, uint64_t *start)
{
	char again[IO_NAME_SIZE];

	if (sscanf(name, "log-%20" SCNu64, start) != 1)
		return (false);
	segment_name(again, *start);
	return (strcmp(name, again) == 0);
}

static void
add(void *arg, const char *name)
{
	struct segments *s = arg;
	uint64_t start;

	if (!segment_parse_name(name, &start))
		return;
	s->start = mem_resize(s->start, (s->count + 1) * sizeof(*s->start));
	s->start[s->count++] = start;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

int
segment_list(struct io_dir *dir, struct segments *s)
{
	memset(s, 0, sizeof(*s));
	if (io_dir_list(dir, "log-", add, s) != 0) {
		segment_list_free(s);
		return (-1);
	}
	if (s->count > 1)
		qsort(s->start, s->count, sizeof(*s->start), compare);
	return (0);
}

void
segment_list_free(struct segments *s)
{
	mem_free(s->start);
	memset(s, 0, sizeof(*s));
}

int
segment_create(struct io_dir *dir, struct frame_header *h,
    const uint8_t uuid[FRAME_UUID], uint64_t *length)
{
	char name[IO_NAME_SIZE];
	struct buf b = { 0 };
	int fd;

	segment_name(name, h->start);
	if ((fd = io_create(dir, name)) < 0)
		return (-1);
	frame_begin(&b, h, uuid);
	*length = b.length;
	if (io_write(fd, buf_bytes(&b), 0) != 0 || io_sync(fd) != 0 ||
	    io_dir_sync(dir) != 0) {
		io_close(fd);
		fd = errno;
		io_unlink(dir, name);
		errno = fd;
		fd = -1;
	}
	buf_free(&b);
	return (fd);
}

void
segment_unlink(struct io_dir *dir, uint64_t before, uint64_t except)
{
	char name[IO_NAME_SIZE];
	struct segments s;
	size_t i;

	if (segment_list(dir, &s) != 0)
		log_warning("cannot list %s: %s", io_dir_path(dir),
		    strerror(errno));
	for (i = 0; i + 1 < s.count && s.start[i + 1] <= before; i++) {
		segment_name(name, s.start[i]);
		if (s.start[i] != except && io_unlink(dir, name) != 0)
			log_warning("cannot remove %s/%s: %s",
			    io_dir_path(dir), name, strerror(errno));
	}
	segment_list_free(&s);
}

int
segment_unlink_all(struct io_dir *dir)
{
	char name[IO_NAME_SIZE];
	struct segments s;
	int result = 0;
	size_t i;

	if (segment_list(dir, &s) != 0)
		return (-1);
	/* Backwards, so that what is left is a beginning. */
	for (i = s.count; i-- > 0 && result == 0;) {
		segment_name(name, s.start[i]);
		result = io_unlink(dir, name);
	}
	segment_list_free(&s);
	return (result);
}

uint64_t
segment_total(struct io_dir *dir, uint64_t except)
{
	char name[IO_NAME_SIZE];
	uint64_t total = 0;
	struct segments s;
	int64_t size;
	size_t i;
	int fd;

	if (segment_list(dir, &s) != 0)
		return (0);
	for (i = 0; i < s.count; i++) {
		segment_name(name, s.start[i]);
		if (s.start[i] == except ||
		    (fd = io_open_read(dir, name)) < 0)
			continue;
		if ((size = io_size(fd)) > 0)
			total += (uint64_t)size;
		io_close(fd);
	}
	segment_list_free(&s);
	return (total);
}
