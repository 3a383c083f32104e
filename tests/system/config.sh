#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Settings: wrong ones on the command line and in the file are refused with the place, what was expected and status 78
# or 64; --test-config, --help and --version; the command line goes before the file; CONFIG GET * tells what holds;
# CONFIG SET changes what may change while the server runs, all or nothing, and refuses the rest; CONFIG REWRITE writes
# what holds into the file.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

conf=$TMP/respd.conf
# refused STATUS MESSAGE ARG...: the server does not start, and says so on the standard error
refused()
{
	local status=$1 message=$2 got is
	shift 2
	got=$(timeout 60 "$RESPD" "$@" 2>&1 >/dev/null)
	is=$?
	[ "$got" = "respd: $message" ] || fail "$*: says '$got', not 'respd: $message'"
	[ $is -eq "$status" ] || fail "$*: ends with $is, not $status"
}
# refused_line MESSAGE TEXT: the same for a file whose third line is the text
refused_line()
{
	printf '# one\nport 0\n%s\ntimeout 1\n' "$2" >"$conf"
	refused 78 "$conf:3: $1" -c "$conf" --test-config
	refused 78 "$conf:3: $1" -c "$conf"
}

# The command line
refused 78 "--port '65536': expected a number from 0 to 65535" --port 65536
refused 78 "--port '-1': expected a number from 0 to 65535" --port=-1
refused 78 "--port '': expected a number from 0 to 65535" --port ''
refused 78 "--port '7 ': expected a number from 0 to 65535" --port '7 '
refused 78 "--port '0x10': expected a number from 0 to 65535" --port 0x10
refused 78 "--port '99999999999999999999': expected a number from 0 to 65535" --port 99999999999999999999
refused 78 "--workers '0': expected a number from 1 to 16384" --workers 0
refused 78 "--shards '1000': expected a power of two from 1 to 65536" --shards 1000
refused 78 "--pool-full 'maybe': expected wait | reject" --pool-full maybe
refused 78 "--protected-mode '1': expected yes | no" --protected-mode 1
refused 78 "--unixsocketperm '0888': expected octal permissions up to 0777" --unixsocketperm 0888
refused 78 "--unixsocketperm '1000': expected octal permissions up to 0777" --unixsocketperm 1000
refused 78 "--proto-max-bulk-len '1gb': expected a size from 1mb to 512mb" --proto-max-bulk-len 1gb
refused 78 "--proto-max-bulk-len '1023kb': expected a size from 1mb to 512mb" --proto-max-bulk-len 1023kb
refused 64 'unknown option --prot, did you mean --port?' --prot 1
refused 64 'unknown option --no-such-thing' --no-such-thing 1
refused 64 '--port needs a value' --port
refused 64 '-c needs a file' -c
refused 64 'unknown argument 6379' 6379
refused 78 "$TMP/none: No such file or directory" -c "$TMP/none"

# The file
refused_line "port 'many': expected a number from 0 to 65535" 'port many'
refused_line "log-level 'loud': expected error | warning | notice | info | debug" 'log-level loud'
refused_line 'port: expected a number from 0 to 65535' 'port'
refused_line 'port: expected a number from 0 to 65535' 'port 1 2'
refused_line "unknown setting 'worker', did you mean 'workers'?" 'worker 4'
refused_line "unknown setting 'daemonize'" 'daemonize yes'
refused_line 'unbalanced quotes' 'bind "127.0.0.1'

# Good ones, without a server
printf '# all of it\n\n  PORT 7000\nbind 127.0.0.1 "-::1"\nproto-max-bulk-len 2mb\nunixsocketperm 770\n' >"$conf"
[ "$("$RESPD" -c "$conf" --test-config)" = 'the settings are fine' ] || fail 'good settings are refused'
"$RESPD" -c "$conf" --test-config --workers 3 >/dev/null || fail 'good settings are refused'
[[ "$("$RESPD" --version)" =~ ^respd\ [0-9]+\.[0-9]+ ]] || fail 'no version'

