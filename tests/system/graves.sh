#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Exercises what is freed in the background: large containers that are deleted, overwritten or expire, and whole databases;
# INFO counts them, and what is small is not among them; the end waits for what is in line.

. "${SRCDIR:-.}/tests/system/lib.sh"

# info FIELD: its value
info()	{ cli info memory | sed -n "s/^$1:\([0-9]*\).*/\1/p"; }
freed()	{ [ "$(info lazyfreed_objects)" = "$1" ] && [ "$(info lazyfree_pending_objects)" = 0 ]; }

# many COMMAND KEY [WORD]: 5000 members, each with the word before it
many()
{
	local i words=()
	for ((i = 0; i < 5000; i++)); do words+=(${3+"$3"} "member:$i"); done
	cli "$1" "$2" "${words[@]}" >/dev/null || fail "$1"
}

start_server
many RPUSH list
many SADD set
many HSET hash
many ZADD zset 1
before=$(info used_memory)
[ "$before" -gt 500000 ] || fail "only $before bytes are used"
cli DEL list >/dev/null
await 'a list' freed 1
cli SET set string >/dev/null
await 'what a string replaced' freed 2
cli PEXPIRE hash 1 >/dev/null
await 'what expired' freed 3
cli RPUSH small 1 2 3 >/dev/null
cli UNLINK small zset >/dev/null
await 'one of two is large' freed 5
[ "$(info used_memory)" -lt $((before - 400000)) ] || fail "still $(info used_memory) bytes of $before"
cli SET small 1 >/dev/null
cli DEL small >/dev/null
freed 5 || fail 'what is small was freed in the background'
cli CONFIG RESETSTAT >/dev/null
freed 0 || fail 'RESETSTAT leaves a count'
for i in {1..40}; do many SADD "set:$i"; done
cli FLUSHALL >/dev/null
stop_server
