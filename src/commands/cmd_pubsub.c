/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels: SUBSCRIBE, PUBLISH and their like.  The shard channels of a
 * cluster are channels with a namespace of their own.
 */
#include "base/glob.h"
#include "base/mem.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/outbox.h"
#include "engine/pubsub.h"
#include "engine/session.h"
#include "resp/reply.h"

/* In a confirmation channels and patterns count together. */
static size_t
shown_count(const struct call *c, enum pubsub_kind kind)
{
	if (kind == PUBSUB_SHARD)
		return (pubsub_count(c->session, kind));
	return (pubsub_count(c->session, PUBSUB_CHANNEL) +
	    pubsub_count(c->session, PUBSUB_PATTERN));
}

/* Goes out even after CLIENT REPLY OFF; no name is a null. */
static void
confirm(struct call *c, enum pubsub_kind kind, const struct bytes *name)
{
	reply_push(c->reply, 3);
	reply_string(c->reply, c->command->name);
	if (name != NULL)
		reply_bulk(c->reply, *name);
	else
		reply_null(c->reply);
	reply_integer(c->reply, (int64_t)shown_count(c, kind));
	c->session->must_reply = true;
}

static void
subscribe(struct call *c, enum pubsub_kind kind)
{
	struct bytes name;
	size_t i;

	for (i = 1; i < c->argc; i++) {
		name = call_arg(c, i);
		pubsub_add(c->session, kind, name);
		confirm(c, kind, &name);
	}
}

static void
cmd_subscribe(struct call *c)
{
	subscribe(c, PUBSUB_CHANNEL);
}

static void
cmd_psubscribe(struct call *c)
{
	subscribe(c, PUBSUB_PATTERN);
}

static void
cmd_ssubscribe(struct call *c)
{
	subscribe(c, PUBSUB_SHARD);
}

static void
unsubscribe_all(struct call *c, enum pubsub_kind kind)
{
	struct bytes lent, name;
	struct buf copy = { 0 };

	if (!pubsub_oldest(c->session, kind, &lent))
		confirm(c, kind, NULL);
	while (pubsub_oldest(c->session, kind, &lent)) {
		buf_cut(&copy, 0);
		buf_add(&copy, lent.data, lent.length);
		name = buf_bytes(&copy);
		pubsub_remove(c->session, kind, lent);
		confirm(c, kind, &name);
	}
	buf_free(&copy);
}

static void
unsubscribe(struct call *c, enum pubsub_kind kind)
{
	struct bytes name;
	size_t i;

	if (c->argc == 1)
		unsubscribe_all(c, kind);
	for (i = 1; i < c->argc; i++) {
		name = call_arg(c, i);
		pubsub_remove(c->session, kind, name);
		confirm(c, kind, &name);
	}
}

static void
cmd_unsubscribe(struct call *c)
{
	unsubscribe(c, PUBSUB_CHANNEL);
}

static void
cmd_punsubscribe(struct call *c)
{
	unsubscribe(c, PUBSUB_PATTERN);
}

static void
cmd_sunsubscribe(struct call *c)
{
	unsubscribe(c, PUBSUB_SHARD);
}

/* One's own message comes before the reply, but not into that of EXEC. */
static void
publish(struct call *c, enum pubsub_kind kind)
{
	struct bytes channel = call_arg(c, 1);
	size_t count;

	/* Nobody hears of a transaction before it is in the journal. */
	if (c->nested) {
		count = pubsub_reach(c->engine, kind, channel);
		effects_message(c->effects, kind, channel, call_arg(c, 2));
	} else
		count = pubsub_publish(c->engine, kind, channel,
		    call_arg(c, 2));
	if (!c->nested && c->session->replies == REPLIES_ON)
		outbox_take(c->session);
	reply_integer(c->reply, (int64_t)count);
}

static void
cmd_publish(struct call *c)
{
	publish(c, PUBSUB_CHANNEL);
}

static void
cmd_spublish(struct call *c)
{
	publish(c, PUBSUB_SHARD);
}

struct listing {
	struct reply	*reply;
	struct bytes	 pattern;	/* no data: all */
	size_t		 count;
};

static void
list_channel(struct bytes channel, void *arg)
{
	struct listing *l = arg;

	if (l->pattern.data != NULL && !glob_match(l->pattern, channel))
		return;
	reply_bulk(l->reply, channel);
	l->count++;
}

static void
list_channels(struct call *c, enum pubsub_kind kind)
{
	struct listing l = { .reply = c->reply };
	size_t mark = reply_mark(c->reply);

	if (c->argc > 3) {
		reply_error(c->reply, "ERR unknown subcommand or wrong number "
		    "of arguments for '%.*s'. Try PUBSUB HELP.",
		    (int)call_arg(c, 1).length, call_arg(c, 1).data);
		return;
	}
	if (c->argc == 3)
		l.pattern = call_arg(c, 2);
	pubsub_each(c->engine, kind, list_channel, &l);
	reply_array_at(c->reply, mark, l.count);
}

static void
cmd_pubsub_channels(struct call *c)
{
	list_channels(c, PUBSUB_CHANNEL);
}

static void
cmd_pubsub_shardchannels(struct call *c)
{
	list_channels(c, PUBSUB_SHARD);
}

/* Channels and their listeners, a flat array also in RESP3. */
static void
count_listeners(struct call *c, enum pubsub_kind kind)
{
	size_t i;

	reply_array(c->reply, 2 * (c->argc - 2));
	for (i = 2; i < c->argc; i++) {
		reply_bulk(c->reply, call_arg(c, i));
		reply_integer(c->reply, (int64_t)pubsub_listeners(c->engine,
		    kind, call_arg(c, i)));
	}
}

