/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is parsed is made again and compared, so there is one way to write a
 * trailer, and every bit of it counts.
 */
#include "persist/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"

/* "crc=01234567" and " sum=01234567" stand at the end of each text. */
enum { CRC_DIGITS = 8, SUM_TEXT = 13 };

#define ECHO_FORMAT "*2\r\n$4\r\nECHO\r\n$%zu\r\n"

uint32_t
frame_seed(const uint8_t uuid[FRAME_UUID])
{
	return (crc32c(0, bytes_make(uuid, FRAME_UUID)));
}

/*
 * Write "*2 ECHO text crc=.. sum=.." to out, where text ends in "crc="; return
 * its length.  Records stand before it, whose crc is given, and so is the
 * one of all of it.
 */
static size_t
compose(char out[FRAME_TRAILER], const char *text, uint32_t *crc,
    uint32_t seed)
{
	size_t length = strlen(text) + CRC_DIGITS;
	int start = snprintf(out, FRAME_TRAILER, ECHO_FORMAT,
	    length + SUM_TEXT), n = start;

	n += snprintf(out + n, FRAME_TRAILER - (size_t)n, "%s", text);
	*crc = crc32c(*crc, bytes_make(out, (size_t)n));
	n += snprintf(out + n, FRAME_TRAILER - (size_t)n, "%08" PRIx32, *crc);
	n += snprintf(out + n, FRAME_TRAILER - (size_t)n, " sum=%08" PRIx32
	    "\r\n", crc32c(seed, bytes_make(out + start, length)));
	return ((size_t)n);
}

static void
trailer_text(char text[FRAME_TRAILER], const struct frame *f)
{
	snprintf(text, FRAME_TRAILER, "~respd lsn=%" PRIu64 "-%" PRIu64
	    " dur=%" PRIu64 " len=%" PRIu64 " crc=", f->first, f->last,
	    f->durable, f->length);
}

void
frame_finish(struct buf *b, size_t from, struct frame *f, uint32_t *crc,
    uint32_t seed)
{
	char text[FRAME_TRAILER], trailer[FRAME_TRAILER];

	f->length = b->length - from;
	*crc = crc32c(*crc, bytes_make(b->data + from, f->length));
	trailer_text(text, f);
	buf_add(b, trailer, compose(trailer, text, crc, seed));
	f->crc = *crc;
}

static void
header_text(char text[FRAME_TRAILER], const struct frame_header *h,
    const uint8_t uuid[FRAME_UUID])
{
	int i, n;

	n = snprintf(text, FRAME_TRAILER, "~respd-log v1 uuid=");
	for (i = 0; i < FRAME_UUID; i++)
		n += snprintf(text + n, FRAME_TRAILER - (size_t)n, "%02x",
		    uuid[i]);
	snprintf(text + n, FRAME_TRAILER - (size_t)n, " start=%" PRIu64
	    " dur=%" PRIu64 " last=%08" PRIx32 " crc=", h->start, h->durable,
	    h->last_crc);
}

void
frame_begin(struct buf *b, struct frame_header *h,
    const uint8_t uuid[FRAME_UUID])
{
	char text[FRAME_TRAILER], trailer[FRAME_TRAILER];

	h->crc = 0;
	header_text(text, h, uuid);
	buf_add(b, trailer, compose(trailer, text, &h->crc,
	    frame_seed(uuid)));
}

/* A copy with a NUL of what may be a trailer, for sscanf(3). */
static void
copy_text(char out[FRAME_TRAILER], struct bytes b)
{
	size_t n = b.length < FRAME_TRAILER - 1 ? b.length : FRAME_TRAILER - 1;

	memcpy(out, b.data, n);
	out[n] = '\0';
}

/* Behind "*2 ECHO": whether text is there; where it starts. */
static const char *
find_text(const char *copy, const char *text)
{
	static const char echo[] = "*2\r\n$4\r\nECHO\r\n$";
	const char *p;

	if (strncmp(copy, echo, sizeof(echo) - 1) != 0)
		return (NULL);
	p = strchr(copy + sizeof(echo) - 1, '\n');
	return (p != NULL && strncmp(p + 1, text, strlen(text)) == 0 ?
	    p + 1 : NULL);
}

/* The trailer's own text up to " sum=" is given by the crc in it. */
static size_t
recompose(char out[FRAME_TRAILER], const char *text, uint32_t crc,
    uint32_t seed)
{
	size_t length = strlen(text) + CRC_DIGITS;
	int start = snprintf(out, FRAME_TRAILER, ECHO_FORMAT,
	    length + SUM_TEXT), n = start;

	n += snprintf(out + n, FRAME_TRAILER - (size_t)n, "%s%08" PRIx32,
	    text, crc);
	n += snprintf(out + n, FRAME_TRAILER - (size_t)n, " sum=%08" PRIx32
	    "\r\n", crc32c(seed, bytes_make(out + start, length)));
	return ((size_t)n);
}

size_t
frame_parse(struct bytes b, struct frame *f, uint32_t seed)
{
	char copy[FRAME_TRAILER], text[FRAME_TRAILER], again[FRAME_TRAILER];
	const char *p;
	size_t length;

	if (b.length < 20 || b.data[0] != '*' || b.data[1] != '2' ||
	    memcmp(b.data + 4, "$4\r\nECHO", 8) != 0)
		return (0);
	copy_text(copy, b);
	if ((p = find_text(copy, "~respd lsn=")) == NULL ||
	    sscanf(p, "~respd lsn=%" SCNu64 "-%" SCNu64 " dur=%" SCNu64
	    " len=%" SCNu64 " crc=%8" SCNx32, &f->first, &f->last,
	    &f->durable, &f->length, &f->crc) != 5)
		return (0);
	trailer_text(text, f);
	length = recompose(again, text, f->crc, seed);
	return (length <= b.length && memcmp(again, b.data, length) == 0 ?
	    length : 0);
}

bool
frame_check(struct bytes whole, const struct frame *f, uint32_t crc)
{
	size_t end = 2 + SUM_TEXT + CRC_DIGITS;

	return (whole.length > end &&
	    crc32c(crc, bytes_make(whole.data, whole.length - end)) == f->crc);
}

size_t
frame_parse_header(struct bytes b, struct frame_header *h,
    const uint8_t uuid[FRAME_UUID])
{
	char copy[FRAME_TRAILER], text[FRAME_TRAILER], again[FRAME_TRAILER];
	const char *p;
	size_t length;

	copy_text(copy, b);
	if ((p = find_text(copy, "~respd-log v1 uuid=")) == NULL ||
	    sscanf(p, "~respd-log v1 uuid=%*32s start=%" SCNu64 " dur=%" SCNu64
	    " last=%8" SCNx32, &h->start, &h->durable, &h->last_crc) != 3)
		return (0);
	h->crc = 0;
	header_text(text, h, uuid);
	length = compose(again, text, &h->crc, frame_seed(uuid));
	return (length <= b.length && memcmp(again, b.data, length) == 0 ?
	    length : 0);
}
