#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Random commands of the whole table, many of them wrong, in RESP2 and RESP3: respd and a redis-server answer the same,
# but for what tests/stress/known.py lists. COMMANDS=N says how many, SEED=N tries others.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
. "$SRCDIR/tests/system/redis.sh"

start_redis
start_server
REDIS_PORT=$REDIS_PORT REFERENCE=$REFERENCE COMMANDS=${COMMANDS:-20000} SEED=${SEED:-1} \
	"$PYTHON" "$SRCDIR/tests/stress/differential.py" || fail 'they answer differently'
stop_server
