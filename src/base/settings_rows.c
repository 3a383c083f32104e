/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be set: from here the parser, CONFIG, the manual page and the sample
 * file learn it.
 */
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"

static const struct setting rows[SETTINGS] = {
	[SETTING_BIND] = {
		.name = "bind", .type = SETTING_IS_LIST,
		.initial = "127.0.0.1 -::1", .argument = "address ...",
		.summary = "Addresses to listen on.  One with a minus before "
		    "it may be missing on this machine.",
	},
	[SETTING_PORT] = {
		.name = "port", .type = SETTING_IS_NUMBER, .initial = "31337",
		.low = 0, .high = 65535, .argument = "number",
		.summary = "TCP port that speaks the article dialect until the "
		    "client says HELLO, CLIENT, AUTH or SELECT.  0 is off.",
	},
	[SETTING_REDIS_PORT] = {
		.name = "redis-port", .type = SETTING_IS_NUMBER,
		.initial = "0", .low = 0, .high = 65535, .argument = "number",
		.summary = "TCP port that speaks the Redis dialect from the "
		    "start; Redis's own is 6379.  0 is off.",
	},
	[SETTING_UNIXSOCKET] = {
		.name = "unixsocket", .type = SETTING_IS_TEXT, .initial = "",
		.argument = "path",
		.summary = "Unix socket that speaks the Redis dialect.  Empty "
		    "is off.",
	},
	[SETTING_UNIXSOCKETPERM] = {
		.name = "unixsocketperm", .type = SETTING_IS_MODE,
		.initial = "0700", .low = 0, .high = 0777, .argument = "mode",
		.summary = "Permissions of the Unix socket, octal.",
	},
	[SETTING_PROTECTED_MODE] = {
		.name = "protected-mode", .type = SETTING_IS_BOOLEAN,
		.initial = "yes", .live = true, .argument = "yes | no",
		.summary = "Refuse clients that do not come from this machine "
		    "while requirepass is empty.",
	},
	[SETTING_REQUIREPASS] = {
		.name = "requirepass", .type = SETTING_IS_TEXT, .initial = "",
		.live = true, .argument = "password",
		.summary = "The password that clients must say with AUTH or "
		    "HELLO before anything else.  Those that are there when it "
		    "is set stay.  Empty is none.",
	},
	[SETTING_TCP_BACKLOG] = {
		.name = "tcp-backlog", .type = SETTING_IS_NUMBER,
		.initial = "511", .low = 1, .high = 65535,
		.argument = "connections",
		.summary = "How many connections the kernel holds until they "
		    "are accepted; see listen(2).",
	},
	[SETTING_TCP_KEEPALIVE] = {
		.name = "tcp-keepalive", .type = SETTING_IS_NUMBER,
		.initial = "300", .low = 0, .high = 86400, .live = true,
		.argument = "seconds",
		.summary = "Ask a silent peer whether it still exists after "
		    "that time.  0 is off.  Holds for new connections.",
	},
	[SETTING_WORKERS] = {
		.name = "workers", .type = SETTING_IS_NUMBER, .initial = "64",
		.low = 1, .high = 16384, .argument = "threads",
		.summary = "How many clients are served at once, each by a "
		    "thread of its own.",
	},
	[SETTING_POOL_FULL] = {
		.name = "pool-full", .type = SETTING_IS_CHOICE,
		.initial = "wait", .live = true, .argument = "wait | reject",
		.choices = {
			{ "wait", POOL_FULL_WAIT },
			{ "reject", POOL_FULL_REJECT },
		},
		.summary = "What happens to a client that comes when all "
		    "workers are taken: it waits until one is free, or is told "
		    "so and turned away.",
	},
	[SETTING_MAX_BLOCKED] = {
		.name = "max-blocked", .type = SETTING_IS_NUMBER,
		.initial = "10000", .low = 0, .high = 1000000, .live = true,
		.argument = "clients",
		.summary = "How many clients may sleep at a time, for a key "
		    "(BLPOP) or for messages (SUBSCRIBE), without taking up a "
		    "worker.  A command that would have one more sleep "
		    "is answered with an error; one more listener takes a "
		    "worker.",
	},
	[SETTING_SCHEDULING] = {
		.name = "scheduling", .type = SETTING_IS_CHOICE,
		.initial = "batch", .argument = "batch | normal",
		.choices = {
			{ "batch", SCHEDULING_BATCH },
			{ "normal", SCHEDULING_NORMAL },
		},
		.summary = "How the kernel schedules the workers, see "
		    "sched(7).  With batch a worker that wakes up does not "
		    "interrupt the one that runs: more throughput with many "
		    "busy clients, a little more latency at the 99th "
		    "percentile.",
	},
	[SETTING_TIMEOUT] = {
		.name = "timeout", .type = SETTING_IS_NUMBER, .initial = "0",
		.low = 0, .high = INT32_MAX, .live = true,
		.argument = "seconds",
		.summary = "Close a connection on which no request has come "
		    "for that time.  0 is never.",
	},
	[SETTING_REQUEST_TIMEOUT] = {
		.name = "request-timeout", .type = SETTING_IS_NUMBER,
		.initial = "30", .low = 0, .high = INT32_MAX, .live = true,
		.argument = "seconds",
		.summary = "Close a connection that has begun a request and "
		    "has not sent the rest, or the next 64 KiB of it, within "
		    "that time.  0 is never.",
	},
	[SETTING_REPLY_TIMEOUT] = {
		.name = "reply-timeout", .type = SETTING_IS_NUMBER,
		.initial = "30", .low = 0, .high = INT32_MAX, .live = true,
		.argument = "seconds",
		.summary = "Close a connection whose client has not taken its "
		    "reply, or the next 256 KiB of it, within that time.  0 is "
		    "never.",
	},
	[SETTING_DRAIN_TIMEOUT] = {
		.name = "drain-timeout", .type = SETTING_IS_NUMBER,
		.initial = "10", .low = 0, .high = 3600, .live = true,
		.argument = "seconds",
		.summary = "How long clients may take at shutdown to finish "
		    "the request they are at.",
	},
	[SETTING_DATABASES] = {
		.name = "databases", .type = SETTING_IS_NUMBER,
		.initial = "16", .low = 1, .high = 256, .argument = "number",
		.summary = "How many databases SELECT can choose from.",
	},
	[SETTING_SHARDS] = {
		.name = "shards", .type = SETTING_IS_NUMBER,
		.initial = "1024", .low = 1, .high = 65536,
		.power_of_two = true, .argument = "number",
		.summary = "In how many parts, each with a lock of its own, "
		    "the keys are kept; a power of two.",
	},
	[SETTING_PROTO_MAX_BULK_LEN] = {
		.name = "proto-max-bulk-len", .type = SETTING_IS_SIZE,
		.initial = "512mb", .low = 1 << 20, .high = 512 << 20,
		.live = true, .argument = "size",
		.summary = "The longest string a client may send.",
	},
	[SETTING_HLL_SPARSE_MAX_BYTES] = {
		.name = "hll-sparse-max-bytes", .type = SETTING_IS_SIZE,
		.initial = "3000", .low = 0, .high = 65536, .live = true,
		.argument = "size",
		.summary = "A HyperLogLog that would grow longer than that "
		    "takes its dense form, of 12304 bytes.",
	},
	[SETTING_ENABLE_DEBUG_COMMAND] = {
		.name = "enable-debug-command", .type = SETTING_IS_CHOICE,
		.initial = "no", .argument = "no | yes | local",
		.choices = {
			{ "no", DEBUG_COMMAND_NO },
			{ "yes", DEBUG_COMMAND_YES },
			{ "local", DEBUG_COMMAND_LOCAL },
		},
		.summary = "Who may say DEBUG: nobody, everybody, or clients "
		    "on this machine.",
	},
	[SETTING_DIR] = {
		.name = "dir", .type = SETTING_IS_TEXT, .initial = "",
		.argument = "path",
		.summary = "The data directory, where data is saved and "
		    "loaded from at start; made if its parent is there.  One "
		    "server at a time can use it, and nobody else may write "
		    "into it.  Empty: nothing survives a restart.",
	},
	[SETTING_SAVE] = {
		.name = "save", .type = SETTING_IS_POINTS,
		.initial = "3600 1 300 100 60 10000", .live = true,
		.argument = "seconds changes ...",
		.summary = "When a data directory is set, save once that many "
		    "seconds have passed since the last time and that many "
		    "keys have changed, and at the end of the server.  Several "
		    "lines of a file add up.  Empty: only when asked.",
	},
	[SETTING_APPENDONLY] = {
		.name = "appendonly", .type = SETTING_IS_BOOLEAN,
		.initial = "yes", .live = true, .argument = "yes | no",
		.summary = "When a data directory is set, keep a journal of "
		    "all changes in it, so that what was acknowledged is "
		    "there after a crash.  With no, only what was saved is.  A "
		    "journal that begins while the server runs counts with "
		    "the snapshot that is taken then: when INFO says "
		    "aof_enabled:1 and aof_rewrite_in_progress:0.",
	},
	[SETTING_APPENDFSYNC] = {
		.name = "appendfsync", .type = SETTING_IS_CHOICE,
		.initial = "everysec", .live = true,
		.argument = "always | everysec | no",
		.choices = {
			{ "always", APPENDFSYNC_ALWAYS },
			{ "everysec", APPENDFSYNC_EVERYSEC },
			{ "no", APPENDFSYNC_NO },
		},
		.summary = "When the journal has to be on the disk.  always: "
		    "before a reply tells of it, or of what it has changed; "
		    "clients share the wait.  everysec: within a second; a "
		    "power cut may take that much, killing the server "
		    "nothing.  no: when the kernel likes.",
	},
	[SETTING_AUTO_AOF_REWRITE_PERCENTAGE] = {
		.name = "auto-aof-rewrite-percentage",
		.type = SETTING_IS_NUMBER, .initial = "100", .low = 0,
		.high = INT32_MAX, .live = true, .argument = "percent",
		.summary = "Take a snapshot, which takes the journal's place, "
		    "when the journal has grown to that part of the last "
		    "snapshot's size.  0 is never.",
	},
	[SETTING_AUTO_AOF_REWRITE_MIN_SIZE] = {
		.name = "auto-aof-rewrite-min-size",
		.type = SETTING_IS_SIZE, .initial = "64mb", .low = 0,
		.high = INT64_MAX, .live = true, .argument = "size",
		.summary = "But not before journal and snapshot have that "
		    "size together.",
	},
	[SETTING_MAXMEMORY] = {
		.name = "maxmemory", .type = SETTING_IS_SIZE,
		.initial = "0", .low = 0, .high = INT64_MAX,
		.live = true, .argument = "size",
		.summary = "How much memory keys and values may take.  Beyond "
		    "it maxmemory-policy says what goes; if nothing may go, "
		    "commands that need more are refused.  0 is no limit.",
	},
	[SETTING_MAXMEMORY_POLICY] = {
		.name = "maxmemory-policy", .type = SETTING_IS_CHOICE,
		.initial = "noeviction", .live = true, .argument = "policy",
		.choices = {
			{ "noeviction", MAXMEMORY_NOEVICTION },
			{ "allkeys-lru", MAXMEMORY_ALLKEYS_LRU },
			{ "allkeys-lfu", MAXMEMORY_ALLKEYS_LFU },
			{ "allkeys-random", MAXMEMORY_ALLKEYS_RANDOM },
			{ "volatile-lru", MAXMEMORY_VOLATILE_LRU },
			{ "volatile-lfu", MAXMEMORY_VOLATILE_LFU },
			{ "volatile-random", MAXMEMORY_VOLATILE_RANDOM },
			{ "volatile-ttl", MAXMEMORY_VOLATILE_TTL },
		},
		.summary = "Which keys go when maxmemory is reached: none, "
		    "those used longest ago (lru), least often (lfu), any "
		    "(random), or those that would expire first (ttl); of all "
		    "keys or of those with a deadline.",
	},
	[SETTING_MAXMEMORY_SAMPLES] = {
		.name = "maxmemory-samples", .type = SETTING_IS_NUMBER,
		.initial = "5", .low = 1, .high = 64, .live = true,
		.argument = "keys",
		.summary = "Of how many keys, drawn at random, the best one "
		    "goes.",
	},
	[SETTING_LFU_LOG_FACTOR] = {
		.name = "lfu-log-factor", .type = SETTING_IS_NUMBER,
		.initial = "10", .low = 0, .high = INT32_MAX, .live = true,
		.argument = "number",
		.summary = "How slowly the counter of a key's uses grows with "
		    "an lfu policy.",
	},
	[SETTING_LFU_DECAY_TIME] = {
		.name = "lfu-decay-time", .type = SETTING_IS_NUMBER,
		.initial = "1", .low = 0, .high = INT32_MAX, .live = true,
		.argument = "minutes",
		.summary = "After how much time that counter goes down by one. "
		    "0 is never.",
	},
	[SETTING_NOTIFY_KEYSPACE_EVENTS] = {
		.name = "notify-keyspace-events", .type = SETTING_IS_LETTERS,
		.initial = "", .letters = "g$lshzxetdKEmn", .high = 0x3ff,
		.live = true, .argument = "letters",
		.wrong_letter = "Invalid event class character. Use "
		    "'Ag$lshzxeKEtmdn'.",
		.summary = "Which events on keys are published to channels: K "
		    "as __keyspace@<db>__:<key>, E as "
		    "__keyevent@<db>__:<event>, at least one of the two; and "
		    "of the events g those of all types (DEL, EXPIRE, RENAME "
		    "...), $ strings, l lists, s sets, h hashes, z sorted "
		    "sets, t streams, d modules, x expired and e evicted "
		    "keys, A all these; m keys that were missed and n new "
		    "keys.  Empty is off.",
	},
	[SETTING_CLIENT_OUTPUT_BUFFER_LIMIT] = {
		.name = "client-output-buffer-limit",
		.type = SETTING_IS_LIMITS,
		.initial = "normal 0 0 0 replica 256mb 64mb 60 "
		    "pubsub 32mb 8mb 60",
		.live = true, .argument = "class hard soft seconds ...",
		.summary = "Close a client for which more than the hard size "
		    "waits to be sent that it has not asked for, or more than "
		    "the soft size for longer than the seconds; 0 is no "
		    "limit.  The class is pubsub for those who have "
		    "subscribed or monitor, normal for the others, and "
		    "replica, of which there are none.  A class that is not "
		    "named keeps what it has.",
	},
	[SETTING_TRACKING_TABLE_MAX_KEYS] = {
		.name = "tracking-table-max-keys", .type = SETTING_IS_NUMBER,
		.initial = "1000000", .low = 0, .high = INT64_MAX,
		.live = true, .argument = "keys",
		.summary = "How many keys are remembered as being in caches of "
		    "clients, see CLIENT TRACKING; beyond it clients are told "
		    "to forget the one that was remembered first.  0 is no "
		    "limit.",
	},
	[SETTING_SLOWLOG_LOG_SLOWER_THAN] = {
		.name = "slowlog-log-slower-than", .type = SETTING_IS_NUMBER,
		.initial = "10000", .low = -1, .high = INT64_MAX,
		.live = true, .argument = "microseconds",
		.summary = "Requests that take as long are shown by SLOWLOG.  "
		    "-1 is none.",
	},
	[SETTING_SLOWLOG_MAX_LEN] = {
		.name = "slowlog-max-len", .type = SETTING_IS_NUMBER,
		.initial = "128", .low = 0, .high = 1000000, .live = true,
		.argument = "requests",
		.summary = "How many of these are kept.",
	},
	[SETTING_LATENCY_MONITOR_THRESHOLD] = {
		.name = "latency-monitor-threshold",
		.type = SETTING_IS_NUMBER, .initial = "0",
		.low = 0, .high = INT64_MAX, .live = true,
		.argument = "milliseconds",
		.summary = "Calls that take as long are events to LATENCY. 0 "
		    "is none.",
	},
	[SETTING_LOG_LEVEL] = {
		.name = "log-level", .type = SETTING_IS_CHOICE,
		.initial = "notice", .live = true,
		.argument = "error | warning | notice | info | debug",
		.choices = {
			{ "error", LOG_LEVEL_ERROR },
			{ "warning", LOG_LEVEL_WARNING },
			{ "notice", LOG_LEVEL_NOTICE },
			{ "info", LOG_LEVEL_INFO },
			{ "debug", LOG_LEVEL_DEBUG },
		},
		.summary = "How much is logged: info adds each connection, "
		    "debug each command, never a value.",
	},
};

const struct setting *
settings_row(enum setting_id id)
{
	return (&rows[id]);
}
