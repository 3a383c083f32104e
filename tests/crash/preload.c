/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loaded before the C library (LD_PRELOAD), kills the process at a call that
 * persist/io.c makes, named by what it does and to which file; so what is
 * tested is the server as it is installed.
 *
 *	RESPD_CRASH=when:count:call
 *
 * when	before, after, or half of it (a write)
 * count	which one of these calls, from 1
 * call	what the call's name begins with: "create log-", "write log-",
 *	"sync log-", "allocate log-", "truncate log-", "unlink log-", the same
 *	with snap- and MANIFEST.tmp, "rename MANIFEST.tmp", "sync ." for the
 *	directory
 *
 * With RESPD_CRASH_LIST=FILE the names of all calls are appended to it.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum when { NEVER, BEFORE, AFTER, HALF };

static __thread bool inside;

static void
die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void
list(const char *name)
{
	const char *path = getenv("RESPD_CRASH_LIST");
	FILE *file = path != NULL ? fopen(path, "ae") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%s\n", name);
	fclose(file);
}

/* What is to happen at this call. */
static enum when
look(const char *what, const char *path)
{
	static _Atomic int calls;
	const char *spec = getenv("RESPD_CRASH"), *slash;
	char when[16], call[64], name[128];
	int count;

	slash = strrchr(path, '/');
	snprintf(name, sizeof(name), "%s %.64s", what,
	    slash != NULL ? slash + 1 : path);
	list(name);
	if (spec == NULL ||
	    sscanf(spec, "%15[a-z]:%d:%63[^\n]", when, &count, call) != 3 ||
	    strncmp(name, call, strlen(call)) != 0 || ++calls != count)
		return (NEVER);
	return (*when == 'b' ? BEFORE : *when == 'a' ? AFTER : HALF);
}

static enum when
enter(const char *what, const char *path)
{
	enum when when;
	int error = errno;

	if (inside)
		return (NEVER);
	inside = true;
	when = look(what, path);
	inside = false;
	errno = error;
	if (when == BEFORE)
		die();
	return (when);
}

/* A file of the data directory; a directory is called ".". */
static enum when
enter_fd(const char *what, int fd)
{
	char link[32], path[256];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return (NEVER);
	if (S_ISDIR(st.st_mode))
		return (enter(what, "."));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return (enter(what, path));
}

static int
leave(enum when when, int result)
{
	if (when != NEVER)
		die();
	return (result);
}

#define REAL(name) \
	static __typeof__(&name) real;	\
	if (real == NULL)		\
		real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* fortified callers get the same: persist/io.c always gives a mode */
#undef openat
int
openat(int at, const char *path, int flags, ...)
{
	enum when when = NEVER;
	va_list arguments;
	mode_t mode;

	REAL(openat);
	va_start(arguments, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if ((flags & O_EXCL) != 0)
		when = enter("create", path);
	return (leave(when, real(at, path, flags, mode)));
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
	enum when when = enter_fd("write", fd);

	REAL(pwrite);
	if (when == HALF)
		length /= 2;
	return ((ssize_t)leave(when, (int)real(fd, data, length, offset)));
}

int
fdatasync(int fd)
{
	enum when when = enter_fd("sync", fd);

	REAL(fdatasync);
	return (leave(when, real(fd)));
}

int
fsync(int fd)
{
	enum when when = enter_fd("sync", fd);

	REAL(fsync);
	return (leave(when, real(fd)));
}

int
fallocate(int fd, int mode, off_t offset, off_t length)
{
	enum when when = enter_fd("allocate", fd);

	REAL(fallocate);
	return (leave(when, real(fd, mode, offset, length)));
}

int
ftruncate(int fd, off_t length)
{
	enum when when = enter_fd("truncate", fd);

	REAL(ftruncate);
	return (leave(when, real(fd, length)));
}

int
renameat(int at, const char *from, int to_at, const char *to)
{
	enum when when = enter("rename", from);

	REAL(renameat);
	return (leave(when, real(at, from, to_at, to)));
}

int
unlinkat(int at, const char *path, int flags)
{
	enum when when = enter("unlink", path);

	REAL(unlinkat);
	return (leave(when, real(at, path, flags)));
}
