/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies as text, whole lines, added to a buffer.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "base/buf.h"
#include "client/respc.h"

/* For people: nested values indented, strings quoted and escaped. */
void	print_value(struct buf *, const struct respc_value *);
/* The same, but a string that is the whole reply as it is. */
void	print_raw(struct buf *, const struct respc_value *);
/*
 * One line of JSON.  A set is an array and an error {"error":"text"}; a
 * number that is none a string; a key that is no string its JSON as a string;
 * control characters and bytes that are not UTF-8 are \u00XX.
 */
void	print_json(struct buf *, const struct respc_value *);

#endif
