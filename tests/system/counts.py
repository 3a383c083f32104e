# SPDX-License-Identifier: BSD-2-Clause
#
# How many rows of tests/vectors ask for each command of the running server: one without any is refused, and fewer than 6
# on average, of which SET and others that many rows begin with bring no more than 16 each.
#
#   REDIS_PORT=respd's python3 tests/system/counts.py [-v] FILE...

import re
import sys

from raw import REDIS_PORT, Client, check

MEAN, MOST = 6, 16
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


def count(files, counts):
    for name in files:
        with open(name, 'rb') as file:
            rows = [line.split(b'\t') for line in file if line.count(b'\t') == 4][1:]
        for row in rows:
            seen = {b'|'.join(words[:n]).lower().decode('latin1') for words in requests(unescape(row[1])) for n in (1, 2)}
            for command in seen & counts.keys():
                counts[command] += 1


verbose = sys.argv[1:2] == ['-v']
counts = {name.decode(): 0 for name in Client(REDIS_PORT).call('COMMAND', 'LIST')}
count(sys.argv[1 + verbose:], counts)
if verbose:
    for command, n in sorted(counts.items()):
        print(n, command)
missing = [command for command, n in counts.items() if n == 0]
check(not missing, 'no vector asks for', *missing)
mean = sum(min(n, MOST) for n in counts.values()) / len(counts)
check(mean >= MEAN, 'there are %.1f vectors a command only' % mean)
print('%.1f vectors a command' % mean)
