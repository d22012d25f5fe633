#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The UART and the PLIC under the drivers of teaching kernels: all that is printed comes, in order.
. tests/kernels/lib.sh

yes "line of the console" | head -n 40 >"$tmp/lines"
console() {
    boot "$@"
    check_lines "$1"
}
check_lines() {
    if head -n 40 "$tmp/out" | cmp -s - "$tmp/lines"; then ok "$1: the lines"; else not_ok "$1: the lines"; fi
}

for b in 64 32; do
    for harts in 1 3; do
        for driver in 0 1 2; do
            for mode in "" -DSMODE; do
                # shellcheck disable=SC2086
                kernel $b console -DDRIVER=$driver -DHARTS=$harts $mode
                console "$b bits, driver $driver $mode" console -smp $harts
            done
        done
    done
done
done_testing
