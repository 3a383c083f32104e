#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The pool: 64 clients at once, each with nested values of its own while half of everybody's request is under way; the
# 65th and 66th wait and are served in turn as others leave; INFO counts them; pool-full reject turns the next away at
# once and takes one again later; more workers, 512 and 4096, serve as many clients at once.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

start_server
python <<'END' || fail '64 clients'
from raw import *

def nested(n):
    """A value of client n and its bytes: what goes in as typed values comes out as such."""
    text = b'client %d' % n
    inner = b'*3\r\n:%d\r\n$%d\r\n%s\r\n_\r\n' % (n, len(text), text)
    return ([('list', [n, text, None]), ('deep', [[[n]]])],
        b'%2\r\n$4\r\nlist\r\n' + inner + b'$4\r\ndeep\r\n' + b'*1\r\n' * 3 + b':%d\r\n' % n)

def typed(value):
    """As the article's port says it: names are bulks, null is -1."""
    return [(key.encode(), item) for key, item in value]

# All begin before one ends: a server with fewer workers would not answer.
clients = [Client() for _ in range(64)]
for round in range(3):
    for n, client in enumerate(clients):
        client.send(b'*3\r\n$3\r\nSET\r\n$%d\r\nk%d\r\n' % (len('k%d' % n), n) + nested(n + round)[1][:-3])
    for n, client in enumerate(clients):
        client.send(nested(n + round)[1][-3:])
    for client in clients:
        same(client.reply(), 1)
    for n, client in enumerate(reversed(clients)):
        client.send(request('GET', 'k%d' % n))
    for n, client in enumerate(reversed(clients)):
        same(client.reply(), typed(nested(n + round)[0]), 'client', n)

# Two too many wait.
same(info(clients[0], 'waiting_clients'), '0')
late = []
for n, port in enumerate((PORT, REDIS_PORT)):
    late.append(Client(port))
    late[n].send(request('ECHO', 'late %d' % n))
    wait_for('INFO counts who waits', lambda: info(clients[0], 'waiting_clients') == str(n + 1))
wait_for('the log says that clients wait', lambda: logged('all 64 workers are taken: '))
for client in clients:
    same(client.call('PING'), Simple('PONG'))
check(late[0].open() and late[1].open(), 'the 65th is served by nobody, or closed')
for n in range(2):
    check(late[n].open(), n, 'was served before a place was free')
    clients.pop().close()
    same(late[n].reply(), b'late %d' % n)
same(info(clients[0], 'waiting_clients'), '0')
END
stop_server

start_server --workers 3 --pool-full reject
python <<'END' || fail 'pool-full reject'
from raw import *

clients = [Client()]
wait_for('the others are free', lambda: info(clients[0], 'workers_busy') == '1')
clients += [Client((PORT, REDIS_PORT)[n % 2]) for n in range(2)]
for client in clients:
    same(client.call('PING'), Simple('PONG'))
for n in range(1, 6):
    same(Client((PORT, REDIS_PORT)[n % 2]).rest(), b'-ERR max number of clients reached\r\n')
    same(info(clients[0], 'rejected_connections'), str(n))
for client in clients:
    same(client.call('PING'), Simple('PONG'))
clients.pop().close()

def served():
    client = Client()
    try:
        return client.call('PING') == 'PONG'
    except (EOFError, OSError):
        return False

wait_for('one may come when one has left', served)

# And from now on they wait.
same(clients[0].call('CONFIG', 'SET', 'pool-full', 'wait'), Simple('OK'))
more = [Client() for _ in range(3)]
for client in more[1:]:
    client.send(request('PING'))
same(more[0].call('PING'), Simple('PONG'))
more[0].close()
same(more[1].reply(), Simple('PONG'))
END
stop_server

# many WORKERS: each has a client at the same time; a client needs a descriptor here, and two there.
many()
{
	start_server --workers "$1" --tcp-backlog 4096
	python "$1" <<'END' || fail "$1 workers"
import resource
from raw import *

n = int(sys.argv[1])
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(n + 64, limit) if limit >= 0 else n + 64, limit))
clients = [Client((PORT, REDIS_PORT)[i % 2]) for i in range(n)]
for i, client in enumerate(clients):
    same(client.call('ECHO', i), b'%d' % i)
for i, client in enumerate(clients):
    client.send(request('ECHO', i))
for i, client in enumerate(clients):
    same(client.reply(), b'%d' % i)
same(info(clients[0], 'connected_clients'), str(n))
# Who asked whether the server is up may be in line still.
wait_for('nobody waits', lambda: info(clients[0], 'waiting_clients') == '0')
END
	stop_server
}
# threads_allowed NUMBER: whether this machine lets a process have so many
threads_allowed()
{
	python "$1" 2>/dev/null <<'END'
import sys, threading

threading.stack_size(65536)
end = threading.Event()
threads = []
try:
    for _ in range(int(sys.argv[1])):
        threads.append(threading.Thread(target=end.wait))
        threads[-1].start()
except RuntimeError:
    threads.pop()
    sys.exit(1)
finally:
    end.set()
    for thread in threads:
        thread.join()
END
}
files=$(ulimit -H -n)
[ "$files" = unlimited ] && files=1000000
for workers in 512 4096; do
	if ! threads_allowed $((workers + 10)); then
		say "not tried: $workers workers, there may not be so many threads"
	elif [ $((2 * workers + 100)) -gt "$files" ]; then
		say "not tried: $workers clients at once, only $files files may be open"
		start_server --workers $workers
		stop_server
	elif [ $workers -gt 512 ] && sanitized; then
		say "not tried: $workers clients at once on a sanitized binary"
	else
		many $workers
	fi
done
