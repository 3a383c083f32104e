#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The journal: after kill -9 all that was acknowledged is there again, of every type, in all databases, with deadlines and
# the due queue; so it is behind a snapshot, when the journal is written anew, with other shards, and in a Redis that its
# segments are piped into.  A torn end is cut and kept, damage is refused; LOADING meanwhile; a full disk, a failed one.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

DATA=$TMP/data
: "${COUNT:=4000}"	# commands a round

start()		{ start_server --dir "$DATA" --save '' "$@"; }
redis()		{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }
kill_server()	{ kill -KILL "$PID"; wait "$PID" 2>/dev/null; }
info_is()	{ redis INFO persistence | grep -q "^$1"; }
load()		{ REDIS_PORT=$REDIS_PORT TMP=$TMP "$PYTHON" "$SRCDIR/tests/system/journal_load.py" "$@" || fail "load $*"; }

redis_answers()	{ redis PING >/dev/null 2>&1; }

# refused STATUS TEXT: no server starts
refused()
{
	timeout 20 "$RESPD" --bind 127.0.0.1 --port "$(free_port)" --dir "$DATA" >"$TMP/refused" 2>&1
	[ $? -eq "$1" ] && grep -q -e "$2" "$TMP/refused" || fail "not refused with $1, $2: $(cat "$TMP/refused")"
}

# survives WHAT [ARG...]: kill -9, and a server with these settings has the same data
survives()
{
	load dump >"$TMP/before"
	[ "$(wc -l <"$TMP/before")" -gt 10 ] || fail "$1: only $(wc -l <"$TMP/before") keys"
	kill_server
	start "${@:2}"
	load dump >"$TMP/after"
	cmp -s "$TMP/before" "$TMP/after" || fail "$1: $(diff "$TMP/before" "$TMP/after" | head -n 6)"
}

seed=$RANDOM
say "seed $seed, $COUNT commands a round"
start --appendfsync always
load play "$seed" "$((COUNT / 4))"
survives 'always'
load play "$((seed + 1))" "$COUNT"
survives 'everysec' --appendfsync no
load play "$((seed + 2))" "$COUNT"
redis BGREWRITEAOF | grep -q started || fail 'BGREWRITEAOF'
load play "$((seed + 3))" "$COUNT"
await 'the end of BGREWRITEAOF' info_is aof_rewrites:1
survives 'a snapshot while commands ran' --shards 16
[ "$(find "$DATA" -maxdepth 1 -name 'log-*' | wc -l)" -eq 1 ] || fail 'old segments are still there'
redis CONFIG SET auto-aof-rewrite-min-size 1000 auto-aof-rewrite-percentage 1 >/dev/null
load play "$((seed + 4))" "$COUNT"
await 'a snapshot by itself' info_is aof_rewrites:[1-9]
survives 'written anew by itself' --shards 64 --appendonly no
redis SAVE | grep -q OK || fail 'SAVE without a journal'
[ "$(find "$DATA" -maxdepth 1 -name 'log-*' | wc -l)" -eq 0 ] || fail 'a journal that nobody wants is still there'
survives 'without a journal'
load play "$((seed + 5))" "$COUNT"
survives 'with a journal again'
load due
redis SET end 1 >/dev/null
stop_server
start
[ "$(redis GET end)" = 1 ] || fail 'the end'
load due

# Into Redis.
if command -v redis-server >/dev/null && command -v redis-cli >/dev/null; then
	stop_server
	rm -r "$DATA"
	start
	load play "$seed" "$COUNT" redis
	load dump >"$TMP/before"
	stop_server
	REDIS_PORT=$(free_port)
	redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --dir "$TMP" >"$TMP/redis.log" 2>&1 &
	PID=$!
	SERVERS+=("$PID")
	await 'a Redis' redis_answers
	cat "$DATA"/log-* | redis-cli -p "$REDIS_PORT" --pipe >"$TMP/pipe" 2>&1
	grep -q 'errors: 0' "$TMP/pipe" || fail "redis-cli --pipe: $(cat "$TMP/pipe")"
	load dump >"$TMP/after"
	cmp -s "$TMP/before" "$TMP/after" || fail "in Redis: $(diff "$TMP/before" "$TMP/after" | head -n 6)"
	kill_server
	start
