#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Those who speak something else: HTTP with a body that looks like commands, TLS, SMB, memcached: nothing of it is done,
# the connection is closed and the log has one line; headers that announce gigabytes cost no memory; a line without an
# end is cut off at 64 KiB; thousands of rounds of garbage and of requests with a few bytes changed, from a seed, leave
# the server as it should be.

. "${SRCDIR:-.}/tests/system/lib.sh"
need_python

start_server --workers 1100 --log-level info --request-timeout 0
python <<'END' || fail 'other protocols'
from raw import *

watch = Client(REDIS_PORT)

def lines():
    with open(TMP + '/log') as log:
        return [line for line in log if ': 127.0.0.1:' in line
            and 'connection received' not in line and 'client went away' not in line]

def told(text, port, wanted, line):
    """The server answers the text with that and closes; one line about this client is in the log."""
    client, before = Client(port), len(lines())
    name = '%s:%d' % client.socket.getsockname()
    client.send(text)
    answer = client.rest()
    check(answer == wanted if isinstance(wanted, bytes) else wanted(answer), repr(text[:40]), 'gets', answer)
    new = lines()[before:]
    check(len(new) == 1 and name in new[0] and line in new[0], repr(text[:40]), 'is logged as', new)
    same(watch.call('KEYS', '*'), [], repr(text[:40]), 'leaves')

attack = 'possible cross-protocol attack, closed: '
body = b'SET http 1\r\n*3\r\n$3\r\nSET\r\n$4\r\nhttp\r\n$1\r\n1\r\n'
for port in (PORT, REDIS_PORT):
    told(b'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n' % len(body) + body, port, b'', attack)
    told(b'post /\n' + body, port, b'', attack)
    # GET is a command, with one argument too many; the next line tells.
    told(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' + body, port,
        b"-ERR wrong number of arguments for 'get' command\r\n", attack)
    told(b'OPTIONS / HTTP/1.1\r\nAccept: */*\r\nHOST: x\r\n\r\n' + body, port,
        lambda answer: answer.count(b'\r\n') == 2 and answer.count(b'-') >= 2, attack)
    error = b'-bad request\r\n' if port == PORT else b'-ERR Protocol error: unexpected first byte\r\n'
    hello = bytes.fromhex('16030102000100 01fc0303') + bytes(range(256)) * 4
    smb = b'\0\0\0\x85\xffSMBr\0\0\0\0\x18S\xc8' + bytes(1000)
    for binary in (hello, smb, b'\x80\x01' + body, b'\xff\xff\xff\xff' + body):
        told(binary, port, error, 'bad request: ')

# A line without an end: 64 KiB and not more
for port in (PORT, REDIS_PORT):
    client = Client(port)
    try:
        client.send(b'A' * (1 << 20))
    except OSError:
        pass
    same(client.rest(), b'-ERR Protocol error: too big inline request\r\n')
    client = Client(port)
    client.send(b'ECHO ' + b'a' * 65000 + b'\r\n')
    same(client.reply(), b'a' * 65000)
    client.close()
END

stop_server

