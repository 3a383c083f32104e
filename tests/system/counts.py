# SPDX-License-Identifier: BSD-2-Clause
#
# How many rows of tests/vectors test each command of the running server: a row counts once, for the command with which
# its name begins, else for that of its last request. Fewer than 8 on average are refused, as are fewer than 3 of a command.
#
#   REDIS_PORT=respd's python3 tests/system/counts.py [-v] FILE...

import re
import sys

from raw import REDIS_PORT, Client, check

MEAN, LEAST = 8, 3
ESCAPE = re.compile(rb'\\([0-7]{1,3}|.)')
LETTERS = dict(zip(b'rntabfv', b'\r\n\t\a\b\f\v'))


def unescape(field):
    return ESCAPE.sub(lambda m: bytes([int(m[1], 8) if m[1].isdigit() else LETTERS.get(m[1][0], m[1][0])]), field)


def requests(data):
    """The first two words of each request that begins as one."""
    while data:
        line, _, data = data.partition(b'\r\n')
        if not re.fullmatch(rb'\*\d+', line):
            yield line.lstrip(b'+').split()[:2]
            continue
        words = []
        for _ in range(int(line[1:])):
            head, _, rest = data.partition(b'\r\n')
            if not re.fullmatch(rb'\$\d+', head):
                break
            words.append(rest[:int(head[1:])])
            data = rest[int(head[1:]) + 2:]
        yield words[:2]


def tested(name, data, commands):
    """The command that the row tests, or None."""
    parts = name.removeprefix('[redis] ').split('-')
    for n in range(len(parts), 0, -1):
        for word in ('-'.join(parts[:n]), '|'.join(parts[:n]), parts[0] + '|' + '-'.join(parts[1:n])):
            if word in commands:
                return word
    last = list(requests(data))[-1:] or [[]]
    for n in (2, 1):
        word = b'|'.join(last[0][:n]).lower().decode('latin1')
        if word in commands:
            return word
    return None


def count(files, counts):
    for name in files:
        with open(name, 'rb') as file:
            rows = [line.split(b'\t') for line in file if line.count(b'\t') == 4][1:]
        for row in rows:
            command = tested(row[0].decode(), unescape(row[1]), counts)
            if command:
                counts[command] += 1


verbose = sys.argv[1:2] == ['-v']
counts = {name.decode(): 0 for name in Client(REDIS_PORT).call('COMMAND', 'LIST')}
count(sys.argv[1 + verbose:], counts)
if verbose:
    for command, n in sorted(counts.items(), key=lambda pair: pair[1]):
        print(n, command)
# There is nothing to vary in a help or a picture.
few = ['%s (%d)' % pair for pair in sorted(counts.items()) if pair[1] < (1 if re.search(r'help$|^lolwut$', pair[0]) else LEAST)]
check(not few, 'fewer than %d vectors test' % LEAST, ', '.join(few))
mean = sum(counts.values()) / len(counts)
check(mean >= MEAN, 'there are %.1f vectors a command only' % mean)
print('%.1f vectors a command' % mean)
