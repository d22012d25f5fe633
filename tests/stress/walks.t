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
        sum=$(sed -n 's/^\(faults .*\)\r*$/\1/p' "$tmp/out")
        : "${wanted:=$sum}"
        if [ $status = 0 ] && [ -n "$sum" ] && [ "$sum" = "$wanted" ]; then
            ok "seed $seed, $m: $sum"
        else
            not_ok "seed $seed, $m: $sum, with the interpreter $wanted"
            tail -n 5 "$tmp/out" | awk '{ print "# " $0 }'
        fi
    done
done
done_testing
