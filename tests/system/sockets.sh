#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Sockets: the Unix socket with its permissions from the first moment on, in place of one nobody listens on and of
# nothing else; sockets that a service manager passes, by their names, and kept through a restart; what a service
# manager is told; no descriptors left: newcomers are closed, clients go on, the server rests, and recovers; protected
# mode: clients of other addresses are refused.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

# The Unix socket
path=$TMP/socket
SOCKET=$path python >"$TMP/modes" <<'END' &
from raw import *

# Whatever can be seen of it before it can be used, and then.
modes = set()
open(TMP + '/watching', 'w').close()
end = time.monotonic() + PATIENCE
last = False
while time.monotonic() < end and not last:
    last = os.path.exists(TMP + '/seen')  # and one more look
    try:
        modes.add(os.lstat(os.environ['SOCKET']).st_mode & 0o777)
    except FileNotFoundError:
        pass
print(*['%o' % mode for mode in sorted(modes)])
END
watcher=$!
await 'somebody watches' test -e "$TMP/watching"
start_server --unixsocket "$path"
[ "$(stat -c '%F %a' "$path")" = 'socket 700' ] || fail "it is: $(stat -c '%F %a' "$path")"
touch "$TMP/seen"
wait $watcher
[[ "$(cat "$TMP/modes")" =~ ^(600 )?700$ ]] || fail "permissions were: $(cat "$TMP/modes")"
SOCKET=$path python <<'END' || fail 'the Unix socket'
from raw import *

client = Client(path=os.environ['SOCKET'])
same(client.call('SET', 'k', 'v'), Simple('OK'))
client.send(request('CLIENT', 'LIST'))
check(b' addr=%s:0 ' % os.environ['SOCKET'].encode() in client.reply(), 'CLIENT LIST does not say where')
same(Client().call('GET', 'k'), b'v')
END

# refused MESSAGE PATH: no server starts there
refused()
{
	timeout 60 "$RESPD" --port 0 --unixsocket "$2" 2>"$TMP/refused"
	[ $? -eq 69 ] || fail "$1: a server starts, or ends with another status"
	grep -q "cannot start: unixsocket .*: $1" "$TMP/refused" || fail "not '$1' but: $(cat "$TMP/refused")"
}
refused 'Address already in use' "$path"
SOCKET=$path python <<'END' || fail 'somebody else has taken the socket of a server'
from raw import *

same(Client(path=os.environ['SOCKET']).call('GET', 'k'), b'v')
END
stop_server
[ ! -e "$path" ] || fail 'the socket is left behind'

# One that nobody listens on, since its server was killed
start_server --unixsocket "$path"
kill -KILL "$PID"
wait "$PID" 2>/dev/null
[ -S "$path" ] || fail 'the socket of a server that was killed is gone'
start_server --unixsocket "$path" --unixsocketperm 0770
[ "$(stat -c %a "$path")" = 770 ] || fail "permissions are: $(stat -c %a "$path")"
SOCKET=$path python <<'END' || fail 'a socket that was replaced'
from raw import *

same(Client(path=os.environ['SOCKET']).call('PING'), Simple('PONG'))
END
stop_server

# Nothing else is touched.
echo precious >"$TMP/file"
ln -s "$TMP/file" "$TMP/link"
mkdir "$TMP/folder"
for other in file link folder; do
	refused 'Address already in use' "$TMP/$other"
done
[ "$(cat "$TMP/file")" = precious ] && [ "$(readlink "$TMP/link")" = "$TMP/file" ] && [ -d "$TMP/folder" ] ||
	fail 'something that is no socket was touched'
refused 'longer than 107 bytes' "$TMP/$(printf 'x%.0s' {1..108})"
refused 'No such file or directory' "$TMP/none/socket"

# What a service manager does: it holds the sockets, and wants to know.
RESPD=$RESPD python <<'END' || fail 'a service manager'
import signal
import subprocess
from raw import *

