#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# respd-check --repair: a snapshot of which a section is damaged, or the head of one, so that the next has to be searched
# for; a manifest that is damaged, with a snapshot and without. What it says is lost, is; all else is there.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
: "${RESPD_CHECK:=$BUILDDIR/src/respd-check}"
DATA=$TMP/data
KEYS=3000

# check STATUS [--repair]: what it says is in $TMP/said
check()
{
	local status
	timeout 60 "$RESPD_CHECK" "${@:2}" "$DATA" >"$TMP/said" 2>&1
	status=$?
	[ $status -eq "$1" ] || fail "respd-check ${*:2} ends with $status, not $1: $(cat "$TMP/said")"
}

said()		{ grep -q -e "$1" "$TMP/said" || fail "not said: $1, but: $(cat "$TMP/said")"; }
refused()	{ ! timeout 20 "$RESPD" --bind 127.0.0.1 --port "$(free_port)" --dir "$DATA" 2>/dev/null || fail "a start: $1"; }
start()		{ start_server --dir "$DATA" --shards 16 --save ''; }

# write VALUE: to all keys
write()
{
	python "$1" "$KEYS" <<'END' || fail 'writing'
from raw import *
client = Client(REDIS_PORT)
count = int(sys.argv[2])
client.send(b''.join(request('SET', 'key%d' % i, sys.argv[1]) for i in range(count)))
for i in range(count):
    same(client.reply(), Simple('OK'))
END
}

# read_back VALUE LOST: that many keys are missing and all others have the value
read_back()
{
	python "$1" "$KEYS" "$2" <<'END' || fail 'what is there'
from raw import *
client = Client(REDIS_PORT)
values = client.call('MGET', *['key%d' % i for i in range(int(sys.argv[2]))])
same(sum(v is None for v in values), int(sys.argv[3]), 'missing')
same(set(values) - {None}, {sys.argv[1].encode()})
END
}

# damage WHAT: the snapshot, or the manifest; of a section its middle or its head
damage()
{
	"$PYTHON" - "$1" "$DATA" <<'END' || fail "damage: $1"
import glob, sys
what, data = sys.argv[1:]
name = data + '/MANIFEST' if what == 'manifest' else glob.glob(data + '/snap-*')[0]
with open(name, 'rb') as file:
    content = bytearray(file.read())
heads = [i for i in range(len(content)) if content[i:i + 4] == b'SECT'] or [0] * 8
place = {'manifest': 30, 'body': (heads[5] + heads[6]) // 2, 'head': heads[7] + 9, 'end': len(content) - 3,
    'header': 20}[what]
content[place] ^= 1
with open(name, 'wb') as file:
    file.write(content)
END
}

start
write 1
"$RESPD_CLI" -p "$REDIS_PORT" SAVE >/dev/null
write 2
stop_server
cp -r "$DATA" "$TMP/kept"
check 0

for what in body head end; do
	rm -rf "$DATA"
	cp -r "$TMP/kept" "$DATA"
	damage $what
	refused "$what"
	check 65
	said 'would be lost with --repair'
	check 0 --repair
	lost=$(sed -n 's/.*lost: \([0-9]*\) keys of .*/\1/p' "$TMP/said")
	case $what in
	body)	said 'of 1 sections' && [ "$lost" -gt 100 ] || fail "$lost lost" ;;
	head)	said 'of 0 sections, and those of 1 sections' ;;
	end)	said 'lost: 0 keys of 0 sections' ;;
	esac
	[ "$(find "$DATA/quarantine" -name 'snap-*' | wc -l)" -eq 1 ] || fail 'the damaged one is not kept'
	check 0
	start
	if [ $what = head ]; then
		lost=$((KEYS - $("$RESPD_CLI" -p "$REDIS_PORT" DBSIZE | tr -cd 0-9)))
		[ $lost -gt 100 ] && [ $lost -lt $((KEYS / 8)) ] || fail "$lost keys for one section of 16"
	fi
	read_back 2 "$lost"
	write 3
	stop_server
	start
	read_back 3 0
	stop_server
done

rm -rf "$DATA"
cp -r "$TMP/kept" "$DATA"
damage header
check 65
said 'nothing of the snapshot can be read'
check 65 --repair

# The manifest
rm -rf "$DATA"
cp -r "$TMP/kept" "$DATA"
damage manifest
refused manifest
check 65
said 'made anew .* --repair'
check 0 --repair
said 'MANIFEST has been made anew, with snap-.* and the journal from position'
start
read_back 2 0
stop_server
rm -rf "$DATA"
start
write 4
stop_server
damage manifest
check 0 --repair
said 'with nothing as the snapshot and the journal from position 0 on'
start --shards 4
read_back 4 0
stop_server
damage manifest
rm "$DATA"/log-*
check 65 --repair
said 'no file says what belongs into MANIFEST'
