#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Address spaces, privileges and PMP in any order, with no more fences than are due.
. tests/stress/lib.sh
for seed in 1 2; do
    build regimes -DSEED=$seed
    stress regimes "jit tagged interp evict one icount"
done
build regimes -DHARTS=4 -DTURNS=15000
stress regimes "jit tagged interp evict single icount" -smp 4
done_testing
