/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for nbdkit: a disk in memory with a write cache that forgets.  What
 * was written since the last flush can be lost, each sector on its own and in
 * any order; a flush makes it safe.
 *
 *	nbdkit ./forgetful.so size=64M control=PATH
 *
 * Whoever connects to the Unix socket PATH and says "cut SEED PERCENT FILE\n"
 * gets "ok\n" when FILE is what the disk would be after a power cut now, of
 * which about PERCENT of the sectors not flushed have made it.  The disk goes
 * on as if nothing had been.
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
#include <sys/socket.h>
#include <sys/un.h>
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
static struct written *log;	/* the way from safe to now */
static size_t log_count, log_room;
static int64_t size;
static char *control;
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
		control = strdup(value);
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
	    (now = calloc(1, (size_t)size)) == NULL ||
	    (safe = calloc(1, (size_t)size)) == NULL ||
	    (image = malloc((size_t)size)) == NULL) {
		nbdkit_error("size=, of whole blocks, and control= are needed");
		return (-1);
	}
	return (0);
}

/* Where, from there on, a block begins that has something in it, or nothing. */
static int64_t
next_block(int64_t at, bool something)
{
	static const char nothing[BLOCK];

	while (at < size && (memcmp(image + at, nothing, BLOCK) != 0) !=
	    something)
		at += BLOCK;
	return (at);
}

/* The image, with holes where there is nothing. */
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
	bool ok = false, made = false;
	size_t i;

	pthread_mutex_lock(&mutex);
	if (sscanf(line, "cut %" SCNu64 " %u %255s", &chance, &percent,
	    path) == 3) {
		memcpy(image, safe, (size_t)size);
		for (i = 0; i < log_count; i++) {
			made = is_torn_off(i) ? made : draw(100) < percent;
			if (made)
				memcpy(image + log[i].sector * SECTOR,
				    log[i].bytes, SECTOR);
		}
		ok = true;
	}
	pthread_mutex_unlock(&mutex);
	return (ok && write_image(path));
}

static void *
attend(void *arg)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
	char line[512];
	ssize_t n;

	(void)arg;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", control);
	unlink(control);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 1) != 0) {
		nbdkit_error("%s: %s", control, strerror(errno));
		return (NULL);
	}
	while ((peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		n = read(peer, line, sizeof(line) - 1);
		line[n > 0 ? n : 0] = '\0';
		if (cut(line))
			n = write(peer, "ok\n", 3);
		close(peer);
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
