#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Programs that were written for Redis, as Debian packages them, on the Redis port: redis-py's pipelines, WATCH and
# messages; RQ's worker; Celery with kombu's transport; sessions of PHP; Sidekiq; node-redis; hiredis; and all that
# redis-benchmark does. An application that is not installed is passed over, saying so. Locks that are given back, jobs
# at a later time and kept results of RQ need scripts and streams: they are not used here.

. "${SRCDIR:-.}/tests/system/lib.sh"

RESPD_CLI=$(realpath "$RESPD_CLI")	# some go into other folders
start_server
URL=redis://127.0.0.1:$REDIS_PORT
redis()	{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }

# Debian's modules are those of Debian's Python.
PYTHON=/usr/bin/python3
has()		{ "$PYTHON" -c "import $1" 2>/dev/null; }
absent()	{ say "SKIP: $*"; }

# part NAME FUNCTION: shows what it said if it fails
part()
{
	local start=$SECONDS
	redis FLUSHALL >/dev/null || fail 'FLUSHALL'
	("$2") >"$TMP/out" 2>&1 || { tail -n 60 "$TMP/out" >&2; fail "$1"; }
	say "$1: $((SECONDS - start)) s"
}

redis_py()
{
	python <<'END'
import os
import threading
import redis

def client(**more):
    return redis.Redis(port=int(os.environ['REDIS_PORT']), socket_timeout=20, **more)

r = client()
with r.pipeline() as p:
    p.set('a', 1).incr('a').lpush('l', 'x', 'y').hset('h', mapping={'f': 1, 'g': 'z'})
    p.sadd('s', 'm').zadd('z', {'one': 1, 'two': 2}).expire('a', 100)
    assert p.execute() == [True, 2, 2, 2, 1, 2, True]
assert r.hgetall('h') == {b'f': b'1', b'g': b'z'}
assert r.zrange('z', 0, -1, withscores=True) == [(b'one', 1.0), (b'two', 2.0)]
assert 90 < r.ttl('a') <= 100

# Eight add to one number, each from what it has read.
def add(times):
    mine = client()
    for _ in range(times):
        mine.transaction(lambda p: [n := int(p.get('n') or 0), p.multi(), p.set('n', n + 1)], 'n')
threads = [threading.Thread(target=add, args=(50,)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert r.get('n') == b'400', r.get('n')
try:
    with r.pipeline() as p:
        p.watch('n')
        r.incr('n')
        p.multi()
        p.set('n', 0)
        p.execute()
    assert False
except redis.WatchError:
    pass

listener = r.pubsub(ignore_subscribe_messages=True)
listener.subscribe('news')
listener.psubscribe('w*')
assert listener.get_message(timeout=5) is None and listener.get_message(timeout=5) is None
assert r.publish('news', 'hello') == 1 and r.publish('weather', 'rain') == 1
assert listener.get_message(timeout=5)['data'] == b'hello'
assert listener.get_message(timeout=5)['channel'] == b'weather'

lock = r.lock('lock', timeout=10)
assert lock.acquire() and lock.locked() and lock.owned()
assert not r.lock('lock', blocking=False).acquire()
assert client(decode_responses=True).set('k', 'é', px=100000, get=True) is None
assert client(decode_responses=True).get('k') == 'é'
r.mset({'key:%d' % i: i for i in range(1000)})
assert len(list(r.scan_iter('key:*', count=50))) == 1000
END
}

rq()
{
	mkdir "$TMP/rq" && cat >"$TMP/rq/jobs.py" <<END &&
import redis
def count(key, n):
    redis.Redis(port=$REDIS_PORT).incrby(key, n)
END
	cd "$TMP/rq" && PYTHONPATH=. python <<'END'
import os
import jobs
import redis
from rq import Queue, SimpleWorker, Worker

r = redis.Redis(port=int(os.environ['REDIS_PORT']))
queue = Queue('work', connection=r)
made = [queue.enqueue(jobs.count, 'total', n, result_ttl=0) for n in range(1, 11)]
later = queue.enqueue(jobs.count, 'after', 1, depends_on=made[0], result_ttl=0)
assert queue.count == 10 and later.get_status() == 'deferred'
SimpleWorker([queue], connection=r).work(burst=True)
assert r.get('total') == b'55' and r.get('after') == b'1', r.mget('total', 'after')
queue.enqueue(jobs.count, 'forked', 1, result_ttl=0)
Worker([queue], connection=r).work(burst=True)
assert r.get('forked') == b'1' and queue.count == 0 and queue.started_job_registry.count == 0
END
}

celery()
{
	mkdir "$TMP/celery" && cat >"$TMP/celery/jobs.py" <<END &&
import redis.lock
from celery import Celery
# kombu's lock is the one place where it wants a script.
redis.lock.Lock.do_release = lambda lock, token: lock.redis.delete(lock.name)
app = Celery('jobs', broker='$URL/1', backend='$URL/2')
@app.task
def add(a, b):
    return a + b
END
	cd "$TMP/celery" && PYTHONPATH=. python <<'END'
import subprocess
import sys
import jobs
from celery import chain, group

worker = subprocess.Popen([sys.executable, '-m', 'celery', '-A', 'jobs', 'worker', '--pool', 'solo', '-l', 'warning'])
try:
    assert jobs.add.delay(2, 3).get(timeout=30) == 5
    assert group(jobs.add.s(i, i) for i in range(10))().get(timeout=30) == [2 * i for i in range(10)]
    assert chain(jobs.add.s(1, 2), jobs.add.s(3))().get(timeout=30) == 6
    assert jobs.app.control.ping(timeout=5)
finally:
    worker.terminate()
    worker.wait()
END
}

php_session()
{
	cat >"$TMP/session.php" <<'END' && php -d zend.assertions=1 "$TMP/session.php" "$REDIS_PORT"
<?php
ini_set('assert.exception', 1);
ini_set('session.save_handler', 'redis');
ini_set('session.save_path', "tcp://127.0.0.1:$argv[1]?prefix=s:");
ini_set('session.use_cookies', 0);
session_cache_limiter('');
session_id('visitor');
assert(session_start());
$_SESSION['cart'] = ['apples' => 3, 'pears' => [1, 2]];
session_write_close();
$_SESSION = [];
assert(session_start() && $_SESSION['cart'] === ['apples' => 3, 'pears' => [1, 2]]);
session_write_close();

$r = new Redis();
assert($r->connect('127.0.0.1', (int)$argv[1]) && $r->ttl('s:visitor') > 1000);
assert(session_start() && session_destroy() && $r->exists('s:visitor') === 0);
assert($r->multi(Redis::PIPELINE)->set('a', 1)->incr('a')->hMSet('h', ['x' => 1])->hGetAll('h')->exec() ===
    [true, 2, true, ['x' => '1']]);
assert($r->multi()->zAdd('z', 1, 'one', 2, 'two')->zRange('z', 0, -1, true)->exec() === [2, ['one' => 1.0, 'two' => 2.0]]);
assert($r->set('k', 'v', ['nx', 'ex' => 10]) === true && $r->set('k', 'w', ['nx']) === false);
$r->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
assert($r->set('o', ['a' => [true, null]]) && $r->get('o') === ['a' => [true, null]]);
assert(count($r->keys('*')) === 5 && $r->blPop(['none'], 1) === []);
END
}

sidekiq()
{
	cat >"$TMP/job.rb" <<'END' &&
require 'sidekiq'
class Count
  include Sidekiq::Worker
  def perform(n)
    Sidekiq.redis { |r| r.incrby('total', n) }
  end
end
END
	cat >"$TMP/push.rb" <<'END' && cd "$TMP" && REDIS_URL=$URL ruby push.rb || return
require './job'
require 'sidekiq/api'
(1..10).each { |n| Count.perform_async(n) }
Sidekiq::Client.push_bulk('class' => Count, 'args' => [[100], [200]])
Count.perform_in(3600, 5)
raise 'queue' unless Sidekiq::Queue.new.size == 12 && Sidekiq::ScheduledSet.new.size == 1
END
	# -k: it may be busy with what needs scripts when it is told to go.
	REDIS_URL=$URL timeout -k 5 60 sidekiq -c 3 -t 1 -r ./job.rb &
	SERVERS+=("$!")
	await 'twelve jobs' is 355 GET total
	await 'they are counted' is 12 GET stat:processed
	kill "$!" && wait "$!"
	is 1 ZCARD schedule
}
is()	{ [ "$(redis-cli -p "$REDIS_PORT" "${@:2}")" = "$1" ]; }

node_redis()
{
	NODE_PATH=/usr/share/nodejs REDIS_URL=$URL timeout 60 node <<'END'
const assert = require('assert');
const redis = require('redis');
(async () => {
  const r = redis.createClient({ url: process.env.REDIS_URL });
  await r.connect();
  assert.equal(await r.set('k', 'v', { EX: 10, NX: true }), 'OK');
  assert.deepEqual(await Promise.all([r.get('k'), r.incr('n'), r.lPush('l', ['a', 'b'])]), ['v', 1, 2]);
  await r.hSet('h', { a: '1', b: '2' });
  assert.deepEqual({ ...await r.hGetAll('h') }, { a: '1', b: '2' });
  assert.deepEqual(await r.multi().incr('n').get('n').exec(), [2, '2']);
  await r.executeIsolated(async (own) => {
    await own.watch('n');
    await r.incr('n');
    await assert.rejects(own.multi().get('n').exec(), redis.WatchError);
  });
  const listener = r.duplicate();
  await listener.connect();
  const heard = new Promise((resolve) => listener.subscribe('news', resolve));
  while (await r.publish('news', 'hello') !== 1) { }
  assert.equal(await heard, 'hello');
  await listener.quit();
  await r.zAdd('z', [{ score: 1, value: 'one' }, { score: 2, value: 'two' }]);
  assert.deepEqual(await r.zRangeWithScores('z', 0, -1), [{ value: 'one', score: 1 }, { value: 'two', score: 2 }]);
  const seen = [];
  for await (const key of r.scanIterator()) seen.push(key);
  assert.deepEqual(seen.sort(), ['h', 'k', 'l', 'n', 'z']);
  await r.quit();
})().catch((error) => { console.error(error); process.exit(1); });
END
}

hiredis()
{
	cat >"$TMP/hi.c" <<'END' && ${CC:-cc} -o "$TMP/hi" "$TMP/hi.c" -lhiredis && "$TMP/hi" "$REDIS_PORT"
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

static redisContext *c;

static void
expect(redisReply *r, int type, const char *text, long long n)
{
	if (r == NULL || r->type != type || (text != NULL && strcmp(r->str, text) != 0) ||
	    (type == REDIS_REPLY_INTEGER && r->integer != n) || (type == REDIS_REPLY_ARRAY && r->elements != (size_t)n))
		exit(1);
	freeReplyObject(r);
}

int
main(int argc, char **argv)
{
	redisReply *r;
	int i;

	c = argc == 2 ? redisConnect("127.0.0.1", atoi(argv[1])) : NULL;
	if (c == NULL || c->err)
		return 1;
	expect(redisCommand(c, "SET %s %b", "k", "a\0b", (size_t)3), REDIS_REPLY_STATUS, "OK", 0);
	expect(redisCommand(c, "STRLEN k"), REDIS_REPLY_INTEGER, NULL, 3);
	expect(redisCommand(c, "INCR k"), REDIS_REPLY_ERROR, "ERR value is not an integer or out of range", 0);
	expect(redisCommand(c, "GET none"), REDIS_REPLY_NIL, NULL, 0);
	expect(redisCommand(c, "RPUSH l 1 2 3"), REDIS_REPLY_INTEGER, NULL, 3);
	expect(redisCommand(c, "LRANGE l 0 -1"), REDIS_REPLY_ARRAY, NULL, 3);
	for (i = 0; i < 10000; i++)
		redisAppendCommand(c, "INCR n");
	for (i = 1; i <= 10000; i++) {
		if (redisGetReply(c, (void **)&r) != REDIS_OK)
			return 1;
		expect(r, REDIS_REPLY_INTEGER, NULL, i);
	}
	redisFree(c);
	return 0;
}
END
}

benchmark()
{
	redis-benchmark -p "$REDIS_PORT" -n 5000 -c 20 -P 16 -q -d 64 -r 1000 >"$TMP/bench" 2>&1 || return
	cat "$TMP/bench"
	! grep -i error "$TMP/bench" && [ "$(grep -c 'requests per second' "$TMP/bench")" -eq 20 ]
}

has redis && part redis-py redis_py || absent 'no python3-redis'
has rq && part RQ rq || absent 'no python3-rq'
has celery && part Celery celery || absent 'no python3-celery'
command -v php >/dev/null && php -m | grep -qx redis && part 'a session of PHP' php_session || absent 'no php-redis'
command -v sidekiq >/dev/null && part Sidekiq sidekiq || absent 'no ruby-sidekiq'
command -v node >/dev/null && [ -e /usr/share/nodejs/redis ] && part node-redis node_redis || absent 'no node-redis'
[ -e /usr/include/hiredis/hiredis.h ] && part hiredis hiredis || absent 'no libhiredis-dev'
command -v redis-benchmark >/dev/null && part redis-benchmark benchmark || absent 'no redis-tools'
stop_server
