/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * There is one way to write each trailer, and every bit of it counts: numbers
 * without leading zeros, small digits, and sums of all that.
 */
#include "persist/frame.h"

#include <string.h>

#include "base/crc32c.h"

/* "crc=01234567" and " sum=01234567" stand at the end of each text. */
enum { CRC_DIGITS = 8, SUM_TEXT = 13 };

#define ECHO_HEAD "*2\r\n$4\r\nECHO\r\n$"

uint32_t
frame_seed(const uint8_t uuid[FRAME_UUID])
{
	return (crc32c(0, bytes_make(uuid, FRAME_UUID)));
}

static char *
put_text(char *to, const char *text)
{
	return (stpcpy(to, text));
}

static char *
put_number(char *to, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	memcpy(to, digits + i, sizeof(digits) - i);
	return (to + sizeof(digits) - i);
}

static char *
put_hex(char *to, uint32_t n)
{
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[n >> shift & 15];
	return (to);
}

/*
 * Write "*2 ECHO text crc=.. sum=.." to out, where text ends in "crc="; return
 * its length.  Records stand before it, whose crc is given, and so is the
 * one of all of it.  By hand: small frames are written all the time.
 */
static size_t
compose(char out[FRAME_TRAILER], struct bytes text, uint32_t *crc,
    uint32_t seed)
{
	size_t length = text.length + CRC_DIGITS;
	char *start = put_text(put_number(put_text(out, ECHO_HEAD),
	    length + SUM_TEXT), "\r\n"), *p;

	memcpy(start, text.data, text.length);
	p = start + text.length;
	*crc = crc32c(*crc, bytes_make(out, (size_t)(p - out)));
	p = put_text(put_hex(p, *crc), " sum=");
	p = put_text(put_hex(p, crc32c(seed, bytes_make(start, length))),
	    "\r\n");
	return ((size_t)(p - out));
}

static struct bytes
trailer_text(char text[FRAME_TRAILER], const struct frame *f)
{
	char *p = put_number(put_text(text, "~respd lsn="), f->first);

	p = put_number(put_text(p, "-"), f->last);
	p = put_number(put_text(p, " dur="), f->durable);
	p = put_number(put_text(p, " len="), f->length);
	p = put_text(p, " crc=");
	return (bytes_make(text, (size_t)(p - text)));
}

void
frame_finish(struct buf *b, size_t from, struct frame *f, uint32_t *crc,
    uint32_t seed)
{
	char text[FRAME_TRAILER], trailer[FRAME_TRAILER];

	f->length = b->length - from;
	if (f->length != 0)
		*crc = crc32c(*crc, bytes_make(b->data + from, f->length));
	buf_add(b, trailer, compose(trailer, trailer_text(text, f), crc,
	    seed));
	f->crc = *crc;
}

static struct bytes
header_text(char text[FRAME_TRAILER], const struct frame_header *h,
    const uint8_t uuid[FRAME_UUID])
{
	char *p = put_text(text, "~respd-log v1 uuid=");
	int i;

	for (i = 0; i < FRAME_UUID; i += 4)
		p = put_hex(p, (uint32_t)uuid[i] << 24 |
		    (uint32_t)uuid[i + 1] << 16 | (uint32_t)uuid[i + 2] << 8 |
		    uuid[i + 3]);
	p = put_number(put_text(p, " start="), h->start);
	p = put_number(put_text(p, " dur="), h->durable);
	p = put_hex(put_text(p, " last="), h->last_crc);
	p = put_text(p, " crc=");
	return (bytes_make(text, (size_t)(p - text)));
}

void
frame_begin(struct buf *b, struct frame_header *h,
    const uint8_t uuid[FRAME_UUID])
{
	char text[FRAME_TRAILER], trailer[FRAME_TRAILER];

	h->crc = 0;
	buf_add(b, trailer, compose(trailer, header_text(text, h, uuid),
	    &h->crc, frame_seed(uuid)));
}

/* What is left of a trailer that is being read; data is NULL after a fault. */
static void
take_text(struct bytes *b, const char *text)
{
	size_t n = strlen(text);

	if (b->data == NULL || b->length < n ||
	    memcmp(b->data, text, n) != 0) {
		*b = bytes_make(NULL, 0);
		return;
	}
	b->data += n;
	b->length -= n;
}

