#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Interrupt lines that devices share.
. tests/kernels/lib.sh

need dtc
dtc -q -O dtb -o "$tmp/board.dtb" tests/kernels/shared-line.dts || exit 1
for mode in "" -DSMODE; do
    # shellcheck disable=SC2086
    kernel 64 shared-line $mode
    one "two clocks on one source, ${mode:-M mode}" "$MYNAH" "dtb=$tmp/board.dtb" shared-line
done
done_testing
