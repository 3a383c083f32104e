/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loaded before the C library (LD_PRELOAD), lets the disk fail while the server
 * runs: as long as the file that RESPD_FAILING names is there.  What it says
 * is "write" or "sync" and an errno; of the calls to files, not sockets, those
 * of that kind fail.  Or it says "hold 1": syncs of files wait.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
fails(const char *what)
{
	const char *path = getenv("RESPD_FAILING");
	int error = errno, number = 0;
	char kind[16] = "";
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	if (file == NULL) {
		errno = error;
		return (false);
	}
	if (fscanf(file, "%15s %d", kind, &number) != 2)
		number = 0;
	fclose(file);
	errno = number;
	if (number != 0 && strcmp(kind, what) == 0)
		return (true);
	errno = error;
	return (false);
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
	    (ssize_t (*)(int, const void *, size_t, off_t))
	    dlsym(RTLD_NEXT, "pwrite");

	return (fails("write") ? -1 : real(fd, data, length, offset));
}

int
fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	while (fails("hold"))
		usleep(1000);
	return (fails("sync") ? -1 : real(fd));
}