# Where there is no listening, there is no start.
timeout 60 "$RESPD" --port 0 2>"$TMP/none"
[ $? -eq 69 ] || fail 'a server without sockets starts'
grep -q 'nothing to listen on: set port, redis-port or unixsocket' "$TMP/none" || fail "not said: $(cat "$TMP/none")"
timeout 60 "$RESPD" --port 10000 --bind 192.0.2.1 2>"$TMP/none"
[ $? -eq 69 ] || fail 'a server with the address of someone else starts'
grep -q '192.0.2.1 port 10000: Cannot assign' "$TMP/none" || fail "not said: $(cat "$TMP/none")"

# What holds: the defaults of --help, what the file says over them, what the command line says over that.
printf 'workers 5\ntimeout 1011\nreply-timeout 12\nproto-max-bulk-len 2mb\n' >"$conf"
start_server -c "$conf" --timeout 1013 --pool-full=reject
"$RESPD" --help >"$TMP/help" || fail 'no help'
"$RESPD" -h | diff - "$TMP/help" || fail '-h is not --help'
CONF=$conf python <<'END' || fail 'CONFIG'
import re
from raw import *

wanted = {}
for line in open(TMP + '/help'):
    match = re.match(r'  --(\S+) +(\S.*) \((.*)\)$', line)
    if match:
        wanted[match[1]] = '' if match[3] == 'none' else match[3]
