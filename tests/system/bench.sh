#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Exercises bench/load, so that it works when it is wanted: every load that it knows, on many connections and on one, with
# replies verified; and a wrong reply does not go unnoticed.

. "${SRCDIR:-.}/tests/system/lib.sh"

load()	{ "$BUILDDIR/bench/load" -p "$REDIS_PORT" -k 100 -d 3000 "$@"; }

start_server
for operation in fill get set mget mset incr ping mixed; do
	load -c 5 -P 7 -s 0.3 "$operation" >"$TMP/out" || fail "$operation on 5 connections"
	grep -q '^requests=[1-9].* rps=.* p99.9=.* misses=0$' "$TMP/out" || fail "$operation: $(cat "$TMP/out")"
	load -c 1 -t 1 -s 0.02 "$operation" >"$TMP/out" || fail "$operation on one connection"
done
cli set key:000000000000 "$(printf '%3000s' x)" >/dev/null
if load -k 1 -s 1 get >"$TMP/out" 2>&1; then fail 'a wrong value passes'; fi
grep -q 'wrong value of key 0' "$TMP/out" || fail "a wrong value: $(cat "$TMP/out")"
stop_server
