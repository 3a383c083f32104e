/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer on the readers of Redis's files.  The first byte says which of
 * them gets the rest; what they tell is looked at to its last byte.
 */
#include <stdint.h>
#include <stdlib.h>

#include "import/aof.h"
#include "import/manifest.h"
#include "import/mark.h"
#include "import/rdb.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of all that was told, so that it is not left out. */
static volatile unsigned char sum;
/* A file may tell more than it has bytes: compressed ones, up to a point. */
static uint64_t told;

static bool
look(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.length; i++)
		sum ^= (unsigned char)b.data[i];
	told += b.length;
	return (told < 1 << 26);
}

static bool
on_database(void *arg, uint64_t number)
{
	(void)arg;
	return (number != 12345);
}

static bool
on_key(void *arg, struct bytes name, enum kind kind, int64_t deadline)
{
	(void)arg;
	if (kind >= KINDS || mark_deadline(deadline, 1) <= 1)
		abort();
	return (look(name));
}

static bool
on_element(void *arg, struct bytes first, struct bytes second)
{
	(void)arg;
	return (look(first) && look(second));
}

static bool
on_end(void *arg)
{
	(void)arg;
	return (true);
}

static bool
on_unsupported(void *arg, const char *what, struct bytes name)
{
	(void)arg;
	return (look(bytes_of(what)) && look(name));
}

static bool
on_command(void *arg, const struct bytes *lent, size_t count)
{
	struct bytes *args = malloc(count * sizeof(*args));
	char digits[NUMBER_SIZE];
	bool good = true;
	size_t i;

	(void)arg;
	for (i = 0; i < count; i++)
		args[i] = lent[i];
	mark_command(args, &count, INT64_C(1700000000000), digits);
	for (i = 0; i < count && good; i++)
		good = look(args[i]);
	free(args);
	return (good);
}

static const struct events events = { .database = on_database, .key = on_key,
    .element = on_element, .end = on_end, .unsupported = on_unsupported,
    .command = on_command };

static void
read_commands(struct source *source)
{
	struct aof aof = { .source = source, .events = &events };

	if (aof_read(&aof) == AOF_WHOLE &&
	    aof.whole != source_position(source))
		abort();
	aof_free(&aof);
}

static void
read_dump(struct source *source, bool value)
{
	struct rdb rdb = { .source = source, .events = &events };

	if (value)
		rdb_read_value(&rdb, bytes_of("key"), NO_DEADLINE);
	else
		rdb_read(&rdb);
	look(bytes_of(rdb.writer));
	look(bytes_of(rdb.error));
	rdb_free(&rdb);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = bytes_make(data + 1, size - 1);
	struct manifest manifest = { 0 };
	struct source source;

	if (size == 0)
		return (0);
	told = 0;
	source_of_bytes(&source, rest);
	if (*data == 'm') {
		manifest_parse(&manifest, rest);
		manifest_free(&manifest);
	} else if (*data == 'a')
		read_commands(&source);
	else
		read_dump(&source, *data == 'v');
	source_close(&source);
	return (0);
}
