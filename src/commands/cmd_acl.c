/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACL, as a Redis without an ACL file answers: there is one user, default, who
 * may do everything and whose password is requirepass.
 */
#include <string.h>

#include "base/hash.h"
#include "base/settings.h"
#include "base/sha256.h"
#include "commands/category.h"
#include "commands/help.h"
#include "commands/registry.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/errors.h"
#include "resp/reply.h"

static const char user[] = "default";

static bool
is_user(struct bytes name)
{
	return (bytes_equal(name, bytes_of(user)));
}

/* The hash of the password; false if there is none. */
static bool
password_hash(char out[SHA256_TEXT])
{
	struct buf password = { 0 };
	bool set;

	settings_format(SETTING_REQUIREPASS, &password);
	set = password.length != 0;
	sha256_text(buf_bytes(&password), out);
	buf_free(&password);
	return (set);
}

static void
cmd_acl_whoami(struct call *c)
{
	reply_string(c->reply, user);
}

static void
cmd_acl_users(struct call *c)
{
	reply_array(c->reply, 1);
	reply_string(c->reply, user);
}

static void
cmd_acl_list(struct call *c)
{
	struct buf line = { 0 };
	char hash[SHA256_TEXT];

	buf_add_format(&line, "user %s on ", user);
	if (password_hash(hash))
		buf_add_format(&line, "#%s", hash);
	else
		buf_add_string(&line, "nopass");
	buf_add_string(&line, " ~* &* +@all");
	reply_array(c->reply, 1);
	reply_bulk(c->reply, buf_bytes(&line));
	buf_free(&line);
}

static void
reply_field(struct reply *r, const char *name, const char *value)
{
	reply_string(r, name);
	reply_string(r, value);
}

static void
cmd_acl_getuser(struct call *c)
{
	struct reply *r = c->reply;
	char hash[SHA256_TEXT];
	bool secret;

	if (!is_user(call_arg(c, 2))) {
		reply_null(r);
		return;
	}
	secret = password_hash(hash);
	reply_map(r, 6);
	reply_string(r, "flags");
	reply_set(r, secret ? 1 : 2);
	reply_string(r, "on");
	if (!secret)
		reply_string(r, "nopass");
	reply_string(r, "passwords");
	reply_array(r, secret);
	if (secret)
		reply_string(r, hash);
	reply_field(r, "commands", "+@all");
	reply_field(r, "keys", "~*");
	reply_field(r, "channels", "&*");
	reply_string(r, "selectors");
	reply_array(r, 0);
}

/* What is wrong with the number of arguments, in Redis's words. */
static void
wrong_number(struct call *c)
{
	struct bytes name = call_arg(c, 1);

	reply_error(c->reply, "ERR unknown subcommand or wrong number of "
	    "arguments for '%.*s'. Try ACL HELP.", (int)name.length,
	    name.data);
}

static void
cmd_acl_cat(struct call *c)
{
	const struct command_table *table = c->engine->commands;
	size_t mark = reply_mark(c->reply), i, category, n = 0;

	if (c->argc > 3) {
		wrong_number(c);
		return;
	}
	if (c->argc == 2) {
		for (; category_name(n) != NULL; n++)
			reply_string(c->reply, category_name(n));
		reply_array_at(c->reply, mark, n);
		return;
	}
	category = category_find(call_arg(c, 2));
	if (category_name(category) == NULL) {
		reply_error(c->reply, "ERR Unknown category '%.*s'",
		    (int)(call_arg(c, 2).length < 128 ?
		    call_arg(c, 2).length : 128), call_arg(c, 2).data);
		return;
	}
	for (i = 0; i < command_count_all(table); i++) {
		if (!category_has(category, command_at(table, i)))
			continue;
		reply_string(c->reply, command_at(table, i)->full_name);
		n++;
	}
	reply_array_at(c->reply, mark, n);
}

static void
cmd_acl_genpass(struct call *c)
{
	enum { MOST_BITS = 4096 };
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[MOST_BITS / 8];
	char text[MOST_BITS / 4];
	int64_t bits = 256;
	size_t i, length;

	if (c->argc > 3) {
		wrong_number(c);
		return;
	}
	if (c->argc == 3 && !call_integer(c, 2, &bits))
		return;
	if (bits <= 0 || bits > MOST_BITS) {
		reply_error(c->reply, "ERR ACL GENPASS argument must be the "
		    "number of bits for the output password, a positive "
		    "number up to %d", MOST_BITS);
		return;
	}
	length = (size_t)(bits + 3) / 4;
	for (i = 0; i < (length + 1) / 2; i += 16)
		hash_random(bytes + i, 16);
	for (i = 0; i < length; i++)
		text[i] = digits[bytes[i / 2] >> 4 * (i % 2) & 15];
	reply_bulk(c->reply, bytes_make(text, length));
}

static void
cmd_acl_dryrun(struct call *c)
{
	const struct command *row = command_find(c->engine->commands,
	    call_arg(c, 3));

	if (row != NULL && row->subcommands != NULL && c->argc > 4)
		row = command_find_sub(row, call_arg(c, 4));
	if (!is_user(call_arg(c, 2)))
		reply_error(c->reply, "ERR User '%.*s' not found",
		    (int)call_arg(c, 2).length, call_arg(c, 2).data);
	else if (row == NULL)
		reply_error(c->reply, "ERR Command '%.*s' not found",
		    (int)call_arg(c, 3).length, call_arg(c, 3).data);
	else if (!command_arity_fits(row, c->argc - 3))
		reply_error(c->reply, ERR_ARITY, row->full_name);
	else
		reply_ok(c->reply);
}

