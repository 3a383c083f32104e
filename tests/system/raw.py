# SPDX-License-Identifier: BSD-2-Clause
#
# A client that can misbehave, for programs inside the shell tests: bytes as they are, and replies read one by one.

import os
import socket
import struct
import sys
import time

PORT = int(os.environ.get('PORT') or 0)
REDIS_PORT = int(os.environ.get('REDIS_PORT') or 0)
PID = int(os.environ.get('PID') or 0)
TMP = os.environ.get('TMP', '')
PATIENCE = int(os.environ.get('PATIENCE') or 60)


def fail(*what):
    print('FAIL:', *what, file=sys.stderr)
    # Threads may still run: end them all.
    os._exit(1)


def check(true, *what):
    if not true:
        fail(*what)


def same(got, wanted, *what):
    if got != wanted or type(got) is not type(wanted):
        fail(*what, 'got', repr(got)[:300], 'not', repr(wanted)[:300])


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, 'not in time:', what)
        time.sleep(0.01)


class Error(str):
    """An error reply."""


class Simple(str):
    """A simple string."""


def request(*args):
    out = [b'*%d\r\n' % len(args)]
    for arg in args:
        if not isinstance(arg, bytes):
            arg = str(arg).encode()
        out.append(b'$%d\r\n%s\r\n' % (len(arg), arg))
    return b''.join(out)


class Client:
    def __init__(self, port=None, path=None, host='127.0.0.1'):
        if path is not None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE)
            self.socket.connect(path)
        else:
            self.socket = socket.create_connection((host, port or PORT), PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(self.buffer)
        self.buffer += data

    def line(self):
        while b'\r\n' not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b'\r\n', 1)
        return line

    def take(self, n):
        parts, have = [self.buffer], len(self.buffer)
        while have < n:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError(b''.join(parts))
            parts.append(data)
            have += len(data)
        data = b''.join(parts)
        self.buffer = data[n:]
        return data[:n]

    def reply(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b'+':
            return Simple(rest.decode())
        if kind == b'-':
            return Error(rest.decode('utf-8', 'replace'))
        if kind in b':(':
            return int(rest)
        if kind == b',':
            return float(rest)
        if kind == b'#':
            return rest == b't'
        if kind == b'_':
            return None
        if kind in b'$=':
            return None if rest == b'-1' else self.take(int(rest) + 2)[:-2]
        if kind in b'*~>':
            return None if rest == b'-1' else [self.reply() for _ in range(int(rest))]
        if kind == b'%':
            return [(self.reply(), self.reply()) for _ in range(int(rest))]
        fail('no reply:', line[:200])

    def call(self, *args):
        self.send(request(*args))
        return self.reply()

    def rest(self):
        """What comes until the server closes, gracefully or not."""
        data, self.buffer = self.buffer, b''
        try:
            while True:
                more = self.socket.recv(65536)
                if not more:
                    return data
                data += more
        except (ConnectionResetError, BrokenPipeError):
            return data

    def until(self, end):
        """All bytes up to those, with them."""
        data, self.buffer = self.buffer, b''
        while not data.endswith(end):
            more = self.socket.recv(1 << 20)
            check(more, 'closed after', data[-200:])
            data += more
        return data

    def open(self):
        """Whether the server has neither closed nor said anything that was not read."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
            return False
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()


def info(client, name):
    for line in client.call('INFO').decode().splitlines():
        if line.startswith(name + ':'):
            return line.split(':', 1)[1]
    fail('INFO does not tell', name)


def rss(what='VmRSS'):
    """The server's memory in KiB."""
    with open('/proc/%d/status' % PID) as status:
        for line in status:
            if line.startswith(what + ':'):
                return int(line.split()[1])


def descriptors(what=''):
    """How many descriptors the server has, or how many that are something: its links begin with that."""
    count = 0
    folder = '/proc/%d/fd' % PID
    for fd in os.listdir(folder):
        try:
            count += os.readlink(folder + '/' + fd).startswith(what)
        except FileNotFoundError:
            pass
    return count


def wait_for_others():
    """Until nothing is left of whoever was served before: of sockets there are the two ports and one client's two.

    INFO counts a client no more before its worker and its descriptors are free."""
    wait_for('nobody else is served', lambda: descriptors('socket:') == 4)


def cpu():
    """Seconds that the server has computed."""
    with open('/proc/%d/stat' % PID) as stat:
        fields = stat.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def logged(text):
    with open(TMP + '/log') as log:
        return text in log.read()


def unread():
    """How many bytes wait in the server's TCP sockets, or are on the way there."""
    waiting = 0
    with open('/proc/net/tcp') as table:
        for line in list(table)[1:]:
            fields = line.split()
            here, there = (int(address.split(':')[1], 16) in (PORT, REDIS_PORT) for address in fields[1:3])
            sent, received = (int(queue, 16) for queue in fields[4].split(':'))
            # A listening socket counts connections there.
            if here and fields[3] == '01':
                waiting += received
            elif there and fields[3] == '01':
                waiting += sent
    return waiting
