#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The disk fails while the server runs (failing.c): full, writes are refused and go on when there is room; a failed sync is
# not believed, under everysec until a snapshot is safe, under always never again.  What was acknowledged is there
# afterwards, and INFO and the log say what is the matter.  While a sync lasts, under always nobody hears of a write: not
# on a channel, not by a keyspace event, not in a cache, not by BLPOP.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

! sanitized || skip 'what is loaded before a sanitizer breaks it'
${CC:-cc} -shared -fPIC -O1 -o "$TMP/failing.so" "$SRCDIR/tests/crash/failing.c" -ldl 2>"$TMP/cc" ||
	skip "no compiler for tests/crash/failing.c: $(cat "$TMP/cc")"

DATA=$TMP/data
EIO=5 ENOSPC=28
WRAP=(env "LD_PRELOAD=$TMP/failing.so" "RESPD_FAILING=$TMP/failing")

start()		{ start_server --dir "$DATA" --save '' "$@"; }
redis()		{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }
kill_server()	{ kill -KILL "$PID"; wait "$PID" 2>/dev/null; }
info_is()	{ redis INFO persistence | grep -q "^$1"; }
fail_at()	{ echo "$1 $2" >"$TMP/failing.new" && mv "$TMP/failing.new" "$TMP/failing"; }
work_again()	{ rm "$TMP/failing"; }
is()		{ [ "$(redis GET "$1")" = "$2" ] || fail "$1 is not $2: $(redis GET "$1")"; }
refuses()	{ redis SET no 1 2>&1 | grep -q "MISCONF Errors writing to the AOF file: $1"; }
accepts()	{ redis SET "$1" 1 2>/dev/null | grep -q OK; }

# A full disk.  Who is under way waits, and who comes is refused; reading goes on.
for mode in always everysec; do
	start --appendfsync "$mode"
	accepts before || fail "$mode: SET"
	# Unless the journal itself finds the disk full before the client does.
	for try in 1 2 3 4 5 6 7 8; do
		fail_at write $ENOSPC
		redis SET "under-way-$mode" 1 >"$TMP/under-way" 2>&1 &
		waiting=$!
		await 'the full disk' info_is aof_last_write_status:err
		grep -q MISCONF "$TMP/under-way" || break
		work_again
		await 'room for another try' accepts before
	done
	refuses 'No space left on device' || fail "$mode: not refused"
	is before 1
	redis <<<$'MULTI\nSET no 1\nEXEC' 2>&1 | grep -q 'EXECABORT\|MISCONF' || fail "$mode: a transaction"
	info_is 'journal_last_error:No space left on device' || fail "$mode: INFO does not say what"
	[ ! -s "$TMP/under-way" ] || fail "$mode: answered: $(cat "$TMP/under-way")"
	work_again
	await 'room' accepts after
	wait "$waiting"
	grep -q OK "$TMP/under-way" || fail "$mode: who waited: $(cat "$TMP/under-way")"
	info_is aof_last_write_status:ok || fail "$mode: INFO says nothing of the room"
	logged 'waits for room' && logged 'has room on the disk again' || fail "$mode: the log"
	kill_server
	start
	is before 1
	is after 1
	is "under-way-$mode" 1
	[ "$(redis EXISTS no)" = '(integer) 0' ] || fail "$mode: what was refused is there"
	kill_server
done

# A sync fails under everysec: no write until a snapshot is safe, which cannot be at first.
start
accepts one || fail 'SET'
fail_at sync $EIO
await 'a refusal' refuses 'Input/output error'
is one 1
redis BGSAVE >/dev/null
await 'a snapshot that fails' logged 'saving to .* failed'
refuses 'Input/output error' || fail 'writes are accepted without a snapshot'
work_again
await 'a snapshot that does not' accepts two
logged 'works again, in a new segment' || fail 'the log'
info_is aof_last_write_status:ok || fail 'INFO'
kill_server
start
is one 1
is two 1
kill_server

# Under always, while a sync lasts, what a write tells others stays with the server.
start --appendfsync always --notify-keyspace-events KEA
python <<'EOF' || fail 'told before the disk had it'
import os, re, select, socket, time
FAILING = os.environ['TMP'] + '/failing'
class Client:
    def __init__(self, *lines):
        self.socket = socket.create_connection(('127.0.0.1', int(os.environ['REDIS_PORT'])), 60)
        for line in lines:
            self.say(line)
            self.hear(b'\r\n')
    def say(self, line):
        self.socket.sendall(line.encode() + b'\r\n')
    def hear(self, what):
        got = b''
        while not got.endswith(what):
            more = self.socket.recv(1)
            assert more != b'', (got, what)
            got += more
        return got
def position():
    c.say('INFO persistence')
    return int(re.search(rb'journal_position:(\d+)', c.hear(b'journal_last_error:\r\n')).group(1))
c = Client()
listeners = {name: Client(*lines) for name, lines in {
    'channel': ('SUBSCRIBE news',), 'event': ('SUBSCRIBE __keyevent@0__:set',), 'blpop': (),
    'cache': ('HELLO 3', 'CLIENT TRACKING on BCAST', ) }.items()}
listeners['blpop'].say('BLPOP list 0')
time.sleep(.1)
for each in listeners.values():     # what came behind the first line
    while select.select([each.socket], [], [], .1)[0]:
        each.socket.recv(65536)
before = position()
open(FAILING + '.new', 'w').write('hold 1')
os.rename(FAILING + '.new', FAILING)
writer = Client()
writer.socket.sendall(b'MULTI\r\nSET key 1\r\nRPUSH list x\r\nPUBLISH news x\r\nEXEC\r\n')
while position() < before + 2:
    time.sleep(.01)
# It is done, and only the disk is missing.
early = select.select([each.socket for each in listeners.values()], [], [], .3)[0]
early = [name for name, each in listeners.items() if each.socket in early]
assert not early, early
os.unlink(FAILING)
listeners['channel'].hear(b'news\r\n$1\r\nx\r\n')
listeners['event'].hear(b'key\r\n')
listeners['blpop'].hear(b'list\r\n$1\r\nx\r\n')
listeners['cache'].hear(b'key\r\n')
writer.hear(b'*3\r\n+OK\r\n:1\r\n:1\r\n')
EOF
stop_server

# Under always the server ends, and has acknowledged nothing that is lost.
start --appendfsync always
accepts three || fail 'SET'
fail_at sync $EIO
redis SET four 1 2>&1 | grep -q OK && fail 'acknowledged without the disk'
wait "$PID"
[ $? -eq 74 ] || fail 'not the status of a failed disk'
logged 'nothing can be acknowledged any more' || fail 'the log'
work_again
start
is three 1
stop_server
