#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# respd-cli: commands as arguments and as lines, values as JSON, what it prints to people and to programs, its exit
# status, and what it says when it cannot.

. "${SRCDIR:-.}/tests/system/lib.sh"

start_server

# expect STATUS OUTPUT COMMAND...: both streams together, without the newlines at the end
expect()
{
	local status=$1 wanted=$2 got is
	shift 2
	got=$("$@" 2>&1)
	is=$?
	[ "$got" = "$wanted" ] || fail "$*: got '$got', not '$wanted'"
	[ "$is" -eq "$status" ] || fail "$*: exit status $is, not $status"
}

# Arguments
expect 0 1 cli --json set k 'a b'
expect 0 'a b' cli get k
expect 0 '(nil)' cli get nothing
expect 0 '(integer) 1' cli delete k
expect 1 '(error) Unrecognized command: NOSUCH' cli nosuch
expect 1 '{"error":"Unrecognized command: NOSUCH"}' cli --json nosuch
expect 0 '(integer) 1' cli set -- --json

# JSON: what is JSON is typed, all else is a string
expect 0 1 cli --json set k '{"a":[1,-2,null],"b":"\u00e9\ud83d\ude00","c":{}}'
expect 0 '{"a":[1,-2,null],"b":"é😀","c":{}}' cli --json get k
expect 0 '1) "a" =>
   1) (integer) 1
   2) (integer) -2
   3) (nil)
2) "b" => "\xc3\xa9\xf0\x9f\x98\x80"
3) "c" => (empty dictionary)' cli get k
expect 0 1 cli --json set n 9223372036854775807
expect 0 9223372036854775807 cli --json get n
expect 0 1 cli --json set s '"1"'
expect 0 '["1",9223372036854775807,null]' cli --json mget s n nothing
expect 0 1 cli --json set s 01
expect 0 '"01"' cli --json get s
expect 2 "respd-cli: argument 2 is not JSON: expected ':' at byte 5" cli --json set k '{"a"}'
expect 0 '(integer) 1' cli set bytes $'\377"\n'
expect 0 '"\u00ff\"\n"' cli --json get bytes

# Lines
lines()		{ printf "$1" | cli; }
json_lines()	{ printf "$1" | cli --json; }
expect 0 $'(integer) 1\nx y\n(nil)' lines 'set l "x y"\n\n  \nget l\nget none\nexit\nget l\n'
expect 0 $'(integer) 1\n"\001' lines 'set l "\\"\\x01"\nget l'
expect 1 $'(error) Unrecognized command: NO\n(nil)' lines 'no\nget none\nQUIT\n'
expect 2 $'respd-cli: unbalanced quotes\n(nil)' lines 'get "none\nget none\n'
expect 0 $'1\n[1,{"a b":2}]' json_lines 'set  l  [1, {"a b" : 2}] \nget l\n'
expect 2 $'respd-cli: argument 2 is not JSON: expected a value at byte 4\nnull' json_lines 'set l [1,]\nget none\n'

# For people: a string in quotes
if command -v script >/dev/null; then
	cli set p $'a\n\033' >/dev/null
	expect 0 $'"a\\n\\x1b"\r' script -qec "'$RESPD_CLI' -p $PORT get p" /dev/null
fi

# What cannot work
expect 2 'respd-cli: /nowhere: No such file or directory' "$RESPD_CLI" -s /nowhere get k
"$RESPD_CLI" --nosuch 2>/dev/null
[ $? -eq 2 ] || fail "a wrong option is no success"
"$RESPD_CLI" -p 65536 get k 2>/dev/null
[ $? -eq 2 ] || fail "a wrong port is no success"
"$RESPD_CLI" --help | grep -q '^usage: respd-cli' || fail "no help"
"$RESPD_CLI" --version | grep -q '^respd-cli [0-9]' || fail "no version"
! cli get k >/dev/full 2>&1 || fail "a reply that cannot be written is no success"
stop_server
cli get k 2>/dev/null
[ $? -eq 2 ] || fail "no server is no success"
