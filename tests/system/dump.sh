#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# respd-dump: what a redis-server had, moved in with respd-import, goes back the way redis-cli --pipe takes it; typed
# values, deadlines, databases and the due queue go into another respd and are the same there; lines of JSON; what Redis
# cannot hold is named; a server that writes and saves meanwhile; damage, wrong options, an output that is full; the
# directory is left as it was.

. "${SRCDIR:-.}/tests/system/lib.sh"
. "$SRCDIR/tests/system/redis.sh"
need_python
: "${RESPD_IMPORT:=$BUILDDIR/src/respd-import}" "${RESPD_DUMP:=$BUILDDIR/src/respd-dump}"
DATA=$TMP/data

helper()	{ REFERENCE=$REFERENCE REDIS_PORT=$REDIS_PORT TMP=$TMP "$PYTHON" "$SRCDIR/tests/system/import_data.py" "$@" || fail "$*"; }
redis()		{ redis-cli -p "$REFERENCE" "$@" >/dev/null || fail "redis: $*"; }
respd()		{ redis-cli -p "$REDIS_PORT" "$@"; }
saved()		{ [ "$(respd save)" = OK ] || fail SAVE; }
# typed COMMAND...: what it answers, arguments as JSON
typed()		{ "$RESPD_CLI" -p "$PORT" --json "$@" >/dev/null || fail "$*"; }
said()		{ grep -q -e "$1" "$TMP/said" || fail "not said: $1, but: $(cat "$TMP/said")"; }
files()		{ (cd "$DATA" && find . -type f -exec cksum {} + | sort); }

# dump STATUS [ARG...]: into $TMP/dump; what it says is in $TMP/said
dump()
{
	local wanted=$1 status
	shift
	timeout 120 "$RESPD_DUMP" "$@" "$DATA" >"$TMP/dump" 2>"$TMP/said"
	status=$?
	[ $status -eq "$wanted" ] || fail "respd-dump $* ends with $status, not $wanted: $(cat "$TMP/said")"
}

# pipe PORT: the dump into a server, without an error
pipe()
{
	redis-cli -p "$1" --pipe <"$TMP/dump" >"$TMP/piped" 2>&1 || fail "--pipe: $(cat "$TMP/piped")"
	grep -q 'errors: 0,' "$TMP/piped" || fail "--pipe: $(cat "$TMP/piped")"
}

start_redis
export REFERENCE RESPD_DUMP
command -v redis-cli >/dev/null || skip 'no redis-cli'
start_server --dir "$DATA"

# There and back. A set that does not fit into one command, and a key that has expired.
helper fill
"$PYTHON" - >"$TMP/many" <<'END'
print('SADD', 'many', *range(5000))
print('ZADD', 'scores', *(x for i in range(3000) for x in (i / 7, i)))
END
redis-cli -p "$REFERENCE" <"$TMP/many" >/dev/null || fail 'many'
redis save
"$RESPD_IMPORT" --port "$PORT" "$TMP/dump.rdb" >/dev/null || fail 'import'
respd SET short 1 PX 1 >/dev/null
saved
sleep 0.01
before=$(files)
dump 0
[ ! -s "$TMP/said" ] || fail "said: $(cat "$TMP/said")"
redis flushall
pipe "$REFERENCE"
helper compare 0 3 9
stop_server
before=$(files)
dump 0
dump 0 --json
[ "$(files)" = "$before" ] || fail 'the directory is not as it was'

# All types. Redis gets what it can hold.
rm -rf "$DATA"
start_server --dir "$DATA"
typed set integer -7
typed set double 0.1
typed set boolean true
typed set nothing null
typed set big 123456789012345678901234567890
typed set array '[1,2.5,"three",true]'
typed set dictionary '{"a":1,"b":"two"}'
typed set nested '[1,["a",{"b":[null,false]}]]'
typed set empty '[]'
typed set nulls '[null]'
typed set 'a "name"' '"\u0000é\n"'
respd -n 2 SADD members 3 a >/dev/null
respd -n 2 ZADD scores 1.5 a -inf b >/dev/null
respd SET deadline 1 PXAT 4102444800000 >/dev/null
typed add '2001-02-03 04:05:06.7' '["later"]'
typed add '1969-12-31 23:59:59' 5
saved
dump 1
for key in nothing nested empty nulls; do
	said "left out: \"$key\" in database 0"
done
said 'left out: the 2 values of the due queue'
[ "$(wc -l <"$TMP/said")" -eq 5 ] || fail "more than that is left out: $(cat "$TMP/said")"
redis flushall
pipe "$REFERENCE"
python <<'END' || fail 'what Redis can hold'
from raw import *
redis = Client(int(os.environ['REFERENCE']))
for name, value in (('integer', b'-7'), ('double', b'0.1'), ('boolean', b'1'), ('deadline', b'1'),
        ('big', b'123456789012345678901234567890'), ('a "name"', b'\0\xc3\xa9\n')):
    same(redis.call('GET', name), value, name)
same(redis.call('LRANGE', 'array', 0, -1), [b'1', b'2.5', b'three', b'1'])
same(redis.call('HGETALL', 'dictionary'), [b'a', b'1', b'b', b'two'])
same(redis.call('PEXPIRETIME', 'deadline'), 4102444800000)
same(redis.call('DBSIZE'), 8)
END

