# SPDX-License-Identifier: BSD-2-Clause
#
# redis-py, the client that most people have, on a server's redis port: redis_py.py PORT. It says nothing on connect, so
# it must be a Redis from the first byte.

import sys
import threading
import time

import redis

PORT = int(sys.argv[1])


def same(got, wanted):
    if got != wanted or type(got) is not type(wanted):
        raise AssertionError('got %.300r, not %.300r' % (got, wanted))


def refused(kind, text, run, *args, **more):
    try:
        got = run(*args, **more)
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError('%r was not refused: %r' % (args, got))


def strings(r):
    same(r.ping(), True)
    same(r.echo('hello'), b'hello')
    same(r.set('k', 'v'), True)
    same(r.get('k'), b'v')
    same(r['k'], b'v')
    same(r.get('none'), None)
    same(r.set('k', 'w', nx=True), None)
    same(r.set('n', 'w', nx=True), True)
    same(r.set('none', 'w', xx=True), None)
    same(r.set('k', 'x', xx=True), True)
    same(r.set('k', 'y', get=True), b'x')
    same(r.mset({'a': 1, 'b': 2.5, 'c': b'\0\r\n\xff'}), True)
    same(r.mget('a', 'b', 'c', 'none'), [b'1', b'2.5', b'\0\r\n\xff', None])
    same(r.mget(['a', 'none']), [b'1', None])
    same(r.exists('a', 'a', 'none'), 2)
    same('a' in r, True)
    same(r.type('a'), b'string')
    same(r.type('none'), b'none')
    same(sorted(r.keys('[abc]')), [b'a', b'b', b'c'])
    same(r.randomkey() in r.keys(), True)
    same(r.delete('a', 'b', 'none'), 2)
    same(r.unlink('c'), 1)
    same(r.dbsize(), 2)
    large = bytes(range(256)) * (5 << 12)
    same(r.set(large[:1000], large), True)
    same(r.get(large[:1000]), large)
    same(r.mget([large[:1000]] * 3), [large] * 3)
    refused(redis.ResponseError, 'syntax error', r.execute_command, 'SET', 'k', 'v', 'NX', 'XX')
    refused(redis.ResponseError, "unknown command 'NOSUCH'", r.execute_command, 'NOSUCH', 'k')
    refused(redis.ResponseError, 'wrong number of arguments', r.execute_command, 'GET')
    same(r.flushdb(), True)
    same(r.keys(), [])


def deadlines(r):
    same(r.set('short', 'v', px=50), True)
    same(r.set('long', 'v', ex=1000), True)
    same(r.set('kept', 'v', exat=int(time.time()) + 1000), True)
    same(r.set('past', 'v', pxat=1), True)
    same(r.get('past'), None)
    until = time.monotonic() + 60
    while r.get('short') is not None:
        assert time.monotonic() < until, 'a key outlives its deadline'
        time.sleep(0.01)
    same(r.exists('short', 'long', 'kept', 'past'), 2)
    refused(redis.ResponseError, "invalid expire time in 'set' command", r.set, 'k', 'v', ex=0)
    same(r.flushall(), True)


def pipelines(r):
    with r.pipeline(transaction=False) as pipe:
        for i in range(1000):
            pipe.set('k%d' % i, i).get('k%d' % i)
        got = pipe.execute()
    same(got, [text for i in range(1000) for text in (True, b'%d' % i)])
    with r.pipeline(transaction=False) as pipe:
        pipe.set('k', 'v').execute_command('NOSUCH').get('k')
        got = pipe.execute(raise_on_error=False)
    same((got[0], type(got[1]), got[2]), (True, redis.ResponseError, b'v'))
    same(r.flushall(), True)


def databases(r):
    other = redis.Redis(port=PORT, db=3)
    same(other.set('k', 'three'), True)
    same(r.get('k'), None)
    same(r.set('k', 'nil'), True)
    same(other.get('k'), b'three')
    same(r.info('keyspace')['db3']['keys'], 1)
    same(other.flushdb(), True)
    same((r.get('k'), other.get('k')), (b'nil', None))
    same(redis.Redis(port=PORT, db=15).ping(), True)
    refused(redis.ResponseError, 'DB index is out of range', redis.Redis(port=PORT, db=16).ping)
    same(r.flushall(), True)
    other.close()


def server(r):
    info = r.info()
    same(info['redis_version'], '7.2.4')
    assert info['uptime_in_seconds'] >= 0 and info['connected_clients'] >= 1, info
    same(r.info('server')['tcp_port'] > 0, True)
    same(r.config_get('databases'), {'databases': '16'})
    same(r.config_set('timeout', 0), True)
    refused(redis.ResponseError, "can't set immutable config", r.config_set, 'databases', 3)
    seconds, micros = r.time()
    assert abs(seconds - time.time()) < 60 and 0 <= micros < 1000000, (seconds, micros)
    same(r.command_count() > 20, True)
    same(r.command()['get']['arity'], 2)


def connections(r):
    one = redis.Redis(port=PORT, single_connection_client=True, client_name='someone')
    same(one.client_getname(), 'someone')
    same(one.client_setname('else'), True)
    line = [client for client in r.client_list() if client['name'] == 'else']
    same([client['id'] for client in line], [str(one.client_id())])
    same(one.client_info()['name'], 'else')
    same(r.client_kill_filter(_id=one.client_id()), 1)
    one.close()
    with redis.Redis(port=PORT, decode_responses=True) as text:
        same(text.set('schlüssel', 'wört'), True)
        same(text.get('schlüssel'), 'wört')
        same(text.mget('schlüssel', 'none'), ['wört', None])
    same(r.get('schlüssel'), 'wört'.encode())
    same(r.flushall(), True)


def threads(r):
    """One pool of connections and many threads."""
    wrong = []

    def work(n):
        try:
            for i in range(200):
                same(r.set('t%d' % n, i), True)
                same(r.get('t%d' % n), b'%d' % i)
        except Exception as error:
            wrong.append(error)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    same(wrong, [])
    same(r.dbsize(), 10)
    same(r.flushall(), True)


with redis.Redis(port=PORT, socket_timeout=60) as client:
    for part in (strings, deadlines, pipelines, databases, server, connections, threads):
        part(client)
print('redis-py', redis.__version__, 'is content')
