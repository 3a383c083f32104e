#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Whether the tests of what survives would find a mistake: one after the other is put into a copy of the source, which is
# built, and the tests named are run until one fails. By hand, from the top folder of a tree that is built; takes an hour.
#
#	tests/crash/mutants.sh [NAME...]	all of them, or these
#
# It prints what caught each, and fails if one was not caught. What it printed last is tests/crash/MUTANTS.

set -u
SRCDIR=${SRCDIR:-$PWD}
WANTED=("$@")
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
SRC=$TMP/src BUILD=$TMP/build
caught=0 missed=0

die()	{ echo "$*" >&2; exit 1; }

# The tests by name: COMMAND to build them, and COMMAND to run them, which fails if they find something.
UNIT='power persist damage faults snapshot replay restore'
export CK_DEFAULT_TIMEOUT=60 CYCLES=40 ROUNDS=0 CUTS=40 LOST_MS=3000

run_test()
{
	cd "$BUILD" || return
	case $1 in
	kill | powercut)
		make src/respd src/respd-cli tests/crash/ledger && SRCDIR=$SRC BUILDDIR=$BUILD timeout 900 bash "$SRC/tests/crash/$1.sh"
		;;
	journal | dump)
		make src/respd src/respd-cli src/respd-dump && SRCDIR=$SRC BUILDDIR=$BUILD timeout 900 bash "$SRC/tests/system/$1.sh"
		;;
	power)
		# Mostly it takes not many.
		make tests/check_power && POWER_CUTS=1 timeout 300 tests/check_power && timeout 300 tests/check_power
		;;
	*)
		make "tests/check_$1" && BUILDDIR=$BUILD timeout 300 "tests/check_$1"
		;;
	esac >"$TMP/log" 2>&1
}

# Why it failed, in a line.
reason()
{
	grep -a -m 1 -o -E '(:[EF]:[^:]*:[^:]*:[0-9]+: |FAIL: ).*' "$TMP/log" | sed -E 's/:[EF]:[^:]*:/ /; s/FAIL: //' | cut -c 1-90
}

