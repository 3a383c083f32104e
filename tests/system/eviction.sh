#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# maxmemory: without a policy what needs more is refused, with Redis's words, and the rest goes on; each of the seven others
# removes what its name says, all that must stay stays, and where nothing may go it is refused too. A redis-server does the
# same in the same program.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
. "$SRCDIR/tests/system/redis.sh"

start_redis
start_server
REFERENCE=$REFERENCE python <<'END' || fail 'maxmemory'
from raw import *

OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")
EACH, MORE, TEXT = 1000, 500, b'x' * 500

def pipe(client, commands):
    client.send(b''.join(request(*c) for c in commands))
    return [client.reply() for _ in commands]

def config(client, **settings):
    for name, value in settings.items():
        same(client.call('CONFIG', 'SET', name.replace('_', '-'), value), Simple('OK'))

def fill(client, policy):
    """So many keys with deadlines, the later ones live longer, and so many without."""
    config(client, maxmemory='0', maxmemory_policy=policy, maxmemory_samples='10', lfu_log_factor='1')
    client.call('FLUSHALL')
    pipe(client, [['SET', 'v:%d' % i, TEXT, 'EX', 10000 + 10 * i] for i in range(EACH)])
    pipe(client, [['SET', 'p:%d' % i, TEXT] for i in range(EACH)])

def use(client, policy):
    """Every third key, so that it is in use, later than the others and more often."""
    # Here it is known within 4 s.
    if 'lru' in policy:
        time.sleep(4.1)
    for _ in range(10 if 'lfu' in policy else 1):
        pipe(client, [['GET', kind % i] for kind in ('v:%d', 'p:%d') for i in range(0, EACH, 3)])

def settle(client):
    """Until what was removed is freed."""
    seen = [0, 1]
    def still():
        time.sleep(0.05)
        seen[:] = [seen[1], int(info(client, 'used_memory'))]
        return abs(seen[0] - seen[1]) < 10000 and info(client, 'lazyfree_pending_objects') == '0'
    wait_for('memory is freed', still)

def press(client):
    """Fill what is full; what was there and is there now, by kind."""
    settle(client)
    before = int(info(client, 'evicted_keys'))
    config(client, maxmemory=info(client, 'used_memory'))
    answers = pipe(client, [['SET', 'n:%d' % i, TEXT] for i in range(MORE)])
    gone = int(info(client, 'evicted_keys')) - before
    config(client, maxmemory='0')
    left = {kind: {i for i, n in enumerate(pipe(client, [['EXISTS', '%s:%d' % (kind, i)] for i in range(EACH)])) if n} for kind in 'vp'}
    return answers, gone, left

def share(left, kinds, used):
    """How many are left, of 1, of those of these kinds that were used, or not."""
    there = sum((i % 3 == 0) == used for kind in kinds for i in left[kind])
    return there / sum((i % 3 == 0) == used for kind in kinds for i in range(EACH))

def policies(client, who):
    for policy in ('allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'):
        fill(client, policy)
        use(client, policy)
        answers, gone, left = press(client)
        what = '%s, %s: %d of v and %d of p are left, %d evicted' % (who, policy, len(left['v']), len(left['p']), gone)
        print(what, file=sys.stderr)
        check(set(answers) == {Simple('OK')}, what, set(answers))
        check(MORE / 3 < gone < 2 * MORE, what)
        kinds = 'vp' if policy[0] == 'a' else 'v'
        used, unused = share(left, kinds, True), share(left, kinds, False)
        # Of what has not been used the one that was set first is older.
        for kind in kinds if policy != 'allkeys-lru' else '':
            check(len(left[kind]) < EACH - gone / 5, what)
        if policy.endswith(('lru', 'lfu')):
            check(used > 0.75 and used > unused + 0.1, what, used, unused)
        if policy[0] == 'v':
            same(len(left['p']), EACH, what)
        if policy == 'volatile-ttl':
            lost = set(range(EACH)) - left['v']
            check(sum(lost) / len(lost) < EACH * 0.4 and sum(i < len(lost) for i in lost) > 0.7 * len(lost), what, 'of the wrong deadlines')
        if policy.endswith('random'):
            check(abs(used - unused) < 0.2, what, 'by use')

def refusals(client, policy):
    """With nothing that may go."""
    fill(client, policy)
    pipe(client, [['DEL', 'v:%d' % i] for i in range(EACH)])
    settle(client)
    config(client, maxmemory='400000')
    for command in (['SET', 'a', 'b'], ['LPUSH', 'l', 'a'], ['SADD', 's', 'a'], ['HSET', 'h', 'f', 'v'], ['ZADD', 'z', '1', 'a'], ['INCR', 'n'],
                    ['APPEND', 'p:1', 'x'], ['SETRANGE', 'p:1', '0', 'x'], ['GETSET', 'p:1', 'x'], ['MSET', 'a', 'b'], ['PFADD', 'h', 'a'],
                    ['COPY', 'p:1', 'p:2'], ['SORT', 'l', 'STORE', 'm'], ['GEOADD', 'g', '1', '1', 'a'], ['SETBIT', 'b', '1', '1']):
        same(client.call(*command), OOM, policy, command)
    same(client.call('GET', 'p:1'), TEXT)
    same(client.call('DEL', 'p:1', 'p:2'), 2)
    same(client.call('MULTI'), Simple('OK'))
    same(client.call('SET', 'a', 'b'), OOM)
    same(client.call('EXEC'), Error('EXECABORT Transaction discarded because of previous errors.'))
    same(client.call('EXPIRE', 'p:3', '100'), 1)
    config(client, maxmemory='0')
    same(client.call('SET', 'a', 'b'), Simple('OK'))

for port, who in ((int(os.environ['REFERENCE']), 'redis-server'), (REDIS_PORT, 'respd')):
    client = Client(port)
    policies(client, who)
    for policy in ('noeviction', 'volatile-lru', 'volatile-ttl'):
        refusals(client, policy)
END
stop_server
