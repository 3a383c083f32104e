#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Thousands of random commands, many of them wrong, in RESP2 and RESP3: respd and a redis-server answer the same bytes.
# SEED=N in the environment tries others.

. "${SRCDIR:-.}/tests/system/lib.sh"
. "$SRCDIR/tests/system/redis.sh"

start_redis
start_server

REFERENCE=$REFERENCE SEED=${SEED:-1} python <<'END' || fail 'they answer differently'
import os
import random
from raw import REDIS_PORT, Client, check, fail, request

ROUNDS, LENGTH = 300, 60
KEYS = [b'a', b'b', b'c', b'', b'key\r\n', b'\x00\xff', b'long' * 40]
VALUES = [b'', b'v', b'0', b'-1', b'7', b'x' * 100, b'\r\n', b'9223372036854775807', b'y' * 5000]
# As times these are errors or far away: nothing expires meanwhile.
NUMBERS = [b'0', b'-1', b'-2147483649', b'-9223372036854775808', b'9223372036854775807', b'9223372036854775808',
           b'4102444800000', b'nan', b'', b'1e400', b' 1', b'abc', b'1.5', b'+1', b'01']
OPTIONS = [b'EX', b'PX', b'EXAT', b'PXAT', b'KEEPTTL', b'NX', b'XX', b'GET', b'nx', b'get', b'BOGUS', b'']


def key():
    return draw.choice(KEYS)


def value():
    return draw.choice(VALUES)


def number():
    return draw.choice(NUMBERS)


def any_word():
    return draw.choice([key, value, number])()


def several(what, most=4):
    return [what() for _ in range(draw.randrange(most + 1))]


def any_case(name):
    return ''.join(draw.choice([c.lower(), c.upper()]) for c in name)


def options():
    out = []
    for _ in range(draw.randrange(4)):
        word = draw.choice(OPTIONS)
        out.append(word)
        if word in (b'EX', b'PX', b'EXAT', b'PXAT') and draw.random() < 0.9:
            late = b'4102444800000' if word == b'PXAT' else b'4102444800'
            out.append(late if draw.random() < 0.7 else number())
    return out


def pairs():
    out = [what() for _ in range(draw.randrange(4)) for what in (key, value)]
    return out + ([key()] if draw.random() < 0.1 else [])


COMMANDS = [
    (30, lambda: [any_case('SET'), key(), value()]),
    (12, lambda: [any_case('SET'), key(), value()] + options()),
    (20, lambda: [any_case('GET'), key()]),
    (8, lambda: [any_case('MGET')] + several(key)),
    (8, lambda: [any_case('MSET')] + pairs()),
    (6, lambda: [any_case('DEL')] + several(key)),
    (3, lambda: [any_case('UNLINK')] + several(key)),
    (5, lambda: [any_case('EXISTS')] + several(key)),
    (3, lambda: ['TYPE'] + several(key, 2)),
    (3, lambda: ['DBSIZE']),
    (2, lambda: [draw.choice(['FLUSHALL', 'FLUSHDB'])] + draw.choice([[], ['ASYNC'], ['sync'], [any_word()]])),
    (3, lambda: ['SELECT', draw.choice([b'0', b'1', b'15', b'16', any_word()])]),
    (2, lambda: ['PING'] + several(value, 2)),
    (2, lambda: ['ECHO'] + several(value, 2)),
    (1, lambda: ['CLIENT', 'SETNAME', draw.choice([any_word(), b'x'])]),
    (1, lambda: ['CLIENT', 'GETNAME']),
    (1, lambda: ['CLIENT', 'REPLY', draw.choice(['ON', 'SKIP', any_word()])]),
    (1, lambda: ['CLIENT', 'NO-EVICT', draw.choice(['on', 'OFF', any_word()])]),
    (1, lambda: ['CLIENT', any_word()]),
    (1, lambda: ['CLIENT', 'KILL', 'ID', draw.choice([b'999999999', b'abc', b'0', b'-1', b''])]),
    (1, lambda: ['CLIENT', 'LIST', 'TYPE', draw.choice(['replica', any_word()])]),
    (1, lambda: ['CONFIG', 'GET', draw.choice(['databases', 'nosuch', 'data*es'])]),
    (1, lambda: ['CONFIG', 'SET', any_word(), any_word()]),
    (1, lambda: ['COMMAND', 'GETKEYS'] + draw.choice([['get', key()], ['mset'] + [key(), value()] * 2,
                                                      ['del', key(), key()], ['set', key(), value(), 'EX', number()]])),
    (1, lambda: ['COMMAND', draw.choice(['INFO', 'DOCS']), value()]),
    (1, lambda: ['AUTH'] + several(any_word, 3)),
    (1, lambda: ['HELLO'] + draw.choice([[any_word()], ['9'], ['1'], ['2', 'BOGUS'], ['3', 'AUTH', value()],
                                         ['2', 'SETNAME', 'a b'], ['3', 'AUTH', 'x', value()]])),
    (1, lambda: ['RESET']),
    (2, lambda: [draw.choice(['NOSUCH', value(), key(), 'get ', 'set\r\n'])] + several(any_word, 20)),
    (1, lambda: ['TIME', any_word()]),
    (1, lambda: ['INFO', 'nosuch']),
    (1, lambda: ['KEYS', draw.choice(['nosuch*', b'', '[z', '\\'])]),
    (1, lambda: ['RANDOMKEY', value()]),
    (1, lambda: ['SHUTDOWN', draw.choice(['ABORT', 'x'])]),
]
WEIGHTS = [weight for weight, _ in COMMANDS]

draw = random.Random(int(os.environ['SEED']))


def ask(client, commands, end):
    # Whatever was said about replies, the last one comes.
    last = [['CLIENT', 'REPLY', 'ON'], ['ECHO', end]]
    client.send(b''.join(request(*c) for c in commands + last))
    got, mark = b'', b'$%d\r\n%s\r\n' % (len(end), end)
    while not got.endswith(mark):
        data = client.socket.recv(1 << 20)
        check(data, 'closed after', got[-200:])
        got += data
    return got


def compare(clients, commands, end):
    got, wanted = (ask(client, commands, end) for client in clients)
    if got != wanted:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        start = max(0, at - 60)
        shown = (b' '.join(w[:20] if isinstance(w, bytes) else w.encode() for w in c) for c in commands)
        fail(*('\n%r' % s for s in shown), '\nrespd ', got[start:at + 200], '\nredis ', wanted[start:at + 200])


for protocol in ('2', '3'):
    clients = [Client(REDIS_PORT), Client(int(os.environ['REFERENCE']))]
    for i in range(ROUNDS):
        # RESET ends RESP3, and a version and a number stand in the reply to HELLO.
        start = [['CLIENT', 'REPLY', 'SKIP'], ['HELLO', protocol], ['FLUSHALL']]
        for client in clients:
            ask(client, start, b'start %d' % i)
        draws = draw.choices(COMMANDS, WEIGHTS, k=LENGTH)
        compare(clients, [command() for _, command in draws], b'end %d' % i)
END
stop_server
