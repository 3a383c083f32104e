/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be set, and what it is set to.  One table feeds the configuration
 * file, the command line, CONFIG GET and SET, respd.conf(5) and the sample
 * file.  Names and syntax are redis.conf's where the meaning is the same.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum setting_id {
	SETTING_BIND,
	SETTING_PORT,
	SETTING_REDIS_PORT,
	SETTING_UNIXSOCKET,
	SETTING_UNIXSOCKETPERM,
	SETTING_PROTECTED_MODE,
	SETTING_REQUIREPASS,
	SETTING_TCP_BACKLOG,
	SETTING_TCP_KEEPALIVE,
	SETTING_WORKERS,
	SETTING_POOL_FULL,
	SETTING_MAX_BLOCKED,
	SETTING_SCHEDULING,
	SETTING_TIMEOUT,
	SETTING_REQUEST_TIMEOUT,
	SETTING_REPLY_TIMEOUT,
	SETTING_DRAIN_TIMEOUT,
	SETTING_DATABASES,
	SETTING_SHARDS,
	SETTING_PROTO_MAX_BULK_LEN,
	SETTING_HLL_SPARSE_MAX_BYTES,
	SETTING_ENABLE_DEBUG_COMMAND,
	SETTING_DIR,
	SETTING_SAVE,
	SETTING_APPENDONLY,
	SETTING_APPENDFSYNC,
	SETTING_AUTO_AOF_REWRITE_PERCENTAGE,
	SETTING_AUTO_AOF_REWRITE_MIN_SIZE,
	SETTING_MAXMEMORY,
	SETTING_MAXMEMORY_POLICY,
	SETTING_MAXMEMORY_SAMPLES,
	SETTING_LFU_LOG_FACTOR,
	SETTING_LFU_DECAY_TIME,
	SETTING_NOTIFY_KEYSPACE_EVENTS,
	SETTING_CLIENT_OUTPUT_BUFFER_LIMIT,
	SETTING_TRACKING_TABLE_MAX_KEYS,
	SETTING_SLOWLOG_LOG_SLOWER_THAN,
	SETTING_SLOWLOG_MAX_LEN,
	SETTING_LATENCY_MONITOR_THRESHOLD,
	SETTING_LOG_LEVEL,
	SETTINGS
};

enum setting_type {
	SETTING_IS_NUMBER,		/* low to high, in `unit` */
	SETTING_IS_SIZE,		/* the same in bytes: 1024, 64kb, 512mb */
	SETTING_IS_MODE,		/* octal file permissions */
	SETTING_IS_BOOLEAN,		/* yes or no */
	SETTING_IS_CHOICE,		/* one of `choices` */
	SETTING_IS_TEXT,		/* one word or quoted string */
	SETTING_IS_LIST,		/* words */
	SETTING_IS_LETTERS,		/* a bit each, in the order of `letters` */
	SETTING_IS_LIMITS,		/* see base/limits.h */
	SETTING_IS_POINTS,		/* see base/points.h */
};

enum { SETTING_CHOICES = 8 };

struct setting {
	const char		*name;
	enum setting_type	 type;
	const char		*initial;	/* as it stands in the file */
	int64_t			 low, high;
	struct {
		const char	*word;
		int64_t		 value;
	}			 choices[SETTING_CHOICES];
	const char		*letters;	/* A: all bits of `high` */
	const char		*wrong_letter;	/* what to say to another */
	bool			 power_of_two;
	bool			 live;		/* CONFIG SET and SIGHUP may */
	const char		*argument;	/* what respd.conf(5) calls it */
	const char		*summary;	/* sentences for the manual */
};

/* The values of those that are a choice of words. */
enum { POOL_FULL_WAIT, POOL_FULL_REJECT };
enum { SCHEDULING_NORMAL, SCHEDULING_BATCH };
enum { APPENDFSYNC_ALWAYS, APPENDFSYNC_EVERYSEC, APPENDFSYNC_NO };
enum { DEBUG_COMMAND_NO, DEBUG_COMMAND_YES, DEBUG_COMMAND_LOCAL };
enum {
	MAXMEMORY_NOEVICTION,
	MAXMEMORY_ALLKEYS_LRU,
	MAXMEMORY_ALLKEYS_LFU,
	MAXMEMORY_ALLKEYS_RANDOM,
	MAXMEMORY_VOLATILE_LRU,
	MAXMEMORY_VOLATILE_LFU,
	MAXMEMORY_VOLATILE_RANDOM,
	MAXMEMORY_VOLATILE_TTL,
};

/* Give every setting its initial value; before anything else here. */
void			 settings_init(void);
/* Give back the texts, at the very end. */
void			 settings_free(void);
/* The row of a setting. */
const struct setting	*settings_row(enum setting_id);
/* The setting of that name in any case; SETTINGS if there is none. */
enum setting_id		 settings_find(struct bytes name);
/* The known name most like the given one, or NULL if none is near. */
const char		*settings_nearest(struct bytes name);

/*
 * Set from text as it would stand in the file, list words separated by blanks.
 * False: nothing changed and `expected` (if not NULL) says what was expected.
 * Whether a setting may change while the server runs is the caller's to ask.
 */
bool	settings_set(enum setting_id, struct bytes text, struct buf *expected);
/*
 * Have it called with the new value of a number, choice or the like whenever
 * that is set, in the thread that does so; one for each setting, NULL for none.
 */
void	settings_on_change(enum setting_id,
	    void (*)(int64_t number, void *arg), void *arg);
/* Whether settings_set() would accept the text. */
bool	settings_check(enum setting_id, struct bytes text,
	    struct buf *expected);
/*
 * Read a file: all of it is applied, or none and false, with "file:line: what
 * is wrong" in wrong.  With live_only, rows that need a restart are checked
 * but left as they are, and named in the log if they differ.
 */
bool	settings_load(const char *path, bool live_only, struct buf *wrong);

/*
 * Which setting a line of the file sets, SETTINGS if none: a comment, an unknown
 * name; and whether it has the one value that it has now.
 */
enum setting_id	 settings_of_line(struct bytes line, bool *holds);
/* Whether it has the value that it began with. */
bool	settings_is_initial(enum setting_id);

/* The value of a number, size, mode, boolean (0, 1), choice or letters. */
int64_t		 settings_number(enum setting_id);
/* The text of a text or list that is not live: good until settings_free(). */
const char	*settings_text(enum setting_id);
/* Add the present value to out as CONFIG GET shows it. */
void		 settings_format(enum setting_id, struct buf *out);

#endif
