#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Many clients of all dialects and few keys, see storm.c: on the usual number of shards, and on one and two, where all
# meet at the same locks; and with more clients than workers.

. "${SRCDIR:-.}/tests/system/lib.sh"

# storm ARG... -- SERVER-ARG...
storm()
{
	local args=()
	while [ "$1" != -- ]; do
		args+=("$1")
		shift
	done
	shift
	start_server "$@"
	"$BUILDDIR/tests/storm" "${args[@]}" "$PORT" "$REDIS_PORT" || fail "${args[*]} on a server with: $*"
	cli flush >/dev/null
	[ "$(cli --json dbsize)" = 0 ] || fail 'keys are left after FLUSH'
	stop_server
}

storm -s 2 -t 4 -c 6 --
storm -s 1 -t 4 -c 4 -- --shards 1
storm -s 1 -t 4 -c 6 -- --shards 2 --scheduling normal
# Half of them are served when the others have left.
storm -s 30 -n 300 -t 8 -c 1 -- --workers 4
# With a journal, and replies that others send.
storm -s 2 -t 4 -c 6 -- --dir "$TMP/data" --appendfsync always
