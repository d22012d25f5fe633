# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests that talk to a guest's console: bash, sourced. Each test file prints TAP.
#
#   start NAME SECONDS COMMAND...  run the command, its console on our pipes; everything is over after SECONDS
#   expect TEXT                    read until TEXT has come; "not ok" and the end of the guest if it does not
#   send TEXT                      type a line
#   tell NAME                      stdin's commands to the monitor at the socket $work/NAME, whose answers are printed; it is over
#                                  when the monitor has hung up, with all of them answered
#   finish [STATUS]                the command must end by itself, with that exit status (default 0)
#   ok TEXT / not_ok TEXT, wait_for COMMAND...  as tests/tap.sh has them
#   linux_guest ARCH               Debian's kernel for riscv64, arm64 or armel: sets kernel, modules, initramfs, busybox, and board,
#                                  the command with all options but memory, kernel and disks; console, of -append

guests=${MYNAH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/mynah/guests}
: "${MYNAH:=./mynah}"
guest_pid=
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"

# need FILE..., need_programs NAME...: without them the whole file is skipped, or fails where CI is set
need() {
    local f
    for f; do
        [ -e "$f" ] || miss "$f is missing: run tools/fetch-guests"
    done
}
need_programs() {
    local p
    for p; do
        command -v "$p" >/dev/null || miss "$p is missing: ./setup check installs what the tests need"
    done
}
miss() {
    [ -z "${CI:-}" ] || { echo "Bail out! $*"; exit 1; }
    echo "1..0 # SKIP $*"
    exit 0
}

linux_guest() { # linux_guest ARCH
    local suffix=
    [ "$1" = riscv64 ] || suffix=-$1
    kernel=$(echo "$guests/linux$suffix"/boot/vmlinu*)
    modules=$(echo "$guests/linux$suffix"/usr/lib/modules/*/kernel)
    initramfs=$guests/initramfs$suffix.cpio.gz
    need "$kernel" "$modules" "$initramfs" "$guests/busybox$suffix"
    busybox=$(find "$guests/busybox$suffix" -path '*/bin/busybox' -type f | head -n 1)
    if [ "$1" = riscv64 ]; then
        local sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
        need "$sbi"
        board=("$MYNAH" -M riscv64-virt -nographic -bios "$sbi") console=ttyS0
    else
        board=("$MYNAH" -M arm64-virt -cpu cortex-a57 -nographic) console=ttyAMA0
    fi
}

start() { # start NAME SECONDS COMMAND...
    guest_name=$1 guest_limit=$2
    shift 2
    guest_log=${TMPDIR:-/tmp}/mynah-boot.$$.log
    : >"$guest_log"
    coproc GUEST { exec timeout -k 5 "$guest_limit" "$@" 2>&1; }
    guest_pid=$GUEST_PID
    exec {guest_out}<&"${GUEST[0]}" {guest_in}>&"${GUEST[1]}"
    eval "exec ${GUEST[0]}<&- ${GUEST[1]}>&-"
    guest_seen=
}

expect() { # expect TEXT: reads byte by byte, so that what follows stays for the next one
    local want=$1 c
    while [[ $guest_seen != *"$want"* ]]; do
        if ! IFS= read -r -d '' -N 1 -u "$guest_out" c 2>/dev/null; then
            not_ok "$guest_name: $want"
            sed 's/\r$//; s/^/# /' "$guest_log" | tail -n 120
            stop
            return 1
        fi
        printf '%s' "$c" >>"$guest_log"
        guest_seen+=$c
        [ ${#guest_seen} -lt 8192 ] || guest_seen=${guest_seen: -4096}
    done
    guest_seen=${guest_seen#*"$want"}
    ok "$guest_name: $want"
}

send() { printf '%s\n' "$1" >&"$guest_in"; }

tell() { socat -t $((100 * ${TIME_FACTOR:-1})) - "UNIX-CONNECT:$work/$1"; } # tell NAME

finish() { # finish [STATUS]
    local want=${1:-0} status
    cat <&"$guest_out" >>"$guest_log"
    wait "$guest_pid" && status=0 || status=$?
    if [ "$status" = "$want" ]; then
        ok "$guest_name: ends with status $want"
    else
        not_ok "$guest_name: ended with status $status, expected $want"
        sed 's/\r$//; s/^/# /' "$guest_log" | tail -n 120
    fi
    close_guest
}

stop() { # end the guest from outside
    [ -z "$guest_pid" ] || { kill "$guest_pid" 2>/dev/null; wait "$guest_pid" 2>/dev/null; }
    close_guest
}

close_guest() {
    guest_pid=
    eval "exec $guest_out<&- $guest_in>&-"
    rm -f "$guest_log"
}
