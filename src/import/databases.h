/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which databases of the files are wanted, and where they go.
 */
#ifndef IMPORT_DATABASES_H
#define IMPORT_DATABASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than anybody has: what is beyond is damage. */
enum { DATABASES = 65536 };

/* All zero: each goes where it was. */
struct databases {
	struct { int64_t from, to; } *routes;
	size_t	count;
};

/* Add "FROM" or "FROM:TO"; false: it is neither. */
bool	databases_add(struct databases *, const char *text);
/* Where a database goes; -1: it is not wanted. */
int64_t	databases_target(const struct databases *, uint64_t from);
void	databases_free(struct databases *);

#endif
