# SPDX-License-Identifier: BSD-2-Clause
#
# What the tests of the running server share. A script sources it before anything else:
#
#   . "${SRCDIR:-.}/tests/system/lib.sh"
#
# It may then expect $TMP, a folder of its own, and that what it started is gone when it ends, however it ends. By hand,
# scripts run from the top folder of a tree that is built.

set -u
: "${SRCDIR:=.}" "${BUILDDIR:=.}" "${RESPD:=$BUILDDIR/src/respd}" "${RESPD_CLI:=$BUILDDIR/src/respd-cli}"
: "${PYTHON:=python3}"

# No script waits for ever; timeout ends all that it started.
if [ -z "${RESPD_TEST_BOUNDED-}" ]; then
	RESPD_TEST_BOUNDED=1 exec timeout -k 10 600 "$BASH" "$0" "$@"
fi

TMP=$(mktemp -d) || exit 1
PID= PORT= REDIS_PORT=
SERVERS=()		# all that were started, for the end
WRAP=()			# a command that ends in exec "$@", for servers that need another environment
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$SRCDIR/tests/system"
# What programs say is compared; and what a service manager says to whoever runs the tests is not for the servers.
export LC_ALL=C
unset STATE_DIRECTORY NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID LISTEN_FDS LISTEN_PID LISTEN_FDNAMES

say()	{ echo "$*" >&2; }

fail()
{
	say "FAIL: $*"
	[ ! -s "$TMP/log" ] || { say "the server's log:"; tail -n 40 "$TMP/log" >&2; }
	exit 1
}

# skip REASON...: this machine lacks something that the whole script needs
skip()
{
	say "SKIP: $*"
	exit 77
}

# Those that still run: of the others somebody else may have the number by now.
kill_servers()
{
	local pid parent
	for pid in "${SERVERS[@]}"; do
		read -r _ _ _ parent _ 2>/dev/null <"/proc/$pid/stat" && [ "$parent" = $$ ] || continue
		kill -KILL "$pid" && wait "$pid"
	done 2>/dev/null
}

cleanup()
{
	kill_servers
	rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# A sanitized binary has another idea of memory, of time and of stacks.
sanitized()	{ grep -q -e __asan_init -e __tsan_init "$RESPD"; }

# await WHAT COMMAND...: until the command succeeds, at most a minute
await()
{
	local what=$1 until=$((SECONDS + 60))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || fail "not within a minute: $what"
		sleep 0.02
	done
}

# A script that says python below says this above.
need_python()	{ "$PYTHON" -c '' 2>/dev/null || skip 'no Python 3'; }
# python [ARG...]: a program from the standard input that may import tests/system/raw.py
python()	{ PORT=$PORT REDIS_PORT=$REDIS_PORT PID=$PID TMP=$TMP "$PYTHON" - "$@"; }

# free_port: a port on which nobody listens now; below those that the kernel gives to clients
free_port()
{
	local port
	while :; do
		port=$((10000 + RANDOM % 22000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

cli()		{ "$RESPD_CLI" -p "$PORT" "$@"; }
# Whether the process that was started answers and has its data, and not one that was there before it.
answers()
{
	local info
	info=$(timeout 10 "$RESPD_CLI" -p "$PORT" info server persistence 2>/dev/null)
	grep -q "process_id:${PID}[^0-9]" <<<"$info" && grep -q 'loading:0' <<<"$info"
}
alive()		{ kill -0 "$PID" 2>/dev/null; }
logged()	{ grep -q -e "$@" "$TMP/log"; }

# start_server [ARG...]: sets PORT, REDIS_PORT and PID and returns when it answers; its log is $TMP/log
start_server()
{
	local until=$((SECONDS + 60))
	while [ $SECONDS -lt $until ]; do
		PORT=$(free_port) REDIS_PORT=$(free_port)
		"${WRAP[@]}" "$RESPD" --bind 127.0.0.1 --port "$PORT" --redis-port "$REDIS_PORT" "$@" \
			>"$TMP/log" 2>&1 &
		PID=$!
		SERVERS+=("$PID")
		while alive && [ $SECONDS -lt $until ]; do
			answers && return
			sleep 0.02
		done
		# Another may have taken the port meanwhile.
		logged 'Address already in use' || break
	done
	fail "no server with: $*"
}

# stopped: the server ends by itself now, with status 0
stopped()
{
	local status
	wait "$PID"
	status=$?
	[ $status -eq 0 ] || fail "the server ended with status $status"
	! logged 'ERROR: .*Sanitizer' && ! logged 'WARNING: ThreadSanitizer' || fail 'a sanitizer complains'
	PID=
}

stop_server()
{
	kill -TERM "$PID" || fail 'the server is gone'
	stopped
}

rss_of()	{ awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }	# KiB
fds_of()	{ find "/proc/$1/fd" -mindepth 1 | wc -l; }
