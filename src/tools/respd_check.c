/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * respd-check(1): reads what a server has left in its data directory as the
 * server would at its start, and says what it found; saves what is left when
 * told to.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/hash.h"
#include "persist/io.h"
#include "persist/manifest.h"
#include "persist/recover.h"
#include "persist/snapshot.h"
#include "resp/request.h"
#include "store/keyspace.h"
#include "tools/repair.h"
#include "value/schedule.h"

static int
usage(FILE *out, int status)
{
	fprintf(out, "usage: respd-check [--repair] DIRECTORY\n\n"
	    "  --repair       give up what is damaged, and save the rest\n"
	    "  --help         print this and exit\n"
	    "  --version      print the version and exit\n");
	return (status);
}

static int
fail(const char *path, const char *what, int status)
{
	fprintf(stderr, "respd-check: %s: %s\n", path, what);
	return (status);
}

/* A record that is no request could not be applied. */
static bool
check_record(void *arg, uint64_t position, unsigned db, struct bytes record)
{
	struct request *q = arg;

	(void)position;
	(void)db;
	return (request_parse(q, record) == REQUEST_OK);
}

static void
show_journal(const char *path, const struct recover_report *r)
{
	printf("%s: journal: %" PRIu64 " segments, %" PRIu64 " frames, %"
	    PRIu64 " records, %" PRIu64 " bytes; the last position is %"
	    PRIu64 "\n", path, r->segments, r->frames, r->records, r->bytes,
	    r->end.position);
}

/* What a cut costs: nothing, if no whole record was behind it. */
static void
show_loss(const char *path, const struct recover_report *r, bool done)
{
	if (r->cut_last > r->end.position)
		printf("%s: %s: positions %" PRIu64 " to %" PRIu64 "; the "
		    "bytes %s in %s/quarantine\n", path,
		    done ? "lost" : "would be lost", r->end.position + 1,
		    r->cut_last, done ? "are" : "would be", path);
	else if (r->cut_bytes != 0)
		printf("%s: %" PRIu64 " bytes of no whole record %s cut\n",
		    path, r->cut_bytes, done ? "were" : "would be");
}

/* Load it as the server would: that checks all that can be checked. */
static bool
load_snapshot(struct io_dir *dir, const char *name,
    struct snapshot_progress *progress, struct buf *wrong)
{
	struct schedule *due = schedule_new();
	struct keyspace *keyspace;
	struct snapshot_header h;
	bool ok = false;

	if (snapshot_read_header(dir, name, &h, wrong)) {
		hash_set_seed(h.seed);
		keyspace = keyspace_new(h.shards, h.databases);
		ok = snapshot_load(dir, name, keyspace, due, 1, &h, progress,
		    wrong);
		keyspace_free(&keyspace);
	}
	schedule_free(due);
	return (ok);
}

/* "120 keys of 3 sections, and 1 section of which nobody knows the keys" */
static void
show_snapshot_loss(const char *path, const char *name,
    const struct snapshot_loss *loss, bool done)
{
	printf("%s: %s: %" PRIu64 " keys of %" PRIu32 " sections", path,
	    done ? "lost" : "would be lost with --repair", loss->keys,
	    loss->sections - loss->unknown);
	if (loss->unknown != 0)
		printf(", and those of %" PRIu32 " sections that cannot be "
		    "counted", loss->unknown);
	if (done)
		printf("; the file is %s/quarantine/%s now", path, name);
	printf("\n");
}

/* last: the journal's last position. */
static int
check_snapshot(struct io_dir *dir, struct manifest *m, uint64_t last,
    bool repair)
{
	const char *path = io_dir_path(dir);
	struct snapshot_progress progress = { 0 };
	struct snapshot_loss loss;
	struct buf wrong = { 0 };
	char name[IO_NAME_SIZE];
	bool ok = load_snapshot(dir, m->snapshot, &progress, &wrong);
	int status = EX_OK;

	memcpy(name, m->snapshot, sizeof(name));
	if (ok)
		printf("%s: snapshot: %s, %" PRIu64 " keys\n", path, name,
		    (uint64_t)progress.keys);
	else
		fprintf(stderr, "%s/%s is damaged: %.*s\n", path, name,
		    (int)wrong.length, wrong.data);
	if (!ok && repair_snapshot(dir, m, last, repair, &loss)) {
		show_snapshot_loss(path, name, &loss, repair);
		status = repair ? EX_OK : EX_DATAERR;
	} else if (!ok)
		status = errno == 0 || errno == ENOENT ? fail(path, "nothing "
		    "of the snapshot can be read: restore it", EX_DATAERR) :
		    fail(path, strerror(errno), EX_IOERR);
	buf_free(&wrong);
	return (status);
}

