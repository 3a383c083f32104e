/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays rows of tests/vectors on a running server: sends the request on a
 * fresh connection to an empty store, and wants the reply to the byte and the
 * connection left open or closed as the row says.  The columns are told in
 * tests/vectors/README.
 *
 * What is Redis's and not "[redis] ..." is the same in the article's dialect:
 * it is played on both ports.
 *
 * usage: player [--article PORT] [--redis PORT] [--only-redis-sourced]
 *     [--drip] [--skip FILE] FILE ...
 *
 * --only-redis-sourced plays what Redis does, on the Redis port alone, so that
 * a redis-server can be asked too.  --drip sends byte by byte.  The rows that
 * --skip names wait for commands to come: one that passes is an error as well,
 * so that the list stays true.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"

enum { PATIENCE_MS = 60000, LINGER_MS = 50 };

struct row {
	char		*name;
	struct buf	 request;
	struct buf	 reply;
	bool		 redis_port;	/* "[redis] ..." */
	bool		 from_redis;	/* a redis-server said so */
	bool		 open;		/* the connection stays so */
};

static struct {
	uint16_t	 article, redis;
	bool		 only_redis_sourced, drip;
	char		*waiting;	/* text of the --skip file, or NULL */
	unsigned	 played, waited, failed;
} player;

static const char ping[] = "*1\r\n$4\r\nPING\r\n", pong[] = "+PONG\r\n";
/* What a RESP2 connection answers to it that has subscribed to something. */
static const char subscribed_pong[] = "*2\r\n$4\r\npong\r\n$0\r\n\r\n";

static void __attribute__((format(printf, 1, 2), noreturn))
die(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "player: ");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(2);
}

/* The bytes that C's escapes in the field stand for. */
static void
unescape(struct buf *out, const char *field, const char *file, int line)
{
	static const char letters[] = "rntabfv\\\"'",
	    meant[] = "\r\n\t\a\b\f\v\\\"'";
	const char *at, *p = field;
	unsigned value;
	int i;

	while (*p != '\0') {
		if (*p != '\\') {
			buf_add_char(out, *p++);
			continue;
		}
		p++;
		if (*p >= '0' && *p <= '7') {
			for (value = 0, i = 0; i < 3 && *p >= '0' && *p <= '7';
			    i++)
				value = value * 8 + (unsigned)(*p++ - '0');
			buf_add_char(out, (char)value);
		} else if (*p != '\0' && (at = strchr(letters, *p)) != NULL) {
			buf_add_char(out, meant[at - letters]);
			p++;
		} else
			die("%s:%d: unknown escape \\%c", file, line, *p);
	}
}

static void
print_escaped(const char *what, struct bytes b)
{
	size_t i;

	printf("  %s: ", what);
	for (i = 0; i < b.length && i < 2000; i++) {
		unsigned char c = (unsigned char)b.data[i];

		if (c == '\r')
			printf("\\r");
		else if (c == '\n')
			printf("\\n");
		else if (c < ' ' || c > '~')
			printf("\\%03o", c);
		else
			putchar(c);
	}
	printf(i < b.length ? " ... %zu bytes\n" : "\n", b.length);
}

static int
dial(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) != 0)
		die("port %u: %s", port, strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return (fd);
}

/* One connection while a row is played on it. */
struct talk {
	int		fd;
	struct bytes	unsent;
	struct buf	got;
	bool		ended;		/* the server has closed */
};

/* Send and receive what can be; false: nothing could within ms. */
static bool
step(struct talk *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char piece[65536];
	size_t most;
	ssize_t n;

	if (t->unsent.length != 0)
		p.events |= POLLOUT;
	if (poll(&p, 1, ms) <= 0)
		return (false);
	if ((p.revents & POLLOUT) != 0) {
		most = player.drip ? 1 : t->unsent.length;
		n = send(t->fd, t->unsent.data, most, MSG_NOSIGNAL);
		/* Who has closed does not want the rest. */
		if (n < 0)
			n = (ssize_t)t->unsent.length;
		t->unsent = bytes_make(t->unsent.data + n,
		    t->unsent.length - (size_t)n);
	}
	if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
		n = recv(t->fd, piece, sizeof(piece), 0);
		if (n > 0)
			buf_add(&t->got, piece, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			t->ended = true;
	}
	return (true);
}

/* Whether what came so far is how the expected begins. */
static bool
begins(const struct talk *t, struct bytes expected)
{
	return (t->got.length <= expected.length && bytes_equal(
	    buf_bytes(&t->got), bytes_make(expected.data, t->got.length)));
}

/* What is wrong, or NULL. */
static const char *
exchange(struct talk *t, struct bytes send_this, struct bytes expected,
    bool until_end)
{
	t->unsent = send_this;
	while (t->unsent.length != 0 || t->got.length < expected.length ||
	    (until_end && !t->ended)) {
		if (t->ended)
			return (until_end && bytes_equal(buf_bytes(&t->got),
			    expected) ? NULL : "the connection was closed");
		if (!step(t, PATIENCE_MS))
			return (t->got.length < expected.length ?
			    "nothing more came" : "it was not closed");
		if (!begins(t, expected))
			return ("another reply");
	}
	return (begins(t, expected) ? NULL : "another reply");
}

/* An empty store, for every database. */
static void
flush(uint16_t port)
{
	struct talk t = { .fd = dial(port) };
	const char *wrong = exchange(&t, bytes_of("FLUSHALL\r\n"),
	    bytes_of("+OK\r\n"), false);

	if (wrong != NULL)
		die("FLUSHALL on port %u: %s", port, wrong);
	close(t.fd);
	buf_free(&t.got);
}

