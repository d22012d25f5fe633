# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests of the command line: sh, sourced. MYNAH is the program under test.
#
#   rejects TEXT ARGUMENT...   mynah ends with status 1, nothing on stdout and one line on stderr that is "mynah: TEXT"
#   prints TEXT ARGUMENT...    mynah ends with status 0, nothing on stderr, and TEXT within what it prints
#   have PROGRAM               false with a skipped test if it is missing; the end where CI is set
#   check, done_testing, wait_for  as tests/tap.sh has them

: "${MYNAH:=./mynah}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mynah-cli.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
. tests/tap.sh

have() {
    command -v "$1" >/dev/null && return
    [ -z "${CI:-}" ] || { echo "Bail out! $1 is missing"; exit 1; }
    ok "$1 is missing # SKIP"
    return 1
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
        awk '{ print "# " $0 }' "$tmp/stderr" "$tmp/stdout"
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
        awk '{ print "# " $0 }' "$tmp/stderr" "$tmp/stdout" | head -20
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

# Prints '>' and then echoes its serial port; a break is echoed as B. After 'q' it powers off, after 'r' it resets,
# after 'f' it reports failure 3.
#       lui t0, 0x10000; lui t3, 0x100; li t1, '>'; sb t1, 0(t0)
# 1:    lbu t1, 5(t0); andi t4, t1, 1; beqz t4, 1b; lbu t2, 0(t0)
#       andi t1, t1, 0x10; beqz t1, 2f; li t2, 'B'
# 2:    sb t2, 0(t0); li t4, 'q'; bne t2, t4, 3f; li t4, 0x5555; sw t4, 0(t3)
# 3:    li t4, 'r'; bne t2, t4, 4f; lui t4, 7; addi t4, t4, 0x777; sw t4, 0(t3)
# 4:    li t4, 'f'; bne t2, t4, 1b; lui t4, 0x33; addi t4, t4, 0x333; sw t4, 0(t3); j 1b
echo_words="0x100002b7 0x00100e37 0x03e00313 0x00628023 0x0052c303 0x00137e93 0xfe0e8ce3 0x0002c383 0x01037313 0x00030463 \
    0x04200393 0x00728023 0x07100e93 0x01d39863 0x00005eb7 0x555e8e9b 0x01de2023 0x07200e93 0x01d39863 0x00007eb7 0x777e8e93 \
    0x01de2023 0x06600e93 0xfbd39ae3 0x00033eb7 0x333e8e93 0x01de2023 0xfa5ff06f"
# shellcheck disable=SC2086
echo_guest() { guest "$1" $echo_words; }

# The same after it has written "DCBA" to the beginning of the second flash bank:
#       lui t0, 0x22000; lui t1, 0x400; addi t1, t1, 0x40; sw t1, 0(t0)   (program)
#       lui t2, 0x41424; addi t2, t2, 0x344; sw t2, 0(t0)
# shellcheck disable=SC2086
flash_guest() { guest "$1" 0x220002b7 0x00400337 0x04030313 0x0062a023 0x414243b7 0x34438393 0x0072a023 $echo_words; }
