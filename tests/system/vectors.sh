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
play
play --drip
stop_server

start_server --shards 1 --workers 1
play
stop_server
