/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for nbdkit: a disk in memory with a write cache that forgets.  What
 * was written since the last flush can be lost, each sector on its own and in
 * any order; a flush makes it safe.
 *
 *	nbdkit ./forgetful.so size=64M control=FIFO answers=FIFO
 *
 * Whoever writes "cut SEED PERCENT FILE\n" to the first reads "ok\n" from the
 * second when FILE is what the disk would be after a power cut now, of which
 * about PERCENT of the sectors not flushed have made it.  The disk goes on as
 * if nothing had been.
 */
#define NBDKIT_API_VERSION 2
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nbdkit-plugin.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS

enum { SECTOR = 512, BLOCK = 4096 };

/* One sector as somebody wrote it, not flushed yet. */
struct written {
	uint64_t	sector;
	char		bytes[SECTOR];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *now, *safe;	/* what is read; what no cut takes away */
static char *image;		/* what a cut leaves */
static _Atomic bool *used;	/* blocks that were ever written */
static struct written *log;	/* the way from safe to now */
static size_t log_count, log_room;
static int64_t size;
static const char *control, *answers;
static uint64_t chance;

static unsigned
draw(unsigned below)
{
	chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((unsigned)(chance >> 33) % below);
}

static int
forgetful_config(const char *key, const char *value)
{
	if (strcmp(key, "size") == 0)
		size = nbdkit_parse_size(value);
	else if (strcmp(key, "control") == 0)
		control = value;
	else if (strcmp(key, "answers") == 0)
		answers = value;
	else {
		nbdkit_error("no such parameter: %s", key);
		return (-1);
	}
	return (size == -1 ? -1 : 0);
}

static int
forgetful_get_ready(void)
{
	if (size <= 0 || size % BLOCK != 0 || control == NULL ||
	    answers == NULL ||
	    (now = calloc(1, (size_t)size)) == NULL ||
	    (safe = calloc(1, (size_t)size)) == NULL ||
	    (image = calloc(1, (size_t)size)) == NULL ||
	    (used = calloc((size_t)(size / BLOCK), 1)) == NULL) {
		nbdkit_error("size=, of whole blocks, control= and answers= "
		    "are needed");
		return (-1);
	}
	return (0);
}

/* From there on the first block that is in use, or the first that is not. */
static int64_t
next_block(int64_t at, bool in_use)
{
	while (at < size && used[at / BLOCK] != in_use)
		at += BLOCK;
	return (at);
}

/* The image, with holes where nothing was ever written. */
static bool
write_image(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && ftruncate(fd, size) == 0;
	int64_t at, end;

	for (at = next_block(0, true); ok && at < size;
	    at = next_block(end, true)) {
		end = next_block(at, false);
		ok = pwrite(fd, image + at, (size_t)(end - at), at) ==
		    end - at;
	}
	if (fd >= 0)
		close(fd);
	return (ok);
}

/* ext4 is not mounted with half of its superblock, which has two sectors. */
static bool
is_torn_off(size_t i)
{
	return (i != 0 && log[i].sector == 3 && log[i - 1].sector == 2);
}

static bool
cut(const char *line)
{
	unsigned percent;
	char path[256];
	bool made = false;
	int64_t at;
	size_t i;

	if (sscanf(line, "cut %" SCNu64 " %u %255s", &chance, &percent,
	    path) != 3)
		return (false);
	pthread_mutex_lock(&mutex);
	for (at = next_block(0, true); at < size;
	    at = next_block(at + BLOCK, true))
		memcpy(image + at, safe + at, BLOCK);
	for (i = 0; i < log_count; i++) {
		made = is_torn_off(i) ? made : draw(100) < percent;
		if (made)
			memcpy(image + log[i].sector * SECTOR, log[i].bytes,
			    SECTOR);
	}
	pthread_mutex_unlock(&mutex);
	/* The disk goes on: what is used only now is nothing in the image. */
	return (write_image(path));
}

static void *
attend(void *arg)
{
	FILE *in = fopen(control, "re"), *out = fopen(answers, "we");
	char line[512];

	(void)arg;
	if (in == NULL || out == NULL) {
		nbdkit_error("%s, %s: %s", control, answers, strerror(errno));
		return (NULL);
	}
	while (fgets(line, sizeof(line), in) != NULL) {
		fputs(cut(line) ? "ok\n" : "no\n", out);
		fflush(out);
	}
	return (NULL);
}

static int
forgetful_after_fork(void)
{
	pthread_t thread;

	return (pthread_create(&thread, NULL, attend, NULL) == 0 ? 0 : -1);
}

static void *
forgetful_open(int readonly)
{
	(void)readonly;
	return (NBDKIT_HANDLE_NOT_NEEDED);
}

static int64_t
forgetful_get_size(void *handle)
{
	(void)handle;
	return (size);
}

static int
forgetful_can_flush(void *handle)
{
	(void)handle;
	return (1);
}

static int
forgetful_block_size(void *handle, uint32_t *least, uint32_t *best,
    uint32_t *most)
{
	(void)handle;
	*least = SECTOR;
	*best = BLOCK;
	*most = 32 << 20;
	return (0);
}

static int
forgetful_pread(void *handle, void *to, uint32_t count, uint64_t offset,
    uint32_t flags)
{
	(void)handle;
	(void)flags;
	memcpy(to, now + offset, count);
	return (0);
}

static int
forgetful_pwrite(void *handle, const void *from, uint32_t count,
    uint64_t offset, uint32_t flags)
{
	const char *p = from;
	uint32_t i;

	(void)handle;
	(void)flags;
	if (count % SECTOR != 0 || offset % SECTOR != 0) {
		nbdkit_set_error(EINVAL);
		return (-1);
	}
	pthread_mutex_lock(&mutex);
	memcpy(now + offset, p, count);
	for (i = 0; i < count; i += SECTOR) {
		used[(offset + i) / BLOCK] = true;
		if (log_count == log_room) {
			log_room = log_room != 0 ? 2 * log_room : 1024;
			log = realloc(log, log_room * sizeof(*log));
			if (log == NULL)
				abort();
		}
		log[log_count].sector = (offset + i) / SECTOR;
		memcpy(log[log_count++].bytes, p + i, SECTOR);
	}
	pthread_mutex_unlock(&mutex);
	return (0);
}

static int
forgetful_flush(void *handle, uint32_t flags)
{
	size_t i;

	(void)handle;
	(void)flags;
	pthread_mutex_lock(&mutex);
	for (i = 0; i < log_count; i++)
		memcpy(safe + log[i].sector * SECTOR, log[i].bytes, SECTOR);
	log_count = 0;
	pthread_mutex_unlock(&mutex);
	return (0);
}

static struct nbdkit_plugin plugin = {
	.name		= "forgetful",
	.config		= forgetful_config,
	.get_ready	= forgetful_get_ready,
	.after_fork	= forgetful_after_fork,
	.open		= forgetful_open,
	.get_size	= forgetful_get_size,
	.can_flush	= forgetful_can_flush,
	.block_size	= forgetful_block_size,
	.pread		= forgetful_pread,
	.pwrite		= forgetful_pwrite,
	.flush		= forgetful_flush,
};

NBDKIT_REGISTER_PLUGIN(plugin)
