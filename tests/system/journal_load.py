# SPDX-License-Identifier: BSD-2-Clause
#
# For journal.sh: commands of every kind at random, and what the data is.
#
#   REDIS_PORT=... python3 journal_load.py play SEED COUNT [redis]
#   REDIS_PORT=... python3 journal_load.py dump
#   REDIS_PORT=... python3 journal_load.py due
#
# play: redis leaves out what Redis has not.  dump: a line for each key with its type, value and deadline; sets and hashes
# sorted.  due: whether the due queue, which this empties, has what was played into it; $TMP/due knows.

import heapq
import json
import os
import random
import sys
import time

from raw import REDIS_PORT, TMP, Client, same

KEYS = 60
DATABASES = 4
TYPED = [':5', ',1.5', '#t', '_', '*2\r\n$1\r\na\r\n*1\r\n:2', '%2\r\n$1\r\na\r\n*1\r\n%1\r\n:1\r\n_\r\n:7\r\n,-0',
         '(123456789012345678901234567890', '*0', '%0']


def bulk(word):
    word = str(word).encode('latin1')
    return b'$%d\r\n%s\r\n' % (len(word), word)


def typed(key, literal):
    return b'*3\r\n' + bulk('SET') + bulk(key) + literal.encode() + b'\r\n'


