# SPDX-License-Identifier: BSD-2-Clause
#
# For import.sh: fills a redis-server with everything, and compares it with respd.

import random

from raw import *

redis = Client(int(os.environ['REFERENCE']))
respd = Client(REDIS_PORT)
FAR = 4102444800000
random.seed(5)


def do(*args, server=redis):
    reply = server.call(*args)
    check(not isinstance(reply, Error), args[:3], reply)
    return reply


def settings(**values):
    for name, value in values.items():
        do('CONFIG', 'SET', name.replace('_', '-'), value)


def random_bytes(n):
    return bytes(random.randrange(256) for i in range(n))


STRINGS = [b'', b'a', b'0', b'-1', b'127', b'128', b'-129', b'32767', b'-32769', b'2147483647', b'-2147483649',
    b'9223372036854775807', b'007', b'+1', b'1.50', b'x' * 63, b'y' * 64, b'z' * 16383, b'w' * 16384, b'abcd' * 5000,
    random_bytes(300), random_bytes(20000), b'\r\n\0\xff', b'm' * 300000]
INTEGERS = [0, 12, 13, -1, 127, -128, 4095, -4096, 32767, -32768, 8388607, -8388608, 2147483647, -2147483648,
    9223372036854775807, -9223372036854775808]
SCORES = ['0', '-0.5', 'inf', '-inf', '3.0000000000000004', '1e300', '-4.9e-324', '17', '0.1', '12345678901234567']


def fill_containers(name, elements):
    for i, element in enumerate(elements):
        do('RPUSH', name + ':list', element)
        do('SADD', name + ':set', element)
        do('HSET', name + ':hash', element, elements[-i])
        do('ZADD', name + ':zset', SCORES[i % len(SCORES)] if i % 2 else i, element)


def fill_database(size):
    for i, value in enumerate(STRINGS):
        do('SET', 'string:%d' % i, value)
        do('SET', value, 'the name is the value')
        do('SET', 'deadline:%d' % i, value, 'PXAT', FAR + i)
    do('SADD', 'small integers', *[i for i in INTEGERS if abs(i) < 32768])
    do('SADD', 'middle integers', *[i for i in INTEGERS if abs(i) < 2147483648])
    do('SADD', 'integers', *INTEGERS)
    do('PFADD', 'hyperloglog', *range(1000))
    do('SETBIT', 'bits', 70000, 1)
    do('GEOADD', 'places', '13.361389', '38.115556', 'Palermo')
    # Packed, and, with limits of nothing, not
    small = [str(i) for i in INTEGERS] + STRINGS[:-3]
    settings(hash_max_listpack_value=100000, zset_max_listpack_value=100000, list_compress_depth=0)
    fill_containers('packed', small)
    settings(hash_max_listpack_entries=0, zset_max_listpack_entries=0, set_max_intset_entries=0,
        list_max_listpack_size=1)
    fill_containers('plain', small)
    do('SADD', 'integers in a table', *INTEGERS)
    # Large, in nodes of many sizes, compressed inside
    settings(list_max_listpack_size=-1, list_compress_depth=1)
    fill_containers('large', ['element %d %s' % (i, 'e' * (i % 50)) for i in range(size)])
    do('RPUSH', 'large elements', *[('%d' % i) * 9000 for i in range(30)])
    for name in ('list', 'set', 'hash', 'zset'):
        do('PEXPIREAT', 'large:' + name, FAR)
    settings(hash_max_listpack_entries=128, zset_max_listpack_entries=128, set_max_intset_entries=512,
        list_max_listpack_size=-2, list_compress_depth=0, hash_max_listpack_value=64, zset_max_listpack_value=64)


def fill():
    for database, size in ((0, 1500), (3, 700), (9, 10)):
        do('SELECT', database)
        fill_database(size)


def change():
    """What an increment has, with deadlines that have passed when it is replayed."""
    do('SELECT', 0)
    soon = int(time.time() * 1000) + 300
    for name in ('kept', 'renewed', 'renewed in seconds', 'set', 'gone'):
        do('SET', name, name, 'PXAT', soon)
    do('RPUSH', 'gone list', 'a', 'b')
    do('PEXPIREAT', 'gone list', soon)
    do('PERSIST', 'kept')
    do('PEXPIREAT', 'renewed', FAR)
    do('EXPIREAT', 'renewed in seconds', FAR // 1000)
    do('SET', 'set', 'anew')
    for args in (('INCR', 'counter'), ('INCRBYFLOAT', 'float', '0.1'), ('APPEND', 'string:1', 'more'),
            ('SPOP', 'packed:set', 3), ('LMOVE', 'packed:list', 'plain:list', 'LEFT', 'RIGHT'),
            ('HINCRBY', 'plain:hash', 'count', 5), ('ZINCRBY', 'packed:zset', 2, 'a'), ('RENAME', 'large:zset', 'zset'),
            ('MOVE', 'large:set', 3), ('COPY', 'string:3', 'copy', 'DB', 9), ('DEL', 'string:5', 'string:6'),
            ('SETRANGE', 'string:7', 3, 'xyz'), ('PFADD', 'hyperloglog', 'another')):
        do(*args)
    do('MULTI')
    do('SET', 'both', 'a')
    do('RPUSH', 'both lists', 'a')
    do('EXEC')
    do('EVAL', "redis.call('set', 'by script', '1') return redis.call('sadd', 'script set', '1', '2')", 0)
    payload = do('DUMP', 'large:hash')
    do('RESTORE', 'restored', 0, payload)
    do('RESTORE', 'restored with a deadline', FAR, payload, 'ABSTTL')
    do('RESTORE', 'large:list', 0, do('DUMP', 'plain:zset'), 'REPLACE')
    do('SWAPDB', 3, 9)
    do('SELECT', 9)
    do('DEL', 'string:0')
    wait_for('the deadlines', lambda: time.time() * 1000 > soon + 100)
    do('SELECT', 0)
    # A look makes them go.
    same(do('EXISTS', 'gone', 'gone list'), 0)


def everything(server, name):
    kind = do('TYPE', name, server=server)
    value = {
        'string': lambda: do('GET', name, server=server),
        'list': lambda: do('LRANGE', name, 0, -1, server=server),
        'set': lambda: sorted(do('SMEMBERS', name, server=server)),
        'zset': lambda: do('ZRANGE', name, 0, -1, 'WITHSCORES', server=server),
        'hash': lambda: sorted(pairs(do('HGETALL', name, server=server))),
    }[kind]()
    return [str(kind), value, do('PEXPIRETIME', name, server=server)]


def pairs(flat):
    return list(zip(flat[::2], flat[1::2]))


def compare(*databases):
    for database in databases:
        source, _, target = database.partition(':')
        do('SELECT', source)
        do('SELECT', target or source, server=respd)
        names = sorted(do('KEYS', '*'))
        check(len(names) > 50, 'the database is not filled')
        same(sorted(do('KEYS', '*', server=respd)), names, 'names of', database)
        for name in names:
            same(everything(respd, name), everything(redis, name), database, name[:60])


def spoil():
    do('SET', 'packed:list', 'a string', server=respd)
    do('SADD', 'plain:set', 'one more', server=respd)
    do('DEL', 'string:4', server=respd)


def spoilt():
    same(do('GET', 'packed:list', server=respd), b'a string')
    same(do('SISMEMBER', 'plain:set', 'one more', server=respd), 1)
    same(do('GET', 'string:4', server=respd), STRINGS[4])


globals()[sys.argv[1]](*sys.argv[2:])