/* From now on what is gone is not expected any more. */
static int
lower_expectation(struct io_dir *dir, struct manifest *m,
    const struct recover_report *r)
{
	if (m->durable <= r->end.position)
		return (EX_OK);
	printf("%s: lost: positions up to %" PRIu64 " that the manifest "
	    "knows of\n", io_dir_path(dir), m->durable);
	m->durable = r->end.position;
	if (manifest_write(dir, m) == 0)
		return (EX_OK);
	return (fail(io_dir_path(dir), strerror(errno), EX_IOERR));
}

/* *last is the last position. */
static int
check_journal(struct io_dir *dir, struct manifest *m, bool repair,
    uint64_t *last)
{
	const char *path = io_dir_path(dir);
	struct request q = { 0 };
	struct recover_options o = { .dir = dir, .manifest = m,
	    .only_look = !repair, .repair = repair, .apply = check_record,
	    .arg = &q };
	struct recover_report r;
	enum recover_status status = recover_journal(&o, &r);

	request_free(&q);
	*last = r.end.position;
	if (status == RECOVER_OK || status == RECOVER_DAMAGED)
		show_journal(path, &r);
	if (*r.text != '\0')
		fprintf(status == RECOVER_OK ? stdout : stderr, "%s\n",
		    r.text);
	show_loss(path, &r, repair);
	switch (status) {
	case RECOVER_OK:
		return (repair ? lower_expectation(dir, m, &r) : EX_OK);
	case RECOVER_ERROR:
		return (EX_IOERR);
	case RECOVER_DAMAGED:
	case RECOVER_REFUSED:
		break;
	}
	return (EX_DATAERR);
}

static int
make_manifest(struct io_dir *dir, struct manifest *m)
{
	const char *path = io_dir_path(dir);

	errno = 0;
	if (!repair_manifest(dir, m))
		return (errno == 0 ? fail(path, "no file says what belongs "
		    "into MANIFEST: restore it", EX_DATAERR) :
		    fail(path, strerror(errno), EX_IOERR));
	printf("%s: MANIFEST has been made anew, with %s as the snapshot", path,
	    *m->snapshot != '\0' ? m->snapshot : "nothing");
	if (m->has_journal)
		printf(" and the journal from position %" PRIu64 " on",
		    m->journal);
	printf("\n");
	return (EX_OK);
}

static int
find_manifest(struct io_dir *dir, struct manifest *m, bool repair)
{
	const char *path = io_dir_path(dir);

	switch (manifest_read(dir, m)) {
	case MANIFEST_OK:
		return (EX_OK);
	case MANIFEST_NONE:
		return (fail(path, "there is no MANIFEST: no server has saved "
		    "anything here", EX_NOINPUT));
	case MANIFEST_DAMAGED:
		if (repair)
			return (make_manifest(dir, m));
		return (fail(path, "MANIFEST is damaged: restore it, or have "
		    "it made anew from what the other files say with --repair",
		    EX_DATAERR));
	case MANIFEST_ERROR:
		break;
	}
	return (fail(path, strerror(errno), EX_IOERR));
}

static int
check_directory(struct io_dir *dir, bool repair)
{
	int snapshot = EX_OK, journal = EX_OK;
	const char *path = io_dir_path(dir);
	struct manifest m;
	uint64_t last;
	int status = find_manifest(dir, &m, repair);

	if (status != EX_OK)
		return (status);
	last = m.durable;
	if (!m.has_journal)
		printf("%s: journal: none\n", path);
	else
		journal = check_journal(dir, &m, repair, &last);
	if (*m.snapshot == '\0')
		printf("%s: snapshot: none\n", path);
	else if (!repair || journal == EX_OK)
		snapshot = check_snapshot(dir, &m, last, repair);
	return (snapshot != EX_OK ? snapshot : journal);
}

int
main(int argc, char **argv)
{
	const char *path = NULL;
	struct io_dir *dir;
	bool repair = false;
	int i, status;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return (usage(stdout, EX_OK));
		if (strcmp(argv[i], "--version") == 0)
			return (printf("respd-check %s\n", PACKAGE_VERSION) <
			    0);
		if (strcmp(argv[i], "--repair") == 0)
			repair = true;
		else if (*argv[i] == '-' || path != NULL)
			return (usage(stderr, EX_USAGE));
		else
			path = argv[i];
	}
	if (path == NULL)
		return (usage(stderr, EX_USAGE));
	/* Looking needs no lock, and makes no directory either. */
	if ((dir = io_dir_open(path, true)) != NULL && repair) {
		io_dir_close(&dir);
		dir = io_dir_open(path, false);
	}
	if (dir == NULL && errno == EWOULDBLOCK)
		return (fail(path, "a server is using it", EX_CANTCREAT));
	if (dir == NULL)
		return (fail(path, strerror(errno), EX_NOINPUT));
	status = check_directory(dir, repair);
	io_dir_close(&dir);
	return (status);
}
