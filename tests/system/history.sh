#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# 32 clients move things between few keys, see history.c: on the usual number of shards, on one, on few workers, and with a
# journal.

. "${SRCDIR:-.}/tests/system/lib.sh"

# history SECONDS SERVER-ARG...
history()
{
	start_server "${@:2}"
	"$BUILDDIR/tests/history" "$1" "$REDIS_PORT" || fail "on a server with: ${*:2}"
	stop_server
}

history 3
history 2 --shards 1
history 2 --workers 40 --scheduling normal
history 2 --dir "$TMP/data" --appendfsync always
