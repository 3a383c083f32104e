/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records are found by walking from the first one: at most some 128 are in a
 * pack, and the tag spares comparing bytes (255 times of 256).
 *
 * The first byte of a score is the score itself if that is an integer below
 * SCORE_INT16; else it says what follows in the machine's order of bytes.  So
 * no record takes more than a member and its score in Redis's listpack, unless
 * the member is itself an integer.
 */
#include "value/zpack.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"

enum {
	SCORE_INT16 = 0xf0,
	SCORE_INT32,
	SCORE_FLOAT,			/* -0 and infinities, too */
	SCORE_DOUBLE
};

/* With its first byte. */
static uint32_t
score_size(uint8_t first)
{
	static const uint8_t sizes[] = { 3, 5, 5, 9 };

	return (first < SCORE_INT16 ? 1 : sizes[first - SCORE_INT16]);
}

static uint8_t
score_kind(double score)
{
	if (score >= INT32_MIN && score <= INT32_MAX &&
	    score == (int32_t)score && !(score == 0 && signbit(score))) {
		if (score >= 0 && score < SCORE_INT16)
			return ((uint8_t)score);
		return (score >= INT16_MIN && score <= INT16_MAX ?
		    SCORE_INT16 : SCORE_INT32);
	}
	if (isinf(score) || (fabs(score) <= (double)FLT_MAX &&
	    (double)(float)score == score))
		return (SCORE_FLOAT);
	return (SCORE_DOUBLE);
}

static char *
score_write(char *to, double score)
{
	uint8_t kind = score_kind(score);
	int16_t int16 = 0;
	int32_t int32 = 0;
	float real = 0;

	*to++ = (char)kind;
	switch (kind) {
	case SCORE_INT16:
		int16 = (int16_t)score;
		memcpy(to, &int16, sizeof(int16));
		break;
	case SCORE_INT32:
		int32 = (int32_t)score;
		memcpy(to, &int32, sizeof(int32));
		break;
	case SCORE_FLOAT:
		real = (float)score;
		memcpy(to, &real, sizeof(real));
		break;
	case SCORE_DOUBLE:
		memcpy(to, &score, sizeof(score));
		break;
	default:
		break;
	}
	return (to + score_size(kind) - 1);
}

static inline double
score_read(const char *from)
{
	uint8_t kind = (uint8_t)*from++;
	int16_t int16;
	int32_t int32;
	float real;
	double score;

	switch (kind) {
	case SCORE_INT16:
		memcpy(&int16, from, sizeof(int16));
		return (int16);
	case SCORE_INT32:
		memcpy(&int32, from, sizeof(int32));
		return (int32);
	case SCORE_FLOAT:
		memcpy(&real, from, sizeof(real));
		return ((double)real);
	case SCORE_DOUBLE:
		memcpy(&score, from, sizeof(score));
		return (score);
	default:
		return (kind);
	}
}

static uint32_t
length_size(size_t length)
{
	uint32_t size = 1;

	for (; length >= 0x80; length >>= 7)
		size++;
	return (size);
}

static char *
length_write(char *to, size_t length)
{
	for (; length >= 0x80; length >>= 7)
		*to++ = (char)(length | 0x80);
	*to++ = (char)length;
	return (to);
}

static inline const char *
length_read(const char *from, size_t *length)
{
	unsigned shift;

	*length = (uint8_t)*from++;
	if (*length >= 0x80) {
		*length &= 0x7f;
		for (shift = 7; (uint8_t)*from >= 0x80; shift += 7)
			*length |= (size_t)((uint8_t)*from++ & 0x7f) << shift;
		*length |= (size_t)(uint8_t)*from++ << shift;
	}
	return (from);
}

/* Where the score of a record stands; its member ends where the next starts. */
static inline const char *
parse(const char *record, struct bytes *member)
{
	const char *score = length_read(record + 1, &member->length);

	member->data = score + score_size((uint8_t)*score);
	return (score);
}

uint32_t
zpack_hash(struct bytes member)
{
	return ((uint32_t)(hash_bytes(member) >> 32));
}

int
zpack_compare(struct bytes a, struct bytes b)
{
	size_t n = a.length < b.length ? a.length : b.length;
	int order = n != 0 ? memcmp(a.data, b.data, n) : 0;

	return (order != 0 ? order :
	    (a.length > b.length) - (a.length < b.length));
}

