/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints what the manual and the sample configuration say about settings and
 * commands, from the tables the server runs on, so that they cannot disagree.
 * Runs while respd is built.
 *
 * What a table has no room for is in man/commands/GROUP.mdoc: the section's
 * heading first, then for each command of the group a line
 *
 *	.\" name
 *
 * and its paragraph.  "generate check" finds a command without a paragraph and
 * a paragraph without a command.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/settings.h"
#include "commands/registry.h"
#include "commands/syntax.h"
#include "resp/reply.h"

/* In the order of the manual. */
static const char *const groups[] = {
	"string", "bitmap", "hyperloglog", "list", "hash", "set", "sorted-set",
	"geo", "schedule", "generic", "transactions", "pubsub", "connection",
	"cluster", "server",
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]), WIDTH = 78 };

static const char mark[] = ".\\\" ";

static void	fail(const char *format, ...)
		    __attribute__((format(printf, 1, 2), noreturn));

static void
fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("generate: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(EXIT_FAILURE);
}

/*
 * Text in lines that begin with `before`; with sentences, each begins one, as
 * mdoc(7) wants it.
 */
static void
print_text(const char *text, const char *before, bool sentences)
{
	size_t column = 0, length;
	bool ended = false;

	for (; *text != '\0'; text += length + strspn(text + length, " ")) {
		length = strcspn(text, " ");
		if (column != 0 && (column + 1 + length > WIDTH ||
		    (sentences && ended))) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column == 0 ? before : " ",
		    (int)length, text);
		ended = text[length - 1] == '.';
	}
	putchar('\n');
}

static void
settings_conf(void)
{
	const struct setting *row;
	int id;

	print_text("respd.conf: see respd.conf(5).  Each setting stands here "
	    "with its default; take the # away to change it.", "# ", false);
	for (id = 0; id < SETTINGS; id++) {
		row = settings_row((enum setting_id)id);
		putchar('\n');
		print_text(row->summary, "# ", false);
		printf("# %s %s\n", row->name, *row->initial != '\0' ?
		    row->initial : "\"\"");
	}
}

/* "A number from 0 to 65535." where there is a range. */
static void
print_range(enum setting_id id)
{
	const struct setting *row = settings_row(id);
	struct buf expected = { 0 };

	if (row->type != SETTING_IS_NUMBER && row->type != SETTING_IS_SIZE)
		return;
	/* What it would say to one who gets it wrong. */
	settings_check(id, bytes_of("?"), &expected);
	buf_add_char(&expected, '\0');
	printf("%s.\n", expected.data + strlen("expected "));
	buf_free(&expected);
}

static void
settings_mdoc(void)
{
	const struct setting *row;
	int id;

	for (id = 0; id < SETTINGS; id++) {
		row = settings_row((enum setting_id)id);
		printf(".It Ic %s %s %s\n", row->name,
		    row->type == SETTING_IS_CHOICE ||
		    row->type == SETTING_IS_BOOLEAN ? "Cm" : "Ar",
		    row->argument);
		print_text(row->summary, "", true);
		print_range((enum setting_id)id);
		if (*row->initial != '\0')
			printf("The default is\n.Cm %s .\n", row->initial);
		if (row->live)
			puts("Can be changed while the server runs.");
	}
}

/* The file's text, to be freed. */
static char *
read_file(const char *directory, const char *group)
{
	struct buf path = { 0 }, text = { 0 };
	char piece[4096];
	FILE *file;
	size_t n;

	buf_add_format(&path, "%s/%s.mdoc%c", directory, group, '\0');
	file = fopen(path.data, "r");
	if (file == NULL)
		fail("%s: %s", path.data, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), file)) != 0)
		buf_add(&text, piece, n);
	if (ferror(file))
		fail("%s: cannot be read", path.data);
	fclose(file);
	buf_free(&path);
	buf_add_char(&text, '\0');
	return (text.data);
}

/* The next mark at the beginning of a line, from text on; NULL at the end. */
static const char *
find_mark(const char *text)
{
	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, mark, strlen(mark)) == 0)
			return (text + strlen(mark));
	}
	return (NULL);
}

/* The name behind a mark, with "|" where a subcommand begins. */
static void
read_name(const char *marked, char *name, size_t size)
{
	size_t i;

	snprintf(name, size, "%.*s", (int)strcspn(marked, "\n"), marked);
	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] == ' ')
			name[i] = '|';
	}
}

/* The paragraph of a command, behind the line with its name; or NULL. */
static const char *
find_prose(const char *text, const char *full_name)
{
	char name[64];

	while ((text = find_mark(text)) != NULL) {
		read_name(text, name, sizeof(name));
		if (strcmp(name, full_name) == 0)
			return (text + strcspn(text, "\n") + 1);
	}
	return (NULL);
}

/* Capitals are said as they are, small letters stand for something. */
static void
print_syntax(const char *syntax)
{
	static const char brackets[] = "[]<>";
	static const char *const macros[] = { "Oo", "Oc", "Bro", "Brc" };
	const char *bracket;
	size_t length;

	for (; *syntax != '\0'; syntax += length) {
		length = strcspn(syntax, " []<>");
		bracket = strchr(brackets, *syntax);
		if (length != 0)
			printf(" %s%.*s", isupper((unsigned char)*syntax) ?
			    "Cm " : islower((unsigned char)*syntax) ? "Ar " :
			    "", (int)length, syntax);
		else if (bracket != NULL)
			printf(" %s", macros[bracket - brackets]);
		length += length == 0;
	}
	putchar('\n');
}

