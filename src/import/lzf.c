/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LZF: a control byte below 32 is that many bytes and one more, as they are;
 * any other is a copy of 3 to 264 bytes from up to 8 KiB before.
 */
#include "import/lzf.h"

#include <string.h>

enum {
	PLAIN		= 32,		/* control bytes below it */
	LONG_COPY	= 7,		/* its length has a byte of its own */
};

/* A copy may overlap what it makes: that is how runs are packed. */
static void
copy_from_before(char *out, size_t distance, size_t n)
{
	for (; n != 0; n--, out++)
		*out = out[-(ptrdiff_t)distance];
}

bool
lzf_unpack(struct bytes packed, char *out, size_t length)
{
	const unsigned char *in = (const unsigned char *)packed.data;
	const unsigned char *end = in + packed.length;
	size_t done = 0, distance, n;

	while (in < end) {
		unsigned control = *in++;

		if (control < PLAIN) {
			n = control + 1;
			if (n > (size_t)(end - in) || n > length - done)
				return (false);
			memcpy(out + done, in, n);
			in += n;
		} else {
			n = control >> 5;
			if (n == LONG_COPY) {
				if (in == end)
					return (false);
				n += *in++;
			}
			n += 2;
			if (in == end)
				return (false);
			distance = ((control & 0x1f) << 8 | *in++) + 1;
			if (distance > done || n > length - done)
				return (false);
			copy_from_before(out + done, distance, n);
		}
		done += n;
	}
	return (done == length);
}
