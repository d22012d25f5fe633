#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Reset values, for every interrupt controller; what the first run leaves behind is gone after a reset.
. tests/kernels/lib.sh

# run BITS TITLE HARTS APLIC IMSIC ACLINT [OPTION...]
run() {
    run_bits=$1 title=$2 harts=$3 defs="-DHARTS=$3 -DAPLIC=$4 -DIMSIC=$5 -DACLINT=$6"
    shift 6
    # shellcheck disable=SC2086
    kernel "$run_bits" reset $defs -DTWICE=1 -Wl,-e,reset_entry
    one "$title" "$MYNAH" "riscv$bits-virt" reset -smp "$harts" "$@"
    [ "${REFERENCE:-}" = qemu ] || return 0
    # shellcheck disable=SC2086
    kernel "$run_bits" reset $defs -DTWICE=0 -Wl,-e,reset_entry
    one "$title, QEMU" "qemu-system-riscv$bits" virt reset -smp "$harts" "$@"
}

for b in 64 32; do
    run $b "$b bits" 3 0 0 0
    run $b "$b bits, ACLINT" 2 0 0 1 -M aclint=on
    run $b "$b bits, APLIC" 2 1 0 0 -M aia=aplic
    run $b "$b bits, IMSIC" 2 0 1 0 -M aia=aplic-imsic
done
done_testing
