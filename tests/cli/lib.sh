# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests of the command line: sh, sourced. MYNAH is the program under test.
#
#   rejects TEXT ARGUMENT...   mynah ends with status 1, nothing on stdout and one line on stderr that is "mynah: TEXT"
#   prints TEXT ARGUMENT...    mynah ends with status 0, nothing on stderr, and TEXT within what it prints
#   accepts ARGUMENT...        the arguments make a machine that powers off by itself (with -bios pointing to one that does)
#   check NAME COMMAND...      ok if the command succeeds
#   done_testing               at the end

: "${MYNAH:=./mynah}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mynah-cli.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
tests=0
failed=0

ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=1; echo "not ok $tests - $*"; }
done_testing() { echo "1..$tests"; exit $failed; }

check() {
    check_name=$1
    shift
    if "$@"; then ok "$check_name"; else not_ok "$check_name"; fi
}

rejects() {
    want="mynah: $1"
    shift
    timeout 30 "$MYNAH" "$@" </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
    status=$?
    if [ $status = 1 ] && [ "$(cat "$tmp/stderr")" = "$want" ] && [ ! -s "$tmp/stdout" ]; then
        ok "$* is rejected"
    else
        not_ok "$* is rejected"
        echo "# status $status, expected 1; stderr, expected '$want':"
        sed 's/^/# /' "$tmp/stderr" "$tmp/stdout"
    fi
}

prints() {
    want=$1
    shift
    timeout 30 "$MYNAH" "$@" </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
    status=$?
    if [ $status = 0 ] && [ ! -s "$tmp/stderr" ] && grep -qF -e "$want" "$tmp/stdout"; then
        ok "$* prints '$want'"
    else
        not_ok "$* prints '$want'"
        echo "# status $status"
        sed 's/^/# /' "$tmp/stderr" "$tmp/stdout" | head -20
    fi
}

# A guest without any code of its own to build: words of RISC-V code, little-endian, at the start of memory (-bios FILE).
# guest FILE WORD...
guest() {
    guest_file=$1
    shift
    for word; do
        rest=${word#0x}
        while [ ${#rest} -lt 8 ]; do rest=0$rest; done
        b0=${rest#??????} rest=${rest%??}
        b1=${rest#????} rest=${rest%??}
        b2=${rest#??} b3=${rest%??}
        # shellcheck disable=SC2059
        printf "\\$(printf %o "0x$b0")\\$(printf %o "0x$b1")\\$(printf %o "0x$b2")\\$(printf %o "0x$b3")"
    done >"$guest_file"
}

# Powers off: t0 = 0x100000 (sifive_test); store 0x5555; loop
power_off_guest() { guest "$1" 0x001002b7 0x00005337 0x55530313 0x0062a023 0x0000006f; }
