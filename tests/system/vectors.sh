#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The rows of tests/vectors on both ports, each request in one piece and byte by byte; and that nobody notices one shard
# and one worker.

. "${SRCDIR:-.}/tests/system/lib.sh"

vectors=$SRCDIR/tests/vectors

# play [ARG...]: all rows
play()
{
	timeout 300 "$BUILDDIR/tests/player" --article "$PORT" --redis "$REDIS_PORT" --skip "$vectors/waiting.list" \
		"$@" "$vectors"/*.tsv || fail "player $*"
}

start_server
if "$PYTHON" -c '' 2>/dev/null; then
	REDIS_PORT=$REDIS_PORT "$PYTHON" "$SRCDIR/tests/system/counts.py" "$vectors"/*.tsv || fail 'too few vectors'
	# It would be noticed.
	cat "$vectors"/*.tsv | grep -v -i getdel >"$TMP/few.tsv"
	REDIS_PORT=$REDIS_PORT "$PYTHON" "$SRCDIR/tests/system/counts.py" "$TMP/few.tsv" 2>"$TMP/wrong" &&
		fail 'a command without a vector passes'
	grep -q 'vectors test getdel (0)$' "$TMP/wrong" || fail "not named: $(cat "$TMP/wrong")"
fi
play
play --drip
stop_server

start_server --shards 1 --workers 1
play
stop_server
