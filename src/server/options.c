/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/options.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include "base/settings.h"

static void
print_help(void)
{
	const struct setting *row;
	int id;

	printf("usage: respd [-c FILE] [--NAME VALUE ...]\n\n"
	    "  -c, --config FILE      read settings from FILE, respd.conf(5)\n"
	    "      --test-config      check all settings and exit\n"
	    "      --version          print the version and exit\n"
	    "  -h, --help             print this and exit\n\n"
	    "Any setting may be given here too and goes before the file:\n");
	for (id = 0; id < SETTINGS; id++) {
		row = settings_row((enum setting_id)id);
		printf("  --%-20s %s (%s)\n", row->name, row->argument,
		    *row->initial != '\0' ? row->initial : "none");
	}
}

/* "--NAME=VALUE" or "--NAME VALUE": moves i to the last argument used. */
static enum options_action
read_setting(struct options *o, int *i, bool live_only, struct buf *wrong)
{
	const char *name = o->argv[*i] + 2, *equal = strchr(name, '=');
	const char *value, *nearest;
	struct bytes key = bytes_of(name);
	struct buf expected = { 0 };
	enum setting_id id;
	bool ok;

	if (equal != NULL)
		key.length = (size_t)(equal - name);
	id = settings_find(key);
	if (id == SETTINGS) {
		nearest = settings_nearest(key);
		buf_add_format(wrong, "unknown option --%.*s",
		    (int)key.length, name);
		if (nearest != NULL)
			buf_add_format(wrong, ", did you mean --%s?", nearest);
		return (OPTIONS_BAD_USAGE);
	}
	value = equal != NULL ? equal + 1 :
	    *i + 1 < o->argc ? o->argv[++*i] : NULL;
	if (value == NULL) {
		buf_add_format(wrong, "--%s needs a value", name);
		return (OPTIONS_BAD_USAGE);
	}
	if (live_only && !settings_row(id)->live)
		return (OPTIONS_RUN);
	ok = settings_set(id, bytes_of(value), &expected);
	if (!ok)
		buf_add_format(wrong, "--%.*s '%s': %.*s", (int)key.length,
		    name, value, (int)expected.length, expected.data);
	buf_free(&expected);
	return (ok ? OPTIONS_RUN : OPTIONS_BAD_VALUE);
}

static bool
is_config_option(const char *arg)
{
	return (strcmp(arg, "-c") == 0 || strcmp(arg, "--config") == 0);
}

/* All settings of the command line; finds o->config on the way. */
static enum options_action
read_all(struct options *o, bool live_only, struct buf *wrong)
{
	enum options_action action, result = OPTIONS_RUN;
	const char *arg;
	int i;

	for (i = 1; i < o->argc; i++) {
		arg = o->argv[i];
		if (is_config_option(arg) && i + 1 < o->argc)
			o->config = o->argv[++i];
		else if (is_config_option(arg)) {
			buf_add_format(wrong, "%s needs a file", arg);
			return (OPTIONS_BAD_USAGE);
		} else if (strcmp(arg, "--test-config") == 0)
			result = OPTIONS_TEST_CONFIG;
		else if (strncmp(arg, "--", 2) == 0) {
			action = read_setting(o, &i, live_only, wrong);
			if (action != OPTIONS_RUN)
				return (action);
		} else {
			buf_add_format(wrong, "unknown argument %s", arg);
			return (OPTIONS_BAD_USAGE);
		}
	}
	return (result);
}

enum options_action
options_read(struct options *o, int argc, char **argv, struct buf *wrong)
{
	enum options_action action;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			print_help();
			return (OPTIONS_DONE);
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("respd %s\n", PACKAGE_VERSION);
			return (OPTIONS_DONE);
		}
	}
	*o = (struct options){ .argc = argc, .argv = argv };
	action = read_all(o, false, wrong);
	if (o->config == NULL || action == OPTIONS_BAD_USAGE ||
	    action == OPTIONS_BAD_VALUE)
		return (action);
	if (!settings_load(o->config, false, wrong))
		return (OPTIONS_BAD_VALUE);
	/* Once more, over what the file says. */
	return (read_all(o, false, wrong));
}

bool
options_reload(const struct options *o, struct buf *wrong)
{
	struct options again = *o;

	if (o->config == NULL) {
		buf_add_string(wrong, "no file was given with -c");
		return (false);
	}
	if (!settings_load(o->config, true, wrong))
		return (false);
	read_all(&again, true, wrong);
	return (true);
}
