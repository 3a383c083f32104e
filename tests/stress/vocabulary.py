# SPDX-License-Identifier: BSD-2-Clause
#
# What the differential fuzzer says: for every command that respd shares with Redis 7.0 how its requests are drawn, right
# and wrong ones. Nothing here may run for minutes, fill the memory, end a server, or depend on when it runs: numbers of
# elements, lengths and times are small, or too large for any command.

import random

draw = random.Random()

KEYS = {
    'string': [b'a', b'b', b'c', b'', b'key\r\n', b'long' * 70],
    'number': [b'n1', b'n2'],
    'list': [b'l1', b'l2', b'l3'],
    'hash': [b'h1', b'h2'],
    'set': [b's1', b's2', b's3'],
    'zset': [b'z1', b'z2', b'z3'],
    'lex': [b'y1', b'y2'],
    'bits': [b'b1', b'b2', b'b3'],
    'log': [b'p1', b'p2', b'p3'],
    'geo': [b'g1', b'g2'],
}
ALL_KEYS = [key for kind, keys in KEYS.items() for key in keys if kind != 'lex']
VALUES = [b'', b'v', b'0', b'-1', b'7', b'10', b'x' * 65, b'\r\n', b'9223372036854775807', b'3.0', b'1e3', b'y' * 300,
          b'\x00\xff', b'abc', b'-0']
MEMBERS = [b'a', b'b', b'c', b'd', b'e', b'1', b'2', b'3', b'-7', b'', b'm' * 70, b'aa', b'B', b'\xff', b'10', b'f1', b'f2']
EDGES = [b'0', b'1', b'-1', b'2', b'-2', b'3', b'10', b'-100', b'2147483647', b'2147483648', b'-2147483648', b'-2147483649',
         b'4294967296', b'9223372036854775807', b'-9223372036854775807', b'-9223372036854775808', b'9223372036854775808',
         b'18446744073709551616', b'nan', b'', b'1e400', b' 1', b'1 ', b'abc', b'1.5', b'1.0', b'+1', b'01', b'-0', b'0x10',
         b'inf', b'-', b'1\x00']
# Not -0 and 1e17: Redis shows them in another way as soon as a sorted set has become large.
SCORES = [b'0', b'1', b'-1', b'1.5', b'2', b'3', b'inf', b'-inf', b'+inf', b'1e3', b'0.1', b'3.0000000000000004',
          b'1e-320', b'nan', b'abc', b'', b'123456789012', b'4', b'infinity', b'0x10', b' 1', b'1 ', b'1e400']
# Times that are past, for ever, or none. Nothing expires while it is looked at.
TIMES = [b'0', b'-1', b'-100', b'100000', b'4102444800', b'4102444800000', b'2147483648', b'9223372036854775', b'9223372036854776',
         b'-9223372036854775', b'-9223372036854776', b'9223372036854775807', b'-9223372036854775808', b'9223372036854775808',
         b'nan', b'', b' 1', b'abc', b'1.5', b'+1', b'-0', b'1e400']
FAR = [b'4102444800', b'5000000', b'100000']


def one(*options):
    """A word or list, or a function that gives one."""
    def choose():
        option = draw.choice(options)
        return option() if callable(option) else option
    return choose


def some(what, low=0, high=4):
    return lambda: [w for _ in range(draw.randint(low, high)) for w in words(what)]


def maybe(*what, odds=0.3):
    return lambda: [w for part in what for w in words(part)] if draw.random() < odds else []


def words(part):
    if callable(part):
        part = part()
    if isinstance(part, (bytes, str)):
        return [part]
    return [w for p in part for w in words(p)]


def key(kind):
    return lambda: draw.choice(KEYS[kind] if draw.random() < 0.9 else ALL_KEYS)


def options(*what, most=3):
    """Up to so many of the options, in any order, perhaps twice, now and then a wrong one."""
    def choose():
        out = []
        for _ in range(draw.choice([0, 0, 1, 1, 2, most])):
            out += words(draw.choice(what) if draw.random() < 0.95 else draw.choice([b'BOGUS', b'', edge]))
        return out
    return choose


def counted(what, low=1, high=3):
    """numkeys and keys, now and then with another number."""
    def choose():
        keys = words(some(what, low, high))
        return [str(len(keys)) if draw.random() < 0.9 else edge()] + keys
    return choose


def number():
    return draw.choice(EDGES) if draw.random() < 0.4 else b'%d' % draw.randint(-6, 12)