/* What is wrong, or NULL; t->got has what came. */
static const char *
play_on(struct talk *t, const struct row *row)
{
	struct buf expected = { 0 };
	const char *wrong;

	buf_add(&expected, row->reply.data, row->reply.length);
	wrong = exchange(t, buf_bytes(&row->request), buf_bytes(&expected),
	    !row->open);
	if (wrong == NULL && row->open) {
		buf_add_string(&expected, pong);
		wrong = exchange(t, bytes_of(ping), buf_bytes(&expected),
		    false);
	}
	if (wrong != NULL && row->open &&
	    expected.length != row->reply.length) {
		buf_cut(&expected, row->reply.length);
		buf_add_string(&expected, subscribed_pong);
		wrong = exchange(t, bytes_of(""), buf_bytes(&expected),
		    false);
	}
	buf_free(&expected);
	return (wrong);
}

/* Whether the --skip file names the row. */
static bool
is_waiting(const char *name)
{
	size_t length = strlen(name);
	const char *line = player.waiting;

	while (line != NULL && *line != '\0') {
		if (strncmp(line, name, length) == 0 && line[length] == '\t')
			return (true);
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return (false);
}

static void
report(const struct row *row, struct talk *t, const char *wrong)
{
	player.failed++;
	printf("FAIL %s%s: %s\n", row->name, player.drip ? " (drip)" : "",
	    wrong);
	/* The rest of what comes, to be shown. */
	while (!t->ended && step(t, LINGER_MS))
		;
	print_escaped("sent", buf_bytes(&row->request));
	print_escaped("want", buf_bytes(&row->reply));
	print_escaped(t->ended ? "got and then the end" : "got",
	    buf_bytes(&t->got));
}

static void
play(const struct row *row, uint16_t port)
{
	bool waits = is_waiting(row->name);
	struct talk t = { 0 };
	const char *wrong;

	if (port == 0)
		return;
	flush(port);
	t.fd = dial(port);
	wrong = play_on(&t, row);
	if (waits && wrong != NULL)
		player.waited++;
	else if (waits)
		report(row, &t, "passes, so it no longer waits");
	else if (wrong != NULL)
		report(row, &t, wrong);
	else
		player.played++;
	/* When the server has closed too, it has left every channel. */
	t.unsent = bytes_of("");
	shutdown(t.fd, SHUT_WR);
	while (!t.ended && step(&t, PATIENCE_MS))
		;
	close(t.fd);
	buf_free(&t.got);
}

/* name, request, reply, source, after; the line is cut up. */
static void
play_line(char *line, const char *file, int number)
{
	char *fields[5], *rest = line;
	struct row row = { 0 };
	int i;

	line[strcspn(line, "\r\n")] = '\0';
	if (*line == '\0' || *line == '#' ||
	    strncmp(line, "name\trequest\t", 13) == 0)
		return;
	for (i = 0; i < 5; i++) {
		if ((fields[i] = strsep(&rest, "\t")) == NULL)
			die("%s:%d: %d fields, not 5", file, number, i);
	}
	if (rest != NULL)
		die("%s:%d: more than 5 fields", file, number);
	row.name = fields[0];
	row.redis_port = strncmp(row.name, "[redis] ", 8) == 0;
	row.from_redis = strcmp(fields[3], "redis") == 0;
	row.open = strcmp(fields[4], "open") == 0;
	if (!row.open && strcmp(fields[4], "close") != 0)
		die("%s:%d: '%s' is neither open nor close", file, number,
		    fields[4]);
	unescape(&row.request, fields[1], file, number);
	unescape(&row.reply, fields[2], file, number);
	if (!player.only_redis_sourced && !row.redis_port)
		play(&row, player.article);
	if (row.from_redis || (row.redis_port && !player.only_redis_sourced))
		play(&row, player.redis);
	buf_free(&row.request);
	buf_free(&row.reply);
}

static void
play_file(const char *name)
{
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t size = 0;
	int number = 0;

	if (file == NULL)
		die("%s: %s", name, strerror(errno));
	while (getline(&line, &size, file) >= 0)
		play_line(line, name, ++number);
	free(line);
	fclose(file);
}

/* The whole file as one string. */
static char *
load(const char *name)
{
	FILE *file = fopen(name, "r");
	char *text = NULL;
	size_t size = 0;

	if (file == NULL)
		die("%s: %s", name, strerror(errno));
	if (getdelim(&text, &size, '\0', file) < 0)
		die("%s: empty", name);
	fclose(file);
	return (text);
}

static uint16_t
port_of(const char *text)
{
	char *end;
	long port = text != NULL ? strtol(text, &end, 10) : 0;

	if (port < 1 || port > 65535 || *end != '\0')
		die("a port is a number from 1 to 65535");
	return ((uint16_t)port);
}

int
main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--article") == 0)
			player.article = port_of(argv[++i]);
		else if (strcmp(argv[i], "--redis") == 0)
			player.redis = port_of(argv[++i]);
		else if (strcmp(argv[i], "--only-redis-sourced") == 0)
			player.only_redis_sourced = true;
		else if (strcmp(argv[i], "--drip") == 0)
			player.drip = true;
		else if (strcmp(argv[i], "--skip") == 0 && i + 1 < argc)
			player.waiting = load(argv[++i]);
		else
			die("what is %s?", argv[i]);
	}
	if (i == argc)
		die("which files?");
	for (; i < argc; i++)
		play_file(argv[i]);
	printf("%u rows as they should be, %u wait, %u failed\n",
	    player.played, player.waited, player.failed);
	free(player.waiting);
	return (player.failed != 0 || player.played == 0);
}
