# SPDX-License-Identifier: BSD-2-Clause
"""
Servers under test: started on a free port with nothing in them, loaded, asked what they used, stopped.

BUILDDIR, from the environment, is where respd and bench/load were built.
"""
import atexit, os, shutil, socket, subprocess, sys, tempfile, time

TICK = os.sysconf('SC_CLK_TCK')
BUILDDIR = os.path.abspath(os.environ.get('BUILDDIR', os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')))
LOAD = os.path.join(BUILDDIR, 'bench', 'load')
RESPD = os.path.join(BUILDDIR, 'src', 'respd')
KEYS = 1000000


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, name, command):
        self.name, self.command, self.process = name, command, None

    def start(self):
        """With an empty keyspace."""
        self.directory = tempfile.mkdtemp()
        self.port = free_port()
        began = time.monotonic()
        self.process = subprocess.Popen(['/bin/sh', '-c', 'exec ' + self.command.replace('{PORT}', str(self.port))],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory)
        while True:
            try:
                with socket.create_connection(('127.0.0.1', self.port)) as s:
                    s.sendall(b'PING\r\n')
                    # Not LOADING.
                    if s.recv(100).startswith(b'+PONG'):
                        break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > began + 300:
                    sys.exit(f'{self.name} did not start: {self.command}')
            time.sleep(.0005)
        self.started = time.monotonic() - began

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None
            shutil.rmtree(self.directory, ignore_errors=True)

    def cpu(self):
        """Seconds that all of its threads have used."""
        fields = open(f'/proc/{self.process.pid}/stat').read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """KiB resident."""
        for line in open(f'/proc/{self.process.pid}/status'):
            if line.startswith('VmRSS:'):
                return int(line.split()[1])

    def load(self, op, clients=50, depth=1, size=64, keys=KEYS, seconds=3):
        """Run bench/load on it; a dictionary of what it says, and us of processor time per request."""
        cpu = self.cpu()
        text = subprocess.run([LOAD, '-p', str(self.port), '-c', str(clients), '-P', str(depth), '-d', str(size), '-k', str(keys),
                               '-s', str(seconds), op], check=True, capture_output=True, text=True).stdout
        result = {k: float(v) for k, v in (word.split('=') for word in text.split())}
        result['cpu'] = (self.cpu() - cpu) * 1e6 / result['requests']
        return result

    def benchmark(self, op, clients, depth, size, keys, seconds):
        """The same with redis-benchmark, which shows no more than p99."""
        many = ['x'] if op not in ('mget', 'mset') else ['key:__rand_int__'] * 10
        words = {'get': ['GET', 'key:__rand_int__'], 'set': ['SET', 'key:__rand_int__', 'v' * size], 'incr': ['INCR', 'num:__rand_int__'],
                 'mget': ['MGET'] + many, 'mset': ['MSET'] + [w for k in many for w in (k, 'v' * size)]}[op]
        requests = int(seconds * (60000 if depth == 1 else 400000) / len(many) / (1 + size / 4096))
        cpu = self.cpu()
        text = subprocess.run(['redis-benchmark', '-p', str(self.port), '-c', str(clients), '-P', str(depth), '-r', str(keys),
                               '-n', str(requests), '--csv'] + words, check=True, capture_output=True, text=True).stdout
        fields = [f.strip('"') for f in text.strip().split('\n')[-1].split('","')]
        rps, p50, p99 = float(fields[1]), float(fields[4]) * 1000, float(fields[6]) * 1000
        return {'rps': rps, 'p50': p50, 'p99': p99, 'p99.9': float('nan'), 'cpu': (self.cpu() - cpu) * 1e6 / requests}


class Client:
    """A connection; do() is for requests whose reply does not matter."""
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.file = self.socket.makefile('rb')

    def send(self, *requests):
        self.socket.sendall(b''.join(requests))
        for _ in requests:
            reply = self.reply()
        return reply

    def do(self, *words):
        self.send(request(*words))

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b'-' or not line:
            sys.exit(f'error: {line}')
        if kind == b'$':
            return self.file.read(int(rest) + 2)[:-2] if rest != b'-1' else None
        if kind == b'*':
            return [self.reply() for _ in range(int(rest))]
        return rest


def request(*words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words)


def find_redis():
    """Debian's redis-tools has the server, under the name of redis-check-rdb: by that it would check a file."""
    path = shutil.which('redis-server')
    other = shutil.which('redis-check-rdb')
    if path is None and other is not None:
        path = os.path.join(tempfile.mkdtemp(), 'redis-server')
        atexit.register(shutil.rmtree, os.path.dirname(path))
        os.symlink(os.path.realpath(other), path)
    return path or sys.exit('compare: no redis-server')


def servers(more=()):
    redis = find_redis()
    found = [Server('redis', f'{redis} --port {{PORT}} --save "" --appendonly no --maxclients 20000'),
             Server('respd', f'{RESPD} --redis-port {{PORT}} --port 0 --workers {{WORKERS}}')]
    for word in more:
        name, command = word.split('=', 1)
        found.append(Server(name, command))
    return found
