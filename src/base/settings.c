/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/points.h"
#include "base/words.h"

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

static struct {
	_Atomic int64_t	 number;
	char		*text;		/* texts and lists; under texts_lock */
} values[SETTINGS];

static struct lock texts_lock;

static bool
row_is_text(const struct setting *row)
{
	return (row->type == SETTING_IS_TEXT || row->type == SETTING_IS_LIST);
}

void
settings_init(void)
{
	int id;

	lock_init(&texts_lock, LOCK_SETTINGS);
	for (id = 0; id < SETTINGS; id++) {
		bool ok = settings_set((enum setting_id)id,
		    bytes_of(rows[id].initial), NULL);

		assert(ok);
		(void)ok;
	}
}

void
settings_free(void)
{
	int id;

	for (id = 0; id < SETTINGS; id++) {
		mem_free(values[id].text);
		values[id].text = NULL;
	}
	lock_destroy(&texts_lock);
}

const struct setting *
settings_row(enum setting_id id)
{
	return (&rows[id]);
}

enum setting_id
settings_find(struct bytes name)
{
	int id;

	for (id = 0; id < SETTINGS; id++) {
		if (bytes_is(name, rows[id].name))
			break;
	}
	return ((enum setting_id)id);
}

/* Levenshtein's distance of two short words; large for long ones. */
static size_t
distance(struct bytes a, struct bytes b)
{
	size_t row[64], i, j, before, above, best;

	if (a.length >= 64 || b.length >= 64)
		return (SIZE_MAX);
	for (j = 0; j <= b.length; j++)
		row[j] = j;
	for (i = 1; i <= a.length; i++) {
		before = row[0];
		row[0] = i;
		for (j = 1; j <= b.length; j++) {
			above = row[j];
			best = before + (tolower((unsigned char)a.data[i - 1]) !=
			    tolower((unsigned char)b.data[j - 1]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			before = above;
			row[j] = best;
		}
	}
	return (row[b.length]);
}

const char *
settings_nearest(struct bytes name)
{
	size_t best = 4, d;
	const char *found = NULL;
	int id;

	for (id = 0; id < SETTINGS; id++) {
		d = distance(name, bytes_of(rows[id].name));
		/* Something must be left of the word. */
		if (d < best && d < name.length) {
			best = d;
			found = rows[id].name;
		}
	}
	return (found);
}

static bool
parse_mode(struct bytes text, int64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '7' || *out > 0777)
			return (false);
		*out = *out * 8 + (text.data[i] - '0');
	}
	return (text.length != 0);
}

static bool
parse_choice(const struct setting *row, struct bytes text, int64_t *out)
{
	int i;

	for (i = 0; i < SETTING_CHOICES && row->choices[i].word != NULL; i++) {
		if (bytes_is(text, row->choices[i].word)) {
			*out = row->choices[i].value;
			return (true);
		}
	}
	return (false);
}

static bool
parse_boolean(struct bytes text, int64_t *out)
{
	*out = bytes_is(text, "yes");
	return (*out == 1 || bytes_is(text, "no"));
}

static bool
parse_letters(const struct setting *row, struct bytes text, int64_t *out)
{
	const char *at;
	size_t i;

	*out = 0;
	for (i = 0; i < text.length; i++) {
		at = memchr(row->letters, text.data[i], strlen(row->letters));
		if (at == NULL && text.data[i] != 'A')
			return (false);
		*out |= at != NULL ? 1 << (at - row->letters) : row->high;
	}
	return (true);
}

static void
format_letters(const struct setting *row, int64_t bits, struct buf *out)
{
	int i;

	if ((bits & row->high) == row->high) {
		buf_add_char(out, 'A');
		bits &= ~row->high;
	}
	for (i = 0; row->letters[i] != '\0'; i++) {
		if ((bits & 1 << i) != 0)
			buf_add_char(out, row->letters[i]);
	}
}

/* What the text means to a row that is not a text itself. */
static bool
parse_number(const struct setting *row, struct bytes text, int64_t *out)
{
	switch (row->type) {
	case SETTING_IS_CHOICE:
		return (parse_choice(row, text, out));
	case SETTING_IS_BOOLEAN:
		return (parse_boolean(text, out));
	case SETTING_IS_MODE:
		return (parse_mode(text, out) && *out <= row->high);
	case SETTING_IS_LETTERS:
		return (parse_letters(row, text, out));
	case SETTING_IS_SIZE:
		return (number_parse_size(text, out) && *out >= row->low &&
		    *out <= row->high);
	default:
		return (number_parse(text, out) && *out >= row->low &&
		    *out <= row->high &&
		    (!row->power_of_two || (*out & (*out - 1)) == 0));
	}
}

