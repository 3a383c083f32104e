/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * respd-import: the files of a Redis into a running server.  They are read
 * twice, first to see whether they are sound: what is damaged, or has things
 * that would be lost, is not half imported.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/tell.h"
#include "client/respc.h"
#include "import/count.h"
#include "import/databases.h"
#include "import/exchange.h"
#include "import/input.h"
#include "import/send.h"

/* The exit status. */
enum status {
	STATUS_FINE,
	STATUS_PARTLY,		/* something was left out */
	STATUS_FAILED,
};

enum { TIMEOUT_MS = 300 * 1000 };

struct import {
	const char	*host;
	const char	*socket;	/* instead, unless NULL */
	int64_t		 port;
	const char	*user, *password;
	bool		 dry_run, replace, keep, pass_over;
	struct databases databases;
	struct input	 input;
	bool		 torn;
};

static struct count count;
static struct send out;

/* What is there */

static void
show_kinds(void)
{
	static const char *const names[KINDS] = { [KIND_STRING] = "strings",
	    [KIND_LIST] = "lists", [KIND_SET] = "sets",
	    [KIND_ZSET] = "sorted sets", [KIND_HASH] = "hashes" };
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++) {
		if (count.keys[kind] == 0)
			continue;
		printf("  %-12s %12" PRIu64, names[kind], count.keys[kind]);
		if (kind != KIND_STRING)
			printf(" of %" PRIu64 " elements",
			    count.elements[kind]);
		putchar('\n');
	}
}

static void
show_line(const char *what, uint64_t n)
{
	if (n != 0)
		printf("  %-12s %12" PRIu64 "\n", what, n);
}

static void
show_content(const struct import *i)
{
	if (*i->input.writer != '\0')
		printf("written by Redis %s\n",
		    tell_name(bytes_of(i->input.writer)));
	printf("%" PRIu64 " keys\n", count.all_keys);
	show_kinds();
	show_line("deadlines", count.deadlines);
	show_line("expired", count.expired);
	show_line("commands", count.commands);
	show_line("unsupported", count.unsupported);
	show_line("not wanted", count.unwanted);
}

static bool
check(struct import *i)
{
	bool good;

	count.databases = &i->databases;
	count.input = &i->input;
	count_begin(&count);
	tell_begin("checking", i->input.total);
	good = input_read(&i->input, &count_events, &count, &i->torn);
	tell_end();
	if (good && i->input.unsummed)
		tell("note: Redis has made no checksum");
	return (good);
}

/* The other server */

static bool
connect_to(struct import *i)
{
	out.respc = i->socket != NULL ?
	    respc_connect_unix(i->socket, TIMEOUT_MS) :
	    respc_connect(i->host, (uint16_t)i->port, TIMEOUT_MS);
	if (out.respc == NULL) {
		if (i->socket != NULL)
			tell("%s: %s", i->socket, respc_error(NULL));
		else
			tell("%s:%d: %s", i->host, (int)i->port,
			    respc_error(NULL));
		return (false);
	}
	return (i->password == NULL ||
	    exchange_login(&out, i->user, i->password));
}

/* Commands do what they did only on what was there, which is nothing. */
static bool
check_empty(void)
{
	int64_t n, keys;

	for (n = 0; n < DATABASES; n++) {
		if (!count.used[n])
			continue;
		if (!exchange_size(&out, n, &keys))
			return (false);
		if (keys != 0) {
			tell("database %d of the server has %" PRId64 " keys: "
			    "commands of an append-only file need an empty "
			    "one", (int)n, keys);
			return (false);
		}
	}
	return (true);
}

static bool
send_all(struct import *i)
{
	bool good, ignored = false;

	out.databases = &i->databases;
	out.input = &i->input;
	out.replace = i->replace;
	out.replay = count.commands != 0;
	out.pass_over = i->pass_over;
	if (out.replay && !check_empty())
		return (false);
	send_begin(&out);
	tell_begin("importing", i->input.total);
	good = input_read(&i->input, &send_events, &out, &ignored) &&
	    send_end(&out);
	tell_end();
	return (good);
}

static enum status
summarize(const struct import *i, int64_t took, bool good)
{
	uint64_t left = out.existing + out.refused + out.expired + out.empty;
	double seconds = (double)took / 1e6;

	/* Of commands nobody knows how many keys they make. */
	if (out.replay)
		left = 0;
	printf("%" PRIu64 " keys", out.keys - (left < out.keys ? left :
	    out.keys));
	if (out.commands != 0)
		printf(" and %" PRIu64 " commands", out.commands);
	printf("%s in %.1f s, %.0f a second\n", good ? "" : " at most",
	    seconds, (double)(out.keys + out.commands) / seconds);
	show_line("expired", out.expired);
	show_line("empty", out.empty);
	show_line("existing", out.existing);
	show_line("refused", out.refused);
	show_line("unsupported", out.unsupported);
	if (!good)
		return (STATUS_FAILED);
	return (out.refused != 0 || out.unsupported != 0 || i->torn ||
	    (out.existing != 0 && !i->keep) ? STATUS_PARTLY : STATUS_FINE);
}

