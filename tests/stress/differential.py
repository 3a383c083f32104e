# SPDX-License-Identifier: BSD-2-Clause
#
# Random commands of the whole table, many of them wrong, to respd and to a redis-server, in RESP2 and RESP3: they have to
# answer the same, and tell the same keyspace events. Replies are compared byte for byte; where Redis promises no order,
# without it; where chance or time decides, by their shape. What is said stands in vocabulary.py, what may differ in known.py. Of a difference the shortest
# batch that shows it is printed.
#
#   REDIS_PORT=respd's REFERENCE=redis-server's COMMANDS=200000 SEED=1 python3 tests/stress/differential.py [FAMILY...]

import collections
import itertools
import os
import select
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
import vocabulary  # noqa: E402
from known import UNSAID, known  # noqa: E402
from raw import REDIS_PORT, Client, check, fail, info, request, wait_for  # noqa: E402
from vocabulary import ALONE, ANY_ORDER, FAMILIES, FIELDS, SHAPE, TIME, draw  # noqa: E402

BATCH = 60
SEED = int(os.environ.get('SEED') or 1)
PORTS = (REDIS_PORT, int(os.environ['REFERENCE']))
COMMANDS = int(os.environ.get('COMMANDS') or 20000)
excused = collections.Counter()


def ask(client, commands, end):
    # RESET ends whatever was said about replies, and whatever was begun.
    client.send(b''.join(request(*c) for c in commands + [[b'RESET'], [b'ECHO', end]]))
    return client.until(b'$%d\r\n%s\r\n' % (len(end), end))


def parse(data):
    """The replies in data, with what makes them different types."""
    at = 0

    def line():
        nonlocal at
        end = data.index(b'\r\n', at)
        start, at = at, end + 2
        return data[start:end]

    def reply():
        nonlocal at
        head = line()
        kind, rest = head[:1], head[1:]
        if kind in b'$=' and rest != b'-1':
            start, at = at, at + int(rest) + 2
            return kind + b'"' + data[start:at - 2]
        if kind in b'*~>' and rest != b'-1':
            return (kind, [reply() for _ in range(int(rest))])
        if kind == b'%':
            return (kind, [(reply(), reply()) for _ in range(int(rest))])
        return head

    out = []
    while at < len(data):
        out.append(reply())
    return out


def in_order(reply, name):
    if not isinstance(reply, tuple) or isinstance(reply[0], tuple) or not isinstance(reply[1], list):
        return reply
    kind, items = reply
    if name in (b'HGETALL', b'HSCAN', b'ZSCAN') and kind == b'*' and items and not isinstance(items[0], tuple) and \
            len(items) % 2 == 0 and (len(items) != 2 or not isinstance(items[1], tuple)):
        items = list(zip(items[::2], items[1::2]))
    return (kind, sorted((in_order(item, name) for item in items), key=repr))


def shape(reply):
    if isinstance(reply, tuple):
        return (reply[0], len(reply[1]))
    return reply if reply[:1] in b'-*_' or reply == b'$-1' else reply[:1]


def greeting(reply):
    """HELLO's without what is each server's own."""
    if not isinstance(reply, tuple):
        return reply
    items = reply[1]
    pairs = items if reply[0] == b'%' else list(zip(items[::2], items[1::2]))
    return (reply[0], [pair for pair in pairs if pair[0] not in (b'$"server', b'$"version', b'$"id')])


def fields(reply):
    """The names, and of what kind their values are."""
    if not isinstance(reply, tuple):
        return reply
    pairs = reply[1] if reply[0] == b'%' else zip(reply[1][::2], reply[1][1::2])
    return (reply[0], [(name, fields(value) if isinstance(value, tuple) else value[:1]) for name, value in pairs])


