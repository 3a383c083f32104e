/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From "key [NX | XX] [EX seconds]" to the tree of COMMAND DOCS, so that a row
 * says it once.  Rows are ours: one that is malformed is a bug.
 */
#include "commands/syntax.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "resp/reply.h"

/* More than the longest syntax has arguments. */
enum { NODES = 64 };

struct node {
	const char	*type;
	struct bytes	 name;		/* of a token: the token */
	struct bytes	 token;		/* what stands before a value, or none */
	bool		 optional;
	bool		 multiple;
	struct node	*first;		/* of a block or a choice */
	struct node	*next;
};

struct parser {
	const char	*at;
	struct node	 nodes[NODES];
	size_t		 used;
	bool		 repeats;	/* the last sequence ended in "..." */
};

static struct node	*parse_choice(struct parser *);

static struct node *
new_node(struct parser *p, const char *type, struct bytes name)
{
	struct node *node = &p->nodes[p->used++];

	assert(p->used <= NODES);
	*node = (struct node){ .type = type, .name = name };
	return (node);
}

/* Several nodes as one, named after the first. */
static struct node *
wrap(struct parser *p, const char *type, struct node *first)
{
	struct node *node = new_node(p, type, first->name);

	node->first = first;
	return (node);
}

static const char *
value_type(struct bytes name)
{
	static const char *const types[][2] = {
		{ "key", "key" }, { "key1", "key" }, { "key2", "key" },
		{ "destkey", "key" }, { "sourcekey", "key" },
		{ "pattern", "pattern" },
		{ "unix-time-seconds", "unix-time" },
		{ "unix-time-milliseconds", "unix-time" },
		{ "seconds", "integer" }, { "milliseconds", "integer" },
		{ "client-id", "integer" }, { "index", "integer" },
		{ "protover", "integer" }, { "version", "integer" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (bytes_is(name, types[i][0]))
			return (types[i][1]);
	}
	return ("string");
}

static void
skip_blanks(struct parser *p)
{
	while (*p->at == ' ')
		p->at++;
}

static struct bytes
take_word(struct parser *p)
{
	size_t length = strcspn(p->at, " []<>");
	struct bytes word = bytes_make(p->at, length);

	assert(length != 0);
	p->at += length;
	skip_blanks(p);
	return (word);
}

/* A node for "[...]", "<...>", "NX", "EX seconds", "TYPE <...>" or "key". */
static struct node *
parse_one(struct parser *p)
{
	struct node *node;
	struct bytes word;
	char open = *p->at;

	if (open == '[' || open == '<') {
		p->at++;
		node = parse_choice(p);
		assert(*p->at == (open == '[' ? ']' : '>'));
		p->at++;
		skip_blanks(p);
		if (node->next != NULL)
			node = wrap(p, "block", node);
		node->optional = open == '[';
		node->multiple = p->repeats;
		p->repeats = false;
		return (node);
	}
	word = take_word(p);
	if (!isupper((unsigned char)word.data[0]))
		return (new_node(p, value_type(word), word));
	if (*p->at != '<' && !islower((unsigned char)*p->at))
		return (new_node(p, "pure-token", word));
	node = parse_one(p);
	node->token = word;
	return (node);
}

static bool
same_nodes(const struct node *a, const struct node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		if (!bytes_equal(a->name, b->name) || a->first != NULL)
			return (false);
	}
	return (a == NULL && b == NULL);
}

/*
 * "a b [a b ...]": the optional repetition is one with what it repeats, from
 * *tail on; false if it is none.
 */
static bool
fold(struct parser *p, struct node **tail, const struct node *node)
{
	struct node copy = *node;
	const struct node *repeated = node->first;

	if (!node->optional || !node->multiple)
		return (false);
	if (repeated == NULL) {
		copy.next = NULL;
		repeated = &copy;
	}
	for (; *tail != NULL && !same_nodes(*tail, repeated);
	    tail = &(*tail)->next)
		;
	if (*tail == NULL)
		return (false);
	if ((*tail)->next != NULL)
		*tail = wrap(p, "block", *tail);
	(*tail)->multiple = true;
	return (true);
}

/* Nodes up to "|" or a closing bracket. */
static struct node *
parse_sequence(struct parser *p)
{
	struct node *first = NULL, **end, *node;

	skip_blanks(p);
	while (*p->at != '\0' && strchr("|]>", *p->at) == NULL) {
		if (strncmp(p->at, "...", 3) == 0) {
			p->at += 3;
			p->repeats = true;
			continue;
		}
		node = parse_one(p);
		if (fold(p, &first, node))
			continue;
		for (end = &first; *end != NULL; end = &(*end)->next)
			;
		*end = node;
	}
	assert(first != NULL);
	return (first);
}

/* Sequences with "|" between them, or just one: its nodes. */
static struct node *
parse_choice(struct parser *p)
{
	struct node *first = parse_sequence(p), *last, *choice;

	if (*p->at != '|')
		return (first);
	if (first->next != NULL)
		first = wrap(p, "block", first);
	choice = wrap(p, "oneof", first);
	for (last = first; *p->at == '|'; last = last->next) {
		p->at++;
		last->next = parse_sequence(p);
		if (last->next->next != NULL)
			last->next = wrap(p, "block", last->next);
	}
	return (choice);
}

static void	reply_nodes(struct reply *, const struct node *);

static void
reply_field(struct reply *r, const char *field, struct bytes value)
{
	reply_string(r, field);
	reply_bulk(r, value);
}

/* Tokens are named by what they are in small letters. */
static void
reply_name(struct reply *r, struct bytes name)
{
	struct buf lower = { 0 };

	buf_add_lower(&lower, name);
	reply_field(r, "name", buf_bytes(&lower));
	buf_free(&lower);
}

static void
reply_node(struct reply *r, const struct node *node)
{
	bool is_key = strcmp(node->type, "key") == 0;
	bool is_token = strcmp(node->type, "pure-token") == 0;
	bool has_token = is_token || node->token.length != 0;
	bool has_flags = node->optional || node->multiple;

	reply_map(r, (size_t)2 + is_key + has_token + has_flags +
	    (node->first != NULL));
	reply_name(r, node->name);
	reply_field(r, "type", bytes_of(node->type));
	if (is_key) {
		reply_string(r, "key_spec_index");
		reply_integer(r, 0);
	}
	if (has_token)
		reply_field(r, "token", is_token ? node->name : node->token);
	if (has_flags) {
		reply_string(r, "flags");
		reply_set(r, (size_t)node->optional + node->multiple);
		if (node->optional)
			reply_status(r, "optional");
		if (node->multiple)
			reply_status(r, "multiple");
	}
	if (node->first != NULL) {
		reply_string(r, "arguments");
		reply_nodes(r, node->first);
	}
}

static void
reply_nodes(struct reply *r, const struct node *first)
{
	const struct node *node;
	size_t n = 0;

	for (node = first; node != NULL; node = node->next)
		n++;
	reply_array(r, n);
	for (node = first; node != NULL; node = node->next)
		reply_node(r, node);
}

void
syntax_reply(struct reply *r, const char *syntax)
{
	struct parser p = { .at = syntax };
	const struct node *first = parse_choice(&p);

	assert(*p.at == '\0');
	reply_nodes(r, first);
}
