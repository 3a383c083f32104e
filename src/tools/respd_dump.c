/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * respd-dump(1): what a data directory holds, as commands that make it anew or
 * as lines of JSON.  It is loaded whole before, since only then is it known
 * what of the snapshot the journal has changed.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/tell.h"
#include "cli/print.h"
#include "client/values.h"
#include "engine/engine.h"
#include "engine/record.h"
#include "persist/io.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "store/table.h"
#include "tools/load.h"
#include "value/dict.h"
#include "value/list.h"
#include "value/schedule.h"
#include "value/set.h"
#include "value/zset.h"

enum form {
	FORM_REDIS,		/* commands that a Redis knows as well */
	FORM_TYPED,		/* commands for respd, with all types */
	FORM_JSON,
};

enum {
	STATUS_PARTLY	= 1,	/* something was left out */
	NAMED		= 20,	/* of what is */
};

struct dump {
	enum form	 form;
	struct engine	*engine;
	struct record	 record;	/* writes the commands */
	int		 db;		/* that is selected; -1: none */
	int64_t		 now;		/* milliseconds */
	uint64_t	 keys, all_keys, left_out;
	bool		 failed;	/* the output */
};

static void
put(struct dump *d, const struct buf *b)
{
	if (b->failed)
		log_fatal("out of memory");
	/* Nothing has no place either. */
	if (b->length != 0)
		d->failed |= fwrite(b->data, 1, b->length, stdout) != b->length;
}

/* What Redis can hold */

static struct value
view_text(struct bytes text)
{
	return (value_view(VALUE_STRING, text));
}

static bool
flatten_list(const struct value *v, struct value *out)
{
	char digits[NUMBER_SIZE];
	struct list_iter it;
	struct bytes text;
	struct value item;

	for (list_start(&it, v->list, 0, false); list_next(&it); ) {
		if (!value_text(&it.value, &text, digits))
			return (false);
		item = value_copy(VALUE_STRING, text);
		list_push(&out->list, &item);
	}
	return (true);
}

/* Two keys of one text are one to Redis. */
static bool
flatten_dict(const struct value *v, struct value *out)
{
	char digits[2][NUMBER_SIZE];
	struct bytes key, text;
	struct dict_iter it;
	struct value item;

	for (dict_start(&it, v->dict); dict_next(&it); ) {
		if (!value_text(&it.key, &key, digits[0]))
			return (false);
		if (v->type == VALUE_SET) {
			if (!set_add_text(&out->dict, key))
				return (false);
			continue;
		}
		if (!value_text(&it.value, &text, digits[1]))
			return (false);
		item = value_copy(VALUE_STRING, text);
		if (!dict_put_text(&out->dict, key, &item))
			return (false);
	}
	return (true);
}

/*
 * The value as Redis would hold it, to be freed: a string, or strings in a
 * list, hash, set or sorted set that is not empty.  False: it cannot.
 */
static bool
flatten(const struct value *v, struct value *out)
{
	static char digits[NUMBER_SIZE];
	struct bytes text;
	bool ok;

	if (!value_is_container(v)) {
		if (v->type == VALUE_BIG_NUMBER)
			text = value_bytes(v);
		else if (!value_text(v, &text, digits))
			return (false);
		*out = view_text(text);
		return (true);
	}
	if (value_count(v) == 0)
		return (false);
	if (v->type == VALUE_ZSET) {
		*out = value_clone(v);
		return (true);
	}
	*out = value_new((enum value_type)v->type);
	ok = v->type == VALUE_LIST ? flatten_list(v, out) :
	    flatten_dict(v, out);
	if (!ok)
		value_free(out);
	return (ok);
}

static void
leave_out(struct dump *d, unsigned db, struct bytes key, enum value_type type)
{
	if (++d->left_out <= NAMED)
		tell("left out: %s in database %u: Redis cannot hold such a "
		    "value (%s)", tell_name(key), db, value_type_name(type));
	else if (d->left_out == NAMED + 1)
		tell("left out: and more");
}