def alike(rule, name, got, wanted):
    if got == wanted:
        return True
    if rule == ANY_ORDER:
        return in_order(got, name) == in_order(wanted, name)
    if rule == SHAPE:
        return shape(got) == shape(wanted)
    if rule == FIELDS:
        return fields(got) == fields(wanted)
    if rule == TIME and got[:1] == wanted[:1] == b':':
        return abs(int(got[1:]) - int(wanted[1:])) < 5000
    return name == b'HELLO' and greeting(got) == greeting(wanted)


def named(words):
    """The words, those that may be names in capitals."""
    return [w.upper() for w in words[:2]] + words[2:]


def match(rule, words, got, wanted):
    """True, False, or why they may differ."""
    words = named(words)
    return alike(rule, words[0], got, wanted) or known(words, got, wanted) or False


def inside(queued, got, wanted):
    """The same of EXEC's replies."""
    if not all(isinstance(reply, tuple) and len(reply[1]) == len(queued) for reply in (got, wanted)):
        return False
    for (rule, words), a, b in zip(queued, got[1], wanted[1]):
        answer = match(rule, words, a, b)
        if answer is not True:
            return answer
    return True


def replies_once(words):
    return b'SUBSCRIBE' not in words[0].upper() and [w.upper() for w in words[:2]] != [b'CLIENT', b'REPLY']


def differ(drawn, got, wanted, more=2):
    """Where the answers to a batch, and more behind it, differ: (index, respd's reply, Redis's), or None."""
    if got == wanted:
        return None
    (pushed, got), (expected, wanted) = ([[r for r in parse(data) if (r[0] == b'>') is push] for push in (True, False)]
                                         for data in (got, wanted))
    if pushed != expected or len(got) != len(wanted):
        return (len(drawn) - 1, pushed or got, expected or wanted)
    if len(got) != len(drawn) + more or not all(replies_once(words) for _, words in drawn):
        # Whose reply is whose is not known, and they ought not to differ.
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if in_order(a, b'') != in_order(b, b'')), None)
        return None if at is None else (len(drawn) - 1, got[at], wanted[at])
    queued = []
    for i, ((rule, words), a, b) in enumerate(zip(drawn, got, wanted)):
        if a == b == b'+QUEUED':
            queued.append((rule, words))
            continue
        answer = match(rule, words, a, b)
        if answer is False and words[0].upper() == b'EXEC':
            answer = inside(queued, a, b)
        if answer is False:
            return (i, a, b)
        if answer is not True:
            excused[answer] += 1
            return None
        # Not after one that was refused, within a transaction.
        if words[0].upper() in (b'EXEC', b'DISCARD', b'RESET') and a[:1] != b'-' or a[:10] == b'-EXECABORT':
            queued = []
    return None


