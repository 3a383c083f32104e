/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The half of respc.h that talks to a server.  Replies are read as the server
 * reads requests, from a stream by the reader of the resp room, which trusts
 * nothing it is told; requests are put together in memory and sent, not
 * written through a stream, since send(2) can do without SIGPIPE.
 */
#include "client/respc.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "client/dial.h"
#include "client/node.h"
#include "client/values.h"
#include "resp/reader.h"
#include "resp/reply.h"

enum {
	INPUT_BUFFER	= 16 * 1024,
	OUTPUT_KEPT	= 64 * 1024,
};

struct respc {
	FILE		*in;
	struct reader	 reader;	/* of in */
	struct reply	 out;		/* requests that are not sent yet */
	size_t		 begun;		/* where in out the last one begins */
	bool		 invalid;	/* it has an argument that is none */
	size_t		 pending;	/* requests whose reply was not read */
	bool		 dead;		/* only to be closed */
	char		 error[160];
	char		 buffer[INPUT_BUFFER];
};

/* What went wrong when there was no connection to say it of. */
static _Thread_local char connect_error[160];
/* Numbers on the wire have a point, whatever the program's language has. */
static locale_t wire_locale;

static void
start(void)
{
	wire_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Note what is wrong; the connection is still good. */
static void __attribute__((format(printf, 3, 4)))
complain(struct respc *c, int number, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->error, sizeof(c->error), format, ap);
	va_end(ap);
	errno = number;
}

const char *
respc_error(const struct respc *c)
{
	return (c != NULL ? c->error : connect_error);
}

/* Connecting */

/* Take the socket; -1 is a failed connect and error says of what. */
static struct respc *
new_connection(int fd, const char *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	FILE *in = fd != -1 ? fdopen(fd, "r") : NULL;
	struct respc *c;

	if (in == NULL) {
		snprintf(connect_error, sizeof(connect_error), "%s",
		    fd == -1 ? error : strerror(errno));
		if (fd != -1)
			close(fd);
		return (NULL);
	}
	pthread_once(&once, start);
	values_start();
	c = mem_zalloc(sizeof(*c));
	setvbuf(in, c->buffer, _IOFBF, sizeof(c->buffer));
	c->in = in;
	c->reader = (struct reader){ .in = in, .replies = true,
	    .max_bulk = VALUE_MAX_BYTES, .max_elements = INT32_MAX };
	c->out.dialect = DIALECT_RESP3;
	return (c);
}

struct respc *
respc_connect(const char *host, uint16_t port, int timeout_ms)
{
	const char *error = NULL;
	int fd = dial_host(host, port, timeout_ms, &error);

	return (new_connection(fd, error));
}

struct respc *
respc_connect_unix(const char *path, int timeout_ms)
{
	const char *error = NULL;
	int fd = dial_unix(path, timeout_ms, &error);

	return (new_connection(fd, error));
}

void
respc_close(struct respc **cp)
{
	struct respc *c = *cp;

	if (c == NULL)
		return;
	fclose(c->in);
	reader_free(&c->reader);
	buf_free(&c->out.out);
	mem_free(c);
	*cp = NULL;
}

/* Writing requests */

static bool
begin_request(struct respc *c, size_t argc)
{
	if (c->dead) {
		errno = ENOTCONN;
		return (false);
	}
	c->begun = c->out.out.length;
	c->invalid = argc == 0;
	reply_array(&c->out, argc);
	return (true);
}

static void
add_text(struct respc *c, const char *text)
{
	reply_string(&c->out, text);
}

/* As in RESP3, but null is as in the article, whose server knows no other. */
static void
write_value(struct reply *out, const struct respc_value *v)
{
	bool is_dictionary = respc_type(v) == RESPC_DICTIONARY;
	size_t i, n = respc_length(v);

	if (respc_type(v) == RESPC_NULL)
		buf_add_string(&out->out, "$-1\r\n");
	else if (is_dictionary)
		reply_map(out, n);
	else if (respc_type(v) == RESPC_SET)
		reply_set(out, n);
	else if (respc_type(v) == RESPC_ARRAY)
		reply_array(out, n);
	else {
		reply_value(out, &v->value);
		return;
	}
	for (i = 0; i < n; i++) {
		if (is_dictionary)
			write_value(out, respc_key(v, i));
		write_value(out, respc_item(v, i));
	}
}

static void
add_value(struct respc *c, const struct respc_value *v)
{
	locale_t own = uselocale(wire_locale);

	if (v == NULL)
		c->invalid = true;
	else
		write_value(&c->out, v);
	uselocale(own);
}

static int
end_request(struct respc *c)
{
	bool failed = c->out.out.failed;

	if (failed || c->invalid) {
		buf_cut(&c->out.out, c->begun);
		if (failed)
			complain(c, ENOMEM, "out of memory");
		else
			complain(c, EINVAL, "an argument is missing");
		return (-1);
	}
	c->pending++;
	return (0);
}

int
respc_append(struct respc *c, size_t argc, const char *const argv[],
    const size_t length[])
{
	size_t i;

	if (!begin_request(c, argc))
		return (-1);
	for (i = 0; i < argc; i++)
		reply_bulk(&c->out, bytes_make(argv[i],
		    length != NULL ? length[i] : strlen(argv[i])));
	return (end_request(c));
}

int
respc_appendv(struct respc *c, size_t argc, struct respc_value *const argv[])
{
	size_t i;

	if (!begin_request(c, argc))
		return (-1);
	for (i = 0; i < argc; i++)
		add_value(c, argv[i]);
	return (end_request(c));
}