def listener(family, address):
    listening = socket.socket(family)
    listening.bind(address)
    listening.listen()
    return listening

notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notified.bind(TMP + '/notify')
notified.settimeout(PATIENCE)

def start(sockets, names, path=TMP + '/notify', **more):
    environment = dict(os.environ, NOTIFY_SOCKET=path, LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=names, **more)
    # Far from where they are to be, so that none is in the way of another.
    far = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
    moves = ' '.join('%d<&%d %d<&-' % (3 + i, fd, fd) for i, fd in enumerate(far))
    with open(TMP + '/log', 'w') as log:
        server = subprocess.Popen(['bash', '-c', 'exec %s; LISTEN_PID=${LISTEN_PID:-$$} exec "$@"' % moves, '-',
            os.environ['RESPD'], '--port', str(ports[0]), '--bind', '127.0.0.1', '-c', TMP + '/conf'],
            env=environment, pass_fds=far, stderr=log)
    for fd in far:
        os.close(fd)
    return server

def told(wanted, *others):
    while True:
        message = notified.recv(1000).decode().split('\nSTATUS=')[0]
        if message == wanted:
            return
        check(message in others, 'told', message, 'and not', wanted)

def stop(server):
    server.send_signal(signal.SIGTERM)
    told('STOPPING=1', 'WATCHDOG=1')
    same(server.wait(PATIENCE), 0)

with open(TMP + '/conf', 'w') as conf:
    conf.write('timeout 0\n')
sockets = [listener(socket.AF_INET, ('127.0.0.1', 0)), listener(socket.AF_INET, ('127.0.0.1', 0)),
    listener(socket.AF_UNIX, TMP + '/passed')]
ports = [s.getsockname()[1] for s in sockets[:2]]

# It is told that the server is ready when it is, and then that it lives.
server = start(sockets, 'respd:respd-redis:respd-redis', WATCHDOG_USEC='500000')
try:
    told('READY=1')
    same(Client(ports[0]).call('SET', 'k', 'v'), 1)
    same(Client(ports[1]).call('SET', 'k', 'v'), Simple('OK'))
    same(Client(path=TMP + '/passed').call('SET', 'k', 'v'), Simple('OK'))
    told('WATCHDOG=1')
    told('WATCHDOG=1')
    server.send_signal(signal.SIGHUP)
    told('RELOADING=1', 'WATCHDOG=1')
    told('READY=1')
    told('WATCHDOG=1')
    stop(server)
    check(os.path.exists(TMP + '/passed'), 'a socket that was passed is gone')

    # Who comes between two servers waits for the second.
    client = Client(ports[1])
    client.send(request('PING'))
    server = start(sockets, 'respd:respd-redis:respd-redis')
    told('READY=1')
    same(client.reply(), Simple('PONG'))
    stop(server)

    # Without names there is the article's dialect.
    server = start(sockets[:1], '')
    told('READY=1')
    same(Client(ports[0]).call('SET', 'k', 'v'), 1)
    stop(server)

    # What is for another process is not ours: then the port is taken.
    server = start(sockets[:1], 'respd', LISTEN_PID='1')
    same(server.wait(PATIENCE), 69)
    check(logged('Address already in use'), 'it did not listen by itself')
    plain = socket.socket()
    server = start([plain], 'respd')
    same(server.wait(PATIENCE), 69)
    check(logged('descriptor 3 is no listening socket'), 'not said')

    # An abstract socket
    notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.bind('\0' + TMP)
    notified.settimeout(PATIENCE)
    server = start(sockets, 'respd', path='@' + TMP)
    told('READY=1')
    stop(server)
finally:
    if server.poll() is None:
        server.kill()
END