/* "expected yes or no", "expected a number from 0 to 65535" ... */
static void
say_expected(const struct setting *row, struct buf *out)
{
	switch (row->type) {
	case SETTING_IS_CHOICE:
	case SETTING_IS_BOOLEAN:
		buf_add_format(out, "expected %s", row->argument);
		break;
	case SETTING_IS_MODE:
		buf_add_format(out, "expected octal permissions up to 0777");
		break;
	case SETTING_IS_SIZE:
		buf_add_format(out, "expected a size from %lldmb to %lldmb",
		    (long long)row->low >> 20, (long long)row->high >> 20);
		break;
	case SETTING_IS_NUMBER:
		buf_add_format(out, "expected a %s from %lld to %lld",
		    row->power_of_two ? "power of two" : "number",
		    (long long)row->low, (long long)row->high);
		break;
	case SETTING_IS_LETTERS:
		buf_add_string(out, row->wrong_letter);
		break;
	case SETTING_IS_LIMITS:
		break;
	case SETTING_IS_POINTS:
		buf_add_format(out, "expected %s", row->argument);
		break;
	case SETTING_IS_TEXT:
	case SETTING_IS_LIST:
		buf_add_format(out, "expected %s without NUL bytes",
		    row->argument);
		break;
	}
}

bool
settings_check(enum setting_id id, struct bytes text, struct buf *expected)
{
	int64_t number;
	bool ok;

	if (rows[id].type == SETTING_IS_LIMITS)
		return (limits_check(text, expected));
	if (rows[id].type == SETTING_IS_POINTS)
		return (points_check(text, expected));
	if (row_is_text(&rows[id]))
		ok = text.length == 0 ||
		    memchr(text.data, '\0', text.length) == NULL;
	else
		ok = parse_number(&rows[id], text, &number);
	if (!ok && expected != NULL)
		say_expected(&rows[id], expected);
	return (ok);
}

bool
settings_set(enum setting_id id, struct bytes text, struct buf *expected)
{
	int64_t number;

	if (!settings_check(id, text, expected))
		return (false);
	if (rows[id].type == SETTING_IS_LIMITS)
		return (limits_set(text, expected));
	if (rows[id].type == SETTING_IS_POINTS)
		return (points_set(text, false, expected));
	if (row_is_text(&rows[id])) {
		lock_take(&texts_lock);
		mem_free(values[id].text);
		values[id].text = mem_copy(text.data, text.length);
		lock_release(&texts_lock);
		return (true);
	}
	parse_number(&rows[id], text, &number);
	atomic_store_explicit(&values[id].number, number,
	    memory_order_relaxed);
	if (id == SETTING_LOG_LEVEL)
		log_set_level((enum log_level)number);
	return (true);
}

/* Several words of a line are one text, in lists and limits alone. */
static bool
join_words(const struct words *words, const struct setting *row,
    struct buf *out)
{
	size_t i;

	if (words->count < 2 ||
	    (words->count > 2 && row->type != SETTING_IS_LIST &&
	    row->type != SETTING_IS_LIMITS && row->type != SETTING_IS_POINTS))
		return (false);
	for (i = 1; i < words->count; i++) {
		if (i > 1)
			buf_add_char(out, ' ');
		buf_add(out, words->word[i].data, words->word[i].length);
	}
	return (true);
}

/* Whether the setting has the value that the text stands for. */
static bool
is_set_to(enum setting_id id, struct bytes text)
{
	struct buf now = { 0 };
	int64_t number;
	bool same;

	if (!row_is_text(&rows[id]))
		return (parse_number(&rows[id], text, &number) &&
		    number == settings_number(id));
	settings_format(id, &now);
	same = bytes_equal(buf_bytes(&now), text);
	buf_free(&now);
	return (same);
}

/* The file has named some: more are added to them.  Under no lock: main's. */
static bool points_read;

static void
apply_line(enum setting_id id, struct bytes text, bool live_only)
{
	if (rows[id].type == SETTING_IS_POINTS) {
		points_set(text, points_read, NULL);
		points_read = true;
	} else if (!live_only || rows[id].live)
		settings_set(id, text, NULL);
	else if (!is_set_to(id, text))
		log_warning("%s changes at the next start only",
		    rows[id].name);
}

