/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redis's own words for what is wrong with a request.
 */
#ifndef ENGINE_ERRORS_H
#define ENGINE_ERRORS_H

#define ERR_WRONG_TYPE							\
	"WRONGTYPE Operation against a key holding the wrong kind of value"
#define ERR_SYNTAX		"ERR syntax error"
#define ERR_NOT_INTEGER		"ERR value is not an integer or out of range"
#define ERR_ARITY		"ERR wrong number of arguments for '%s' command"
#define ERR_EXPIRE_TIME		"ERR invalid expire time in '%s' command"
#define ERR_DB_RANGE		"ERR DB index is out of range"
#define ERR_CLIENT_NAME							\
	"ERR Client names cannot contain spaces, newlines or special characters."
#define ERR_NO_MEMORY		"OOM out of memory for the reply"

#endif
