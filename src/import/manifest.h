/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of the files that an append-only directory of Redis 7 is made of.
 */
#ifndef IMPORT_MANIFEST_H
#define IMPORT_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct manifest {
	char	**names;	/* the base, if there is one, then the others */
	size_t	 count;
	char	 error[160];
};

/* Take the list apart, into a manifest that is all zero; false: see error. */
bool	manifest_parse(struct manifest *, struct bytes text);
void	manifest_free(struct manifest *);

#endif