/* Commands */

static void
put_command(struct dump *d)
{
	put(d, &d->record.commands.out);
	record_start(&d->record);
	if (d->form == FORM_REDIS)
		d->record.commands.dialect = DIALECT_RESP2;
}

static void
select_database(struct dump *d, unsigned db)
{
	char number[NUMBER_SIZE];
	struct reply *r = &d->record.commands;

	if (d->db == (int)db)
		return;
	d->db = (int)db;
	reply_array(r, 2);
	reply_string(r, "SELECT");
	reply_bulk(r, bytes_make(number, number_format(number, (int)db)));
	put_command(d);
}

static void
dump_command(struct dump *d, unsigned db, const struct entry *e)
{
	struct value v = entry_value(e), flat = { 0 };

	if (d->form == FORM_REDIS && !flatten(&v, &flat)) {
		leave_out(d, db, entry_key(e), entry_type(e));
		return;
	}
	select_database(d, db);
	record_set(&d->record, 0, db, entry_key(e), d->form == FORM_REDIS ?
	    &flat : &v, entry_deadline(e));
	put_command(d);
	value_free(&flat);
}

static void
dump_due_command(void *arg, int64_t time, const struct value *v)
{
	struct dump *d = arg;
	struct reply *r = &d->record.commands;
	char text[CLOCK_TEXT];

	clock_format(text, time);
	reply_array(r, 3);
	reply_string(r, "ADD");
	reply_string(r, text);
	reply_value(r, v);
	put_command(d);
}

/* JSON */

/* Takes the value. */
static void
set_field(struct value *line, const char *name, struct value v)
{
	dict_put_text(&line->dict, bytes_of(name), &v);
}

/* Takes the line. */
static void
put_line(struct dump *d, struct value *line)
{
	struct respc_value *v = values_make(*line);
	struct buf out = { 0 };

	print_json(&out, v);
	put(d, &out);
	respc_free(v);
	buf_free(&out);
}

/* A sorted set has no form of its own there: from members to scores. */
static struct value
copy_value(const struct value *v)
{
	struct value copy, score;
	struct zset_iter it;

	if (v->type != VALUE_ZSET)
		return (value_clone(v));
	copy = value_new(VALUE_DICT);
	for (zset_start(&it, v->zset, 0, false); zset_next(&it); ) {
		score = value_double(it.score);
		dict_put_text(&copy.dict, it.member, &score);
	}
	return (copy);
}

static struct value
copy_text(const char *text)
{
	return (value_copy(VALUE_STRING, bytes_of(text)));
}

static void
dump_line(struct dump *d, unsigned db, const struct entry *e)
{
	struct value line = value_new(VALUE_DICT), v = entry_value(e);

	set_field(&line, "db", value_integer(db));
	set_field(&line, "key", value_copy(VALUE_STRING, entry_key(e)));
	set_field(&line, "type", copy_text(value_type_name(entry_type(e))));
	if (entry_deadline(e) != 0)
		set_field(&line, "deadline", value_integer(entry_deadline(e)));
	set_field(&line, "value", copy_value(&v));
	put_line(d, &line);
}

static void
dump_due_line(void *arg, int64_t time, const struct value *v)
{
	struct value line = value_new(VALUE_DICT);
	char text[CLOCK_TEXT];

	clock_format(text, time);
	set_field(&line, "due", copy_text(text));
	set_field(&line, "value", copy_value(v));
	put_line(arg, &line);
}

/* All of it */

static void
dump_table(struct dump *d, unsigned db, const struct table *t)
{
	const struct entry *e;
	uint32_t slot;

	for (slot = 0; slot < t->slots && !d->failed; slot++) {
		e = table_at(t, slot);
		if (e == NULL || entry_expired(e, d->now))
			continue;
		if (d->form == FORM_JSON)
			dump_line(d, db, e);
		else
			dump_command(d, db, e);
		d->keys++;
		tell_progress(d->keys, d->keys);
	}
}