# mutant NAME FILE EXPRESSION TEST...: perl's expression, which sees the whole file at once, makes the mistake
mutant()
{
	local name=$1 file=$2 expression=$3 test
	shift 3
	[ ${#WANTED[@]} -eq 0 ] || [[ " ${WANTED[*]} " == *" $name "* ]] || return 0
	cp -p "$SRC/$file" "$TMP/kept"
	perl -0777 -pi -e "$expression" "$SRC/$file"
	! cmp -s "$SRC/$file" "$TMP/kept" || die "$name: the expression matches nothing in $file"
	rm -f "$BUILD"/tests/check_{power,persist,damage,faults,snapshot,replay,restore}	# not one of another mutant
	(cd "$BUILD" && make "src/persist/libpersist.la" "src/engine/libengine.la") >"$TMP/log" 2>&1 ||
		die "$name is not built: $(tail -n 5 "$TMP/log")"
	for test in "$@"; do
		if ! run_test "$test"; then
			# A machine that is too small or too slow has not caught anything.
			[[ $test != kill && $test != powercut ]] ||
				! grep -a -q -E 'not (died in time|within a minute)|clients are gone|No space left' "$TMP/log" || continue
			printf '%-28s %-10s %s\n' "$name" "$test" "$(reason)"
			caught=$((caught + 1))
			test=
			break
		fi
	done
	[ -z "$test" ] || { printf '%-28s NOT CAUGHT\n' "$name"; missed=$((missed + 1)); }
	cp "$TMP/kept" "$SRC/$file"
}

mkdir "$SRC" "$BUILD"
# Nothing that was built there may be taken for ours.
(cd "$SRCDIR" && tar cf - --exclude=.git --exclude='*.o' --exclude='*.l[ao]' --exclude='*.a' .) | tar xf - -C "$SRC" || die 'no copy'
rm -f "$SRC/Makefile" "$SRC"/config.{h,status} "$SRC/stamp-h1"
(cd "$BUILD" && "$SRC/configure" --quiet --disable-lto CFLAGS='-O1 -g0' && make -j2 &&
	make tests/crash/ledger) >"$TMP/log" 2>&1 || die "not built: $(tail -n 5 "$TMP/log")"
for test in $UNIT; do
	run_test "$test" || die "without a mutant $test fails: $(reason)"
done

# What is acknowledged
mutant reply-before-sync src/persist/journal.c \
	's/(journal_wait\(struct journal \*j, uint64_t position\)\n\{.*?)journal_is_strict\(j\)/$1false/s' power powercut
mutant reply-before-write src/persist/journal.c \
	's/(journal_wait\(struct journal \*j, uint64_t position\)\n\{)/$1\n\tif (position != 0)\n\t\treturn (true);/' power kill
mutant no-read-wait src/engine/call.c \
	's/if \(journal_is_strict\(c->engine->journal\)\) \{/if (false) {/' powercut kill
mutant no-sync-each-second src/persist/journal_keeper.c \
	's/journal_sync_beside\(j\);/;/' power
mutant sync-tried-again src/persist/journal_commit.c \
	's/if \(io_sync\((j->fd|fd)\) != 0\) \{/if (io_sync($1) != 0 && io_sync($1) != 0) {/g' power faults
mutant full-disk-is-written src/persist/journal_commit.c \
	's/stall_or_fail\(j, "write", errno\);\s*return \(false\);/stall_or_fail(j, "write", errno);/' faults

# Directories and order
mutant segment-without-name src/persist/segment.c \
	's/ \|\|\s*io_dir_sync\(dir\) != 0\) \{/) {/' power
mutant segment-head-not-synced src/persist/segment.c \
	's/ \|\| io_sync\(fd\) != 0//' power
mutant manifest-without-name src/persist/manifest.c \
	's/return \(io_dir_sync\(dir\)\);/return (0);/' power
mutant manifest-not-synced src/persist/manifest.c \
	's/ \|\| io_sync\(fd\) != 0//' power
mutant snapshot-not-synced src/persist/snapshot.c \
	's/ && io_sync\(w->fd\) == 0//' power
mutant snapshot-without-name src/persist/snapshot.c \
	's/ && io_dir_sync\(w->dir\) == 0//' power
mutant segment-not-synced-at-end src/persist/journal_rotate.c \
	's/ \|\| !journal_sync_leading\(j\)//' power
mutant journal-not-settled src/agents/saver.c \
	's/s->journal != NULL && !journal_settle\(s->journal, &position\)/false/' powercut kill
mutant old-files-go-first src/agents/saver.c \
	's/(\tif \(!commit\(s, name, &header, position\)\))/\tjournal_forget(s->journal, header.start);\n$1/' kill powercut
mutant old-manifest-stays src/persist/manifest.c \
	's/\|\| io_rename\(dir, temporary, dir, name\) != 0/|| false/' power
mutant start-does-not-sync src/persist/recover.c \
	's/io_write\(fd, bytes_make\(w->data \+ proven,\s*end->offset - proven\), proven\) == 0 && io_sync\(fd\) == 0 \? 0 : -1/0/' power
mutant start-does-not-write-again src/persist/recover.c \
	's/io_write\(fd, bytes_make\(w->data \+ proven,\s*end->offset - proven\), proven\) == 0 && //' power
mutant start-does-not-sync-names src/persist/recover.c \
	's/if \(io_dir_sync\(w->o->dir\) != 0\)/if (false)/' power

# What is written and read
mutant no-checksum-of-frames src/persist/frame.c \
	's/(frame_check\(.*?\n\{.*?return \().*?\);/$1whole.length > 0 && f != NULL && crc + 1 != 0);/s' damage
mutant no-sum-of-trailers src/persist/frame.c \
	's/sum == crc32c\(seed, bytes_make\(text, \(size_t\)\(end - text\)\)\)/(sum | seed) + 1 != 0 \&\& end != NULL/' damage
mutant no-chain-between-segments src/persist/recover.c \
	's/h\.last_crc != w->crc/false/' damage power
mutant no-checksum-of-sections src/persist/snapshot_load.c \
	's/crc32c\(l->crc, body\) != f->section\.crc/false/' snapshot
mutant no-checksum-of-manifest src/persist/manifest.c \
	's/same = bytes_equal\(buf_bytes\(&again\), b\);/same = true;/' persist
mutant damage-is-a-torn-end src/persist/recover.c \
	's/proof = proof \|\| f\.durable >= x;/;/' damage
mutant torn-end-is-damage src/persist/journal_commit.c \
	's/f\.durable = journal_durable\(j\);/f.durable = j->in_flight;/' power damage
mutant wrong-position src/persist/snapshot.c \
	's/s\.position = keyspace_position\(w->keyspace, shard\);/s.position = keyspace_position(w->keyspace, shard) + 1;/' power snapshot
mutant position-after-the-lock src/persist/snapshot.c \
	's/(\tlockset_release\(&lock\);)/$1\n\tusleep(200);\n\ts.position = keyspace_position(w->keyspace, shard);/' power kill
mutant replayed-twice src/engine/call.c \
	's/keyspace_position\(c\.engine->keyspace,\s*locks\.shards\[0\]\) < position/true/' kill replay
mutant shards-fewer-too-early src/agents/restore.c \
	's/(\tif \(ok && m->has_journal\))/\tif (ok)\n\t\tfold_shards(r->engine->keyspace);\n$1/' restore
mutant segment-not-allocated src/persist/io.c \
	's/error = fallocate\(fd, 0, \(off_t\)offset, \(off_t\)length\) == 0 \?\s*0 : errno;/error = offset + length != 0 ? EOPNOTSUPP : fd;/' persist
mutant directory-not-locked src/persist/io.c \
	's/d->lock < 0 \|\| flock\(d->lock, LOCK_EX \| LOCK_NB\) != 0/d->lock < 0/' persist

echo "$caught caught, $missed not"
[ "$missed" -eq 0 ]