# announce TEXT: 1,000 connections that say that (with backslashes) and no more cost little more than idle ones. A
# server for each, since what one text makes the memory look like is not the next one's. Sanitizers, which have another
# idea of memory and take long for a thousand threads, see a hundred.
count=1000
! sanitized || count=100
announce()
{
	start_server --workers $((count + 100)) --request-timeout 0
	python "$1" "$count" <<'END' || fail "announced: $1"
from raw import *

watch = Client(REDIS_PORT)
count = int(sys.argv[2])
text = sys.argv[1].encode().decode('unicode_escape').encode()
clients = [Client((PORT, REDIS_PORT)[i % 2]) for i in range(count)]
for client in clients:
    client.send(request('ECHO', 'there'))
for client in clients:
    same(client.reply(), b'there')
idle, reserved = rss(), rss('VmSize')
for client in clients:
    client.send(text)
wait_for('all has been read', lambda: unread() == 0)
# Only what the port does not have is refused.
wait_for('nobody is left behind', lambda: int(info(watch, 'connected_clients')) in (1, count // 2 + 1, count + 1))
if count == 1000:
    check(rss() - idle <= 16 * 1000, 'memory grew by', rss() - idle, 'KiB from', idle)
    # Nor is it set aside, to be used later.
    check(rss('VmSize') - reserved <= 4 << 20, 'reserved memory grew by', rss('VmSize') - reserved, 'KiB')
for client in clients:
    client.close()
wait_for('all are gone', lambda: info(watch, 'connected_clients') == '1')
same(watch.call('DBSIZE'), 0)
END
	stop_server
}
set_k='*3\r\n$3\r\nSET\r\n$1\r\nk\r\n'
nested=$(printf '*1048576\\r\\n%.0s' {1..100})
announce '*2147483647\r\n$536870912\r\n'
announce '*1048576\r\n$536870912\r\n'
announce "$nested"
announce "$set_k\$536870912\\r\\n"
announce "$set_k%1048576\\r\\n"
announce "$set_k$nested"

start_server
# Garbage: a seed a run, which is told if it fails; bytes of all kinds, and good requests with some bytes changed, cut
# out or doubled.
python $RANDOM <<'END' || fail 'garbage'
import random
from raw import *

seed = int(sys.argv[1])
random.seed(seed)
watch = Client(REDIS_PORT)
same(watch.call('CONFIG', 'SET', 'log-level', 'notice'), Simple('OK'))
same(watch.call('MSET', *[text for i in range(100) for text in ('key:%d' % i, 'value')]), Simple('OK'))
names = set(b'key:%d' % i for i in range(100))
requests = [request(*args) for args in (
    ('GET', 'key:1'), ('SET', 'key:2', 'x'), ('SET', 'other', 'x', 'PX', '1000000', 'NX', 'GET'),
    ('MGET', 'key:1', 'key:2'), ('MSET', 'key:4', 'a', 'key:5', 'b'), ('EXISTS', 'key:1', 'key:1'),
    ('KEYS', 'k*[0-9]?'), ('ECHO', 'x' * 300), ('PING',), ('TYPE', 'key:1'), ('INFO',), ('COMMAND',),
    ('COMMAND', 'DOCS', 'get'), ('CLIENT', 'LIST'), ('CLIENT', 'REPLY', 'ON'), ('HELLO', '3'),
    ('HELLO', '2', 'SETNAME', 'x'), ('SELECT', '0'), ('CONFIG', 'GET', '*'), ('RESET',), ('DBSIZE',),
    ('COMMAND', 'GETKEYS', 'MSET', 'a', 'b'), ('LOLWUT',), ('TIME',),
    ('RANDOMKEY',))]
requests += [b'*3\r\n$3\r\nSET\r\n$5\r\nkey:6\r\n' + value for value in (
    b'%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*3\r\n_\r\n#t\r\n,1.5\r\n', b'~2\r\n:1\r\n(123456789012345678901234567890\r\n',
    b'*1\r\n' * 128 + b':1\r\n', b'*1\r\n' * 129 + b':1\r\n', b'=7\r\ntxt:abc\r\n', b'!5\r\nERR x\r\n',
    b'%1\r\n*0\r\n:1\r\n', b',nan\r\n', b':99999999999999999999\r\n', b'-ERR x\r\n', b'^3\r\nabc\r\n')]
requests += [b'GET key:7\r\n', b'SET key:8 "a\\x00\\n"\n', b'*0\r\n', b'*-1\r\n', b'\r\n', b'+GET key:1\r\n',
    b'$9\r\nGET key:1\r\n', b"set key:9 'it\\'s'\r\n"]

def garbage():
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(random.randrange(1, 3000))
    if kind == 1:
        return bytes(random.choice(b'*$+-:%~,#_(=!^>|\r\n0123456789-GETSk\0') for _ in range(random.randrange(1, 600)))
    text = bytearray(b''.join(random.choice(requests) for _ in range(random.randrange(1, 12))))
    for _ in range(random.choice((1, 1, 2, 10))):
        at = random.randrange(len(text))
        how = random.randrange(4)
        if how == 0:
            text[at] = random.randrange(256)
        elif how == 1:
            text[at] = random.choice(b'*$:0192\r\n-')
        elif how == 2 and len(text) > 20:
            del text[at:at + random.randrange(1, 10)]
        else:
            text[at:at] = text[at:at + random.randrange(1, 100)]
    return bytes(text)

for round in range(2000):
    client = Client((PORT, REDIS_PORT)[round % 2])
    try:
        client.send(garbage())
        if round % 5 == 0:
            client.send(garbage())
        # It reads to the end of what has come, and answers or closes.
        client.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    client.rest()
    client.close()
    if round % 100 == 0:
        same(watch.call('PING'), Simple('PONG'), 'seed', seed, 'round', round)

# A changed request may write a key of another name; none of them removes one.
keys = watch.call('KEYS', '*')
check(names <= set(keys), 'seed', seed, 'lost', names - set(keys))
same(watch.call('DBSIZE'), len(keys), 'seed', seed)
check(len(keys) < 1000, 'seed', seed, 'left', len(keys), 'keys')
same(watch.call('GET', 'key:99'), b'value', 'seed', seed)
same(watch.call('FLUSHALL'), Simple('OK'))
same(watch.call('DBSIZE'), 0)
wait_for('all have left', lambda: info(watch, 'connected_clients') == '1')
END
stop_server
