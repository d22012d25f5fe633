#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random code below M mode: no engine comes to harm, and all that count instructions agree on every trap and register.
. tests/stress/lib.sh

for seed in ${SEEDS:-1 2 3}; do
    build hostile -DSEED="$seed"
    wanted=
    for m in icount-interp icount icount-evict "tagged icount" "one icount" "baseline icount"; do
        # shellcheck disable=SC2046
        case $m in
        baseline*) run_guest hostile -cpu max -accel tcg,host-features=baseline $(mode icount) ;;
        *) run_guest hostile -cpu max $(for part in $m; do mode "$part"; done) ;;
        esac
        sum=$(sed -n 's/^passed: //p' "$tmp/out")
        : "${wanted:=$sum}"
        if [ $status = 0 ] && [ -n "$sum" ] && [ "$sum" = "$wanted" ]; then
            ok "seed $seed, $m: $sum"
        else
            not_ok "seed $seed, $m: $sum, with the interpreter $wanted"
            tail -n 5 "$tmp/out" | awk '{ print "# " $0 }'
        fi
    done
done
build hostile -DSEED=1 -DHARTS=4
stress hostile "jit tagged interp evict single" -smp 4 -cpu max -netdev user,id=n -device virtio-net-device,netdev=n \
    -device virtio-rng-device -device virtio-serial-device
done_testing
