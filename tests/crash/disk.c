/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power, and what persist/io.h says; what files have and lose is lossy.c's.
 */
#include "crash/disk.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crash/lossy.h"
#include "persist/io.h"

enum { FIRST_FD = 1000 };

struct io_dir {
	int		 number;	/* of the directory */
	bool		 locked;
	char		*path;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct file **files;		/* file i is descriptor FIRST_FD + i */
static size_t file_count;
static bool taken;			/* the directory, by somebody */
static unsigned calls, end_at, syncs, fail_at;
static enum disk_end how;
static bool off;
static uint64_t promised;
static unsigned sync_us;
static char last[2 * IO_NAME_SIZE];

/* The power */

/*
 * With the mutex: whether the call can be made at all.  *ends: it is the last
 * one, and done in part.
 */
static bool
enter(const char *what, const char *name, bool *ends)
{
	*ends = false;
	if (off) {
		errno = EIO;
		return (false);
	}
	if (calls++ != end_at)
		return (true);
	snprintf(last, sizeof(last), "%s %s", what, name);
	off = *ends = true;
	return (true);
}

static int
leave(int result)
{
	int error = errno;

	pthread_mutex_unlock(&mutex);
	errno = error;
	return (result);
}

static int
failed(int error)
{
	errno = error;
	return (-1);
}

void
disk_new(void)
{
	size_t i;

	for (i = 0; i < file_count; i++)
		lossy_free(files[i]);
	mem_free(files);
	files = NULL;
	file_count = 0;
	lossy_forget_names();
	promised = 0;
	off = false;
	disk_restart();
}

void
disk_end_at(unsigned n, enum disk_end end, uint64_t seed)
{
	pthread_mutex_lock(&mutex);
	end_at = calls + n;
	how = end;
	lossy_seed(seed);
	pthread_mutex_unlock(&mutex);
}

void
disk_fail_sync_at(unsigned n, uint64_t seed)
{
	fail_at = syncs + n;
	lossy_seed(seed);
}

bool
disk_is_off(void)
{
	bool is;

	pthread_mutex_lock(&mutex);
	is = off;
	pthread_mutex_unlock(&mutex);
	return (is);
}

const char *
disk_last(void)
{
	return (last);
}

void
disk_restart(void)
{
	size_t i;

	/* Else the kernel still has it all, and none of it is safer. */
	if (off && how == DISK_CUT) {
		for (i = 0; i < file_count; i++) {
			lossy_lose(files[i]);
			lossy_restore(files[i]);
		}
		lossy_lose_names();
	}
	taken = off = false;
	calls = syncs = 0;
	end_at = fail_at = UINT32_MAX;
	*last = '\0';
}

void
disk_sync_takes(unsigned us)
{
	sync_us = us;
}

void
disk_promise(uint64_t position)
{
	pthread_mutex_lock(&mutex);
	if (!off && position > promised)
		promised = position;
	pthread_mutex_unlock(&mutex);
}

uint64_t
disk_promised(void)
{
	return (promised);
}

/* What persist/io.h says */

struct io_dir *
io_dir_open(const char *path, bool only_look)
{
	struct io_dir *d = NULL;

	pthread_mutex_lock(&mutex);
	if (off || (taken && !only_look))
		errno = off ? EIO : EWOULDBLOCK;
	else {
		d = mem_zalloc(sizeof(*d));
		d->locked = !only_look;
		d->path = mem_copy(path, strlen(path));
		taken |= d->locked;
	}
	leave(0);
	return (d);
}

struct io_dir *
io_dir_inside(struct io_dir *d, const char *name)
{
	struct io_dir *inside = io_dir_open(name, true);

	(void)d;
	if (inside != NULL)
		inside->number = 1;
	return (inside);
}

void
io_dir_close(struct io_dir **dp)
{
	struct io_dir *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	pthread_mutex_lock(&mutex);
	if (d->locked)
		taken = false;
	leave(0);
	mem_free(d->path);
	mem_free(d);
}

const char *
io_dir_path(const struct io_dir *d)
{
	return (d->path);
}

int
io_dir_sync(struct io_dir *d)
{
	bool ends;

	pthread_mutex_lock(&mutex);
	if (!enter("sync-directory", d->path, &ends) || ends)
		return (leave(failed(EIO)));
	lossy_sync_names(d->number);
	return (leave(0));
}

int
io_dir_list(struct io_dir *d, const char *prefix,
    void (*each)(void *arg, const char *name), void *arg)
{
	struct directory copied;
	int i;

	pthread_mutex_lock(&mutex);
	copied = lossy_names(d->number);
	if (leave(off ? failed(EIO) : 0) != 0)
		return (-1);
	for (i = 0; i < LOSSY_FILES; i++) {
		if (*copied.names[i].text != '\0' &&
		    strncmp(copied.names[i].text, prefix, strlen(prefix)) == 0)
			each(arg, copied.names[i].text);
	}
	return (0);
}

/* The mutex is held. */
static int
descriptor(const struct file *f)
{
	size_t i;

	for (i = 0; files[i] != f; i++)
		;
	return (FIRST_FD + (int)i);
}

static struct file *
file_of(int fd)
{
	assert(fd >= FIRST_FD && (size_t)(fd - FIRST_FD) < file_count);
	return (files[fd - FIRST_FD]);
}

int
io_create(struct io_dir *d, const char *name)
{
	struct move m = { .set_in = d->number };
	bool ends;

	pthread_mutex_lock(&mutex);
	if (!enter("create", name, &ends))
		return (leave(-1));
	if (lossy_find(d->number, name) != NULL)
		return (leave(failed(EEXIST)));
	files = mem_resize(files, (file_count + 1) * sizeof(*files));
	files[file_count] = mem_zalloc(sizeof(**files));
	snprintf(m.set.text, sizeof(m.set.text), "%s", name);
	m.set.file = files[file_count++];
	if (!ends || lossy_draw(2) == 0)
		lossy_move(&m);
	return (leave(ends ? failed(EIO) : descriptor(m.set.file)));
}

int
io_open(struct io_dir *d, const char *name)
{
	struct name *n;

	pthread_mutex_lock(&mutex);
	n = lossy_find(d->number, name);
	if (off || n == NULL)
		return (leave(failed(off ? EIO : ENOENT)));
	return (leave(descriptor(n->file)));
}

int
io_open_read(struct io_dir *d, const char *name)
{
	return (io_open(d, name));
}

void
io_close(int fd)
{
	(void)fd;
}

int64_t
io_size(int fd)
{
	int64_t size;

	pthread_mutex_lock(&mutex);
	size = (int64_t)file_of(fd)->now.length;
	return (leave(off ? failed(EIO) : 0) == 0 ? size : -1);
}

ssize_t
io_read(int fd, void *data, size_t length, uint64_t offset)
{
	struct buf *b;
	size_t n = 0;

	pthread_mutex_lock(&mutex);
	b = &file_of(fd)->now;
	if (offset < b->length)
		n = b->length - offset < length ? b->length - offset : length;
	if (n != 0)
		memcpy(data, b->data + offset, n);
	return (leave(off ? failed(EIO) : 0) == 0 ? (ssize_t)n : -1);
}

int
io_write(int fd, struct bytes b, uint64_t offset)
{
	struct file *f;
	bool ends;

	pthread_mutex_lock(&mutex);
	f = file_of(fd);
	if (!enter("write", lossy_name_of(f), &ends))
		return (leave(-1));
	if (ends)
		b.length = lossy_draw((unsigned)b.length + 1);
	if (b.length != 0)
		lossy_change(f, b.data, b.length, offset);
	return (leave(ends ? failed(EIO) : 0));
}

int
io_sync(int fd)
{
	struct file *f;
	bool ends;

	if (sync_us != 0)
		usleep(sync_us);
	pthread_mutex_lock(&mutex);
	f = file_of(fd);
	if (!enter("sync", lossy_name_of(f), &ends) || ends)
		return (leave(failed(EIO)));
	if (syncs++ == fail_at) {
		lossy_lose(f);
		return (leave(failed(EIO)));
	}
	lossy_sync(f);
	return (leave(0));
}

/* To be of that length: a change of the file's without bytes. */
static int
change_length(int fd, uint64_t length, bool may_shrink, const char *what)
{
	struct file *f;
	bool ends;

	pthread_mutex_lock(&mutex);
	f = file_of(fd);
	if (!enter(what, lossy_name_of(f), &ends))
		return (leave(-1));
	if ((!ends || lossy_draw(2) == 0) &&
	    (may_shrink || length > f->now.length))
		lossy_change(f, NULL, 0, length);
	return (leave(ends ? failed(EIO) : 0));
}

int
io_allocate(int fd, uint64_t offset, uint64_t length)
{
	return (change_length(fd, offset + length, false, "allocate"));
}

int
io_truncate(int fd, uint64_t length)
{
	return (change_length(fd, length, true, "truncate"));
}

int
io_rename(struct io_dir *d, const char *from, struct io_dir *to_dir,
    const char *to)
{
	struct move m = { .set_in = to_dir->number, .clear_in = d->number };
	struct name *n;
	bool ends;

	pthread_mutex_lock(&mutex);
	if (!enter("rename", from, &ends))
		return (leave(-1));
	if ((n = lossy_find(d->number, from)) == NULL)
		return (leave(failed(ENOENT)));
	m.set = m.clear = *n;
	snprintf(m.set.text, sizeof(m.set.text), "%s", to);
	if (!ends || lossy_draw(2) == 0)
		lossy_move(&m);
	return (leave(ends ? failed(EIO) : 0));
}

int
io_unlink(struct io_dir *d, const char *name)
{
	struct move m = { .clear_in = d->number };
	struct name *n;
	bool ends;

	pthread_mutex_lock(&mutex);
	/* Nothing is changed by removing what is not there. */
	if (!off && (n = lossy_find(d->number, name)) == NULL)
		return (leave(failed(ENOENT)));
	if (!enter("unlink", name, &ends))
		return (leave(-1));
	m.clear = *lossy_find(d->number, name);
	if (!ends || lossy_draw(2) == 0)
		lossy_move(&m);
	return (leave(ends ? failed(EIO) : 0));
}
