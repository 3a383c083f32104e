/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_TEST_CONFIG,
	OPTIONS_DONE,		/* --help, --version: answered on stdout */
	OPTIONS_BAD_USAGE,
	OPTIONS_BAD_VALUE,
};

struct options {
	int		  argc;
	char		**argv;		/* as main() got them */
	const char	 *config;	/* of -c, or NULL */
};

/*
 * Read the command line and then the file it names into the settings; what
 * the command line says goes before the file.  BAD: what is wrong is in wrong.
 */
enum options_action	options_read(struct options *, int argc, char **argv,
			    struct buf *wrong);
/*
 * Read the file again for the settings that may change while the server runs.
 * False, and nothing has changed: what is wrong is in wrong.
 */
bool			options_reload(const struct options *,
			    struct buf *wrong);

#endif
