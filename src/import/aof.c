/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An append-only file, from its begin or from behind a dump.  Of the commands
 * SELECT is told as a database, and RESTORE, whose value no other server need
 * understand, as a key; which takes the place of one that is there.
 */
#include "import/aof.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "import/crc64.h"

enum {
	ARGS_MAX	= INT32_MAX,
	ARG_MAX_BYTES	= 512 * 1024 * 1024,
	RESTORE_FOOTER	= 2 + 8,	/* version and checksum */
};

static enum aof_status __attribute__((format(printf, 2, 3)))
wrong(struct aof *a, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(a->error, sizeof(a->error), format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(a->error))
		snprintf(a->error + n, sizeof(a->error) - (size_t)n,
		    ", before byte %" PRIu64, source_position(a->source));
	return (AOF_WRONG);
}

/*
 * What came is not what should.  A power cut leaves files that end too early,
 * and such that are longer than what was written, by zeros.
 */
static enum aof_status
wrong_byte(struct aof *a, int byte, const char *wanted)
{
	while (byte == 0)
		byte = source_byte(a->source);
	if (byte == -1 && a->source->error == 0)
		return (AOF_TORN);
	if (byte == -1)
		return (wrong(a, "%s", strerror(a->source->error)));
	return (wrong(a, "no %s where one should be", wanted));
}

/* The mark, digits, CR and LF. */
static enum aof_status
get_count(struct aof *a, char mark, int64_t max, int64_t *count)
{
	int byte = source_byte(a->source);
	char digits[20];
	size_t n = 0;

	if (byte != mark)
		return (wrong_byte(a, byte, mark == '*' ? "command" :
		    "argument"));
	while ((byte = source_byte(a->source)) >= '0' && byte <= '9' &&
	    n < sizeof(digits))
		digits[n++] = (char)byte;
	if (byte != '\r' || (byte = source_byte(a->source)) != '\n')
		return (wrong_byte(a, byte, "end of a line"));
	if (!number_parse(bytes_make(digits, n), count) || *count > max)
		return (wrong(a, "a length is none"));
	return (AOF_WHOLE);
}

static enum aof_status
get_argument(struct aof *a)
{
	enum aof_status status;
	int64_t length;
	int byte;

	status = get_count(a, '$', ARG_MAX_BYTES, &length);
	if (status != AOF_WHOLE)
		return (status);
	if (!source_add(a->source, &a->text, (uint64_t)length))
		return (a->text.failed ? wrong(a, "out of memory") :
		    wrong_byte(a, -1, ""));
	if ((byte = source_byte(a->source)) != '\r' ||
	    (byte = source_byte(a->source)) != '\n')
		return (wrong_byte(a, byte, "end of an argument"));
	buf_add(&a->ends, &a->text.length, sizeof(a->text.length));
	return (AOF_WHOLE);
}

/* The arguments are then in a->args. */
static enum aof_status
get_command(struct aof *a)
{
	enum aof_status status;
	struct bytes arg;
	int64_t count, i;
	size_t end, begin = 0;

	buf_clear(&a->text, 1 << 20);
	buf_clear(&a->ends, 1 << 16);
	buf_clear(&a->args, 1 << 16);
	buf_reserve(&a->text, 1);
	status = get_count(a, '*', ARGS_MAX, &count);
	if (status == AOF_WHOLE && count == 0)
		return (wrong(a, "a command without a name"));
	for (i = 0; i < count && status == AOF_WHOLE; i++)
		status = get_argument(a);
	for (i = 0; i < count && status == AOF_WHOLE; i++) {
		memcpy(&end, a->ends.data + (size_t)i * sizeof(end),
		    sizeof(end));
		arg = bytes_make(a->text.data + begin, end - begin);
		buf_add(&a->args, &arg, sizeof(arg));
		begin = end;
	}
	if (a->ends.failed || a->args.failed)
		return (wrong(a, "out of memory"));
	return (status);
}

/* Redis notes times in lines of their own. */
static enum aof_status
skip_note(struct aof *a)
{
	int byte;

	while ((byte = source_byte(a->source)) != '\n')
		if (byte == -1 || byte == 0)
			return (wrong_byte(a, byte, "end of a line"));
	return (AOF_WHOLE);
}