def help_of(container):
    """What is said to HELP is each server's own; with more words it is wrong."""
    return (1, None, container, one(('HELP', 'x'), 'BOGUS', '', ('BOGUS', 'x')))


edge = one(*EDGES)
value, member, score, time = one(*VALUES), one(*MEMBERS), one(*SCORES), one(*TIMES)
far = one(*FAR)
never = one('0', '-1', '-9223372036854775808', '9223372036854775808', 'nan', '', '4102444800000')
# Redis would put together a reply of gigabytes for larger negative counts.
few = one(b'0', b'1', b'-1', b'5', b'-5', b'100', b'x', b'', b'-9223372036854775808', b'9223372036854775807', b'9223372036854775808')
S, N, L, H, T, Z, B, P, G = (key(kind) for kind in ('string', 'number', 'list', 'hash', 'set', 'zset', 'bits', 'log', 'geo'))
# All scores are the same here, else Redis's ranges of bytes are anything.
Y = one(*KEYS['lex'], *KEYS['lex'], *KEYS['lex'], b'l1', b'a')
A = one(*ALL_KEYS)
pattern = one(b'*', b'a*', b'?', b'[a-c]', b'', b'[z', b'\\', b'[^a]*', b'*1', b'[^', b'[b-a]', b'a\\', b'a**')
# One call finds all.
count = one('1000', '1000', '0', '-1', 'x', '2147483648', '9223372036854775808')
limit = ('LIMIT', number, number)
lex = one(b'-', b'+', b'[a', b'(a', b'[c', b'(c', b'[', b'(', b'a', b'', b'[m', b'-x', b'++')
bound = one(score, lambda: b'(' + score(), b'-inf', b'+inf')
side = one('LEFT', 'RIGHT', 'left', 'BOGUS')
wait = one('0.001', '0.002', '1e-3', '-1', 'x', '', 'nan', '-inf', 'inf', '1e18', '9223372036854775807')
unit = one('m', 'km', 'ft', 'mi', 'x', 'KM', '')
spot = one(('13.361389', '38.115556'), ('15.087269', '37.502669'), ('0', '0'), ('-122.4', '37.8'), ('180', '85.05'),
           ('181', '0'), ('a', '1'), ('13.5', '38.2'), ('0', '-86'), ('nan', '0'))
range_options = options('REV', 'BYSCORE', limit, 'WITHSCORES')
expire_options = options('NX', 'XX', 'GT', 'LT', most=2)
set_options = options('NX', 'XX', 'GET', 'KEEPTTL', ('EX', far), ('PX', '4102444800000'), ('EXAT', '4102444800'),
                      ('PXAT', '4102444800000'), ('EX', time), ('PXAT', never), 'EX')
getex_options = options('PERSIST', ('EX', far), ('EXAT', '4102444800'), ('PX', time), ('PXAT', never), 'EX', most=2)
bit_type = one('u8', 'i8', 'u1', 'i64', 'u63', 'u64', 'i16', 'u0', 'x8', 'i5', 'i1', 'i65', 'u', 'u08')
bit_offset = one('0', '7', '#1', '#2', '100', '-1', 'x', '#', '#-1', '4294967296', '1.0')
bit_operation = one(('GET', bit_type, bit_offset), ('SET', bit_type, bit_offset, number),
                    ('INCRBY', bit_type, bit_offset, number), ('OVERFLOW', one('WRAP', 'SAT', 'FAIL', 'x')), 'GET', ('SET', 'u8'))
by = one(('BYRADIUS', one('100', '200', '500000', '-1', 'x'), unit), ('BYBOX', one('400', '-1', 'x'), one('300', '0'), unit))
georadius_options = options('WITHCOORD', 'WITHDIST', 'WITHHASH', ('COUNT', number), ('COUNT', '1', 'ANY'), 'ASC', 'DESC', 'ANY', 'COUNT')
aggregate = options(('AGGREGATE', one('SUM', 'MIN', 'MAX', 'x')), ('WEIGHTS', one('1', '2', '-1', 'x')),
                    ('WEIGHTS', one('1', '2', '0.5'), one('1', '3')), 'AGGREGATE', most=2)
sort_options = options(('BY', one('w_*', 'nosort', 'h*->f1', '*')), limit, ('GET', one('#', 'w_*', 'h*->f1', 'x')), 'ASC', 'DESC',
                       'ALPHA', 'ALPHA')
