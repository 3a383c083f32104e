/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * respd-cli: one command from the arguments, or one a line from the input.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBEDIT
#include <editline/readline.h>
#include <locale.h>
#endif

#include "base/mem.h"
#include "base/number.h"
#include "base/words.h"
#include "cli/json.h"
#include "cli/print.h"
#include "client/respc.h"

/* How bad it was; the worst is the exit status. */
enum status {
	STATUS_FINE,
	STATUS_ERROR,		/* an error reply */
	STATUS_FAILED,		/* no reply: the connection, or our user */
};

struct cli {
	const char		*host;
	const char		*socket;	/* instead, unless NULL */
	int64_t			 port;
	bool			 json;
	struct respc		*respc;
	/* The request. */
	struct respc_value	**args;
	size_t			 count;
	size_t			 size;		/* of args */
};

/* The request */

static void
clear(struct cli *cli)
{
	while (cli->count != 0)
		respc_free(cli->args[--cli->count]);
}

/* Take an argument, or note that it is none. */
static bool
add(struct cli *cli, struct respc_value *v)
{
	if (v == NULL)
		return (false);
	if (cli->count == cli->size) {
		cli->size = cli->size != 0 ? 2 * cli->size : 8;
		cli->args = mem_resize(cli->args,
		    cli->size * sizeof(*cli->args));
	}
	cli->args[cli->count++] = v;
	return (true);
}

static bool
add_word(struct cli *cli, struct bytes word)
{
	return (add(cli, respc_new_bytes(word.data, word.length)));
}

/* What begins like this is meant to be JSON, and wrong if it is not. */
static bool
is_json(struct bytes text)
{
	return (text.length != 0 && strchr("[{\"", *text.data) != NULL &&
	    *text.data != '\0');
}

static bool
complain_json(const struct cli *cli, size_t position, const char *error)
{
	fprintf(stderr, "respd-cli: argument %zu is not JSON: %s at byte %zu\n",
	    cli->count, error, position + 1);
	return (false);
}

/* A whole argument: the command's name and what is not JSON are strings. */
static bool
add_argument(struct cli *cli, struct bytes text)
{
	struct respc_value *v;
	const char *error;
	size_t used;

	if (!cli->json || cli->count == 0)
		return (add_word(cli, text));
	v = json_parse(text, &used, &error);
	if (v == NULL && is_json(text))
		return (complain_json(cli, used, error));
	return (v != NULL ? add(cli, v) : add_word(cli, text));
}

static bool
split_words(struct cli *cli, struct bytes line)
{
	struct words words = { 0 };
	bool good = words_split(&words, line);
	size_t i;

	if (!good)
		fprintf(stderr, "respd-cli: unbalanced quotes\n");
	for (i = 0; good && i < words.count; i++)
		good = add_word(cli, words.word[i]);
	words_free(&words);
	return (good);
}

static struct bytes
skip(struct bytes line, size_t n)
{
	return (bytes_make(line.data + n, line.length - n));
}

static size_t
count_blanks(struct bytes line)
{
	size_t n = 0;

	while (n < line.length && strchr(" \t\r\n", line.data[n]) != NULL &&
	    line.data[n] != '\0')
		n++;
	return (n);
}

static size_t
count_word(struct bytes line)
{
	size_t n = 0;

	while (n < line.length && count_blanks(skip(line, n)) == 0)
		n++;
	return (n);
}

/* A value at the begin of the line, which may have blanks inside. */
static bool
add_json(struct cli *cli, struct bytes line, size_t *used)
{
	const char *error;
	struct respc_value *v = json_read(line, used, &error);

	if (v != NULL && *used < line.length &&
	    count_blanks(skip(line, *used - 1)) == 0) {
		error = "expected a blank";
		respc_free(v);
		v = NULL;
	}
	return (v != NULL ? add(cli, v) : complain_json(cli, *used, error));
}

static bool
split_json(struct cli *cli, struct bytes line)
{
	bool good = true;
	size_t n;

	line = skip(line, count_blanks(line));
	while (good && line.length != 0) {
		if (cli->count != 0 && is_json(line))
			good = add_json(cli, line, &n);
		else {
			n = count_word(line);
			good = add_argument(cli, bytes_make(line.data, n));
		}
		line = skip(line, n);
		line = skip(line, count_blanks(line));
	}
	return (good);
}

/* The reply */

static enum status
show(const struct cli *cli, const struct respc_value *v)
{
	struct buf out = { 0 };

	if (cli->json)
		print_json(&out, v);
	else if (isatty(STDOUT_FILENO))
		print_value(&out, v);
	else
		print_raw(&out, v);
	if (out.failed)
		fprintf(stderr, "respd-cli: out of memory\n");
	else
		fwrite(out.data, 1, out.length, stdout);
	if (fflush(stdout) == EOF)
		fprintf(stderr, "respd-cli: %s\n", strerror(errno));
	buf_free(&out);
	if (out.failed || ferror(stdout))
		return (STATUS_FAILED);
	return (respc_type(v) == RESPC_ERROR ? STATUS_ERROR : STATUS_FINE);
}

static enum status
fail(const struct cli *cli)
{
	const char *error = respc_error(cli->respc);

	if (cli->socket != NULL)
		fprintf(stderr, "respd-cli: %s: %s\n", cli->socket, error);
	else
		fprintf(stderr, "respd-cli: %s:%d: %s\n", cli->host,
		    (int)cli->port, error);
	return (STATUS_FAILED);
}

