/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As with frames, what is parsed is made again and compared: there is one way
 * to write each manifest.
 */
#include "persist/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "store/keyspace.h"

enum { MANIFEST_MOST = 1024 };

static const char name[] = "MANIFEST", temporary[] = "MANIFEST.tmp";

static void
add_hex(struct buf *b, const char *what, const uint8_t *bytes, size_t n)
{
	size_t i;

	buf_add_format(b, "%s ", what);
	for (i = 0; i < n; i++)
		buf_add_format(b, "%02x", bytes[i]);
	buf_add_char(b, '\n');
}

static void
compose(struct buf *b, const struct manifest *m)
{
	buf_add_string(b, "respd-manifest 1\n");
	add_hex(b, "uuid", m->uuid, sizeof(m->uuid));
	add_hex(b, "seed", m->seed, sizeof(m->seed));
	if (*m->snapshot != '\0')
		buf_add_format(b, "snapshot %s\nshards %" PRIu32 "\n",
		    m->snapshot, m->shards);
	if (m->has_journal)
		buf_add_format(b, "journal %" PRIu64 "\n", m->journal);
	buf_add_format(b, "durable %" PRIu64 "\n", m->durable);
	buf_add_format(b, "crc %08" PRIx32 "\n", crc32c(0, buf_bytes(b)));
}

/* If the line at *p begins with the word, the rest of it; *p is behind it. */
static bool
take_line(const char **p, const char *word, char *rest, size_t size)
{
	const char *start = *p + strlen(word), *end;

	if (strncmp(*p, word, strlen(word)) != 0 ||
	    (end = strchr(start, '\n')) == NULL ||
	    (size_t)(end - start) >= size)
		return (false);
	memcpy(rest, start, (size_t)(end - start));
	rest[end - start] = '\0';
	*p = end + 1;
	return (true);
}

static bool
take_hex(const char **p, const char *word, uint8_t *bytes, size_t n)
{
	char digits[IO_NAME_SIZE];
	unsigned byte;
	size_t i;

	if (!take_line(p, word, digits, sizeof(digits)) ||
	    strlen(digits) != 2 * n)
		return (false);
	for (i = 0; i < n; i++) {
		if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
			return (false);
		bytes[i] = (uint8_t)byte;
	}
	return (true);
}

static bool
take_number(const char **p, const char *word, uint64_t *n)
{
	char digits[IO_NAME_SIZE];

	return (take_line(p, word, digits, sizeof(digits)) &&
	    sscanf(digits, "%20" SCNu64, n) == 1);
}

/* A name in this directory, of letters, digits, '-' and '.'. */
static bool
is_name(const char *text)
{
	return (*text != '\0' && *text != '.' &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") ==
	    strlen(text));
}

static bool
parse_text(const char *p, struct manifest *m)
{
	char version[IO_NAME_SIZE];
	uint64_t shards = 0;

	if (!take_line(&p, "respd-manifest ", version, sizeof(version)) ||
	    !take_hex(&p, "uuid ", m->uuid, sizeof(m->uuid)) ||
	    !take_hex(&p, "seed ", m->seed, sizeof(m->seed)))
		return (false);
	if (take_line(&p, "snapshot ", m->snapshot, sizeof(m->snapshot)) &&
	    (!is_name(m->snapshot) || !take_number(&p, "shards ", &shards) ||
	    shards > UINT32_MAX || !keyspace_can_have((uint32_t)shards)))
		return (false);
	m->shards = (uint32_t)shards;
	m->has_journal = take_number(&p, "journal ", &m->journal);
	return (take_number(&p, "durable ", &m->durable));
}

bool
manifest_parse(struct bytes b, struct manifest *m)
{
	char text[MANIFEST_MOST + 1];
	struct buf again = { 0 };
	bool same;

	memset(m, 0, sizeof(*m));
	if (b.length == 0 || b.length > MANIFEST_MOST)
		return (false);
	memcpy(text, b.data, b.length);
	text[b.length] = '\0';
	if (!parse_text(text, m))
		return (false);
	compose(&again, m);
	same = bytes_equal(buf_bytes(&again), b);
	buf_free(&again);
	return (same);
}

enum manifest_status
manifest_read(struct io_dir *dir, struct manifest *m)
{
	char text[MANIFEST_MOST + 1];
	ssize_t n;
	int fd;

	if ((fd = io_open_read(dir, name)) < 0)
		return (errno == ENOENT ? MANIFEST_NONE : MANIFEST_ERROR);
	n = io_size(fd) < 0 ? -1 : io_read(fd, text, sizeof(text), 0);
	io_close(fd);
	if (n < 0)
		return (MANIFEST_ERROR);
	return (manifest_parse(bytes_make(text, (size_t)n), m) ? MANIFEST_OK :
	    MANIFEST_DAMAGED);
}

int
manifest_write(struct io_dir *dir, const struct manifest *m)
{
	struct buf b = { 0 };
	int fd, error;

	/* What a crash has left in the middle of this. */
	if (io_unlink(dir, temporary) != 0 && errno != ENOENT)
		return (-1);
	if ((fd = io_create(dir, temporary)) < 0)
		return (-1);
	compose(&b, m);
	error = io_write(fd, buf_bytes(&b), 0) != 0 || io_sync(fd) != 0;
	buf_free(&b);
	io_close(fd);
	if (error != 0 || io_rename(dir, temporary, dir, name) != 0) {
		error = errno;
		io_unlink(dir, temporary);
		errno = error;
		return (-1);
	}
	return (io_dir_sync(dir));
}
