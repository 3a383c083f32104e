#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What an operator looks at, on a redis-server and here: how SLOWLOG cuts arguments, how MONITOR writes them, OBJECT IDLETIME
# and FREQ, events of each class of notify-keyspace-events, and what requirepass asks of whom.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
. "$SRCDIR/tests/system/redis.sh"

start_redis
start_server
REFERENCE=$REFERENCE python <<'END' || fail 'they differ'
import re
from raw import *

def config(client, name, value):
    same(client.call('CONFIG', 'SET', name, value), Simple('OK'))

def slowlog(client, open_one):
    named = open_one()
    named.call('CLIENT', 'SETNAME', 'slow')
    config(client, 'slowlog-log-slower-than', '0')
    client.call('SLOWLOG', 'RESET')
    named.call('SET', 'k', b'x' * 127)
    named.call('SET', 'k', b'x' * 128)
    named.call('SET', 'k', b'y' * 300)
    named.call('RPUSH', 'l', *range(40))
    named.call('RPUSH', 'l', *range(30))
    config(client, 'slowlog-log-slower-than', '-1')
    entries = [e for e in client.call('SLOWLOG', 'GET', '-1') if e[5] == b'slow']
    check(all(len(e) == 6 and e[0] > f[0] for e, f in zip(entries, entries[1:])), entries)
    return [e[3] for e in entries]

def monitor(client, open_one):
    watcher = open_one()
    same(watcher.call('MONITOR'), Simple('OK'))
    client.call('SELECT', '3')
    client.call('set', 'a"\\', b'\r\n\t\a\b\x00\x7f\xff e')
    client.call('PING')
    client.call('NOSUCH', 'x')
    client.call('GET')
    client.call('AUTH', 'secret')
    client.call('HELLO', '2', 'AUTH', 'default', 'secret')
    client.call('CONFIG', 'GET', 'none')
    client.call('MULTI')
    client.call('INCR', 'n')
    client.call('EXEC')
    client.call('SELECT', '0')
    client.call('ECHO', 'the end')
    lines = []
    while not lines or 'the end' not in lines[-1]:
        lines.append(watcher.reply())
    watcher.close()
    check(all(re.fullmatch(r'\d{10}\.\d{6} \[\d+ 127\.0\.0\.1:\d+\] .*', line) for line in lines), lines)
    return [re.sub(r'^\S+ \[(\d+) \S+\]', r'[\1]', line) for line in lines]

def use(client, open_one):
    said = []
    config(client, 'maxmemory-policy', 'allkeys-lfu')
    client.call('SET', 'often', 'v')
    said.append(client.call('OBJECT', 'IDLETIME', 'often'))
    first = client.call('OBJECT', 'FREQ', 'often')
    for _ in range(300):
        client.call('GET', 'often')
    check(first < client.call('OBJECT', 'FREQ', 'often') < 255, 'FREQ')
    said.append(first)
    client.call('RESTORE', 'r', '0', client.call('DUMP', 'often'), 'FREQ', '77')
    said.append(client.call('OBJECT', 'FREQ', 'r'))
    config(client, 'maxmemory-policy', 'allkeys-lru')
    client.call('RESTORE', 'i', '0', client.call('DUMP', 'often'), 'IDLETIME', '1000')
    check(1000 <= client.call('OBJECT', 'IDLETIME', 'i') <= 1010, 'IDLETIME')
    client.call('TOUCH', 'i')
    check(client.call('OBJECT', 'IDLETIME', 'i') < 10, 'IDLETIME after TOUCH')
    said += [client.call('OBJECT', 'FREQ', 'i'), client.call('OBJECT', 'IDLETIME', 'none')]
    config(client, 'maxmemory-policy', 'noeviction')
    return said