/* One line of the file; wrong says what is the matter with it. */
static bool
read_line(struct bytes line, bool apply, bool live_only, struct buf *wrong)
{
	struct words words = { 0 };
	struct buf text = { 0 };
	const char *nearest;
	enum setting_id id;
	bool ok = false;

	while (line.length != 0 && isspace((unsigned char)line.data[0]))
		line = bytes_make(line.data + 1, line.length - 1);
	if (line.length == 0 || line.data[0] == '#')
		return (true);
	if (!words_split(&words, line)) {
		buf_add_string(wrong, "unbalanced quotes");
		goto done;
	}
	if (words.count == 0) {
		/* NUL bytes are blanks too. */
		ok = true;
		goto done;
	}
	id = settings_find(words.word[0]);
	if (id == SETTINGS) {
		nearest = settings_nearest(words.word[0]);
		buf_add_format(wrong, "unknown setting '%.*s'",
		    (int)words.word[0].length, words.word[0].data);
		if (nearest != NULL)
			buf_add_format(wrong, ", did you mean '%s'?", nearest);
		goto done;
	}
	if (!join_words(&words, &rows[id], &text)) {
		buf_add_format(wrong, "%s: ", rows[id].name);
		say_expected(&rows[id], wrong);
		goto done;
	}
	if (!settings_check(id, buf_bytes(&text), NULL)) {
		buf_add_format(wrong, "%s '%.*s': ", rows[id].name,
		    (int)text.length, text.data);
		say_expected(&rows[id], wrong);
		goto done;
	}
	if (apply)
		apply_line(id, buf_bytes(&text), live_only);
	ok = true;
done:
	words_free(&words);
	buf_free(&text);
	return (ok);
}

/* All lines; the first that is wrong ends it, with "file:line: " before. */
static bool
read_lines(const char *path, struct bytes text, bool apply, bool live_only,
    struct buf *wrong)
{
	struct buf what = { 0 };
	const char *newline;
	size_t length;
	int number = 0;
	bool ok = true;

	points_read = false;
	while (ok && text.length != 0) {
		number++;
		newline = memchr(text.data, '\n', text.length);
		length = newline != NULL ? (size_t)(newline + 1 - text.data) :
		    text.length;
		ok = read_line(bytes_make(text.data, length), apply, live_only,
		    &what);
		text = bytes_make(text.data + length, text.length - length);
	}
	if (!ok)
		buf_add_format(wrong, "%s:%d: %.*s", path, number,
		    (int)what.length, what.data);
	buf_free(&what);
	return (ok);
}

/* An errno, 0 if all of the file is in text. */
static int
read_file(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	int error = 0;
	size_t n;

	if (file == NULL)
		return (errno);
	while ((n = fread(piece, 1, sizeof(piece), file)) != 0)
		buf_add(text, piece, n);
	if (ferror(file))
		error = errno;
	fclose(file);
	return (text->failed ? ENOMEM : error);
}

/* Read once and looked at twice: it may be a pipe, or change meanwhile. */
bool
settings_load(const char *path, bool live_only, struct buf *wrong)
{
	struct buf text = { 0 };
	int error = read_file(path, &text);
	bool ok;

	if (error != 0)
		buf_add_format(wrong, "%s: %s", path, strerror(error));
	ok = error == 0 &&
	    read_lines(path, buf_bytes(&text), false, live_only, wrong) &&
	    read_lines(path, buf_bytes(&text), true, live_only, wrong);
	buf_free(&text);
	return (ok);
}

int64_t
settings_number(enum setting_id id)
{
	return (atomic_load_explicit(&values[id].number,
	    memory_order_relaxed));
}

const char *
settings_text(enum setting_id id)
{
	assert(row_is_text(&rows[id]) && !rows[id].live);
	return (values[id].text);
}

void
settings_format(enum setting_id id, struct buf *out)
{
	const struct setting *row = &rows[id];
	int64_t number = settings_number(id);
	int i;

	switch (row->type) {
	case SETTING_IS_TEXT:
	case SETTING_IS_LIST:
		lock_take(&texts_lock);
		buf_add_string(out, values[id].text);
		lock_release(&texts_lock);
		break;
	case SETTING_IS_BOOLEAN:
		buf_add_string(out, number != 0 ? "yes" : "no");
		break;
	case SETTING_IS_CHOICE:
		for (i = 0; row->choices[i].value != number; i++)
			;
		buf_add_string(out, row->choices[i].word);
		break;
	case SETTING_IS_LETTERS:
		format_letters(row, number, out);
		break;
	case SETTING_IS_LIMITS:
		limits_format(out);
		break;
	case SETTING_IS_POINTS:
		points_format(out);
		break;
	case SETTING_IS_MODE:
		buf_add_format(out, "0%llo", (unsigned long long)number);
		break;
	case SETTING_IS_NUMBER:
	case SETTING_IS_SIZE:
		buf_add_format(out, "%lld", (long long)number);
		break;
	}
}