/* Of others there are none. */
static void
cmd_acl_deluser(struct call *c)
{
	size_t i;

	for (i = 2; i < c->argc; i++) {
		if (is_user(call_arg(c, i))) {
			reply_error(c->reply, "ERR The '%s' user cannot be "
			    "removed", user);
			return;
		}
	}
	reply_integer(c->reply, 0);
}

/*
 * Nobody is refused for want of permission, and of wrong passwords the server's
 * log tells: there is nothing in it.
 */
static void
cmd_acl_log(struct call *c)
{
	int64_t count;

	if (c->argc > 3)
		wrong_number(c);
	else if (c->argc == 3 && call_arg_is(c, 2, "reset"))
		reply_ok(c->reply);
	else if (c->argc == 2 || call_integer(c, 2, &count))
		reply_array(c->reply, 0);
}

/* Whether the one user is what the modifier wants. */
static bool
holds_already(struct call *c, size_t i)
{
	static const char *const words[] = { "on", "allkeys", "~*",
	    "allchannels", "&*", "allcommands", "+@all", "clearselectors" };
	char hash[SHA256_TEXT];
	size_t k;

	for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
		if (call_arg_is(c, i, words[k]))
			return (true);
	}
	return (call_arg_is(c, i, "nopass") && !password_hash(hash));
}

static void
cmd_acl_setuser(struct call *c)
{
	struct bytes name = call_arg(c, 2);
	size_t i;

	for (i = 0; i < name.length; i++) {
		if (name.data[i] == '\0' || strchr(" \t\n\v\f\r",
		    name.data[i]) != NULL) {
			reply_error(c->reply, "ERR Usernames can't contain "
			    "spaces or null characters");
			return;
		}
	}
	if (!is_user(name)) {
		reply_error(c->reply, "ERR User '%.*s' cannot be made: there "
		    "is one user here, %s", (int)(name.length < 128 ?
		    name.length : 128), name.data, user);
		return;
	}
	for (i = 3; i < c->argc && holds_already(c, i); i++)
		;
	if (i == c->argc)
		reply_ok(c->reply);
	else
		reply_error(c->reply, "ERR Error in ACL SETUSER modifier "
		    "'%.*s': the user %s may do everything here, and its "
		    "password is requirepass", (int)(call_arg(c, i).length <
		    128 ? call_arg(c, i).length : 128), call_arg(c, i).data,
		    user);
}

static void
cmd_acl_no_file(struct call *c)
{
	reply_error(c->reply, "ERR This Redis instance is not configured to "
	    "use an ACL file. You may want to specify users via the ACL "
	    "SETUSER command and then issue a CONFIG REWRITE (assuming you "
	    "have a Redis configuration file set) in order to store users in "
	    "the Redis configuration.");
}

#define ROW(a_name, a_syntax, a_summary, a_arity, a_flags, a_run) {	\
	.name    = a_name,						\
	.syntax  = a_syntax,						\
	.summary = a_summary,						\
	.since   = "6.0.0",						\
	.group   = "server",						\
	.cost    = "O(1)",						\
	.arity   = a_arity,						\
	.flags   = CMD_NO_SCRIPT | CMD_LOADING | (a_flags),		\
	.run     = a_run,						\
}

static struct command acl_rows[] = {
	ROW("whoami", "", "Returns the name of the user: default.", 2, 0,
	    cmd_acl_whoami),
	ROW("users", "", "Returns the names of all users.", 2, CMD_ADMIN,
	    cmd_acl_users),
	ROW("list", "", "Returns all users with what they may do.", 2,
	    CMD_ADMIN, cmd_acl_list),
	ROW("getuser", "username", "Returns what a user may do.", 3,
	    CMD_ADMIN, cmd_acl_getuser),
	ROW("deluser", "username [username ...]", "Returns how many users are "
	    "removed: none.", -3, CMD_ADMIN, cmd_acl_deluser),
	ROW("cat", "[category]", "Returns the categories of commands, or the "
	    "commands of one.", -2, 0, cmd_acl_cat),
	ROW("genpass", "[bits]", "Returns a password made by chance.", -2, 0,
	    cmd_acl_genpass),
	ROW("dryrun", "username command [arg [arg ...]]",
	    "Tells whether a user may call a command.", -4, CMD_ADMIN,
	    cmd_acl_dryrun),
	ROW("log", "[count | RESET]", "Returns who was refused what: nobody.",
	    -2, CMD_ADMIN, cmd_acl_log),
	ROW("setuser", "username [rule [rule ...]]", "Accepts what holds for "
	    "the one user, and nothing else.", -3, CMD_ADMIN, cmd_acl_setuser),
	ROW("save", "", "Tells that there is no file of users.", 2, CMD_ADMIN,
	    cmd_acl_no_file),
	ROW("load", "", "Tells that there is no file of users.", 2, CMD_ADMIN,
	    cmd_acl_no_file),
	HELP_ROW("6.0.0", "server"),
	{ .name = NULL },
};

struct command cmd_acl_rows[] = {
	CONTAINER_ROW("acl", "Commands on users, of which there is one.",
	    "6.0.0", "server", acl_rows),
	{ .name = NULL },
};
