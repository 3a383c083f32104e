#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The data directory without a journal: what was saved is there after a restart, whoever asked for it and whatever was going on: SAVE,
# BGSAVE, USR1, the setting save, the end, SHUTDOWN with SAVE and NOSAVE; under load and a kill; one server at a time; a
# save that fails; files that are damaged, or left by a crash.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

DATA=$TMP/data

start()		{ start_server --dir "$DATA" --appendonly no "$@"; }
redis()		{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }
kill_server()	{ kill -KILL "$PID"; wait "$PID" 2>/dev/null; }
info_is()	{ redis INFO persistence | grep -q "^$1"; }
one_snapshot()	{ [ "$(find "$DATA" -name 'snap-*' | wc -l)" -eq 1 ] || fail "not one snapshot: $1"; }

# refused STATUS TEXT: no server starts
refused()
{
	timeout 20 "$RESPD" --bind 127.0.0.1 --port "$(free_port)" --dir "$DATA" >"$TMP/refused" 2>&1
	[ $? -eq "$1" ] && grep -q -e "$2" "$TMP/refused" || fail "not refused with $1, $2: $(cat "$TMP/refused")"
}

# same_value WHAT WANT COMMAND...
same_value()
{
	local got
	got=$(redis "${@:3}" 2>&1)
	[ "$got" = "$2" ] || fail "$1: '$got' is not '$2'"
}

# Asked for, and killed afterwards.
start --save ''
redis SET first 1 >/dev/null
redis SAVE | grep -q OK || fail 'SAVE'
redis SET lost 1 >/dev/null
kill_server
start --save ''
same_value 'what was saved' 1 GET first
same_value 'what was not' '(nil)' GET lost
refused 73 'another server uses it'
redis SET second 1 >/dev/null
redis BGSAVE | grep -q 'Background saving started' || fail 'BGSAVE'
await 'the end of BGSAVE' info_is rdb_saves:1
redis SET third 1 >/dev/null
kill -USR1 "$PID"
await 'the end of the one by USR1' info_is rdb_saves:2
info_is rdb_changes_since_last_save:0 || fail 'changes are counted from the last one'
kill_server
start --save ''
same_value 'after USR1' '(integer) 3' EXISTS first second third
one_snapshot 'after USR1'

# At the end: not without save, but when SHUTDOWN says so; and the other way round.
redis SET end 1 >/dev/null
stop_server
start --save ''
same_value 'ended without save' '(nil)' GET end
redis SET end 1 >/dev/null
redis SHUTDOWN SAVE >/dev/null 2>&1
stopped
start --save '1000 1000'
same_value 'SHUTDOWN SAVE' 1 GET end
redis DEL end >/dev/null
redis SHUTDOWN NOSAVE >/dev/null 2>&1
stopped
start --save '1000 1000'
same_value 'SHUTDOWN NOSAVE' 1 GET end
# A journal changes nothing about that.
redis CONFIG SET appendonly yes >/dev/null
await 'a journal' info_is aof_enabled:1
redis SHUTDOWN >/dev/null 2>&1
stopped
sed '1,/shutting down/d' "$TMP/log" | grep -q 'notice saved snap-' || fail 'SHUTDOWN with a journal saves nothing'
start --save '' --appendonly yes
redis SHUTDOWN >/dev/null 2>&1
stopped
logged 'notice saved' && fail 'SHUTDOWN saves without save'
start --save '1000 1000'
redis DEL end >/dev/null
stop_server
start
same_value 'ended with save' '(nil)' GET end

# By itself.
redis CONFIG SET save '1 3' >/dev/null
redis MSET a 1 b 2 c 3 >/dev/null
await 'a save by itself' info_is rdb_saves:1
kill_server
start --save ''
same_value 'saved by itself' '(integer) 3' EXISTS a b c

# Under load: each client counts up; what was there before a save is in it, and nothing that was never said.
python <<'END' || fail 'the load'
import threading
from raw import *

low, high = [0] * 4, [0] * 4
enough = threading.Event()

def work(n):
    client = Client(REDIS_PORT)
    while not enough.is_set():
        high[n] += 1
        client.call('RPUSH', 'list%d' % n, high[n])
        client.call('SET', 'key%d' % n, high[n])
        low[n] = high[n]

threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
client = Client(REDIS_PORT)
for i in range(20):
    before = list(low)
    same(client.call('SAVE'), Simple('OK'))
    after = list(high)
enough.set()
for thread in threads:
    thread.join()
with open(os.environ['TMP'] + '/load', 'w') as file:
    file.write(repr((before, after)))
END
kill_server
start --save ''
python <<'END' || fail 'after the load'
from raw import *

with open(os.environ['TMP'] + '/load') as file:
    before, after = eval(file.read())
client = Client(REDIS_PORT)
for n in range(4):
    values = [int(v) for v in client.call('LRANGE', 'list%d' % n, 0, -1)]
    same(values, list(range(1, len(values) + 1)))
    check(before[n] <= len(values) <= after[n], 'list', n, before[n], len(values), after[n])
    check(before[n] <= int(client.call('GET', 'key%d' % n)) <= after[n], 'key', n)
END

# What a crash leaves is removed; more shards or fewer make no difference.
cp "$DATA"/snap-* "$DATA/snap-0-1.rsp"
redis SELECT 1 >/dev/null
kill_server
start --save '' --shards 16
same_value 'with fewer shards' '(integer) 3' EXISTS a b c
one_snapshot 'after a crash'

# A directory that goes away.
mv "$DATA" "$TMP/kept"
mkdir -m 700 "$DATA"
redis SAVE | grep -q OK || fail 'a directory that was moved is still the same'
rm -r "$TMP/kept"
redis SAVE 2>&1 | grep -q 'saving failed: No such file or directory' || fail 'a save that cannot be'
info_is rdb_last_bgsave_status:err || fail 'INFO does not tell the failure'
logged 'saving to .* failed' || fail 'the failure is not in the log'
same_value 'a server that cannot save' '(integer) 3' EXISTS a b c
kill_server

# Damage.
start --save ''
redis MSET a 1 b 2 >/dev/null
redis SAVE >/dev/null
stop_server
snapshot=$(echo "$DATA"/snap-*)
cp "$snapshot" "$TMP/good"
printf X | dd of="$snapshot" bs=1 seek=1000 conv=notrunc 2>/dev/null
refused 65 "$(basename "$snapshot"): .*damaged"
head -c 500 "$TMP/good" >"$snapshot"
refused 65 'too early'
rm "$snapshot"
refused 65 'No such file'
cp "$TMP/good" "$snapshot"
cp "$DATA/MANIFEST" "$TMP/manifest"
sed -i 's/seed ./seed x/' "$DATA/MANIFEST"
refused 65 'MANIFEST is damaged'
cp "$TMP/manifest" "$DATA/MANIFEST"
start
same_value 'all is well again' '(integer) 2' EXISTS a b
stop_server
chmod 777 "$DATA"
refused 73 'others may write'

# Lines of a file add up.
cat >"$TMP/conf" <<END
save 900 1
save 300 10
END
start_server -c "$TMP/conf"
same_value 'two lines' $'1) "save"\n2) "900 1 300 10"' CONFIG GET save
redis SAVE 2>&1 | grep -q 'no data directory' || fail 'SAVE without a directory'
stop_server
