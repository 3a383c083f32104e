#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Signals: TERM while clients are busy, 20 times: each gets whole replies to its requests, in order, then the end of the
# stream; TERM with a client that has sent half a request, and with one that takes no replies: drain-timeout, and a
# second TERM before it; INT; SHUTDOWN; HUP with a good file, with a bad one and without one; USR1; USR2.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

# TERM under load. Half of the clients wait for each reply, the others send 50 requests at once.
for round in {1..20}; do
	start_server --workers 16
	python "$round" <<'END' || fail "round $round"
import random, signal, threading
from raw import *

random.seed(int(sys.argv[1]))
replies = [0] * 8

def work(n):
    client = Client((PORT, REDIS_PORT)[n % 2])
    batch, sent = (1, 50)[n // 2 % 2], 0
    try:
        while True:
            data = b''.join(request('ECHO', '%d:%d' % (n, sent + i)) for i in range(batch))
            sent += batch
            client.send(data)
            for i in range(batch):
                same(client.reply(), b'%d:%d' % (n, replies[n]), 'client', n)
                replies[n] += 1
    except EOFError as end:
        check(not end.args[0], 'client', n, 'got half a reply:', end.args[0])
    except (ConnectionResetError, BrokenPipeError) as error:
        fail('client', n, error, 'after', replies[n], 'replies')

threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
wait_for('load', lambda: min(replies) > 100)
time.sleep(random.random() / 100)
os.kill(PID, signal.SIGTERM)
for thread in threads:
    thread.join()
END
	stopped
	logged 'signal 15: shutting down' || fail 'the end is not in the log'
done

# A request of which the rest does not come has no claim, and neither has a client that waits for nothing.
start_server --drain-timeout 3600
python <<'END' || fail 'half a request'
import signal
from raw import *

idle, half = Client(), Client(REDIS_PORT)
same(idle.call('SET', 'k', 'v'), 1)
half.send(request('ECHO', 'x') + b'*2\r\n$4\r\nECHO\r\n$5\r\nab')
same(half.reply(), b'x')
os.kill(PID, signal.SIGTERM)
same(idle.rest(), b'')
same(half.rest(), b'')
END
stopped
! logged 'cut off' || fail 'someone was cut off'

# A client that does not take its replies: it has drain-timeout, or until somebody asks again.
stuck()
{
	start_server --reply-timeout 0 "$@"
	python "$@" <<'END' || fail "a stuck client with: $*"
import signal
from raw import *

stuck, other = Client(), Client()
same(other.call('SET', 'k', b'x' * (8 << 20)), 1)
stuck.send(request('GET', 'k') * 8)
stuck.line()
os.kill(PID, signal.SIGTERM)
same(other.rest(), b'')
wait_for('the end begins', lambda: logged('shutting down'))
if '3600' in sys.argv:
    os.kill(PID, signal.SIGTERM)
wait_for('the stuck client is cut off', lambda: logged('clients that have not finished are cut off'))
check(len(stuck.rest()) < 64 << 20, 'all replies came')
END
	stopped
}
stuck --drain-timeout 1
stuck --drain-timeout 3600

# INT and SHUTDOWN do what TERM does.
start_server
kill -INT "$PID"
stopped
logged 'signal 2: shutting down' || fail 'INT is not in the log'
for port in PORT REDIS_PORT; do
	start_server
	answer=$("$RESPD_CLI" -p "${!port}" shutdown abort 2>&1)
	[ "$answer" = '(error) ERR No shutdown in progress.' ] || fail "SHUTDOWN ABORT: $answer"
	answers || fail 'SHUTDOWN ABORT ends the server'
	"$RESPD_CLI" -p "${!port}" shutdown nosave >/dev/null 2>&1
	stopped
done

# HUP: what may change does, what the command line says stays, what needs a restart is named.
conf=$TMP/respd.conf
is()
{
	local got
	got=$("$RESPD_CLI" -p "$REDIS_PORT" --json config get "$1")
	[ "$got" = "[\"$1\",\"$2\"]" ] || fail "$1 is $got, not $2"
}
hup()
{
	kill -HUP "$PID"
	await "the log says: $1" logged "$1"
}
printf 'timeout 5\ndatabases 8\nreply-timeout 6\n' >"$conf"
start_server -c "$conf" --reply-timeout 9
is timeout 5
is databases 8
is reply-timeout 9
printf '# new\n\ntimeout 7\ndatabases 4\nunixsocketperm 700\ntcp-backlog 511\n' >"$conf"
printf 'reply-timeout 8\nlog-level info\n' >>"$conf"
hup "settings read again from $conf"
is timeout 7
is databases 8
is reply-timeout 9
is log-level info
logged 'databases changes at the next start only' || fail 'what needs a restart is not named'
! logged '\(unixsocketperm\|tcp-backlog\) changes' || fail 'what has not changed is named'

# Nothing of a file that is wrong anywhere.
printf 'timeout 8\nlog-level debug\nreply-timeout soon\n' >"$conf"
hup "settings not read again: $conf:3: reply-timeout 'soon': expected a number from 0"
is timeout 7
is log-level info
printf 'timeout 8\ntimoeut 9\n' >"$conf"
hup "settings not read again: $conf:2: unknown setting 'timoeut', did you mean 'timeout'"
is timeout 7
rm "$conf"
hup "settings not read again: $conf: No such file"
is timeout 7
stop_server

start_server
hup 'settings not read again: no file was given with -c'
answers || fail 'HUP without a file ends the server'

# USR1 and USR2
kill -USR1 "$PID"
await 'USR1 in the log' logged 'nothing to save'
python <<'END' || fail 'USR2'
import signal
from raw import *

client = Client(REDIS_PORT)
same(client.call('CLIENT', 'SETNAME', 'observer'), Simple('OK'))
wait_for('the others are free', lambda: info(client, 'workers_busy') == '1')
os.kill(PID, signal.SIGUSR2)
wait_for('the state in the log', lambda: logged('state: 64 workers, 1 busy, 0 clients waiting'))
wait_for('the client in the log', lambda: logged(' name=observer '))
END
stop_server
