#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A server is killed while clients write and keep book (ledger.c): at moments drawn by lot, and at each call that it makes
# to its files when it starts, rotates the journal, takes a snapshot and replaces the manifest (preload.c), before the
# call, after it, and with half of a write done. It must start again with all that was acknowledged, and under
# always with all that was read.
#
#	CYCLES		kills at any moment (10; by hand 5000)
#	ROUNDS		how often each call is died at in each way (0: in one that is drawn; by hand 10)

. "${SRCDIR:-.}/tests/system/lib.sh"

: "${CYCLES:=10}" "${ROUNDS:=0}"
LEDGER=$BUILDDIR/tests/crash/ledger
DATA=$TMP/data BOOK=$TMP/book
MODES=(always everysec no)
SHARDS=(1024 1024 64 1)	# a server may have others than the one before
RUN=0		# of the clients: a name for their keys
WRITTEN=	# the mode in which its book was written
BUSY=		# who asks for snapshots
LEDGER_PID=

redis()	{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }
start()	{ start_server --dir "$DATA" --appendfsync "$mode" --save '' --shards "${SHARDS[RANDOM % ${#SHARDS[@]}]}"; }

# One snapshot after the other, each of which rotates the journal and replaces the manifest.
keep_saving()
{
	while alive; do
		redis BGREWRITEAOF >/dev/null 2>&1
		sleep 0.0$((RANDOM % 8 + 1))
	done
}

# begin_work: clients write, and snapshots are taken, to the server that answers
begin_work()
{
	RUN=$((RUN + 1))
	WRITTEN=$mode
	"$LEDGER" write "$PORT" "$BOOK" "$RUN" 2>"$TMP/ledger" &
	LEDGER_PID=$!
	keep_saving &
	BUSY=$!
}

# end_work: the server is dead
end_work()
{
	wait "$PID" 2>/dev/null
	PID=
	[ -z "$LEDGER_PID" ] || wait "$LEDGER_PID"
	[ -z "$BUSY" ] || wait "$BUSY"
	LEDGER_PID= BUSY=
}

# audit WHAT: a new server has it all, also that of a run before if it died before it answered
audit()
{
	local policy=acked
	[ "$WRITTEN" != always ] || policy=strict
	start
	[ ! -e "$BOOK" ] || "$LEDGER" verify "$PORT" "$BOOK" "$RUN" "$policy" >"$TMP/acked" 2>"$TMP/lost" ||
		fail "$1: $(cat "$TMP/lost")"
	# Now and then with nothing, so that it does not grow for ever.
	if [ $((RANDOM % 10)) -eq 0 ]; then
		redis FLUSHALL >/dev/null
		rm -f "$BOOK"
	fi
	stop_server
}

total=0
for ((i = 0; i < CYCLES; i++)); do
	mode=${MODES[i % 3]}
	start
	begin_work
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
	kill -KILL "$PID"
	end_work
	audit "killed under $mode"
	total=$((total + $(cat "$TMP/acked")))
done
[ $total -gt "$CYCLES" ] || fail "only $total numbers were acknowledged"

# Sanitizers want to be the first library.
! sanitized || exit 0
${CC:-cc} -shared -fPIC -O1 -o "$TMP/preload.so" "$SRCDIR/tests/crash/preload.c" -ldl 2>"$TMP/cc" ||
	skip "no compiler for tests/crash/preload.c: $(cat "$TMP/cc")"

# die_at MODE SPEC: the server lives until that call
die_at()
{
	local until=$((SECONDS + 200))
	PORT=$(free_port) REDIS_PORT=$(free_port)
	RESPD_CRASH=$2 LD_PRELOAD=$TMP/preload.so "$RESPD" --bind 127.0.0.1 --port "$PORT" --redis-port "$REDIS_PORT" \
		--dir "$DATA" --appendfsync "$1" --save '' >"$TMP/log" 2>&1 &
	PID=$!
	SERVERS+=("$PID")
	disown "$PID"		# else its death is told
	while alive; do
		[ $SECONDS -lt $until ] || fail "not died in time: $2"
		if [ -z "$LEDGER_PID" ] && answers; then
			begin_work
		fi
		sleep 0.02
	done
	logged 'Address already in use' && fail 'the port was taken'
	end_work
}

CALLS=('create log-' 'write log-' 'sync log-' 'allocate log-' 'truncate log-' 'unlink log-'
	'create snap-' 'write snap-' 'sync snap-' 'unlink snap-'
	'create MANIFEST.tmp' 'write MANIFEST.tmp' 'sync MANIFEST.tmp' 'rename MANIFEST.tmp' 'sync .')
for ((i = 0; i < (ROUNDS > 0 ? ROUNDS : 1); i++)); do
	for call in "${CALLS[@]}"; do
		ways=(before after)
		[[ $call != write* ]] || ways+=(half)
		[ "$ROUNDS" -gt 0 ] || ways=("${ways[RANDOM % ${#ways[@]}]}")
		for when in "${ways[@]}"; do
			mode=${MODES[RANDOM % 3]}
			die_at "$mode" "$when:$((RANDOM % 4 + 1)):$call"
			audit "died under $mode $when $call"
		done
	done
done
