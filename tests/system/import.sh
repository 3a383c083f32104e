#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Moving in from a redis-server: its dump with all types, small and large, in three databases, read through both servers
# afterwards; --db, --dry-run, --replace, --keep-existing; streams and functions; what is damaged is not begun with; a
# dump through a pipe; an append-only directory whose deadlines have passed and were renewed, whole and torn; a plain
# append-only file; a server that asks for a password or has no room.

. "${SRCDIR:-.}/tests/system/lib.sh"
. "$SRCDIR/tests/system/redis.sh"
need_python
: "${RESPD_IMPORT:=$BUILDDIR/src/respd-import}"

# import STATUS [ARG...]: into respd; what it says is in $TMP/said
import()
{
	local wanted=$1 status
	shift
	timeout 120 "$RESPD_IMPORT" --port "$PORT" "$@" >"$TMP/said" 2>&1
	status=$?
	[ $status -eq "$wanted" ] || fail "respd-import $* ends with $status, not $wanted: $(cat "$TMP/said")"
}

said()		{ grep -q -e "$1" "$TMP/said" || fail "not said: $1, but: $(cat "$TMP/said")"; }
redis()		{ redis-cli -p "$REFERENCE" "$@" >/dev/null || fail "redis: $*"; }
respd()		{ redis-cli -p "$REDIS_PORT" "$@"; }
# helper COMMAND [ARG...]
helper()	{ REFERENCE=$REFERENCE REDIS_PORT=$REDIS_PORT TMP=$TMP "$PYTHON" "$SRCDIR/tests/system/import_data.py" "$@" || fail "$*"; }

start_redis
start_server
command -v redis-cli >/dev/null || skip 'no redis-cli'
# Redis answers the PTTL of a key that expires between two looks differently, and so all deadlines are far away.
helper fill
redis save
dump=$TMP/dump.rdb

import 0 --dry-run "$dump"
said 'written by Redis "7.0'
said 'sorted sets'
[ "$(respd dbsize)" = 0 ] || fail 'a dry run imports'
import 0 "$dump"
said 'keys in'
helper compare 0 3 9

# What is there
import 1 "$dump"
said existing
helper compare 0 3 9
import 0 --keep-existing "$dump"
helper spoil
import 0 --keep-existing "$dump"
helper spoilt
import 0 --replace "$dump"
helper compare 0 3 9
import 2 --replace --keep-existing "$dump"

# Other databases
respd flushall >/dev/null
import 0 --db 3:5 --db 9 "$dump"
[ "$(respd dbsize)" = 0 ] || fail 'an unwanted database is there'
helper compare 3:5 9
respd flushall >/dev/null

# A pipe, a Unix socket's absence, wrong options
import 0 - < <(cat "$dump")
helper compare 0 3 9
respd flushall >/dev/null
import 2 --unixsocket "$TMP/none" "$dump"
import 2 --db x "$dump"
import 2 "$TMP/none"
import 2
import 2 "$TMP"			# no manifest

# Damage: one byte in the middle, no end; and a version to come
"$PYTHON" -c 'import sys
data = open(sys.argv[1], "rb").read()
half = len(data) // 2
open(sys.argv[2], "wb").write(data[:half] + bytes([data[half] ^ 4]) + data[half + 1:])
open(sys.argv[3], "wb").write(data[:half])
open(sys.argv[4], "wb").write(b"REDIS0012" + data[9:])' "$dump" "$TMP/flipped" "$TMP/short" "$TMP/new" || fail 'damage'
import 2 "$TMP/flipped"
import 2 "$TMP/short"
import 2 "$TMP/new"
said 'version 12'
[ "$(respd dbsize)" = 0 ] || fail 'something of a damaged dump is there'

# No room: the rest is not even tried
respd config set maxmemory 1mb >/dev/null
import 2 "$dump"
said 'OOM'
respd config set maxmemory 0 >/dev/null
respd flushall >/dev/null

