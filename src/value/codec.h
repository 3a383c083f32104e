/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A value as bytes that can be kept: what DUMP gives and RESTORE takes.  All
 * types, nested, order and types of keys included.
 *
 * A value is one byte for its type and then: nothing for null, false and true;
 * an integer as a varint of its zigzag (Protocol Buffers' encoding); a double
 * as its eight bytes, lowest first; a string, big number or error as a varint
 * of its length and its bytes; a container as a varint of how many elements,
 * pairs or members it has, and these.
 */
#ifndef VALUE_CODEC_H
#define VALUE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "value/value.h"

/* Add the value to out; it may fail there for want of memory. */
void	codec_encode(struct buf *out, const struct value *);
/*
 * Make a value, the caller's to free, of all of the bytes; false, and *out is
 * VALUE_NONE, if they are none.  They may come from anybody: what is made
 * grows with how many there are.
 */
bool	codec_decode(struct bytes, struct value *out);
/*
 * The same of the first of the bytes, which are moved on behind it.  A string,
 * big number or error is a view of them.
 */
bool	codec_take(struct bytes *, struct value *out);

/* The varints of the format, for those who put something beside a value. */
void	codec_put_number(struct buf *, uint64_t);
bool	codec_take_number(struct bytes *, uint64_t *);

#endif