static void
print_command(const struct command *row, const char *prose)
{
	const char *end = find_mark(prose), *p;

	printf(".It Ic ");
	for (p = row->full_name; *p != '\0'; p++)
		putchar(*p == '|' ? ' ' : toupper((unsigned char)*p));
	print_syntax(row->syntax);
	print_text(row->summary, "", true);
	printf("%.*s", end != NULL ? (int)(end - strlen(mark) - prose) :
	    (int)strlen(prose), prose);
	printf(".Pp\n%s %s.\nCost: %s.\n", (row->flags & CMD_OURS) != 0 ?
	    "Since respd" : "In Redis since", row->since, row->cost);
}

/* Whether the row has a paragraph of its own. */
static bool
is_in_manual(const struct command *row, const char *group)
{
	return ((row->flags & CMD_CONTAINER) == 0 &&
	    strcmp(row->group, group) == 0);
}

static void
commands_mdoc(const struct command_table *commands, const char *directory)
{
	const struct command *row;
	const char *prose;
	char *text;
	size_t i, g;

	for (g = 0; g < GROUPS; g++) {
		text = read_file(directory, groups[g]);
		prose = find_mark(text);
		if (prose == NULL)
			fail("%s.mdoc describes nothing", groups[g]);
		printf("%.*s.Bl -tag -width Ds\n",
		    (int)(prose - strlen(mark) - text), text);
		for (i = 0; i < command_count_all(commands); i++) {
			row = command_at(commands, i);
			if (!is_in_manual(row, groups[g]))
				continue;
			prose = find_prose(text, row->full_name);
			if (prose == NULL)
				fail("%s.mdoc: nothing about %s", groups[g],
				    row->full_name);
			print_command(row, prose);
		}
		puts(".El");
		mem_free(text);
	}
}

static const struct command *
find_command(const struct command_table *commands, const char *full_name)
{
	size_t i;

	for (i = 0; i < command_count_all(commands); i++) {
		if (strcmp(command_at(commands, i)->full_name, full_name) == 0)
			return (command_at(commands, i));
	}
	return (NULL);
}

/* Say what is missing from a group and what is too much; how much that is. */
static int
check_group(const struct command_table *commands, const char *directory,
    const char *group)
{
	char *text = read_file(directory, group), name[64];
	const struct command *row;
	const char *p;
	int wrong = 0;
	size_t i;

	for (i = 0; i < command_count_all(commands); i++) {
		row = command_at(commands, i);
		if (is_in_manual(row, group) &&
		    find_prose(text, row->full_name) == NULL)
			wrong += fprintf(stderr, "%s/%s.mdoc: nothing about "
			    "%s\n", directory, group, row->full_name) > 0;
	}
	for (p = text; (p = find_mark(p)) != NULL;) {
		read_name(p, name, sizeof(name));
		row = find_command(commands, name);
		if (row == NULL || !is_in_manual(row, group))
			wrong += fprintf(stderr, "%s/%s.mdoc: there is no "
			    "command %s\n", directory, group, name) > 0;
	}
	mem_free(text);
	return (wrong);
}

/* A malformed syntax is an assertion: here, and not in COMMAND DOCS. */
static void
check_syntax(const struct command *row)
{
	struct reply reply = { .dialect = DIALECT_RESP3 };

	if (*row->syntax != '\0')
		syntax_reply(&reply, row->syntax);
	buf_free(&reply.out);
}

static int
check(const struct command_table *commands, const char *directory)
{
	const struct command *row;
	int wrong = 0;
	size_t i, g;

	for (g = 0; g < GROUPS; g++)
		wrong += check_group(commands, directory, groups[g]);
	for (i = 0; i < command_count_all(commands); i++) {
		row = command_at(commands, i);
		check_syntax(row);
		for (g = 0; g < GROUPS; g++) {
			if (strcmp(row->group, groups[g]) == 0)
				break;
		}
		if (g == GROUPS)
			wrong += fprintf(stderr, "%s is in group '%s', which "
			    "the manual has no section for\n", row->full_name,
			    row->group) > 0;
	}
	return (wrong);
}

int
main(int argc, char **argv)
{
	struct command_table *commands = registry_new();
	const char *what = argc > 1 ? argv[1] : "";
	int wrong = 0;

	settings_init();
	if (argc == 2 && strcmp(what, "settings-mdoc") == 0)
		settings_mdoc();
	else if (argc == 2 && strcmp(what, "settings-conf") == 0)
		settings_conf();
	else if (argc == 3 && strcmp(what, "commands-mdoc") == 0)
		commands_mdoc(commands, argv[2]);
	else if (argc == 3 && strcmp(what, "check") == 0)
		wrong = check(commands, argv[2]);
	else
		fail("settings-mdoc | settings-conf | commands-mdoc DIR | "
		    "check DIR");
	settings_free();
	command_table_free(&commands);
	if (fflush(stdout) != 0)
		fail("%s", strerror(errno));
	return (wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
