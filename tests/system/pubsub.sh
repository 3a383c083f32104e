#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What clients get without asking just then: messages of channels and patterns to many listeners in one order, in RESP2
# and RESP3; keyspace events, also of keys that expire; 200 listeners beside 64 workers; a listener that reads too slowly
# goes at the limit, at once or after the soft limit's time, and nobody notices; listeners that are silent stay when the
# idle go; CLIENT KILL; listeners that come and go and die at random while others publish; TERM with listeners. Then the
# same words to a redis-server, if there is one: MONITOR, CLIENT TRACKING in all its modes, keyspace events, channels.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

start_server --workers 64
python <<'END' || fail 'channels'
from raw import *

def listener(*what, resp=2):
    client = Client(REDIS_PORT)
    if resp == 3:
        client.call('HELLO', 3)
    for n, args in enumerate(what):
        client.send(request(*args))
        for i in range(len(args) - 1):
            client.reply()
    return client

publisher, watch = Client(REDIS_PORT), Client(REDIS_PORT)

# One order for everybody, whoever publishes.
everybody = [listener(('SUBSCRIBE', 'a', 'b'), resp=2 + i % 2) for i in range(10)]
patterns = listener(('PSUBSCRIBE', '[ab]', '?'), resp=3)
other = Client(REDIS_PORT)
for i in range(500):
    publisher.send(request('PUBLISH', 'a', i))
    other.send(request('PUBLISH', 'b', i))
for i in range(500):
    same(publisher.reply(), 12)
    same(other.reply(), 12)
heard = [[client.reply() for _ in range(1000)] for client in everybody]
for messages in heard:
    same(messages, heard[0])
for channel in b'a', b'b':
    same([m[2] for m in heard[0] if m[1] == channel], [b'%d' % i for i in range(500)])
for message in heard[0]:
    same(patterns.reply(), [b'pmessage', b'[ab]'] + message[1:])
    same(patterns.reply(), [b'pmessage', b'?'] + message[1:])

# What was sent before the end stands before its confirmation, and nothing comes after.
same(publisher.call('PUBLISH', 'a', 'last'), 12)
for client in everybody:
    client.send(request('UNSUBSCRIBE'))
    same(client.reply(), [b'message', b'a', b'last'])
    same(sorted((client.reply(), client.reply()))[0][0], b'unsubscribe')
same(publisher.call('PUBLISH', 'a', 'nobody'), 2)
for client in everybody:
    same(client.call('PING'), Simple('PONG'))
for i in range(4):
    patterns.reply()
patterns.send(request('PUNSUBSCRIBE'))
same([patterns.reply(), patterns.reply()],
    [[b'punsubscribe', b'[ab]', 1], [b'punsubscribe', b'?', 0]])
same(info(watch, 'pubsub_channels'), '0')
same(info(watch, 'pubsub_patterns'), '0')

for client in everybody + [patterns, other]:
    client.close()

# 200 listeners, and 60 clients who work.
many = [listener(('SUBSCRIBE', 'all', 'c%d' % i)) for i in range(200)]
workers = [Client(REDIS_PORT) for _ in range(60)]
for client in workers:
    client.send(request('SET', 'k', 'v'))
for client in workers:
    same(client.reply(), Simple('OK'))
same(publisher.call('PUBLISH', 'all', 'x'), 200)
same(publisher.call('PUBLISH', 'c7', 'y'), 1)
for client in many:
    same(client.reply(), [b'message', b'all', b'x'])
same(many[7].reply(), [b'message', b'c7', b'y'])
same(len(publisher.call('PUBSUB', 'CHANNELS', 'c*')), 200)
lines = watch.call('CLIENT', 'LIST', 'TYPE', 'PUBSUB').decode().splitlines()
same(len(lines), 200)
check(all(' flags=P ' in line and ' sub=2 psub=0 ssub=0 ' in line for line in lines), lines[0])
same(info(watch, 'waiting_clients'), '0')

# Who has been killed, and who goes, is none.
addresses = [line.split()[0][3:] for line in lines]
same(watch.call('CLIENT', 'KILL', 'ID', addresses[0]), 1)
same(many[0].rest(), b'')
many[1].reset()
many[2].close()
wait_for('197 listeners', lambda: publisher.call('PUBLISH', 'none', 'x') == 0 and
    publisher.call('PUBSUB', 'NUMSUB', 'all') == [b'all', 197])
same(publisher.call('PUBLISH', 'all', 'z'), 197)
for client in many[3:]:
    same(client.reply(), [b'message', b'all', b'z'])
    client.send(request('RESET'))
for client in many[3:]:
    same(client.reply(), Simple('RESET'))
    same(client.call('GET', 'k'), b'v')
    client.close()

