/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * librespc: a client of respd and of other servers that speak RESP.  See
 * respc(3).  A connection, and a value, belongs to one thread at a time.
 */
#ifndef RESPC_H
#define RESPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct respc;			/* a connection */
struct respc_value;		/* a value, perhaps with values inside */

/*
 * Connecting.  timeout_ms bounds the connect and every single read and write
 * after it; 0 is for ever.  NULL: see errno and respc_error(NULL).
 */
struct respc	*respc_connect(const char *host, uint16_t port,
		    int timeout_ms);
struct respc	*respc_connect_unix(const char *path, int timeout_ms);
/* End the connection and clear the pointer; a NULL in it is fine. */
void		 respc_close(struct respc **);
/*
 * The text of the last failure on the connection, good until the next; of the
 * last failed connect of this thread for NULL.
 */
const char	*respc_error(const struct respc *);

/*
 * One request and its reply, which must be freed.  What the server refused is
 * a value of type RESPC_ERROR, and so is a well-formed reply that cannot be
 * held.  NULL: the connection failed or the server broke the protocol, and the
 * connection only wants to be closed; or replies of respc_append() are still
 * to be read (EBUSY), or there was no memory for the request (ENOMEM).
 */
struct respc_value *respc_command(struct respc *, size_t argc,
		    const char *const argv[], const size_t length[]);
/* The same with typed values, which are lent. */
struct respc_value *respc_commandv(struct respc *, size_t argc,
		    struct respc_value *const argv[]);

/*
 * Pipelining: append requests, send them all, read as many replies; reading
 * sends first what was not sent yet.  0 or -1, NULL as above.  Without length
 * each argument ends at its NUL.
 */
int		 respc_append(struct respc *, size_t argc,
		    const char *const argv[], const size_t length[]);
int		 respc_appendv(struct respc *, size_t argc,
		    struct respc_value *const argv[]);
int		 respc_send(struct respc *);
struct respc_value *respc_read(struct respc *);
/*
 * Whether what respc_read() returned last was a push: it came by itself, and
 * the reply is still to come.  respc_command() drops them.
 */
bool		 respc_pushed(const struct respc *);

/*
 * The article's client: its commands on its port.  The values are lent.  A
 * number of keys or pairs, or -1, and respc_error() says what the server or
 * the connection had against it.
 */
struct respc_pair {
	const char		*key;
	struct respc_value	*value;
};

struct respc_value *respc_get(struct respc *, const char *key);
int64_t		 respc_set(struct respc *, const char *key,
		    struct respc_value *);
int64_t		 respc_delete(struct respc *, const char *key);
/* Delete every key there is. */
int64_t		 respc_flush(struct respc *);
struct respc_value *respc_mget(struct respc *, size_t n,
		    const char *const keys[]);
int64_t		 respc_mset(struct respc *, size_t n,
		    const struct respc_pair pairs[]);

/* Looking at values.  Of NULL, or the wrong type, all is 0, false or NULL. */
enum respc_type {
	RESPC_NONE,		/* of NULL */
	RESPC_NULL,
	RESPC_BOOLEAN,
	RESPC_INTEGER,
	RESPC_DOUBLE,
	RESPC_STRING,		/* any bytes */
	RESPC_BIG_NUMBER,	/* digits of any number, as a string */
	RESPC_ERROR,		/* its text, as a string */
	RESPC_ARRAY,
	RESPC_DICTIONARY,	/* in the order in which it came */
	RESPC_SET
};

enum respc_type	 respc_type(const struct respc_value *);
bool		 respc_boolean(const struct respc_value *);
int64_t		 respc_integer(const struct respc_value *);
/* Of an integer too. */
double		 respc_double(const struct respc_value *);
/* The bytes, a NUL behind them, and how many to *length unless NULL. */
const char	*respc_string(const struct respc_value *, size_t *length);
/* How many elements, pairs, members; how many bytes of a string. */
size_t		 respc_length(const struct respc_value *);
/* Element, member or value of pair i; the key of pair i; lent. */
const struct respc_value *respc_item(const struct respc_value *, size_t i);
const struct respc_value *respc_key(const struct respc_value *, size_t i);
/* The value a dictionary has for a string; lent. */
const struct respc_value *respc_find(const struct respc_value *,
		    const char *key);

/*
 * Making values, to be freed or given to another.  NULL, with errno, if there
 * is no such value: no digits, or more than 512 MB.
 */
struct respc_value *respc_new_null(void);
struct respc_value *respc_new_boolean(bool);
struct respc_value *respc_new_integer(int64_t);
struct respc_value *respc_new_double(double);
struct respc_value *respc_new_string(const char *);
struct respc_value *respc_new_bytes(const void *, size_t length);
struct respc_value *respc_new_big_number(const char *digits);
struct respc_value *respc_new_error(const char *text);
struct respc_value *respc_new_array(void);
struct respc_value *respc_new_dictionary(void);
struct respc_value *respc_new_set(void);
/*
 * Add to an array or a set, to a dictionary.  They take what is added, also
 * when they fail: -1 and EINVAL if one is NULL, the first is no container or
 * a key or member is one; ELOOP if that nests deeper than 128.
 */
int		 respc_push(struct respc_value *, struct respc_value *item);
int		 respc_put(struct respc_value *, struct respc_value *key,
		    struct respc_value *value);
/* Free a value and all in it, but not one that is lent; NULL is fine. */
void		 respc_free(struct respc_value *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