static bool
check_payload(struct bytes value)
{
	const char *footer;

	if (value.length <= RESTORE_FOOTER)
		return (false);
	footer = value.data + value.length - RESTORE_FOOTER;
	return (source_little(footer, 2) <= RDB_NEWEST &&
	    source_little(footer + 2, 8) ==
	    crc64(0, value.data, value.length - 8));
}

/* RESTORE key deadline value ...: Redis has made the deadline absolute. */
static enum aof_status
restore(struct aof *a, const struct bytes *args)
{
	struct source source;
	int64_t deadline;
	bool good;

	if (!number_parse(args[2], &deadline) || !check_payload(args[3]))
		return (wrong(a, "a RESTORE of no value that is known"));
	source_of_bytes(&source, bytes_make(args[3].data,
	    args[3].length - RESTORE_FOOTER));
	a->rdb.source = &source;
	a->rdb.events = a->events;
	a->rdb.arg = a->arg;
	good = rdb_read_value(&a->rdb, args[1],
	    deadline == 0 ? NO_DEADLINE : deadline);
	source_close(&source);
	if (!good && *a->rdb.error != '\0')
		return (wrong(a, "in a RESTORE: %s", a->rdb.error));
	return (good ? AOF_WHOLE : AOF_STOPPED);
}

/* What there are no events for: the commands on streams, and functions. */
static bool
is_unsupported(const struct bytes *args, size_t count, const char **what,
    struct bytes *name)
{
	static const char *const on_streams[] = { "xadd", "xdel", "xtrim",
	    "xsetid", "xack", "xclaim", "xautoclaim", "xreadgroup", "xgroup" };
	size_t i;

	*what = "function library";
	*name = bytes_of("");
	if (bytes_is(args[0], "function"))
		return (true);
	*what = "command on the stream";
	for (i = 0; i < sizeof(on_streams) / sizeof(*on_streams); i++) {
		if (!bytes_is(args[0], on_streams[i]))
			continue;
		if (bytes_is(args[0], "xgroup") && count > 2)
			*name = args[2];
		else if (count > 1)
			*name = args[1];
		return (true);
	}
	return (false);
}

static enum aof_status
tell(struct aof *a)
{
	const struct bytes *args = (const struct bytes *)(void *)a->args.data;
	size_t count = a->args.length / sizeof(*args);
	const char *what;
	struct bytes name;
	int64_t number;

	if (bytes_is(args[0], "select") && count == 2) {
		if (!number_parse(args[1], &number) || number < 0)
			return (wrong(a, "a SELECT of no database"));
		return (a->events->database(a->arg, (uint64_t)number) ?
		    AOF_WHOLE : AOF_STOPPED);
	}
	if (bytes_is(args[0], "restore") && count >= 4)
		return (restore(a, args));
	if (is_unsupported(args, count, &what, &name))
		return (a->events->unsupported(a->arg, what, name) ?
		    AOF_WHOLE : AOF_STOPPED);
	if (bytes_is(args[0], "multi"))
		a->in_transaction = true;
	else if (bytes_is(args[0], "exec"))
		a->in_transaction = false;
	return (a->events->command(a->arg, args, count) ? AOF_WHOLE :
	    AOF_STOPPED);
}

enum aof_status
aof_read(struct aof *a)
{
	enum aof_status status = AOF_WHOLE;
	int next;

	a->in_transaction = false;
	a->whole = source_position(a->source);
	if (!a->events->database(a->arg, 0))
		return (AOF_STOPPED);
	while (status == AOF_WHOLE && (next = source_peek(a->source)) != -1) {
		if (next == '#')
			status = skip_note(a);
		else if ((status = get_command(a)) == AOF_WHOLE)
			status = tell(a);
		if (status == AOF_WHOLE && !a->in_transaction)
			a->whole = source_position(a->source);
	}
	if (status == AOF_WHOLE && a->source->error != 0)
		return (wrong(a, "%s", strerror(a->source->error)));
	return (status == AOF_WHOLE && a->in_transaction ? AOF_TORN : status);
}

void
aof_free(struct aof *a)
{
	rdb_free(&a->rdb);
	buf_free(&a->text);
	buf_free(&a->ends);
	buf_free(&a->args);
}