fi

# A torn end is cut, and what was cut is kept.
redis SET whole 1 >/dev/null
kill_server
segment=$(find "$DATA" -maxdepth 1 -name 'log-*' | sort | tail -n 1)
end=$(python "$segment" <<'END'
import sys
print(len(open(sys.argv[1], 'rb').read().rstrip(b'\0')))
END
)
printf '*3\r\n$3\r\nSET\r\n$4\r\ntorn' | dd of="$segment" bs=1 seek="$end" conv=notrunc 2>/dev/null
start
logged 'had not been written whole.*quarantine' || fail 'nothing is said of a torn end'
[ "$(redis MGET whole torn)" = $'1) "1"\n2) (nil)' ] || fail 'a torn end'
grep -q torn "$DATA"/quarantine/* || fail 'what was cut is not kept'

# Damage to what was on the disk is not passed over.
redis SET one 1 >/dev/null
redis WAITAOF 1 0 0 | head -n 1 | grep -q 1 || fail 'WAITAOF'
redis SET two 1 >/dev/null
redis WAITAOF 1 0 0 | head -n 1 | grep -q 1 || fail 'WAITAOF'
stop_server
segment=$(find "$DATA" -maxdepth 1 -name 'log-*' | sort | tail -n 1)
at=$(grep -abo -e "one" "$segment" | tail -n 1 | cut -d: -f1)
cp "$segment" "$TMP/good"
printf X | dd of="$segment" bs=1 seek="$at" conv=notrunc 2>/dev/null
refused 65 "$(basename "$segment") is damaged at byte .*respd-check --repair $DATA"
"$BUILDDIR/src/respd-check" --repair "$DATA" >/dev/null || fail 'respd-check'
start
[ "$(redis MGET whole two)" = $'1) "1"\n2) (nil)' ] || fail 'after a repair'
stop_server
rm "$DATA"/log-*
refused 65 'missing'
rm -r "$DATA"

# Who comes early is told so, and may leave.
start
python <<'END'
from raw import *
client = Client(REDIS_PORT)
for i in range(0, 300000, 1000):
    client.send(b''.join(request('RPUSH', 'l%d' % k, k, 'x' * 20) for k in range(i, i + 1000)))
    for k in range(1000):
        client.reply()
END
kill_server
PORT=$(free_port) REDIS_PORT=$(free_port)
"$RESPD" --bind 127.0.0.1 --port "$PORT" --redis-port "$REDIS_PORT" --dir "$DATA" --save '' >"$TMP/log" 2>&1 &
PID=$!
SERVERS+=("$PID")
python <<'END' || fail 'while it loads'
from raw import *

def connect():
    try:
        return Client(REDIS_PORT)
    except ConnectionRefusedError:
        return None

clients = []
wait_for('a listening server', lambda: clients.append(connect()) or clients[-1])
client = clients[-1]
loading = b'loading:1' in client.call('INFO', 'persistence')
answer = client.call('PING')
check(answer in ('PONG', 'LOADING respd is loading the dataset in memory'), answer)
# It may have been too quick, but not the other way round.
check(loading or answer == 'PONG')
wait_for('the end of loading', lambda: b'loading:0' in client.call('INFO', 'persistence'))
same(client.call('DBSIZE'), 300000)
client.send(request('SHUTDOWN'))
same(client.rest(), b'')
END
stopped
rm "$TMP/log"
"$RESPD" --bind 127.0.0.1 --port "$PORT" --redis-port "$REDIS_PORT" --dir "$DATA" --save '' >"$TMP/log" 2>&1 &
PID=$!
SERVERS+=("$PID")
await 'a listening server' eval 'logged redis-port 2>/dev/null'
stop_server
WRAP=(env "STATE_DIRECTORY=$DATA")
start_server
WRAP=()
[ "$(redis DBSIZE)" = '(integer) 300000' ] || fail 'ended while it was loading'
stop_server
