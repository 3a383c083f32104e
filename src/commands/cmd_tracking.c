/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/tracking.h"

#include "base/bytes.h"
#include "engine/call.h"
#include "engine/errors.h"
#include "engine/outbox.h"
#include "engine/session.h"
#include "engine/tracking.h"
#include "resp/reply.h"

struct wish {
	unsigned	options;	/* enum tracking_option */
	int64_t		redirect;
	size_t		prefixes;
};

static bool
has_id(struct session *s, void *arg)
{
	int64_t *id = arg;

	if (s->id != (uint64_t)*id)
		return (true);
	*id = 0;
	return (false);
}

/* The client must be there now, though it may go later; false: answered. */
static bool
read_redirect(struct call *c, size_t i, struct wish *w)
{
	int64_t id;

	if (w->redirect != 0) {
		reply_error(c->reply, "ERR A client can only redirect to a "
		    "single other client");
		return (false);
	}
	if (!call_integer(c, i, &w->redirect))
		return (false);
	id = w->redirect;
	if (id > 0)
		session_each(c->engine, has_id, &id);
	if (w->redirect > 0 && id == 0)
		return (true);
	reply_error(c->reply, "ERR The client ID you want redirect to does "
	    "not exist");
	return (false);
}

static bool
read_wish(struct call *c, struct wish *w)
{
	static const struct {
		const char	*word;
		unsigned	 option;
	} words[] = {
		{ "bcast", TRACKING_BCAST },
		{ "optin", TRACKING_OPTIN },
		{ "optout", TRACKING_OPTOUT },
		{ "noloop", TRACKING_NOLOOP },
		{ NULL, 0 },
	};
	size_t i, k;

	for (i = 3; i < c->argc; i++) {
		for (k = 0; words[k].word != NULL &&
		    !call_arg_is(c, i, words[k].word); k++)
			;
		w->options |= words[k].option;
		if (words[k].word != NULL)
			continue;
		if (call_arg_is(c, i, "redirect") && i + 1 < c->argc) {
			if (!read_redirect(c, ++i, w))
				return (false);
		} else if (call_arg_is(c, i, "prefix") && i + 1 < c->argc) {
			i++;
			w->prefixes++;
		} else {
			reply_error(c->reply, ERR_SYNTAX);
			return (false);
		}
	}
	return (true);
}

/* The number of the argument that is the next prefix behind i; 0: none. */
static size_t
next_prefix(const struct call *c, size_t i)
{
	for (i = i < 3 ? 3 : i + 1; i + 1 < c->argc; i++) {
		if (call_arg_is(c, i, "redirect"))
			i++;
		else if (call_arg_is(c, i, "prefix"))
			return (i + 1);
	}
	return (0);
}

static bool
refuse_overlap(struct call *c, struct bytes prefix, struct bytes other,
    const char *what)
{
	reply_error(c->reply, "ERR Prefix '%.*s' overlaps with %s prefix "
	    "'%.*s'. Prefixes for a single client must not overlap.",
	    (int)prefix.length, prefix.data, what, (int)other.length,
	    other.data);
	return (false);
}

static bool
prefixes_fit(struct call *c)
{
	struct bytes prefix, own;
	size_t i, k;

	for (i = next_prefix(c, 0); i != 0; i = next_prefix(c, i)) {
		prefix = call_arg(c, i);
		if (tracking_overlaps(c->session, prefix, &own))
			return (refuse_overlap(c, prefix, own,
			    "an existing"));
		for (k = next_prefix(c, i); k != 0; k = next_prefix(c, k)) {
			if (tracking_prefixes_overlap(prefix, call_arg(c, k)))
				return (refuse_overlap(c, prefix,
				    call_arg(c, k), "another provided"));
		}
	}
	return (true);
}

