#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# LATENCY: what took as long as latency-monitor-threshold is an event, in LATEST, HISTORY, GRAPH and DOCTOR until RESET, as
# on a redis-server of which the same is asked.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python
. "$SRCDIR/tests/system/redis.sh"

start_redis --enable-debug-command yes
start_server --enable-debug-command yes
REFERENCE=$REFERENCE python <<'END' || fail 'LATENCY'
import re
from raw import *

def spikes(client):
    """What it says after sleeps that can be told apart, one of them before anybody watches."""
    said = []
    client.call('DEBUG', 'SLEEP', '0.05')
    same(client.call('CONFIG', 'SET', 'latency-monitor-threshold', '20'), Simple('OK'))
    same(client.call('LATENCY', 'LATEST'), [])
    start = time.time()
    for seconds in ('0.3', '0', '0.03', '0.1'):
        client.call('DEBUG', 'SLEEP', seconds)
        # The next second: one of them has one sample.
        time.sleep(1.01)
    history = client.call('LATENCY', 'HISTORY', 'command')
    times, took = zip(*history)
    check(int(start) <= times[0] and list(times) == sorted(set(times)), history)
    # A machine that is busy may add some, and only add.
    check(300 <= took[0] and 30 <= took[1] and 100 <= took[-1], history)
    latest = client.call('LATENCY', 'LATEST')
    same([event[:2] + event[3:] for event in latest if event[0] == b'command'], [[b'command', times[-1], max(took)]])
    same(client.call('LATENCY', 'HISTORY', 'COMMAND'), [])
    graph = client.call('LATENCY', 'GRAPH', 'command').decode()
    match = re.match(r'command - high (\d+) ms, low (\d+) ms \(all time high (\d+) ms\)\n-{80}\n', graph)
    check(match, graph)
    same([int(n) for n in match.groups()], [max(took), min(took), max(took)])
    rows = graph[match.end():].split('\n')
    check(all(len(row) == len(took) for row in rows[:6]), rows)
    same((rows[0][took.index(max(took))], rows[3][took.index(min(took))], rows[4].strip(), rows[6][-1]), ('#', '_', '', 's'))
    check(b'command: ' in client.call('LATENCY', 'DOCTOR'), 'DOCTOR')
    same(client.call('LATENCY', 'RESET', 'command', 'nosuch', 'command'), 1)
    same(client.call('LATENCY', 'HISTORY', 'command'), [])
    same(client.call('LATENCY', 'GRAPH', 'command'), Error("ERR No samples available for event 'command'"))
    client.call('CONFIG', 'SET', 'latency-monitor-threshold', '0')
    client.call('LATENCY', 'RESET')
    client.call('DEBUG', 'SLEEP', '0.05')
    same(client.call('LATENCY', 'LATEST'), [])

for port in (int(os.environ['REFERENCE']), REDIS_PORT):
    spikes(Client(port))
END
stop_server
