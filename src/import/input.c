/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tell.h"
#include "import/aof.h"
#include "import/manifest.h"
#include "import/rdb.h"

/* Finding the files */

static bool
fail(const char *name)
{
	tell("%s: %s", name, strerror(errno));
	return (false);
}

static bool
add_file(struct input *in, const char *name, int fd)
{
	struct input_file *f;
	struct stat st;

	if (fd == -1)
		return (fail(name));
	if (fstat(fd, &st) == -1) {
		fail(name);
		close(fd);
		return (false);
	}
	in->files = mem_resize(in->files, (in->count + 1) * sizeof(*f));
	f = &in->files[in->count++];
	*f = (struct input_file){ .name = mem_copy(name, strlen(name)),
	    .fd = fd, .whole = UINT64_MAX };
	if (S_ISREG(st.st_mode))
		f->size = f->whole = (uint64_t)st.st_size;
	else
		in->once = true;
	in->total += f->size;
	return (true);
}

static char *
join(const char *directory, const char *name)
{
	struct buf path = { 0 };

	buf_add_format(&path, "%s/%s", directory, name);
	buf_add_char(&path, '\0');
	return (path.data);
}

static bool
add_listed(struct input *in, const char *directory, const struct manifest *m)
{
	bool good = true;
	size_t i;
	char *path;

	for (i = 0; i < m->count && good; i++) {
		path = join(directory, m->names[i]);
		good = add_file(in, path, open(path, O_RDONLY | O_CLOEXEC));
		mem_free(path);
	}
	return (good);
}

/* All of a file that is short if it is what it should be. */
static bool
read_text(const char *path, struct buf *text)
{
	enum { MOST = 1 << 20 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd == -1)
		return (fail(path));
	while (text->length < MOST && buf_reserve(text, 4096) != NULL &&
	    (n = read(fd, text->data + text->length, 4096)) > 0)
		text->length += (size_t)n;
	if (n == -1)
		fail(path);
	close(fd);
	return (n != -1);
}

static bool
open_manifest(struct input *in, const char *directory, const char *path)
{
	struct manifest m = { 0 };
	struct buf text = { 0 };
	bool good = false;

	if (read_text(path, &text)) {
		good = manifest_parse(&m, buf_bytes(&text));
		if (!good)
			tell("%s: %s", path, m.error);
		else
			good = add_listed(in, directory, &m);
	}
	manifest_free(&m);
	buf_free(&text);
	return (good);
}

static bool
is_manifest(const char *name)
{
	static const char end[] = ".manifest";
	size_t n = strlen(name);

	return (n >= sizeof(end) && strcmp(name + n - sizeof(end) + 1,
	    end) == 0);
}

/* The one manifest in it, to be freed; NULL: there is none, or two. */
static char *
find_manifest(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char *found = NULL;
	unsigned n = 0;

	if (dir == NULL) {
		fail(directory);
		return (NULL);
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!is_manifest(entry->d_name))
			continue;
		n++;
		mem_free(found);
		found = join(directory, entry->d_name);
	}
	closedir(dir);
	if (n == 1)
		return (found);
	tell("%s: %s", directory, n == 0 ?
	    "no manifest of append-only files in this directory" :
	    "more than one manifest: say which");
	mem_free(found);
	return (NULL);
}

static bool
open_directory(struct input *in, const char *directory)
{
	char *path = find_manifest(directory);
	bool good = path != NULL && open_manifest(in, directory, path);

	mem_free(path);
	return (good);
}

bool
input_open(struct input *in, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *directory;
	bool good;

	*in = (struct input){ 0 };
	if (strcmp(path, "-") == 0)
		return (add_file(in, "standard input", dup(STDIN_FILENO)));
	if (stat(path, &st) == -1)
		return (fail(path));
	if (S_ISDIR(st.st_mode))
		return (open_directory(in, path));
	if (!is_manifest(path))
		return (add_file(in, path, open(path, O_RDONLY | O_CLOEXEC)));
	directory = slash == NULL ? mem_copy(".", 1) :
	    mem_copy(path, slash == path ? 1 : (size_t)(slash - path));
	good = open_manifest(in, directory, path);
	mem_free(directory);
	return (good);
}

/* Reading them */

static bool
read_dump(struct input *in, const struct input_file *f,
    const struct events *events, void *arg)
{
	struct rdb rdb = { .source = &in->source, .events = events,
	    .arg = arg };
	bool good = rdb_read(&rdb);

	in->unsummed = in->unsummed || (good && rdb.unsummed);
	memcpy(in->writer, rdb.writer, sizeof(in->writer));
	if (!good && *rdb.error != '\0')
		tell("%s: %s", f->name, rdb.error);
	rdb_free(&rdb);
	return (good);
}

/* The end of a file is torn if its server was; that of others is damage. */
static bool
cut(struct input *in, struct input_file *f, uint64_t whole, bool *torn)
{
	if (f != &in->files[in->count - 1] || f->whole == UINT64_MAX) {
		tell("%s: ends in the middle, after byte %" PRIu64, f->name,
		    whole);
		return (false);
	}
	tell("%s: the last %" PRIu64 " of %" PRIu64 " bytes are no whole "
	    "command or transaction and are left out", f->name,
	    f->whole - whole, f->size);
	f->whole = whole;
	*torn = true;
	return (true);
}

static bool
read_commands(struct input *in, struct input_file *f,
    const struct events *events, void *arg, bool *torn)
{
	struct aof aof = { .source = &in->source, .events = events,
	    .arg = arg };
	enum aof_status status = aof_read(&aof);
	bool good = status == AOF_WHOLE;

	if (status == AOF_WRONG)
		tell("%s: %s; all is whole up to byte %" PRIu64, f->name,
		    aof.error, aof.whole);
	else if (status == AOF_TORN)
		good = cut(in, f, aof.whole, torn);
	aof_free(&aof);
	return (good);
}

static bool
read_file(struct input *in, struct input_file *f, const struct events *events,
    void *arg, bool *torn)
{
	bool good = true, empty;

	if (!in->once && lseek(f->fd, 0, SEEK_SET) == -1)
		return (fail(f->name));
	source_of_file(&in->source, f->fd, f->whole);
	empty = source_peek(&in->source) == -1;
	if (empty && in->count == 1) {
		tell("%s: %s", f->name, in->source.error != 0 ?
		    strerror(in->source.error) : "the file is empty");
		good = false;
	} else if (!empty && source_peek(&in->source) == 'R')
		good = read_dump(in, f, events, arg);
	if (good && source_peek(&in->source) != -1)
		good = read_commands(in, f, events, arg, torn);
	source_close(&in->source);
	in->before += f->size;
	return (good);
}

bool
input_read(struct input *in, const struct events *events, void *arg,
    bool *torn)
{
	size_t i;

	in->before = 0;
	for (i = 0; i < in->count; i++)
		if (!read_file(in, &in->files[i], events, arg, torn))
			return (false);
	return (true);
}

uint64_t
input_position(const struct input *in)
{
	return (in->before + source_position(&in->source));
}

void
input_close(struct input *in)
{
	while (in->count != 0) {
		struct input_file *f = &in->files[--in->count];

		close(f->fd);
		mem_free(f->name);
	}
	mem_free(in->files);
}