/* Whether it goes with itself and with what holds; false: answered. */
static bool
wish_fits(struct call *c, const struct wish *w)
{
	int now = tracking_options(c->session);
	unsigned both = TRACKING_OPTIN | TRACKING_OPTOUT;
	const char *wrong = NULL;

	if ((w->options & TRACKING_BCAST) == 0 && w->prefixes != 0)
		wrong = "PREFIX option requires BCAST mode to be enabled";
	else if (now != -1 && ((unsigned)now & TRACKING_BCAST) !=
	    (w->options & TRACKING_BCAST))
		wrong = "You can't switch BCAST mode on/off before disabling "
		    "tracking for this client, and then re-enabling it with "
		    "a different mode.";
	else if ((w->options & TRACKING_BCAST) != 0 && (w->options & both) != 0)
		wrong = "OPTIN and OPTOUT are not compatible with BCAST";
	else if ((w->options & both) == both)
		wrong = "You can't specify both OPTIN mode and OPTOUT mode";
	else if (now != -1 && (((unsigned)now | w->options) & both) == both)
		wrong = "You can't switch OPTIN/OPTOUT mode before disabling "
		    "tracking for this client, and then re-enabling it with "
		    "a different mode.";
	if (wrong != NULL)
		reply_error(c->reply, "ERR %s", wrong);
	return (wrong == NULL && ((w->options & TRACKING_BCAST) == 0 ||
	    prefixes_fit(c)));
}

static void
begin(struct call *c, const struct wish *w)
{
	size_t i;

	tracking_begin(c->session, w->options, (uint64_t)w->redirect);
	if ((w->options & TRACKING_BCAST) == 0)
		return;
	if (w->prefixes == 0)
		tracking_add_prefix(c->session, bytes_of(""));
	for (i = next_prefix(c, 0); i != 0; i = next_prefix(c, i))
		tracking_add_prefix(c->session, call_arg(c, i));
}

void
tracking_run(struct call *c)
{
	struct wish wish = { 0 };

	if (!read_wish(c, &wish))
		return;
	if (call_arg_is(c, 2, "on")) {
		if (!wish_fits(c, &wish))
			return;
		begin(c, &wish);
	} else if (call_arg_is(c, 2, "off"))
		tracking_end(c->session);
	else {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	reply_ok(c->reply);
}

void
tracking_run_caching(struct call *c)
{
	int options = tracking_options(c->session);
	bool yes = call_arg_is(c, 2, "yes");

	if (options == -1) {
		reply_error(c->reply, "ERR CLIENT CACHING can be called only "
		    "when the client is in tracking mode with OPTIN or OPTOUT "
		    "mode enabled");
		return;
	}
	if (!yes && !call_arg_is(c, 2, "no")) {
		reply_error(c->reply, ERR_SYNTAX);
		return;
	}
	if ((options & (yes ? TRACKING_OPTIN : TRACKING_OPTOUT)) == 0) {
		reply_error(c->reply, "ERR CLIENT CACHING %s is only valid "
		    "when tracking is enabled in %s mode.", yes ? "YES" : "NO",
		    yes ? "OPTIN" : "OPTOUT");
		return;
	}
	tracking_except(c->session);
	reply_ok(c->reply);
}

void
tracking_run_getredir(struct call *c)
{
	if (tracking_options(c->session) != -1)
		reply_integer(c->reply,
		    (int64_t)tracking_redirect(c->session));
	else
		reply_integer(c->reply, -1);
}

void
tracking_run_info(struct call *c)
{
	const struct session *s = c->session;
	int options = tracking_options(s);
	bool on = options != -1;
	const struct {
		bool		 holds;
		const char	*name;
	} flags[] = {
		{ !on, "off" },
		{ on, "on" },
		{ on && (options & TRACKING_BCAST) != 0, "bcast" },
		{ on && (options & TRACKING_OPTIN) != 0, "optin" },
		{ on && (options & TRACKING_OPTIN) != 0 &&
		    tracking_excepts(s), "caching-yes" },
		{ on && (options & TRACKING_OPTOUT) != 0, "optout" },
		{ on && (options & TRACKING_OPTOUT) != 0 &&
		    tracking_excepts(s), "caching-no" },
		{ on && (options & TRACKING_NOLOOP) != 0, "noloop" },
		{ on && tracking_is_broken(s), "broken_redirect" },
	};
	size_t i, n = 0, mark;

	reply_map(c->reply, 3);
	reply_string(c->reply, "flags");
	mark = reply_mark(c->reply);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].holds)
			reply_string(c->reply, flags[i].name);
		n += flags[i].holds;
	}
	reply_set_at(c->reply, mark, n);
	reply_string(c->reply, "redirect");
	tracking_run_getredir(c);
	reply_string(c->reply, "prefixes");
	tracking_reply_prefixes(s, c->reply);
}
