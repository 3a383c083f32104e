#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The session that the article shows: through librespc, and typed into respd-cli.

. "${SRCDIR:-.}/tests/system/lib.sh"

start_server

"$BUILDDIR/tests/article_session" "$PORT" || fail "librespc has another session"

"$RESPD_CLI" -p "$PORT" --json >"$TMP/out" <<'END'
mset k1 v1 k2 ["v2-0", 1, "v2-2"] k3 v3
get k2
mget k3 k1
delete k1
get k1
delete k1
set kx {"vx": {"vy": 0, "vz": [1, 2, 3]}}
get kx
flush
END
diff - "$TMP/out" <<'END' || fail "respd-cli has another session"
3
["v2-0",1,"v2-2"]
["v3","v1"]
1
null
0
1
{"vx":{"vy":0,"vz":[1,2,3]}}
3
END

stop_server