class Pair:
    """A client of each server, another that waits, and one that hears of the events."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.clients = [Client(port) for port in PORTS]
        self.waiters = [Client(port) for port in PORTS]
        self.listeners = [Client(port) for port in PORTS]
        for listener in self.listeners:
            listener.call('PSUBSCRIBE', '__keyevent*')

    def try_batch(self, drawn):
        """What differ() finds when the batch is said to two empty servers."""
        start = [[b'CLIENT', b'REPLY', b'SKIP'], [b'HELLO', self.protocol], [b'FLUSHALL']]
        got = [ask(client, start + [words for _, words in drawn], b'the end of it') for client in self.clients]
        return differ([(None, [b'FLUSHALL'])] + drawn, *got)

    def try_waiting(self, drawn):
        """The same of a batch whose first command is another client's, which waits, until the batch is done if need be."""
        end, replies = b'the end of it', [[], []]
        for client, waiter, got in zip(self.clients, self.waiters, replies):
            ask(client, [[b'FLUSHALL']], end)
            waiter.send(request(b'HELLO', self.protocol) + request(b'CLIENT', b'ID') + request(*drawn[0][1]))
            waiter.reply()
            number = waiter.reply()
            wait_for('the other waits', lambda: waiter.buffer or info(client, 'blocked_clients') == '1' or select.select([waiter.socket], [], [], 0)[0])
            got.append(ask(client, [[b'HELLO', self.protocol]] + [words for _, words in drawn[1:]], end))
            client.call('CLIENT', 'UNBLOCK', number)
            waiter.send(request(b'ECHO', end))
            got.append(waiter.until(b'$%d\r\n%s\r\n' % (len(end), end)))
        (done, served), (wanted, expected) = replies
        return differ(drawn[:1], served, expected, 1) or differ([(None, [b'HELLO'])] + drawn[1:], done, wanted)

    def events(self, i, sorted_misses):
        """What the server of that number has told since the last time."""
        end, events = b'__keyevent: no more', []
        self.clients[i].call('PUBLISH', end, '')
        while not events or events[-1][0] != end:
            events.append(self.listeners[i].reply()[2:])
        if not sorted_misses:
            return events[:-1]
        runs = itertools.groupby(events[:-1], lambda event: event[0])
        return [event for name, run in runs for event in (sorted(run) if b':keymiss' in name else run)]

    def listen(self, trial, drawn):
        """What the trial finds, or else, unless what it knows of was in between, events that differ."""
        before = sum(excused.values())
        found = trial(drawn)
        # SORT looks for keys in the order of elements, where sets have any.
        told = [self.events(i, any(b'SORT' in words[0].upper() for _, words in drawn)) for i in (0, 1)]
        if found or sum(excused.values()) != before or told[0] == told[1]:
            return found
        return (len(drawn), *told)

    def shortest(self, drawn, trial):
        """Leave out what is not needed for a difference."""
        i = trial == self.try_waiting
        while i < len(drawn):
            less = drawn[:i] + drawn[i + 1:]
            if self.listen(trial, less):
                drawn = less
            else:
                i += 1
        return drawn

    def close(self):
        for client in self.clients + self.waiters + self.listeners:
            client.close()


def report(pair, drawn, found, trial):
    less = pair.shortest(drawn, trial)
    found = pair.listen(trial, less) or found
    first = '\nanother client:' if trial == pair.try_waiting else ''
    fail('after HELLO', pair.protocol.decode() + first, *('\n%r' % [w[:80] for w in words] for _, words in less), '\nrespd:', repr(found[1])[:800],
         '\nredis:', repr(found[2])[:800])


def check_table():
    """Every command of both servers is said, or it stands somewhere why not."""
    both = set.intersection(*({name.decode() for name in Client(port).call('COMMAND', 'LIST')} for port in PORTS))
    silent = both - vocabulary.spoken() - UNSAID.keys()
    check(not silent, 'nothing is drawn for', *sorted(silent))


check_table()
# How often it looks whose time is up.
Client(PORTS[1]).call('CONFIG', 'SET', 'hz', '500')
for port in PORTS:
    Client(port).call('CONFIG', 'SET', 'notify-keyspace-events', 'EAmn')
    # No client's number is one of VALUES.
    for _ in range(20):
        Client(port).close()
draw.seed(SEED)
families = sys.argv[1:] or [family for family in FAMILIES if family != 'waiting']
mixed = [family for family in families if family not in ALONE]
done = 0
while done < COMMANDS:
    pair = Pair(draw.choice([b'2', b'3']))
    for _ in range(20):
        family = draw.choice(families)
        # All together, or one family beside what works on all.
        mix = [family] if family in ALONE else mixed if draw.random() < 0.3 else list({family, *({'key', 'transaction'} & set(mixed))})
        table = vocabulary.table(sorted(mix))
        drawn = [vocabulary.command(*table) for _ in range(BATCH)]
        trial = pair.try_batch
        if family == 'blocking':
            drawn.insert(0, vocabulary.command(*vocabulary.table(['waiting'])))
            trial = pair.try_waiting
        found = pair.listen(trial, drawn)
        if found:
            report(pair, drawn, found, trial)
        done += len(drawn)
    pair.close()
for reason, n in excused.most_common():
    print('%d known differences: %s' % (n, reason))
print('%d commands, seed %d: no other difference' % (done, SEED))