check(len(wanted) > 15, '--help lists', sorted(wanted))
wanted.update({'bind': '127.0.0.1', 'port': str(PORT), 'redis-port': str(REDIS_PORT), 'workers': '5',
    'timeout': '1013', 'reply-timeout': '12', 'proto-max-bulk-len': str(2 << 20), 'pool-full': 'reject', 'auto-aof-rewrite-min-size': '67108864',
    'client-output-buffer-limit': 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'})

def config(client, pattern='*'):
    flat = [text.decode() for text in client.call('CONFIG', 'GET', pattern)]
    return dict(zip(flat[::2], flat[1::2]))

client, article = Client(REDIS_PORT), Client()
same(config(client), wanted)
same(config(client, 'P?RT'), {'port': str(PORT)})
same(config(client, '*-timeout'), {name: wanted[name] for name in wanted if name.endswith('-timeout')})
same(config(client, 'none'), {})
client.send(request('HELLO', '3') + request('CONFIG', 'GET', 'workers'))
client.reply()
same(client.reply(), [(b'workers', b'5')])
client.call('HELLO', '2')

# Live settings: two values each, one of them wrong.
live = {
    'protected-mode': ('no', 'perhaps'), 'tcp-keepalive': ('60', '-1'), 'pool-full': ('wait', ''),
    'timeout': ('3600', '1h'), 'request-timeout': ('31', '4294967296'), 'reply-timeout': ('32', '1.5'),
    'drain-timeout': ('9', '3601'), 'log-level': ('warning', 'verbose'),
    'proto-max-bulk-len': ('4mb', '513mb'), 'maxmemory-policy': ('allkeys-lru', 'all'), 'maxmemory-samples': ('7', '0'),
    'maxmemory': ('2147483648', '-1'), 'appendfsync': ('always', 'perhaps'),
}
for name, (good, bad) in live.items():
    same(client.call('CONFIG', 'SET', name.upper(), good), Simple('OK'), name)
    wanted[name] = str(4 << 20) if good == '4mb' else good
    answer = client.call('CONFIG', 'SET', name, bad)
    check(isinstance(answer, Error) and answer.startswith("ERR CONFIG SET failed (possibly related to argument '%s')"
        " - expected " % name), name, answer)
    same(config(client), wanted, 'after CONFIG SET', name)
    same(config(article), wanted, 'after CONFIG SET', name)
fixed = []
for name in sorted(set(wanted) - set(live)):
    answer = client.call('CONFIG', 'SET', name, wanted[name])
    if answer != 'OK':
        same(answer, Error("ERR CONFIG SET failed (possibly related to argument '%s') - %s" % (name,
            'there is no data directory' if name == 'appendonly' else "can't set immutable config")))
        fixed.append(name)
same(fixed, ['appendonly', 'bind', 'databases', 'dir', 'enable-debug-command', 'port', 'redis-port', 'scheduling', 'shards',
    'tcp-backlog', 'unixsocket', 'unixsocketperm', 'workers'])

# All or nothing
same(client.call('CONFIG', 'SET', 'timeout', '1001', 'drain-timeout', '2'), Simple('OK'))
wanted.update({'timeout': '1001', 'drain-timeout': '2'})
for more in (('drain-timeout', 'x'), ('port', '1'), ('nothing', '1'), ('timeout', '1004'), ('drain-timeout',)):
    answer = client.call('CONFIG', 'SET', 'timeout', '1003', *more)
    check(isinstance(answer, Error), 'CONFIG SET timeout 1003', *more, 'gets', answer)
    same(config(client), wanted, 'after CONFIG SET timeout 1003', *more)

# A live setting lives: strings of 2 MiB and a byte were too long before.
client.call('CONFIG', 'SET', 'timeout', '0')
late = Client(REDIS_PORT)
same(late.call('SET', 'k', b'x' * (4 << 20)), Simple('OK'))
late.send(b'*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n' % ((4 << 20) + 1))
same(late.rest(), b'-ERR Protocol error: invalid bulk length\r\n')
END
stop_server

# CONFIG REWRITE: from the file that it leaves, the same settings; a link stays one, and so does the mode.
mkdir "$TMP/etc"
printf '# mine\n\nTimeout 5\nsave 9 9\nsave 8 8\nport 31337' >"$TMP/etc/real.conf"
chmod 640 "$TMP/etc/real.conf"
ln -s real.conf "$TMP/etc/respd.conf"
start_server -c "$TMP/etc/respd.conf" --workers 7 --save '9 9 8 8'
python <<'END' || fail 'CONFIG REWRITE'
from raw import *
client = Client(REDIS_PORT)
same(client.call('CONFIG', 'SET', 'timeout', '77', 'requirepass', 'a "b"\r\n c', 'notify-keyspace-events', 'KEA'), Simple('OK'))
before = client.call('CONFIG', 'GET', '*')
for _ in range(2):
    same(client.call('CONFIG', 'REWRITE'), Simple('OK'))
with open(TMP + '/etc/real.conf', newline='') as file:
    text = file.read()
same(text, '# mine\n\ntimeout 77\nsave 9 9 8 8\nport %d\n# Generated by CONFIG REWRITE\nbind 127.0.0.1\nredis-port %d\n'
     'requirepass "a \\"b\\"\\r\\n c"\nworkers 7\nnotify-keyspace-events AKE\n' % (PORT, REDIS_PORT))
check(os.path.islink(TMP + '/etc/respd.conf') and os.stat(TMP + '/etc/real.conf').st_mode & 0o777 == 0o640, 'link or mode')
same(sorted(os.listdir(TMP + '/etc')), ['real.conf', 'respd.conf'])
same(client.call('MULTI'), Simple('OK'))
same(client.call('CONFIG', 'REWRITE'), Error('ERR Command not allowed inside a transaction'))
END
"$RESPD" -c "$TMP/etc/respd.conf" --test-config >/dev/null || fail 'a rewritten file is refused'
mv "$TMP/etc" "$TMP/gone"
python <<'END' || fail 'CONFIG REWRITE without a folder'
from raw import *
client = Client(REDIS_PORT)
same(client.call('AUTH', 'a "b"\r\n c'), Simple('OK'))
same(client.call('CONFIG', 'REWRITE'), Error('ERR Rewriting config file: No such file or directory'))
END
stop_server
