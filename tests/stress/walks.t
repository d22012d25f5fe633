#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random loops that walk through memory: in every engine the same faults, registers and memory.
. tests/stress/lib.sh

for seed in ${SEEDS:-1 2 3}; do
    build walks -DSEED="$seed" ${LOOPS:+-DLOOPS=$LOOPS}
    wanted=
    for m in interp jit tagged evict one icount "baseline jit"; do
        # shellcheck disable=SC2046
        case $m in
        baseline*) run_guest walks -accel tcg,host-features=baseline ;;
        *) run_guest walks $(mode $m) ;;
        esac
        agrees "seed $seed, $m" "$(sed -n 's/^\(faults .*\)\r*$/\1/p' "$tmp/out")"
    done
done
done_testing