static int
send_all(int fd, struct bytes b)
{
	ssize_t n;

	while (b.length != 0) {
		n = send(fd, b.data, b.length, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		b = bytes_make(b.data + n, b.length - (size_t)n);
	}
	return (0);
}

/* The connection is at its end: errno, or the server, ended it. */
static void
die(struct respc *c, int number)
{
	c->dead = true;
	if (number == EAGAIN || number == EWOULDBLOCK)
		number = ETIMEDOUT;
	complain(c, number, "%s", strerror(number));
}

int
respc_send(struct respc *c)
{
	if (c->dead) {
		errno = ENOTCONN;
		return (-1);
	}
	if (send_all(fileno(c->in), buf_bytes(&c->out.out)) == -1) {
		die(c, errno);
		return (-1);
	}
	buf_clear(&c->out.out, OUTPUT_KEPT);
	return (0);
}

/* Reading replies */

/* What the reader says, without what is meant for a client to see. */
static const char *
plain_words(const char *error)
{
	static const char prefix[] = "ERR Protocol error: ";

	return (strncmp(error, prefix, sizeof(prefix) - 1) == 0 ?
	    error + sizeof(prefix) - 1 : error);
}

static void
die_reading(struct respc *c, enum reader_status status, int number)
{
	if (status == READER_END && ferror(c->in)) {
		die(c, number);
		return;
	}
	c->dead = true;
	if (status == READER_END)
		complain(c, ECONNRESET, "the server closed the connection");
	else
		complain(c, EPROTO, "the server broke the protocol: %s",
		    plain_words(c->reader.error));
}

static struct respc_value *
read_value(struct respc *c)
{
	locale_t own = uselocale(wire_locale);
	enum reader_status status = READER_END;
	struct value v;
	int first, number;

	errno = 0;
	if ((first = getc_unlocked(c->in)) != EOF)
		status = reader_value(&c->reader, first, &v);
	number = errno;
	uselocale(own);
	if (status == READER_OK)
		return (values_make(v));
	if (status == READER_WRONG)
		return (respc_new_error(c->reader.error));
	die_reading(c, status, number);
	return (NULL);
}

struct respc_value *
respc_read(struct respc *c)
{
	struct respc_value *v;

	if (respc_send(c) == -1)
		return (NULL);
	v = read_value(c);
	if (v != NULL && !c->reader.push && c->pending != 0)
		c->pending--;
	return (v);
}

bool
respc_pushed(const struct respc *c)
{
	return (c->reader.push);
}

/* One request, one reply */

/* Pipelined replies would be taken for that of the next command. */
static bool
is_idle(struct respc *c)
{
	if (c->dead || c->pending == 0)
		return (true);
	complain(c, EBUSY, "there are replies still to be read");
	return (false);
}

/* The reply to the one request that was appended. */
static struct respc_value *
read_reply(struct respc *c)
{
	struct respc_value *v;

	while ((v = respc_read(c)) != NULL && c->reader.push)
		respc_free(v);
	return (v);
}

struct respc_value *
respc_command(struct respc *c, size_t argc, const char *const argv[],
    const size_t length[])
{
	if (!is_idle(c) || respc_append(c, argc, argv, length) == -1)
		return (NULL);
	return (read_reply(c));
}

struct respc_value *
respc_commandv(struct respc *c, size_t argc, struct respc_value *const argv[])
{
	if (!is_idle(c) || respc_appendv(c, argc, argv) == -1)
		return (NULL);
	return (read_reply(c));
}

/* The reply as a number; it is freed. */
static int64_t
count(struct respc *c, struct respc_value *v)
{
	int64_t n = -1;

	if (respc_type(v) == RESPC_INTEGER)
		n = respc_integer(v);
	else if (v != NULL)
		complain(c, EPROTO, "%s", respc_type(v) == RESPC_ERROR ?
		    respc_string(v, NULL) : "the reply is no number");
	respc_free(v);
	return (n);
}

struct respc_value *
respc_get(struct respc *c, const char *key)
{
	const char *const argv[] = { "GET", key };

	return (respc_command(c, 2, argv, NULL));
}

int64_t
respc_set(struct respc *c, const char *key, struct respc_value *value)
{
	if (!is_idle(c) || !begin_request(c, 3))
		return (-1);
	add_text(c, "SET");
	add_text(c, key);
	add_value(c, value);
	return (end_request(c) == 0 ? count(c, read_reply(c)) : -1);
}

int64_t
respc_delete(struct respc *c, const char *key)
{
	const char *const argv[] = { "DELETE", key };

	return (count(c, respc_command(c, 2, argv, NULL)));
}

int64_t
respc_flush(struct respc *c)
{
	const char *const argv[] = { "FLUSH" };

	return (count(c, respc_command(c, 1, argv, NULL)));
}

struct respc_value *
respc_mget(struct respc *c, size_t n, const char *const keys[])
{
	size_t i;

	if (!is_idle(c) || !begin_request(c, n + 1))
		return (NULL);
	add_text(c, "MGET");
	for (i = 0; i < n; i++)
		add_text(c, keys[i]);
	return (end_request(c) == 0 ? read_reply(c) : NULL);
}

int64_t
respc_mset(struct respc *c, size_t n, const struct respc_pair pairs[])
{
	size_t i;

	if (!is_idle(c) || !begin_request(c, 2 * n + 1))
		return (-1);
	add_text(c, "MSET");
	for (i = 0; i < n; i++) {
		add_text(c, pairs[i].key);
		add_value(c, pairs[i].value);
	}
	return (end_request(c) == 0 ? count(c, read_reply(c)) : -1);
}