# What respd has not
redis xadd stream '*' a b
redis xadd stream '*' a c
redis xgroup create stream group 0
redis xreadgroup group group consumer count 1 streams stream '>'
redis function load $'#!lua name=lib\nredis.register_function("f", function() return 1 end)'
redis save
import 2 "$dump"
said 'stream "stream" in database 0'
said 'function library'
said 'nothing was imported'
[ "$(respd dbsize)" = 0 ] || fail 'something is there'
import 1 --skip-unsupported "$dump"
said 'unsupported  *2'
redis del stream
redis function flush
helper compare 0 3 9

# Into a Redis with a password: the dump was its own.
redis save
cp "$dump" "$TMP/copy.rdb"
redis flushall
redis config set requirepass secret
import 2 --port "$REFERENCE" "$TMP/copy.rdb"
said NOAUTH
import 2 --port "$REFERENCE" --password wrong "$TMP/copy.rdb"
said WRONGPASS
REDISCLI_AUTH=secret import 0 --port "$REFERENCE" "$TMP/copy.rdb"
redis-cli --no-auth-warning -a secret -p "$REFERENCE" config set requirepass '' >/dev/null || fail 'requirepass'
helper compare 0 3 9

# Append-only files: a base and increments
redis config set appendonly yes
await 'a base' eval "[ -s '$TMP/appendonlydir/appendonly.aof.manifest' ] &&
	redis-cli -p $REFERENCE info persistence | grep -q aof_rewrite_in_progress:0"
helper change
redis config set appendonly no
import 2 "$TMP/appendonlydir"
said 'need an empty'
respd flushall >/dev/null
import 0 "$TMP/appendonlydir"
said commands
helper compare 0 3 9
respd flushall >/dev/null
import 0 "$TMP/appendonlydir/appendonly.aof.manifest"
helper compare 0 3 9
import 2 --keep-existing "$TMP/appendonlydir"
import 2 --replace "$TMP/appendonlydir"

# Torn: in a command, in a transaction, by zeros. What comes before is imported.
last=$(sed -n 's/^file \([^ ]*\) .*type i$/\1/p' "$TMP/appendonlydir/appendonly.aof.manifest" | tail -n 1)
[ -n "$last" ] || fail 'no increment'
cp "$TMP/appendonlydir/$last" "$TMP/whole"
for tail in '*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$5\r\nab' \
	'*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$1\r\na\r\n' '*3\r\n$3\r\nSE\0\0\0\0' '\0\0\0\0\0\0'; do
	cp "$TMP/whole" "$TMP/appendonlydir/$last"
	printf "$tail" >>"$TMP/appendonlydir/$last"
	respd flushall >/dev/null
	import 1 "$TMP/appendonlydir"
	said 'are left out'
	helper compare 0 3 9
done
# Damaged: nothing is imported.
cp "$TMP/whole" "$TMP/appendonlydir/$last"
printf 'SET a b\r\n' >>"$TMP/appendonlydir/$last"
respd flushall >/dev/null
import 2 "$TMP/appendonlydir"
said 'all is whole up to byte'
[ "$(respd dbsize)" = 0 ] || fail 'something of a damaged file is there'
cp "$TMP/whole" "$TMP/appendonlydir/$last"

# What a file names is shown without the bytes that a terminal would obey; and the server's errors are counted.
printf '*2\r\n$7\r\n\033[2Jxyz\r\n$1\r\na\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n' >"$TMP/odd.aof"
import 1 "$TMP/odd.aof"
said 'refused: "\\x1b\[2Jxyz" "a": ERR unknown command'
[ "$(respd get a)" = 1 ] || fail 'the command behind it was not sent'

# A plain file of commands: the base as Redis writes it when told so
redis config set aof-use-rdb-preamble no
redis config set appendonly yes
await 'a base of commands' eval "ls '$TMP'/appendonlydir/*.base.aof >/dev/null 2>&1 &&
	redis-cli -p $REFERENCE info persistence | grep -q aof_rewrite_in_progress:0"
redis config set appendonly no
respd flushall >/dev/null
import 0 "$TMP"/appendonlydir/*.base.aof
helper compare 0 3 9

# With a dump in front, as Redis 4 to 6 wrote them
respd flushall >/dev/null
cat "$TMP/copy.rdb" "$TMP/whole" >"$TMP/appendonly.aof"
import 0 "$TMP/appendonly.aof"
helper compare 0 3 9
stop_server