/* Digits without leading zeros. */
static uint64_t
take_number(struct bytes *b)
{
	uint64_t n = 0, digit;
	size_t i;

	for (i = 0; i < b->length && b->data[i] >= '0' && b->data[i] <= '9';
	    i++) {
		digit = (uint64_t)(b->data[i] - '0');
		if ((i != 0 && n == 0) || n > (UINT64_MAX - digit) / 10)
			i = b->length;
		else
			n = n * 10 + digit;
	}
	if (i == 0 || i >= b->length)
		*b = bytes_make(NULL, 0);
	else
		*b = bytes_make(b->data + i, b->length - i);
	return (n);
}

/* Eight small digits. */
static uint32_t
take_crc(struct bytes *b)
{
	uint32_t n = 0;
	size_t i;
	char c;

	for (i = 0; i < CRC_DIGITS && i < b->length; i++) {
		c = b->data[i];
		if (c >= '0' && c <= '9')
			n = n << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint32_t)(c - 'a' + 10);
		else
			break;
	}
	if (i != CRC_DIGITS)
		*b = bytes_make(NULL, 0);
	else
		*b = bytes_make(b->data + i, b->length - i);
	return (n);
}

/* Up to the text, whose length is returned. */
static uint64_t
take_echo(struct bytes *b)
{
	uint64_t n;

	take_text(b, "*2\r\n$4\r\nECHO\r\n$");
	n = take_number(b);
	take_text(b, "\r\n");
	return (n);
}

/* The sum of the text that began there, and the end of it all. */
static bool
take_end(struct bytes *b, const char *text, uint64_t length, uint32_t seed)
{
	const char *end = b->data;
	uint32_t sum;

	take_text(b, " sum=");
	sum = take_crc(b);
	if (b->data == NULL || (uint64_t)(b->data - text) != length)
		return (false);
	take_text(b, "\r\n");
	return (b->data != NULL &&
	    sum == crc32c(seed, bytes_make(text, (size_t)(end - text))));
}

size_t
frame_parse(struct bytes b, struct frame *f, uint32_t seed)
{
	const char *start = b.data, *text;
	uint64_t length = take_echo(&b);

	text = b.data;
	take_text(&b, "~respd lsn=");
	f->first = take_number(&b);
	take_text(&b, "-");
	f->last = take_number(&b);
	take_text(&b, " dur=");
	f->durable = take_number(&b);
	take_text(&b, " len=");
	f->length = take_number(&b);
	take_text(&b, " crc=");
	f->crc = take_crc(&b);
	return (take_end(&b, text, length, seed) ?
	    (size_t)(b.data - start) : 0);
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
	char text[FRAME_TRAILER], again[FRAME_TRAILER];
	struct bytes whole = b;
	size_t length;

	take_echo(&b);
	take_text(&b, "~respd-log v1 uuid=");
	if (b.length < 2 * FRAME_UUID)
		return (0);
	b = bytes_make(b.data + 2 * FRAME_UUID, b.length - 2 * FRAME_UUID);
	take_text(&b, " start=");
	h->start = take_number(&b);
	take_text(&b, " dur=");
	h->durable = take_number(&b);
	take_text(&b, " last=");
	h->last_crc = take_crc(&b);
	if (b.data == NULL)
		return (0);
	h->crc = 0;
	length = compose(again, header_text(text, h, uuid), &h->crc,
	    frame_seed(uuid));
	return (length <= whole.length &&
	    memcmp(again, whole.data, length) == 0 ? length : 0);
}

bool
frame_find_uuid(struct bytes b, uint8_t uuid[FRAME_UUID])
{
	struct bytes whole = b;
	struct frame_header h;
	uint32_t four = 0;
	size_t i;

	take_echo(&b);
	take_text(&b, "~respd-log v1 uuid=");
	for (i = 0; i < FRAME_UUID && b.data != NULL; i++) {
		if (i % 4 == 0)
			four = take_crc(&b);
		uuid[i] = (uint8_t)(four >> (24 - 8 * (i % 4)));
	}
	return (b.data != NULL && frame_parse_header(whole, &h, uuid) != 0);
}
