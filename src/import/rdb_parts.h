/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a dump is made of.  All of it fails with false and rdb->error.
 */
#ifndef IMPORT_RDB_PARTS_H
#define IMPORT_RDB_PARTS_H

#include "import/rdb.h"

/* Types of values. */
enum {
	RDB_STRING,
	RDB_LIST,
	RDB_SET,
	RDB_ZSET,
	RDB_HASH,
	RDB_ZSET_2,
	RDB_MODULE,
	RDB_MODULE_2,
	RDB_HASH_ZIPMAP		= 9,
	RDB_LIST_ZIPLIST,
	RDB_SET_INTSET,
	RDB_ZSET_ZIPLIST,
	RDB_HASH_ZIPLIST,
	RDB_LIST_QUICKLIST,
	RDB_STREAM,
	RDB_HASH_LISTPACK,
	RDB_ZSET_LISTPACK,
	RDB_LIST_QUICKLIST_2,
	RDB_STREAM_2,
	RDB_SET_LISTPACK,
	RDB_STREAM_3,
};

/* Note what is wrong, unless that is known already; always false. */
bool	rdb_fail(struct rdb *, const char *format, ...)
	    __attribute__((format(printf, 2, 3)));
/* The file ends here, or cannot be read; always false. */
bool	rdb_fail_end(struct rdb *);

/* rdb_string.c: bytes, a number, a string in place of what is in the buffer. */
bool	rdb_get(struct rdb *, void *to, size_t n);
bool	rdb_get_number(struct rdb *, uint64_t *);
bool	rdb_get_string(struct rdb *, struct buf *);
bool	rdb_skip_string(struct rdb *);

/* rdb_value.c: the value of a type for rdb->key. */
bool	rdb_value(struct rdb *, int type);

/* rdb_foreign.c: values that there are no events for. */
bool	rdb_foreign(struct rdb *, int type);
bool	rdb_foreign_aux(struct rdb *);

#endif