def events(client, open_one):
    """Of each class alone, and of none."""
    calls = [['SET', 's', '1'], ['INCR', 's'], ['EXPIRE', 's', '100'], ['RENAME', 's', 'S'], ['LPUSH', 'l', 'a'], ['LPOP', 'l'], ['SADD', 't', 'a'],
             ['SREM', 't', 'a'], ['HSET', 'h', 'f', 'v'], ['HDEL', 'h', 'f'], ['ZADD', 'z', '1', 'a'], ['ZINCRBY', 'z', '1', 'a'], ['GEOADD', 'g', '1', '1', 'a'],
             ['PFADD', 'p', 'a'], ['SETRANGE', 's', '0', 'x'], ['APPEND', 's', 'x'], ['COPY', 's', 'c'], ['MOVE', 'c', '1'], ['GET', 'none'], ['SORT', 'z', 'STORE', 'o', 'ALPHA'],
             ['SINTERSTORE', 'd', 't', 'none'], ['ZUNIONSTORE', 'u', '1', 'z'], ['LMOVE', 'o', 'l', 'LEFT', 'LEFT'], ['PERSIST', 'S'], ['SPOP', 't'],
             ['PEXPIRE', 'S', '-1'], ['SET', 'x', 'v', 'PX', '1']]
    listener = open_one()
    listener.call('PSUBSCRIBE', '__key*')
    said = []
    for letters in ('Kg', 'K$', 'Kl', 'Ks', 'Kh', 'Kz', 'Ex', 'Kn', 'KEA', 'A', 'E', ''):
        config(client, 'notify-keyspace-events', letters)
        client.call('FLUSHALL')
        for call in calls:
            client.call(*call)
        time.sleep(0.01)
        client.call('GET', 'x')
        # What expired may have been found before it was looked for, or is now.
        wait_for('x expires', lambda: client.call('DBSIZE') == len(client.call('KEYS', '*')) and client.call('EXISTS', 'x') == 0)
        if 'x' in letters or 'A' in letters and 'E' in letters:
            heard = []
            while not any(b'expired' in part for message in heard[-1:] for part in message[3:] + message[2:3]):
                heard.append(listener.reply())
        else:
            heard = []
        config(client, 'notify-keyspace-events', 'KEA')
        client.call('SET', 'end', 'v')
        while not heard or heard[-1][2] != b'__keyevent@0__:set' or heard[-1][3] != b'end':
            heard.append(listener.reply())
        said.append((letters, [tuple(message[2:]) for message in heard if b'end' not in message[3] and b'end' not in message[2]]))
    config(client, 'notify-keyspace-events', '')
    listener.close()
    return said

def passwords(client, open_one):
    said = []
    there = open_one()
    said.append(there.call('PING'))
    config(client, 'requirepass', 'secret')
    said.append(there.call('PING'))
    new = open_one()
    for call in (['GET', 'a'], ['PING'], ['NOSUCH'], ['GET'], ['MULTI'], ['HELLO', '3'], ['AUTH', 'wrong'], ['AUTH', 'default', 'wrong'], ['AUTH', 'nobody', 'secret'],
                 ['HELLO', '3', 'AUTH', 'default', 'wrong'], ['CLIENT', 'SETNAME', 'x'], ['RESET'], ['AUTH', 'secret'], ['PING'], ['RESET'], ['PING'],
                 ['AUTH', 'default', 'secret'], ['PING']):
        said.append((call, new.call(*call)))
    third = open_one()
    hello = third.call('HELLO', '3', 'AUTH', 'default', 'secret', 'SETNAME', 'third')
    said += [dict(hello)[b'proto'], third.call('CLIENT', 'GETNAME')]
    quits = open_one()
    said.append(quits.call('QUIT'))
    said.append(quits.rest())
    config(client, 'requirepass', '')
    said.append(open_one().call('PING'))
    return said

ports = int(os.environ['REFERENCE']), REDIS_PORT
for look in (slowlog, monitor, use, events, passwords):
    wanted, got = (look(Client(port), lambda: Client(port)) for port in ports)
    if wanted != got:
        pairs = [(a, b) for a, b in zip(wanted, got) if a != b] or [(wanted, got)]
        fail(look.__name__, *('\nredis %r\nrespd %r' % pair for pair in pairs))
END
stop_server
