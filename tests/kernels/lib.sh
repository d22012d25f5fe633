# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests that run small kernels as -bios none -kernel: sh, sourced. What is not here is in
# tests/stress/lib.sh.
#
#   kernel BITS NAME [FLAG...]     compile tests/kernels/NAME.c, for 32 or 64 bits, to $tmp/NAME.elf
#   boot TITLE NAME [OPTION...]    run it; ok if it says that it passed. With REFERENCE=qemu QEMU has to agree
. tests/stress/lib.sh

kernel() {
    bits=$1 guest=$2
    shift 2
    need "$CROSS"
    abi=lp64d
    [ "$bits" = 32 ] && abi=ilp32d
    "$CROSS" -O1 -g -Wall -march=rv${bits}gc -mabi=$abi -mcmodel=medany -ffreestanding -nostdlib -nostartfiles \
        -fno-tree-loop-distribute-patterns -T tests/kernels/link.ld -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
        "$@" -o "$tmp/$guest.elf" tests/kernels/start.S tests/kernels/runtime.c "tests/kernels/$guest.c" -lgcc && return
    echo "Bail out! $guest.c does not compile"
    exit 1
}

# one TITLE EMULATOR MACHINE NAME [OPTION...]
one() {
    title=$1 emulator=$2 machine=$3 guest=$4
    shift 4
    timeout -k 5 "$limit" "$emulator" -M "$machine" -m 64M -display none -serial stdio -monitor none -bios none \
        -kernel "$tmp/$guest.elf" "$@" </dev/null >"$tmp/out" 2>&1
    status=$?
    if [ $status = 0 ] && grep -q '^passed' "$tmp/out"; then
        ok "$title: $(sed -n 's/^passed: //p' "$tmp/out")"
    else
        not_ok "$title"
        echo "# exit status $status (124: too long)"
        tail -n 20 "$tmp/out" | sed 's/\r$//; s/^/# /'
    fi
}

boot() {
    title=$1
    shift
    one "$title" "$MYNAH" "riscv$bits-virt" "$@"
    if [ "${REFERENCE:-}" = qemu ]; then
        one "$title, QEMU" "qemu-system-riscv$bits" virt "$@"
    fi
}
