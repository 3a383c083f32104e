# SPDX-License-Identifier: BSD-2-Clause
#
# A real redis-server to compare with; sourced behind lib.sh by the scripts that need one.

REFERENCE=		# its port

redis_answers()
{
	exec 3<>"/dev/tcp/127.0.0.1/$REFERENCE" || return
	printf 'INFO server\r\n' >&3
	timeout 5 sed -n "/process_id:$!\r/q; /executable:/q1" <&3
} 2>/dev/null

# start_redis [ARG...]: sets REFERENCE and returns when it answers; skips the script where there is none of the version we follow
start_redis()
{
	local version until=$((SECONDS + 60))
	command -v redis-server >/dev/null || skip 'no redis-server'
	version=$(redis-server --version)
	[[ $version == *v=7.0.* ]] || skip "the tests know what Redis 7.0 says, not: $version"
	while [ $SECONDS -lt $until ]; do
		REFERENCE=$(free_port)
		redis-server --port "$REFERENCE" --bind 127.0.0.1 --save '' --dir "$TMP" "$@" >"$TMP/redis.log" 2>&1 &
		SERVERS+=("$!")
		while kill -0 "$!" 2>/dev/null && [ $SECONDS -lt $until ]; do
			redis_answers && return
			sleep 0.02
		done
	done
	fail "redis-server does not answer: $(tail -n 5 "$TMP/redis.log")"
}
