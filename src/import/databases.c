/* SPDX-License-Identifier: BSD-2-Clause */
#include "import/databases.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/number.h"

static bool
parse(struct bytes text, int64_t *number)
{
	return (number_parse(text, number) && *number >= 0 &&
	    *number < DATABASES);
}

bool
databases_add(struct databases *d, const char *text)
{
	const char *colon = strchr(text, ':');
	int64_t from, to;

	if (colon == NULL) {
		if (!parse(bytes_of(text), &from))
			return (false);
		to = from;
	} else if (!parse(bytes_make(text, (size_t)(colon - text)), &from) ||
	    !parse(bytes_of(colon + 1), &to))
		return (false);
	d->routes = mem_resize(d->routes,
	    (d->count + 1) * sizeof(*d->routes));
	d->routes[d->count].from = from;
	d->routes[d->count++].to = to;
	return (true);
}

int64_t
databases_target(const struct databases *d, uint64_t from)
{
	size_t i;

	if (d->count == 0)
		return ((int64_t)from);
	for (i = 0; i < d->count; i++)
		if ((uint64_t)d->routes[i].from == from)
			return (d->routes[i].to);
	return (-1);
}

void
databases_free(struct databases *d)
{
	mem_free(d->routes);
}
