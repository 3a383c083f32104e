/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients ask to learn whether this is a cluster, a replica, or has
 * modules: it is none and has none.
 */
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "resp/reply.h"

static void
cmd_no_cluster(struct call *c)
{
	reply_error(c->reply,
	    "ERR This instance has cluster support disabled");
}

static void
cmd_role(struct call *c)
{
	reply_array(c->reply, 3);
	reply_string(c->reply, "master");
	/* The position in a stream of changes that nobody reads. */
	reply_integer(c->reply, 0);
	reply_array(c->reply, 0);
}

static void
cmd_module_list(struct call *c)
{
	reply_array(c->reply, 0);
}

static void
reply_no_replicas(struct reply *r)
{
	reply_integer(r, 0);
}

/* There are never so many replicas, unless none is wanted. */
static void
cmd_wait(struct call *c)
{
	int64_t replicas, timeout;

	if (!call_integer(c, 1, &replicas))
		return;
	if (!number_parse(call_arg(c, 2), &timeout)) {
		reply_error(c->reply, ERR_TIMEOUT_NOT_INTEGER);
		return;
	}
	if (timeout < 0) {
		reply_error(c->reply, ERR_TIMEOUT_NEGATIVE);
		return;
	}
	if (replicas <= 0)
		reply_integer(c->reply, 0);
	else
		call_wait(c, timeout, reply_no_replicas);
}

#define NO_CLUSTER(a_name, a_syntax, a_summary, a_arity) {		\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = "3.0.0",						\
	.group   = "cluster",						\
	.cost    = "O(1)",						\
	.arity   = a_arity,						\
	.flags   = CMD_LOADING,						\
	.run     = cmd_no_cluster,					\
}

static struct command cluster_rows[] = {
	NO_CLUSTER("info", "", "Tells that this is no cluster.", 2),
	NO_CLUSTER("myid", "", "Tells that this is no cluster.", 2),
	NO_CLUSTER("slots", "", "Tells that this is no cluster.", 2),
	NO_CLUSTER("shards", "", "Tells that this is no cluster.", 2),
	NO_CLUSTER("nodes", "", "Tells that this is no cluster.", 2),
	NO_CLUSTER("keyslot", "key", "Tells that this is no cluster.", 3),
	NO_CLUSTER("countkeysinslot", "slot", "Tells that this is no cluster.",
	    3),
	NO_CLUSTER("getkeysinslot", "slot count",
	    "Tells that this is no cluster.", 4),
	NO_CLUSTER("links", "", "Tells that this is no cluster.", 2),
	HELP_ROW("5.0.0", "cluster"),
	{ .name = NULL },
};

static struct command module_rows[] = {
	{
		.name    = "list",
		.syntax  = "",
		.summary = "Returns the modules: none.",
		.since   = "4.0.0",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 2,
		.flags   = CMD_ADMIN | CMD_NO_SCRIPT,
		.run     = cmd_module_list,
	},
	HELP_ROW("5.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_cluster_rows[] = {
	CONTAINER_ROW("cluster", "Commands on the cluster, which this is not.",
	    "3.0.0", "cluster", cluster_rows),
	CONTAINER_ROW("module", "Commands on modules, of which there are none.",
	    "4.0.0", "server", module_rows),
	NO_CLUSTER("asking", "", "Tells that this is no cluster.", 1),
	NO_CLUSTER("readonly", "", "Tells that this is no cluster.", 1),
	NO_CLUSTER("readwrite", "", "Tells that this is no cluster.", 1),
	{
		.name    = "role",
		.syntax  = "",
		.summary = "Tells that this is no replica.",
		.since   = "2.8.12",
		.group   = "server",
		.cost    = "O(1)",
		.arity   = 1,
		.flags   = CMD_ADMIN | CMD_DANGEROUS | CMD_FAST |
		    CMD_LOADING | CMD_NO_SCRIPT,
		.run     = cmd_role,
	},
	{
		.name    = "wait",
		.syntax  = "numreplicas timeout",
		.summary = "Waits for replicas, of which there are none.",
		.since   = "3.0.0",
		.group   = "generic",
		.cost    = "O(1)",
		.arity   = 3,
		.flags   = CMD_NO_SCRIPT,
		.run     = cmd_wait,
	},
	{ .name = NULL },
};
