/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The readers of Redis's files on bytes made by hand: every encoding, and
 * every way to damage a small dump.  What they tell is noted as text:
 * "k list a b;k2 hash f=v;".
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "import/aof.h"
#include "import/crc64.h"
#include "import/lzf.h"
#include "import/manifest.h"
#include "import/mark.h"
#include "import/rdb.h"
#include "suite.h"

/* Bytes of a literal, with the NULs inside it. */
#define BYTES(literal)	((struct bytes){ literal, sizeof(literal) - 1 })

/* What is told */

static struct buf told;
static enum kind told_kind;

static bool
on_database(void *arg, uint64_t number)
{
	(void)arg;
	if (number != 0)
		buf_add_format(&told, "db %" PRIu64 ";", number);
	return (true);
}

static bool
on_key(void *arg, struct bytes name, enum kind kind, int64_t deadline)
{
	static const char *const names[KINDS] = { "string", "list", "set",
	    "zset", "hash" };

	(void)arg;
	told_kind = kind;
	buf_add(&told, name.data, name.length);
	if (deadline != NO_DEADLINE)
		buf_add_format(&told, "@%" PRId64, deadline);
	buf_add_format(&told, " %s", names[kind]);
	return (true);
}

static bool
on_element(void *arg, struct bytes first, struct bytes second)
{
	(void)arg;
	buf_add_char(&told, ' ');
	buf_add(&told, first.data, first.length);
	if (told_kind == KIND_HASH || told_kind == KIND_ZSET)
		buf_add_char(&told, '=');
	buf_add(&told, second.data, second.length);
	return (true);
}

static bool
on_end(void *arg)
{
	(void)arg;
	buf_add_char(&told, ';');
	return (true);
}

static bool
on_unsupported(void *arg, const char *what, struct bytes name)
{
	(void)arg;
	buf_add_format(&told, "no %s ", what);
	buf_add(&told, name.data, name.length);
	buf_add_char(&told, ';');
	return (true);
}

static bool
on_command(void *arg, const struct bytes *args, size_t count)
{
	size_t i;

	(void)arg;
	for (i = 0; i < count; i++) {
		buf_add(&told, args[i].data, args[i].length);
		buf_add_char(&told, i + 1 < count ? ' ' : ';');
	}
	return (true);
}

static const struct events events = { .database = on_database, .key = on_key,
    .element = on_element, .end = on_end, .unsupported = on_unsupported,
    .command = on_command };

static void
same(struct bytes wanted)
{
	ck_assert_msg(bytes_equal(buf_bytes(&told), wanted), "%.*s",
	    (int)told.length, told.data);
}

/* Dumps */

static const char version_11[] = "REDIS0011";

/* A whole dump of what stands between the version and the end. */
static struct buf
make_dump(struct bytes body, bool summed)
{
	struct buf b = { 0 };
	uint64_t crc;
	unsigned i;

	buf_add_string(&b, version_11);
	buf_add(&b, body.data, body.length);
	buf_add_char(&b, (char)0xff);
	crc = summed ? crc64(0, b.data, b.length) : 0;
	for (i = 0; i < 8; i++)
		buf_add_char(&b, (char)(crc >> 8 * i & 0xff));
	return (b);
}

/* From memory that ends where the bytes do, which a sanitizer watches. */
static bool
read_dump(struct bytes b, char error[192])
{
	void *copy = malloc(b.length != 0 ? b.length : 1);
	struct rdb rdb = { .events = &events };
	struct source source;
	bool good;

	memcpy(copy, b.data, b.length);
	source_of_bytes(&source, bytes_make(copy, b.length));
	rdb.source = &source;
	buf_clear(&told, 1 << 16);
	good = rdb_read(&rdb) && source_peek(&source) == -1;
	SURE(good || *rdb.error != '\0' || source_peek(&source) != -1);
	if (error != NULL)
		memcpy(error, rdb.error, sizeof(rdb.error));
	rdb_free(&rdb);
	source_close(&source);
	free(copy);
	return (good);
}

