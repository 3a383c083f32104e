/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A segment is read into memory whole.  A frame's records are measured up to
 * its trailer, checked, and only then given away: all of a frame or nothing.
 */
#include "persist/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "persist/segment.h"
#include "resp/request.h"

enum { PROGRESS_FRAMES = 1024 };

static const char echo[] = "*2\r\n$4\r\nECHO\r\n$";
static const char select_head[] = "*2\r\n$6\r\nSELECT\r\n$";

struct walk {
	const struct recover_options	*o;
	struct recover_report		*report;
	struct segments			 segments;
	size_t				 index;	/* of the one in memory */
	char				*data;	/* its bytes, */
	size_t				 size;	/* so many */
	uint64_t			 before, total;	/* bytes of all */
	uint32_t			 seed;
	/* What has been checked: up to here all is well. */
	size_t				 at;
	size_t				 proven;	/* see make_safe() */
	uint64_t			 position;
	uint32_t			 crc;
	/* Where each record of the frame ends. */
	size_t				*ends;
	size_t				 count, room;
};

static enum recover_status
say(struct walk *w, enum recover_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum recover_status
say(struct walk *w, enum recover_status status, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(w->report->text, sizeof(w->report->text), format, list);
	va_end(list);
	return (status);
}

/* A file cannot be read, moved, cut: with errno. */
static enum recover_status
say_error(struct walk *w, const char *what, const char *name)
{
	return (say(w, RECOVER_ERROR, "%s: %s/%s: %s", what,
	    io_dir_path(w->o->dir), name, strerror(errno)));
}

/* Read the segment of that index into memory. */
static enum recover_status
load(struct walk *w, size_t index)
{
	char name[IO_NAME_SIZE];
	ssize_t n = -1;
	int64_t size;
	char *data;
	int fd;

	segment_name(name, w->segments.start[index]);
	if ((fd = io_open_read(w->o->dir, name)) < 0)
		return (say_error(w, "cannot open", name));
	if ((size = io_size(fd)) >= 0) {
		data = mem_try_resize(w->data, (size_t)size + 1);
		if (data == NULL)
			errno = ENOMEM;
		else {
			w->data = data;
			n = io_read(fd, data, (size_t)size, 0);
		}
	}
	io_close(fd);
	if (n < 0)
		return (say_error(w, "cannot read", name));
	w->size = (size_t)n;
	w->index = index;
	w->at = 0;
	return (RECOVER_OK);
}

static struct bytes
rest(const struct walk *w, size_t from)
{
	return (bytes_make(w->data + from, w->size - from));
}

static void
note_end(struct walk *w, size_t end)
{
	if (w->count == w->room) {
		w->room = w->room != 0 ? 2 * w->room : 1024;
		w->ends = mem_resize(w->ends, w->room * sizeof(*w->ends));
	}
	w->ends[w->count++] = end;
}

static bool
begins(struct bytes b, const char *text, size_t length)
{
	return (b.length >= length && memcmp(b.data, text, length) == 0);
}

/* SELECT is no record: it has no position. */
static bool
is_select(struct bytes b)
{
	return (begins(b, select_head, sizeof(select_head) - 1));
}

/* "1\r\n7\r\n" to "3\r\n255\r\n" behind the head: the number, or too much. */
static unsigned
select_number(struct bytes b)
{
	const char *p = b.data + sizeof(select_head) - 1;
	size_t digits = b.length - (sizeof(select_head) - 1) - 5, i;
	unsigned db = 0;

	for (i = 3; i < 3 + digits && digits <= 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return (JOURNAL_DATABASES);
		db = 10 * db + (unsigned)(p[i] - '0');
	}
	return (digits >= 1 && digits <= 3 ? db : JOURNAL_DATABASES);
}

/*
 * Whether a frame stands at w->at that goes on from what there is; *f, and
 * where it ends.
 */
static bool
find_frame(struct walk *w, struct frame *f, size_t *end)
{
	uint64_t records = 0;
	size_t at = w->at, n, count;

	for (w->count = 0;; at += n) {
		if (begins(rest(w, at), echo, sizeof(echo) - 1) &&
		    (n = frame_parse(rest(w, at), f, w->seed)) != 0)
			break;
		/* Else all zeros would be looked through for a line's end. */
		if (at == w->size || w->data[at] != '*' ||
		    (n = request_measure(rest(w, at), NULL, 0, &count)) == 0)
			return (false);
		if (!is_select(rest(w, at)))
			records++;
		else if (select_number(bytes_make(w->data + at, n)) ==
		    JOURNAL_DATABASES)
			return (false);
		note_end(w, at + n);
	}
	*end = at + n;
	return (f->length == at - w->at && f->first == w->position + 1 &&
	    f->last - w->position == records && f->durable <= w->position &&
	    frame_check(bytes_make(w->data + w->at, *end - w->at), f,
	    w->crc));
}

/* Give away the records of the frame that was found. */
static bool
apply_frame(struct walk *w)
{
	size_t i, from = w->at, end;
	struct bytes b;
	unsigned db = 0;

	for (i = 0; i < w->count; i++, from = end) {
		end = w->ends[i];
		b = bytes_make(w->data + from, end - from);
		if (is_select(b)) {
			db = select_number(b);
			continue;
		}
		w->position++;
		if (w->o->apply != NULL &&
		    !w->o->apply(w->o->arg, w->position, db, b))
			return (false);
	}
	return (true);
}

static void
show_progress(struct walk *w)
{
	if (w->o->progress != NULL)
		w->o->progress(w->o->arg, w->before + w->at, w->total);
}

static enum recover_status
refused(struct walk *w)
{
	return (say(w, RECOVER_REFUSED, "%s/log-%020" PRIu64 ".rsp: what is "
	    "in it up to position %" PRIu64 " cannot be applied",
	    io_dir_path(w->o->dir), w->segments.start[w->index],
	    w->position));
}

/* All frames of the segment, whose header has been read. */
static enum recover_status
walk_frames(struct walk *w)
{
	struct frame f;
	size_t end;

	while (find_frame(w, &f, &end)) {
		if (f.durable == w->position)
			w->proven = w->at;
		if (!apply_frame(w))
			return (refused(w));
		w->at = end;
		w->crc = f.crc;
		if (++w->report->frames % PROGRESS_FRAMES == 0)
			show_progress(w);
	}
	return (RECOVER_OK);
}

/* Where the zeros begin that the bytes end with. */
static size_t
length_without_zeros(const struct walk *w)
{
	size_t n = w->size;

	while (n > w->at && w->data[n - 1] == '\0')
		n--;
	return (n);
}

/*
 * Look behind the break in the segment that is in memory for what says that
 * position x was on the disk.
 */
static bool
proves(struct walk *w, uint64_t x)
{
	char *p = w->data, *end = w->data + w->size;
	struct frame_header h;
	bool proof = false;
	struct frame f;

	if (w->at == 0 && frame_parse_header(rest(w, 0), &h,
	    w->o->manifest->uuid) != 0)
		proof = h.durable >= x;
	for (p += w->at; (p = memmem(p, (size_t)(end - p), echo,
	    sizeof(echo) - 1)) != NULL; p++) {
		if (frame_parse(bytes_make(p, (size_t)(end - p)), &f,
		    w->seed) == 0)
			continue;
		if (f.last > w->report->cut_last)
			w->report->cut_last = f.last;
		proof = proof || f.durable >= x;
	}
	return (proof);
}

/* A name in quarantine/ that is not there yet, most probably. */
static void
quarantine_name(char out[IO_NAME_SIZE], uint64_t start)
{
	snprintf(out, IO_NAME_SIZE, "log-%" PRIu64 ".%" PRId64, start,
	    clock_wall_us());
}

/* Copy what is to be cut off, and only then cut. */
static int
cut_file(struct walk *w, struct io_dir *quarantine, size_t length)
{
	char name[IO_NAME_SIZE], to[IO_NAME_SIZE];
	int fd, result;

	segment_name(name, w->segments.start[w->index]);
	quarantine_name(to, w->segments.start[w->index]);
	if ((fd = io_create(quarantine, to)) < 0)
		return (-1);
	result = io_write(fd, bytes_make(w->data + w->at, length - w->at),
	    0) == 0 && io_sync(fd) == 0 && io_dir_sync(quarantine) == 0 ?
	    0 : -1;
	io_close(fd);
	if (result != 0 || (fd = io_open(w->o->dir, name)) < 0)
		return (-1);
	result = io_truncate(fd, w->at) == 0 && io_sync(fd) == 0 ? 0 : -1;
	io_close(fd);
	return (result);
}

/* The last segments, down to that index, go to quarantine/. */
static int
move_segments(struct walk *w, struct io_dir *quarantine, size_t index)
{
	char name[IO_NAME_SIZE], to[IO_NAME_SIZE];
	size_t i;

	for (i = w->segments.count; i-- > index;) {
		segment_name(name, w->segments.start[i]);
		quarantine_name(to, w->segments.start[i]);
		if (io_rename(w->o->dir, name, quarantine, to) != 0)
			return (-1);
	}
	return (io_dir_sync(quarantine) == 0 ? io_dir_sync(w->o->dir) : -1);
}

/* Cut at w->at of the segment in memory; nothing is behind it then. */
static enum recover_status
cut(struct walk *w)
{
	size_t length = length_without_zeros(w);
	struct io_dir *quarantine;
	int result = -1;

	quarantine = io_dir_inside(w->o->dir, "quarantine");
	if (quarantine != NULL && io_dir_sync(w->o->dir) == 0)
		result = move_segments(w, quarantine,
		    w->index + (w->at != 0));
	if (result == 0 && w->at != 0 && length > w->at)
		result = cut_file(w, quarantine, length);
	io_dir_close(&quarantine);
	return (result == 0 ? RECOVER_OK :
	    say_error(w, "cannot cut the journal", "quarantine"));
}

/* Find out about the rest: whether it is damaged, or torn. */
static enum recover_status
judge(struct walk *w, bool *damaged)
{
	struct recover_report *r = w->report;
	size_t index = w->index, at = w->at, i;
	enum recover_status status;

	r->cut_segment = w->segments.start[index];
	r->cut_offset = at;
	r->cut_bytes = length_without_zeros(w) - at;
	/* The first one's header was on the disk before it had a name. */
	*damaged = w->o->manifest->durable > w->position ||
	    (index == 0 && at == 0);
	*damaged |= proves(w, w->position + 1);
	for (i = index + 1; i < w->segments.count; i++) {
		if ((status = load(w, i)) != RECOVER_OK)
			return (status);
		*damaged |= proves(w, w->position + 1);
		r->cut_bytes += length_without_zeros(w);
	}
	if (index + 1 < w->segments.count &&
	    (status = load(w, index)) != RECOVER_OK)
		return (status);
	w->at = at;
	return (RECOVER_OK);
}

static enum recover_status
break_off(struct walk *w)
{
	struct recover_report *r = w->report;
	const char *path = io_dir_path(w->o->dir);
	enum recover_status status;
	bool damaged;

	if (w->o->finish != NULL && !w->o->finish(w->o->arg))
		return (refused(w));
	if ((status = judge(w, &damaged)) != RECOVER_OK)
		return (status);
	if (damaged && !w->o->repair)
		return (say(w, RECOVER_DAMAGED, "%s/log-%020" PRIu64
		    ".rsp is damaged at byte %" PRIu64 ": positions from %"
		    PRIu64 " on were on the disk and cannot be read; restore "
		    "the file, or give them up with: respd-check --repair %s",
		    path, r->cut_segment, r->cut_offset, w->position + 1,
		    path));
	/* Nothing but zeros, and nothing behind. */
	if (r->cut_bytes == 0 && w->index + 1 == w->segments.count &&
	    w->at != 0)
		return (RECOVER_OK);
	say(w, RECOVER_OK, "%s/log-%020" PRIu64 ".rsp: cut at byte %" PRIu64
	    ": %" PRIu64 " bytes %s, the last position is %" PRIu64, path,
	    r->cut_segment, r->cut_offset, r->cut_bytes,
	    damaged ? "were damaged" : "had not been written whole",
	    w->position);
	return (w->o->only_look ? RECOVER_OK : cut(w));
}

/*
 * The header of the segment in memory, which has to go on from the last.  One
 * that was made when the last could not be synced (journal_rotate()) is good
 * for nothing until a manifest begins with it.
 */
static bool
read_header(struct walk *w)
{
	struct frame_header h;
	size_t n = frame_parse_header(rest(w, 0), &h, w->o->manifest->uuid);

	if (n == 0 || h.start != w->segments.start[w->index] ||
	    h.start != w->position ||
	    (w->index != 0 && (h.last_crc != w->crc || h.durable != h.start)))
		return (false);
	w->at = n;
	w->proven = 0;
	w->crc = h.crc;
	return (true);
}

static void
note_good(struct walk *w)
{
	w->report->end = (struct journal_end){
		.start = w->segments.start[w->index], .offset = w->at,
		.position = w->position, .crc = w->crc };
}

static enum recover_status
walk_all(struct walk *w)
{
	enum recover_status status = RECOVER_OK;
	size_t i;

	for (i = 0; i < w->segments.count; i++) {
		if ((status = load(w, i)) != RECOVER_OK)
			return (status);
		if (!read_header(w))
			return (break_off(w));
		status = walk_frames(w);
		note_good(w);
		w->report->segments++;
		w->report->bytes += w->at;
		if (status != RECOVER_OK)
			return (status);
		if (length_without_zeros(w) != w->at ||
		    i + 1 == w->segments.count)
			return (break_off(w));
		w->before += w->size;
	}
	return (status);
}

/*
 * What the kernel has taken from a process that was killed is not on the disk
 * yet.  If a sync has failed before, it may even seem to be, and will not be
 * written any more; so what no later frame tells to be on the disk is written
 * again, the same in the same place.
 */
static enum recover_status
make_safe(struct walk *w)
{
	const struct journal_end *end = &w->report->end;
	enum recover_status status = RECOVER_OK;
	size_t proven = w->proven;
	char name[IO_NAME_SIZE];
	int fd, result;

	/* The one in memory may have been behind it, and cut off. */
	if (w->segments.start[w->index] != end->start)
		status = load(w, w->index - 1);
	if (status != RECOVER_OK)
		return (status);
	segment_name(name, end->start);
	if ((fd = io_open(w->o->dir, name)) < 0)
		return (say_error(w, "cannot open", name));
	result = io_write(fd, bytes_make(w->data + proven,
	    end->offset - proven), proven) == 0 && io_sync(fd) == 0 ? 0 : -1;
	io_close(fd);
	return (result == 0 ? RECOVER_OK :
	    say_error(w, "cannot write", name));
}

/* Not even the first segment's head was left by the repair. */
static enum recover_status
start_anew(struct walk *w)
{
	struct journal_end *end = &w->report->end;
	struct frame_header h = { .start = end->position,
	    .durable = end->position };
	char name[IO_NAME_SIZE];
	int fd;

	segment_name(name, h.start);
	fd = segment_create(w->o->dir, &h, w->o->manifest->uuid,
	    &end->offset);
	if (fd < 0)
		return (say_error(w, "cannot create", name));
	io_close(fd);
	end->start = h.start;
	end->crc = h.crc;
	return (RECOVER_OK);
}

/* Those that begin before the manifest's first are of no use any more. */
static void
drop_older(struct walk *w)
{
	struct segments *s = &w->segments;
	size_t n = 0;

	while (n < s->count && s->start[n] < w->o->manifest->journal)
		n++;
	s->count -= n;
	if (n != 0)
		memmove(s->start, s->start + n, s->count * sizeof(*s->start));
}

static enum recover_status
recover(struct walk *w)
{
	uint64_t first = w->o->manifest->journal;
	enum recover_status status;
	char name[IO_NAME_SIZE];

	segment_name(name, first);
	if (segment_list(w->o->dir, &w->segments) != 0)
		return (say_error(w, "cannot list", ""));
	drop_older(w);
	w->report->end.position = w->position = first;
	if ((w->segments.count == 0 || w->segments.start[0] != first) &&
	    !w->o->repair)
		return (say(w, RECOVER_DAMAGED, "%s/%s is missing: restore it, "
		    "or give up what it holds with: respd-check --repair %s",
		    io_dir_path(w->o->dir), name, io_dir_path(w->o->dir)));
	w->total = segment_total(w->o->dir, UINT64_MAX);
	if ((status = walk_all(w)) != RECOVER_OK || w->o->only_look)
		return (status);
	/* The manifest's name as well, before what it makes useless goes. */
	if (io_dir_sync(w->o->dir) != 0)
		return (say_error(w, "cannot sync", ""));
	segment_unlink(w->o->dir, first, UINT64_MAX);
	return (w->report->end.offset != 0 ? make_safe(w) : start_anew(w));
}

enum recover_status
recover_journal(const struct recover_options *o, struct recover_report *r)
{
	struct walk w = { .o = o, .report = r };
	enum recover_status status;

	memset(r, 0, sizeof(*r));
	w.seed = frame_seed(o->manifest->uuid);
	status = recover(&w);
	r->records = w.position - o->manifest->journal;
	show_progress(&w);
	segment_list_free(&w.segments);
	mem_free(w.data);
	mem_free(w.ends);
	return (status);
}
