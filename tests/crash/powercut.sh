#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Power cuts. A server runs on ext4 on a disk with a write cache that forgets (forgetful.c, through nbdkit, nbdfuse and a
# loop device), while clients write and keep book (ledger.c) and snapshots are taken. Again and again the disk says what a
# cut would leave of it at that moment; that is mounted, another server is started on it, and the book is audited. Always:
# nothing that was acknowledged or read is missing. Everysec: nothing that is older than LOST_MS.
#
#	CUTS		of each mode (4; by hand 150 and more)
#	LOST_MS		a second and a sync, of the time in which the server runs, and some patience for a busy machine
#			(3000; by hand 1500)

. "${SRCDIR:-.}/tests/system/lib.sh"

: "${CUTS:=4}" "${LOST_MS:=3000}"
LEDGER=$BUILDDIR/tests/crash/ledger
DISK=$TMP/disk CONTROL=$TMP/control ANSWERS=$TMP/answers MOUNT=$TMP/mount COPY=$TMP/copy
LOOP= FUSE= IMAGE=

[ "$(id -u)" -eq 0 ] || skip 'not root, who alone can mount'
for tool in nbdkit nbdfuse losetup mkfs.ext4; do
	command -v "$tool" >/dev/null || PATH=$PATH:/sbin:/usr/sbin command -v "$tool" >/dev/null || skip "no $tool"
done
PATH=$PATH:/sbin:/usr/sbin
[ -e /dev/fuse ] && [ -e /dev/loop-control ] || skip 'no FUSE or no loop devices'
${CC:-cc} -shared -fPIC -O2 -o "$TMP/forgetful.so" "$SRCDIR/tests/crash/forgetful.c" -lpthread 2>"$TMP/cc" ||
	skip "tests/crash/forgetful.c cannot be compiled: $(head -n 1 "$TMP/cc")"

redis()	{ "$RESPD_CLI" -p "$REDIS_PORT" "$@"; }

# What is mounted goes before the files do, and the servers before that.
undo()
{
	kill_servers
	umount "$COPY" "$MOUNT" 2>/dev/null
	[ -z "$LOOP" ] || losetup -d "$LOOP"
	umount "$DISK" 2>/dev/null
	[ -z "$FUSE" ] || { kill "$FUSE"; wait "$FUSE"; } 2>/dev/null
	rm -f "$IMAGE"
	cleanup
}
trap undo EXIT
# In memory if there is room for it, since what is mounted syncs.
[ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 300000 ] 2>/dev/null &&
	IMAGE=$(mktemp -p /dev/shm) || IMAGE=$TMP/image

mkdir "$MOUNT" "$COPY"
touch "$DISK"
mkfifo "$CONTROL" "$ANSWERS"
exec 8<>"$CONTROL" 9<>"$ANSWERS"
nbdfuse "$DISK" --command nbdkit -s "$TMP/forgetful.so" size=256M control="$CONTROL" answers="$ANSWERS" 2>"$TMP/nbd" &
FUSE=$!
await 'the disk' [ -s "$DISK" ]
LOOP=$(losetup -f --show "$DISK" 2>"$TMP/nbd") || { LOOP=; skip "no loop device: $(cat "$TMP/nbd")"; }
mkfs.ext4 -q -F "$LOOP" && mount "$LOOP" "$MOUNT" 2>"$TMP/nbd" || skip "no mount: $(cat "$TMP/nbd")"

# cut SEED PERCENT: the image, and the book as it was before and after
cut()
{
	local said
	cp "$TMP/book" "$TMP/before"
	echo "cut $1 $2 $IMAGE" >&8
	read -r -t 60 said <&9 && [ "$said" = ok ] || fail "no image: $(cat "$TMP/nbd")"
	cp "$TMP/book" "$TMP/after"
}

STOPPED=() WOKEN=()	# when the clients' server stood still, in ms
ms()	{ echo $((${EPOCHREALTIME/./} / 1000)); }

# within MS: how long ago it had that much time to run left, which is more by all that it stood still since
within()
{
	local now left=$1 end i
	now=$(ms) end=$now
	for ((i = ${#WOKEN[@]} - 1; i >= 0 && end - WOKEN[i] < left; i--)); do
		left=$((left - (end - WOKEN[i]))) end=${STOPPED[i]}
	done
	echo $((now - end + left))
}

# audit MODE: a server of its own on the image; that of the clients stands still meanwhile, or it had ever more data
audit()
{
	local kept=("$PID" "$PORT" "$REDIS_PORT") lost=strict
	[ "$1" = always ] || lost=$(within "$LOST_MS")
	kill -STOP "$PID"
	STOPPED+=("$(ms)")
	mount -o loop "$IMAGE" "$COPY" || fail "the image cannot be mounted: $(dmesg 2>/dev/null | tail -n 3)"
	start_server --dir "$COPY/data" --appendfsync "$1" --save ''
	"$LEDGER" verify "$PORT" "$TMP/before" "$1" "$lost" "$TMP/after" >"$TMP/acked" 2>"$TMP/lost" ||
		fail "cut $i under $1: $(cat "$TMP/lost")"
	kill -KILL "$PID"
	wait "$PID" 2>/dev/null
	umount "$COPY" || fail 'the image cannot be unmounted'
	WOKEN+=("$(ms)")
	kill -CONT "${kept[0]}"
	PID=${kept[0]} PORT=${kept[1]} REDIS_PORT=${kept[2]}
}

for mode in always everysec; do
	start_server --dir "$MOUNT/data" --appendfsync "$mode" --save '' --auto-aof-rewrite-min-size 8mb
	redis FLUSHALL >/dev/null
	"$LEDGER" write "$PORT" "$TMP/book" "$mode" 2>"$TMP/ledger" &
	clients=$!
	# What is younger may be lost.
	[ "$mode" = always ] || sleep "$((LOST_MS / 1000 + 1))"
	for ((i = 0; i < CUTS; i++)); do
		# A cut soon after a snapshot has begun, or long after.
		[ $((i % 3)) -ne 1 ] || redis BGREWRITEAOF >/dev/null
		sleep "0.0$((RANDOM % 10))"
		percents=(0 10 50 90 100)
		cut $RANDOM "${percents[RANDOM % 5]}"
		kill -0 "$clients" 2>/dev/null || fail "the clients are gone: $(cat "$TMP/ledger")"
		audit "$mode"
	done
	[ "$(cat "$TMP/acked")" -gt 0 ] || fail 'nothing was acknowledged'
	stop_server
	wait "$clients"
done