# The idle go, listeners and those who monitor stay.
silent = listener(('SUBSCRIBE', 'silent'))
monitor = Client(REDIS_PORT)
same(monitor.call('MONITOR'), Simple('OK'))
idle, idle3 = Client(REDIS_PORT), Client(REDIS_PORT)
idle.call('PING'), idle3.call('HELLO', 3)
same(watch.call('CONFIG', 'SET', 'timeout', 1), Simple('OK'))
same(idle.rest(), b'')
same(idle3.rest(), b'')
publisher = Client(REDIS_PORT)
same(publisher.call('PUBLISH', 'silent', 'x'), 1)
same(silent.reply(), [b'message', b'silent', b'x'])
publisher.call('CONFIG', 'SET', 'timeout', 0)
monitor.close()

# Events come with the change, and when a key expires.
events = listener(('PSUBSCRIBE', '__key*__:*'))
publisher.call('SELECT', 3)
same(publisher.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA'), Simple('OK'))
publisher.call('SET', 'k', 'v', 'PX', 1)
publisher.call('DEL', 'no')
got = [events.reply()[2:] for _ in range(6)]
same(got, [[b'__keyspace@3__:k', b'set'], [b'__keyevent@3__:set', b'k'],
    [b'__keyspace@3__:k', b'expire'], [b'__keyevent@3__:expire', b'k'],
    [b'__keyspace@3__:k', b'expired'], [b'__keyevent@3__:expired', b'k']])
publisher.call('CONFIG', 'SET', 'notify-keyspace-events', 'Ex')
publisher.call('SET', 'k', 'v', 'PX', 1)
same(events.reply()[2:], [b'__keyevent@3__:expired', b'k'])
publisher.call('CONFIG', 'SET', 'notify-keyspace-events', '')
END
stop_server

# A slow listener piles up to the limit: then it is closed, and the others have got everything.
start_server --client-output-buffer-limit 'pubsub 4mb 1mb 1'
python <<'END' || fail 'a slow listener'
from raw import *

def slow(resp):
    client = Client(REDIS_PORT)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    if resp == 3:
        client.call('HELLO', 3)
    client.call('SUBSCRIBE', 'c')
    return client

lazy, publisher, quick = [slow(2), slow(3)], Client(REDIS_PORT), Client(REDIS_PORT)
quick.call('SUBSCRIBE', 'c')
text = b'x' * 100000
n = 0
while publisher.call('PUBLISH', 'c', text) != 1:
    same(quick.reply(), [b'message', b'c', text])
    n += 1
    check(n < 10000, 'a slow listener is not closed')
same(quick.reply(), [b'message', b'c', text])
same(len(publisher.call('CLIENT', 'LIST').splitlines()), 2)
wait_for('a line in the log', lambda: logged('outbox was full'))

# Between the limits it may be for a second, which begins when the kernel takes no more.
same(publisher.call('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 0 1kb 1'), Simple('OK'))
for i in range(15):
    # Each time more than that, and taken at once: nobody is slow.
    same(publisher.call('PUBLISH', 'c', text), 1)
    same(quick.reply(), [b'message', b'c', text])
    time.sleep(0.1)
client, n = slow(2), 0
begun = time.monotonic()
while publisher.call('PUBLISH', 'c', text if n < 200 else 'x') == 2:
    quick.reply()
    n += 1
    if n > 200:
        check(time.monotonic() < begun + 60, 'the soft limit does not hold')
        time.sleep(0.02)
check(time.monotonic() > begun + 0.5, 'the soft limit does not wait')
END
stop_server

# Everybody does everything at random, and some die.
start_server --workers 16
python <<'END' || fail 'at random'
import random, threading
from raw import *

random.seed(int(os.environ.get('SEED', 1)))
end = time.monotonic() + 5
channels = ['c%d' % i for i in range(5)]
failed = []

def publish(draw):
    client, last = Client(REDIS_PORT), 0
    while time.monotonic() < end:
        client.call('PUBLISH', draw.choice(channels), last)
        client.call(*draw.choice([('SET', 'k', last), ('DEL', 'k'), ('GET', 'k'), ('FLUSHALL',), ('MSET', 'a', 1, 'k', 2)]))
        last += 1

def listen(draw):
    while time.monotonic() < end:
        client = Client(REDIS_PORT)
        if draw.random() < .5:
            client.call('HELLO', 3)
            client.call('CLIENT', 'TRACKING', 'ON', *draw.choice([(), ('BCAST',), ('NOLOOP',), ('OPTIN',)]))
            for i in range(20):
                client.send(request('GET', 'k'))
        for i in range(draw.randrange(40)):
            client.send(request(*draw.choice([('SUBSCRIBE', draw.choice(channels)), ('PSUBSCRIBE', 'c?'),
                ('UNSUBSCRIBE',), ('UNSUBSCRIBE', draw.choice(channels)), ('PUNSUBSCRIBE',), ('PING',), ('RESET',),
                ('SSUBSCRIBE', 'c'), ('MONITOR',), ('PUBLISH', 'c0', 'own')])))
            if draw.random() < .3:
                client.fill()
        if draw.random() < .3:
            client.reset()
        elif draw.random() < .5:
            client.send(request('QUIT'))
            client.rest()
        else:
            client.close()

def watch(draw):
    client = Client(REDIS_PORT)
    while time.monotonic() < end:
        client.call('CLIENT', 'LIST')
        client.call('PUBSUB', 'CHANNELS')
        client.call('INFO')
        client.call('CONFIG', 'SET', 'notify-keyspace-events', draw.choice(['', 'KEA', 'Eg']))
        ids = [line.split()[0][3:] for line in client.call('CLIENT', 'LIST', 'TYPE', 'PUBSUB').decode().splitlines()]
        if ids:
            client.call('CLIENT', 'KILL', 'ID', draw.choice(ids))
        time.sleep(0.01)

def run(work, draw):
    try:
        work(draw)
    except (OSError, EOFError) as error:
        # A listener may be killed.
        if work is not listen:
            failed.append((work, error))
        elif time.monotonic() < end:
            run(work, draw)

threads = [threading.Thread(target=run, args=(work, random.Random(random.random())))
    for work in [publish] * 3 + [listen] * 6 + [watch]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
check(not failed, failed)
client = Client(REDIS_PORT)
client.call('FLUSHALL')
for what in 'pubsub_channels', 'pubsub_patterns', 'pubsubshard_channels', 'tracking_clients', 'tracking_total_items':
    wait_for(what, lambda: info(client, what) == '0')
END

# TERM with listeners: what was published before has come, then the end.
python <<'END' || fail 'TERM'
import signal
from raw import *

clients = [Client(REDIS_PORT) for _ in range(20)]
for i, client in enumerate(clients):
    if i % 2:
        client.call('HELLO', 3)
    client.call('SUBSCRIBE', 'c')
monitor = Client(REDIS_PORT)
monitor.call('MONITOR')
publisher = Client(REDIS_PORT)
for i in range(100):
    same(publisher.call('PUBLISH', 'c', i), 20)
os.kill(PID, signal.SIGTERM)
for client in clients:
    for i in range(100):
        same(client.reply(), [b'message', b'c', b'%d' % i])
    same(client.rest(), b'')
same(monitor.rest().count(b'"PUBLISH" "c"'), 100)
END
stopped

command -v redis-server >/dev/null || { say 'not compared: there is no redis-server'; exit 0; }
. "$SRCDIR/tests/system/redis.sh"
start_redis
start_server
REFERENCE=$REFERENCE python "$SRCDIR/tests/system/pushes.txt" <<'END' || fail 'they push differently'
import re
from raw import *

class Server:
    """Plays the steps; what each client got, with what may differ made equal."""
    def __init__(self, port):
        self.port, self.clients, self.seen, self.fences = port, {}, [], 0
        # No client's number is a small one.
        for i in range(1000):
            Client(port).close()
        self.other = Client(port)

    def client(self, name):
        if name not in self.clients:
            client = self.clients[name] = Client(self.port)
            self.seen.append((name.encode(), client.call('CLIENT', 'ID'), '%s:%d' % client.socket.getsockname()))
            if name.isupper():
                client.call('HELLO', 3)
        return self.clients[name]

    def tidy(self, data):
        for name, number, address in self.seen:
            data = data.replace(b':%d\r\n' % number, b':<%s>\r\n' % name).replace(address.encode(), b'<%s>' % name)
        data = re.sub(rb'\$\d\r\n7\.\d\.\d+\r\n', b'VERSION', data)
        return re.sub(rb'\+\d{10}\.\d{6} \[', b'+TIME [', data)

    def fence(self, client):
        """What was pushed before: all up to the reply of a PING."""
        self.fences += 1
        token = b'fence%d' % self.fences
        client.send(request('PING', token))
        end = b'$%d\r\n%s\r\n' % (len(token), token)
        while end not in client.buffer:
            client.fill()
        at = client.buffer.index(end) + len(end)
        data, client.buffer = client.buffer[:at], client.buffer[at:]
        return self.tidy(data)

    def word(self, word):
        if word[0] == '@':
            return next(number for name, number, _ in self.seen if name == word[1:].encode())
        return word.encode().decode('unicode_escape').encode('latin-1')

    def play(self, name, text):
        if text == 'close':
            self.clients.pop(name).close()
        else:
            text, _, seconds = text.partition('sleep ')
            calls = [call.split() for call in text.split(' ; ') if call]
            self.client(name).send(b''.join(request(*map(self.word, call)) for call in calls))
            time.sleep(float(seconds or 0))
        # Redis broadcasts invalidations when it has answered everybody.
        self.other.call('CONFIG', 'GET', 'port')
        first = [name] if name in self.clients else []
        return {who: self.fence(self.clients[who]) for who in first + sorted(set(self.clients) - set(first))}

servers = [Server(REDIS_PORT), Server(int(os.environ['REFERENCE']))]
with open(sys.argv[1]) as steps:
    for number, line in enumerate(steps, 1):
        if line.strip() and line[0] != '#':
            name, text = line.strip().split(' ', 1)
            ours, theirs = (server.play(name, text) for server in servers)
            for who in theirs:
                same(ours[who], theirs[who], 'line %d (%s), client %s:' % (number, line.strip(), who))
END
stop_server
