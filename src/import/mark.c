/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/mark.h"

int64_t
mark_deadline(int64_t deadline, int64_t now)
{
	if (deadline > now)
		return (deadline);
	return (MARK + (deadline > 0 ? deadline : 0));
}

bool
mark_is_set(int64_t ttl)
{
	return (ttl > MARK / 2);
}

/* The place of the deadline among the arguments, 0 if there is none. */
static size_t
find_deadline(const struct bytes *args, size_t count, bool *seconds)
{
	size_t i;

	*seconds = bytes_is(args[0], "expireat");
	if ((*seconds || bytes_is(args[0], "pexpireat")) && count >= 3)
		return (2);
	if (!bytes_is(args[0], "set"))
		return (0);
	for (i = 3; i + 1 < count; i++) {
		*seconds = bytes_is(args[i], "exat");
		if (*seconds || bytes_is(args[i], "pxat"))
			return (i + 1);
	}
	return (0);
}

/* EXPIREAT becomes PEXPIREAT, whose conditions were met when it was written. */
bool
mark_command(struct bytes *args, size_t *count, int64_t now,
    char digits[NUMBER_SIZE])
{
	int64_t deadline;
	bool seconds;
	size_t at = find_deadline(args, *count, &seconds);

	if (at == 0 || !number_parse(args[at], &deadline) ||
	    deadline > (seconds ? now / 1000 : now))
		return (false);
	/* Seconds in the past, but perhaps absurdly so. */
	if (seconds)
		deadline = deadline > 0 ? deadline * 1000 : 0;
	args[at] = bytes_make(digits,
	    number_format(digits, mark_deadline(deadline, now)));
	if (at == 2) {
		args[0] = bytes_of("PEXPIREAT");
		*count = 3;
	} else
		args[at - 1] = bytes_of("PXAT");
	return (true);
}
