/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the server is asked, and what its replies mean.  All fail with false
 * when there is no point in going on, which was told.
 */
#ifndef IMPORT_EXCHANGE_H
#define IMPORT_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "import/send.h"
#include "import/window.h"

/* Who we are; user may be NULL. */
bool	exchange_login(struct send *, const char *user, const char *password);
bool	exchange_select(struct send *, int64_t database);
/* How many keys that database has. */
bool	exchange_size(struct send *, int64_t database, int64_t *keys);
/*
 * Send the requests, but those about keys that are there already, if these are
 * not to be replaced: such keys are marked as dropped.
 */
bool	exchange_send(struct send *, struct window *);
/* Read the replies to a window that was sent. */
bool	exchange_read(struct send *, struct window *);
/* Delete the keys of a database whose deadline was put off. */
bool	exchange_sweep(struct send *, int64_t database);

#endif
