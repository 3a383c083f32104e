/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left of a snapshot that is damaged.  Sections stand on their own: one
 * whose head is whole, by its checksum, tells where the next one is; behind a
 * head that is not, the next is searched for, byte by byte.
 */
#include "persist/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "persist/section.h"
#include "persist/snapshot_form.h"
#include "store/keyspace.h"

enum { LOOK_AT_ONCE = 1 << 20 };

struct salvage {
	int			 fd;
	uint64_t		 size;	/* of the file */
	uint32_t		 crc;	/* the header's */
	struct snapshot_header	*header;
	struct keyspace		*keyspace;
	struct schedule		*due;
	struct snapshot_loss	*loss;
	struct buf		 bytes;
};

/* Whether the head of section number `least` or a later one stands there. */
static bool
is_head(const struct salvage *s, const char *form, uint32_t least,
    struct snapshot_section *section)
{
	return (memcmp(form, "SECT", 4) == 0 &&
	    snapshot_get_section(form, section, s->crc) &&
	    section->number >= least &&
	    section->number < s->header->shards);
}

/* The first head from *at on, whose place that is then; false: there is none. */
static bool
find_head(struct salvage *s, uint32_t least, uint64_t *at,
    struct snapshot_section *section)
{
	const char *p, *end;
	ssize_t n;

	for (;; *at += LOOK_AT_ONCE - SNAPSHOT_SECTION + 1) {
		buf_cut(&s->bytes, 0);
		if (buf_reserve(&s->bytes, LOOK_AT_ONCE) == NULL)
			return (false);
		n = io_read(s->fd, s->bytes.data, LOOK_AT_ONCE, *at);
		if (n < SNAPSHOT_SECTION)
			return (false);
		end = s->bytes.data + n - SNAPSHOT_SECTION;
		for (p = s->bytes.data; p <= end; p++) {
			if (!is_head(s, p, least, section))
				continue;
			*at += (uint64_t)(p - s->bytes.data);
			return (true);
		}
	}
}

/* Whether the section, which begins there, is whole and is loaded now. */
static bool
load_section(struct salvage *s, const struct snapshot_section *section,
    uint64_t at)
{
	struct section decoded = { .keyspace = s->keyspace,
	    .due = section->number == 0 ? s->due : NULL,
	    .number = section->number, .shards = s->header->shards };
	uint64_t length = section->length;
	struct bytes body;

	if (at + SNAPSHOT_SECTION + length > s->size)
		return (false);
	buf_cut(&s->bytes, 0);
	if (buf_reserve(&s->bytes, length + 1) == NULL ||
	    io_read(s->fd, s->bytes.data, length, at + SNAPSHOT_SECTION) !=
	    (ssize_t)length)
		return (false);
	body = bytes_make(s->bytes.data, length);
	return (crc32c(s->crc, body) == section->crc &&
	    section_decode(&decoded, body));
}

static void
lose(struct salvage *s, uint32_t from, uint32_t to, uint64_t keys)
{
	for (; from < to; from++) {
		s->loss->sections++;
		keyspace_note_position(s->keyspace, from, UINT64_MAX);
	}
	s->loss->keys += keys;
}

static void
salvage(struct salvage *s)
{
	uint64_t at = SNAPSHOT_HEADER;
	struct snapshot_section section;
	uint32_t next = 0;

	while (next < s->header->shards && find_head(s, next, &at, &section)) {
		s->loss->unknown += section.number - next;
		lose(s, next, section.number, 0);
		next = section.number + 1;
		if (load_section(s, &section, at)) {
			keyspace_note_position(s->keyspace, section.number,
			    section.position);
			at += SNAPSHOT_SECTION + section.length;
		} else {
			lose(s, section.number, next, section.keys);
			at++;
		}
	}
	s->loss->unknown += s->header->shards - next;
	lose(s, next, s->header->shards, 0);
}

bool
snapshot_salvage(struct io_dir *dir, const char *name, struct keyspace *ks,
    struct schedule *due, struct snapshot_header *h,
    struct snapshot_loss *loss)
{
	struct salvage s = { .header = h, .keyspace = ks, .due = due,
	    .loss = loss };
	char form[SNAPSHOT_HEADER];
	struct buf wrong = { 0 };
	int64_t size;
	bool ok;

	memset(loss, 0, sizeof(*loss));
	s.fd = io_open_read(dir, name);
	ok = s.fd >= 0 && (size = io_size(s.fd)) >= SNAPSHOT_HEADER &&
	    io_read(s.fd, form, SNAPSHOT_HEADER, 0) == SNAPSHOT_HEADER &&
	    snapshot_get_header(form, h, &s.crc, &wrong) &&
	    h->shards == keyspace_shards(ks);
	if (ok) {
		s.size = (uint64_t)size;
		salvage(&s);
	}
	io_close(s.fd);
	buf_free(&s.bytes);
	buf_free(&wrong);
	return (ok);
}
