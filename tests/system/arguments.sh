#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every command of the table with edge values in each place, on keys of every type, and with one key several times: it
# replies or refuses, and the server lives. Patterns that make others think for ever, and as many keys as there are.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
start_server --enable-debug-command yes --reply-timeout 0 --maxmemory 256mb
python <<'END' || fail 'edge values'
import itertools
from raw import *

EDGES = ['0', '1', '-1', '2147483648', '-2147483648', '4294967296', '9223372036854775807', '-9223372036854775808',
         '9223372036854775808', '-9223372036854775809', 'nan', '', '1e400']
# They end the server, stop it, wait, or change what this connection hears.
NOT = {'shutdown', 'quit', 'monitor', 'subscribe', 'psubscribe', 'ssubscribe', 'debug', 'client', 'hello', 'reset', 'config',
       'blpop', 'brpop', 'blmove', 'brpoplpush', 'blmpop', 'bzpopmin', 'bzpopmax', 'bzmpop', 'wait', 'auth', 'select',
       'flush', 'flushall', 'flushdb', 'swapdb', 'multi', 'exec', 'save', 'bgsave', 'bgrewriteaof', 'waitaof'}
KEYS = ['string', 'list', 'hash', 'set', 'zset', 'none']
client, watch = Client(REDIS_PORT), Client(REDIS_PORT)
client.socket.settimeout(60)

def fill():
    for words in (('SET', 'string', '12345'), ('RPUSH', 'list', '1', '2', '3'), ('HSET', 'hash', 'f', '1', 'g', 'x'),
                  ('SADD', 'set', '1', '2', 'x'), ('ZADD', 'zset', '1', 'a', '2', 'b'), ('DEL', 'none')):
        watch.call('DEL', words[1])
        watch.call(*words)

# COMMAND INFO tells arity and first key.
table = [(row[0].decode(), int(row[1]), int(row[3])) for row in watch.call('COMMAND')]
table = [row for row in table if row[0] not in NOT]
check(len(table) > 150, 'the table has', len(table))
total = 0
for name, arity, first in table:
    least = max(abs(arity) - 1, first)
    # Each place in turn, the others harmless; one more and two more where more may come.
    for n in range(least, least + 1 if arity > 0 else least + 3):
        fill()
        for key in KEYS if first > 0 else ['']:
            batch = []
            for place in range(n):
                if place == first - 1:
                    continue
                for edge in EDGES:
                    # So many elements are asked for, and would come.
                    if name.endswith(('randfield', 'randmember')) and edge == '-2147483648':
                        continue
                    words = ['1'] * n
                    if first > 0:
                        words[first - 1] = key
                    words[place] = edge
                    batch.append((name, *words))
            # The same key everywhere.
            batch.append((name, *[key] * n))
            client.send(b''.join(request(*words) for words in batch))
            for words in batch:
                try:
                    client.reply()
                except (OSError, EOFError) as error:
                    fail(words, error)
            total += len(batch)
check(total > 10000, 'only', total)
same(watch.call('FLUSHALL'), Simple('OK'))

long = 'a' * 100000
same(watch.call('SET', long, 'x'), Simple('OK'))
for pattern, wanted in (('a*' * 500 + 'b', 0), ('[' * (1 << 20), 0), ('*' * 10000 + 'a', 1), ('?' * 100000, 1), ('\\', 0)):
    same(len(watch.call('KEYS', pattern)), wanted, pattern[:10])
    same(len(watch.call('SCAN', '0', 'COUNT', '100000', 'MATCH', pattern)[1]), wanted, pattern[:10])
END
stop_server
