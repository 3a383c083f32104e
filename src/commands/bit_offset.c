/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/bit_offset.h"

#include "base/number.h"
#include "base/settings.h"
#include "engine/call.h"
#include "resp/reply.h"

bool
bit_offset_read(struct call *c, size_t i, unsigned width, uint64_t *out)
{
	struct bytes text = call_arg(c, i);
	int64_t n, unit = 1;

	if (width != 0 && text.length != 0 && text.data[0] == '#') {
		text = bytes_make(text.data + 1, text.length - 1);
		unit = width;
	}
	if (!number_parse(text, &n) || __builtin_mul_overflow(n, unit, &n) ||
	    n < 0 || n / 8 >= settings_number(SETTING_PROTO_MAX_BULK_LEN)) {
		reply_error(c->reply,
		    "ERR bit offset is not an integer or out of range");
		return (false);
	}
	*out = (uint64_t)n;
	return (true);
}
