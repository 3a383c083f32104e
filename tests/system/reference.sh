#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The rows that say what Redis answers, on a real redis-server: in one piece and byte by byte.

. "${SRCDIR:-.}/tests/system/lib.sh"
. "$SRCDIR/tests/system/redis.sh"

start_redis
for how in '' --drip; do
	timeout 300 "$BUILDDIR/tests/player" --redis "$REFERENCE" --only-redis-sourced $how \
		"$SRCDIR"/tests/vectors/*.tsv || fail "player $how on redis-server"
done
