/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis's own words for what is wrong with a request, and what an error reply
 * brings with it: it is counted and logged, and may end a transaction.
 */
#ifndef ENGINE_ERRORS_H
#define ENGINE_ERRORS_H

#include "base/bytes.h"

struct call;
struct reply;
struct session;

#define ERR_WRONG_TYPE							\
	"WRONGTYPE Operation against a key holding the wrong kind of value"
#define ERR_SYNTAX		"ERR syntax error"
#define ERR_NOT_INTEGER		"ERR value is not an integer or out of range"
#define ERR_NOT_FLOAT		"ERR value is not a valid float"
#define ERR_NOT_POSITIVE	"ERR value is out of range, must be positive"
#define ERR_OUT_OF_RANGE	"ERR index out of range"
#define ERR_NO_SUCH_KEY		"ERR no such key"
#define ERR_SAME_OBJECT							\
	"ERR source and destination objects are the same"
#define ERR_RANDOM_RANGE						\
	"ERR value is out of range, value must between "		\
	"-9223372036854775807 and 9223372036854775807"
#define ERR_INT_RANGE							\
	"ERR value is out of range, value must between "		\
	"-2147483648 and 2147483647"
#define ERR_INVALID_CURSOR	"ERR invalid cursor"
#define ERR_TIMEOUT_NOT_FLOAT	"ERR timeout is not a float or out of range"
#define ERR_TIMEOUT_NOT_INTEGER						\
	"ERR timeout is not an integer or out of range"
#define ERR_TIMEOUT_NEGATIVE	"ERR timeout is negative"
#define ERR_EXEC_ABORT							\
	"EXECABORT Transaction discarded because of previous errors."
#define ERR_NO_MULTI		"ERR Command not allowed inside a transaction"
#define ERR_SUBSCRIBED							\
	"ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "	\
	"PING / QUIT / RESET are allowed in this context"
#define ERR_MONITORS		"ERR Replica can't interact with the keyspace"
#define ERR_ARITY		"ERR wrong number of arguments for '%s' command"
#define ERR_EXPIRE_TIME		"ERR invalid expire time in '%s' command"
#define ERR_DB_RANGE		"ERR DB index is out of range"
#define ERR_CLIENT_NAME							\
	"ERR Client names cannot contain spaces, newlines or special characters."
#define ERR_OOM								\
	"OOM command not allowed when used memory > 'maxmemory'."
#define ERR_DEBUG							\
	"ERR DEBUG command not allowed. If the enable-debug-command option "	\
	"is set to \"local\", you can run it from a local connection, "	\
	"otherwise you need to set this option in the configuration file, "	\
	"and then restart the server."
#define ERR_LOADING							\
	"LOADING respd is loading the dataset in memory"
#define ERR_JOURNAL		"MISCONF Errors writing to the AOF file: %s"
#define ERR_UNBLOCKED		"UNBLOCKED client unblocked via CLIENT UNBLOCK"
#define ERR_MAX_BLOCKED		"ERR max number of blocked clients reached"
#define ERR_NO_DESCRIPTOR	"ERR no file descriptor left to wait with"
#define ERR_NO_MEMORY		"OOM out of memory for the reply"
#define ERR_NO_MEMORY_STRING	"OOM out of memory for the string"
#define ERR_STRING_TOO_LONG						\
	"ERR string exceeds maximum allowed size (proto-max-bulk-len)"

/*
 * For these the last reply is an error; `counting` is the session whose thread
 * this is.  They take the lock of the statistics; shards may be locked.
 */

/* Count it; returns its code, lent until the reply changes. */
struct bytes	errors_count(struct session *counting, const struct reply *);
/* It is the call's, whose body ran: count and log it. */
void		errors_note(struct call *, struct session *counting);
/*
 * It is the call's, which was not admitted or has no command: count and log
 * it; the session's transaction cannot be run any more, and if the call was to
 * run it, it is over.
 */
void		errors_reject(struct call *);

#endif