static void
dump_due(struct dump *d)
{
	const struct schedule *due = d->engine->due;
	size_t n = schedule_length(due);

	if (d->form == FORM_JSON)
		schedule_walk(due, dump_due_line, d);
	else if (d->form == FORM_TYPED)
		schedule_walk(due, dump_due_command, d);
	else if (n != 0) {
		tell("left out: the %zu values of the due queue", n);
		d->left_out += n;
	}
}

/* Call each() with every table that has keys. */
static void
walk(struct dump *d, void (*each)(struct dump *, unsigned db,
    const struct table *))
{
	struct keyspace *ks = d->engine->keyspace;
	const struct table *t;
	uint32_t shard;
	unsigned db;

	for (db = 0; db < keyspace_databases(ks); db++)
		for (shard = 0; shard < keyspace_shards(ks); shard++)
			if ((t = keyspace_table(ks, shard, db)) != NULL)
				each(d, db, t);
}

static void
count_table(struct dump *d, unsigned db, const struct table *t)
{
	(void)db;
	d->all_keys += t->used;
}

static void
dump_all(struct dump *d)
{
	struct buf hello = { 0 };

	d->now = clock_wall_us() / 1000;
	d->db = -1;
	if (d->form == FORM_TYPED) {
		buf_add_string(&hello, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
		put(d, &hello);
		buf_free(&hello);
	}
	put_command(d);
	walk(d, count_table);
	if (!isatty(STDOUT_FILENO))
		tell_begin("writing", d->all_keys);
	walk(d, dump_table);
	dump_due(d);
	tell_end();
	record_free(&d->record);
	d->failed |= fflush(stdout) == EOF;
}

static const char usage_text[] =
"usage: respd-dump [--typed | --json] directory\n"
"      --typed    with all types of values, for respd only\n"
"      --json     a line of JSON for each key\n"
"      --help     show this and exit\n"
"      --version  show the version and exit\n"
"What the data directory of a server holds, as commands for redis-cli --pipe.\n";

static void
parse_options(struct dump *d, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "typed",	no_argument,	NULL,	't' },
		{ "json",	no_argument,	NULL,	'j' },
		{ "help",	no_argument,	NULL,	'H' },
		{ "version",	no_argument,	NULL,	'v' },
		{ NULL,		0,		NULL,	0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'v') {
			puts("respd-dump " PACKAGE_VERSION);
			exit(EX_OK);
		}
		if (option == 'H' || option == '?') {
			fputs(usage_text, option == 'H' ? stdout : stderr);
			exit(option == 'H' ? EX_OK : EX_USAGE);
		}
		d->form = option == 't' ? FORM_TYPED : FORM_JSON;
	}
	if (optind != argc - 1) {
		fputs(usage_text, stderr);
		exit(EX_USAGE);
	}
}

static int
run(struct dump *d, const char *path)
{
	struct buf wrong = { 0 };
	struct io_dir *dir;
	int status;

	if ((dir = io_dir_open(path, true)) == NULL) {
		tell("%s: %s", path, strerror(errno));
		return (EX_NOINPUT);
	}
	d->engine = load_directory(dir, &wrong, &status);
	io_dir_close(&dir);
	if (d->engine == NULL) {
		tell("%s: %.*s", path, (int)wrong.length, wrong.data);
		buf_free(&wrong);
		return (status);
	}
	buf_free(&wrong);
	dump_all(d);
	engine_free(&d->engine);
	if (d->failed) {
		tell("cannot write: %s", strerror(errno));
		return (EX_IOERR);
	}
	return (d->left_out != 0 ? STATUS_PARTLY : EX_OK);
}

int
main(int argc, char *argv[])
{
	struct dump d = { 0 };
	int status;

	tell_as("respd-dump");
	parse_options(&d, argc, argv);
	settings_init();
	status = run(&d, argv[optind]);
	settings_free();
	return (status);
}