/* Send the request and show what comes until its reply. */
static enum status
run(struct cli *cli)
{
	struct respc_value *v;
	enum status status;

	if (respc_appendv(cli->respc, cli->count, cli->args) == -1)
		return (fail(cli));
	do {
		v = respc_read(cli->respc);
		if (v == NULL)
			return (fail(cli));
		status = show(cli, v);
		respc_free(v);
	} while (respc_pushed(cli->respc) && status != STATUS_FAILED);
	return (status);
}

/* Lines */

/* The next line, to be freed; NULL at the end. */
static char *
read_line(const char *prompt, bool terminal)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

#ifdef HAVE_LIBEDIT
	if (terminal) {
		line = readline(prompt);
		if (line != NULL && *line != '\0')
			add_history(line);
		return (line);
	}
#endif
	if (terminal) {
		fputs(prompt, stdout);
		fflush(stdout);
	}
	n = getline(&line, &size, stdin);
	if (n == -1) {
		free(line);
		return (NULL);
	}
	if (n != 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	return (line);
}

static bool
is_word(const struct cli *cli, const char *word)
{
	size_t length;
	const char *name = respc_string(cli->args[0], &length);

	return (cli->count == 1 && bytes_is(bytes_make(name, length), word));
}

/* Run one line; *more is whether there is to be another. */
static enum status
run_line(struct cli *cli, const char *line, bool *more)
{
	struct bytes text = bytes_of(line);
	enum status status = STATUS_FINE;

	if (!(cli->json ? split_json : split_words)(cli, text))
		status = STATUS_FAILED;
	else if (cli->count != 0) {
		*more = !is_word(cli, "quit") && !is_word(cli, "exit");
		if (*more && (status = run(cli)) == STATUS_FAILED)
			*more = false;
	}
	clear(cli);
	return (status);
}

static enum status
run_lines(struct cli *cli)
{
	bool more = true, terminal = isatty(STDIN_FILENO);
	enum status worst = STATUS_FINE, status;
	char prompt[256], *line;

	if (cli->socket != NULL)
		snprintf(prompt, sizeof(prompt), "%s> ", cli->socket);
	else
		snprintf(prompt, sizeof(prompt), "%s:%d> ", cli->host,
		    (int)cli->port);
	while (more && (line = read_line(prompt, terminal)) != NULL) {
		status = run_line(cli, line, &more);
		worst = status > worst ? status : worst;
		free(line);
	}
	if (terminal && more)
		putchar('\n');
	return (worst);
}

/* The command line */

static const char usage_text[] =
"usage: respd-cli [-h host] [-p port] [-s socket] [--json] [command [arg ...]]\n"
"  -h, --host HOST      server's host (127.0.0.1)\n"
"  -p, --port PORT      server's port (31337)\n"
"  -s, --socket PATH    server's socket instead\n"
"      --json           arguments and replies are JSON\n"
"      --help           show this and exit\n"
"      --version        show the version and exit\n"
"Without a command, commands are read from the input, one a line.\n";

static void __attribute__((noreturn))
die_usage(void)
{
	fputs(usage_text, stderr);
	exit(STATUS_FAILED);
}

static void
parse_options(struct cli *cli, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "host",	required_argument,	NULL,	'h' },
		{ "port",	required_argument,	NULL,	'p' },
		{ "socket",	required_argument,	NULL,	's' },
		{ "json",	no_argument,		NULL,	'j' },
		{ "help",	no_argument,		NULL,	'H' },
		{ "version",	no_argument,		NULL,	'v' },
		{ NULL,		0,			NULL,	0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+h:p:s:", options,
	    NULL)) != -1) {
		switch (option) {
		case 'h':
			cli->host = optarg;
			break;
		case 'p':
			if (number_parse(bytes_of(optarg), &cli->port) &&
			    cli->port > 0 && cli->port <= UINT16_MAX)
				break;
			fprintf(stderr, "respd-cli: no port: %s\n", optarg);
			die_usage();
		case 's':
			cli->socket = optarg;
			break;
		case 'j':
			cli->json = true;
			break;
		case 'v':
			puts("respd-cli " PACKAGE_VERSION);
			exit(STATUS_FINE);
		case 'H':
			fputs(usage_text, stdout);
			exit(STATUS_FINE);
		default:
			die_usage();
		}
	}
}

static enum status
run_arguments(struct cli *cli, int argc, char *argv[])
{
	enum status status = STATUS_FAILED;
	int i = 0;

	while (i < argc && add_argument(cli, bytes_of(argv[i])))
		i++;
	if (i == argc)
		status = run(cli);
	clear(cli);
	return (status);
}

int
main(int argc, char *argv[])
{
	struct cli cli = { .host = "127.0.0.1", .port = 31337 };
	enum status status;

#ifdef HAVE_LIBEDIT
	setlocale(LC_CTYPE, "");
#endif
	parse_options(&cli, argc, argv);
	cli.respc = cli.socket != NULL ? respc_connect_unix(cli.socket, 0) :
	    respc_connect(cli.host, (uint16_t)cli.port, 0);
	if (cli.respc == NULL)
		return (fail(&cli));
	status = optind < argc ?
	    run_arguments(&cli, argc - optind, argv + optind) :
	    run_lines(&cli);
	respc_close(&cli.respc);
	mem_free(cli.args);
	return (status);
}
