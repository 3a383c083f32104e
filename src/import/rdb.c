/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump: "REDIS" and its version, then what is told apart by one byte each,
 * keys among it, and the checksum.  Nothing in here trusts the file: counts
 * are how often to go on reading, never how much memory to get, and nothing
 * calls itself.
 */
#include "import/rdb.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "import/crc64.h"
#include "import/rdb_parts.h"

/* What is no type of a value. */
enum {
	FUNCTION		= 245,
	FUNCTION_OLD		= 246,
	MODULE_AUX		= 247,
	IDLE			= 248,
	FREQUENCY		= 249,
	AUX			= 250,
	RESIZE_DB		= 251,
	EXPIRE_MS		= 252,
	EXPIRE			= 253,
	SELECT_DB		= 254,
	END			= 255,
};

enum { FIRST_SUMMED = 5 };	/* version */

bool
rdb_fail(struct rdb *r, const char *format, ...)
{
	va_list ap;
	int n;

	if (*r->error != '\0')
		return (false);
	va_start(ap, format);
	vsnprintf(r->error, sizeof(r->error), format, ap);
	va_end(ap);
	n = (int)strlen(r->error);
	snprintf(r->error + n, sizeof(r->error) - (size_t)n,
	    ", before byte %" PRIu64, source_position(r->source));
	return (false);
}

bool
rdb_fail_end(struct rdb *r)
{
	if (r->source->error != 0)
		return (rdb_fail(r, "%s", strerror(r->source->error)));
	return (rdb_fail(r, "the dump ends in the middle"));
}

static bool
get_version(struct rdb *r)
{
	char head[9];
	struct bytes digits = { head + 5, 4 };
	int64_t version;

	if (!rdb_get(r, head, sizeof(head)))
		return (false);
	while (digits.length > 1 && *digits.data == '0')
		digits = bytes_make(digits.data + 1, digits.length - 1);
	if (memcmp(head, "REDIS", 5) != 0 || !number_parse(digits, &version) ||
	    version < 1)
		return (rdb_fail(r, "this is no dump of Redis"));
	if (version > RDB_NEWEST)
		return (rdb_fail(r, "the dump is of version %d, and only "
		    "those up to %d are known (Redis 7.2)", (int)version,
		    RDB_NEWEST));
	r->version = (unsigned)version;
	return (true);
}

/* What somebody noted, as which Redis it was. */
static bool
get_note(struct rdb *r)
{
	if (!rdb_get_string(r, &r->first) || !rdb_get_string(r, &r->second))
		return (false);
	if (bytes_is(buf_bytes(&r->first), "redis-ver"))
		snprintf(r->writer, sizeof(r->writer), "%.*s",
		    (int)(r->second.length < 20 ? r->second.length : 20),
		    r->second.length != 0 ? r->second.data : "");
	return (true);
}

static bool
get_deadline(struct rdb *r, unsigned width)
{
	unsigned char bytes[8];

	if (!rdb_get(r, bytes, width))
		return (false);
	r->deadline = source_signed(bytes, width);
	if (width == 4)
		r->deadline *= 1000;
	return (true);
}

static bool
get_function(struct rdb *r)
{
	return (rdb_get_string(r, &r->first) &&
	    r->events->unsupported(r->arg, "function library", bytes_of("")));
}

static bool
get_database(struct rdb *r)
{
	uint64_t n;

	return (rdb_get_number(r, &n) && r->events->database(r->arg, n));
}

/* One thing that is no key. */
static bool
get_other(struct rdb *r, int what)
{
	uint64_t ignored;
	char byte;

	switch (what) {
	case FUNCTION:
		return (get_function(r));
	case FUNCTION_OLD:
		return (rdb_fail(r, "functions of a Redis before 7.0"));
	case MODULE_AUX:
		return (rdb_foreign_aux(r));
	case IDLE:
		return (rdb_get_number(r, &ignored));
	case FREQUENCY:
		return (rdb_get(r, &byte, 1));
	case AUX:
		return (get_note(r));
	case RESIZE_DB:
		return (rdb_get_number(r, &ignored) &&
		    rdb_get_number(r, &ignored));
	case EXPIRE_MS:
		return (get_deadline(r, 8));
	case EXPIRE:
		return (get_deadline(r, 4));
	default:
		return (get_database(r));
	}
}

static bool
get_key(struct rdb *r, int type)
{
	if (!rdb_get_string(r, &r->key) || !rdb_value(r, type))
		return (false);
	r->deadline = NO_DEADLINE;
	return (true);
}

/* It is of all that was read; 0 says that Redis made none. */
static bool
check_sum(struct rdb *r)
{
	uint64_t crc = source_crc(r->source), wanted;
	unsigned char bytes[8];

	r->unsummed = r->version < FIRST_SUMMED;
	if (r->unsummed)
		return (true);
	if (!rdb_get(r, bytes, sizeof(bytes)))
		return (false);
	wanted = source_little(bytes, 8);
	r->unsummed = wanted == 0;
	return (r->unsummed || wanted == crc ||
	    rdb_fail(r, "the checksum is wrong: the dump is damaged"));
}

bool
rdb_read(struct rdb *r)
{
	int what;

	source_restart_crc(r->source);
	r->deadline = NO_DEADLINE;
	*r->error = '\0';
	if (!get_version(r) || !r->events->database(r->arg, 0))
		return (false);
	while ((what = source_byte(r->source)) != END) {
		if (what == -1)
			return (rdb_fail_end(r));
		if (!(what >= FUNCTION ? get_other : get_key)(r, what))
			return (false);
	}
	return (check_sum(r));
}

bool
rdb_read_value(struct rdb *r, struct bytes key, int64_t deadline)
{
	int type = source_byte(r->source);

	*r->error = '\0';
	buf_cut(&r->key, 0);
	buf_add(&r->key, key.data, key.length);
	r->deadline = deadline;
	return (type == -1 ? rdb_fail_end(r) : rdb_value(r, type));
}

void
rdb_free(struct rdb *r)
{
	buf_free(&r->key);
	buf_free(&r->first);
	buf_free(&r->second);
	buf_free(&r->packed);
}
