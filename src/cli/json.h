/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values written as JSON; print.h is the way back.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stddef.h>

#include "base/bytes.h"
#include "client/respc.h"

enum { JSON_MAX_DEPTH = 128 };

/*
 * The JSON value that the text begins with, to be freed; *used is how many
 * bytes it and the blanks around it take.  NULL: *error says what is wrong at
 * byte *used, counted from 0.
 */
struct respc_value *json_read(struct bytes text, size_t *used,
		    const char **error);
/* The same for a text that is one value and nothing else. */
struct respc_value *json_parse(struct bytes text, size_t *used,
		    const char **error);

#endif
