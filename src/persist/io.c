/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thin on purpose: what an error means is decided by who called.
 */
#include "persist/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct io_dir {
	int	 fd;
	int	 lock;		/* the file LOCK, locked; or -1 */
	char	*path;
};

struct fault {
	atomic_uint	calls;
	unsigned	nth, times;
	int		error;
	size_t		part;
};

static struct fault faults[IO_KINDS];
static atomic_bool testing;	/* faults are to be looked at */

/* Whether this call is to fail, with errno; *part as io_fault() says. */
static bool
fails_in_part(enum io_kind kind, size_t *part)
{
	struct fault *f = &faults[kind];
	unsigned n;

	*part = 0;
	if (__builtin_expect(!atomic_load_explicit(&testing,
	    memory_order_relaxed), 1))
		return (false);
	n = atomic_fetch_add(&f->calls, 1);
	if (n < f->nth || n - f->nth >= f->times)
		return (false);
	*part = f->part;
	errno = f->error;
	return (true);
}

static bool
fails(enum io_kind kind)
{
	size_t part;

	return (fails_in_part(kind, &part));
}

void
io_fault(enum io_kind kind, unsigned nth, unsigned times, int error,
    size_t part)
{
	struct fault *f = &faults[kind];

	atomic_store(&f->calls, 0);
	f->nth = nth;
	f->times = times;
	f->error = error;
	f->part = part;
	atomic_store(&testing, true);
}

void
io_fault_clear(void)
{
	int k;

	for (k = 0; k < IO_KINDS; k++)
		io_fault((enum io_kind)k, 0, 0, 0, 0);
}

unsigned
io_calls(enum io_kind kind)
{
	return (atomic_load(&faults[kind].calls));
}

/* Ours, and nobody else may make files in it. */
static bool
is_safe(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (false);
	if ((st.st_uid == geteuid() || st.st_uid == 0) &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return (true);
	errno = EPERM;
	return (false);
}

static int
open_at(int at, const char *name, int flags)
{
	int fd;

	if (fails(IO_OPEN))
		return (-1);
	do {
		fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EINTR);
	return (fd);
}

/* The path itself may lead through links; what is inside may not. */
static struct io_dir *
dir_open(int at, const char *name, bool make, int flags)
{
	struct io_dir *d = mem_zalloc(sizeof(*d));

	d->lock = d->fd = -1;
	d->path = mem_copy(name, strlen(name));
	if (fails(IO_OPEN) ||
	    (make && mkdirat(at, name, 0700) != 0 && errno != EEXIST) ||
	    (d->fd = openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)) < 0 ||
	    !is_safe(d->fd))
		io_dir_close(&d);
	return (d);
}

struct io_dir *
io_dir_open(const char *path, bool only_look)
{
	struct io_dir *d = dir_open(AT_FDCWD, path, !only_look, 0);

	if (d == NULL || only_look)
		return (d);
	d->lock = open_at(d->fd, "LOCK", O_RDWR | O_CREAT);
	if (d->lock < 0 || flock(d->lock, LOCK_EX | LOCK_NB) != 0)
		io_dir_close(&d);
	return (d);
}

struct io_dir *
io_dir_inside(struct io_dir *d, const char *name)
{
	return (dir_open(d->fd, name, true, O_NOFOLLOW));
}

void
io_dir_close(struct io_dir **dp)
{
	struct io_dir *d = *dp;
	int error = errno;

	*dp = NULL;
	if (d == NULL)
		return;
	if (d->lock >= 0)
		close(d->lock);
	if (d->fd >= 0)
		close(d->fd);
	mem_free(d->path);
	mem_free(d);
	errno = error;
}

const char *
io_dir_path(const struct io_dir *d)
{
	return (d->path);
}

int
io_dir_sync(struct io_dir *d)
{
	return (fails(IO_SYNC_DIR) ? -1 : fsync(d->fd));
}

int
io_dir_list(struct io_dir *d, const char *prefix,
    void (*each)(void *arg, const char *name), void *arg)
{
	struct dirent *entry;
	int fd, error;
	DIR *dir;

	if (fails(IO_LIST) || (fd = openat(d->fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return (-1);
	if ((dir = fdopendir(fd)) == NULL) {
		io_close(fd);
		return (-1);
	}
	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			each(arg, entry->d_name);
	}
	error = errno;
	closedir(dir);
	errno = error;
	return (error == 0 ? 0 : -1);
}

int
io_create(struct io_dir *d, const char *name)
{
	return (open_at(d->fd, name, O_RDWR | O_CREAT | O_EXCL));
}

int
io_open(struct io_dir *d, const char *name)
{
	return (open_at(d->fd, name, O_RDWR));
}

int
io_open_read(struct io_dir *d, const char *name)
{
	/* Not to hang on a pipe that somebody has put there. */
	return (open_at(d->fd, name, O_RDONLY | O_NONBLOCK));
}

void
io_close(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

int64_t
io_size(int fd)
{
	struct stat st;

	if (fails(IO_SIZE) || fstat(fd, &st) != 0)
		return (-1);
	if (S_ISREG(st.st_mode))
		return (st.st_size);
	errno = EINVAL;
	return (-1);
}

ssize_t
io_read(int fd, void *data, size_t length, uint64_t offset)
{
	size_t done = 0;
	ssize_t n;

	if (fails(IO_READ))
		return (-1);
	while (done < length) {
		n = pread(fd, (char *)data + done, length - done,
		    (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (-1);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return ((ssize_t)done);
}

/* What a disk that fills up in the middle leaves. */
static int
write_part(int fd, struct bytes b, uint64_t offset, size_t part)
{
	int error = errno;
	ssize_t n = pwrite(fd, b.data, part < b.length ? part : b.length,
	    (off_t)offset);

	(void)n;
	errno = error;
	return (-1);
}

int
io_write(int fd, struct bytes b, uint64_t offset)
{
	size_t done = 0, part;
	ssize_t n;

	if (fails_in_part(IO_WRITE, &part))
		return (write_part(fd, b, offset, part));
	/* A write that comes short says why when it goes on. */
	while (done < b.length) {
		n = pwrite(fd, b.data + done, b.length - done,
		    (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (-1);
		done += (size_t)n;
	}
	return (0);
}

int
io_sync(int fd)
{
	return (fails(IO_SYNC) ? -1 : fdatasync(fd));
}

int
io_allocate(int fd, uint64_t offset, uint64_t length)
{
	int error;

	if (fails(IO_ALLOCATE))
		return (-1);
	do {
		error = fallocate(fd, 0, (off_t)offset, (off_t)length) == 0 ?
		    0 : errno;
	} while (error == EINTR);
	/* Some file systems cannot: then the file grows as it is written. */
	errno = error;
	return (error == 0 || error == EOPNOTSUPP || error == ENOSYS ? 0 : -1);
}

int
io_truncate(int fd, uint64_t length)
{
	return (fails(IO_TRUNCATE) ? -1 : ftruncate(fd, (off_t)length));
}

int
io_rename(struct io_dir *d, const char *from, struct io_dir *to_dir,
    const char *to)
{
	return (fails(IO_RENAME) ? -1 : renameat(d->fd, from, to_dir->fd, to));
}

int
io_unlink(struct io_dir *d, const char *name)
{
	return (fails(IO_UNLINK) ? -1 : unlinkat(d->fd, name, 0));
}
