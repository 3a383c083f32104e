/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door to the files of a data directory: everything relative to a
 * descriptor opened once, no links followed, files for the owner alone.  And
 * the one place where tests make the disk fail.
 */
#ifndef PERSIST_IO_H
#define PERSIST_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

struct io_dir;

/* What can be made to fail. */
enum io_kind {
	IO_OPEN,
	IO_SIZE,
	IO_READ,
	IO_WRITE,
	IO_SYNC,
	IO_ALLOCATE,
	IO_TRUNCATE,
	IO_RENAME,
	IO_SYNC_DIR,
	IO_UNLINK,
	IO_LIST,
	IO_KINDS
};

enum { IO_NAME_SIZE = 64 };	/* of the names we make, with their NUL */

/*
 * All below that return int or a pointer: -1 or NULL with errno.
 *
 * Open the directory, which is made if its parent is there, as its only user:
 * EWOULDBLOCK means that another process has it.  EPERM: others may write
 * into it.  With only_look nothing is made or locked.
 */
struct io_dir	*io_dir_open(const char *path, bool only_look);
/* The same for the folder of that name inside of it, without a lock. */
struct io_dir	*io_dir_inside(struct io_dir *, const char *name);
/* Unlock and forget it; NULL inside is fine. */
void		 io_dir_close(struct io_dir **);
/* As it was given. */
const char	*io_dir_path(const struct io_dir *);
/* Make what was created, renamed and removed in it last. */
int		 io_dir_sync(struct io_dir *);
/* Call each() with every name that begins with prefix, in no order. */
int		 io_dir_list(struct io_dir *, const char *prefix,
		    void (*each)(void *arg, const char *name), void *arg);

/* A descriptor to be given to io_close(). */
int		 io_create(struct io_dir *, const char *name);	/* new, or EEXIST */
int		 io_open(struct io_dir *, const char *name);	/* read and write */
int		 io_open_read(struct io_dir *, const char *name);
void		 io_close(int fd);
/* Bytes in a plain file; EINVAL if it is something else. */
int64_t		 io_size(int fd);
/* Read up to length bytes, fewer only at the end. */
ssize_t		 io_read(int fd, void *data, size_t length, uint64_t offset);
/* Write all of the bytes at the offset; after a failure a part may be there. */
int		 io_write(int fd, struct bytes, uint64_t offset);
/* Until content and length are on the disk.  Never to be tried again. */
int		 io_sync(int fd);
/* Have room for [offset, offset + length), which then reads as zeros. */
int		 io_allocate(int fd, uint64_t offset, uint64_t length);
int		 io_truncate(int fd, uint64_t length);
/* The new name may be there already and be another folder's. */
int		 io_rename(struct io_dir *, const char *from, struct io_dir *,
		    const char *to);
int		 io_unlink(struct io_dir *, const char *name);

/*
 * For tests: of the calls of that kind from now on, number nth (from 0) and
 * the next ones up to `times` of them fail with error; a failing write has
 * written its first `part` bytes.  times 0: none does.  Not while other
 * threads are inside.
 */
void		 io_fault(enum io_kind, unsigned nth, unsigned times, int error,
		    size_t part);
/* Forget all faults and count from 0. */
void		 io_fault_clear(void);
/* How many calls of that kind there were since; counted only after
 * io_fault() or io_fault_clear(). */
unsigned	 io_calls(enum io_kind);

#endif
