#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What people have: on both ports redis-cli with a command, with lines, in RESP3 and with --pipe, and redis-benchmark
# with pipelines and 50 clients; redis-py (redis_py.py) on the redis port.

. "${SRCDIR:-.}/tests/system/lib.sh"

command -v redis-cli >/dev/null && command -v redis-benchmark >/dev/null || skip 'no redis-cli and redis-benchmark'
for python_with_redis in "$PYTHON" /usr/bin/python3 none; do
	"$python_with_redis" -c 'import redis' 2>/dev/null && break
done
[ "$python_with_redis" != none ] || skip 'no redis-py'

# expect WANTED COMMAND...
expect()
{
	local wanted=$1 got
	shift
	got=$("$@" 2>&1) || fail "$* ends with $?: $got"
	[ "$got" = "$wanted" ] || fail "$*: '$got', not '$wanted'"
}

# lines TEXT: a session of redis-cli
lines()	{ "${redis[@]}" <<<"$1"; }

start_server --workers 128
for port in $REDIS_PORT $PORT; do
	redis=(redis-cli -p "$port")
	# On the article's port redis-cli is a client of the article: it announces itself only with -3 or -n.
	[ "$port" = "$PORT" ] && done=1 || done=OK

	# One command, in RESP3, in another database
	expect $done "${redis[@]}" set k 'a b'
	expect 'a b' "${redis[@]}" get k
	expect '' "${redis[@]}" get none
	expect $done "${redis[@]}" -x set bytes < <(printf '\0\r\n\377')
	expect '"\x00\r\n\xff"' "${redis[@]}" --no-raw get bytes
	expect OK "${redis[@]}" -3 set k v
	expect "port $PORT" "${redis[@]}" -3 config get port
	expect OK "${redis[@]}" -n 3 set k three
	expect v "${redis[@]}" get k
	expect three "${redis[@]}" -n 3 get k
	# Lines, as in a session: after SELECT the article's port is a Redis too.
	expect "$done"$'\n1\n\nOK\nOK\nx\nERR unknown command \'nosuch\', with args beginning with: \'y\' \n\nPONG' \
		lines $'set a 1\nget a\nget none\nselect 4\nset a x\nget a\nnosuch y\nping\n'

	# Many requests at once
	for i in {1..5000}; do
		printf '*3\r\n$3\r\nSET\r\n$4\r\n%04d\r\n$1\r\nx\r\n' "$i"
	done >"$TMP/requests"
	timeout 60 "${redis[@]}" --pipe <"$TMP/requests" >"$TMP/piped" 2>&1 || fail "--pipe: $(cat "$TMP/piped")"
	grep -q '^errors: 0, replies: 5000$' "$TMP/piped" || fail "--pipe: $(cat "$TMP/piped")"

	# What it measures matters elsewhere; here it must get through.
	timeout 120 redis-benchmark -p "$port" -t ping,set,get,mset -P 16 -c 50 -n 20000 -q >"$TMP/measured" 2>"$TMP/errors" ||
		fail "redis-benchmark ends with $?: $(cat "$TMP/errors")"
	# It asks for settings that are not there.
	! grep -v 'Could not fetch server CONFIG' "$TMP/errors" || fail 'redis-benchmark complains'
	for what in PING_INLINE PING_MBULK SET GET 'MSET (10 keys)'; do
		tr '\r' '\n' <"$TMP/measured" | grep -q -F "$what: " || fail "redis-benchmark did not get to $what"
	done
	expect OK "${redis[@]}" flushall

done
timeout 120 "$python_with_redis" "$SRCDIR/tests/system/redis_py.py" "$REDIS_PORT" || fail 'redis-py'
stop_server
