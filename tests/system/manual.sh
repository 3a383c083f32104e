#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The manual and the sample configuration: every command has its paragraph and every paragraph its command, the pages
# are well-formed, and the sample has every setting with its default.

set -u
fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
generate()	{ "$BUILDDIR/src/generate" "$@"; }

generate check "$SRCDIR/man/commands" || fail 'man/commands does not fit the commands'

# It would be noticed.
cp "$SRCDIR"/man/commands/*.mdoc "$TMP" && chmod u+w "$TMP"/*.mdoc
sed -i '/^\.\\" get$/s/get/forget/' "$TMP/string.mdoc"
generate check "$TMP" 2>"$TMP/wrong" && fail 'a command without a paragraph passes'
grep -q 'nothing about get$' "$TMP/wrong" || fail "not named: $(cat "$TMP/wrong")"
grep -q 'no command forget$' "$TMP/wrong" || fail "not named: $(cat "$TMP/wrong")"

generate settings-conf >"$TMP/respd.conf" || fail 'there is no sample'
"$RESPD" -c "$TMP/respd.conf" --test-config >/dev/null || fail 'the sample is wrong'

# The last line of each paragraph but the first is a setting: with the # away they are what holds anyway.
awk -v RS= -F '\n' 'NR > 1 { sub(/^# /, "", $NF); print $NF }' "$TMP/respd.conf" >"$TMP/all.conf"
"$RESPD" -c "$TMP/all.conf" --test-config >/dev/null || fail 'a default in the sample is wrong'
[ "$(wc -l <"$TMP/all.conf")" -eq "$(generate settings-mdoc | grep -c '^\.It Ic ')" ] ||
	fail 'the sample and respd.conf(5) have different settings'

if command -v mandoc >/dev/null; then
	generate commands-mdoc "$SRCDIR/man/commands" >"$TMP/COMMANDS" || fail 'there are no commands'
	generate settings-mdoc >"$TMP/SETTINGS" || fail 'there are no settings'
	sed -e '/^@COMMANDS@$/{' -e "r $TMP/COMMANDS" -e d -e '}' "$SRCDIR/man/respd-commands.7.in" >"$TMP/respd-commands.7"
	sed -e '/^@SETTINGS@$/{' -e "r $TMP/SETTINGS" -e d -e '}' "$SRCDIR/man/respd.conf.5.in" >"$TMP/respd.conf.5"
	for page in "$TMP/respd-commands.7" "$TMP/respd.conf.5"; do
		mandoc -T lint "$page" | grep -v 'referenced manual not found' && fail "$page has mistakes"
	done
fi
exit 0