static enum status
run(struct import *i)
{
	int64_t begun;
	bool good;

	if (!i->input.once && !check(i))
		return (STATUS_FAILED);
	if (i->dry_run) {
		show_content(i);
		return (i->torn || count.unsupported != 0 ? STATUS_PARTLY :
		    STATUS_FINE);
	}
	if (count.unsupported != 0 && !i->pass_over) {
		tell("nothing was imported; --skip-unsupported leaves these "
		    "%" PRIu64 " out", count.unsupported);
		return (STATUS_FAILED);
	}
	if (count.commands != 0 && (i->keep || i->replace)) {
		tell("--%s is not possible with commands of an append-only "
		    "file", i->keep ? "keep-existing" : "replace");
		return (STATUS_FAILED);
	}
	if (!connect_to(i))
		return (STATUS_FAILED);
	begun = clock_monotonic_us();
	good = send_all(i);
	return (out.now == 0 ? STATUS_FAILED :
	    summarize(i, clock_monotonic_us() - begun, good));
}

/* The command line */

static const char usage_text[] =
"usage: respd-import [option ...] file\n"
"  -h, --host HOST          server's host (127.0.0.1)\n"
"  -p, --port PORT          server's port (31337)\n"
"  -s, --unixsocket PATH    server's socket instead\n"
"      --user NAME          log in as that user\n"
"      --password PASSWORD  log in (or the variable REDISCLI_AUTH)\n"
"      --db FROM[:TO]       only this database [into that one]; repeatable\n"
"      --dry-run            check the file and say what is in it\n"
"      --replace            replace keys that are there\n"
"      --keep-existing      leave them alone, and do not mind\n"
"      --skip-unsupported   leave out streams, functions, modules' values\n"
"      --help               show this and exit\n"
"      --version            show the version and exit\n"
"The file is a dump.rdb, an append-only file, the directory of such files or\n"
"its manifest, or - for a dump on the standard input.\n";

static void __attribute__((noreturn))
die_usage(void)
{
	fputs(usage_text, stderr);
	exit(STATUS_FAILED);
}

static void
take_option(struct import *i, int option)
{
	switch (option) {
	case 'h':
		i->host = optarg;
		break;
	case 'p':
		if (number_parse(bytes_of(optarg), &i->port) && i->port > 0 &&
		    i->port <= UINT16_MAX)
			break;
		tell("no port: %s", optarg);
		die_usage();
	case 's':
		i->socket = optarg;
		break;
	case 'u':
		i->user = optarg;
		break;
	case 'a':
		i->password = optarg;
		break;
	case 'd':
		if (databases_add(&i->databases, optarg))
			break;
		tell("no database: %s", optarg);
		die_usage();
	case 'n':
		i->dry_run = true;
		break;
	case 'r':
		i->replace = true;
		break;
	case 'k':
		i->keep = true;
		break;
	case 'x':
		i->pass_over = true;
		break;
	case 'v':
		puts("respd-import " PACKAGE_VERSION);
		exit(STATUS_FINE);
	case 'H':
		fputs(usage_text, stdout);
		exit(STATUS_FINE);
	default:
		die_usage();
	}
}

static void
parse_options(struct import *i, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "host",		required_argument,	NULL,	'h' },
		{ "port",		required_argument,	NULL,	'p' },
		{ "unixsocket",		required_argument,	NULL,	's' },
		{ "user",		required_argument,	NULL,	'u' },
		{ "password",		required_argument,	NULL,	'a' },
		{ "db",			required_argument,	NULL,	'd' },
		{ "dry-run",		no_argument,		NULL,	'n' },
		{ "replace",		no_argument,		NULL,	'r' },
		{ "keep-existing",	no_argument,		NULL,	'k' },
		{ "skip-unsupported",	no_argument,		NULL,	'x' },
		{ "help",		no_argument,		NULL,	'H' },
		{ "version",		no_argument,		NULL,	'v' },
		{ NULL,			0,			NULL,	0 },
	};
	int option;

	i->password = getenv("REDISCLI_AUTH");
	while ((option = getopt_long(argc, argv, "h:p:s:", options,
	    NULL)) != -1)
		take_option(i, option);
	if (optind != argc - 1)
		die_usage();
	if ((i->replace && i->keep) || (i->user != NULL &&
	    i->password == NULL)) {
		tell("%s", i->replace && i->keep ?
		    "--replace and --keep-existing are opposites" :
		    "a user without a password");
		die_usage();
	}
}

int
main(int argc, char *argv[])
{
	struct import import = { .host = "127.0.0.1", .port = 31337 };
	enum status status = STATUS_FAILED;

	tell_as("respd-import");
	parse_options(&import, argc, argv);
	if (input_open(&import.input, argv[optind])) {
		if (import.input.once && import.dry_run)
			tell("--dry-run needs a file");
		else
			status = run(&import);
	}
	respc_close(&out.respc);
	send_free(&out);
	input_close(&import.input);
	databases_free(&import.databases);
	if (fflush(stdout) == EOF)
		status = STATUS_FAILED;
	return (status);
}