# crowded FILES: a server that may have so many, and more clients
crowded()
{
	# It inherits none of ours, so the next number tells whether an even or an odd one is left when no client fits.
	WRAP=(bash -c 'for fd in /proc/self/fd/*; do fd=${fd##*/}; [ $fd -le 2 ] || eval "exec $fd>&-"; done
		ulimit -n '"$1"'; exec "$@"' -)
	start_server
	logged "only $1 files may be open, 64 workers need 160" || fail 'the log does not say that there are few descriptors'
	FILES=$1 python <<'END' || fail "no descriptors left of $1"
from raw import *

def served(client):
    try:
        return client.call('PING') == 'PONG'
    except (EOFError, OSError):
        return False

began = time.monotonic()
clients = [Client()]
same(clients[0].call('PING'), Simple('PONG'))
wait_for_others()
empty, files = descriptors(), int(os.environ['FILES'])
while len(clients) < 64:
    client = Client((PORT, REDIS_PORT)[len(clients) % 2])
    if not served(client):
        break
    clients.append(client)
same(len(clients), 1 + (files - empty) // 2, 'clients with', files, 'descriptors')

# One is turned away at each look, and there are few looks.
filled, used = time.monotonic(), cpu()
newcomers = [Client((PORT, REDIS_PORT)[i % 2]) for i in range(8)]
for newcomer in newcomers:
    same(newcomer.rest(), b'')
    for client in clients:
        same(client.call('PING'), Simple('PONG'))
crowd = [Client() for _ in range(100)]
while time.monotonic() < filled + 3:
    time.sleep(0.1)
    same(clients[0].call('PING'), Simple('PONG'))
gone = sum(not client.open() for client in crowd)
passed = time.monotonic() - began
# The looks are 10, 20, 40 and so on to 1,000 ms apart. Time that we lose makes room for more, never for less.
check(gone <= 8 + passed, gone, 'were turned away in', passed, 's')
used = cpu() - used
passed = time.monotonic() - filled
check(used < passed / 2, 'the server computed', used, 'of', passed, 's')
with open(TMP + '/log') as log:
    said = log.read().count('cannot accept connections')
passed = time.monotonic() - began
check(1 <= said <= 1 + passed / 10, 'the log says it', said, 'times in', passed, 's')

# When there are some again
for client in crowd + clients[1:]:
    client.close()
wait_for('newcomers are served again', lambda: served(Client()))
wait_for_others()
same(descriptors(), empty, 'descriptors')
END
	stop_server
	WRAP=()
}
crowded 60
crowded 61

# Protected mode: who comes from an address of the network is refused, on this machine too.
address=$(python <<'END'
from raw import *

try:
    there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # Nothing is sent.
    there.connect(('192.0.2.1', 9))
    print(there.getsockname()[0])
except OSError:
    pass
END
)
if [ -z "$address" ] || [[ $address == 127.* ]]; then
	say 'protected mode is not tried: this machine has no address but its own'
	exit 0
fi
start_server --bind "127.0.0.1 -::1 $address"
ADDRESS=$address python <<'END' || fail 'protected mode'
from raw import *

watch = Client(REDIS_PORT)
for port in (PORT, REDIS_PORT):
    stranger = Client(port, host=os.environ['ADDRESS'])
    try:
        stranger.send(request('SET', 'k', 'v') * 100)
    except OSError:
        pass
    answer = stranger.rest()
    check(answer.startswith(b'-DENIED ') and answer.count(b'\r\n') == 1, 'a stranger is told', answer)
same(watch.call('EXISTS', 'k'), 0)
try:
    near = Client(host='::1')
except OSError:
    near = None
if near is not None:
    same(near.call('PING'), Simple('PONG'))
same(watch.call('CONFIG', 'SET', 'protected-mode', 'no'), Simple('OK'))
same(Client(host=os.environ['ADDRESS']).call('SET', 'k', 'v'), 1)
same(watch.call('CONFIG', 'SET', 'protected-mode', 'yes'), Simple('OK'))
check(Client(host=os.environ['ADDRESS']).rest().startswith(b'-DENIED '), 'protected mode is not on again')
END
stop_server
