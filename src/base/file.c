/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int
file_read(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	int error = 0;
	size_t n;

	if (file == NULL)
		return (errno);
	while ((n = fread(piece, 1, sizeof(piece), file)) != 0)
		buf_add(text, piece, n);
	if (ferror(file))
		error = errno;
	fclose(file);
	return (text->failed ? ENOMEM : error);
}

static bool
write_all(int fd, struct bytes text)
{
	ssize_t n;

	while (text.length != 0) {
		n = write(fd, text.data, text.length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (false);
		text = bytes_make(text.data + n, text.length - (size_t)n);
	}
	return (true);
}

/* As the file in whose place this will be; who may not do so need not. */
static bool
take_after(int fd, const char *path)
{
	struct stat st;

	/* A new one is for its owner alone: it may hold a password. */
	if (stat(path, &st) != 0)
		return (errno == ENOENT);
	if (fchown(fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
		return (false);
	return (fchmod(fd, st.st_mode & 07777) == 0);
}

/* That the name means the new file survives a power cut too. */
static bool
sync_folder(const char *path)
{
	char *copy = mem_copy(path, strlen(path));
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	mem_free(copy);
	return (ok);
}

static bool
replace(const char *path, const char *aside, int fd, struct bytes text)
{
	bool ok = write_all(fd, text) && take_after(fd, path) &&
	    fsync(fd) == 0;

	if (close(fd) != 0 || !ok)
		return (false);
	return (rename(aside, path) == 0);
}

int
file_replace(const char *path, struct bytes text)
{
	char *real = realpath(path, NULL);
	struct buf aside = { 0 };
	int fd, error = 0;

	buf_add_format(&aside, "%s.XXXXXX", real != NULL ? real : path);
	buf_add_char(&aside, '\0');
	fd = aside.failed ? -1 : mkostemp(aside.data, O_CLOEXEC);
	if (fd < 0)
		error = errno;
	else if (!replace(real != NULL ? real : path, aside.data, fd, text)) {
		error = errno;
		unlink(aside.data);
	} else if (!sync_folder(real != NULL ? real : path))
		error = errno;
	buf_free(&aside);
	free(real);
	return (error);
}
