#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Slow clients: one that takes no replies is closed after reply-timeout while others are served; one that sends half a
# request after request-timeout, one that sends nothing after timeout; one that is slow but steady, in sending and in
# taking, is not; replies to whole requests arrive although half of the next one has already come.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

start_server --log-level info
python <<'END' || fail 'slow clients'
import threading
from raw import *

other = Client(REDIS_PORT)

def config(name, seconds):
    same(other.call('CONFIG', 'SET', name, seconds), Simple('OK'))

def served(what, condition):
    """Until the condition holds others are served."""
    def look():
        same(other.call('ECHO', what), what.encode())
        return condition()
    wait_for(what, look)

# It takes nothing.
same(other.call('SET', 'big', b'x' * (8 << 20)), Simple('OK'))
config('reply-timeout', 1)
stuck = [Client(PORT), Client(REDIS_PORT)]
for client in stuck:
    client.send(request('GET', 'big') * 8)
    client.line()
for client in stuck:
    name = '%s:%d' % client.socket.getsockname()
    served('a client that takes no replies is closed', lambda: logged('client was too slow: ' + name))
served('their workers are free', lambda: info(other, 'workers_busy') == '1')
for client in stuck:
    # What the kernels held still comes, and no more.
    check(len(client.rest()) < 64 << 20, 'all came')

# Many small replies that are not taken: it goes on asking until the server has had enough of it.
stuck = Client()
stuck.socket.settimeout(0.2)
name = '%s:%d' % stuck.socket.getsockname()
questions, at = request('GET', 'none') * 5000, 0

def asked():
    global at
    try:
        at = (at + stuck.socket.send(questions[at:])) % len(questions)
    except socket.timeout:
        pass
    except OSError:
        return True
    return logged('client was too slow: ' + name)
served('a client asks and asks', asked)
served('a client that only asks is closed', lambda: info(other, 'workers_busy') == '1')

# Slow and steady: each of the pauses is far less than the time-out, all together are more. Where this machine makes one
# longer nothing is said, and they try again. The small buffer makes the server wait for the client.
LIMIT = 3
config('reply-timeout', LIMIT)
config('request-timeout', LIMIT)

class Steps:
    def __init__(self):
        self.began = self.last = time.monotonic()
        self.longest = 0

    def step(self, pause):
        time.sleep(pause)
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now

def steadily(what, run, *args):
    end = time.monotonic() + 3 * PATIENCE
    while True:
        steps = Steps()
        try:
            run(steps, *args)
            check(steps.last - steps.began > LIMIT, what, 'was not slow')
            return
        except (EOFError, OSError) as error:
            steps.step(0)
            check(steps.longest > LIMIT / 4, what, 'was closed with pauses of', steps.longest, 's:', error)
        check(time.monotonic() < end, what, 'was never steady')

def take(steps):
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    slow.settimeout(PATIENCE)
    slow.connect(('127.0.0.1', PORT))
    slow.sendall(request('GET', 'big'))
    wanted = len(b'$%d\r\n' % (8 << 20)) + (8 << 20) + 2
    while wanted > 0:
        data = slow.recv(min(wanted, 262144))
        if not data:
            raise EOFError('%d bytes to go' % wanted)
        wanted -= len(data)
        # 8 MiB in a few seconds
        steps.step(len(data) / (8 << 20) * 1.5 * LIMIT)

def give(steps, port, n):
    slow = Client(port)
    text = b'*3\r\n$3\r\nSET\r\n$5\r\nslow%d\r\n$1048576\r\n' % n + b'z' * (1 << 20) + b'\r\n'
    for i in range(0, len(text), 65536):
        slow.send(text[i:i + 65536])
        steps.step(LIMIT * 1.5 / 16)
    same(slow.reply(), 1 if port == PORT else Simple('OK'), 'a steady sender')

threads = [threading.Thread(target=steadily, args=args) for args in (('a steady reader', take),
    ('a steady sender', give, PORT, 0), ('a steady sender', give, REDIS_PORT, 1))]
for thread in threads:
    thread.start()

# Half a request, in several shapes
half = []
for port in (PORT, REDIS_PORT):
    for text in (b'*', b'*2\r\n$3\r\nGET\r\n', b'GE', b'*2\r\n$3\r\nGET\r\n$1000000\r\n' + b'x' * 70000):
        client = Client(port)
        client.send(request('ECHO', 'whole') + text)
        same(client.reply(), b'whole', 'held back by', text[:20])
        half.append(client)
for client in half:
    same(client.rest(), b'')
same(other.call('PING'), Simple('PONG'))
for thread in threads:
    thread.join()
same(len(other.call('GET', 'slow0')) + len(other.call('GET', 'slow1')), 2 << 20)

# Nothing at all: only with timeout, and then to all.
idle = [Client(PORT), Client(REDIS_PORT)]
idle[0].call('PING')
config('request-timeout', 0)
began = time.monotonic()
served('1.5 s', lambda: time.monotonic() - began > 1.5)
check(idle[0].open() and idle[1].open(), 'an idle client was closed without timeout')
config('timeout', 1)
served('idle clients are closed', lambda: not idle[0].open() and not idle[1].open())
same([client.rest() for client in idle], [b'', b''])
config('timeout', 0)
END
python <<'END' || fail 'half a request holds back replies'
from raw import *

# A pipeline and a half: its replies come before the rest is sent, whatever the cut.
for port in (PORT, REDIS_PORT):
    client = Client(port)
    for cut in range(1, len(request('ECHO', 'later'))):
        later = request('ECHO', 'later')
        client.send(b''.join(request('ECHO', i) for i in range(100)) + later[:cut])
        for i in range(100):
            same(client.reply(), b'%d' % i, 'before', later[:cut])
        client.send(later[cut:])
        same(client.reply(), b'later')

# A deadline counts from when the whole request was there, not from its first byte; and all of it is counted.
client, other = Client(REDIS_PORT), Client(REDIS_PORT)
text = request('SET', 'long', 'v' * 100000, 'PX', '1000')
before = int(info(other, 'total_net_input_bytes'))
client.send(text[:50000])
wait_for('the first half is read', lambda: unread() == 0)
same(other.call('SET', 'short', 'v', 'PX', '1000'), Simple('OK'))
wait_for('a second has passed', lambda: other.call('EXISTS', 'short') == 0)
client.send(text[50000:] + request('EXISTS', 'long'))
same([client.reply(), client.reply()], [Simple('OK'), 1], 'a request that took long')
check(int(info(other, 'total_net_input_bytes')) - before >= 100000, 'input is not counted')
END
stop_server
