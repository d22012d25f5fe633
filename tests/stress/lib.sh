# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests that run bare-metal guests against the engine: sh, sourced. Each test file prints TAP.
#
#   build NAME [FLAG...]             compile tests/stress/NAME.c to $tmp/NAME.bin; no compiler: the file is skipped
#   stress NAME "MODE..." [OPTION...]  run it once in each mode; ok if the guest reports success (see rig.h)
#   mode MODE                        the options that a mode stands for
#   done_testing, wait_for           as tests/tap.sh has them
# MACHINE has further properties of the machine.

: "${MYNAH:=./mynah}"
CROSS=${RISCV_ELF_CC:-riscv64-unknown-elf-gcc}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mynah-stress.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
limit=60
. tests/tap.sh

need() { # without the program the whole file is skipped, or fails where CI is set
    command -v "$1" >/dev/null && return
    [ -z "${CI:-}" ] || { echo "Bail out! $1 is missing"; exit 1; }
    echo "1..0 # SKIP $1 is missing"
    exit 0
}

build() {
    guest=$1
    shift
    need "$CROSS"
    "$CROSS" -O2 -g -Wall -march=rv64gc -mabi=lp64d -mcmodel=medany -ffreestanding -nostdlib -nostartfiles \
        -fno-reorder-functions -fno-tree-loop-distribute-patterns -Wl,-Ttext=0x80000000 -Wl,--build-id=none \
        -Wl,--no-warn-rwx-segments "$@" -o "$tmp/$guest.elf" tests/stress/start.S "tests/stress/$guest.c" &&
        "${CROSS%gcc}objcopy" -O binary "$tmp/$guest.elf" "$tmp/$guest.bin" && return
    echo "Bail out! $guest.c does not compile"
    exit 1
}

mode() {
    case $1 in
    jit) ;;
    tagged) echo "-accel tcg,mmu=tagged" ;;
    interp) echo "-accel tcg,interp=on" ;;
    single) echo "-accel tcg,thread=single" ;;
    evict) echo "-accel tcg,tb-size=1" ;;
    tagged-evict) echo "-accel tcg,mmu=tagged,tb-size=1" ;;
    interp-evict) echo "-accel tcg,interp=on,tb-size=1" ;;
    single-evict) echo "-accel tcg,thread=single,tb-size=1" ;;
    icount-evict) echo "-accel tcg,tb-size=1 -icount shift=4,sleep=off" ;;
    one) echo "-accel tcg,one-insn-per-tb=on" ;;
    icount) echo "-icount shift=4,sleep=off" ;;
    icount-interp) echo "-accel tcg,interp=on -icount shift=4,sleep=off" ;;
    *) echo "-no-such-mode" ;;
    esac
}

# run_guest NAME OPTION...: output in $tmp/out, exit status in $status
run_guest() {
    name=$1
    shift
    timeout -k 5 "$limit" "$MYNAH" -M "riscv64-virt${MACHINE:+,$MACHINE}" -m 64M -nographic -bios "$tmp/$name.bin" "$@" </dev/null \
        >"$tmp/out" 2>&1
    status=$?
}

# agrees TITLE SUM: the guest ended well, with the same sum as the first one since wanted was made empty
agrees() {
    : "${wanted:=$2}"
    if [ $status = 0 ] && [ -n "$2" ] && [ "$2" = "$wanted" ]; then
        ok "$1: $2"
    else
        not_ok "$1: $2, with the interpreter $wanted"
        tail -n 5 "$tmp/out" | awk '{ print "# " $0 }'
    fi
}

stress() {
    guest=$1 modes=$2
    shift 2
    for m in $modes; do
        # shellcheck disable=SC2046
        run_guest "$guest" $(mode "$m") "$@"
        if [ $status = 0 ] && grep -q '^passed' "$tmp/out"; then
            ok "$guest, $m${*:+, $*}: $(sed -n 's/^passed: //p' "$tmp/out")"
        else
            not_ok "$guest, $m${*:+, $*}"
            echo "# exit status $status (124: too long)"
            tail -n 20 "$tmp/out" | sed 's/\r$//; s/^/# /'
        fi
    done
}
