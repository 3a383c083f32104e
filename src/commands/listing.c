/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/listing.h"

#include "engine/call.h"
#include "engine/key.h"
#include "engine/record.h"
#include "resp/reply.h"
#include "value/list.h"

void
listing_removed(struct call *c, size_t arg, struct value *v,
    const char *event)
{
	call_event(c, EVENT_LIST, event, arg);
	if (!key_store(c, arg, v))
		call_event(c, EVENT_GENERIC, "del", arg);
}

void
listing_pop(struct call *c, size_t arg, struct value *v, bool front,
    uint64_t n)
{
	size_t length = list_length(v->list), count;
	struct list_iter it;

	count = n < length ? (size_t)n : length;
	reply_array(c->reply, count);
	if (count == 0)
		return;
	list_start(&it, v->list, front ? 0 : length - 1, !front);
	for (n = count; n != 0 && list_next(&it); n--)
		reply_value(c->reply, &it.value);
	list_remove(&v->list, front ? 0 : length - count, count);
	record_say_count(c, arg, front ? "LPOP" : "RPOP", count);
	listing_removed(c, arg, v, front ? "lpop" : "rpop");
}

bool
listing_same(const struct value *a, const struct value *b)
{
	char a_digits[NUMBER_SIZE], b_digits[NUMBER_SIZE];
	struct bytes x, y;

	if (a->type == VALUE_STRING && b->type == VALUE_STRING)
		return (bytes_equal(value_bytes(a), value_bytes(b)));
	return (value_text(a, &x, a_digits) && value_text(b, &y, b_digits) &&
	    bytes_equal(x, y));
}
