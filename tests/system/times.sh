#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Calls of a pipeline share a look at the clock (engine/meter.c): all are counted nevertheless, and where all are to be logged
# as slow, all are.

. "${SRCDIR:-.}/tests/system/lib.sh"

# pipeline COMMAND TIMES: sent at once; reads that many lines of replies
pipeline()
{
	local i line
	exec 3<>"/dev/tcp/127.0.0.1/$REDIS_PORT"
	for ((i = 0; i < $2; i++)); do printf '%s\r\n' "$1"; done >"$TMP/requests"
	cat "$TMP/requests" >&3
	for ((i = 0; i < $2; i++)); do IFS= read -r line <&3; done
	exec 3>&-
}

calls()	{ redis-cli -p "$REDIS_PORT" info commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p"; }

start_server
pipeline 'INCR n' 50
[ "$(calls incr)" = 50 ] || fail "INCR: $(calls incr) calls"
redis-cli -p "$REDIS_PORT" latency histogram incr | grep -qx 50 || fail 'the histogram has not all calls'
redis-cli -p "$REDIS_PORT" config set slowlog-log-slower-than 0 >/dev/null
redis-cli -p "$REDIS_PORT" slowlog reset >/dev/null
pipeline 'INCR n' 20
n=$(redis-cli -p "$REDIS_PORT" slowlog get 100 | grep -cx INCR)
[ "$n" = 20 ] || fail "$n calls in the slow log"
stop_server