static const struct {
	struct bytes	body, wanted;	/* no data: it is wrong */
} bodies[] = {
	{ BYTES(""), BYTES("") },
	/* Strings: plain, 14 bits, 32 and 64 bits, integers, compressed */
	{ BYTES("\0\1k\1v"), BYTES("k string v;") },
	{ BYTES("\0\1k\0"), BYTES("k string ;") },
	{ BYTES("\0\1k\x40\3abc"), BYTES("k string abc;") },
	{ BYTES("\0\1k\x80\0\0\0\3abc"), BYTES("k string abc;") },
	{ BYTES("\0\1k\x81\0\0\0\0\0\0\0\3abc"), BYTES("k string abc;") },
	{ BYTES("\0\1k\x82\0\0\0\3abc"), { 0 } },
	{ BYTES("\0\1k\x80\x20\0\0\1abc"), { 0 } },
	{ BYTES("\0\1k\xc0\xff"), BYTES("k string -1;") },
	{ BYTES("\0\1k\xc1\xfe\xff"), BYTES("k string -2;") },
	{ BYTES("\0\1k\xc2\0\0\0\x80"), BYTES("k string -2147483648;") },
	{ BYTES("\0\xc0\x0b\xc0\x0c"), BYTES("11 string 12;") },
	{ BYTES("\0\1k\xc3\5\x0a\0a\xe0\0\0"), BYTES("k string aaaaaaaaaa;") },
	{ BYTES("\0\1k\xc3\5\x0b\0a\xe0\0\0"), { 0 } },
	{ BYTES("\0\1k\xc3\5\x80\x20\0\0\0\0a\xe0\0\0"), { 0 } },
	{ BYTES("\0\1k\xc4\0"), { 0 } },
	/* Lists and sets of strings */
	{ BYTES("\1\1k\3\1a\xc0\7\1c"), BYTES("k list a 7 c;") },
	{ BYTES("\1\1k\0"), BYTES("k list;") },
	{ BYTES("\2\1k\2\1a\1b"), BYTES("k set a b;") },
	{ BYTES("\2\1k\x81\xff\xff\xff\xff\xff\xff\xff\xff\1a"), { 0 } },
	/* Scores: text, its special lengths, and binary */
	{ BYTES("\3\1k\4\1a\3" "1.5\1b\xfe\1c\xff\1d\1" "0"),
	    BYTES("k zset 1.5=a inf=b -inf=c 0=d;") },
	{ BYTES("\3\1k\1\1a\xfd"), { 0 } },
	{ BYTES("\3\1k\1\1a\3" "1x5"), { 0 } },
	{ BYTES("\5\1k\1\1a\0\0\0\0\0\0\xf8\xbf"), BYTES("k zset -1.5=a;") },
	{ BYTES("\5\1k\1\1a\0\0\0\0\0\0\xf8\x7f"), { 0 } },
	/* Hashes */
	{ BYTES("\4\1k\2\1f\1v\1g\1w"), BYTES("k hash f=v g=w;") },
	{ BYTES("\x09\1k\x0f\2\1f\1\2vxx\1g\1\0w\xff"), { 0 } },
	{ BYTES("\x09\1k\x0e\2\1f\1\2vxx\1g\1\0w\xff"),
	    BYTES("k hash f=v g=w;") },
	{ BYTES("\x09\1k\x0e\3\1f\1\2vxx\1g\1\0w\xff"), { 0 } },
	{ BYTES("\x09\1k\x0c\xfe\xfe\1\0\0\0f\1\0v\xff\0"), { 0 } },
	{ BYTES("\x09\1k\x0b\xfe\xfe\1\0\0\0f\1\0v\xff"),
	    BYTES("k hash f=v;") },
	{ BYTES("\x09\1k\6\1\2f\1\0v"), { 0 } },
	/* Ziplists: as a list, a zset, a hash of an odd number of items */
	{ BYTES("\x0a\1k\x16" "\x16\0\0\0\x10\0\0\0\3\0" "\0\1a" "\3\xfe\x80"
	    "\3\xf0\1\2\x83" "\xff"), BYTES("k list a -128 -8191487;") },
	{ BYTES("\x0a\1k\x16" "\x16\0\0\0\x10\0\0\0\3\0" "\0\1a" "\4\xfe\x80"
	    "\3\xf0\1\2\x83" "\xff"), { 0 } },
	{ BYTES("\x0a\1k\x16" "\x16\0\0\0\x0f\0\0\0\3\0" "\0\1a" "\3\xfe\x80"
	    "\3\xf0\1\2\x83" "\xff"), { 0 } },
	{ BYTES("\x0a\1k\x16" "\x16\0\0\0\x10\0\0\0\2\0" "\0\1a" "\3\xfe\x80"
	    "\3\xf0\1\2\x83" "\xff"), { 0 } },
	{ BYTES("\x0a\1k\x2f" "\x2f\0\0\0\x24\0\0\0\5\0" "\0\xc0\0\x80"
	    "\4\xd0\0\0\0\x80" "\xfe\6\0\0\0\xe0\1\0\0\0\0\0\0\x80"
	    "\x0e\xf1" "\2\x80\0\0\0\2xy" "\xff"), { 0 } },
	{ BYTES("\x0a\1k\x2d" "\x2d\0\0\0\x24\0\0\0\5\0" "\0\xc0\0\x80"
	    "\4\xd0\0\0\0\x80" "\xfe\6\0\0\0\xe0\1\0\0\0\0\0\0\x80"
	    "\x0e\xf1" "\2\x80\0\0\0\2xy" "\xff"),
	    BYTES("k list -32768 -2147483648 -9223372036854775807 0 xy;") },
	{ BYTES("\x0c\1k\x12" "\x12\0\0\0\x0d\0\0\0\2\0" "\0\1a" "\3\2" ".5"
	    "\xff"), BYTES("k zset 0.5=a;") },
	{ BYTES("\x0d\1k\x10" "\x10\0\0\0\x0d\0\0\0\2\0" "\0\1f" "\3\xfd"
	    "\xff"), BYTES("k hash f=12;") },
	{ BYTES("\x0d\1k\x0e" "\x0e\0\0\0\x0a\0\0\0\1\0" "\0\1f" "\xff"),
	    { 0 } },
	{ BYTES("\x0e\1k\2\x0e" "\x0e\0\0\0\x0a\0\0\0\1\0" "\0\1f" "\xff"
	    "\x0d" "\x0d\0\0\0\x0a\0\0\0\1\0" "\0\xf2" "\xff"),
	    BYTES("k list f 1;") },
	/* Intsets */
	{ BYTES("\x0b\1k\x0c\2\0\0\0\2\0\0\0\xff\xff\1\0"),
	    BYTES("k set -1 1;") },
	{ BYTES("\x0b\1k\x0c\4\0\0\0\1\0\0\0\xff\xff\xff\x7f"),
	    BYTES("k set 2147483647;") },
	{ BYTES("\x0b\1k\x10\x08\0\0\0\1\0\0\0\0\0\0\0\0\0\0\x80"),
	    BYTES("k set -9223372036854775808;") },
	{ BYTES("\x0b\1k\x0c\2\0\0\0\2\0\0\0\1\0\1\0"), { 0 } },
	{ BYTES("\x0b\1k\x0c\2\0\0\0\3\0\0\0\1\0\2\0"), { 0 } },
	{ BYTES("\x0b\1k\x0b\3\0\0\0\1\0\0\0\1\0\0"), { 0 } },
	{ BYTES("\x0b\1k\x08\0\0\0\0\0\0\0\0"), { 0 } },
	/* Listpacks: 6, 12 and 32 bits of a string, integers of all widths */
	{ BYTES("\x10\1k\x0c" "\x0c\0\0\0\2\0" "\x81" "f\2" "\x07\1" "\xff"),
	    BYTES("k hash f=7;") },
	{ BYTES("\x10\1k\x0c" "\x0c\0\0\0\2\0" "\x81" "f\3" "\x07\1" "\xff"),
	    { 0 } },
	{ BYTES("\x10\1k\x0c" "\x0c\0\0\0\3\0" "\x81" "f\2" "\x07\1" "\xff"),
	    { 0 } },
	{ BYTES("\x11\1k\x0e" "\x0e\0\0\0\2\0" "\x81" "a\2" "\xdf\xff\2"
	    "\xff\xff"), { 0 } },
	{ BYTES("\x11\1k\x0d" "\x0d\0\0\0\2\0" "\x81" "a\2" "\xdf\xff\2"
	    "\xff"), BYTES("k zset -1=a;") },
	{ BYTES("\x14\1k\x2a" "\x2a\0\0\0\xff\xff" "\xf1\0\x80\3"
	    "\xf2\0\0\x80\4" "\xf3\0\0\0\x80\5" "\xf4\0\0\0\0\0\0\0\x80\x09"
	    "\xe0\1x\3" "\xf0\1\0\0\0y\6" "\xff"), { 0 } },
	{ BYTES("\x14\1k\x2b" "\x2b\0\0\0\xff\xff" "\xf1\0\x80\3"
	    "\xf2\0\0\x80\4" "\xf3\0\0\0\x80\5" "\xf4\0\0\0\0\0\0\0\x80\x09"
	    "\xe0\1x\3" "\xf0\1\0\0\0y\6" "\xff"),
	    BYTES("k set -32768 -8388608 -2147483648 -9223372036854775808 "
	    "x y;") },
	{ BYTES("\x14\1k\x09" "\x09\0\0\0\1\0" "\xf5\1" "\xff"), { 0 } },
	{ BYTES("\x14\1k\x07" "\x07\0\0\0\0\0" "\xff"), BYTES("k set;") },
	{ BYTES("\x14\1k\x06" "\x06\0\0\0\0\0"), { 0 } },
	/* A list of a plain node and one of two items */
	{ BYTES("\x12\1k\2\1\3abc\2\x0c" "\x0c\0\0\0\2\0" "\x81" "f\2"
	    "\x07\1" "\xff"), BYTES("k list abc f 7;") },
	{ BYTES("\x12\1k\1\3\3abc"), { 0 } },
	/* Deadlines, hints, databases, notes, sizes */
	{ BYTES("\xfc\xe8\3\0\0\0\0\0\0\0\1k\1v\0\1l\1w"),
	    BYTES("k@1000 string v;l string w;") },
	{ BYTES("\xfd\2\0\0\0\xf8\5\0\1k\1v"), BYTES("k@2000 string v;") },
	{ BYTES("\xfd\xff\xff\xff\xff\xf9\5\0\1k\1v"),
	    BYTES("k@-1000 string v;") },
	{ BYTES("\xfa\1a\1b\xfe\3\xfb\1\0\0\1k\1v"),
	    BYTES("db 3;k string v;") },
	/* Functions, streams of all versions, modules */
	{ BYTES("\xf5\3lib\0\1k\1v"),
	    BYTES("no function library ;k string v;") },
	{ BYTES("\x0f\1s\1\2id\2lp\1\5\0\1\1g\1\0"
	    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\1\1c\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\1k\1v"), BYTES("no stream s;k string v;") },
	{ BYTES("\x13\1s\0\1\5\0\1\0\0\0\1\1\1g\1\0\1\0"
	    "\1\1c\0\0\0\0\0\0\0\0\0\0\1k\1v"),
	    BYTES("no stream s;k string v;") },
	{ BYTES("\x15\1s\0\1\5\0\1\0\0\0\1\1\1g\1\0\1\0"
	    "\1\1c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1k\1v"),
	    BYTES("no stream s;k string v;") },
	{ BYTES("\7\1m\x81\0\0\0\0\0\0\4\1\1\5\2\7\3\0\0\0\0"
	    "\4\0\0\0\0\0\0\0\0\5\2xy\0\0\1k\1v"),
	    BYTES("no module type AAAAAAAAB m;k string v;") },
	{ BYTES("\xf7\x81\0\0\0\0\0\0\4\1\2\1\1\5\0\0\1k\1v"),
	    BYTES("no module type AAAAAAAAB ;k string v;") },
	{ BYTES("\7\1m\x81\0\0\0\0\0\0\4\1\6"), { 0 } },
	{ BYTES("\6\1m\1"), { 0 } },
	{ BYTES("\x16\1k\1"), { 0 } },
	{ BYTES("\x08\1k\1"), { 0 } },
	{ BYTES("\xf6\1k\1"), { 0 } },
};

START_TEST(test_bodies)
{
	struct buf dump = make_dump(bodies[_i].body, true);
	bool good = read_dump(buf_bytes(&dump), NULL);

	ck_assert_int_eq(good, bodies[_i].wanted.data != NULL);
	if (good)
		same(bodies[_i].wanted);
	buf_free(&dump);
	buf_free(&told);
}
END_TEST

/* All good bodies in one. */
static struct buf
make_all(bool summed)
{
	struct buf body = { 0 }, dump;
	size_t i;

	for (i = 0; i < COUNT(bodies); i++)
		if (bodies[i].wanted.data != NULL)
			buf_add(&body, bodies[i].body.data,
			    bodies[i].body.length);
	dump = make_dump(buf_bytes(&body), summed);
	buf_free(&body);
	return (dump);
}

START_TEST(test_damage)
{
	struct buf dump = make_all(true), loose = make_all(false);
	size_t i, harmless = 0;

	SURE(read_dump(buf_bytes(&dump), NULL));
	SURE(read_dump(buf_bytes(&loose), NULL));
	for (i = 0; i < dump.length; i++) {
		SURE(!read_dump(bytes_make(dump.data, i), NULL));
		SURE(!read_dump(bytes_make(loose.data, i), NULL));
	}
	for (i = 0; i < 8 * dump.length; i++) {
		dump.data[i / 8] ^= (char)(1 << i % 8);
		SURE(!read_dump(buf_bytes(&dump), NULL));
		dump.data[i / 8] ^= (char)(1 << i % 8);
		/* Without a checksum it may go unseen, and hurts nobody. */
		loose.data[i / 8] ^= (char)(1 << i % 8);
		harmless += read_dump(buf_bytes(&loose), NULL);
		loose.data[i / 8] ^= (char)(1 << i % 8);
	}
	ck_assert_uint_gt(harmless, dump.length);
	ck_assert_uint_lt(harmless, 8 * dump.length);
	buf_free(&dump);
	buf_free(&loose);
	buf_free(&told);
}
END_TEST

START_TEST(test_versions)
{
	static const struct {
		const char	*head, *error;
	} table[] = {
		{ "REDIS0001", NULL }, { "REDIS0004", NULL },
		{ "REDIS0000", "no dump of Redis" },
		{ "REDIS0012", "version 12" }, { "REDIS0080", "version 80" },
		{ "REDIS00x1", "no dump of Redis" },
		{ "VALKEY080", "no dump of Redis" },
		{ "REDIS", "ends in the middle" },
	};
	char bytes[16], error[192];
	size_t i, n;

	for (i = 0; i < COUNT(table); i++) {
		/* Versions before 5 have no checksum at all. */
		n = (size_t)snprintf(bytes, sizeof(bytes), "%s%s",
		    table[i].head, table[i].error == NULL ? "\xff" : "");
		ck_assert_int_eq(read_dump(bytes_make(bytes, n), error),
		    table[i].error == NULL);
		ck_assert_msg(table[i].error == NULL ||
		    strstr(error, table[i].error) != NULL, "%s", error);
	}
	buf_free(&told);
}
END_TEST

/* Headers that promise gigabytes cost what is there. */
START_TEST(test_promises)
{
	static const struct bytes promises[] = {
		BYTES("\0\1k\x80\x1f\xff\xff\xff" "abc"),
		BYTES("\0\1k\xc3\5\x80\x1f\xff\xff\xff" "\0a\xe0\0\0"),
		BYTES("\1\1k\x80\x7f\xff\xff\xff\1a"),
		BYTES("\0\x80\x1f\xff\xff\xff" "abc"),
	};
	size_t i, before;
	struct buf dump;
	struct rdb rdb;
	struct source source;

	for (i = 0; i < COUNT(promises); i++) {
		dump = make_dump(promises[i], false);
		before = mem_used();
		source_of_bytes(&source, buf_bytes(&dump));
		rdb = (struct rdb){ .source = &source, .events = &events };
		ck_assert(!rdb_read(&rdb));
		ck_assert_uint_lt(mem_used() - before, 512 * 1024);
		rdb_free(&rdb);
		buf_free(&dump);
	}
	buf_free(&told);
}
END_TEST

START_TEST(test_crc64)
{
	const char *text = "This is a test of the emergency broadcast system.";
	size_t i;

	ck_assert_uint_eq(crc64(0, "123456789", 9),
	    UINT64_C(0xe9c6d914c4b8d9ca));
	for (i = 0; i < strlen(text); i++)
		ck_assert_uint_eq(crc64(crc64(0, text, i), text + i,
		    strlen(text) - i), crc64(0, text, strlen(text)));
}
END_TEST

START_TEST(test_lzf)
{
	static const struct {
		struct bytes	packed;
		const char	*out;
	} table[] = {
		{ BYTES(""), "" },
		{ BYTES("\2abc"), "abc" },
		{ BYTES("\2abc\x20\2"), "abcabc" },
		{ BYTES("\0a\xe0\0\0"), "aaaaaaaaaa" },
		{ BYTES("\3abc"), NULL },
		{ BYTES("\2abc\x20"), NULL },
		{ BYTES("\2abc\x20\3"), NULL },
		{ BYTES("\2abc\xe0"), NULL },
		{ BYTES("\x20\0"), NULL },
	};
	char out[16];
	size_t i, n;

	for (i = 0; i < COUNT(table); i++) {
		n = table[i].out != NULL ? strlen(table[i].out) : 6;
		ck_assert_int_eq(lzf_unpack(table[i].packed, out, n),
		    table[i].out != NULL);
		if (table[i].out == NULL)
			continue;
		ck_assert_mem_eq(out, table[i].out, n);
		ck_assert(!lzf_unpack(table[i].packed, out, n + 1));
		ck_assert(n == 0 || !lzf_unpack(table[i].packed, out, n - 1));
	}
}
END_TEST

/* Append-only files */

static enum aof_status
read_commands(struct bytes b, uint64_t *whole)
{
	void *copy = malloc(b.length != 0 ? b.length : 1);
	struct aof aof = { .events = &events };
	struct source source;
	enum aof_status status;

	memcpy(copy, b.data, b.length);
	source_of_bytes(&source, bytes_make(copy, b.length));
	aof.source = &source;
	buf_clear(&told, 1 << 16);
	status = aof_read(&aof);
	SURE((status == AOF_WRONG) == (*aof.error != '\0'));
	*whole = aof.whole;
	aof_free(&aof);
	source_close(&source);
	free(copy);
	return (status);
}

#define SET_A	"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"	/* 27 bytes */
#define MULTI	"*1\r\n$5\r\nMULTI\r\n"
#define EXEC	"*1\r\n$4\r\nEXEC\r\n"

static const struct {
	struct bytes	 text;
	enum aof_status	 status;
	uint64_t	 whole;
	const char	*told;
} files[] = {
	{ BYTES(""), AOF_WHOLE, 0, "" },
	{ BYTES(SET_A), AOF_WHOLE, 27, "SET a 1;" },
	{ BYTES("#TS:1\r\n" SET_A), AOF_WHOLE, 34, "SET a 1;" },
	{ BYTES("*2\r\n$6\r\nselect\r\n$1\r\n3\r\n" SET_A), AOF_WHOLE, 50,
	    "db 3;SET a 1;" },
	{ BYTES("*2\r\n$6\r\nSELECT\r\n$1\r\nx\r\n"), AOF_WRONG, 0, "" },
	{ BYTES(SET_A "*3\r\n$3\r\nSE"), AOF_TORN, 27, "SET a 1;" },
	{ BYTES(SET_A "*3\r\n$3\r\nSET"), AOF_TORN, 27, "SET a 1;" },
	{ BYTES(SET_A "\0\0\0"), AOF_TORN, 27, "SET a 1;" },
	{ BYTES(SET_A "*3\r\n$3\r\n\0\0\0\0\0\0"), AOF_TORN, 27, "SET a 1;" },
	{ BYTES(SET_A "*3\r\n$3\r\n\0\0\0\0\0\1"), AOF_WRONG, 27, "SET a 1;" },
	{ BYTES(SET_A "SET a 1\r\n"), AOF_WRONG, 27, "SET a 1;" },
	{ BYTES("*0\r\n"), AOF_WRONG, 0, "" },
	{ BYTES("*-1\r\n"), AOF_WRONG, 0, "" },
	{ BYTES("*01\r\n"), AOF_WRONG, 0, "" },
	{ BYTES("*99999999999999999999999\r\n"), AOF_WRONG, 0, "" },
	{ BYTES("*1\r\n$536870913\r\n"), AOF_WRONG, 0, "" },
	{ BYTES("*1\n$1\na\n"), AOF_WRONG, 0, "" },
	{ BYTES("*1\r\n$1\r\nabc"), AOF_WRONG, 0, "" },
	{ BYTES("*2147483647\r\n$1\r\na\r\n"), AOF_TORN, 0, "" },
	{ BYTES(SET_A MULTI SET_A EXEC), AOF_WHOLE, 83,
	    "SET a 1;MULTI;SET a 1;EXEC;" },
	{ BYTES(SET_A MULTI SET_A), AOF_TORN, 27, "SET a 1;MULTI;SET a 1;" },
	{ BYTES("*2\r\n$4\r\nXADD\r\n$1\r\ns\r\n"), AOF_WHOLE, 21,
	    "no command on the stream s;" },
	{ BYTES("*1\r\n$8\r\nFUNCTION\r\n"), AOF_WHOLE, 18,
	    "no function library ;" },
	{ BYTES("*4\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$1\r\n0\r\n$2\r\nno\r\n"),
	    AOF_WRONG, 0, "" },
};

START_TEST(test_files)
{
	uint64_t whole;

	ck_assert_int_eq(read_commands(files[_i].text, &whole),
	    files[_i].status);
	ck_assert_uint_eq(whole, files[_i].whole);
	same(bytes_of(files[_i].told));
	buf_free(&told);
}
END_TEST

/* As Redis 7.0 dumps the list "a", and with each of its bits turned. */
START_TEST(test_restore)
{
	struct buf text = { 0 }, value = { 0 };
	uint64_t whole, crc;
	size_t i, at;

	buf_add(&value, "\x12\1\2\x0a\x0a\0\0\0\1\0\x81" "a\2\xff\x0a\0", 16);
	crc = crc64(0, value.data, value.length);
	for (i = 0; i < 8; i++)
		buf_add_char(&value, (char)(crc >> 8 * i & 0xff));
	buf_add_format(&text, "*5\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$4\r\n5000"
	    "\r\n$%zu\r\n", value.length);
	at = text.length;
	buf_add(&text, value.data, value.length);
	buf_add_string(&text, "\r\n$6\r\nABSTTL\r\n");
	ck_assert_int_eq(read_commands(buf_bytes(&text), &whole), AOF_WHOLE);
	same(bytes_of("k@5000 list a;"));
	for (i = 0; i < 8 * value.length; i++) {
		text.data[at + i / 8] ^= (char)(1 << i % 8);
		SURE(read_commands(buf_bytes(&text), &whole) == AOF_WRONG);
		text.data[at + i / 8] ^= (char)(1 << i % 8);
	}
	buf_free(&text);
	buf_free(&value);
	buf_free(&told);
}
END_TEST

START_TEST(test_manifest)
{
	static const struct {
		const char	*text, *names;
	} table[] = {
		{ "file a.rdb seq 1 type b\nfile a.aof seq 1 type i\n",
		    "a.rdb a.aof " },
		{ "# x\n\nfile \"a b\" seq 2 type b", "a b " },
		{ "file old seq 1 type h\nfile a seq 3 type i\n"
		    "file b seq 4 type i\n", "a b " },
		{ "file b seq 4 type i\nfile a seq 3 type i\n", NULL },
		{ "file a seq 1 type i\nfile b seq 1 type b\n", NULL },
		{ "file a seq 1 type b\nfile b seq 2 type b\n", NULL },
		{ "file ../a seq 1 type b\n", NULL },
		{ "file .. seq 1 type b\n", NULL },
		{ "file \"\\x00\" seq 1 type b\n", NULL },
		{ "file a seq 1 type x\n", NULL },
		{ "file a seq 0 type b\n", NULL },
		{ "file a seq 1\n", NULL },
		{ "file \"a seq 1 type b\n", NULL },
		{ "nonsense\n", NULL }, { "", NULL },
		{ "file old seq 1 type h\n", NULL },
	};
	struct manifest m;
	struct buf names = { 0 };
	size_t i, j;

	for (i = 0; i < COUNT(table); i++) {
		m = (struct manifest){ 0 };
		ck_assert_msg(manifest_parse(&m, bytes_of(table[i].text)) ==
		    (table[i].names != NULL), "%s", table[i].text);
		buf_cut(&names, 0);
		for (j = 0; j < m.count; j++)
			buf_add_format(&names, "%s ", m.names[j]);
		if (table[i].names != NULL)
			ck_assert(bytes_equal(buf_bytes(&names),
			    bytes_of(table[i].names)));
		else
			ck_assert_int_ne(*m.error, '\0');
		manifest_free(&m);
	}
	buf_free(&names);
}
END_TEST

START_TEST(test_mark)
{
	static const struct {
		const char	*in[6], *out;
	} table[] = {
		{ { "SET", "k", "v", "PXAT", "4000" },
		    "SET k v PXAT 4503599627374496" },
		{ { "set", "k", "v", "exat", "5" },
		    "set k v PXAT 4503599627375496" },
		{ { "SET", "k", "v", "EXAT", "6" }, NULL },
		{ { "SET", "k", "v", "PXAT", "5001" }, NULL },
		{ { "SET", "k", "PXAT", "1" }, NULL },
		{ { "PEXPIREAT", "k", "5000", "GT" },
		    "PEXPIREAT k 4503599627375496" },
		{ { "expireat", "k", "-7" }, "PEXPIREAT k 4503599627370496" },
		{ { "PEXPIREAT", "k" }, NULL },
		{ { "PERSIST", "k" }, NULL },
	};
	char digits[NUMBER_SIZE];
	struct bytes args[6];
	struct buf out = { 0 };
	size_t i, j, n;

	for (i = 0; i < COUNT(table); i++) {
		for (n = 0; n < 6 && table[i].in[n] != NULL; n++)
			args[n] = bytes_of(table[i].in[n]);
		ck_assert_int_eq(mark_command(args, &n, 5000, digits),
		    table[i].out != NULL);
		buf_cut(&out, 0);
		for (j = 0; j < n; j++) {
			buf_add(&out, args[j].data, args[j].length);
			if (j + 1 < n)
				buf_add_char(&out, ' ');
		}
		if (table[i].out != NULL)
			ck_assert_msg(bytes_equal(buf_bytes(&out),
			    bytes_of(table[i].out)), "%.*s", (int)out.length,
			    out.data);
	}
	ck_assert(mark_is_set(mark_deadline(1700000000000, 1800000000000) -
	    1800000000000));
	ck_assert(!mark_is_set(INT64_C(4102444800000)) && !mark_is_set(-1));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import");
	TCase *dumps = tcase_create("dumps"), *rest = tcase_create("rest");

	tcase_set_timeout(dumps, 300);
	tcase_set_timeout(rest, 300);
	tcase_add_loop_test(dumps, test_bodies, 0, (int)COUNT(bodies));
	tcase_add_test(dumps, test_damage);
	tcase_add_test(dumps, test_versions);
	tcase_add_test(dumps, test_promises);
	tcase_add_test(rest, test_crc64);
	tcase_add_test(rest, test_lzf);
	tcase_add_loop_test(rest, test_files, 0, (int)COUNT(files));
	tcase_add_test(rest, test_restore);
	tcase_add_test(rest, test_manifest);
	tcase_add_test(rest, test_mark);
	suite_add_tcase(suite, dumps);
	suite_add_tcase(suite, rest);
	return (suite_run(suite));
}
