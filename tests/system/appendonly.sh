#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The setting appendonly while the server runs: a journal that begins counts with the snapshot that is taken then, one that
# ends is synced and followed by what is saved alone; again and again under load, where nothing that was acknowledged is lost
# by a kill at the end; a directory in which none can begin; CONFIG REWRITE; no directory.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

DATA=$TMP/data

start()		{ start_server --dir "$DATA" --save '' "$@"; }
redis()		{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }
kill_server()	{ kill -KILL "$PID"; wait "$PID" 2>/dev/null; }
info_is()	{ redis INFO persistence | grep -q "^$1"; }
is_on()		{ info_is aof_enabled:1 && info_is aof_rewrite_in_progress:0; }
is_off()	{ info_is aof_enabled:0 && info_is rdb_bgsave_in_progress:0; }
segments()	{ find "$DATA" -maxdepth 1 -name 'log-*' -type f | wc -l; }

# same WHAT WANT COMMAND...
same()
{
	local got
	got=$(redis "${@:3}" 2>&1)
	[ "$got" = "$2" ] || fail "$1: '$got' is not '$2'"
}
# turn yes|no: and it is
turn()
{
	same "appendonly $1" OK CONFIG SET appendonly "$1"
	if [ "$1" = yes ]; then
		await 'a journal that counts' is_on
	else
		await 'the end of the journal' is_off
	fi
}

# It begins, and what was there before is in it as well.
start --appendonly no
redis SET before 1 >/dev/null
turn yes
redis SET after 1 >/dev/null
same 'what is acknowledged is on the disk' $'1) (integer) 1\n2) (integer) 0' WAITAOF 1 0 0
kill_server
start
same 'after a kill' '(integer) 2' EXISTS before after

# It ends: what comes then is lost, unless it is saved, which removes the files.
turn no
redis SET lost 1 >/dev/null
kill_server
start
same 'what was told when there was no journal' '(integer) 2' EXISTS before after lost
turn no
redis SET saved 1 >/dev/null
same 'SAVE' OK SAVE
[ "$(segments)" -eq 0 ] || fail 'SAVE without a journal leaves segments'
turn yes
turn no
redis SET between 1 >/dev/null
turn yes
kill_server
start
same 'what was saved' '(integer) 4' EXISTS before after saved between

# Whether each round ends in a kill or orderly, always or each second.
for mode in always everysec; do
	redis CONFIG SET appendfsync $mode >/dev/null
	python <<'EOF' || fail "acknowledged, and lost after appendonly had changed, $mode"
import os, random, signal, socket, sys, threading, time
class Client:
    def __init__(self):
        self.socket = socket.create_connection(('127.0.0.1', int(os.environ['REDIS_PORT'])))
        self.stream = self.socket.makefile('rb')
    def ask(self, *words):
        self.socket.sendall(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w.encode()) for w in words))
        line = self.stream.readline()
        return self.stream.read(int(line[1:]) + 2).decode() if line[:1] == b'$' else line.decode()
acknowledged = [0] * 8
def write(i):
    c = Client()
    try:
        while c.ask('RPUSH', f'list{i}', 'x') != '' and c.ask('INCR', f'n{i}').startswith(':'):
            acknowledged[i] += 1
    except (OSError, ValueError):
        pass
main = Client()
main.ask('FLUSHALL')
threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
for t in threads:
    t.start()
def is_on(on):
    info = main.ask('INFO', 'persistence')
    return f'aof_enabled:{on}' in info and (not on or 'aof_rewrite_in_progress:0' in info)
for on in (0, 1) * 6:
    assert main.ask('CONFIG', 'SET', 'appendonly', 'yes' if on else 'no') == '+OK\r\n'
    while not is_on(on):
        time.sleep(.001)
    count = sum(acknowledged)
    while sum(acknowledged) < count + 100:
        time.sleep(.001)
os.kill(int(os.environ['PID']), signal.SIGKILL)
for t in threads:
    t.join()
open(os.environ['TMP'] + '/acknowledged', 'w').write(' '.join(map(str, acknowledged)))
EOF
	wait "$PID" 2>/dev/null
	start
	i=0
	for n in $(cat "$TMP/acknowledged"); do
		for got in "$(redis GET n$i)" "$(redis LLEN list$i | tr -dc 0-9)"; do
			[ "${got//\"/}" -ge "$n" ] || fail "client $i has heard of $n, and there are $got ($mode)"
		done
		i=$((i + 1))
	done
done

# None can begin where something is in the way; when it no longer is, one does.
turn no
same 'SAVE' OK SAVE
position=$(ls "$DATA" | sed -n 's/^snap-0*\([0-9]*\)-.*/\1/p')
mkdir "$DATA/$(printf 'log-%020d.rsp' "$position")" || fail 'no place for a directory'
redis CONFIG SET appendonly yes >/dev/null
await 'what is in the way' logged 'cannot begin a journal in'
info_is aof_enabled:0 || fail 'a journal that could not begin'
rmdir "$DATA"/log-*
await 'another attempt' is_on
kill_server

# CONFIG REWRITE and what is refused.
printf 'dir %s\nappendonly yes\nsave ""\n' "$DATA" >"$TMP/conf"
start_server -c "$TMP/conf"
turn no
redis CONFIG REWRITE >/dev/null
grep -qx 'appendonly no' "$TMP/conf" || fail 'CONFIG REWRITE does not write appendonly'
redis CONFIG SET appendonly maybe | grep -q "CONFIG SET failed (possibly related to argument 'appendonly')" ||
	fail 'appendonly maybe'
stop_server
start_server
redis CONFIG SET appendonly yes | grep -q "argument 'appendonly') - there is no data directory" || fail 'no directory'
stop_server
exit 0