class Load:
    def __init__(self, seed, redis):
        self.r = random.Random(seed)
        self.redis = redis
        self.due = Due()

    def key(self, family):
        if self.r.random() < 0.1:
            family = self.r.choice('slhzt')
        return '%s%d' % (family, self.r.randrange(KEYS // 5))

    def word(self):
        return self.r.choice([self.r.randrange(20), 'w%d' % self.r.randrange(30), 'x' * self.r.randrange(200), '\xff\0\r\n'])

    def words(self, n):
        return [self.word() for _ in range(self.r.randrange(1, n + 1))]

    def deadline(self):
        # Redis would think that a key that lived on is long gone when the journal gives it a deadline that has passed.
        return self.r.choice([10 ** 8, 10 ** 10] + ([] if self.redis else [1, 30, 100]))

    def request(self):
        r, key, words = self.r, self.key, self.words
        s, l, h, z, t = (key(family) for family in 'slhzt')
        n = r.randrange(-3, 8)
        lines = [
            ['SET', s, self.word()], ['SET', s, self.word(), 'PX', self.deadline()], ['SET', s, self.word(), 'NX', 'GET'],
            ['SETEX', s, 100, self.word()], ['GETEX', s, 'PX', self.deadline()], ['GETDEL', s], ['GETSET', s, self.word()],
            ['APPEND', s, self.word()], ['SETRANGE', s, r.randrange(50), self.word()], ['INCR', s], ['INCRBYFLOAT', s, '0.1'],
            ['DECRBY', s, n], ['SETBIT', s, r.randrange(100), 1], ['BITFIELD', s, 'INCRBY', 'u8', n * n, 3],
            ['BITOP', 'XOR', key('s'), s, key('s')], ['MSET', s, 1, key('s'), 2, key('s'), 3], ['PFADD', key('s')] + words(5),
            ['EXPIRE', key('s'), 10 ** 6 + n], ['PEXPIRE', key('l'), self.deadline()], ['PERSIST', key('s')],
            ['RENAME', key('l'), key('l')], ['COPY', key('h'), key('h'), 'REPLACE'], ['MOVE', key('z'), r.randrange(DATABASES)],
            ['DEL', key('l'), key('h')], ['UNLINK', key('z')],
            ['LPUSH', l] + words(5), ['RPUSH', l] + words(5), ['LPOP', l], ['RPOP', l, 2], ['LSET', l, n, self.word()],
            ['LINSERT', l, 'BEFORE', self.word(), self.word()], ['LREM', l, n, self.word()], ['LTRIM', l, 0, 12],
            ['LMOVE', l, key('l'), 'LEFT', 'RIGHT'], ['BLPOP', l, key('l'), '0.001'], ['LMPOP', 2, l, key('l'), 'LEFT'],
            ['HSET', h] + [w for w in words(5) for w in (w, self.word())], ['HDEL', h] + words(4), ['HINCRBY', h, 'n', n],
            ['HINCRBYFLOAT', h, 'f', '1.5'], ['HSETNX', h, self.word(), self.word()],
            ['ZADD', z] + [w for w in words(5) for w in (r.random(), w)], ['ZADD', z, 'GT', 'INCR', n, self.word()],
            ['ZREM', z] + words(4), ['ZINCRBY', z, n, self.word()], ['ZPOPMIN', z], ['ZPOPMAX', z, 2],
            ['ZREMRANGEBYRANK', z, 0, 0], ['ZUNIONSTORE', key('z'), 2, z, key('z')], ['ZRANGESTORE', key('z'), z, 0, 5],
            ['GEOADD', key('z'), 13.3, 38.1, self.word()],
            ['SADD', t] + words(8), ['SREM', t] + words(4), ['SPOP', t], ['SPOP', t, 2], ['SMOVE', t, key('t'), self.word()],
            ['SUNIONSTORE', key('t'), t, key('t')], ['SDIFFSTORE', key('t'), t, key('t')],
            ['SORT', t, 'ALPHA', 'STORE', key('l')], ['SWAPDB', r.randrange(DATABASES), r.randrange(DATABASES)],
        ]
        if r.random() < 0.002 and self.left > 200:
            if r.random() < 0.5:
                return ['FLUSHDB']
            self.due.heap.clear()
            return ['FLUSHALL']
        if r.random() < 0.005:
            return ['RPUSH', l] + ['big %d %s' % (i, 'y' * 50) for i in range(1500)]
        return r.choice(lines)

    def play_due(self, client):
        when = self.r.choice(['2999-01-01 00:00:00.%06d' % self.r.randrange(9), '2001-01-01 00:00:00', None])
        if when is None:
            same(client.call('READ'), self.due.take('2001-01-02'))
        else:
            word = str(self.r.randrange(1000))
            client.call('ADD', when, word)
            self.due.put(when, word)

    def play(self, client, count):
        # At the end something is left.
        for self.left in range(count, 0, -1):
            chance = self.r.random()
            if chance < 0.05:
                client.call('SELECT', self.r.randrange(DATABASES))
            elif chance < 0.08:
                client.call('MULTI')
                for _ in range(5):
                    client.call(*self.request())
                client.call('EXEC')
            elif chance < 0.13 and not self.redis:
                client.send(typed(self.key('slhzt'[self.r.randrange(5)]), self.r.choice(TYPED)))
                client.reply()
            elif chance < 0.16 and not self.redis:
                self.play_due(client)
            else:
                client.call(*self.request())
        self.due.keep()


class Due:
    """The due queue as it should be."""

    def __init__(self):
        self.file = TMP + '/due'
        self.heap = json.load(open(self.file)) if os.path.exists(self.file) else []

    def put(self, when, word):
        heapq.heappush(self.heap, [when, time.monotonic(), word])

    def take(self, until):
        taken = []
        while self.heap and self.heap[0][0] <= until:
            taken.append(heapq.heappop(self.heap)[2].encode())
        return taken

    def keep(self):
        with open(self.file, 'w') as file:
            json.dump(self.heap, file)


def value(client, key):
    kind = client.call('TYPE', key)
    read = {'list': ['LRANGE', key, 0, -1], 'set': ['SMEMBERS', key], 'hash': ['HGETALL', key],
            'zset': ['ZRANGE', key, 0, -1, 'WITHSCORES']}.get(str(kind), ['GET', key])
    got = client.call(*read)
    return '%s %r' % (kind, sorted(got, key=repr) if kind in ('set', 'hash') else got)


def dump(client):
    soon = time.time() * 1000 + 3600 * 1000
    for db in range(DATABASES):
        client.call('SELECT', db)
        for key in sorted(client.call('KEYS', '*')):
            deadline = client.call('PEXPIRETIME', key)
            # What expires soon may be there on one side only.
            if deadline == -1 or deadline > soon:
                print(db, repr(key), value(client, key), deadline)


def read_all(client):
    due = Due()
    same(client.call('READ', '2999-12-31 00:00:00'), due.take('2999-12-31'))
    due.keep()


client = Client(REDIS_PORT)
client.call('HELLO', 3)
if sys.argv[1] == 'play':
    Load(sys.argv[2], sys.argv[4:] == ['redis']).play(client, int(sys.argv[3]))
elif sys.argv[1] == 'dump':
    dump(client)
else:
    read_all(client)