# JSON
dump 0 --json
sort "$TMP/dump" >"$TMP/json"
cat >"$TMP/want" <<'END'
{"db":0,"key":"a \"name\"","type":"string","value":"\u0000é\n"}
{"db":0,"key":"array","type":"array","value":[1,2.5,"three",true]}
{"db":0,"key":"big","type":"big number","value":123456789012345678901234567890}
{"db":0,"key":"boolean","type":"boolean","value":true}
{"db":0,"key":"deadline","type":"string","deadline":4102444800000,"value":"1"}
{"db":0,"key":"dictionary","type":"dictionary","value":{"a":1,"b":"two"}}
{"db":0,"key":"double","type":"double","value":0.1}
{"db":0,"key":"empty","type":"array","value":[]}
{"db":0,"key":"integer","type":"integer","value":-7}
{"db":0,"key":"nested","type":"array","value":[1,["a",{"b":[null,false]}]]}
{"db":0,"key":"nothing","type":"null","value":null}
{"db":0,"key":"nulls","type":"array","value":[null]}
{"db":2,"key":"members","type":"set","value":["3","a"]}
{"db":2,"key":"scores","type":"sorted set","value":{"b":"-inf","a":1.5}}
{"due":"1969-12-31 23:59:59.000000","value":5}
{"due":"2001-02-03 04:05:06.700000","value":["later"]}
END
diff "$TMP/want" "$TMP/json" >&2 || fail 'the lines of JSON'

# Into another respd: all of it, at either port.
dump 0 --typed
[ ! -s "$TMP/said" ] || fail "said: $(cat "$TMP/said")"
mv "$TMP/dump" "$TMP/typed"
stop_server
for kind in PORT REDIS_PORT; do
	rm -rf "$DATA"
	start_server --dir "$DATA" --shards 16
	cp "$TMP/typed" "$TMP/dump"
	pipe "${!kind}"
	saved
	dump 0 --json
	sort "$TMP/dump" | diff "$TMP/want" - >&2 || fail "not the same in another respd, at its $kind"
	stop_server
done

# Beside a server that writes and saves: each list counts up without a gap, whenever one looks.
start_server --dir "$DATA" --shards 64
respd flushall >/dev/null
saved
python <<'END' || fail 'beside a server'
import json
import subprocess
import threading
from raw import *

enough = threading.Event()
data = os.path.join(TMP, 'data')

def push(n):
    client = Client(REDIS_PORT)
    i = 0
    while not enough.is_set():
        i += 1
        client.call('RPUSH', 'list%d' % n, i)
        # Else it grows faster than a slow respd-dump tells of it.
        time.sleep(.001)

def save():
    client = Client(REDIS_PORT)
    while not enough.is_set():
        client.call('SAVE')
        # Else each is older than the next before it is read, however often that is tried.
        enough.wait(.2)

threads = [threading.Thread(target=push, args=(n,)) for n in range(4)] + [threading.Thread(target=save)]
for thread in threads:
    thread.start()
last = {}
for _ in range(15):
    dump = subprocess.run([os.environ['RESPD_DUMP'], '--json', data], capture_output=True)
    if dump.returncode != 0:
        fail('it ends with', dump.returncode, dump.stderr)
    for line in dump.stdout.splitlines():
        line = json.loads(line)
        n = len(line['value'])
        same(line['value'], [str(i) for i in range(1, n + 1)])
        check(n >= last.get(line['key'], 0), 'it goes back')
        last[line['key']] = n
enough.set()
for thread in threads:
    thread.join()
END
saved

# How far it is, on a terminal only.
keys=400000
! sanitized || keys=100000
python "$keys" <<'END' || fail 'on a terminal'
import pty
import subprocess
from raw import *

data = os.path.join(TMP, 'data')
client = Client(REDIS_PORT)
for i in range(int(sys.argv[1]) // 10000):
    client.send(b''.join(request('SET', 'key%d' % n, n) for n in range(10000 * i, 10000 * i + 10000)))
    for n in range(10000):
        client.reply()
same(client.call('SAVE'), Simple('OK'))
master, slave = pty.openpty()
dump = subprocess.Popen([os.environ['RESPD_DUMP'], '--json', data], stdout=subprocess.PIPE, stderr=slave)
os.close(slave)
# Slowly, so that it takes its time.
for i in range(5):
    dump.stdout.read(1000000)
    time.sleep(0.1)
dump.stdout.read()
same(dump.wait(), 0)
said = os.read(master, 65536)
check(b'writing [' in said and b' % ' in said, said)
END

# Wrong options, damage, an output that has no room.
dump 64 --nothing
dump 64 --json "$DATA"
"$RESPD_DUMP" "$TMP" >/dev/null 2>"$TMP/said"
[ $? -eq 66 ] || fail 'a directory without data'
said 'there is no MANIFEST'
"$RESPD_DUMP" "$TMP/none" >/dev/null 2>"$TMP/said"
[ $? -eq 66 ] || fail 'no directory'
if [ -w /dev/full ]; then
	"$RESPD_DUMP" "$DATA" >/dev/full 2>"$TMP/said"
	[ $? -eq 74 ] || fail 'an output that is full'
	said 'cannot write: No space left'
fi
stop_server
printf X | dd of="$(echo "$DATA"/snap-*)" bs=1 seek=1000 conv=notrunc 2>/dev/null
dump 65
said 'snap-.*damaged'
[ ! -s "$TMP/dump" ] || fail 'something of a damaged snapshot is there'