static void
cmd_pubsub_numsub(struct call *c)
{
	count_listeners(c, PUBSUB_CHANNEL);
}

static void
cmd_pubsub_shardnumsub(struct call *c)
{
	count_listeners(c, PUBSUB_SHARD);
}

static void
cmd_pubsub_numpat(struct call *c)
{
	reply_integer(c->reply, (int64_t)pubsub_channels(c->engine,
	    PUBSUB_PATTERN));
}

static struct command pubsub_rows[] = {
	{
		.name    = "channels",
		.syntax  = "[pattern]",
		.summary = "Returns the channels that somebody listens to.",
		.since   = "2.8.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels",
		.arity   = -2,
		.flags   = CMD_PUBSUB | CMD_LOADING,
		.run     = cmd_pubsub_channels,
	},
	{
		.name    = "numpat",
		.syntax  = "",
		.summary = "Returns the number of patterns that somebody "
		    "listens to.",
		.since   = "2.8.0",
		.group   = "pubsub",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_PUBSUB | CMD_LOADING,
		.run     = cmd_pubsub_numpat,
	},
	{
		.name    = "numsub",
		.syntax  = "[channel [channel ...]]",
		.summary = "Returns how many listen to channels.",
		.since   = "2.8.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels named",
		.arity   = -2,
		.flags   = CMD_PUBSUB | CMD_LOADING,
		.run     = cmd_pubsub_numsub,
	},
	{
		.name    = "shardchannels",
		.syntax  = "[pattern]",
		.summary = "Returns the shard channels that somebody listens "
		    "to.",
		.since   = "7.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of shard channels",
		.arity   = -2,
		.flags   = CMD_PUBSUB | CMD_LOADING,
		.run     = cmd_pubsub_shardchannels,
	},
	{
		.name    = "shardnumsub",
		.syntax  = "[shardchannel [shardchannel ...]]",
		.summary = "Returns how many listen to shard channels.",
		.since   = "7.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels named",
		.arity   = -2,
		.flags   = CMD_PUBSUB | CMD_LOADING,
		.run     = cmd_pubsub_shardnumsub,
	},
	HELP_ROW("6.2.0", "pubsub"),
	{ .name = NULL },
};

/* What a RESP2 client that has subscribed may say, too. */
enum { SUBSCRIBING = CMD_PUBSUB | CMD_NO_SCRIPT | CMD_LOADING |
	CMD_SUBSCRIBED };

struct command cmd_pubsub_rows[] = {
	{
		.name    = "subscribe",
		.syntax  = "channel [channel ...]",
		.summary = "Listens to channels.",
		.since   = "2.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels",
		.arity   = -2,
		.flags   = SUBSCRIBING,
		.run     = cmd_subscribe,
	},
	{
		.name    = "unsubscribe",
		.syntax  = "[channel [channel ...]]",
		.summary = "Stops listening to channels.",
		.since   = "2.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels",
		.arity   = -1,
		.flags   = SUBSCRIBING,
		.run     = cmd_unsubscribe,
	},
	{
		.name    = "psubscribe",
		.syntax  = "pattern [pattern ...]",
		.summary = "Listens to all channels that match patterns.",
		.since   = "2.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of patterns",
		.arity   = -2,
		.flags   = SUBSCRIBING,
		.run     = cmd_psubscribe,
	},
	{
		.name    = "punsubscribe",
		.syntax  = "[pattern [pattern ...]]",
		.summary = "Stops listening to patterns.",
		.since   = "2.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of patterns",
		.arity   = -1,
		.flags   = SUBSCRIBING,
		.run     = cmd_punsubscribe,
	},
	{
		.name    = "ssubscribe",
		.syntax  = "shardchannel [shardchannel ...]",
		.summary = "Listens to shard channels.",
		.since   = "7.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels",
		.arity   = -2,
		.flags   = SUBSCRIBING,
		.keys    = { 1, -1, 1 },
		.run     = cmd_ssubscribe,
	},
	{
		.name    = "sunsubscribe",
		.syntax  = "[shardchannel [shardchannel ...]]",
		.summary = "Stops listening to shard channels.",
		.since   = "7.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of channels",
		.arity   = -1,
		.flags   = SUBSCRIBING,
		.keys    = { 1, -1, 1 },
		.run     = cmd_sunsubscribe,
	},
	{
		.name    = "publish",
		.syntax  = "channel message",
		.summary = "Sends a message to those who listen to a channel.",
		.since   = "2.0.0",
		.group   = "pubsub",
		.cost    = "O(N+M) where N is the number of listeners and M "
		    "that of all patterns",
		.arity   = 3,
		.flags   = CMD_PUBSUB | CMD_LOADING | CMD_FAST |
		    CMD_PAUSES,
		.run     = cmd_publish,
	},
	{
		.name    = "spublish",
		.syntax  = "shardchannel message",
		.summary = "Sends a message to those who listen to a shard "
		    "channel.",
		.since   = "7.0.0",
		.group   = "pubsub",
		.cost    = "O(N) where N is the number of listeners",
		.arity   = 3,
		.flags   = CMD_PUBSUB | CMD_LOADING | CMD_FAST |
		    CMD_PAUSES,
		.keys    = { 1, 1, 1 },
		.run     = cmd_spublish,
	},
	CONTAINER_ROW("pubsub", "Commands on channels.",
	    "2.8.0", "pubsub", pubsub_rows),
	{ .name = NULL },
};