# With ALPHA those without a weight are in any order.
sort_stored = options(('BY', one('w_*', 'nosort', 'h*->f1')), limit, ('GET', one('#', 'w_*', 'x')), 'ASC', 'DESC')
nobody = one('999999999', 'x', '0', '-1', '', '9223372036854775808')

# How replies are compared where they may differ: their elements in any order, or what must be the same of them.
ANY_ORDER, SHAPE, FIELDS, TIME = 'any order', 'shape', 'fields', 'time'

FAMILIES = {
    'string': [
        (6, None, 'SET', S, value), (6, None, 'SET', S, value, set_options), (4, None, 'GET', S), (2, None, 'GETSET', S, value),
        (2, None, 'GETDEL', S), (2, None, 'GETEX', S, getex_options), (2, None, 'SETNX', S, value),
        (2, None, 'SETEX', S, one(far, time), value), (1, None, 'PSETEX', S, one('4102444800000', time), value),
        (2, None, 'MSETNX', some((S, value), 1, 3)), (2, None, 'MSET', some((S, value), 0, 3), maybe(S, odds=0.1)),
        (2, None, 'MGET', some(A)), (3, None, 'APPEND', S, value), (2, None, 'STRLEN', S),
        (3, None, one('GETRANGE', 'SUBSTR'), S, number, number),
        (3, None, 'SETRANGE', S, one('0', '1', '5', '30', '-1', '536870912', '2147483648', 'x', '9223372036854775807'), value),
        (4, None, one('INCR', 'DECR'), N), (4, None, one('INCRBY', 'DECRBY'), N, number), (3, None, 'SET', N, number),
        (3, None, 'INCRBYFLOAT', N, score), (3, None, 'LCS', S, S, options('LEN', 'IDX', ('MINMATCHLEN', number), 'WITHMATCHLEN')),
    ],
    'bits': [
        (4, None, 'SETBIT', B, one('0', '7', '8', '100', '1000', '-1', '4294967296', 'x', '', '1.5'), one('0', '1', '1', '2', 'x')),
        (2, None, 'SET', B, value), (2, None, 'GETBIT', B, number),
        (3, None, 'BITCOUNT', B, maybe(number, number, maybe(one('BYTE', 'BIT', 'x')), odds=0.7)),
        (3, None, 'BITPOS', B, one('0', '1', '2', edge), maybe(number, maybe(number, maybe(one('BYTE', 'BIT', 'x'))), odds=0.7)),
        (3, None, 'BITOP', one('AND', 'OR', 'XOR', 'NOT', 'x'), B, some(B, 1, 3)),
        (4, None, 'BITFIELD', B, some(bit_operation, 0, 4)), (1, None, 'BITFIELD_RO', B, some(bit_operation, 0, 2)),
    ],
    'log': [
        (5, None, 'PFADD', P, some(member, 0, 6)), (2, None, 'PFADD', P, lambda: [b'e%d' % draw.randrange(3000) for _ in range(60)]),
        (3, None, 'PFCOUNT', some(P, 1, 3)), (2, None, 'PFMERGE', some(P, 1, 3)), (1, None, 'GET', P), (1, None, 'SET', P, value),
        (1, None, 'DEL', P),
    ],
    'list': [
        (4, None, one('LPUSH', 'RPUSH'), L, some(value, 0, 4)), (1, None, one('LPUSHX', 'RPUSHX'), L, some(value, 1, 2)),
        (3, None, one('LPOP', 'RPOP'), L, maybe(number)), (2, None, 'LLEN', L), (4, None, 'LRANGE', L, number, number),
        (2, None, 'LINDEX', L, number), (2, None, 'LSET', L, number, value),
        (2, None, 'LINSERT', L, one('BEFORE', 'AFTER', 'x'), value, value), (2, None, 'LREM', L, number, value),
        (1, None, 'LTRIM', L, number, number),
        (2, None, 'LPOS', L, value, options(('RANK', number), ('COUNT', number), ('MAXLEN', number), 'RANK')),
        (2, None, 'LMOVE', L, L, side, side), (1, None, 'RPOPLPUSH', L, L),
        (1, None, 'LMPOP', counted(L), side, maybe('COUNT', number)), (2, None, 'RPUSH', L, one('1', '2', '3', '10', '-1')),
    ],
    'hash': [
        (4, None, one('HSET', 'HMSET'), H, some((member, value), 0, 3), maybe(member, odds=0.05)), (2, None, 'HSETNX', H, member, value),
        (2, None, 'HGET', H, member), (2, None, 'HMGET', H, some(member, 0, 4)), (2, ANY_ORDER, 'HGETALL', H),
        (2, None, 'HDEL', H, some(member, 0, 3)), (1, None, 'HLEN', H), (1, None, 'HEXISTS', H, member), (1, ANY_ORDER, 'HKEYS', H),
        (1, ANY_ORDER, 'HVALS', H), (1, None, 'HSTRLEN', H, member), (3, None, 'HINCRBY', H, member, number),
        (3, None, 'HINCRBYFLOAT', H, member, score), (1, SHAPE, 'HRANDFIELD', H, maybe(few, maybe(one('WITHVALUES', 'x')))),
        (1, SHAPE, 'HRANDFIELD', H, one('-9223372036854775807', '4611686018427387904', '-4611686018427387905'), 'WITHVALUES'),
        (1, ANY_ORDER, 'HSCAN', H, one('0', '0', '0', 'x'), maybe('MATCH', pattern), 'COUNT', count),
    ],
    'set': [
        (5, None, 'SADD', T, some(member, 0, 5)), (2, None, 'SREM', T, some(member, 0, 3)), (2, ANY_ORDER, 'SMEMBERS', T),
        (1, None, 'SISMEMBER', T, member), (1, None, 'SMISMEMBER', T, some(member, 0, 3)), (1, None, 'SCARD', T),
        (1, SHAPE, 'SRANDMEMBER', T, maybe(few)), (1, ANY_ORDER, 'SPOP', T, one('100', '1000', '0', '-1', 'x', '9223372036854775807')),
        (2, None, 'SMOVE', T, T, member),
        (1, ANY_ORDER, 'SSCAN', T, one('0', '0', '0', 'x'), maybe('MATCH', pattern), 'COUNT', count),
        (2, ANY_ORDER, one('SINTER', 'SUNION', 'SDIFF'), some(T, 0, 3)),
        (2, None, one('SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE'), T, some(T, 0, 3)),
        (1, None, 'SINTERCARD', counted(T), maybe('LIMIT', number)),
    ],
    'zset': [
        (6, None, 'ZADD', Z, options('NX', 'XX', 'GT', 'LT', 'CH', 'INCR'), some((score, member), 0, 3), maybe(score, odds=0.05)),
        (2, None, 'ZINCRBY', Z, score, member), (2, None, 'ZREM', Z, some(member, 0, 3)), (1, None, 'ZCARD', Z),
        (1, None, 'ZSCORE', Z, member), (1, None, 'ZMSCORE', Z, some(member, 0, 3)),
        (2, None, one('ZRANK', 'ZREVRANK'), Z, member), (2, None, 'ZCOUNT', Z, bound, bound), (2, None, 'ZLEXCOUNT', Y, lex, lex),
        (4, None, 'ZRANGE', Z, one(number, bound), one(number, bound), range_options),
        (2, None, 'ZADD', Y, some(('0', member), 1, 5)),
        (2, None, 'ZRANGE', Y, one(lex, lex, bound), lex, 'BYLEX', options('REV', limit, 'WITHSCORES')),
        (2, None, 'ZRANGESTORE', Z, Z, one(number, bound), one(number, bound), range_options),
        (1, None, 'ZRANGESTORE', Y, Y, lex, lex, 'BYLEX', options('REV', limit)),
        (2, None, one('ZRANGE', 'ZREVRANGE'), Z, number, number, maybe('WITHSCORES')),
        (2, None, one('ZRANGEBYSCORE', 'ZREVRANGEBYSCORE'), Z, bound, bound, options('WITHSCORES', limit)),
        (2, None, one('ZRANGEBYLEX', 'ZREVRANGEBYLEX'), Y, lex, lex, maybe(limit)),
        (1, None, 'ZREMRANGEBYRANK', Z, number, number), (1, None, 'ZREMRANGEBYSCORE', Z, bound, bound),
        (1, None, 'ZREMRANGEBYLEX', Y, lex, lex), (2, None, one('ZPOPMIN', 'ZPOPMAX'), Z, maybe(number)),
        (1, SHAPE, 'ZRANDMEMBER', Z, maybe(few, maybe(one('WITHSCORES', 'x')))),
        (1, SHAPE, 'ZRANDMEMBER', Z, one('-9223372036854775807', '4611686018427387904', '-4611686018427387905'), 'WITHSCORES'),
        (2, None, one('ZUNION', 'ZINTER'), counted(one(Z, T)), aggregate, maybe('WITHSCORES')),
        (2, None, one('ZUNIONSTORE', 'ZINTERSTORE'), Z, counted(one(Z, T)), aggregate),
        (1, None, 'ZDIFF', counted(one(Z, T)), maybe(one('WITHSCORES', 'x'))), (1, None, 'ZDIFFSTORE', Z, counted(one(Z, T))),
        (1, None, 'ZINTERCARD', counted(one(Z, T)), maybe('LIMIT', number)),
        (1, None, 'ZMPOP', counted(Z), one('MIN', 'MAX', 'x'), maybe('COUNT', number)),
        (1, ANY_ORDER, 'ZSCAN', Z, one('0', '0', '0', 'x'), maybe('MATCH', pattern), 'COUNT', count),
    ],
    'geo': [
        (5, None, 'GEOADD', G, options('NX', 'XX', 'CH', most=2), some((spot, member), 0, 3)), (1, None, 'GEOPOS', G, some(member, 0, 3)),
        (1, None, 'GEODIST', G, member, member, maybe(unit)), (1, None, 'GEOHASH', G, some(member, 0, 3)),
        (3, None, 'GEOSEARCH', G, one(('FROMMEMBER', member), ('FROMLONLAT', spot), ()), one(by, by, by, ()), georadius_options),
        (1, None, 'GEOSEARCHSTORE', Z, G, one(('FROMMEMBER', member), ('FROMLONLAT', spot)), by, options('STOREDIST', 'ASC', most=1)),
        (1, None, one('GEORADIUS', 'GEORADIUS_RO'), G, spot, one('200', '-1', 'x'), unit, georadius_options),
        (1, None, one('GEORADIUSBYMEMBER', 'GEORADIUSBYMEMBER_RO'), G, member, '500', unit, georadius_options),
        (1, None, 'GEORADIUS', G, spot, '500', unit, one('STORE', 'STOREDIST'), Z),
    ],
    'blocking': [
        (3, None, one('LPUSH', 'RPUSH'), L, some(value, 1, 3)), (3, None, 'ZADD', Z, some((score, member), 1, 3)),
        (2, None, one('BLPOP', 'BRPOP'), some(L, 1, 3), wait), (2, None, 'BLMOVE', L, L, side, side, wait), (1, None, 'BRPOPLPUSH', L, L, wait),
        (2, None, 'BLMPOP', wait, counted(L), side, maybe('COUNT', number)),
        (2, None, one('BZPOPMIN', 'BZPOPMAX'), some(Z, 1, 3), wait),
        (2, None, 'BZMPOP', wait, counted(Z), one('MIN', 'MAX', 'x'), maybe('COUNT', number)), (1, None, 'DEL', L), (1, None, 'SET', L, value),
    ],
    # Another client's first, and only, one.
    'waiting': [
        (2, None, one('BLPOP', 'BRPOP'), some(L, 1, 3), '30'), (2, None, 'BLMOVE', L, L, one('LEFT', 'RIGHT'), one('LEFT', 'RIGHT'), '30'),
        (1, None, 'BRPOPLPUSH', L, L, '30'), (2, None, 'BLMPOP', '30', counted(L), side, maybe('COUNT', one('1', '2', '10'))),
        (2, None, one('BZPOPMIN', 'BZPOPMAX'), some(Z, 1, 3), '30'),
        (2, None, 'BZMPOP', '30', counted(Z), one('MIN', 'MAX'), maybe('COUNT', one('1', '2', '10'))),
    ],
    'key': [
        # Another type, or other scores, would be there for the ranges of bytes.
        (3, None, 'DEL', Y),
        (5, None, one('DEL', 'UNLINK'), some(A)), (2, None, one('EXISTS', 'TOUCH'), some(A)), (2, None, 'TYPE', A),
        (2, None, 'RENAME', A, A), (1, None, 'RENAMENX', A, A),
        (2, None, 'COPY', A, A, options('REPLACE', ('DB', one('0', '1', '16', 'x', edge)), 'DB')),
        (1, None, 'MOVE', A, one('0', '1', '16', 'x', edge)), (1, None, 'SWAPDB', one('0', '1', 'x', '16'), one('0', '1', '16')),
        (3, None, one('EXPIRE', 'EXPIREAT'), A, one('4102444800', '4102444800', time), expire_options),
        (1, None, one('PEXPIRE', 'PEXPIREAT'), A, one('4102444800000', time), expire_options), (2, TIME, 'TTL', A), (1, TIME, 'PTTL', A),
        (1, TIME, one('EXPIRETIME', 'PEXPIRETIME'), A), (2, None, 'PERSIST', A), (1, None, 'DBSIZE'), (1, SHAPE, 'RANDOMKEY'),
        (1, ANY_ORDER, 'KEYS', pattern),
        (1, ANY_ORDER, 'SCAN', one('0', '0', 'x'), maybe('MATCH', pattern), 'COUNT', count,
         maybe('TYPE', one('string', 'list', 'zset', 'hash', 'set', 'x'))),
        (3, None, 'SORT', one(L, Z), sort_options), (1, None, 'SORT', T, options('ALPHA', limit, 'DESC')),
        (1, None, 'SORT', one(L, Z), sort_stored, 'STORE', L), (1, None, 'SORT_RO', L, sort_options),
        (1, None, 'SET', one('w_1', 'w_2', 'w_3', 'w_10'), number), (1, None, 'OBJECT', 'ENCODING', A),
        (1, SHAPE, 'OBJECT', 'REFCOUNT', A), (1, TIME, 'OBJECT', 'IDLETIME', A), (1, None, 'OBJECT', 'FREQ', A), help_of('OBJECT'),
        (1, None, 'RESTORE', A, one('0', time), value, options('REPLACE', 'ABSTTL', ('IDLETIME', time), ('FREQ', time), most=2)),
        (1, SHAPE, 'DUMP', A), (1, None, one('FLUSHALL', 'FLUSHDB'), one([], 'ASYNC', 'sync', value)), (2, None, 'SELECT', one('0', '1', '2', '15')),
    ],
    'transaction': [
        (3, None, 'MULTI'), (4, None, 'EXEC'), (1, None, 'DISCARD'), (1, None, 'WATCH', some(A, 0, 2)), (1, None, 'UNWATCH'),
        (1, None, one('MULTI', 'EXEC', 'DISCARD', 'UNWATCH'), value),
    ],
    'connection': [
        (2, None, 'SELECT', one('0', '1', '15', '16', edge)), (1, None, 'PING', some(value, 0, 2)), (1, None, 'ECHO', some(value, 0, 2)),
        (1, None, 'CLIENT', 'SETNAME', one(value, 'x')), (1, None, 'CLIENT', 'GETNAME'), (1, SHAPE, 'CLIENT', 'ID'),
        (1, None, 'CLIENT', 'NO-EVICT', one('on', 'OFF', value)), help_of('CLIENT'), (1, SHAPE, 'CLIENT', 'INFO'),
        (1, None, 'CLIENT', 'KILL', one('1.2.3.4:5', 'x', '')),
        (2, None, 'CLIENT', 'KILL', some(one(('ID', nobody), ('TYPE', one('replica', 'master', 'x')), ('TYPE', 'pubsub', 'ID', nobody), ('ADDR', '1.2.3.4:5'),
                                             ('LADDR', '1.2.3.4:5'), ('USER', one('nosuch', '')), ('SKIPME', one('yes', 'x'), 'ID', nobody), 'ID'), 1, 3)),
        (1, None, 'CLIENT', 'LIST', one(('TYPE', one('replica', value)), ('ID', nobody), 'ID', 'x')),
        (1, None, 'CLIENT', 'UNBLOCK', nobody, maybe(one('ERROR', 'timeout', 'x'))),
        (1, None, 'CLIENT', 'PAUSE', one('0', '1', '-1', 'x', ''), maybe(one('WRITE', 'ALL', 'x'))), (1, None, 'CLIENT', 'UNPAUSE'),
        (1, None, 'CLIENT', one('GETREDIR', 'TRACKINGINFO')), (1, None, 'CLIENT', 'CACHING', one('yes', 'no', 'x')),
        (1, None, 'CLIENT', 'TRACKING', one('off', 'x', ('on', 'REDIRECT', '999999999')), some(one(('REDIRECT', nobody), 'BCAST', ('PREFIX', value), 'OPTIN', 'OPTOUT', 'x'), 1, 3)),
        (1, None, 'AUTH', some(value, 0, 3)), (1, None, 'RESET'),
        (1, None, 'HELLO', one(edge, '9', '1', ('2', 'BOGUS'), ('3', 'AUTH', value), ('2', 'SETNAME', 'a b'), ('3', 'AUTH', 'x', value),
                               ('2', 'SETNAME'), ('3', 'SETNAME', 'n', 'SETNAME', 'a\nb'), ('3', 'SETNAME', 'n', value), ('3', 'AUTH', 'x', value, value), ('3', 'AUTH', 'default', ''), ('x', 'SETNAME', 'n'))),
        (2, None, 'HELLO', one((), '2', '3', ('3', 'SETNAME', 'n'), ('2', 'AUTH', 'default', 'x'), ('3', 'AUTH', 'default', 'x', 'SETNAME', 'n'))),
    ],
    'server': [
        (1, None, 'CONFIG', 'GET', some(one('databases', 'nosuch', 'data*es', 'DATABASES', '[d]atabases'), 0, 3)),
        (1, None, 'CONFIG', 'SET', value, value, maybe(value)), (1, None, 'CONFIG', one('RESETSTAT', ('RESETSTAT', 'x'), ('REWRITE', 'x'))), help_of('CONFIG'),
        (2, None, 'COMMAND', one('GETKEYS', 'GETKEYSANDFLAGS'), one(('get', A), ('mset', A, value, A, value), ('del', A, A), ('set', A, value, 'EX', edge),
                                            ('zunion', '2', A, A), ('blmpop', '0', '2', A, A, 'LEFT'), ('zunionstore', A, '1', A),
                                            ('sort', A, 'STORE', A), ('lmpop', edge, A, 'LEFT'), ('zinter', edge, A, A), ('nosuch', A),
                                            ('sort', A, options('STORE', ('STORE', A), limit, ('BY', 'x'), ('GET', 'x'))),
                                            ('georadius', A, '1', '2', '3', 'm', options('STORE', ('STOREDIST', A), ('STORE', A))),
                                            ('object', 'encoding', A), ('memory', 'usage', A), ('ping', 'x'))),
        (1, None, 'COMMAND', one('INFO', 'DOCS'), value), (1, None, 'COMMAND', 'COUNT', 'x'), help_of('COMMAND'),
        (1, None, 'COMMAND', 'LIST', 'FILTERBY', one(('PATTERN', one('nosuch', 'xad', '', 'get')), ('ACLCAT', 'nosuch'), ('MODULE', 'x'), 'PATTERN', 'x')),
        (1, None, one('NOSUCH', value, A, 'get ', 'set\r\n'), some(value, 0, 20)), (1, None, 'TIME', value), (1, SHAPE, 'TIME'),
        (1, None, 'INFO', one('nosuch', ('nosuch', 'x'))), (1, None, 'SHUTDOWN', one('ABORT', 'x', ('SAVE', 'NOSAVE'), ('ABORT', 'NOW'))), (1, None, 'PUBLISH', value, value),
        (1, None, 'SPUBLISH', value, value), (1, None, 'PUBSUB', one(('CHANNELS', pattern), ('NUMSUB', some(value)), 'NUMPAT', 'CHANNELS', 'SHARDCHANNELS',
                                                                     ('SHARDCHANNELS', pattern), ('SHARDNUMSUB', some(value)), ('NUMPAT', 'x'))),
        help_of('PUBSUB'), (1, None, 'WAIT', one('0', '-1', 'x'), one('1', '-1', 'x')),
        (2, None, 'CLUSTER', one('INFO', 'MYID', 'SLOTS', 'SHARDS', 'NODES', ('KEYSLOT', A), ('INFO', 'x'), ('COUNTKEYSINSLOT', number),
                                ('GETKEYSINSLOT', number, number), 'LINKS', 'GETKEYSINSLOT')), help_of('CLUSTER'),
        (1, None, one('ASKING', 'READONLY', 'READWRITE')), (1, None, 'ROLE', maybe('x')), (1, None, 'MODULE', one('LIST', ('LIST', 'x'))), help_of('MODULE'),
        (1, None, 'LATENCY', one('LATEST', ('RESET', some(value, 0, 2)), ('HISTOGRAM', 'nosuch'), ('LATEST', 'x'), 'HISTORY', ('HISTORY', value),
                                ('GRAPH', value), 'GRAPH', ('DOCTOR', 'x'))), help_of('LATENCY'),
        (1, SHAPE, 'LATENCY', 'HISTOGRAM', 'flushall'),
        (1, SHAPE, 'MEMORY', 'USAGE', A, options(('SAMPLES', number), 'SAMPLES', most=1)), (1, None, 'MEMORY', one('PURGE', ('PURGE', 'x'), ('STATS', 'x'), ('DOCTOR', 'x'))),
        (1, FIELDS, 'MEMORY', 'STATS'), help_of('MEMORY'), (1, None, 'SLOWLOG', one('RESET', ('GET', one('-2', 'x', '0', ('1', '2'))), ('LEN', 'x'))), (1, SHAPE, 'SLOWLOG', 'LEN'), help_of('SLOWLOG'),
        (2, None, 'ACL', one('WHOAMI', ('WHOAMI', 'x'), 'USERS', 'LIST', ('GETUSER', one('default', value)), ('DELUSER', one('default', 'nobody')), 'CAT', ('CAT', value), ('CAT', 'x', 'y'),
                            ('GENPASS', one('0', '-1', 'x', '4097', ('1', '2'))), ('DRYRUN', one('default', 'x'), one('get', 'x', ('set', 'a', 'b'), ('client', 'id'))),
                            'SAVE', 'LOAD', ('LOAD', 'x'), ('LOG', one('RESET', 'x', ('RESET', 'x'), ('1', '2'))),
                            ('SETUSER', 'a b'))), help_of('ACL'), (1, SHAPE, 'ACL', 'GENPASS'), (1, SHAPE, 'MEMORY', 'MALLOC-STATS'),
        (1, None, 'DEBUG', one('SLEEP', ('OBJECT', A), ('JMAP', 'x'), ())), (1, None, one('SAVE', 'BGSAVE', 'LASTSAVE', 'BGREWRITEAOF'), 'x'), (1, None, 'MONITOR', 'x'),
        (1, None, 'LOLWUT', 'VERSION', 'x'),
    ],
    # By themselves: replies are not one a request here.
    'replies': [
        (2, None, 'CLIENT', 'REPLY', one('ON', 'OFF', 'SKIP', 'SKIP', value, ('ON', 'x'))), (2, None, 'SET', S, value), (2, None, 'GET', S), (1, None, 'NOSUCH'), (1, None, 'PING', some(value, 0, 2)), (1, None, 'RESET'),
    ],
    'pubsub': [
        (3, None, one('SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'SSUBSCRIBE', 'SUNSUBSCRIBE'), some(one('a', 'b', 'c*', ''), 1, 3)),
        (1, None, one('UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE'), one('a', 'b', 'none')), (1, None, one('SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE')),
        (3, None, one('PUBLISH', 'SPUBLISH'), one('a', 'b', 'cc', ''), value), (1, None, 'PING', some(value, 0, 2)), (1, None, 'GET', S),
        (1, ANY_ORDER, 'PUBSUB', one('CHANNELS', 'NUMPAT', ('NUMSUB', 'a', 'b'), 'SHARDCHANNELS', ('SHARDNUMSUB', 'a'))), (1, None, 'RESET'),
    ],
}
ALONE = ['replies', 'pubsub']

def table(families):
    """The rows of some families, and what they weigh."""
    rows = [row for family in families for row in FAMILIES[family]]
    return rows, [row[0] for row in rows]


def spoken():
    """The names, and names with a first word behind them, that the rows can begin with."""
    names = set()
    for rows in FAMILIES.values():
        for _, _, *parts in rows:
            for _ in range(600):
                said = [w.decode('latin1') if isinstance(w, bytes) else w for part in parts[:2] for w in words(part)]
                names.update('|'.join(said[:n]).lower() for n in (1, 2))
    return names


# Families whose requests may lack their ends.
CUT = {w if isinstance(w, bytes) else w.encode() for family in ('string', 'bits', 'log', 'list', 'hash', 'zset', 'geo', 'key', 'set', 'transaction')
       for row in FAMILIES[family] for _ in range(9) for w in words(row[2])} - {b'SPOP', b'SSCAN', b'HSCAN', b'ZSCAN', b'SCAN', b'OBJECT', b'HRANDFIELD', b'ZRANDMEMBER'}


def command(rows, weights):
    """How the reply is to be compared, and the words."""
    _, rule, *parts = draw.choices(rows, weights)[0]
    out = [w if isinstance(w, bytes) else w.encode() for part in parts for w in words(part)]
    chance = draw.random()
    # Without their counts some choose by chance, and without more SHUTDOWN and its like do what they say.
    if chance < 0.01 and out[0] in CUT:
        del out[draw.randrange(len(out)):]
        out = out or [b'PING']
    # Behind a time-out it would be one, and perhaps for ever.
    elif chance < 0.02 and out[0][:1] != b'B':
        out.append(value())
    elif chance < 0.1:
        out[0] = out[0].lower() if chance < 0.06 else out[0].title()
    return rule, out
