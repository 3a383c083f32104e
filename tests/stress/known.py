# SPDX-License-Identifier: BSD-2-Clause
#
# All differences between respd and Redis 7.0 that the fuzzer knows of, each with its reason. Behind one the rest of a
# batch is not looked at, since it may follow from it.

CONTAINERS = b'*%~'


def is_container(reply):
    return isinstance(reply, tuple) and reply[0] in CONTAINERS


def starts(reply, *texts):
    return isinstance(reply, bytes) and reply.startswith(texts)


def whole(words, got, wanted):
    return words[0] in (b'GET', b'GETSET', b'GETDEL', b'GETEX', b'SET', b'MGET') and \
        (is_container(got) or starts(got, b'-ERR invalid expire time', b'-ERR value is not an integer')) and (starts(wanted, b'-WRONGTYPE') or is_container(wanted))


def is_score(item):
    text = item[2:].split(b'\0')[0]
    try:
        return not text or float(text) == float(text)
    except ValueError:
        return False


def sort_errno(words, got, wanted):
    if words[0] not in (b'SORT', b'SORT_RO') or not starts(wanted, b'-ERR One or more'):
        return False
    plain = is_container(got) and not {b'BY', b'GET'} & {word.upper() for word in words}
    return not plain or all(is_score(item) for item in got[1])


def encoding(words, got, wanted):
    return words[:2] == [b'OBJECT', b'ENCODING'] and starts(got, b'$"') and starts(wanted, b'$"')


def endless(words, got, wanted):
    return words[0][:1] == b'B' and starts(got, b'-ERR timeout is not a float or out of range') and starts(wanted, b'-ERR timeout is negative')


def destinations(words, got, wanted):
    return words[0] == b'COMMAND' and words[1].startswith(b'GETKEYS') and words[2].upper() in (b'SORT', b'GEORADIUS') and \
        sum(word.upper() in (b'STORE', b'STOREDIST') for word in words) > 1


def ties(words, got, wanted):
    if words[0] not in (b'SORT', b'SORT_RO') or not is_container(got) or not is_container(wanted) or len(got[1]) != len(wanted[1]):
        return False
    said = [word.upper() for word in words]
    return b'BY' in said or (b'ALPHA' in said and any(b'\0' in item for item in wanted[1]))


def same_span(words, got, wanted):
    return words[0] in (b'EXPIRE', b'PEXPIRE') and any(w.upper() in (b'GT', b'LT') for w in words[3:]) and \
        (got, wanted) in ((b':0', b':1'), (b':1', b':0'))


# (reason, whether it is this one: words of the request in capitals where they are names, respd's reply, Redis's)
KNOWN = [
    ('after HELLO 3, GET and its like say what any value is: typed values are citizens here', whole),
    ('SORT in Redis minds an errno that some command before has left behind', sort_errno),
    ('SORT puts what is equal in any order: without a weight, in a set that is not sorted, or in Redis alike up to a NUL byte', ties),
    ('in Redis an encoding depends on what the value once was, here on what it is', encoding),
    ('a time-out of 2^63 ms and more is negative to Redis: here it is out of range', endless),
    ('of two deadlines so far from now, set one after the other, the later is later only if a millisecond has begun', same_span),
    ('of several destinations COMMAND GETKEYS tells the one that would be used: Redis tells more, or another', destinations),
]


# What is never said, since it differs, and why: commands by name, ...
UNSAID = {
    **{container + '|help': 'each server tells of itself' for container in (
        'acl', 'client', 'cluster', 'command', 'config', 'latency', 'memory', 'module', 'object', 'pubsub', 'slowlog')},
    'memory|doctor': 'each server tells of itself',
    'latency|doctor': 'each server tells of itself',
    'command|count': 'the tables differ',
    'command|docs': 'the words are our own',
    'quit': 'nothing follows',
}
# ... and in words.
NEVER = [
    'CLIENT REPLY within MULTI: the header of EXEC is sent by Redis, or not, without what it counts',
    'patterns that are stars alone, but for *: to Redis these do not match the empty string',
    'ACL LOG: Redis tells of wrong passwords there, respd in its log',
    'ACL SETUSER: there is one user here, and Redis may close its listeners even if nothing changes',
    'CONFIG REWRITE within MULTI: here it is refused, since no file is written while keys are locked',
    'COMMAND without more: the tables differ',
    'SET and GETEX with PXAT and a time that is past: Redis counts the key in DBSIZE until it comes across it',
    'QUIT: nothing follows. CLIENT KILL SKIPME alone: it kills the other clients of the fuzzer',
    'counts below -2^31 of SRANDMEMBER and its like, where the key is there: the reply of Redis has no end',
]


def known(words, got, wanted):
    """The reason why they differ, None if there is none."""
    for reason, is_it in KNOWN:
        if is_it(words, got, wanted):
            return reason
    return None
