/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm.h"
#include "talk.h"

enum { LONG = 40000 };		/* bytes of a long text, at most */

struct respc_value *
storm_new_text(struct client *c, const char *label)
{
	size_t length = chance(&c->random,
	    chance(&c->random, 50) == 0 ? LONG : 100), n;
	char *text = malloc(length + 128);
	struct respc_value *v;

	n = (size_t)snprintf(text, 128, "%s %u %" PRIu64 " %zu ", label, c->id,
	    c->seq, length);
	memset(text + n, 'a' + (int)((c->id + c->seq) % 26), length);
	v = respc_new_bytes(text, n + length);
	free(text);
	return (v);
}

struct respc_value *
storm_new_tagged(struct client *c, const char *label)
{
	struct respc_value *list, *dict;

	if (c->dialect == RESP2 || chance(&c->random, 2) == 0)
		return (storm_new_text(c, label));
	list = respc_new_array();
	respc_push(list, respc_new_integer((int64_t)c->seq));
	respc_push(list, respc_new_null());
	respc_push(list, respc_new_integer(-(int64_t)c->id));
	dict = respc_new_dictionary();
	respc_put(dict, respc_new_string("list"), list);
	respc_put(dict, respc_new_string("tag"), storm_new_text(c, label));
	return (dict);
}

void
storm_read_text(struct client *c, const struct respc_value *v,
    const char *label, unsigned *id, uint64_t *seq)
{
	size_t length, wanted, i, n = strlen(label);
	const char *text = respc_string(v, &length);
	int used;

	if (text == NULL || length < n || memcmp(text, label, n) != 0 ||
	    sscanf(text + n, " %u %" SCNu64 " %zu%n", id, seq, &wanted,
	    &used) != 3 || *id >= c->all)
		storm_wrong(c, "not a value of %s: %.100s", label,
		    text != NULL ? text : "no string");
	n += (size_t)used + 1;
	if (length != n + wanted)
		storm_wrong(c, "%zu bytes, not %zu: %.100s", length, n + wanted,
		    text);
	for (i = n; i < length; i++) {
		if (text[i] != 'a' + (char)((*id + *seq) % 26))
			storm_wrong(c, "byte %zu is %c: %.100s", i, text[i], text);
	}
}

void
storm_read_tagged(struct client *c, const struct respc_value *v,
    const char *label, unsigned *id, uint64_t *seq)
{
	const struct respc_value *list = respc_find(v, "list");

	if (respc_type(v) != RESPC_DICTIONARY) {
		storm_read_text(c, v, label, id, seq);
		return;
	}
	storm_read_text(c, respc_find(v, "tag"), label, id, seq);
	if (respc_length(v) != 2 || respc_length(list) != 3 ||
	    respc_integer(respc_item(list, 0)) != (int64_t)*seq ||
	    respc_type(respc_item(list, 1)) != RESPC_NULL ||
	    respc_integer(respc_item(list, 2)) != -(int64_t)*id)
		storm_wrong(c, "the list is not that of %u's %" PRIu64, *id, *seq);
}
