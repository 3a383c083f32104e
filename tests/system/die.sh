#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Clients that die: in the middle of a line, a string, an array, a pipeline, by closing and by resetting: what is not
# whole has no effect, and what was whole before it has; with replies that nobody takes; 10,000 connections that come
# and go leave neither descriptors nor memory.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
PATIENT=10000
! sanitized || PATIENT=2000

start_server --workers 8
python $PATIENT $(sanitized && echo sanitized) <<'END' || fail 'clients that die'
from raw import *

watch = Client(REDIS_PORT)

def gone():
    wait_for('who died has left', lambda: info(watch, 'connected_clients') == '1')
    wait_for_others()

# Every cut of one request, on both ports, with both ends; the key beside it shows that the rest was done.
whole = b'*3\r\n$4\r\nMSET\r\n$1\r\nx\r\n$12\r\nhello\r\nthere\r\n'
for port in (PORT, REDIS_PORT):
    for end in (Client.close, Client.reset):
        for cut in range(1, len(whole)):
            client = Client(port)
            client.send(request('SET', 'before', cut) + whole[:cut])
            # The reply came: the server is at the request that is cut.
            client.reply()
            end(client)
        gone()
        same(watch.call('GET', 'before'), b'%d' % (len(whole) - 1))
        same(watch.call('DEL', 'before'), 1)
        same(watch.call('KEYS', '*'), [], 'a request that was cut off stored something')

# A string of 16 MiB that comes half, a dictionary that comes half, a line without an end
nested = b'*3\r\n$3\r\nSET\r\n$1\r\nx\r\n%3\r\n+a\r\n*1000\r\n' + b':1\r\n' * 999
for text in (b'*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$16777216\r\n' + b'y' * (8 << 20), nested, b'SET x y', b'SET x y\r'):
    for end in (Client.close, Client.reset):
        client = Client()
        client.send(text)
        end(client)
gone()
same(watch.call('DBSIZE'), 0)

# It dies while the server writes to it.
same(watch.call('SET', 'big', b'x' * (16 << 20)), Simple('OK'))
for _ in range(20):
    client = Client()
    client.send(request('GET', 'big') * 3)
    client.line()
    client.reset()
gone()
same(len(watch.call('GET', 'big')), 16 << 20)
same(watch.call('FLUSHALL'), Simple('OK'))

# What a connection costs is given back. Each worker has had one before it counts.
def come_and_go(n):
    for i in range(n):
        client = Client((PORT, REDIS_PORT)[i % 2])
        if i % 4 < 2:
            client.send(request('SET', 'k', 'v'))
            client.reply()
        (client.close, client.reset)[i % 3 == 0]()
    gone()

for _ in range(5):
    together = [Client() for _ in range(7)]
    for client in together:
        client.call('SET', 'k', 'v')
    for client in together:
        client.close()
    gone()
come_and_go(500)
had_descriptors, had_rss = descriptors(), rss()
come_and_go(int(sys.argv[1]))
same(descriptors(), had_descriptors, 'descriptors')
if 'sanitized' not in sys.argv:
    check(rss() - had_rss < 1024, 'memory has grown from', had_rss, 'to', rss(), 'KiB')
same(watch.call('DBSIZE'), 1)
END
stop_server
