/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known about a command: its row says how it is called, what it
 * touches and what runs.  COMMAND, the manual and the locks follow from it.
 */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct call;
struct value;

enum command_flag {
	CMD_READ	= 1 << 0,	/* reads keys, changes none */
	CMD_WRITE	= 1 << 1,	/* may change keys: locks for writing */
	CMD_FAST	= 1 << 2,	/* takes constant or logarithmic time */
	CMD_ADMIN	= 1 << 3,	/* for the operator */
	CMD_DANGEROUS	= 1 << 4,
	CMD_DENY_OOM	= 1 << 5,	/* may need more memory */
	CMD_LOADING	= 1 << 6,	/* also while data is being loaded */
	CMD_NO_AUTH	= 1 << 7,	/* also before AUTH */
	CMD_NO_SCRIPT	= 1 << 8,	/* not from a script */
	/* Runs with all shards locked, for writing if CMD_WRITE. */
	CMD_ALL_KEYS	= 1 << 9,
	/* Whoever says this is a Redis client: ends the article dialect. */
	CMD_ANNOUNCES	= 1 << 10,
	/* The article takes it without arguments, whatever the arity. */
	CMD_MAY_BE_BARE	= 1 << 11,
	/* One dictionary as the only argument is its keys and values. */
	CMD_SPREADS	= 1 << 12,
	/* Not of Redis: the article's or its successor's. */
	CMD_OURS	= 1 << 13,
	/* Only a name for its subcommands. */
	CMD_CONTAINER	= 1 << 14,
	/* Walks all shards, locking one after the other by itself. */
	CMD_EACH_SHARD	= 1 << 15,
	/* Changes no key, but wants its keys' shards locked for writing. */
	CMD_EXCLUSIVE	= 1 << 16,
	/* Runs at once after MULTI, not with EXEC. */
	CMD_NOT_QUEUED	= 1 << 17,
	CMD_NO_MULTI	= 1 << 18,	/* not within a transaction */
	CMD_BLOCKING	= 1 << 19,	/* may wait: call_wait() */
	CMD_PUBSUB	= 1 << 20,
	CMD_NO_MONITOR	= 1 << 21,	/* MONITOR does not show it */
	CMD_NO_SLOWLOG	= 1 << 22,
	/* Also of a RESP2 client that has subscribed to something. */
	CMD_SUBSCRIBED	= 1 << 23,
	CMD_EXEC	= 1 << 24,	/* runs the transaction */
	/* Waits for the end of CLIENT PAUSE WRITE, though it changes no key. */
	CMD_PAUSES	= 1 << 25,
	CMD_DUE		= 1 << 26,	/* uses the due queue: engine/due.h */
	/* Takes less than a look at the clock is worth: engine/meter.h. */
	CMD_SHORT	= 1 << 27,
	CMD_DEBUG	= 1 << 28,	/* only if enable-debug-command allows */
	/* Changes keys, but what it gets of them counts as a hit or a miss. */
	CMD_LOOKS	= 1 << 29,
};

/* Arguments first, first + step ... up to last; last < 0 counts from the end. */
struct command_range {
	int	first;			/* 0: none */
	int	last;
	int	step;
};

struct command {
	const char	*name;		/* lower case */
	const char	*syntax;	/* what follows the name */
	const char	*summary;
	const char	*since;		/* version of Redis, or of ours */
	const char	*group;		/* string, generic, connection, server */
	const char	*cost;
	int		 arity;		/* with the name; -n: at least n */
	unsigned	 flags;		/* enum command_flag */
	struct command_range keys;	/* which arguments are keys */
	struct command_range values;	/* which may be of any type */
	/* Which keys call_wait() waits for; none: all. */
	struct command_range waits;
	/*
	 * More keys, where the arguments themselves say where: fills the
	 * range, which is empty before; true: all shards are to be locked.
	 * Must take any arguments that fit the arity.
	 */
	bool		(*more_keys)(const struct value *args, size_t argc,
			    struct command_range *);
	void		(*run)(struct call *);
	struct command	*subcommands;	/* ends with a row without name */

	/* Set by command_table_add(). */
	const char	*full_name;	/* "client|kill" */
	uint16_t	 index;		/* of its counters */
	bool		 one_key;	/* argument 1, and no other lock */
};

struct command_table;

struct command_table *command_table_new(void);
void		 command_table_free(struct command_table **);
/* Add rows up to one without a name; they must outlive the table. */
void		 command_table_add(struct command_table *, struct command *);
/* The command of that name in any case, or NULL. */
const struct command *command_find(const struct command_table *,
		    struct bytes name);
/* The subcommand of that name in any case, or NULL. */
const struct command *command_find_sub(const struct command *,
		    struct bytes name);
/* How many there are without, and with, subcommands. */
size_t		 command_count(const struct command_table *);
size_t		 command_count_all(const struct command_table *);
/* Command i of [0, command_count_all()), subcommands behind their container. */
const struct command *command_at(const struct command_table *, size_t i);
/* Whether the number of arguments, with the name, suits. */
bool		 command_arity_fits(const struct command *, size_t argc);
/* The last argument of a range, 0 if it is empty. */
size_t		 command_range_last(const struct command_range *, size_t argc);
/* Whether argument i of argc is in the range. */
bool		 command_range_has(const struct command_range *, size_t argc,
		    size_t i);
/*
 * For more_keys: the number of keys is argument 1 (ZUNION), or 2 (ZUNIONSTORE,
 * BLMPOP), and they stand behind it.
 */
bool		 command_keys_counted_1(const struct value *args, size_t argc,
		    struct command_range *);
bool		 command_keys_counted_2(const struct value *args, size_t argc,
		    struct command_range *);

#endif
