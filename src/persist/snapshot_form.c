/* SPDX-License-Identifier: BSD-2-Clause */
#include "persist/snapshot_form.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc32c.h"
#include "store/keyspace.h"

/* Move on behind a number of that many bytes. */
static void
put(char **p, uint64_t n, int size)
{
	for (; size != 0; size--, n >>= 8)
		*(*p)++ = (char)n;
}

static uint64_t
get(const char **p, int size)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < size; i++)
		n |= (uint64_t)(unsigned char)*(*p)++ << 8 * i;
	return (n);
}

/* The crc of what stands between start and *p, put behind it. */
static uint32_t
seal(char **p, const char *start, uint32_t crc)
{
	crc = crc32c(crc, bytes_make(start, (size_t)(*p - start)));
	put(p, crc, 4);
	return (crc);
}

/* Whether start has that magic, and its size bytes end in their crc. */
static bool
is_sealed(const char *start, const char *magic, size_t size, uint32_t crc)
{
	const char *p = start + size - 4;

	return (memcmp(start, magic, strlen(magic)) == 0 &&
	    crc32c(crc, bytes_make(start, size - 4)) == get(&p, 4));
}

static void
put_magic(char **p, const char *magic)
{
	memcpy(*p, magic, strlen(magic));
	*p += strlen(magic);
}

uint32_t
snapshot_put_header(char *to, const struct snapshot_header *h)
{
	char *p = to;

	put_magic(&p, "RESPDSNP");
	put(&p, SNAPSHOT_VERSION, 4);
	put(&p, h->shards, 4);
	put(&p, h->databases, 4);
	put(&p, (uint64_t)h->created_us, 8);
	put(&p, h->start, 8);
	memcpy(p, h->seed, HASH_SEED);
	memcpy(p + HASH_SEED, h->uuid, FRAME_UUID);
	p += HASH_SEED + FRAME_UUID;
	return (seal(&p, to, 0));
}

void
snapshot_put_section(char *to, const struct snapshot_section *s, uint32_t crc)
{
	char *p = to;

	put_magic(&p, "SECT");
	put(&p, s->number, 4);
	put(&p, s->keys, 8);
	put(&p, s->position, 8);
	put(&p, s->length, 8);
	put(&p, s->crc, 4);
	seal(&p, to, crc);
}

void
snapshot_put_footer(char *to, const struct snapshot_footer *f, uint32_t crc)
{
	char *p = to;

	put_magic(&p, "RESPDEND");
	put(&p, f->sections, 4);
	put(&p, f->keys, 8);
	put(&p, f->size, 8);
	seal(&p, to, crc);
}

bool
snapshot_get_header(const char *from, struct snapshot_header *h, uint32_t *crc,
    struct buf *wrong)
{
	const char *p = from + 8;
	uint32_t version;

	if (memcmp(from, "RESPDSNP", 8) != 0) {
		buf_add_string(wrong, "not a snapshot");
		return (false);
	}
	version = (uint32_t)get(&p, 4);
	if (version > SNAPSHOT_VERSION) {
		buf_add_format(wrong, "version %" PRIu32 ", of a later respd",
		    version);
		return (false);
	}
	h->shards = (uint32_t)get(&p, 4);
	h->databases = (uint32_t)get(&p, 4);
	h->created_us = (int64_t)get(&p, 8);
	h->start = get(&p, 8);
	memcpy(h->seed, p, HASH_SEED);
	memcpy(h->uuid, p + HASH_SEED, FRAME_UUID);
	p += HASH_SEED + FRAME_UUID;
	*crc = (uint32_t)get(&p, 4);
	if (version != 0 && is_sealed(from, "RESPDSNP", SNAPSHOT_HEADER, 0) &&
	    keyspace_can_have(h->shards))
		return (true);
	buf_add_string(wrong, "the header is damaged");
	return (false);
}

bool
snapshot_get_section(const char *from, struct snapshot_section *s,
    uint32_t crc)
{
	const char *p = from + 4;

	s->number = (uint32_t)get(&p, 4);
	s->keys = get(&p, 8);
	s->position = get(&p, 8);
	s->length = get(&p, 8);
	s->crc = (uint32_t)get(&p, 4);
	return (is_sealed(from, "SECT", SNAPSHOT_SECTION, crc));
}

bool
snapshot_get_footer(const char *from, struct snapshot_footer *f, uint32_t crc)
{
	const char *p = from + 8;

	f->sections = (uint32_t)get(&p, 4);
	f->keys = get(&p, 8);
	f->size = get(&p, 8);
	return (is_sealed(from, "RESPDEND", SNAPSHOT_FOOTER, crc));
}
