# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests of the debugger's and the monitor's side: bash, sourced. Each test file prints TAP.
#
#   build_guest [32]           the program that guest.c is: $tmp/guest.elf
#   start OPTION...            run it on $board (riscv64-virt), stopped at its first instruction, with gdb, HMP and QMP at $tmp/gdb, $tmp/hmp, $tmp/qmp
#   debug                      gdb with the commands of stdin on that machine: what it prints is $tmp/out
#   talk hmp|qmp|gdb           send stdin to that socket: what comes back is $tmp/out
#   shows NAME TEXT            ok if a line of $tmp/out contains the text; carriage returns do not count
#   line NAME TEXT             ... is the text
#   shows_not NAME TEXT
#   ends NAME                  the machine must end by itself, with status 0
#   finish                     end the machine
#   check, done_testing, wait_for  as tests/tap.sh has them

: "${MYNAH:=./mynah}"
here=$(dirname "${BASH_SOURCE[0]}")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mynah-debug.XXXXXX") || exit 1
machine=
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null; rm -rf "$tmp"' EXIT
. "$here/../tap.sh"

need() { # need PROGRAM...: without them the whole file is skipped, or fails where CI is set
    local p
    for p; do
        command -v "$p" >/dev/null && continue
        [ -z "${CI:-}" ] || { echo "Bail out! $p is missing"; exit 1; }
        echo "1..0 # SKIP $p is missing"
        exit 0
    done
}

build_guest() {
    local bits=${1:-64} abi=lp64
    [ "$bits" = 64 ] || abi=ilp32
    need riscv64-unknown-elf-gcc
    riscv64-unknown-elf-gcc -g -O1 "-march=rv${bits}imac_zicsr" "-mabi=$abi" -mcmodel=medany -nostdlib -ffreestanding -static \
        -Wl,-Ttext=0x80000000,-e,_start,--no-relax,--nmagic,--build-id=none -o "$tmp/guest.elf" "$here/guest.c" \
        2>"$tmp/gcc.log" && return
    cat "$tmp/gcc.log" >&2
    echo "Bail out! the guest cannot be built"
    exit 1
}

start() {
    rm -f "$tmp/gdb" "$tmp/hmp" "$tmp/qmp"
    timeout 120 "$MYNAH" -M "${board:-riscv64-virt}" -display none -serial null -m 64M -bios "$tmp/guest.elf" -S -gdb "unix:$tmp/gdb" \
        -monitor "unix:$tmp/hmp,server=on,wait=off" -qmp "unix:$tmp/qmp,server=on,wait=off" "$@" 2>"$tmp/log" &
    machine=$!
    wait_for listens "$tmp/hmp" && return
    echo "Bail out! the machine does not start: $(cat "$tmp/log")"
    exit 1
}

debug() {
    {
        printf '%s\n' "set pagination off" "set confirm off" "set width 0" "set tcp connect-timeout 10" "file $tmp/guest.elf"
        cat
    } >"$tmp/commands"
    timeout -k 5 100 gdb-multiarch -nx -batch -x "$tmp/commands" </dev/null >"$tmp/out" 2>&1
}

answered() { grep -q -e "$mark" -e 'socat.* E connect' "$tmp/out" || ! kill -0 "$machine" 2>/dev/null; }

# The last thing sent is something whose answer is known, so that no time has to be waited.
talk() {
    local last mark
    case $1 in
    hmp) last='print/x 0x424242' mark='^0x424242' ;;
    qmp) last='{"execute":"end-of-talk"}' mark='end-of-talk has not been found' ;;
    gdb) last='+$vMustReplyEmpty#3a+$qC#b4' mark='QC' ;;
    esac
    : >"$tmp/out"
    {
        cat
        printf '%s\n' "$last"
        wait_for answered
    } | timeout 40 socat -t0.1 - "UNIX-CONNECT:$tmp/$1" >>"$tmp/out" 2>&1
}

complain() { # complain NAME WHAT
    not_ok "$1"
    echo "# $2; the output:"
    tail -n 100 "$tmp/out" | tr -d '\r' | awk '{ print "#   " $0 }'
    echo
}

shows() {
    if tr -d '\r' <"$tmp/out" | grep -qF -e "$2"; then ok "$1"; else complain "$1" "expected '$2'"; fi
}

line() {
    if tr -d '\r' <"$tmp/out" | grep -qxF -e "$2"; then ok "$1"; else complain "$1" "expected the line '$2'"; fi
}

shows_not() {
    if tr -d '\r' <"$tmp/out" | grep -qF -e "$2"; then complain "$1" "did not expect '$2'"; else ok "$1"; fi
}

ends() {
    local status=0
    wait "$machine" || status=$?
    machine=
    if [ $status = 0 ]; then ok "$1"; else complain "$1" "the machine ended with status $status: $(cat "$tmp/log")"; fi
}

finish() {
    kill "$machine" 2>/dev/null
    wait "$machine" 2>/dev/null
    machine=
    [ ! -s "$tmp/log" ] || { not_ok "nothing is on standard error"; awk '{ print "# " $0 }' "$tmp/log" | head -40; }
}