bool
zpack_before(const struct zbound *b, double score, struct bytes member)
{
	int order;

	if (score < b->score || score > b->score)
		return (score < b->score);
	if (b->member == NULL)
		return (b->above);
	order = zpack_compare(member, *b->member);
	return (b->above ? order <= 0 : order < 0);
}

size_t
zpack_memory(size_t bytes)
{
	/* malloc() needs eight bytes itself and cuts at multiples of 16. */
	size_t step = bytes < 512 ? 16 : 64;

	return ((bytes + 8 + step - 1) / step * step - 8);
}

size_t
zpack_need(struct bytes member, double score)
{
	return (1 + length_size(member.length) +
	    score_size(score_kind(score)) + member.length);
}

struct zrecord
zpack_record(const struct zpack *pack, uint32_t offset)
{
	const char *record = pack->data + offset;
	struct zrecord r;

	assert(offset < pack->used);
	r.score = score_read(parse(record, &r.member));
	r.size = (uint32_t)(r.member.data + r.member.length - record);
	return (r);
}

uint32_t
zpack_offset(const struct zpack *pack, uint32_t i)
{
	const char *record = pack->data;
	struct bytes member;

	assert(i <= pack->count);
	if (i == pack->count)
		return (pack->used);
	for (; i > 0; i--) {
		parse(record, &member);
		record = member.data + member.length;
	}
	return ((uint32_t)(record - pack->data));
}

uint32_t
zpack_index(const struct zpack *pack, uint32_t offset)
{
	const char *record = pack->data;
	struct bytes member;
	uint32_t i;

	for (i = 0; record < pack->data + offset; i++) {
		parse(record, &member);
		record = member.data + member.length;
	}
	return (i);
}

/* Only a record says where the next one is: ask for all of them before. */
void
zpack_prefetch(const struct zpack *pack)
{
	uint32_t i, n = pack->used < 1024 ? pack->used : 1024;

	for (i = 64; i < n; i += 64)
		__builtin_prefetch(pack->data + i);
}

bool
zpack_find(const struct zpack *pack, uint32_t hash, struct bytes member,
    uint32_t *offset)
{
	const char *record = pack->data, *end = record + pack->used;
	struct bytes found;

	zpack_prefetch(pack);
	for (; record < end; record = found.data + found.length) {
		parse(record, &found);
		if ((uint8_t)*record == (uint8_t)hash &&
		    bytes_equal(found, member)) {
			*offset = (uint32_t)(record - pack->data);
			return (true);
		}
	}
	return (false);
}

uint32_t
zpack_seek(const struct zpack *pack, const struct zbound *bound)
{
	const char *record = pack->data, *end = record + pack->used;
	struct bytes member;
	double score;

	zpack_prefetch(pack);
	for (; record < end; record = member.data + member.length) {
		score = score_read(parse(record, &member));
		if (score < bound->score)
			continue;
		if (score > bound->score ||
		    !zpack_before(bound, score, member))
			break;
	}
	return ((uint32_t)(record - pack->data));
}

void
zpack_insert(struct zpack *pack, uint32_t offset, uint32_t hash,
    struct bytes member, double score)
{
	uint32_t size = (uint32_t)zpack_need(member, score);
	char *to = pack->data + offset;

	memmove(to + size, to, pack->used - offset);
	pack->used += size;
	pack->count++;
	*to++ = (char)hash;
	to = score_write(length_write(to, member.length), score);
	if (member.length != 0)
		memcpy(to, member.data, member.length);
}

void
zpack_remove(struct zpack *pack, uint32_t offset, uint32_t size,
    uint32_t count)
{
	char *at = pack->data + offset;

	memmove(at, at + size, pack->used - offset - size);
	pack->used -= size;
	pack->count -= count;
}

void
zpack_move(struct zpack *to, uint32_t at, struct zpack *from, uint32_t offset,
    uint32_t size, uint32_t count)
{
	memmove(to->data + at + size, to->data + at, to->used - at);
	memcpy(to->data + at, from->data + offset, size);
	to->used += size;
	to->count += count;
	zpack_remove(from, offset, size, count);
}
